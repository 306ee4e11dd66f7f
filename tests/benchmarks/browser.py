"""P9: how soon a page stands on a slow phone, against the same page without scripts, fonts and Django."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.benchmarks import addresses, lighthouse, report, rounds, servers
from tests.benchmarks.context import Context, plain_environment
from tests.benchmarks.floors.static_pages import without_extras
from tests.benchmarks.report import Line
from tests.benchmarks.servers import Server

RESULT = "/advice/?industry=law-finance&need=summaries&need=chatbot&modality=text&fact=none"
PAGES = {"question": addresses.GOALS, "result": RESULT}
ROUNDS = 3
"""Each takes about a minute."""


def run(context: Context) -> list[Line]:
    try:
        program = lighthouse.ready()
        with servers.product(context.data) as site, _floor(context, site) as floor:
            return [line for name in PAGES for line in _audited(context, program, name, site, floor)]
    except lighthouse.Unavailable as why:
        return [report.not_measured("P9", f"Lighthouse {lighthouse.VERSION}", str(why))]


@contextmanager
def _floor(context: Context, site: Server) -> Iterator[Server]:
    folder = context.folder / "static-pages"
    folder.mkdir()
    for name, path in PAGES.items():
        (folder / name).write_text(without_extras(site.get(path).body.decode()))
    port = servers.free_port()
    command = [sys.executable, "-m", "tests.benchmarks.floors.static_pages", str(port), str(folder)]
    with servers.serving(command, plain_environment(), port) as floor:
        yield floor


def _audited(context: Context, program: Path, name: str, site: Server, floor: Server) -> Iterator[Line]:
    ours, plain = f"http://127.0.0.1:{site.port}{PAGES[name]}", f"http://127.0.0.1:{floor.port}/{name}"
    audits, floors = [], []
    for _ in range(1 if context.quick else ROUNDS):
        audits.append(lighthouse.audit(program, ours))
        floors.append(lighthouse.audit(program, plain))
    yield _line(name, "largest contentful paint", [audit.lcp for audit in audits], [audit.lcp for audit in floors])
    yield _line(name, "total blocking time", [audit.tbt for audit in audits], [audit.tbt for audit in floors])
    for category in lighthouse.CATEGORIES:
        scores, least = ([audit.scores[category] for audit in each] for each in (audits, floors))
        yield _score(name, category, median(scores), median(least))


def _line(name: str, what: str, figures: list[float], floors: list[float]) -> Line:
    found = rounds.Compared(median(figures), median(floors), median(figures) / max(median(floors), 1))
    is_paint = what.startswith("largest")
    return report.judged(
        "P9",
        f"{what}, {name}",
        f"{found.figure:,.0f} ms",
        f"{found.floor:,.0f} ms",
        report.times(found.ratio) if is_paint else "-",
        "<= 1.1x" if is_paint else "<= 50 ms",
        is_met=found.ratio <= 1.1 if is_paint else found.figure <= 50,
    )


def _score(name: str, category: str, score: float, least: float) -> Line:
    what = f"Lighthouse {lighthouse.VERSION} {category}, {name}"
    is_judged = category == "performance"
    return report.judged(
        "P9",
        what,
        f"{score:.0f}",
        f"{least:.0f}",
        "-",
        ">= 99" if is_judged else "-",
        is_met=score >= 99 if is_judged else None,
    )
