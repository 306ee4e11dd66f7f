"""P5, P6 and P7: the question page, the result and an unchanged page under load, against a plain Django page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.benchmarks import addresses, queries, report, rounds, servers
from tests.benchmarks.context import Context
from tests.benchmarks.load import Load, generator, load
from tests.benchmarks.report import Line
from tests.benchmarks.servers import Server

RESULTS = 200
GZIP = {"Accept-Encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class Spells:
    """What each way gave, round by round."""

    question: list[Load]
    floor: list[Load]
    result: list[Load]
    unchanged: list[Load]
    question_gzip: list[Load]
    floor_gzip: list[Load]


def run(context: Context) -> list[Line]:
    report.note(f"load by {generator()}; server on one core, load on the other, 16 connections, 2 workers x 4 threads")
    seconds = 2 if context.quick else 4
    with servers.product(context.data) as product, floor_for(context, product) as floor:
        size = len(product.get(addresses.GOALS).body)
        results = addresses.results(RESULTS)
        etag = product.get(addresses.GOALS).headers["etag"]
        _expect_unchanged(product, etag)
        ways = (
            lambda: load(product, [addresses.GOALS], seconds),
            lambda: load(floor, ["/"], seconds),
            lambda: load(product, results, seconds),
            lambda: load(product, [addresses.GOALS], seconds, {"If-None-Match": etag}),
            lambda: load(product, [addresses.GOALS], seconds, GZIP),
            lambda: load(floor, ["/"], seconds, GZIP),
        )
        rounds.interleaved(1, *ways)  # warms up
        spells = Spells(*rounds.interleaved(context.rounds, *ways))
    return [*_question(context, spells, size), *_result(context, spells, results), _unchanged(spells)]


@contextmanager
def floor_for(context: Context, product: Server) -> Iterator[Server]:
    """The plain page, as many bytes as our page of goals, filled up with that page's own text."""
    page = product.get(addresses.GOALS).body
    filling = context.folder / "filling.html"
    filling.write_bytes(page.decode().encode("ascii", "ignore"))
    with servers.page_floor(filling, len(page)) as floor:
        floor.get("/")
        if abs(len(floor.get("/").body) - len(page)) > 0:
            raise AssertionError("The plain page is not as large as ours")
        yield floor


def _expect_unchanged(product: Server, etag: str) -> None:
    status = product.get(addresses.GOALS, {"If-None-Match": etag}).status
    if status != 304:
        raise AssertionError(f"An unchanged page answers {status}")


def _question(context: Context, spells: Spells, size: int) -> Iterator[Line]:
    figure, floor, ratio = _compared([spell.per_second for spell in spells.question], _rates(spells.floor))
    statements = queries.most(context, [addresses.GOALS])
    yield report.judged(
        "P5",
        f"question page of {size:,} bytes, {statements} SQL statements",
        f"{figure:,.0f} req/s",
        f"{floor:,.0f} req/s",
        report.times(ratio),
        ">= 0.8x, 0 SQL (stretch 2x)",
        is_met=ratio >= 0.8 and statements == 0,
    )
    figure, floor, ratio = _compared(_rates(spells.question_gzip), _rates(spells.floor_gzip))
    yield report.judged(
        "P5",
        "the same, both compressed with gzip",
        f"{figure:,.0f} req/s",
        f"{floor:,.0f} req/s",
        report.times(ratio),
        "-",
    )


def _result(context: Context, spells: Spells, results: Sequence[str]) -> Iterator[Line]:
    figure, floor, ratio = _compared(_cpu(spells.result), _cpu(spells.question))
    statements = queries.most(context, results[:50])
    yield report.judged(
        "P6",
        f"processor time of a result ({RESULTS} visitors in turn), {statements} SQL; floor: question page",
        report.microseconds(figure),
        report.microseconds(floor),
        report.times(ratio),
        "<= 2x, 0 SQL",
        is_met=ratio <= 2 and statements == 0,
    )
    figure, floor, ratio = _compared([spell.p99 for spell in spells.result], [spell.p50 for spell in spells.result])
    yield report.judged(
        "P6",
        "p99 of a result at 16 connections; floor: its p50",
        report.milliseconds(figure),
        report.milliseconds(floor),
        report.times(ratio),
        "<= 2.5x",
        is_met=ratio <= 2.5,
    )


def _unchanged(spells: Spells) -> Line:
    figure, floor, ratio = _compared(_cpu(spells.unchanged), _cpu(spells.question))
    return report.judged(
        "P7",
        "processor time of an unchanged page (304); floor: question page",
        report.microseconds(figure),
        report.microseconds(floor),
        report.times(ratio),
        "<= 0.25x",
        is_met=ratio <= 0.25,
    )


def _rates(spells: Sequence[Load]) -> list[float]:
    return [spell.per_second for spell in spells]


def _cpu(spells: Sequence[Load]) -> list[float]:
    return [spell.cpu for spell in spells]


def _compared(figures: list[float], floors: list[float]) -> tuple[float, float, float]:
    found = rounds.compared(figures, floors)
    return found.figure, found.floor, found.ratio
