"""Notifying: whether notices reach people, and what did not go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphs.database import prepared_url
from ui import wording
from ui.call import Broken, Call, Fault
from ui.opening import faults, finish

if TYPE_CHECKING:
    from graphs.notices import Notices


def notify(call: Call, test: bool = False, again: bool = False) -> None:
    """Show how far each channel is; with `test` send one notice to each now, with `again` let what failed be tried."""
    from graphs.notices import build

    if test and again:
        raise Fault("say --test or --again, one at a time")
    with faults():
        notices, left = build(call.settings, prepared_url(call.settings))
        if test:
            _test(call, notices, left)
        elif again:
            count = finish(notices.send_again())
            said = f"{wording.counted(count, 'message')} will be tried again" if count else "nothing has failed"
            call.answer({"again": count}, lambda console: console.print(said))
        else:
            _show(call, notices.states(), left)


def _test(call: Call, notices: Notices, left: Mapping[str, str]) -> None:
    if not notices.channels:
        raise Fault("no channel is set up: " + "; ".join(f"{name}: {line}" for name, line in left.items()))
    said: dict[str, str] = finish(notices.test())
    call.answer({"channels": said, "not_set_up": dict(left)}, lambda console: _draw(console, said, left))
    failed = [name for name, line in said.items() if line != "sent"]
    if failed:
        raise Broken(f"no notice goes out by {', '.join(failed)}")


def _show(call: Call, states: Mapping[str, Any], left: Mapping[str, str]) -> None:
    lines = {
        row["channel"]: f"{row['waiting']} waiting, {row['failed']} failed"
        + (f", last sent {row['last_sent_at']:%Y-%m-%d %H:%M} UTC" if row["last_sent_at"] else "")
        + (f" ({row['reason']})" if row["reason"] else "")
        for row in states["channels"]
    }
    lines |= {name: "set up, nothing sent yet" for name in states["configured"] if name not in lines}

    def draw(console: Any) -> None:
        _draw(console, lines, {name: line for name, line in left.items() if name not in lines})
        for row in states["alarms"]:
            console.print(f"on since {row['opened_at']:%Y-%m-%d %H:%M} UTC: {row['subject']}", markup=False)
        for row in states["untold"]:
            console.print(f"reached nobody yet: {row['subject']}", markup=False)

    call.answer({**states, "not_set_up": dict(left)}, draw)


def _draw(console: Any, lines: Mapping[str, str], left: Mapping[str, str]) -> None:
    for name, line in lines.items():
        console.print(f"{name:>9}  {line}", markup=False)
    for name, line in left.items():
        console.print(f"{name:>9}  not set up: {line}", style="dim", markup=False)
