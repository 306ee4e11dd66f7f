"""The site's figures for Prometheus, at an address of their own that only this machine reaches.

One process beside the server reads what the server's processes write down, so it costs them nothing.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from advisor import backups, figures, published, timer
from advisor.figures import BOUNDS, Figures
from advisor.models import Mail


class Tail:
    """What was written down since it began to look. The sums only grow, as Prometheus wants of a counter."""

    def __init__(self) -> None:
        self.sums = Figures()
        self._file = figures.todays_file()
        self._read = self._file.stat().st_size if self._file.exists() else 0

    def follow(self) -> Figures:
        self._read_on()
        today = figures.todays_file()
        if today != self._file:
            self._file, self._read = today, 0
            self._read_on()
        return self.sums

    def _read_on(self) -> None:
        if not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(self._read)
            whole, newline, _ = file.read().rpartition(b"\n")  # a line that is still being written waits
        self._read += len(whole) + len(newline)
        for _, found in figures.lines_of(whole.decode().splitlines()):
            self.sums.merge(found)


class SignpostCollector(Collector):
    """docs/reference/metrics.md explains each."""

    def __init__(self) -> None:
        self._tail = Tail()
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            yield from of_requests(self._tail.follow())
        yield from of_files()
        yield from of_database()


def of_requests(sums: Figures) -> Iterator[Metric]:
    requests = CounterMetricFamily("signpost_requests", "Requests answered.", labels=["page", "status"])
    limited = CounterMetricFamily("signpost_rate_limited", "Requests turned away as too many.", labels=["page"])
    seconds = HistogramMetricFamily("signpost_request_seconds", "How long answers took.", labels=["page"])
    for name, page in sums.pages.items():
        for first in sorted({status[0] for status in page.statuses}):
            requests.add_metric([name, f"{first}xx"], page.count(first))
        if times := page.count("429"):
            limited.add_metric([name], times)
        seen, buckets = 0, []
        for bound, times in zip([*(str(ms / 1000) for ms in BOUNDS), "+Inf"], page.within, strict=True):
            seen += times
            buckets.append((bound, float(seen)))
        seconds.add_metric([name], buckets=buckets, sum_value=page.ms / 1000)
    slow = CounterMetricFamily("signpost_slow_statements", f"Statements that took {figures.SLOW} ms or more.")
    slow.add_metric([], sum(one.times for one in sums.statements.values()))
    yield from (requests, limited, seconds, slow)


def of_files() -> Iterator[Metric]:
    """What is known without the database."""
    try:
        release = published.current()
    except published.NoRelease:
        pass
    else:
        yield _gauge("signpost_release_number", "The release that visitors see.", release.number)
        at = datetime.fromisoformat(release.published_at)
        yield _gauge("signpost_release_age_seconds", "Since it was published.", _since(at))
    if last := backups.last():
        yield _gauge("signpost_backup_age_seconds", "Since the last backup.", _since(last))
    if ran := timer.last_run():
        yield _gauge("signpost_jobs_age_seconds", "Since run_jobs ran last.", _since(ran))
    usage = shutil.disk_usage(Path(settings.SIGNPOST_DATA))
    yield _gauge("signpost_disk_free_ratio", "The share of the data's disk that is free.", usage.free / usage.total)


def of_database() -> Iterator[Metric]:
    try:
        waiting = Mail.objects.waiting().count()
    except DatabaseError:
        yield _gauge("signpost_database_up", "Whether the database answers.", 0)
        return
    finally:
        connection.close()
    yield _gauge("signpost_database_up", "Whether the database answers.", 1)
    yield _gauge("signpost_mails_waiting", "Mails in the outbox.", waiting)


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=value)


def _since(at: datetime) -> float:
    return (timezone.now() - at).total_seconds()


def serve(port: int) -> None:
    """Until the process that started this one is gone. While another holds the port, it is tried again."""
    registry = CollectorRegistry()  # of our own: the usual one tells the versions of Python and the machine
    registry.register(SignpostCollector())
    starter, served = os.getppid(), False
    while os.getppid() == starter:
        if not served:
            try:
                start_http_server(port, addr="127.0.0.1", registry=registry)
                served = True
            except OSError:
                pass
        threading.Event().wait(1)
