"""What the environment says about mail and the proxy, and what is said when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from advisor.environment import MailServer, read_environment


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PORT", "SIGNPOST_BIND", "SIGNPOST_CONTACT", "SIGNPOST_MAIL_FROM", "SIGNPOST_MAIL_URL"):
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
