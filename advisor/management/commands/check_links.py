"""Open the draft's links, and note which need a look."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from advisor.linkcheck import Answer, Checker, NoNetwork
from advisor.management.tables import tables_needed
from advisor.models import CheckedLink, Source, Tool
from advisor.site import this_site

MOST_OF_AN_ADDRESS = 2000
NO_NETWORK = (
    "No site could be reached: this machine has no way to the web. Nothing was noted, and what an earlier round found "
    "still stands."
)


class Command(BaseCommand):
    help = (
        "Open every https link of the draft, sources and tools, and note which do not open or have moved. Editors see "
        "the notes; nothing of the draft changes. For a machine that reaches the web."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="list the links, and open none")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        with tables_needed():
            urls = links_of_the_draft()
        if dry_run:
            self.stdout.write("\n".join([*urls, f"{len(urls)} links. None was opened."]))
            return
        if not urls:
            self.stdout.write("The draft has no https link.")
            return
        began = time.monotonic()
        answers: list[Answer] = []
        try:
            for answer in make_checker().check_all(urls):
                answers.append(answer)
                if _noted(answer):
                    self.stdout.write(f"  {_noted(answer)}")
        except NoNetwork as error:
            raise CommandError(NO_NETWORK) from error
        with tables_needed():
            CheckedLink.replace_all(_as_row(answer) for answer in answers)
        broken = sum(bool(answer.problem) for answer in answers)
        moved = sum(bool(answer.moved_to and not answer.problem) for answer in answers)
        self.stdout.write(
            f"{len(answers)} links opened in {time.monotonic() - began:.0f} s: {broken} need a look, {moved} moved. "
            "Editors see which under “Claims to check again”."
        )


def make_checker() -> Checker:
    """With a name by which whoever runs a site that we ask can tell who that is."""
    return Checker(agent=f"Signpost link check (+{this_site().url})")


def links_of_the_draft() -> list[str]:
    """Those on other sites, each once."""
    found = (model.objects.filter(url__startswith="https://").values_list("url", flat=True) for model in (Source, Tool))
    return list(dict.fromkeys(url for urls in found for url in urls))


def _noted(answer: Answer) -> str:
    row = _as_row(answer)
    return f"{answer.url}: {row.told}" if row.told else ""


def _as_row(answer: Answer) -> CheckedLink:
    return CheckedLink(
        url=answer.url, status=answer.status, problem=answer.problem, moved_to=answer.moved_to[:MOST_OF_AN_ADDRESS]
    )
