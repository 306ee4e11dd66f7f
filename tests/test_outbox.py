"""Sending mails: to a mail server of the test's own, which takes them, refuses them, or is not there."""

from __future__ import annotations

import itertools
import smtplib
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_string
from email.message import Message
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone
from pytest_django import Settings

from advisor import enquiring, mailserver, outbox, site
from advisor.models import Enquiry, Mail
from advisor.models.mail import WAITS

pytestmark = pytest.mark.django_db


class Server(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as it takes. `refuse` answers this command with an error, `piecemeal` letter by letter."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.received: list[Message] = []
        self.recipients: list[str] = []
        self.refuse = ""
        self.piecemeal = False
        self.answer = "550 5.1.1 <inbox@example.org>: no such user, says postmaster@example.org"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


class Session(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self._say("220 test")
        for raw in self.rfile:
            line = raw.decode().strip()
            command = line.upper().split(" ")[0].split(":")[0]
            if self.server.refuse and line.upper().startswith(self.server.refuse):
                self._say(self.server.answer)
            elif command == "DATA":
                self._say("354 go on")
                self.server.received.append(message_from_string(self._text()))
                self._say("250 taken")
            elif command == "QUIT":
                self._say("221 bye")
                return
            else:
                if command == "RCPT":
                    self.server.recipients.append(line[len("RCPT TO:") :])
                self._say("250 ok")

    def _text(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            lines.append(line.removeprefix("."))
        return "".join(lines)

    def _say(self, line: str) -> None:
        said = f"{line}\r\n"
        for piece in said if self.server.piecemeal else [said]:
            self.wfile.write(piece.encode())


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    settings.EMAIL_BACKEND = "advisor.mailserver.Backend"
    settings.DEFAULT_FROM_EMAIL = "signpost@example.org"
    with Server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
        yield server
        server.shutdown()


@pytest.fixture
def no_server(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "advisor.mailserver.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    settings.DEFAULT_FROM_EMAIL = "signpost@example.org"


@pytest.fixture(autouse=True)
def owner(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(**values: Any) -> None:
        there = replace(site.this_site(), enquiry_to="inbox@example.org", owner="Hill & Vale", **values)
        monkeypatch.setattr(site, "this_site", lambda: there)

    change()
    return change


def make_mail(number: int = 1, **fields: Any) -> Mail:
    values = {"name": "Ada", "contact": "ada@example.com", "message": "Which tool?", "form_digest": str(number)}
    enquiry = Enquiry.objects.create(**{**values, **fields})
    mail = enquiring.announce(enquiry)
    assert mail
    return mail


class TestSending:
    def test_what_the_owner_reads(self, server: Server) -> None:
        mail = make_mail(message="Which tool?\n.\nFrom us\nSubject: none")

        assert outbox.send_due() == outbox.Done(sent=1)

        (message,) = server.received
        mail.refresh_from_db()
        assert mail.sent_at is not None
        assert mail.enquiry
        assert message["To"] == "inbox@example.org"
        assert message["Reply-To"] == "ada@example.com"
        assert message["Subject"] == f"Enquiry {mail.enquiry.reference}"
        assert message["Auto-Submitted"] == "auto-generated"
        text = str(message.get_payload(decode=True), "utf-8").replace("\r\n", "\n")  # type: ignore[arg-type]  # of one part it is bytes
        assert "> Which tool?\n> .\n> From us\n> Subject: none\n" in text
        assert "How to reach them: ada@example.com\nName: Ada\nAdvice: not sent along\n" in text
        assert f"/admin/advisor/enquiry/{mail.enquiry.pk}/change/" in text

    @pytest.mark.parametrize(
        "contact",
        [
            "07700 900123",
            "a@b.example\r\nBcc: all@example.com",
            "Ada <a@b.example>",
            "a@b.example, c@d.example",
            "=?x?=",
        ],
    )
    def test_an_answer_goes_to_a_plain_mail_address_alone(self, server: Server, contact: str) -> None:
        make_mail(contact=contact, name="A\r\nBcc: all@example.com", message="Hi\r\nBcc: all@example.com")

        outbox.send_due()

        (message,) = server.received
        assert message["Reply-To"] is None
        assert message["Bcc"] is None
        assert server.recipients == ["<inbox@example.org>"]

    def test_each_goes_out_once(self, server: Server) -> None:
        for number in range(3):
            make_mail(number)

        outbox.send_due()
        outbox.send_due()

        assert len(server.received) == 3
        assert len({message["Message-ID"] for message in server.received}) == 3

    def test_one_that_is_not_due_waits(self, server: Server) -> None:
        mail = make_mail()
        Mail.objects.update(due_at=timezone.now() + timedelta(minutes=1))

        assert outbox.send_due() == outbox.Done(waiting=1)
        assert not server.received
        assert mail


class TestFailing:
    def test_it_is_tried_again_less_and_less_often(self, no_server: None, monkeypatch: pytest.MonkeyPatch) -> None:
        now = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: now)
        mail = make_mail()

        for tries, minutes in enumerate([*WAITS, WAITS[-1]], start=1):
            assert outbox.send_due() == outbox.Done(failed=1, waiting=1)
            mail.refresh_from_db()
            assert (mail.tries, mail.due_at) == (tries, now + timedelta(minutes=minutes))
            assert outbox.send_due() == outbox.Done(waiting=1)
            now += timedelta(minutes=minutes)

        assert mail.last_error == "ConnectionRefusedError: Connection refused"

    def test_when_the_server_is_back_it_goes_out(self, server: Server) -> None:
        mail = make_mail()
        server.refuse = "MAIL"
        outbox.send_due()
        server.refuse = ""
        Mail.objects.update(due_at=timezone.now())

        assert outbox.send_due() == outbox.Done(sent=1)
        mail.refresh_from_db()
        assert (mail.tries, mail.last_error) == (2, "")

    @pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
    def test_the_error_names_no_address(self, server: Server, command: str) -> None:
        mail = make_mail()
        server.refuse = command

        outbox.send_due()

        mail.refresh_from_db()
        assert mail.sent_at is None
        assert mail.last_error
        assert "@" not in mail.last_error
        assert "550" in mail.last_error

    def test_a_server_without_encryption_gets_nothing(self, server: Server, settings: Settings) -> None:
        settings.EMAIL_USE_TLS = True
        mail = make_mail()

        outbox.send_due()

        mail.refresh_from_db()
        assert not server.received
        assert "STARTTLS" in mail.last_error

    @pytest.mark.parametrize("piecemeal", [False, True])
    def test_a_slow_server_gets_a_few_seconds_for_all_of_a_mail(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, piecemeal: bool
    ) -> None:
        server.piecemeal = piecemeal
        clock = itertools.count()
        monkeypatch.setattr(mailserver, "monotonic", lambda: float(next(clock)))
        mail = make_mail()

        assert not outbox.send_at_once(mail)

        mail.refresh_from_db()
        assert next(clock) < 3 * outbox.AT_ONCE_SECONDS
        assert "took too long" in mail.last_error
        assert mail.due_at > timezone.now()

    def test_one_that_it_took_is_sent_however_slow_it_says_goodbye(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late: list[bool] = []
        say_goodbye = smtplib.SMTP.quit

        def quit_late(connection: smtplib.SMTP) -> Any:
            late.append(True)
            return say_goodbye(connection)

        monkeypatch.setattr(smtplib.SMTP, "quit", quit_late)
        monkeypatch.setattr(mailserver, "monotonic", lambda: 1000.0 if late else 0.0)
        mail = make_mail()

        assert outbox.send_at_once(mail)

        assert late
        assert len(server.received) == 1

    def test_without_a_server_all_wait_and_none_is_tried(self, settings: Settings) -> None:
        settings.EMAIL_HOST = ""
        mail = make_mail()

        assert not outbox.send_at_once(mail)
        assert outbox.send_due() == outbox.Done(waiting=1)
        mail.refresh_from_db()
        assert mail.tries == 0

    def test_a_server_that_fails_again_and_again_is_left_alone_for_this_round(self, no_server: None) -> None:
        for number in range(9):
            make_mail(number)

        assert outbox.send_due() == outbox.Done(failed=3, waiting=9)
        assert Mail.objects.filter(tries=0).count() == 6

    def test_one_that_cannot_be_composed_holds_up_no_other(self, server: Server) -> None:
        broken = make_mail(1)
        make_mail(2)
        Mail.objects.filter(pk=broken.pk).update(enquiry=None)

        assert outbox.send_due() == outbox.Done(sent=1, failed=1, waiting=1)
        broken.refresh_from_db()
        assert broken.last_error == "The enquiry is gone."

    @pytest.mark.django_db(transaction=True)
    def test_one_whose_enquiry_is_erased_while_it_is_sent(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def compose(mail: Mail) -> EmailMessage:
            message = outbox.enquiry_mail(mail)
            Enquiry.objects.all().delete()
            return message

        monkeypatch.setitem(outbox.COMPOSE, Mail.Kind.ENQUIRY, compose)
        make_mail(1)

        outbox.send_due()

        assert not Mail.objects.exists()


class TestTwoProcesses:
    def test_only_one_of_them_sends(self, server: Server) -> None:
        make_mail()
        ours, theirs = Mail.objects.get(), Mail.objects.get()

        assert outbox.send_at_once(ours)
        assert not outbox.send_at_once(theirs)
        assert len(server.received) == 1

    def test_while_one_sends_the_other_finds_nothing(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        rounds = []

        def compose(mail: Mail) -> EmailMessage:
            rounds.append(outbox.send_due())  # another process, at that moment
            return outbox.enquiry_mail(mail)

        monkeypatch.setitem(outbox.COMPOSE, Mail.Kind.ENQUIRY, compose)
        make_mail()

        assert outbox.send_due() == outbox.Done(sent=1)
        assert rounds == [outbox.Done(waiting=1)]
        assert len(server.received) == 1

    def test_one_whose_process_was_killed_is_sent_later(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        class Killed(BaseException):
            pass

        def killed(mail: Mail) -> EmailMessage:
            raise Killed

        make_mail()
        with monkeypatch.context() as patch:
            patch.setitem(outbox.COMPOSE, Mail.Kind.ENQUIRY, killed)
            with pytest.raises(Killed):
                outbox.send_due()
        assert outbox.send_due() == outbox.Done(waiting=1)

        later = timezone.now() + outbox.CLAIM
        monkeypatch.setattr(timezone, "now", lambda: later)
        assert outbox.send_due() == outbox.Done(sent=1)

    def test_a_second_copy_is_known_by_its_number(self, server: Server) -> None:
        mail = make_mail()
        outbox.send_due()
        Mail.objects.filter(pk=mail.pk).update(sent_at=None, due_at=timezone.now())
        outbox.send_due()

        first, second = server.received
        assert first["Message-ID"] == second["Message-ID"]
