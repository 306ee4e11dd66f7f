"""The site outgrows its file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.browser.site import ROOT, Site, environment, manage, served
from tests.drills.test_backups import kept, seen_at
from tests.postgres import cluster


@pytest.mark.drill("F24", "The site moves from its file to PostgreSQL", expected="every row and page is the same")
def test_the_site_is_the_same_on_postgresql(own_site: Site, tmp_path: Path, seen: Callable[[str], None]) -> None:
    places = kept(own_site, 8)
    before = seen_at(own_site, places)
    with cluster() as server:
        address = server.create("signpost")
        there = {"SIGNPOST_DATABASE_URL": address}

        told = manage(own_site.data, "move_to_postgres", **there)
        with served(own_site.data, **there) as site:
            after = seen_at(site, places)
            new = kept(site, 1)
            assert site.get(new[0]).status == 200
        audit = manage(own_site.data, "verify_audit", **there)

        command = [sys.executable, "manage.py", "move_to_postgres"]
        again = subprocess.run(  # noqa: S603  our own
            command, cwd=ROOT, env=environment(own_site.data, own=there), capture_output=True, text=True
        )
        with (
            psycopg.connect(address) as connection,
            pytest.raises(psycopg.errors.IntegrityError, match="never changed"),
        ):
            connection.execute("UPDATE advisor_release SET note = 'Another'")
    seen(f"{len(after)} pages with the same hash; {told.splitlines()[-2]}")
    assert after == before
    assert audit
    assert again.returncode == 1
    assert "That database is not empty" in again.stderr
