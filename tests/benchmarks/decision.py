"""P1 and P2: twelve verdicts with reasons, and the whole advice, against a bare bit index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from advisor.decision.answers import Answers
from advisor.decision.catalogue import Catalogue
from advisor.decision.recommend import cases, recommend
from advisor.decision.release import Release
from advisor.decision.table import Memo
from tests.benchmarks import report, rounds, tables, visitors
from tests.benchmarks.context import Context
from tests.benchmarks.floors.bit_index import BitIndex, Decided, Row
from tests.benchmarks.report import Line
from tests.benchmarks.rounds import Compared
from tests.benchmarks.tables import Size

ROUNDS = 9
VISITORS = 200
EARLIER_VISITORS = 500

WARM, FRESH, COLD = "warm", "fresh", "cold"
MODES = {
    WARM: "the same answers again",
    FRESH: f"new answers each time, after {EARLIER_VISITORS} visitors",
    COLD: "new answers, nothing remembered",
}
JUDGED = FRESH
"""What a visitor meets: a process that has served others, and answers that it has not seen."""

Decide = Callable[[Release, Answers], object]


def run(context: Context) -> list[Line]:
    lines = []
    figures: dict[tuple[str, str], list[Compared]] = {}
    for size in tables.SIZES:
        bench = _Bench(size, 3 if context.quick else ROUNDS)
        for mode in MODES:
            for way, decide in (("verdicts", cases), ("advice", recommend)):
                found = bench.compare(decide, mode)
                figures.setdefault((way, mode), []).append(found)
                lines.append(_speed(size, way, mode, found))
        report.note(f"{size.rows:,} rows, {size.domain}: {bench.proved:,} winning rows are the floor's")
    return lines + [_growth(way, mode, found) for (way, mode), found in figures.items()]


def _speed(size: Size, way: str, mode: str, found: Compared) -> Line:
    limit = 5 if way == "verdicts" else 30
    what = "12 verdicts with reasons" if way == "verdicts" else "whole advice"
    return report.judged(
        "P1",
        f"{what}, {size.rows:,} rows, {mode}: {MODES[mode]}",
        report.microseconds(found.figure),
        report.microseconds(found.floor),
        report.times(found.ratio),
        f"<= {limit}x",
        is_met=found.ratio <= limit if mode == JUDGED else None,
    )


def _growth(way: str, mode: str, found: Sequence[Compared]) -> Line:
    growth = tables.SIZES[-1].rows / tables.SIZES[0].rows
    power = rounds.exponent(found[0].figure, found[-1].figure, growth)
    floor = rounds.exponent(found[0].floor, found[-1].floor, growth)
    what = "12 verdicts" if way == "verdicts" else "whole advice"
    return report.judged(
        "P2",
        f"growth from 60 to 6,000 rows, {what}, {mode}",
        f"n^{power:.2f}",
        f"n^{floor:.2f}",
        "-",
        "<= n^0.25",
        is_met=power <= 0.25 if mode == JUDGED else None,
    )


class _Bench:
    """One random table under both ways of deciding, and the visitors who come by."""

    def __init__(self, size: Size, count: int) -> None:
        self.rounds = count
        self.release = tables.release(size)
        self.random = Random(size.rows)
        self.floor = index_of(self.release.catalogue)
        self.proved = 0
        self.regulars = self._visitors(VISITORS)

    def _visitors(self, count: int) -> list[Answers]:
        return [visitors.with_twelve_cases(self.release, self.random) for _ in range(count)]

    def compare(self, decide: Decide, mode: str) -> Compared:
        self._forget()
        for answers in self.regulars if mode == WARM else self._visitors(EARLIER_VISITORS):
            decide(self.release, answers)
        figures, floors = [], []
        for _ in range(self.rounds):
            crowd = self.regulars if mode == WARM else self._visitors(VISITORS)
            figures.append(self._product(decide, crowd, forget=mode == COLD))
            floors.append(rounds.cpu_per_call([partial(decide_all, self.floor, answers) for answers in crowd]))
            self._prove(crowd)
        return rounds.compared(figures, floors)

    def _forget(self) -> None:
        for memo in vars(self.release.table).values():
            if isinstance(memo, Memo):
                memo.clear()

    def _product(self, decide: Decide, crowd: list[Answers], *, forget: bool) -> float:
        if not forget:
            return rounds.cpu_per_call([partial(decide, self.release, answers) for answers in crowd])
        total = 0.0
        for answers in crowd:
            self._forget()
            total += rounds.cpu_per_call([partial(decide, self.release, answers)])
        return total / len(crowd)

    def _prove(self, crowd: list[Answers]) -> None:
        """Raises unless both ways name the same winning rows."""
        for answers in crowd:
            product = {
                (case.need.slug, case.modality.slug): case.rule.slug
                for of in cases(self.release, answers)
                for case in of
            }
            floor = {(decided.need, decided.modality): decided.row for decided in decide_all(self.floor, answers)}
            if product != floor:
                raise AssertionError(f"The floor names other rows for {answers}: {product} and {floor}")
            self.proved += len(product)


def rows_of(catalogue: Catalogue) -> list[Row]:
    """The rules as the floors take them."""
    return [
        Row(rule.slug, rule.industries, rule.needs, rule.modalities, rule.circumstances, rule.category, rule.because)
        for rule in catalogue.rules
    ]


def index_of(catalogue: Catalogue) -> BitIndex:
    """The floor's index over the rules."""
    entries = (catalogue.industries, catalogue.needs, catalogue.modalities)
    return BitIndex(rows_of(catalogue), *([entry.slug for entry in of_kind] for of_kind in entries))


def decide_all(index: BitIndex, answers: Answers) -> list[Decided]:
    return index.decide(answers.industry or "", answers.needs, answers.modalities or (), answers.circumstances or ())
