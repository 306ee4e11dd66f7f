"""Processes that are killed while they save."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.browser.kept import keep_form
from tests.browser.kills import sent_under_kills
from tests.browser.site import Reply, Site
from tests.drills.requestlog import RequestLog
from tests.drills.rows import stored_by

KILLS = 60
SAVES = KILLS * 4


@pytest.mark.drill("F1", f"{KILLS} workers are killed while four clients keep results")
def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(own_site: Site, seen: Callable[[str], None]) -> None:
    forms = [keep_form(own_site) for _save in range(SAVES)]
    log = RequestLog()

    def send(number: int) -> Reply:
        return log.send(str(number), lambda: own_site.post("/advice/keep/", forms[number]))

    sent_under_kills(own_site, SAVES, send, least=KILLS)

    with closing(sqlite3.connect(own_site.data / "signpost.sqlite3")) as database:
        rows = Counter(token for (token,) in database.execute("SELECT token_hash FROM advisor_savedresult"))
        integrity = database.execute("PRAGMA integrity_check").fetchall()
    seen(f"{log.summary()}; {rows.total()} rows for {SAVES} forms")
    assert log.faults(stored_by(log, rows)) == []
    assert {own_site.get(request.place).status for request in log.requests if request.place} == {200}
    assert integrity == [("ok",)]
