"""Tables: what commands draw in a terminal, with Rich."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ui import wording
from ui.page import Card, FileLine, Page

VERDICT_STYLES = {"approve": "green", "review": "yellow", "reject": "red"}
OUTCOME_STYLES = {"opinion": "green", "abstained": "yellow", "failed": "red", "ungrounded": "red"}
NARROW, WIDE = 100, 150
"""Columns from which attention and the reason are shown as well."""
REFUSED_EACH = 4
"""Refusals of a kind that a terminal shows; the report shows more."""
BARS = "▁▂▃▄▅▆▇█"


def plain(*headers: str) -> Table:
    """A table without boxes, the first column bold."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for at, header in enumerate(headers):
        name, right = header.lstrip(">"), header.startswith(">")
        table.add_column(name, justify="right" if right else "left", style="bold" if at == 0 else "", overflow="fold")
    return table


def bars(series: Sequence[float], width: int = 24) -> str:
    """A series as block characters, the last `width` values, the highest full."""
    shown = list(series)[-width:]
    top = max(shown, default=0.0)
    if top <= 0:
        return ""
    return "".join(BARS[min(len(BARS) - 1, int(max(0.0, value) / top * (len(BARS) - 1) + 0.5))] for value in shown)


def draw_files(console: Console, files: Sequence[FileLine]) -> None:
    """What became of every file, with the sum that has to come out."""
    table = plain("file", "format", "outcome", ">read", ">stored", ">repeated", ">quarantined", "")
    for file in files:
        counts = (file.read, file.stored, file.repeated, file.quarantined)
        remark = file.reason if file.adds_up else "DOES NOT ADD UP"
        table.add_row(*map(escape, (file.name, file.format, file.outcome)), *(f"{n:,}" for n in counts), escape(remark))
    total = [sum(getattr(file, name) for file in files) for name in ("read", "stored", "repeated", "quarantined")]
    sums = "=" if total[0] == sum(total[1:]) else "≠"
    table.add_row(
        "all", "", "", *(f"{n:,}" for n in total), f"{total[0]:,} {sums} {' + '.join(f'{n:,}' for n in total[1:])}"
    )
    console.print(table)


def draw_kinds(console: Console, kinds: Sequence[tuple[str, int, str]]) -> None:
    """How many phrases are of which kind."""
    if kinds:
        said = ", ".join(
            f"[bold]{count:,}[/] {escape(kind)} [dim]({escape(meaning)})[/]" for kind, count, meaning in kinds
        )
        console.print(f"phrases: {said}")


def draw_cards(console: Console, cards: Sequence[Card], title: str) -> None:
    """Ideas as a table: what, for whom, on what, when, and what it brings."""
    if not cards:
        return
    console.print(f"\n[bold]{escape(title)}[/]")
    roomy, wide = console.width >= NARROW, console.width >= WIDE
    table = plain(
        "idea", "for", "on", "occasion", *(["attention"] * roomy), ">score", ">margin", ">price", *(["why now"] * wide)
    )
    for card in cards:
        cells = [card.phrase, card.audience, card.product, card.occasion or "", *([bars(card.series, 16)] * roomy)]
        cells += [card.score, card.margin or "?", card.price or "?", *([reason_of(card)] * wide)]
        table.add_row(*map(escape, cells))
    console.print(table)


def reason_of(card: Card) -> str:
    """The one line that matters most: what is in doubt, else the occasion, else the trend."""
    if card.verdict != "approve" and card.reasons:
        return card.reasons[0]
    dated = [claim.text for claim in card.why_now if claim.fact_id is None]
    return next(iter([*dated, *(claim.text for claim in card.why_now)]), "")


def draw_page(console: Console, page: Page) -> None:
    """A run: shortlist, what needs judgement, and what was turned away."""
    console.print(f"\n[bold]{escape(page.title)}[/], as of {escape(page.as_of)}. [dim]{escape(page.judged_by)}[/]")
    draw_kinds(console, page.kinds)
    draw_cards(console, page.shortlist, "Shortlist")
    draw_cards(console, page.waiting, "Needs your judgement")
    if page.refusals:
        console.print("\n[bold]Turned away[/]")
        table = plain("phrase", "kind", "reason")
        shown: Counter[str] = Counter()
        for refusal in page.refusals:
            shown[refusal.kind] += 1
            if shown[refusal.kind] <= REFUSED_EACH:
                table.add_row(*map(escape, (refusal.phrase, refusal.kind, refusal.reason)))
        console.print(table)


def draw_list(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Decisions, one a line; a narrow terminal leaves out the ids, for a phrase names its idea as well."""
    roomy, wide = console.width >= NARROW, console.width >= WIDE
    named = ["idea", *(["id"] if roomy else []), *(["for"] if wide else []), "on", *(["verdict"] if wide else [])]
    table = plain(*named, "status", ">score", ">margin", ">price")
    for row in rows:
        style = VERDICT_STYLES.get(row["verdict"], "")
        margin, price, score = row["margin_ratio"], row["price_cents"], row["score"]
        table.add_row(
            escape(row["phrase"]),
            *([str(row["id"])] if roomy else []),
            *([escape(row["audience"])] if wide else []),
            row["product_format"],
            *([Text(row["verdict"], style)] if wide else []),
            Text(row["status"].replace("_", " "), style),
            "none" if score is None else f"{score:.2f}",
            "?" if margin is None else wording.percent(margin),
            "?" if price is None else wording.money(price),
        )
    console.print(table)


def draw_card(console: Console, card: Card) -> None:
    """One decision whole: what, why, the twelve reports, and each figure down to its rows."""
    style = VERDICT_STYLES.get(card.verdict, "dim")
    about = f"{card.product} for {card.audience}" + (f", {card.occasion} ({card.order_by})" if card.occasion else "")
    head = Group(
        Text(about),
        Text(f"{card.verdict or 'not decided yet'}: {card.status}", style),
        Text(f"score {card.score}, margin {card.margin or 'unknown'}, price {card.price or 'unknown'}"),
        Text(
            f"the facts allow {card.ceiling or 'nothing yet'}, the coordinator advised {card.advice or 'nothing'}",
            "dim",
        ),
        Text(f"idea {card.id}", "dim"),
    )
    console.print(Panel(head, title=escape(card.phrase), title_align="left", border_style=style))
    _draw_lines(console, "Why", [f"- {reason}" for reason in (*card.reasons, *card.asides)])
    _draw_lines(console, "Steps", [f"{at}. {step}" for at, step in enumerate(card.steps, 1)])
    _draw_terms(console, card)
    _draw_opinions(console, card)
    _draw_figures(console, card)


def _draw_lines(console: Console, title: str, lines: Sequence[str]) -> None:
    if lines:
        console.print(f"\n[bold]{title}[/]")
        for line in lines:
            console.print(line, markup=False)


def _draw_terms(console: Console, card: Card) -> None:
    if not card.terms:
        return
    console.print("\n[bold]Score[/]")
    table = plain("term", ">value", ">weight", "reason")
    for term in card.terms:
        table.add_row(term.name, "no data" if term.missing else term.value, term.weight, escape(term.reason))
    console.print(table)


def _draw_opinions(console: Console, card: Card) -> None:
    if not card.opinions:
        return
    console.print("\n[bold]Reports[/]")
    table = plain("agent", "outcome", "by", "what it says", "facts")
    for said in card.opinions:
        words = "\n".join(filter(None, (said.summary, "; ".join(f"{k}: {v}" for k, v in said.fields), said.reason)))
        outcome = Text(said.outcome, OUTCOME_STYLES.get(said.outcome, ""))
        table.add_row(said.agent, outcome, escape(said.judged_by), escape(words), escape(", ".join(said.fact_ids)))
    console.print(table)


def _draw_figures(console: Console, card: Card) -> None:
    if not card.figures:
        return
    console.print("\n[bold]Figures, each with its fact and its rows[/]")
    table = plain("fact", ">value", "what, from where, known when, rows")
    for fact in card.figures:
        lines = [f"{fact.label} [dim]({escape(fact.source)}, {fact.known_at})[/]"]
        lines += [f"[dim]{escape(row.place)}:[/] {escape(row.text)} [dim]{escape(row.figures)}[/]" for row in fact.rows]
        if fact.row_count > len(fact.rows):
            lines.append(f"[dim]of {wording.counted(fact.row_count, 'row')}[/]")
        table.add_row(escape(fact.id), escape(fact.text), "\n".join(lines))
    console.print(table)
