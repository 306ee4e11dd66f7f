"""What a benchmark found, and the table that shows it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MET = "met"
MISSED = "missed"
NOT_MEASURED = "not measured"
NO_GOAL = "-"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. `figure`, `floor`, `ratio` and `asked` are texts with their unit."""

    goal: str
    what: str
    figure: str
    floor: str
    ratio: str
    asked: str
    verdict: str


def judged(
    goal: str, what: str, figure: str, floor: str, ratio: str, asked: str, *, is_met: bool | None = None
) -> Line:
    """A line whose verdict is known. Without one the line only informs."""
    verdict = NO_GOAL if is_met is None else MET if is_met else MISSED
    return Line(goal, what, figure, floor, ratio, asked, verdict)


def not_measured(goal: str, what: str, why: str) -> Line:
    return Line(goal, f"{what} ({why})", "-", "-", "-", "-", NOT_MEASURED)


def microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:,.1f} us" if seconds < 1e-3 else milliseconds(seconds)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.2f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def times(ratio: float) -> str:
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:,.0f}x"


def kilobytes(count: float) -> str:
    return f"{count:,.0f} B"


def megabytes(count: float) -> str:
    return f"{count / 1024 / 1024:.1f} MB"


HEADINGS = ("goal", "what", "figure", "floor", "ratio", "asked", "verdict")


def table(lines: Iterable[Line]) -> str:
    """The lines as a Markdown table that also reads well in a terminal."""
    rows = [
        HEADINGS,
        *((line.goal, line.what, line.figure, line.floor, line.ratio, line.asked, line.verdict) for line in lines),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    text = [_row(row, widths) for row in rows]
    text.insert(1, _row(["-" * width for width in widths], widths))
    return "\n".join(text)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def note(text: str) -> None:
    """A remark while measuring, for what does not fit in a row."""
    print(textwrap.fill(text, 116, initial_indent="  ", subsequent_indent="    "), flush=True)
