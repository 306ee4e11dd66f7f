"""P12: keeping a result, against a plain Django form that stores one row, on SQLite and on PostgreSQL."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from urllib.parse import urlencode

from django.core.signing import Signer

from advisor import recent
from tests import postgres
from tests.benchmarks import report, rounds, servers, visitors
from tests.benchmarks.context import Context
from tests.benchmarks.load import Load, Post, load
from tests.benchmarks.report import Line
from tests.benchmarks.shipped import FIXTURES, shipped_release

MOST_PER_SECOND = 2500
"""Forms that are made for a second of load. Each is sent once: sent twice it would store nothing."""


def run(context: Context) -> list[Line]:
    lines = _compared(context, "SQLite", "")
    if not postgres.programs():
        return [*lines, report.not_measured("P12", "keeping a result on PostgreSQL", "it is not installed")]
    with postgres.cluster() as cluster:  # with its own settings: what it acknowledges is on the disk
        return [*lines, *_compared(context, "PostgreSQL", cluster.create("site"), cluster.create("floor"), cluster)]


def _compared(
    context: Context, name: str, database: str, of_floor: str = "", cluster: postgres.Cluster | None = None
) -> list[Line]:
    data = context.published(f"storing-{name}", FIXTURES, database)
    seconds = 2 if context.quick else 5
    key = (data / "secret-key").read_text()

    def stored() -> int:
        counting = "SELECT count(*) FROM advisor_savedresult"
        if cluster:
            return int(cluster.run("psql", "-U", "signpost", "-Atc", counting, "site"))
        with sqlite3.connect(data / "signpost.sqlite3") as connection:
            return int(connection.execute(counting).fetchone()[0])

    folder = context.folder / f"floor-{name}"
    folder.mkdir()
    with servers.product(data, database) as product, servers.storing_floor(folder, of_floor) as floor:
        looked, unseen = _forms(key, recent.MOST // 2), _forms(key, 3 * recent.MOST)
        few = list(islice(unseen, 200))

        def keep(forms: Iterator[str]) -> Load:
            before, posts = stored(), [Post("/advice/keep/", body) for body in islice(forms, seconds * MOST_PER_SECOND)]
            found = load(product, posts, seconds)
            if stored() - before < found.requests:
                raise AssertionError(f"{found.requests} were acknowledged and {stored() - before} stored")
            return found

        def plain() -> Load:
            return load(floor, [Post("/", body) for body in few], seconds)

        ways = (lambda: keep(looked), lambda: keep(unseen), plain)
        rounds.interleaved(1, *ways)  # warms up, as looking at the advice does
        just_looked, anew, plainly = rounds.interleaved(context.rounds, *ways)
    return [
        *_lines(f"{name}, by who just looked at them", just_looked, plainly),
        *_lines(f"{name}, worked out anew", anew, plainly),
    ]


def _forms(key: str, count: int) -> Iterator[str]:
    """What the form sends that keeps a result: of so many visitors in turn, each time with a key of its own."""
    signer = Signer(key=key, fallback_keys=[], salt="advisor.form")
    release = shipped_release()
    for answers in cycle(visitors.many(release, 7, count)):
        form_key = signer.sign(f"{secrets.token_urlsafe(18)}.{time.time():.3f}")
        yield urlencode([*answers.pairs(), ("release", "1"), ("form_key", form_key)])


def _lines(name: str, kept: list[Load], plainly: list[Load]) -> Iterator[Line]:
    def compared(of: Callable[[Load], float]) -> rounds.Compared:
        return rounds.compared([of(spell) for spell in kept], [of(spell) for spell in plainly])

    rate = compared(lambda spell: spell.per_second)
    yield report.judged(
        "P12",
        f"results kept a second, {name}; every one of {sum(spell.requests for spell in kept):,} is stored",
        f"{rate.figure:,.0f} rows/s",
        f"{rate.floor:,.0f} rows/s",
        report.times(rate.ratio),
        ">= 0.8x, 0 errors",
        is_met=rate.ratio >= 0.8,
    )
    slowest = compared(lambda spell: spell.p99)
    yield report.judged(
        "P12",
        f"p99 of keeping one at 16 connections, {name}",
        report.milliseconds(slowest.figure),
        report.milliseconds(slowest.floor),
        report.times(slowest.ratio),
        "<= 1.2x",
        is_met=slowest.ratio <= 1.2,
    )
