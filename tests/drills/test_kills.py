"""Processes that are killed while they save."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.kept import keep_form
from tests.browser.kills import sent_under_kills
from tests.browser.site import Reply, Site
from tests.drills.on_postgresql import OnPostgreSQL, served_on_postgresql
from tests.drills.outages import notice_everywhere, seconds_until
from tests.drills.requestlog import RequestLog
from tests.drills.rows import kept_rows, stored_by

KILLS = 60
SAVES = KILLS * 5
SERVER_KILLS = 10


@pytest.mark.drill("F1", f"{KILLS} workers are killed while four clients keep results")
def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(own_site: Site, seen: Callable[[str], None]) -> None:
    forms = [keep_form(own_site) for _save in range(SAVES)]
    log = RequestLog()

    def send(number: int) -> Reply:
        return log.send(str(number), lambda: own_site.post("/advice/keep/", forms[number]))

    sent_under_kills(own_site, SAVES, send, least=KILLS)

    rows = kept_rows(own_site.data)
    seen(f"{log.summary()}; {rows.total()} rows for {SAVES} forms")
    assert log.faults(stored_by(log, rows)) == []
    assert {own_site.get(request.place).status for request in log.requests if request.place} == {200}


@pytest.fixture
def on_postgresql(tmp_path: Path) -> Iterator[OnPostgreSQL]:
    with served_on_postgresql(tmp_path / "data") as found:
        yield found


def kept_under_kills(
    on: OnPostgreSQL, kills: int, kill: Callable[[], None] | None, seen: Callable[[str], None]
) -> None:
    """Four clients keep results while something is killed. What they were told is there, once, and can be opened."""
    saves = kills * 5
    forms = [keep_form(on.site) for _save in range(saves)]
    log = RequestLog()

    def send(number: int) -> Reply:
        return log.send(str(number), lambda: on.site.post("/advice/keep/", forms[number]))

    sent_under_kills(on.site, saves, send, least=kills, kill=kill)

    rows = Counter(token for (token,) in on.rows("SELECT token_hash FROM advisor_savedresult"))
    seen(f"{log.summary()}; {rows.total()} rows for {saves} forms")
    assert log.faults(stored_by(log, rows)) == []
    seconds_until(lambda: notice_everywhere(on.site, shown=False))
    assert {on.site.get(request.place).status for request in log.requests if request.place} == {200}


@pytest.mark.drill("F1", f"{KILLS} workers are killed while four clients keep results on PostgreSQL")
def test_nor_on_postgresql(on_postgresql: OnPostgreSQL, seen: Callable[[str], None]) -> None:
    kept_under_kills(on_postgresql, KILLS, None, seen)


@pytest.mark.drill("F1", f"PostgreSQL and all its processes are killed {SERVER_KILLS} times while results are kept")
def test_nor_when_the_database_server_is_killed(on_postgresql: OnPostgreSQL, seen: Callable[[str], None]) -> None:
    def kill() -> None:
        on_postgresql.server.kill()
        on_postgresql.server.start()

    kept_under_kills(on_postgresql, SERVER_KILLS, kill, seen)
    played_back = (on_postgresql.server.folder / "log").read_text().count("redo done")
    seen(f"{played_back} times what was acknowledged was played back")
