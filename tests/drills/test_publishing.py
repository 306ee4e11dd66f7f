"""Two publish at the same moment, on the engine on which they really meet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.test_workplace import both_publish
from tests.drills.on_postgresql import served_on_postgresql
from tests.drills.plugin import not_shown
from tests.postgres import programs


@pytest.mark.drill("F13", "Two publishers press at the same moment on PostgreSQL")
def test_one_wins_and_the_other_reads_who(tmp_path: Path, seen: Callable[[str], None]) -> None:
    if programs() is None:
        not_shown("PostgreSQL is not installed")
    with served_on_postgresql(tmp_path / "data") as on:
        replies = both_publish(on.site, SIGNPOST_DATABASE_URL=on.address)
        numbers = on.rows("SELECT number FROM advisor_release ORDER BY number")
    seen(f"{[reply.status for reply in replies]}; {len(numbers)} releases")

    assert [reply.status for reply in replies] == [303, 409]
    assert "Someone else published first" in replies[1].text
    assert numbers == [(1,), (2,)]
