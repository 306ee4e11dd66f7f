"""What the mails to watchers say, composed as they are sent. Nothing that a visitor typed stands in one."""

from __future__ import annotations

from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.formats import date_format

from advisor import kept, links
from advisor.models import Mail, Release, Watch
from advisor.models.mail import CannotCompose
from advisor.models.results import CONFIRM_WITHIN
from advisor.models.snapshot import SnapshotIsBroken
from advisor.site import this_site
from advisor.watching import news, told_before

SENTENCES = 3
"""How many things that changed a mail names. All of them stand on the page that it links to."""


def confirm_mail(mail: Mail) -> EmailMessage:
    """Asks whether the address is theirs. The same words for everybody, as anybody may have left the address."""
    watch, days = _open_watch(mail), CONFIRM_WITHIN.days
    return EmailMessage(
        "Is this your address?",
        _text(
            f"Somebody left this address at {this_site().name}, most likely you. They kept advice there, and want to "
            "know when it changes.",
            f"If that was you, open this page and press the button. It works for {days} days:\n{_url_of(watch)}",
            f"If it was not you, do nothing. You get no more mails, and the address is deleted after {days} days.",
            _who(),
        ),
        to=[watch.address],
    )


def changed_mail(mail: Mail) -> EmailMessage:
    """Says what changed in a few sentences, how to see all of it, and how to stop."""
    watch, number = _open_watch(mail), mail.release_number or 0
    try:
        advice = kept.advice_of(watch.saved)
        then = told_before(mail) or advice.release.number
        told = news(advice, then, number)
    except (kept.Damaged, SnapshotIsBroken, Release.DoesNotExist) as error:
        raise CannotCompose("The kept advice or a release can't be read.") from error
    query, kept_on = links.query(advice.answers), date_format(watch.saved.saved_at, "j F Y")
    side_by_side = this_site().url + links.compare_url(f"{then}~{query}", query)
    stop = _url_of(watch)
    return EmailMessage(
        "The advice that you kept has changed",
        _text(
            f"You kept advice on {kept_on}. Release {number} of our rules says something else to the same answers:",
            "\n".join(_lines(told)),
            f"See both side by side:\n{side_by_side}",
            "What you kept stays as it is.",
            f"To stop these mails and delete your address, open this page and press the button:\n{stop}",
            f"{_who()} You get a mail only when a new release changes this very advice.",
        ),
        to=[watch.address],
        headers={"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def _open_watch(mail: Mail) -> Watch:
    if mail.watch is None or not mail.watch.saved.is_open:
        raise CannotCompose("The kept result is gone.")
    return mail.watch


def _url_of(watch: Watch) -> str:
    return this_site().url + reverse("watch", args=[watch.token])


def _lines(told: tuple[str, ...]) -> list[str]:
    lines = [" ".join(sentence.split()) for sentence in told[:SENTENCES]]
    more = len(told) - SENTENCES
    if more > 0:
        lines.append(f"And {more} more {'change' if more == 1 else 'changes'}.")
    return [f"- {line}" for line in lines]


def _who() -> str:
    site = this_site()
    contact = f" Questions: {site.contact}" if site.contact else ""
    return f"This mail comes from {site.name}, run by {site.owner}.{contact}"


def _text(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs) + "\n"
