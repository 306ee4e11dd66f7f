"""Publish the draft."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from advisor import published
from advisor.decision.checks import Finding
from advisor.management.commands.check_draft import listed
from advisor.management.tables import tables_needed
from advisor.models import DraftRefused, Proposal, PublishRefused, Release


class Command(BaseCommand):
    help = "Check the draft and publish it as the next release. With an error in the draft, nothing changes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--note", required=True, help="what changed, in plain words")
        parser.add_argument("--by", metavar="USERNAME", help="who publishes")
        parser.add_argument("--if-none", action="store_true", help="do nothing when there is a release already")
        parser.add_argument("--dry-run", action="store_true", help="go through it all, then leave everything as it was")

    def handle(self, *args: Any, note: str, by: str | None, if_none: bool, dry_run: bool, **options: Any) -> None:
        with tables_needed():
            newest = Release.objects.order_by("-number").first()
        if if_none and newest:
            self._sync()
            self.stdout.write(f"{newest} is published already. Nothing was changed.")
            return
        try:
            with transaction.atomic():
                release = Proposal.publish_by_command(note=note, by=self._user(by))
                transaction.set_rollback(dry_run)
        except DraftRefused as refusal:
            raise CommandError("\n".join([str(refusal), *listed(refusal.findings)])) from refusal
        except PublishRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if not dry_run:
            self._sync()
        done = "could be published. Nothing was changed: this was a dry run" if dry_run else "is published"
        self.stdout.write(f"{release} {done}. SHA-256 {release.sha256}")
        for line in listed([Finding(**values) for values in release.findings]):
            self.stderr.write(line)

    @staticmethod
    def _sync() -> None:
        try:
            published.sync()
        except OSError as error:
            raise CommandError(
                f"The release is stored, but visitors can't see it: {error}. Mend this, then run `manage.py publish` "
                "again with --if-none."
            ) from error

    @staticmethod
    def _user(username: str | None) -> Any:
        if username is None:
            return None
        try:
            return get_user_model().objects.get_by_natural_key(username)
        except get_user_model().DoesNotExist as error:
            raise CommandError(f"There is no user “{username}”. Nothing was published.") from error
