"""What the environment says, and what is said when it is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from advisor import environment
from advisor.environment import VARIABLES, MailServer, read_environment

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = {"SIGNPOST_SITE_URL": "https://advice.example.com"}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIGNPOST_DATA", str(tmp_path))
    (tmp_path / "empty.env").touch()
    monkeypatch.setenv("SIGNPOST_ENV_FILE", str(tmp_path / "empty.env"))


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", MailServer("mail.example.com", 587, secure="starttls")),
        ("smtp://mail.example.com:2525", MailServer("mail.example.com", 2525, secure="starttls")),
        ("smtps://mail.example.com", MailServer("mail.example.com", 465, secure="tls")),
        ("smtp://ada:s3cret@mail.example.com", MailServer("mail.example.com", 587, "ada", "s3cret", "starttls")),
        ("smtps://a%40b.example:%2F%3A%40@m.example:4", MailServer("m.example", 4, "a@b.example", "/:@", "tls")),
        ("smtp://localhost:25", MailServer("localhost", 25)),
        ("smtp://127.0.0.1", MailServer("127.0.0.1", 25)),
        ("smtp://[::1]:1025/", MailServer("::1", 1025)),
        ("smtps://localhost", MailServer("localhost", 465, secure="tls")),
    ],
)
def test_a_mail_server(monkeypatch: pytest.MonkeyPatch, url: str, server: MailServer) -> None:
    monkeypatch.setenv("SIGNPOST_MAIL_URL", url)
    monkeypatch.setenv("SIGNPOST_MAIL_FROM", "signpost@example.com")

    assert read_environment().mail == server


def test_none_is_fine() -> None:
    assert read_environment().mail is None


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "mail.example.com:587",
        "http://mail.example.com",
        "smtp://",
        "smtp://ada:pw@",
        "smtp://mail.example.com:port",
        "smtp://mail.example.com:0",
        "smtp://mail.example.com:99999",
        "smtp://mail.example.com/inbox",
        "smtp://mail.example.com?tls=no",
        "smtp://ada@mail.example.com",
        "smtp://:pw@mail.example.com",
        "smtp://ada:hunter2/x@mail.example.com",
        "smtp://mail.exa mple.com",
    ],
)
def test_a_wrong_one_stops_the_start_and_tells_no_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SIGNPOST_MAIL_URL", url)
    monkeypatch.setenv("SIGNPOST_MAIL_FROM", "signpost@example.com")

    with pytest.raises(ImproperlyConfigured) as stopped:
        read_environment()

    assert "SIGNPOST_MAIL_URL: " in str(stopped.value)
    assert "Write smtp://user:password@host:587" in str(stopped.value)
    assert "hunter2" not in str(stopped.value)


def test_it_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("smtps://ada:s3cret@mail.example.com\n")
    monkeypatch.setenv("SIGNPOST_MAIL_URL_FILE", str(tmp_path / "mail"))
    monkeypatch.setenv("SIGNPOST_CONTACT", "hello@example.com")

    environment = read_environment()

    assert environment.mail == MailServer("mail.example.com", 465, "ada", "s3cret", "tls")
    assert environment.mail_from == "hello@example.com"


def test_a_server_needs_an_address_that_mails_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNPOST_MAIL_URL", "smtp://localhost")
    monkeypatch.setenv("SIGNPOST_CONTACT", "https://example.com/contact")

    with pytest.raises(ImproperlyConfigured, match="SIGNPOST_MAIL_FROM: a mail server is set, but no address"):
        read_environment()


@pytest.mark.parametrize("address", ["signpost", "a b@example.com", "Ada <ada@example.com>", "a@b", "a@b.c,d@e.f"])
def test_which_has_to_be_one(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("SIGNPOST_MAIL_FROM", address)

    with pytest.raises(ImproperlyConfigured, match="SIGNPOST_MAIL_FROM: this is no mail address"):
        read_environment()


class TestBind:
    def test_without_it_the_server_is_at_its_port(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORT", "8123")

        assert read_environment().bind == "127.0.0.1:8123"

    @pytest.mark.parametrize("place", ["unix:/run/signpost/signpost.sock", "127.0.0.1:80", "[::1]:65535"])
    def test_it_may_be_any_place_on_this_machine(self, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
        monkeypatch.setenv("SIGNPOST_BIND", place)

        assert read_environment().bind == place

    @pytest.mark.parametrize(
        "place",
        [
            "0.0.0.0:8000",
            ":8000",
            "[::]:8000",
            "10.0.0.1:80",
            "127.0.0.1",
            "127.0.0.1:0",
            "127.0.0.1:65536",
            "unix:",
            "unix:signpost.sock",
            "unix:/" + 101 * "x",
            "fd://3",
            "localhost:8000",
        ],
    )
    def test_anywhere_else_stops_the_start(self, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
        monkeypatch.setenv("SIGNPOST_BIND", place)

        with pytest.raises(ImproperlyConfigured, match="SIGNPOST_BIND: this is no socket file and no port on this"):
            read_environment()


def run(data: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of the project in an environment that says this, and nothing else of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIGNPOST_", "DJANGO_", "PORT"))}
    env = {**kept, "SIGNPOST_ENV_FILE": os.devnull, "SIGNPOST_DATA": str(data), **variables}
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True)  # noqa: S603  our own


WRONG = {
    "debug in public": ({**PUBLIC, "SIGNPOST_DEBUG": "true"}, "SIGNPOST_DEBUG: it shows code and settings"),
    "no https": ({"SIGNPOST_SITE_URL": "http://advice.example.com"}, "SIGNPOST_SITE_URL: this public address has no"),
    "any host": ({"SIGNPOST_SITE_URL": "https://*"}, "SIGNPOST_SITE_URL: this is no address"),
    "every host below": ({"SIGNPOST_SITE_URL": "https://.example.com"}, "SIGNPOST_SITE_URL: this is no address"),
    "no host": ({"SIGNPOST_SITE_URL": "https://"}, "SIGNPOST_SITE_URL: this is no address"),
    "no address": ({"SIGNPOST_SITE_URL": "advice.example.com"}, "SIGNPOST_SITE_URL: this is no address"),
    "a path": ({"SIGNPOST_SITE_URL": "https://example.com/advice"}, "SIGNPOST_SITE_URL: this has more in it"),
    "short key": ({"SIGNPOST_SECRET_KEY": "x7Gq" * 12}, "SIGNPOST_SECRET_KEY: this is too short"),
    "simple key": ({"SIGNPOST_SECRET_KEY": "a" * 60}, "SIGNPOST_SECRET_KEY: this is too short"),
    "Django's key": ({"SIGNPOST_SECRET_KEY": "django-insecure-" + "x7Gq" * 12}, "SIGNPOST_SECRET_KEY: this is too"),
    "everybody a proxy": ({"SIGNPOST_PROXIES": "*"}, "SIGNPOST_PROXIES: these are not addresses"),
    "every network": ({"SIGNPOST_PROXIES": "127.0.0.1,0.0.0.0/0"}, "SIGNPOST_PROXIES: this would believe everybody"),
    "a name": ({"SIGNPOST_PROXIES": "proxy"}, "SIGNPOST_PROXIES: these are not addresses"),
    "no port": ({"PORT": "eighty"}, "PORT: Not a valid integer"),
    "not a port": ({"PORT": "0"}, "PORT: no port has this number"),
    "no form of logs": ({"SIGNPOST_LOG_FORMAT": "xml"}, "SIGNPOST_LOG_FORMAT: this is not one of the choices"),
    "no port of metrics": ({"SIGNPOST_METRICS_PORT": "metrics"}, "SIGNPOST_METRICS_PORT: this is no number of a port"),
    "neither yes nor no": ({"SIGNPOST_DEBUG": "maybe"}, "SIGNPOST_DEBUG: Not a valid boolean"),
    "no mail server": ({"SIGNPOST_MAIL_URL": "mail.example.com"}, "SIGNPOST_MAIL_URL: this is no address"),
    "no contact": ({"SIGNPOST_CONTACT": "call me"}, "SIGNPOST_CONTACT: this is neither a mail address"),
    "no owner": ({"SIGNPOST_OWNER": " "}, "SIGNPOST_OWNER: this is empty"),
    "a missing file": (
        {"SIGNPOST_SECRET_KEY_FILE": "/nowhere/key"},
        "SIGNPOST_SECRET_KEY_FILE: /nowhere/key cannot be",
    ),
    "no settings file": ({"SIGNPOST_ENV_FILE": "/nowhere/env"}, "SIGNPOST_ENV_FILE: /nowhere/env cannot be read"),
    "no folder": ({"SIGNPOST_DATA": "/dev/null/data"}, "SIGNPOST_DATA: the folder /dev/null/data cannot be made"),
}


@pytest.mark.parametrize(("variables", "says"), WRONG.values(), ids=WRONG)
def test_each_wrong_setting_stops_the_start_with_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured) as stopped:
        read_environment()

    head, *lines = str(stopped.value).splitlines()
    assert head == "Signpost cannot start. Wrong in the environment:"
    assert len(lines) == 1
    assert lines[0].startswith(f"  {says}")
    assert ". Write " in lines[0] or "cannot be" in lines[0]


@pytest.mark.parametrize("start", [["-m", "advisor.environment"], ["-m", "gunicorn", "-c", "deploy/gunicorn.py"]])
def test_all_of_them_are_said_at_once_and_nothing_starts(tmp_path: Path, start: list[str]) -> None:
    done = run(tmp_path, *start, **PUBLIC, SIGNPOST_DEBUG="true", PORT="-1", SIGNPOST_LOG_FORMAT="xml")

    assert done.returncode != 0
    assert done.stderr.count("\n") == 4
    for name in ("SIGNPOST_DEBUG: ", "PORT: ", "SIGNPOST_LOG_FORMAT: "):
        assert f"\n  {name}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_variable_that_was_renamed_stops_the_start_with_its_new_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(environment.RENAMED, "SIGNPOST_HOME", "SIGNPOST_DATA")
    monkeypatch.setenv("SIGNPOST_HOME", "/srv")

    with pytest.raises(ImproperlyConfigured, match="SIGNPOST_HOME: it is now called SIGNPOST_DATA"):
        read_environment()


@pytest.fixture
def env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "signpost.env"
    monkeypatch.setenv("SIGNPOST_ENV_FILE", str(path))
    return path


def test_a_file_may_hold_them(env_file: Path) -> None:
    env_file.write_text("# Ours\nPORT=9000\nexport SIGNPOST_OWNER='Ada & sons' # for now\nSIGNPOST_DEBUG=Yes\n")

    found = read_environment()

    assert (found.port, found.owner, found.debug) == (9000, "Ada & sons", True)


def test_what_is_set_already_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, env_file: Path) -> None:
    env_file.write_text("PORT=9000\nSIGNPOST_OWNER=Ada\n")
    monkeypatch.setenv("PORT", "9001")

    assert (read_environment().port, read_environment().owner) == (9001, "Ada")


def test_the_file_may_name_a_file_for_a_secret(env_file: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("x7Gq-" * 20 + "\n")
    env_file.write_text(f"SIGNPOST_SECRET_KEY_FILE={tmp_path / 'key'}\n")

    assert read_environment().secret_key == "x7Gq-" * 20


@pytest.mark.parametrize("content", [b"SIGNPOST_SECRET_KEY_FILE=/nowhere/key\n", b"SIGNPOST_CONTACT_FILE=/\n"])
def test_a_file_that_cannot_be_read_is_told_beside_what_else_is_wrong(env_file: Path, content: bytes) -> None:
    env_file.write_bytes(content + b"PORT=eighty\n")

    with pytest.raises(ImproperlyConfigured) as stopped:
        read_environment()

    name, path = content.decode().strip().split("=")
    assert f"\n  {name}: {path} cannot be read." in str(stopped.value)
    assert "\n  PORT: Not a valid integer. Write a number" in str(stopped.value)


def test_a_folder_is_no_settings_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIGNPOST_ENV_FILE", str(tmp_path))

    with pytest.raises(ImproperlyConfigured, match=f"SIGNPOST_ENV_FILE: {tmp_path} cannot be read"):
        read_environment()


def test_one_that_nothing_reads_is_told_with_the_nearest_name() -> None:
    assert environment.unknown(["SIGNPOST_SITE_ULR", "PATH"]) == [
        "SIGNPOST_SITE_ULR is set, but is no setting of Signpost. Did you mean SIGNPOST_SITE_URL?"
    ]


def test_a_public_address_without_https_is_for_whoever_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNPOST_SITE_URL", "http://advice.example.com")
    monkeypatch.setenv("SIGNPOST_ALLOW_HTTP", "true")

    assert read_environment().public


@pytest.mark.parametrize(
    ("url", "public", "form"),
    [("", False, "text"), ("http://localhost:9000", False, "text"), ("https://advice.example.com", True, "json")],
)
def test_a_public_site_logs_as_json(monkeypatch: pytest.MonkeyPatch, url: str, public: bool, form: str) -> None:
    monkeypatch.setenv("SIGNPOST_SITE_URL", url)

    assert (read_environment().public, read_environment().log_format) == (public, form)

    monkeypatch.setenv("SIGNPOST_LOG_FORMAT", "text")
    assert read_environment().log_format == "text"


def test_networks_of_proxies_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNPOST_PROXIES", "127.0.0.1, ::1, 10.1.0.0/16")

    assert read_environment().proxies == ("127.0.0.1/32", "::1/128", "10.1.0.0/16")


def test_the_settings_of_a_public_site_pass_every_check_of_djangos_with_no_more_than_its_address(
    tmp_path: Path,
) -> None:
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PUBLIC)

    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues (1 silenced)" in done.stdout  # HSTS preload, which binds the whole domain
