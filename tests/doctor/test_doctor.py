"""Each fault is planted, and the doctor names it with what mends it. A sound site is found sound."""

from __future__ import annotations

import json
import os
import re
import shutil
import smtplib
from collections import namedtuple
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from advisor import backups, doctor, press, published, staticnames, timer
from advisor.doctor import database
from advisor.doctor.finding import Finding
from advisor.models import AuditEntry, Mail, Release
from tests.conftest import Publish

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/reference/doctor.md"
Usage = namedtuple("Usage", "total used free")

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data in which the static files were prepared, and nothing else."""
    data = tmp_path_factory.mktemp("collected")
    storages = {**django_settings.STORAGES, "staticfiles": {"BACKEND": "tests.test_storage.Uncompressed"}}
    with override_settings(SIGNPOST_DATA=data, STATIC_ROOT=data / "static", STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    return data


@pytest.fixture(autouse=True)
def sound(settings: Settings, publish: Publish, collected: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site in which nothing is wrong: its folder of data."""
    settings.STATIC_ROOT = collected / "static"
    shutil.copytree(collected / "static-names", settings.SIGNPOST_DATA / "static-names")
    settings.EMAIL_HOST = "mail.example.org"  # nothing is sent there: the tests have a backend of their own
    settings.SIGNPOST_DATA.chmod(0o700)
    for name in [name for name in os.environ if name.startswith("SIGNPOST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("advisor.environment.BASE_DIR", settings.SIGNPOST_DATA)
    publish()
    User.objects.create_user("ada", is_staff=True)
    timer.ran()
    backups.made()
    data: Path = settings.SIGNPOST_DATA
    return data


def found(id: str) -> Finding:
    """The one thing that is wrong, which is this."""
    findings = list(doctor.examine())
    assert [finding.id for finding in findings] == [id], findings
    return findings[0]


def marked(mark: Callable[[], None], away: timedelta) -> None:
    """Leave the mark as of then. The clock itself stays, as a database has one of its own to compare."""
    then = timezone.now() + away
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: then)
        mark()


def run(**options: Any) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("doctor", stdout=out, **options)
    except SystemExit as stopped:
        return int(str(stopped.code)), out.getvalue()
    return 0, out.getvalue()


class TestCommand:
    def test_a_sound_site_is_found_sound(self) -> None:
        assert run() == (0, "Nothing is wrong.\n")
        assert run(json=True) == (0, "[]\n")

    def test_a_fault_ends_it_with_1_and_one_line(self, sound: Path) -> None:
        (sound / "jobs-ran-at").unlink()

        code, told = run()

        assert code == 1
        assert told == (
            "error timer-late: The jobs have never run: nothing due is sent, published or deleted. "
            "Mend: systemctl enable --now signpost-jobs.timer\n1 errors, 0 warnings.\n"
        )

    def test_a_warning_alone_ends_it_with_0(self, sound: Path) -> None:
        (sound / "backed-up-at").unlink()

        code, told = run(json=True)

        (finding,) = json.loads(told)
        assert code == 0
        assert (finding["id"], finding["severity"]) == ("backup-none", "warning")
        assert finding["mend"].endswith("manage.py backup /var/backups/signpost")


class TestDatabase:
    def test_it_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*args: Any) -> NoReturn:
            raise OperationalError("connection refused\nIs the server running?")

        monkeypatch.setattr(connection, "cursor", away)

        assert found("database-away").text == "The database can't be reached: connection refused."

    def test_nothing_can_be_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(**values: Any) -> NoReturn:
            raise OperationalError("attempt to write a readonly database")

        monkeypatch.setattr("advisor.models.Use.objects.create", refuse)

        assert "readonly" in found("database-read-only").text

    def test_what_is_tried_leaves_nothing_behind(self) -> None:
        from advisor.models import Use

        list(doctor.examine())

        assert not Use.objects.filter(what="doctor").exists()

    def test_tables_are_of_an_older_release(self) -> None:
        newest = MigrationRecorder(connection).migration_qs.filter(app="advisor").latest("name")
        MigrationRecorder(connection).record_unapplied("advisor", newest.name)

        finding = found("migrations-missing")

        assert newest.name in finding.text
        assert finding.mend.endswith("manage.py migrate")

    def test_a_check_that_fails_hides_no_other(self, monkeypatch: pytest.MonkeyPatch, sound: Path) -> None:
        def fail(*args: Any) -> NoReturn:
            raise OperationalError("disk I/O error")

        monkeypatch.setattr("advisor.models.AuditEntry.objects.all", fail)
        (sound / "jobs-ran-at").unlink()

        assert [finding.id for finding in doctor.examine()] == ["database-failed", "timer-late"]

    def test_the_clock_is_behind_what_was_done(self) -> None:
        marked(timer.ran, timedelta(days=1))

        assert "still to come" in found("clock-behind").text


@pytest.mark.parametrize(
    ("asked", "mode", "state", "ids"),
    [
        ("WAL", "wal", "ok", []),
        ("TRUNCATE", "truncate", "ok", ["sqlite-old"]),
        ("WAL", "delete", "ok", ["journal-mode"]),
        ("WAL", "wal", "row 7 missing", ["database-damaged"]),
    ],
)
def test_what_sqlite_says_of_its_file(
    monkeypatch: pytest.MonkeyPatch, asked: str, mode: str, state: str, ids: list[str]
) -> None:
    class Says:
        def __enter__(self) -> Says:
            return self

        def __exit__(self, *args: object) -> None: ...

        def execute(self, statement: str) -> None:
            self.says = mode if "journal_mode" in statement else state

        def fetchone(self) -> tuple[str]:
            return (self.says,)

    monkeypatch.setattr("advisor.doctor.database._is_sqlite", lambda: True)
    monkeypatch.setattr(connection, "cursor", Says)
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"init_command": f"PRAGMA journal_mode={asked}"})

    assert [finding.id for finding in database.sqlite()] == ids


class TestRelease:
    def test_nothing_is_published(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("advisor.models.Release.objects.order_by", lambda *names: Release.objects.none())

        assert found("release-none").mend.endswith("manage.py setup_site")

    def test_the_stored_one_was_changed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("advisor.models.snapshot.Snapshot.is_whole", lambda self: False)

        assert found("release-damaged").text == "Release 1 is not what was published."

    @pytest.mark.parametrize(
        "plant",
        [
            lambda file: file.unlink(),
            lambda file: file.write_text("{"),
            lambda file: file.write_text(file.read_text().replace("text", "test", 1)),
            lambda file: file.write_text(file.read_text().replace('"number": 1', '"number": 7')),
        ],
        ids=["missing", "cut off", "changed", "another"],
    )
    def test_the_file_is_not_it(self, sound: Path, plant: Callable[[Path], None]) -> None:
        plant(sound / "current-release.json")

        assert found("release-file").mend.endswith("manage.py publish --if-none --note unused")

        call_command("publish", "--if-none", "--note", "unused", stdout=StringIO())
        assert published.is_file_current()
        assert list(doctor.examine()) == []

    def test_the_audit_trail_was_changed(self) -> None:
        with connection.cursor() as cursor:
            for trigger in _triggers(cursor):
                cursor.execute(trigger)
            cursor.execute("UPDATE advisor_auditentry SET what = 'Something else'")

        assert found("audit-broken").mend.endswith("manage.py verify_audit")


def _triggers(cursor: Any) -> list[str]:
    """What lets a test change the trail."""
    AuditEntry.write("Looked")
    if connection.vendor == "postgresql":
        return ["ALTER TABLE advisor_auditentry DISABLE TRIGGER USER"]
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'advisor_auditentry'")
    return [f"DROP TRIGGER {name}" for (name,) in cursor.fetchall()]


class TestFiles:
    def test_a_setting_has_a_typing_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SIGNPOST_SITE_ULR", "https://advice.example.com")

        assert "Did you mean SIGNPOST_SITE_URL?" in found("setting-unknown").text

    def test_others_may_look_into_the_folder(self, sound: Path) -> None:
        sound.chmod(0o755)

        assert found("data-open").mend == f"chmod 700 {sound}"

    def test_others_may_read_the_key(self, sound: Path) -> None:
        (sound / "secret-key").write_text("x" * 60)
        (sound / "secret-key").chmod(0o640)

        assert found("key-open").mend == f"chmod 600 {sound}/secret-key"

    def test_everybody_may_read_the_settings(
        self, sound: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "signpost.env"
        file.write_text("SIGNPOST_MAIL_URL=smtps://ada:secret@mail.example.com\n")
        file.chmod(0o644)
        monkeypatch.setenv("SIGNPOST_ENV_FILE", str(file))

        assert found("settings-open").mend == f"chmod o= {file}"

        file.write_text("SIGNPOST_OWNER=Hill\n")
        assert list(doctor.examine()) == []

    def test_a_command_was_run_as_another_user(self, sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Path, "lstat", lambda self: os.stat_result((0, 0, 0, 0, 4711, 0, 0, 0, 0, 0)))

        assert found("data-owner").mend == f"chown -R --reference={sound} {sound}"

    def test_the_disk_is_nearly_full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(100_000_000_000, 0, 4_000_000_000))

        assert found("disk-full").text.startswith("Only 4% of the disk is free: 4000 MB.")

    def test_the_disk_has_another_clock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("advisor.doctor.files.time.time", lambda: 0.0)

        assert "seconds apart" in found("clock-files").text

    def test_no_file_can_be_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(**options: Any) -> NoReturn:
            raise OSError(30, "Read-only file system")

        monkeypatch.setattr("advisor.doctor.files.tempfile.NamedTemporaryFile", refuse)

        assert "Read-only file system" in found("data-read-only").text

    def test_the_static_files_are_not_prepared(self, sound: Path) -> None:
        shutil.rmtree(sound / "static-names")

        assert found("static-missing").mend.endswith("manage.py collectstatic --noinput")

    def test_on_an_installed_site_it_names_the_command_that_is_typed_there(
        self, sound: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.rmtree(sound / "static-names")
        (file,) = re.findall(r"SIGNPOST_ENV_FILE=(\S+)", (ROOT / "deploy/signpost").read_text())
        monkeypatch.setenv("SIGNPOST_ENV_FILE", file)

        assert found("static-missing").mend == "signpost collectstatic --noinput"

    def test_or_those_of_another_version_alone(self, sound: Path) -> None:
        names = staticnames.path(sound)
        names.rename(names.with_name("0123456789abcdef.json"))

        assert found("static-old").mend.endswith("manage.py collectstatic --noinput")

    def test_or_one_is_gone(self, settings: Settings, collected: Path, tmp_path: Path) -> None:
        settings.STATIC_ROOT = Path(shutil.copytree(collected / "static", tmp_path / "static"))
        (script,) = settings.STATIC_ROOT.glob("js/signpost.*.js")
        script.unlink()

        assert f"such as js/{script.name}" in found("static-missing").text

    def test_plain_names_are_whichever_version_came_last(
        self, settings: Settings, collected: Path, tmp_path: Path
    ) -> None:
        settings.STATIC_ROOT = Path(shutil.copytree(collected / "static", tmp_path / "static"))
        with (settings.STATIC_ROOT / "css/admin.css").open("a") as file:
            file.write("/* newer */")

        assert list(doctor.examine()) == []

    def test_pdfs_cannot_be_made(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(press, "can_print", lambda: False)

        assert found("pdf-libraries").mend == f"apt-get install {press.PACKAGES}"


class RefusesUs(EmailBackend):
    def open(self) -> NoReturn:
        raise smtplib.SMTPAuthenticationError(535, b"no")


class TestServices:
    def test_the_timer_stopped(self) -> None:
        marked(timer.ran, timedelta(hours=-1))

        assert "have not run since" in found("timer-late").text

    def test_backups_stopped(self) -> None:
        marked(backups.made, timedelta(days=-3))

        assert found("backup-old").severity == "error"

    def test_no_mail_server_is_set(self, settings: Settings) -> None:
        settings.EMAIL_HOST = ""

        assert found("mail-none").severity == "warning"

    def test_it_is_not_there(self, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "advisor.mailserver.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 9, False

        assert found("mail-away").text == "127.0.0.1:9 can't be reached: Connection refused."

    def test_it_does_not_take_our_password(self, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "tests.doctor.test_doctor.RefusesUs"

        assert "does not take the user and password" in found("mail-refused").text

    def test_mails_wait(self) -> None:
        Mail.objects.create(kind="enquiry", created_at=timezone.now() - timedelta(hours=1))

        assert found("mail-waiting").text == "1 mails wait for more than 15 minutes."


def test_nobody_can_sign_in() -> None:
    User.objects.update(is_active=False)

    assert found("staff-none").mend.endswith("manage.py first_editor")


def test_somebody_has_no_second_step(settings: Settings) -> None:
    settings.SIGNPOST_SITE_URL = "https://advice.example.org"
    grace = User.objects.create_superuser("grace")
    TOTPDevice.objects.create(user=grace)

    everybody = User.objects.filter(is_active=True).count()
    assert found("second-step-none").text == (
        f"{everybody - 1} of {everybody} who may sign in have no second step yet."
    )


def test_every_finding_is_documented_with_its_severity_and_no_other() -> None:
    sources = "".join(path.read_text() for path in Path(doctor.__file__).parent.glob("*.py"))
    ids = re.findall(r"\b(error|warning)\(\s*\"([a-z-]+)\"", sources)

    documented = re.findall(r"^\| `([a-z-]+)` \| (error|warning) \|", DOCUMENT.read_text(), re.MULTILINE)

    assert sorted(documented) == sorted((id, severity) for severity, id in ids)
