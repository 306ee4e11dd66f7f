"""Do what is due. Meant for a timer, every few minutes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from advisor import outbox, published, retention, shelfmails, timer, watching
from advisor.management.tables import tables_needed
from advisor.models import Mail, OwnerSettings, Proposal, Recall


class JobFailed(Exception):
    """Some of a job could not be done. The message says how much of it was."""


def catch_up(dry_run: bool) -> str:
    """What another machine published, recalled or set: it wrote its own files alone."""
    if dry_run:
        return "nothing to say before it is done"
    try:
        OwnerSettings.sync()
        Recall.sync()
        return f"release {published.sync().number}"
    except published.NoRelease:
        return "nothing is published yet"
    except OSError as error:
        raise JobFailed(f"visitors may see what is old: {error}") from error


def send_mail(dry_run: bool) -> str:
    """What is in the outbox and due."""
    if dry_run:
        return f"{Mail.objects.due().count()} to send"
    done = outbox.send_due()
    told = f"{done.sent} sent, {done.failed} failed, {done.waiting} waiting"
    if done.waiting and not outbox.is_set_up():
        told += "; no mail server is set (SIGNPOST_MAIL_URL)"
    if done.failed:
        raise JobFailed(told)
    return told


def purge(dry_run: bool) -> str:
    """What is past its time."""
    gone = retention.purge(dry_run=dry_run)
    return (
        f"{gone.enquiries} enquiries, {gone.quarantined} in quarantine, {gone.results} saved results, "
        f"{gone.watches} addresses, {gone.signals} signals, {gone.words} texts "
        f"{'to delete' if dry_run else 'deleted'}"
    )


def publish(dry_run: bool) -> str:
    """What was approved for a set time that has come."""
    if dry_run:
        return f"{Proposal.objects.due().count()} to publish"
    done = Proposal.publish_due()
    live = [proposal.release for proposal in done if proposal.release]
    refused = [proposal for proposal in done if not proposal.release]
    text = f"{len(live)} published, {len(refused)} refused"
    if live:
        try:
            published.sync()
        except OSError as error:
            raise JobFailed(f"{text}; visitors can't see it yet: {error}") from error
    if refused:
        raise JobFailed("; ".join([text, *(proposal.why for proposal in refused)]))
    return text


def tell_watchers(dry_run: bool) -> str:
    """Those who asked to hear when the advice that they kept changes."""
    try:
        told = watching.tell(dry_run=dry_run)
    except published.NoRelease:
        return "nothing is published yet"
    text = (
        f"{told.changed} {'to tell' if dry_run else 'told'}, {told.same} with the same advice, {told.skipped} skipped"
    )
    if told.skipped:
        raise JobFailed(f"{text}; the log says which release can't be read")
    return text


def remind_editors(dry_run: bool) -> str:
    """Once a week, whoever looks after claims that are due."""
    if not outbox.is_set_up():
        return "no mail server is set (SIGNPOST_MAIL_URL)"
    found = shelfmails.this_week()
    if not dry_run:
        shelfmails.put_out(found)
    return f"{len(found)} {'to remind' if dry_run else 'reminded'}"


JOBS: dict[str, Callable[[bool], str]] = {
    "publish": publish,
    "files": catch_up,
    "purge": purge,
    "watches": tell_watchers,
    "shelf-life": remind_editors,
    "mail": send_mail,
}
"""In this order: whoever waits for changed advice hears of a release that goes live now.

Each takes whether to change nothing, and says in one line what it did.
"""


class Command(BaseCommand):
    help = (
        "Do what is due: publish what was set for now, delete what is past its time, tell who waits for changed "
        "advice, remind editors once a week of claims to check again, send waiting mails. For a timer, every few "
        "minutes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what is due, and change nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        failed = []
        if not dry_run:
            self._note_the_time()
        with tables_needed():
            for name, job in JOBS.items():
                try:
                    self.stdout.write(f"{name}: {job(dry_run)}")
                except JobFailed as failure:
                    self.stdout.write(f"{name}: {failure}")
                    failed.append(name)
        if failed:
            raise CommandError(f"Not all of it could be done: {', '.join(failed)}.")

    def _note_the_time(self) -> None:
        try:
            timer.ran()
        except OSError as error:  # a full disk; what can be done all the same is done
            self.stderr.write(f"When this ran can't be noted: {error}")
