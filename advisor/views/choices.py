"""The choices of a question, rendered once for each release: they are most of a page's work, and never change in it."""

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
    if key == "need":
        return _goals(release, answers, slugs, [need.slug for need in found])
    choices = [_choice(release, answers, key, slug) for slug in slugs]
    if key != "industry":
        choices.append(_none(release, answers, key))
    return Offer([Group("", choices)])


def _goals(release: Release, answers: Answers, slugs: Sequence[str], found: Sequence[str]) -> Offer:
    """Goals usual in this industry, then those that were ticked or found, then all others by what they usually make."""
    catalogue = release.catalogue
    industry = catalogue.by_slug["industries"][answers.industry or ""]
    in_sight = dict.fromkeys([*found, *(slug for slug in slugs if slug in answers.needs), NOT_LISTED])
    usual = [slug for slug in slugs if slug in industry.needs]
    others = [slug for slug in in_sight if slug not in industry.needs and slug in slugs]
    groups = [
        Group(_("Usual for %(industry)s") % {"industry": industry.phrase}, _choices(release, answers, usual)),
        Group(_("From all other goals"), _choices(release, answers, others)),
    ]
    more = []
    for modality in catalogue.modalities:
        rest = [
            slug
            for slug in slugs
            if slug not in industry.needs
            and slug not in in_sight
            and catalogue.by_slug["needs"][slug].default_modality == modality.slug
        ]
        if rest:
            more.append(Group(modality.name, _choices(release, answers, rest)))
    return Offer(groups, more)


def _choices(release: Release, answers: Answers, slugs: Iterable[str]) -> list[SafeString]:
    return [_choice(release, answers, "need", slug) for slug in slugs]


def _choice(release: Release, answers: Answers, key: str, slug: str) -> SafeString:
    entry = release.catalogue.by_slug[SECTION_OF[key]][slug]
    return _rendered(release, key, slug, entry.name, entry.help, answers.has(key, slug))


def _none(release: Release, answers: Answers, key: str) -> SafeString:
    """Nobody has to know. Ticked only when the visitor said so before."""
    said_so = answers.modalities == () if key == "modality" else answers.circumstances == ()
    if key == "modality":
        label, help_text = _("I'm not sure"), _("We take what each goal usually means")
    else:
        label, help_text = _("None of these, or I'm not sure"), _("What you do not tick does not count")
    return _rendered(release, key, NONE, label, help_text, said_so)


_of_release: tuple[str, dict[tuple[str, str, bool, str | None], SafeString]] = ("", {})


def _rendered(release: Release, key: str, slug: str, label: str, help_text: str, checked: bool) -> SafeString:
    """From memory when this release's choice was rendered before. Only one release's choices are kept."""
    global _of_release
    held = _of_release  # bound once: another thread may be serving another release
    if held[0] != release.sha256:
        held = _of_release = (release.sha256, {})
    name = (key, slug, checked, get_language())
    html = held[1].get(name)
    if html is None:
        context: dict[str, Any] = {
            "kind": "radio" if key == "industry" else "checkbox",
            "name": key,
            "value": slug,
            "label": label,
            "help": help_text,
            "checked": checked,
            "id": f"{key}-{slug}",
        }
        html = held[1][name] = render_to_string("advisor/_choice.html", context)
    return html
