"""What the last round over the draft's links found. It notes, and changes nothing of the draft."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.utils import timezone

from advisor.decision.catalogue import Catalogue
from advisor.decision.checks import WARNING, Finding


class CheckedLinkQuerySet(models.QuerySet["CheckedLink"]):
    def findings(self) -> Self:
        """Those that somebody should look at."""
        return self.exclude(problem="", moved_to="")


class CheckedLink(models.Model):
    """A link of the draft as it answered when it was last opened. Each round replaces all of the one before."""

    url = models.CharField(max_length=500, unique=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of the answer; empty without one.")
    problem = models.CharField(
        max_length=200, blank=True, help_text="What is wrong, after “the link”. Empty: it opened."
    )
    moved_to = models.CharField(max_length=2000, blank=True, help_text="Where it leads for good, when it does.")
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[CheckedLink]] = models.Manager.from_queryset(CheckedLinkQuerySet)()

    class Meta:
        ordering = ["url"]
        # A command writes these, and whoever may see the draft reads them.
        default_permissions = ()

    def __str__(self) -> str:
        return self.url

    @property
    def told(self) -> str:
        """In a sentence, empty when there is nothing to tell."""
        if self.problem:
            return f"The link {self.problem}."
        return f"The page has moved to {self.moved_to}." if self.moved_to else ""

    @classmethod
    def replace_all(cls, links: Iterable[Self]) -> None:
        with transaction.atomic():
            cls.objects.all().delete()
            cls.objects.bulk_create(links)


def link_findings(catalogue: Catalogue) -> Iterator[Finding]:
    """A warning for each record whose link did not open, or has moved."""
    found = {link.url: link for link in CheckedLink.objects.findings()}
    records: list[tuple[str, Any, str]] = [("sources", source, source.title) for source in catalogue.sources]
    records += [("tools", tool, tool.name) for tool in catalogue.tools]
    for section, record, name in records:
        link = found.get(record.url)
        if link:
            address = "/tools/" if section == "tools" else ""
            yield Finding("link", WARNING, section, record.slug, f"“{name}”: {link.told} Open it and look.", address)
