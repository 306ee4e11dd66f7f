from __future__ import annotations

import re

import pytest
import segno

from advisor import qr

LINK = "https://advice.example.org/r/AbCdEfGhIjKlMnOpQrStUvWx/"


def dark_modules(code: qr.Code) -> set[tuple[int, int]]:
    """Read back from the path where it draws."""
    runs = re.findall(r"M(\d+) (\d+)\.5h(\d+)", code.path)
    assert "".join(f"M{x} {y}.5h{length}" for x, y, length in runs) == code.path
    return {(x, int(y)) for start, y, length in runs for x in range(int(start), int(start) + int(length))}


@pytest.mark.parametrize("link", [LINK, "https://e.org/?" + "a" * 500], ids=["short", "long"])
def test_a_code_draws_the_very_modules_that_open_the_link(link: str) -> None:
    code = qr.of_link(link)

    assert code
    rows = list(segno.make(link, micro=False).matrix_iter(border=4))
    assert code.side == len(rows)
    assert dark_modules(code) == {(x, y) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark}


def test_it_has_empty_ground_of_four_modules_all_around() -> None:
    code = qr.of_link(LINK)

    assert code
    edges = {place for module in dark_modules(code) for place in module}
    assert (min(edges), max(edges)) == (4, code.side - 5)


def test_a_link_that_phones_could_not_read_gets_none() -> None:
    assert qr.of_link("x" * qr.LONGEST)
    assert qr.of_link("x" * (qr.LONGEST + 1)) is None
