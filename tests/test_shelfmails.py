"""The weekly mail: who gets which claims, and how often."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from advisor import outbox, shelfmails
from advisor.models import Mail, Rule, Term
from advisor.roles import EDITOR, PUBLISHER, make_roles

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail_server(settings: Settings, load: Callable[..., None]) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    settings.DEFAULT_FROM_EMAIL = "signpost@example.org"
    settings.SIGNPOST_SITE_URL = "https://advice.example.com"
    make_roles()
    load()


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """Makes it that day."""

    def move(day: date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda: day)

    return move


def make_editor(name: str, role: str = EDITOR, **fields: Any) -> User:
    user = User.objects.create_user(name, is_staff=True, **{"email": f"{name}@example.org", **fields})
    user.groups.add(Group.objects.get(name=role))
    return user


def make_due(slug: str, days: int = -5, owner: User | None = None) -> None:
    today = timezone.localdate()
    due = {"checked_on": today - timedelta(days=90), "review_by": today + timedelta(days=days)}
    assert Rule.objects.filter(slug=slug).update(**due, looks_after=owner)


def run(*words: str, command: str = "mail_shelf_life") -> str:
    out = io.StringIO()
    call_command(command, *words, stdout=out)
    return out.getvalue()


def test_each_gets_their_own_and_those_of_nobody(mailoutbox: list[Any]) -> None:
    ada, tom = make_editor("ada"), make_editor("tom")
    make_due("text", owner=ada)
    make_due("images", 12, owner=tom)
    make_due("figures")

    run()

    texts = {mail.to[0]: mail.body for mail in mailoutbox}
    assert set(texts) == {"ada@example.org", "tom@example.org"}
    assert (
        "You look after:\n- Rule: When the output is “Text”: language model. Overdue since" in texts["ada@example.org"]
    )
    assert "  Because of text.\n" in texts["ada@example.org"]
    assert "Images" not in texts["ada@example.org"]
    assert "You look after:\n- Rule: When the output is “Images”: generative media. Due on" in texts["tom@example.org"]
    for text in texts.values():
        assert "Everybody looks after:\n- Rule: When the output is “Figures”" in text
        assert "https://advice.example.com/admin/shelf-life/\n" in text
    number = Rule.objects.get(slug="text").pk
    assert f"https://advice.example.com/admin/shelf-life/renew/?claim=rules-{number}" in texts["ada@example.org"]
    assert mailoutbox[0].subject == "2 claims to check again"


@pytest.mark.parametrize("fields", [{"email": ""}, {"is_active": False}, {"role": PUBLISHER}])
def test_what_somebody_looks_after_whom_no_mail_reaches_is_everybodys(
    mailoutbox: list[Any], fields: dict[str, Any]
) -> None:
    make_editor("ada")
    make_due("text", owner=make_editor("tom", **fields))

    run()

    (mail,) = mailoutbox
    assert mail.to == ["ada@example.org"]
    assert "Everybody looks after:\n- Rule: When the output is “Text”" in mail.body


def test_when_nothing_is_due_nobody_gets_a_mail(mailoutbox: list[Any]) -> None:
    make_editor("ada")

    assert run() == "Nothing is due, so nobody gets a mail.\n"
    assert not mailoutbox


def test_when_no_editor_has_an_address_it_says_so(mailoutbox: list[Any]) -> None:
    make_editor("ada", email="")
    make_due("text")

    assert run() == "Something is due, but no editor has a mail address.\n"


def test_there_is_one_mail_a_week(mailoutbox: list[Any], on: Callable[[date], None]) -> None:
    make_editor("ada")
    make_due("text")
    on(date(2026, 11, 23))  # a Monday
    Rule.objects.filter(slug="text").update(checked_on="2026-01-01", review_by="2026-11-01")

    for day in (23, 23, 24, 29):
        on(date(2026, 11, day))
        run(command="run_jobs")
    assert len(mailoutbox) == 1
    assert "Everybody has got this week's mail already." in run()

    on(date(2026, 11, 30))
    run()
    assert len(mailoutbox) == 2
    assert Mail.objects.count() == 1  # of the week before nothing is left


def test_a_dry_run_says_who_would_get_what(mailoutbox: list[Any]) -> None:
    ada = make_editor("ada")
    make_due("text", owner=ada)
    make_due("figures", 12)

    assert run("--dry-run") == "ada <ada@example.org>: 1 of their own, 1 of everybody's; 1 overdue\n"
    assert "shelf-life: 1 to remind" in run("--dry-run", command="run_jobs")
    assert not Mail.objects.exists()
    assert not mailoutbox


def test_without_a_mail_server_nothing_is_put_into_the_outbox(settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    make_editor("ada")
    make_due("text")

    with pytest.raises(CommandError, match="No mail server is set"):
        run()
    assert "shelf-life: no mail server is set (SIGNPOST_MAIL_URL)" in run(command="run_jobs")
    assert not Mail.objects.exists()


def test_what_is_done_before_it_goes_out_is_not_mailed(mailoutbox: list[Any]) -> None:
    make_editor("ada")
    make_due("text")
    shelfmails.put_out(shelfmails.this_week())

    make_due("text", 300)

    assert outbox.send_due() == outbox.Done()
    assert not mailoutbox
    assert not Mail.objects.exists()


def test_a_long_list_is_cut_short(mailoutbox: list[Any], load: Callable[..., None]) -> None:
    make_editor("ada")
    first = Rule.objects.all()[0]
    sources = first.sources.all()
    for number in range(shelfmails.MOST + 3):
        term = Term.objects.create(
            slug=f"word-{number}", name=f"Word {number}", meaning="x", checked_on="2026-01-01", review_by="2026-01-02"
        )
        term.sources.set(sources)

    run()

    assert mailoutbox[0].body.count("- Word: ") == shelfmails.MOST
    assert "And 3 more." in mailoutbox[0].body
