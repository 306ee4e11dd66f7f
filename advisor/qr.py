"""A link as a QR code: where its dark modules lie. Whoever shows it draws them, so no foreign markup enters a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 600
"""Characters of a link. A longer one needs a code so fine that phones no longer read it from a screen."""

QUIET = 4
"""Modules of empty ground on each side, as the standard asks."""


@dataclass(frozen=True, slots=True)
class Code:
    """`side` counts modules, with the quiet ground. `path` is SVG path data, to stroke one module wide."""

    side: int
    path: str


def of_link(link: str) -> Code | None:
    """The code that opens this link, or None when the link is too long for one."""
    if len(link) > LONGEST:
        return None
    import segno  # commands and most pages draw no code

    rows = list(segno.make(link, micro=False).matrix_iter(border=QUIET))
    return Code(
        len(rows), "".join([f"M{start} {y}.5h{length}" for y, row in enumerate(rows) for start, length in _runs(row)])
    )


def _runs(row: Iterable[int]) -> list[tuple[int, int]]:
    """Where dark modules begin in a row, and how many follow each other: 0110100 gives (1, 2), (4, 1)."""
    found: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif dark:
            found.append((x, 1))
    return found
