"""L1: ten times the usual load for a minute, and memory over 100,000 requests."""

from __future__ import annotations

from tests.benchmarks import addresses, report, servers, visitors
from tests.benchmarks.context import Context
from tests.benchmarks.load import crowd, tried
from tests.benchmarks.memory import MB, SETTLED, ask
from tests.benchmarks.report import Line
from tests.benchmarks.shipped import shipped_release

USUAL = 20
"""Visitors who each open a page every second: 20 pages a second, or 300 people who read each page for 15 seconds."""

TIMES = 10
REST = 1.0
MANY, FEW = 100_000, 10_000


def run(context: Context) -> list[Line]:
    seconds, total = (10, FEW) if context.quick else (60, MANY)
    paths = [path for answers in visitors.many(shipped_release(), 3, 300) for path in addresses.journey(answers)]
    with servers.product(context.data, pinned=False) as product:  # on all cores, as it is deployed
        ask(product, paths, SETTLED)
        idle = crowd(product, paths, 5, 1, 0.05)
        usual = crowd(product, paths, min(seconds, 15), USUAL, REST)
        rush = crowd(product, paths, seconds, USUAL * TIMES, REST)
        full = tried(product, paths, min(seconds, 15), connections=USUAL * TIMES)
        sizes, asked = [product.pss_per_worker()], 0
        for _half in range(2):
            asked += ask(product, paths, total // 2, most=10 * total // FEW)
            sizes.append(product.pss_per_worker())
    first, second = sizes[1] - sizes[0], sizes[2] - sizes[1]
    ratio = rush.p99 / idle.p50
    return [
        report.judged(
            "L1",
            f"errors in {seconds} s of {USUAL * TIMES} visitors, {rush.per_second:,.0f} pages a second",
            f"{rush.errors} of {rush.requests:,}",
            "-",
            "-",
            "0",
            is_met=rush.errors == 0,
        ),
        report.judged(
            "L1",
            f"p99 in that time (p50 {report.milliseconds(rush.p50)}); floor: p50 with one visitor",
            report.milliseconds(rush.p99),
            report.milliseconds(idle.p50),
            report.times(ratio),
            "<= 10x",
            is_met=ratio <= 10,
        ),
        report.judged(
            "L1",
            f"p99 of the usual load, {usual.per_second:,.0f} pages a second; floor: the same p50",
            report.milliseconds(usual.p99),
            report.milliseconds(idle.p50),
            report.times(usual.p99 / idle.p50),
            "-",
        ),
        report.judged(
            "L1",
            f"errors when {USUAL * TIMES} visitors never rest, {full.per_second:,.0f} pages a second, "
            f"p50 {report.milliseconds(full.p50)}, p99 {report.milliseconds(full.p99)}",
            f"{full.errors} of {full.requests:,}",
            "-",
            "-",
            "0",
            is_met=full.errors == 0,
        ),
        report.judged(
            "L1",
            f"growth of memory per worker (PSS) in the second half of {asked:,} requests more; "
            f"{report.megabytes(first)} in the first, while what is kept fills up",
            report.megabytes(second),
            "-",
            "-",
            "<= 2 MB",
            is_met=second <= 2 * MB,
        ),
    ]
