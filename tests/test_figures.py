"""What is counted of the site's work, how it is kept and read, and that nothing of a visitor's is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from advisor import figures
from advisor.figures import Figures, Page
from tests.conftest import Publish

TOKEN = "OP6qxjIy9y1k1_w0dTZlYceTabcdef"


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[None]:
    figures._counted = Figures()
    yield
    figures._counted = Figures()


@pytest.fixture
def client(publish: Publish) -> Client:
    publish()
    return Client(raise_request_exception=False)


def folder(settings: Settings) -> Path:
    return Path(settings.SIGNPOST_DATA) / "figures"


def kept() -> Figures:
    """What is read back of the last day."""
    figures.write()
    return figures.since(timezone.now() - timedelta(days=1))


def report(**options: Any) -> str:
    out = StringIO()
    call_command("report", stdout=out, **options)
    return out.getvalue()


class TestCounting:
    def test_requests_are_counted_by_the_name_of_their_page(self, client: Client) -> None:
        for address in ("/", "/", "/about/", f"/r/{TOKEN}/", "/nothing/canary/", "/static/canary.js"):
            client.get(address)

        counts = {name: page.statuses for name, page in kept().pages.items()}
        assert counts == {
            "home": {"200": 2},
            "about": {"200": 1},
            "saved": {"404": 1},
            "no page": {"404": 1},
            "static files": {"404": 1},
        }

    def test_a_page_that_breaks_is_counted_as_broken(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("advisor.recent.recommend", None)

        client.get("/advice/?industry=other&need=contract-review&modality=text&fact=none")

        assert kept().pages["result"].statuses == {"500": 1}

    def test_the_files_hold_no_answer_no_token_and_no_words(self, client: Client, settings: Settings) -> None:
        client.get("/advice/?industry=canary")
        client.get(f"/r/{TOKEN}/?canary")
        client.post("/talk/", {"message": "canary"}, headers={"Sec-Fetch-Site": "same-origin"})
        figures.note_statement("SELECT 1 FROM t WHERE name = 'canary' AND id = 4711", 200)
        figures.write()

        (file,) = folder(settings).iterdir()
        assert not any(secret in file.read_text() for secret in ("canary", TOKEN, "4711"))

    def test_times_are_sorted_between_bounds(self) -> None:
        page = Page()
        for ms in [3] * 90 + [70] * 8 + [20_000] * 2:
            page.add(200, ms)

        assert sum(page.within) == 100
        assert [page.share_within(share) for share in (0.5, 0.95, 0.99)] == [5, 100, 20_000]


class TestKeeping:
    def test_processes_add_their_lines_and_the_sum_is_read(self) -> None:
        for _ in range(3):
            figures.count("home", 200, 10)
            figures.count("home", 503, 3000)
            figures.write()

        found = figures.since(timezone.now() - timedelta(minutes=1)).pages["home"]
        assert found.statuses == {"200": 3, "503": 3}
        assert (found.count("5"), found.longest, sum(found.within)) == (3, 3000, 6)

    def test_nothing_to_tell_writes_no_line(self, settings: Settings) -> None:
        figures.write()

        assert not folder(settings).exists()

    def test_a_line_that_was_cut_off_is_passed_over(self, settings: Settings) -> None:
        figures.count("home", 200, 10)
        figures.write()
        (file,) = folder(settings).iterdir()
        with file.open("a") as lines:
            lines.write(
                '{"at": "2026-11-25T05:0\n[]\n{"at": "2026-11-25", "pages": {"a": {"x": 1}}, "statements": {}}\n'
            )

        assert figures.since(timezone.now() - timedelta(minutes=1)).pages["home"].count() == 1

    def test_what_is_older_than_14_days_goes(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
        for day in (0, 1, 15):
            monkeypatch.setattr(timezone, "now", lambda day=day: noon + timedelta(days=day))
            figures.count("home", 200, 10)
            figures.write()

        assert sorted(file.name for file in folder(settings).iterdir()) == ["2026-11-02.jsonl", "2026-11-16.jsonl"]
        assert figures.since(noon + timedelta(days=15)).pages["home"].count() == 1

    def test_a_disk_that_is_full_breaks_nothing(self, settings: Settings) -> None:
        folder(settings).write_text("a file where the folder should be")
        figures.count("home", 200, 10)

        figures.write()


@pytest.mark.django_db
class TestStatements:
    def test_a_slow_one_is_noted_by_its_form(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(figures, "SLOW", 0)
        figures.time_statements(None, connection)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT username FROM auth_user WHERE username = %s AND id > 7", ["canary"])
        finally:
            connection.execute_wrappers.remove(figures._timed)

        (form,) = kept().statements
        assert form == "SELECT username FROM auth_user WHERE username = %s AND id > ?"

    def test_a_quick_one_is_not(self) -> None:
        figures.time_statements(None, connection)
        try:
            connection.cursor().execute("SELECT 1")
        finally:
            connection.execute_wrappers.remove(figures._timed)

        assert kept().statements == {}

    @pytest.mark.parametrize(
        ("sql", "form"),
        [
            ("SELECT a\n FROM b WHERE c = 'it''s' LIMIT 21", "SELECT a FROM b WHERE c = ? LIMIT ?"),
            ("DELETE FROM a WHERE id IN (%s, %s, %s)", "DELETE FROM a WHERE id IN (%s, ...)"),
            ('SELECT "t1"."id" FROM t1', 'SELECT "t1"."id" FROM t1'),
        ],
    )
    def test_a_form_holds_nothing_that_was_put_in(self, sql: str, form: str) -> None:
        assert figures.form_of(sql) == form


class TestReport:
    def test_it_reads_without_a_dashboard(self) -> None:
        for _ in range(98):
            figures.count("home", 200, 4)
        figures.count("record-pdf", 503, 2600)
        figures.count("talk", 429, 4)
        figures.note_statement("SELECT a FROM b", 300)
        figures.write()

        told = report()

        assert "100 requests. 1 failed (1.00%). 1 were turned away as too many." in told
        assert "\n  record-pdf: 1 of 1 (503: 1)\n" in told
        assert "\n  record-pdf: 2.6 s (half within 2.6 s, longest 2.6 s), 1 requests\n  home: 4 ms" in told
        assert "\n  1 times, 300 ms in all, longest 300 ms: SELECT a FROM b\n" in told

    def test_it_looks_back_as_far_as_it_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = timezone.now()
        figures.count("home", 200, 4)
        figures.write()
        monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=5))

        assert "No request was counted." in report(hours=4)
        assert "1 requests." in report(hours=6)

    def test_as_json(self) -> None:
        figures.count("home", 500, 4)
        figures.write()

        found = json.loads(report(json=True))

        assert (found["requests"], found["failed"], found["failed_share"]) == (1, 1, 1.0)
        assert found["failures"] == [{"page": "home", "failed": 1, "requests": 1, "statuses": {"500": 1}}]

    @pytest.mark.parametrize("hours", [0, 337])
    def test_it_refuses_hours_for_which_there_are_no_figures(self, hours: int) -> None:
        with pytest.raises(CommandError, match="--hours takes 1 to 336"):
            report(hours=hours)
