"""The database is away, takes no writes, hangs or is locked: pages go on, and forms say so honestly."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.browser.kept import LAW_FIRM, keep, keep_form
from tests.browser.site import Site, manage, served
from tests.drills import outages
from tests.drills.forms import PAGES, WORDS, Editor, Write, writes
from tests.drills.outages import (
    faults_in,
    look_around,
    notice_everywhere,
    page_in_a_rush,
    seconds_until,
)
from tests.drills.plugin import not_shown
from tests.postgres import Cluster, cluster, programs

See = Callable[[str], None]
RECORD = "/admin/advisor/term/1/change/"


def save_of(editor: Editor) -> Write:
    """An editor saves a record."""
    form = [(name, WORDS if name == "meaning" else value) for name, value in editor.form(RECORD)]
    return Write("save", lambda: editor.post(RECORD, form), WORDS)


@pytest.mark.drill("F4", "SQLite's file is moved away")
def test_the_file_is_away(own_site: Site, seen: See) -> None:
    forms = [*writes(own_site)]
    with outages.moved_away(own_site):
        known = seconds_until(lambda: notice_everywhere(own_site))
        found = look_around(own_site, forms)
        made = (own_site.data / "signpost.sqlite3").exists()
    well = seconds_until(lambda: notice_everywhere(own_site, shown=False))
    seen(f"notice after {known:.1f} s; {found}; gone {well:.1f} s after the file was back")

    assert faults_in(found, [form for form in forms if form.name not in ("extend", "address")]) == []
    assert not made, "an empty file in its place would be taken for the site's"
    assert {form.name: form.send().status for form in forms} == {form.name: 303 for form in forms}


@pytest.mark.drill("F4", "SQLite's file is away as the site starts")
def test_the_file_is_away_at_the_start(set_up: Path, tmp_path: Path, seen: See) -> None:
    data = Path(shutil.copytree(set_up, tmp_path / "data"))
    (data / "signpost.sqlite3").rename(data / "away")
    with served(data, ready="/healthz") as site:
        known = seconds_until(lambda: notice_everywhere(site))
        found = [site.get(address).status for address in PAGES]
        (data / "away").rename(data / "signpost.sqlite3")
        well = seconds_until(lambda: notice_everywhere(site, shown=False))
        kept = site.post("/advice/keep/", keep_form(site)).status
    seen(f"{len(found)} pages {sorted(set(found))}, notice after {known:.1f} s; well again after {well:.1f} s")

    assert set(found) == {200}
    assert kept == 303


@pytest.mark.drill("F5", "SQLite's disk takes no writes")
def test_the_disk_is_read_only(set_up: Path, tmp_path: Path, seen: See) -> None:
    if os.geteuid():
        not_shown("only root can mount a disk")
    with outages.failing_disk(tmp_path / "disk", "64M") as disk:
        data = Path(shutil.copytree(set_up, disk.folder / "data"))
        with served(data, log=str(tmp_path / "log")) as site:
            kept, _manage = keep(site)
            editor = Editor(site)
            forms = [*writes(site), save_of(editor)]
            disk.fail()
            known = seconds_until(lambda: notice_everywhere(site))
            found = look_around(site, forms)
            admin = editor.get("/admin/")
        log = (tmp_path / "log").read_text()
        disk.mend()
        with served(data) as site:
            again = {form.name: form.send().status for form in writes(site)}
            shown = site.get(kept).status
    seen(f"notice after {known:.1f} s; {found}; admin {admin.status}; well again once the disk was mended")

    assert faults_in(found, forms) == []
    assert "Traceback" not in log
    assert admin.status in (200, 503), "what is open can still be read"
    assert set(again.values()) == {303}
    assert shown == 200


@pytest.mark.drill("F7", "A connection holds SQLite's lock")
def test_the_file_is_locked(own_site: Site, seen: See) -> None:
    editor = Editor(own_site)
    forms = [*writes(own_site), save_of(editor)]
    with outages.locked(own_site):
        found = look_around(own_site, forms)
    seen(str(found))
    log = own_site.log.read_text()

    assert faults_in(found, forms) == []
    assert "Traceback" not in log
    well = seconds_until(lambda: notice_everywhere(own_site, shown=False))
    seen(f"well again {well:.1f} s after the lock was gone")
    assert {form.name: form.send().status for form in forms[:-1]} == {form.name: 303 for form in forms[:-1]}


@pytest.mark.drill(
    "F7", "Sixty forms wait for a lock at once", expected="19 of 20 pages within 1 s; each form gets 503"
)
def test_pages_do_not_wait_behind_forms(own_site: Site, seen: See) -> None:
    kept = keep_form(own_site)
    with outages.locked(own_site):
        slowest, statuses = page_in_a_rush(own_site, lambda number: own_site.post("/advice/keep/", kept))
    seen(f"19 of 20 pages within {slowest:.2f} s; forms {sorted(statuses)}")

    assert statuses == {503}
    assert slowest < outages.PAGE_WITHIN
    assert own_site.get(f"/advice/?{LAW_FIRM}").status == 200


class TestPostgreSQL:
    """The same, with a server that is stopped, takes no writes, hangs or is locked."""

    @pytest.fixture
    def server(self) -> Iterator[Cluster]:
        if programs() is None:
            not_shown("PostgreSQL is not installed")
        with cluster() as server:
            yield server

    @pytest.fixture
    def site(self, set_up: Path, tmp_path: Path, server: Cluster) -> Iterator[Site]:
        own = {"SIGNPOST_DATABASE_URL": server.create("signpost")}
        data = tmp_path / "data"
        data.mkdir()
        (data / "static").symlink_to(set_up / "static")
        manage(data, "setup_site", **own)
        with served(data, **own) as site:
            yield site

    @pytest.fixture
    def editor(self, site: Site, server: Cluster) -> Editor:
        return Editor(site, SIGNPOST_DATABASE_URL=server.address("signpost"))

    @pytest.mark.drill("F4", "PostgreSQL is stopped")
    def test_the_server_is_stopped(self, site: Site, server: Cluster, editor: Editor, seen: See) -> None:
        forms = [*writes(site), save_of(editor)]
        server.stop()
        known = seconds_until(lambda: notice_everywhere(site))
        found = look_around(site, forms)
        server.start()
        well = seconds_until(lambda: notice_everywhere(site, shown=False))
        seen(f"notice after {known:.1f} s; {found}; gone {well:.1f} s after the server was back")

        assert faults_in(found, forms) == []
        assert taken(forms) == {form.name: 303 for form in forms[:-1]}

    @pytest.mark.drill("F5", "PostgreSQL takes no writes")
    def test_the_server_takes_no_writes(self, site: Site, server: Cluster, editor: Editor, seen: See) -> None:
        forms = [*writes(site), save_of(editor)]
        server.run("psql", "-U", "signpost", "-c", "ALTER SYSTEM SET default_transaction_read_only = on", "postgres")
        server.run("psql", "-U", "signpost", "-c", "SELECT pg_reload_conf()", "postgres")
        known = seconds_until(lambda: notice_everywhere(site))
        found = look_around(site, forms)
        admin = editor.get("/admin/")
        server.run("psql", "-U", "signpost", "-c", "ALTER SYSTEM RESET default_transaction_read_only", "postgres")
        server.run("psql", "-U", "signpost", "-c", "SELECT pg_reload_conf()", "postgres")
        well = seconds_until(lambda: notice_everywhere(site, shown=False))
        seen(f"notice after {known:.1f} s; {found}; admin {admin.status}; gone after {well:.1f} s")

        assert faults_in(found, forms) == []
        assert "takes no changes" in admin.text
        assert taken(forms) == {form.name: 303 for form in forms[:-1]}

    @pytest.mark.drill("F6", "Every process of PostgreSQL is held")
    def test_the_server_hangs(self, site: Site, server: Cluster, editor: Editor, seen: See) -> None:
        forms = [*writes(site), save_of(editor)]
        kept = keep_form(site)
        with held(server):
            known = seconds_until(lambda: notice_everywhere(site))
            found = look_around(site, forms)
            slowest, statuses = page_in_a_rush(site, lambda number: site.post("/advice/keep/", kept))
        well = seconds_until(lambda: notice_everywhere(site, shown=False))
        seen(
            f"notice after {known:.1f} s; {found}; of sixty forms at once {sorted(statuses)}, "
            f"19 of 20 pages meanwhile within {slowest:.2f} s; well again after {well:.1f} s"
        )

        assert faults_in(found, forms) == []
        assert statuses == {503}
        assert slowest < outages.PAGE_WITHIN
        assert taken(forms) == {form.name: 303 for form in forms[:-1]}

    @pytest.mark.drill("F7", "A connection holds locks of PostgreSQL's tables")
    def test_the_tables_are_locked(self, site: Site, server: Cluster, seen: See) -> None:
        forms = [write for write in writes(site) if write.name in ("keep", "enquiry", "vote", "goal", "extend")]
        with psycopg.connect(server.address("signpost")) as holder:
            for table in ("savedresult", "enquiry", "signal", "use"):
                holder.execute(f"LOCK TABLE advisor_{table} IN ACCESS EXCLUSIVE MODE")
            found = look_around(site, forms)
            holder.rollback()
        seen(str(found))

        assert faults_in(found, forms) == []
        assert {form.name: form.send().status for form in forms} == {form.name: 303 for form in forms}


def taken(forms: list[Write]) -> dict[str, int]:
    """What becomes of the visitors' forms when they are sent again."""
    return {form.name: form.send().status for form in forms if form.name != "save"}


@contextmanager
def held(server: Cluster) -> Iterator[None]:
    assert server.process
    family = [server.process.pid, *server.children()]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(family):
            os.kill(pid, signal.SIGCONT)
