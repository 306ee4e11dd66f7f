"""The tables change while the site serves, or fail to."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.browser.kept import keep
from tests.browser.site import ROOT, Site, environment, manage, served
from tests.drills.forms import PAGES, writes
from tests.drills.outages import WRITE_WITHIN
from tests.drills.plugin import not_shown
from tests.drills.steady import keep_forms, visitors
from tests.drills.versions import next_one, older
from tests.postgres import cluster, programs

See = Callable[[str], None]
FORMS = 400
ROWS = 20_000
LOCKED_FOR = 2.0
LAST = max((ROOT / "advisor/migrations").glob("0*.py")).stem
MANY = f"""
from copy import copy
from advisor.models import SavedResult
one = SavedResult.objects.first()
def another(number):
    row = copy(one)
    row.pk, row._state.adding, row.token_hash = None, True, f"{{number:064x}}"
    return row
SavedResult.objects.bulk_create(map(another, range({ROWS})), batch_size=500)
"""
COLUMN = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("advisor", "%s")]
    operations = [
        migrations.AddField("savedresult", "colour", models.CharField(max_length=20, null=True, db_default="none")),
        migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True)), ("words", models.TextField())]),
    ]
"""
CHANGED_ROWS = """
from django.db import migrations

def paint(apps, editor):
    results = apps.get_model("advisor", "SavedResult").objects
    while plain := list(results.exclude(colour="red").values_list("pk", flat=True)[:500]):
        results.filter(pk__in=plain).update(colour="red")

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("advisor", "9001_column")]
    operations = [migrations.RunPython(paint, migrations.RunPython.noop)]
"""
INDEX = """
from django.db import migrations, models
from django.contrib.postgres.operations import AddIndexConcurrently

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("advisor", "9002_changed_rows")]
    operations = [%s("savedresult", models.Index(fields=["colour"], name="result_colour"))]
"""
HALF_WAY = """
import time
from django.db import migrations, models

def spoil(apps, editor):
    apps.get_model("advisor", "SavedResult").objects.update(colour="half")
    print("half-way", flush=True)
    %s

class Migration(migrations.Migration):
    dependencies = [("advisor", "%s")]
    operations = [
        migrations.AddField("savedresult", "colour", models.CharField(max_length=20, null=True, db_default="none")),
        migrations.RunPython(spoil, migrations.RunPython.noop),
        migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True)), ("words", models.TextField())]),
    ]
"""


@dataclass(frozen=True)
class Engine:
    name: str
    data: Path
    own: dict[str, str]

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        if self.own:
            with psycopg.connect(self.own["SIGNPOST_DATABASE_URL"]) as connection:
                return connection.execute(question.encode()).fetchall()
        with closing(sqlite3.connect(self.data / "signpost.sqlite3")) as database:
            return database.execute(question).fetchall()

    def tables(self) -> list[tuple[Any, ...]]:
        """Whatever a migration could have changed, rows of kept results included."""
        columns = "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY 1, 2"
        made = columns if self.own else "SELECT name, sql FROM sqlite_master ORDER BY name"
        done = "SELECT app, name FROM django_migrations ORDER BY 1, 2"
        return [*self.rows(made), *self.rows(done), *self.rows("SELECT count(*) FROM advisor_savedresult")]


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    data = tmp_path / "data"
    data.mkdir()
    if request.param == "SQLite":
        yield Engine("SQLite", data, {})
    elif programs() is None:
        not_shown("PostgreSQL is not installed")
    else:
        with cluster() as server:
            yield Engine("PostgreSQL", data, {"SIGNPOST_DATABASE_URL": server.create("signpost")})


def statuses(site: Site) -> set[int]:
    return {site.get(address).status for address in PAGES}


def taken(site: Site) -> dict[str, int]:
    return {form.name: form.send().status for form in writes(site)}


@pytest.mark.drill("F10", f"A column, a table, an index and {ROWS:,} changed rows come while the site serves")
def test_the_tables_of_the_next_version(engine: Engine, tmp_path: Path, seen: See) -> None:
    index = "AddIndexConcurrently" if engine.own else "migrations.AddIndex"
    made = {"9001_column": COLUMN % LAST, "9002_changed_rows": CHANGED_ROWS, "9003_index": INDEX % index}
    following = next_one(tmp_path / "next", made)
    manage(engine.data, "setup_site", **engine.own)
    manage(engine.data, "collectstatic", "--no-input", code=following, **engine.own)

    with served(engine.data, code=following, ready="/healthz", **engine.own) as site:
        early = taken(site)
    with served(engine.data, **engine.own) as site:
        manage(engine.data, "shell", "-v0", "-c", MANY, **engine.own)
        before = engine.rows("SELECT count(*) FROM advisor_savedresult")[0][0]
        forms = keep_forms(site, FORMS)
        with visitors(site, forms) as steady:
            start = time.monotonic()
            manage(engine.data, "migrate", code=following, **engine.own)
            took = time.monotonic() - start
        after = engine.rows("SELECT count(*) FROM advisor_savedresult")[0][0]
        late, pages = taken(site), statuses(site)
    seen(f"{engine.name}: {took:.1f} s for the migrations; meanwhile {steady}")

    assert set(early.values()) == {303}, "new code on old tables"
    assert (set(late.values()), pages) == ({303}, {200}), "old code on new tables"
    assert set(steady.pages) == {200}
    assert set(steady.saved) == {303}
    assert after - before == steady.saved.total()
    assert steady.saves.longest() < LOCKED_FOR
    assert engine.rows("SELECT count(*) FROM advisor_savedresult WHERE colour = 'red'")[0][0] >= ROWS


@pytest.mark.drill("F10", "Tables of an older version are brought to today's while that version serves")
def test_the_tables_of_an_older_version(tmp_path: Path, seen: See) -> None:
    old = older(tmp_path / "old")
    data = tmp_path / "data"
    data.mkdir()
    manage(data, "setup_site", code=old)
    manage(data, "collectstatic", "--no-input")

    with served(data, ready="/healthz") as site:
        early, early_pages = taken(site), statuses(site)
    with served(data, code=old) as site:
        show, _manage = keep(site)
        forms = keep_forms(site, FORMS)
        with visitors(site, forms) as steady:
            manage(data, "setup_site")
        kept = [keep(site)[0] for _result in range(5)]
    with served(data) as today:
        shown = {today.get(place).status for place in [show, *kept]}
        late, pages = taken(today), statuses(today)
    seen(f"{steady}; links of the old version {sorted(shown)} in today's")

    assert (set(early.values()), early_pages) == ({303}, {200}), "new code on old tables"
    assert set(steady.pages) == {200}
    assert set(steady.saved) == {303}
    assert steady.saves.longest() < LOCKED_FOR
    assert shown == {200}
    assert (set(late.values()), pages) == ({303}, {200})


@pytest.mark.drill("F11", "The next migration raises an error half-way")
def test_a_migration_fails(engine: Engine, tmp_path: Path, seen: See) -> None:
    broken = next_one(tmp_path / "broken", {"9001_column": HALF_WAY % ('raise RuntimeError("no")', LAST)})
    mended = next_one(tmp_path / "mended", {"9001_column": COLUMN % LAST})
    manage(engine.data, "setup_site", **engine.own)
    with served(engine.data, **engine.own) as site:
        show, _manage = keep(site)
        before = engine.tables()
        forms = keep_forms(site, FORMS)
        with visitors(site, forms) as steady:
            done = migrating(engine, broken)
            told, _nothing = done.communicate(timeout=60)
        after = engine.tables()
        manage(engine.data, "migrate", code=mended, **engine.own)
        again = taken(site)
        shown = site.get(show).status
    seen(f"{engine.name}: exit code {done.returncode}; {steady}; the mended one went through")

    assert done.returncode == 1
    assert "RuntimeError: no" in told
    assert after[:-1] == before[:-1]
    assert set(steady.pages) == {200}
    assert set(steady.saved) <= {303, 503}
    assert (shown, set(again.values())) == (200, {303})


@pytest.mark.drill("F11", "The process that migrates is killed half-way")
def test_a_migration_is_killed(engine: Engine, tmp_path: Path, seen: See) -> None:
    broken = next_one(tmp_path / "broken", {"9001_column": HALF_WAY % ("time.sleep(600)", LAST)})
    mended = next_one(tmp_path / "mended", {"9001_column": COLUMN % LAST})
    manage(engine.data, "setup_site", **engine.own)
    with served(engine.data, **engine.own) as site:
        show, _manage = keep(site)
        before = engine.tables()
        (form,) = keep_forms(site, 1)
        with migrating(engine, broken) as process:
            assert process.stdout
            while "half-way" not in process.stdout.readline():
                assert process.poll() is None
            start = time.monotonic()
            meanwhile = site.post("/advice/keep/", form).status
            waited = time.monotonic() - start
            pages = statuses(site)
            os.kill(process.pid, signal.SIGKILL)
        after = engine.tables()
        manage(engine.data, "migrate", code=mended, **engine.own)
        again = taken(site)
        shown = site.get(show).status
    seen(f"{engine.name}: half-way {len(PAGES)} pages {sorted(pages)}, a form {meanwhile} after {waited:.1f} s")

    assert after == before
    assert pages == {200}
    assert meanwhile == 503
    assert waited < WRITE_WITHIN
    assert (shown, set(again.values())) == (200, {303})


def migrating(engine: Engine, code: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "manage.py", "migrate"]
    variables = environment(engine.data, own=engine.own)
    return subprocess.Popen(  # noqa: S603  our own
        command, cwd=code, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
