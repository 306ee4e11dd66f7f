"""Makes drills of tests: the marker, `seen`, which of them run, and the table at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.drills.faults import FAULTS, NOT_HERE

FOLDER = Path(__file__).parent
MARKER = (
    "drill(fault, broken=None, *, expected=None): shows what the site does in a fault of tests/drills/faults.py; "
    "under tests/drills/ it runs in `make drills` alone"
)


@dataclass(frozen=True, slots=True)
class Row:
    """What one drill showed. `seen` holds its own words, or why it showed nothing."""

    fault: str
    broken: str
    expected: str
    seen: str
    result: str
    in_ci: bool = False


HELD, BROKE, NOT_SHOWN = "held", "did not hold", "not shown"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("drills")
    group.addoption("--drills", action="store_true", help="run the drills and nothing else")
    group.addoption("--drill-table", type=Path, metavar="FILE", help="write the table of the drills here, as Markdown")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say in the table what was seen: figures, and in words what a visitor met."""

    def seen(text: str) -> None:
        request.node.user_properties.append(("seen", text))

    return seen


def not_shown(why: str) -> NoReturn:
    """This drill can't run on this machine. It counts as not shown."""
    pytest.skip(why)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Heavy drills stand in their folder, and run when they are asked for."""
    named = any(
        FOLDER in (path := Path(arg.partition("::")[0]).resolve()).parents or path == FOLDER for arg in config.args
    )
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        marks = list(item.iter_markers("drill"))
        for mark in marks:
            _note(item, mark)
        if config.getoption("--drills"):
            (kept if marks else left_out).append(item)
        else:
            (left_out if marks and FOLDER in item.path.parents and not named else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def _note(item: pytest.Item, mark: pytest.Mark) -> None:
    """With the item's report, so that it also comes back from another process."""
    fault = mark.args[0] if mark.args else ""
    if fault not in FAULTS:
        raise pytest.UsageError(f"{item.nodeid}: there is no fault “{fault}” in tests/drills/faults.py")
    broken, expected = FAULTS[fault]
    told = mark.args[1] if len(mark.args) > 1 else broken
    in_ci = FOLDER not in item.path.parents
    item.user_properties.append(("drill", (fault, told, mark.kwargs.get("expected", expected), in_ci)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = [row for reports in terminalreporter.stats.values() for report in reports for row in _rows_of(report)]
    if not rows or not (config.getoption("--drills") or config.getoption("--drill-table")):
        return
    table = with_what_is_missing(merged(rows))
    terminalreporter.section("drills")
    for row in table:
        terminalreporter.write_line(f"{row.fault:<4}{row.result:<13} {row.broken}")
        terminalreporter.write_line(f"{'':17} expected: {row.expected}")
        terminalreporter.write_line(f"{'':17} {'why' if row.result == NOT_SHOWN else 'seen'}:{'':>2} {row.seen}")
    terminalreporter.write_line(sum_of(table))
    if path := config.getoption("--drill-table"):
        path.write_text(as_markdown(table), encoding="utf-8")


def _rows_of(report: object) -> list[Row]:
    if not isinstance(report, pytest.TestReport) or (report.when != "call" and report.passed):
        return []
    drills: list[Any] = [value for name, value in report.user_properties if name == "drill"]
    said = "; ".join(str(value) for name, value in report.user_properties if name == "seen")
    result = HELD
    if report.failed:
        result = BROKE
        crash = getattr(report.longrepr, "reprcrash", None)
        told = crash.message if crash else str(report.longrepr)
        said = "; ".join(filter(None, (said, told.splitlines()[0] if told else "")))
    elif report.skipped:
        result = NOT_SHOWN
        said = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr).removeprefix(
            "Skipped: "
        )
    return [Row(fault, broken, told, said or "as expected", result, in_ci) for fault, broken, told, in_ci in drills]


def merged(rows: list[Row]) -> list[Row]:
    """One row for all cases of a test. The worst of them is its result."""
    cases: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        cases.setdefault((row.fault, row.broken, row.expected), []).append(row)
    found = []
    for same in cases.values():
        result = next(worst for worst in (BROKE, NOT_SHOWN, HELD) if any(row.result == worst for row in same))
        said = "; ".join(dict.fromkeys(row.seen for row in same if row.result == result))
        count = sum(row.result == result for row in same)
        if len(same) > 1:
            said = f"{count} of {len(same)} cases: {said}"
        found.append(replace(same[0], seen=said, result=result))
    return found


def with_what_is_missing(rows: list[Row]) -> list[Row]:
    """A row at least for every fault, in their order."""
    there = {row.fault for row in rows}
    missing = [
        Row(fault, *FAULTS[fault], NOT_HERE.get(fault, "no drill of it ran"), NOT_SHOWN)
        for fault in FAULTS
        if fault not in there
    ]
    order = list(FAULTS)
    return sorted([*rows, *missing], key=lambda row: order.index(row.fault))


def sum_of(table: list[Row]) -> str:
    """A fault is shown when all its drills could run."""
    results = {fault: {row.result for row in table if row.fault == fault} for fault in FAULTS}
    held = sum(found == {HELD} for found in results.values())
    broke = sum(BROKE in found for found in results.values())
    return f"{len(FAULTS)} faults: {held} held, {broke} did not hold, {len(FAULTS) - held - broke} not shown."


def as_markdown(table: list[Row]) -> str:
    lines = ["| fault | what is broken | expected | seen | result | in `make test` |", "|---|---|---|---|---|---|"]
    for row in table:
        cells = (row.fault, row.broken, row.expected, row.seen, row.result, "yes" if row.in_ci else "no")
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join([*lines, "", sum_of(table), ""])
