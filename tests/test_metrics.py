"""The figures as Prometheus reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from pytest_django import Settings

from advisor import backups, figures, metrics, timer
from advisor.figures import Figures
from tests.conftest import Publish

DOCUMENT = Path(__file__).parents[1] / "docs/reference/metrics.md"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counted_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("django.db.connection.close", lambda: None)  # the test's own transaction
    figures._counted = Figures()
    yield
    figures._counted = Figures()


@pytest.fixture
def registry(publish: Publish) -> CollectorRegistry:
    publish()
    backups.made()
    timer.ran()
    registry = CollectorRegistry()
    registry.register(metrics.SignpostCollector())
    return registry


def scrape(registry: CollectorRegistry) -> list[str]:
    return generate_latest(registry).decode().splitlines()


def seen(*requests: tuple[str, int, float]) -> None:
    for request in requests:
        figures.count(*request)
    figures.write()


def test_requests_by_page_and_kind_of_answer(registry: CollectorRegistry) -> None:
    seen(("home", 200, 4), ("home", 304, 3), ("result", 503, 2600), ("talk", 429, 60))

    lines = scrape(registry)

    assert 'signpost_requests_total{page="home",status="2xx"} 1.0' in lines
    assert 'signpost_requests_total{page="home",status="3xx"} 1.0' in lines
    assert 'signpost_requests_total{page="result",status="5xx"} 1.0' in lines
    assert 'signpost_rate_limited_total{page="talk"} 1.0' in lines
    assert 'signpost_request_seconds_bucket{le="0.05",page="talk"} 0.0' in lines
    assert 'signpost_request_seconds_bucket{le="0.1",page="talk"} 1.0' in lines
    assert 'signpost_request_seconds_bucket{le="+Inf",page="home"} 2.0' in lines
    assert 'signpost_request_seconds_count{page="home"} 2.0' in lines


def test_counts_only_grow_and_begin_with_its_own_start(publish: Publish) -> None:
    seen(("home", 200, 4))  # before
    registry = CollectorRegistry()
    registry.register(metrics.SignpostCollector())

    for times in (1, 2, 3):
        seen(("home", 200, 4))
        assert f'signpost_requests_total{{page="home",status="2xx"}} {times}.0' in scrape(registry)


def test_they_go_on_over_midnight(registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    seen(("home", 200, 4))
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    seen(("home", 200, 4))

    assert 'signpost_requests_total{page="home",status="2xx"} 2.0' in scrape(registry)


def test_a_line_that_is_still_being_written_waits(registry: CollectorRegistry, settings: Settings) -> None:
    seen(("home", 200, 4))
    line = figures.todays_file().read_text()
    with figures.todays_file().open("a") as file:
        file.write(line[:20])
        file.flush()
        assert 'signpost_requests_total{page="home",status="2xx"} 1.0' in scrape(registry)
        file.write(line[20:])
        file.flush()
        assert 'signpost_requests_total{page="home",status="2xx"} 2.0' in scrape(registry)


def test_release_backup_jobs_mails_and_disk(registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    later = timezone.now() + timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: later)

    values = dict(line.rsplit(" ", 1) for line in scrape(registry) if not line.startswith("#"))

    assert values["signpost_release_number"] == "1.0"
    assert values["signpost_mails_waiting"] == "0.0"
    assert values["signpost_database_up"] == "1.0"
    for name in ("release", "backup", "jobs"):
        assert 3600 <= float(values[f"signpost_{name}_age_seconds"]) < 3660
    assert 0 < float(values["signpost_disk_free_ratio"]) < 1


def test_without_the_database_the_rest_is_told(registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any) -> NoReturn:
        raise OperationalError("away")

    monkeypatch.setattr("advisor.models.Mail.objects.waiting", away)

    lines = scrape(registry)

    assert "signpost_database_up 0.0" in lines
    assert "signpost_release_number 1.0" in lines
    assert not [line for line in lines if "mails_waiting" in line]


def test_no_version_and_no_machine_is_told(registry: CollectorRegistry) -> None:
    assert not [line for line in scrape(registry) if re.search(r"python|process|platform|3\.1\d", line)]


def test_every_metric_is_documented_and_no_other(registry: CollectorRegistry) -> None:
    seen(("talk", 429, 60))
    figures.note_statement("SELECT 1", 200)
    told = {line.split()[2] for line in scrape(registry) if line.startswith("# TYPE")}

    documented = re.findall(r"^\| `(signpost_\w+)` \|", DOCUMENT.read_text(), re.MULTILINE)

    assert sorted(documented) == sorted(name for name in told if not name.endswith("_created"))


def test_without_a_port_there_is_nothing_to_serve(settings: Settings) -> None:
    settings.SIGNPOST_METRICS_PORT = None

    with pytest.raises(CommandError, match="No port is set"):
        call_command("serve_metrics")


def test_a_port_that_is_the_sites_own_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.environment import read_environment

    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setenv("SIGNPOST_METRICS_PORT", "8000")

    with pytest.raises(Exception, match="SIGNPOST_METRICS_PORT: the site itself is at this port"):
        read_environment()


def test_the_time_of_a_line_is_read_back() -> None:
    at, _ = Figures.from_line(Figures().to_line(timezone.now()))

    assert isinstance(at, datetime)
