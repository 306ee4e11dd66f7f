"""B1: publishing a draft, on SQLite and on PostgreSQL. B2: a decision record as a PDF.

Run as a program it publishes in one site and prints JSON: each site needs a process of its own.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import median

from tests import postgres
from tests.benchmarks import addresses, report, servers, tables
from tests.benchmarks.context import Context, environment, program
from tests.benchmarks.report import Line
from tests.benchmarks.shipped import FIXTURES

PDFS = 12


def run(context: Context) -> list[Line]:
    lines = [_published(context, name, fixtures, "SQLite", "") for name, fixtures in _contents(context)]
    if postgres.programs():
        with postgres.cluster() as cluster:
            lines += [
                _published(context, name, fixtures, "PostgreSQL", cluster.create(f"of_{number}"))
                for number, (name, fixtures) in enumerate(_contents(context))
            ]
    else:
        lines.append(report.not_measured("B1", "publishing on PostgreSQL", "it is not installed"))
    return [*lines, _pdf(context)]


def _contents(context: Context) -> list[tuple[str, Path]]:
    size = tables.SIZES[1]
    return [
        ("the shipped content", FIXTURES),
        (f"{size.rows} rules", context.fixtures("publishing", tables.release(size, agreeing=True).catalogue)),
    ]


def _published(context: Context, name: str, fixtures: Path, kind: str, database: str) -> Line:
    data = context.published(f"publishing-{kind}-{fixtures.name}", fixtures, database)
    command = [sys.executable, "-m", "tests.benchmarks.publishing", str(context.rounds)]
    took = median(json.loads(program(command, environment(data, database=database)).splitlines()[-1]))
    return report.judged(
        "B1",
        f"publish {name}, {kind}: from one press until visitors see it",
        report.milliseconds(took),
        "-",
        "-",
        "<= 1 s",
        is_met=took <= 1,
    )


def _pdf(context: Context) -> Line:
    records = [path.replace("/advice/", "/advice/record.pdf", 1) for path in addresses.results(PDFS, seed=11)]
    with servers.product(context.data) as product:
        for path in addresses.results(4, seed=12):  # until each process has read its fonts
            product.get(path.replace("/advice/", "/advice/record.pdf", 1))
        before, took = product.cpu_seconds(), []
        for path in records:
            start = time.perf_counter()
            reply = product.get(path)
            took.append(time.perf_counter() - start)
            if reply.status != 200 or not reply.body.startswith(b"%PDF"):
                raise AssertionError(f"{path} answers {reply.status}")
        cpu = (product.cpu_seconds() - before) / PDFS
    return report.judged(
        "B2",
        f"a PDF of each of {PDFS} records; processor time {report.milliseconds(cpu)}, slowest {max(took):.2f} s",
        report.milliseconds(median(took)),
        "-",
        "-",
        "<= 1 s",
        is_met=median(took) <= 1,
    )


def publish(times: int) -> list[float]:
    """How long each of so many took, each after an edit."""
    import django

    django.setup()
    from advisor import published
    from advisor.models import Release, Rule

    rule, took = Rule.objects.order_by("pk")[0], []
    for number in range(times + 1):
        rule.because = f"{rule.because.partition(' No. ')[0]} No. {number}."
        rule.save()
        start = time.perf_counter()
        Release.publish(note="For the benchmarks")
        published.sync()
        took.append(time.perf_counter() - start)
    return took[1:]


if __name__ == "__main__":
    import os

    os.environ["DJANGO_SETTINGS_MODULE"] = "advisor.settings"
    print(json.dumps(publish(int(sys.argv[1]))))
