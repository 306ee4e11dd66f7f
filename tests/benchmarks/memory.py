"""P11: the memory of a worker, and whether it grows while the site is used."""

from __future__ import annotations

from contextlib import ExitStack

from tests.benchmarks import addresses, report, servers, tables, visitors
from tests.benchmarks.context import Context
from tests.benchmarks.load import load
from tests.benchmarks.pages import floor_for
from tests.benchmarks.report import Line
from tests.benchmarks.servers import Server
from tests.benchmarks.shipped import shipped_release

MANY, FEW = 50_000, 10_000
SETTLED = 5_000
"""Requests until every cache is filled. Growth is what comes after them."""

SPELL, MOST_SPELLS, FEW_SPELLS = 10, 60, 6
"""Seconds of one spell of load; how many of them at most, and for the large release."""

MB = 1024 * 1024


def run(context: Context) -> list[Line]:
    total = FEW if context.quick else MANY
    paths = [
        "/",
        *(path for answers in visitors.many(shipped_release(), 3, 300) for path in addresses.journey(answers)),
    ]
    with ExitStack() as stack:
        product = stack.enter_context(servers.product(context.data))
        floor = stack.enter_context(floor_for(context, product))
        ask(product, paths, SETTLED)
        ask(floor, ["/"], SETTLED)
        settled, least = product.pss_per_worker(), floor.pss_per_worker()
        asked = ask(product, paths, total - SETTLED)
        after = product.pss_per_worker()
    return [
        _size("shipped content", after, least, 15),
        report.judged(
            "P11",
            f"growth per worker over {SETTLED + asked:,} requests, after the first {SETTLED:,}",
            report.megabytes(after - settled),
            "-",
            "-",
            "<= 2 MB",
            is_met=after - settled <= 2 * MB,
        ),
        _large(context, least),
    ]


def _large(context: Context, least: float) -> Line:
    """A release of 6,000 rules, loaded and published as an editor would."""
    size = tables.SIZES[-1]
    release = tables.release(size, agreeing=True)
    data = context.with_catalogue("large", release.catalogue)
    paths = ["/", *(path for answers in visitors.many(release, 3, 300) for path in addresses.journey(answers, release))]
    with servers.product(data) as product:
        asked = ask(product, paths, SETTLED, FEW_SPELLS)
        report.note(f"{size.rows:,} rules: memory after {asked:,} requests")
        return _size(f"{size.rows:,} rules, {size.domain}", product.pss_per_worker(), least, 40)


def _size(what: str, figure: float, least: float, more: int) -> Line:
    return report.judged(
        "P11",
        f"memory per worker (PSS), {what}; floor: the plain page's worker",
        report.megabytes(figure),
        report.megabytes(least),
        f"+{(figure - least) / MB:.1f} MB",
        f"<= +{more} MB",
        is_met=figure - least <= more * MB,
    )


def ask(server: Server, paths: list[str], count: int, most: int = MOST_SPELLS) -> int:
    """So many requests or a few more, in spells of load that end soon even where replies are slow."""
    asked, spells = 0, 0
    while asked < count and spells < most:
        asked += load(server, paths, SPELL).requests
        spells += 1
    return asked
