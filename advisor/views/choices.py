"""The choices of a question, rendered once for each release: they are most of a page's work, and never change in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from advisor.decision.answers import NONE, SECTION_OF, Answers
from advisor.decision.catalogue import Need
from advisor.decision.flow import offered
from advisor.decision.release import Release


@dataclass(frozen=True, slots=True)
class Group:
    """Choices under one heading."""

    title: str
    choices: Sequence[SafeString]

    @property
    def html(self) -> SafeString:
        return SafeString("\n".join(self.choices))


@dataclass(frozen=True, slots=True)
class Offer:
    """What a question's page offers: groups in sight, and groups that open on demand."""

    groups: Sequence[Group]
    more: Sequence[Group] = ()

    @property
    def more_count(self) -> int:
        return sum(len(group.choices) for group in self.more)


NOT_LISTED = "not-listed"
"""The goal that stands for any other. It is always in sight."""


def offer(release: Release, answers: Answers, key: str, found: Sequence[Need] = ()) -> Offer:
    """The choices for this question. `found` are goals that the finder turned up; they come into sight first."""
    slugs = offered(release, answers, key)
    choices = _Choices(release, answers, key)
    if key == "need":
        return _goals(release, answers, choices, slugs, [need.slug for need in found])
    return Offer([Group("", choices.of(slugs) if key == "industry" else [*choices.of(slugs), choices.none(answers)])])


def untouched(answers: Answers, key: str, found: Sequence[Need] = ()) -> str:
    """A name for the offer while nothing of it is picked, empty for an offer that is this visitor's own."""
    if key == "industry" and answers.industry is None:
        return "every industry"
    return answers.industry or "" if key == "need" and not answers.needs and not found else ""


def _goals(release: Release, answers: Answers, choices: _Choices, slugs: Sequence[str], found: Sequence[str]) -> Offer:
    """Goals usual in this industry, then those that were ticked or found, then all others by what they usually make."""
    catalogue = release.catalogue
    industry = catalogue.by_slug["industries"][answers.industry or ""]
    in_sight = dict.fromkeys([*found, *(slug for slug in slugs if slug in answers.needs), NOT_LISTED])
    others = [slug for slug in in_sight if slug not in industry.needs and slug in slugs]
    groups = [
        Group(
            _("Usual for %(industry)s") % {"industry": industry.phrase},
            choices.of([slug for slug in slugs if slug in industry.needs]),
        ),
        Group(_("From all other goals"), choices.of(others)),
    ]
    rest: dict[str, list[str]] = {modality.slug: [] for modality in catalogue.modalities}
    for slug in slugs:
        if slug not in industry.needs and slug not in in_sight:
            rest[catalogue.by_slug["needs"][slug].default_modality].append(slug)
    names = catalogue.by_slug["modalities"]
    return Offer(groups, [Group(names[modality].name, choices.of(of)) for modality, of in rest.items() if of])


class _Choices:
    """A question's choices as HTML, ticked as the visitor ticked them."""

    def __init__(self, release: Release, answers: Answers, key: str) -> None:
        self.key = key
        self.entries = release.catalogue.by_slug[SECTION_OF[key]]
        self.picked = frozenset(answers.picked(key))
        self.known = _rendered_before(release)

    def of(self, slugs: Iterable[str]) -> list[SafeString]:
        return [
            self.known.get((self.key, slug, slug in self.picked))
            or self._render(slug, self.entries[slug].name, self.entries[slug].help, slug in self.picked)
            for slug in slugs
        ]

    def none(self, answers: Answers) -> SafeString:
        """Nobody has to know. Ticked only when the visitor said so before."""
        if self.key == "modality":
            label, help_text = _("I'm not sure"), _("We take what each goal usually means")
            said_so = answers.modalities == ()
        else:
            label, help_text = _("None of these, or I'm not sure"), _("What you do not tick does not count")
            said_so = answers.circumstances == ()
        return self.known.get((self.key, NONE, said_so)) or self._render(NONE, label, help_text, said_so)

    def _render(self, slug: str, label: str, help_text: str, checked: bool) -> SafeString:
        context: dict[str, Any] = {
            "kind": "radio" if self.key == "industry" else "checkbox",
            "name": self.key,
            "value": slug,
            "label": label,
            "help": help_text,
            "checked": checked,
            "id": f"{self.key}-{slug}",
        }
        html = self.known[(self.key, slug, checked)] = render_to_string("advisor/_choice.html", context)
        return html


Rendered = dict[tuple[str, str, bool], SafeString]
_latest: tuple[tuple[str, str | None], Rendered] = (("", None), {})


def _rendered_before(release: Release) -> Rendered:
    """What was rendered of this release in this language. Only the latest release's choices are kept."""
    global _latest
    held = _latest  # bound once: another thread may be serving another release
    name = (release.sha256, get_language())
    if held[0] != name:
        held = _latest = (name, {})
    return held[1]
