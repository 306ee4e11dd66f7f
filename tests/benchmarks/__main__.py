"""`python -m tests.benchmarks [--quick] [P1 P5 ...]`: measures, and prints one table. A missed goal is no error."""

from __future__ import annotations

import argparse
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import (
    browser,
    decision,
    explanations,
    memory,
    pages,
    publish_check,
    publishing,
    report,
    rush,
    start,
    storing,
    weight,
    workplace,
)
from tests.benchmarks.context import Context
from tests.benchmarks.report import Line

BENCHMARKS: dict[tuple[str, ...], Callable[[Context], list[Line]]] = {
    ("P1", "P2"): decision.run,
    ("P3",): explanations.run,
    ("P4",): publish_check.run,
    ("P5", "P6", "P7"): pages.run,
    ("P8",): weight.run,
    ("P9",): browser.run,
    ("P10",): start.run,
    ("P11",): memory.run,
    ("P12",): storing.run,
    ("L1",): rush.run,
    ("B1", "B2"): publishing.run,
    ("W1",): workplace.run,
}
GOALS = [goal for goals in BENCHMARKS for goal in goals]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "goals", nargs="*", metavar="GOAL", help=f"which to measure: {', '.join(GOALS)}; all by default"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds and requests, for a first look")
    options = parser.parse_args()
    if unknown := set(options.goals) - set(GOALS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(GOALS)}")
    wanted = set(options.goals or GOALS)
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as folder:
        context = Context(quick=options.quick, folder=Path(folder))
        for goals, benchmark in BENCHMARKS.items():
            if wanted.intersection(goals):
                lines += _measured(goals, benchmark, context)
    print()
    print(report.table(line for line in lines if line.goal in wanted))


def _measured(goals: tuple[str, ...], benchmark: Callable[[Context], list[Line]], context: Context) -> list[Line]:
    """The benchmark's lines. When it breaks, its goals are not measured, and the others go on."""
    print(f"{', '.join(goals)} ...", flush=True)
    begin = time.monotonic()
    try:
        lines = benchmark(context)
    except Exception as error:
        traceback.print_exc()
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        return [report.not_measured(goal, "it broke", first) for goal in goals]
    report.note(f"took {time.monotonic() - begin:.0f} s")
    return lines


if __name__ == "__main__":
    main()
