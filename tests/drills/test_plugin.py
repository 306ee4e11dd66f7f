"""The table says no more than what was shown."""

from __future__ import annotations

from tests.drills.faults import FAULTS
from tests.drills.plugin import BROKE, HELD, NOT_SHOWN, Row, as_markdown, merged, sum_of, with_what_is_missing


def row(fault: str, result: str, broken: str = "Something") -> Row:
    return Row(fault, broken, "It holds", f"It {result}", result)


def test_every_fault_has_a_row_in_their_order() -> None:
    table = with_what_is_missing([row("F10", HELD), row("F2", HELD)])

    assert [one.fault for one in table] == list(FAULTS)
    assert {one.fault for one in table if one.result == HELD} == {"F2", "F10"}


def test_a_fault_is_shown_when_all_its_drills_could_run() -> None:
    rows = [row("F1", HELD), row("F1", NOT_SHOWN, "Another"), row("F2", HELD), row("F3", HELD), row("F3", BROKE, "x")]

    assert sum_of(with_what_is_missing(rows)) == "26 faults: 1 held, 1 did not hold, 24 not shown."


def test_the_cases_of_a_test_are_one_row_with_the_worst_result() -> None:
    (one,) = merged([row("F1", HELD), row("F1", BROKE), row("F1", HELD)])

    assert (one.result, one.seen) == (BROKE, "1 of 3 cases: It did not hold")


def test_a_bar_does_not_break_the_table() -> None:
    assert "a / b" in as_markdown([row("F1", HELD, "a | b")])
