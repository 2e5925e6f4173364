"""Progress: bars with rates on standard error; silent where nobody looks."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from graphs.product import Stage
from trends.intake import FileCount

if TYPE_CHECKING:
    from rich.progress import Task


class _Rate(TextColumn):
    """How many a second, so far."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> str:  # type: ignore[override]  # Rich takes a string as well
        speed = task.finished_speed or task.speed
        return f"{speed:,.1f}/s" if speed else ""


class Progress:
    """Told of files and stages; draws one bar for each."""

    def __init__(self, console: Console, quiet: bool = False) -> None:
        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
        )
        self._bars = Bars(*columns, console=console, disable=quiet or not console.is_terminal, transient=False)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        self._tasks["rows"] = self._bars.add_task("rows taken in", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, told: FileCount | Stage) -> None:
        if isinstance(told, FileCount):
            self._bars.advance(self._tasks["rows"], told.rows_read)
            return
        self._end_rows()
        if told.name not in self._tasks:
            self._tasks[told.name] = self._bars.add_task(f"ideas: {told.name}", total=told.total)
        self._bars.update(self._tasks[told.name], completed=told.done, total=told.total)

    def _end_rows(self) -> None:
        for task in self._bars.tasks:
            if task.id == self._tasks["rows"] and task.total is None:
                self._bars.update(task.id, total=task.completed)
