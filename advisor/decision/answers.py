"""Answers: what a visitor picked, read from key=value pairs with a notice for whatever was not counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advisor.decision.catalogue import RESERVED, SLUG, SLUG_LENGTH, Catalogue

SECTION_OF = {"industry": "industries", "need": "needs", "modality": "modalities", "fact": "circumstances"}
"""Each key of an address, in the order of the questions, and the section whose slugs it takes."""

NONE = RESERVED
"""The value that says a question was answered with nothing ticked."""

MAX_PAIRS = 300
MAX_LENGTH = 8000
"""Of all keys and values together. A visitor who ticks every choice on offer stays well below both."""

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_IGNORED_SILENTLY = ("utm_", "fbclid", "gclid", "msclkid", "_gl")
"""How the keys begin that mail programs, adverts and social networks add to a link that somebody shares."""


class MalformedAnswers(ValueError):
    """Pairs that no page of ours could have sent. The message says what is wrong and is fit for a visitor."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the answers that was not counted, or was filled in, said so that nothing happens in silence.

    `kind`: unknown-key, unknown-value, repeated, several, none-beside, set-aside, filled-in,
    not-asked.
    """

    kind: str
    key: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What was picked, in the visitor's order. Slugs are known to the release they were read for.

    `modalities` and `circumstances` are None until that question was answered; an empty tuple means nothing was ticked.
    """

    industry: str | None = None
    needs: tuple[str, ...] = ()
    modalities: tuple[str, ...] | None = None
    circumstances: tuple[str, ...] | None = None

    def pairs(self) -> list[tuple[str, str]]:
        """The key=value pairs of these answers, in the order of the questions. `read` gives the answers back."""
        found = [("industry", self.industry)] if self.industry else []
        found += [("need", slug) for slug in self.needs]
        for key, slugs in (("modality", self.modalities), ("fact", self.circumstances)):
            if slugs is not None:
                found += [(key, slug) for slug in slugs or (NONE,)]
        return found

    @property
    def query(self) -> str:
        """The same as in an address. Slugs need no quoting."""
        return "&".join([f"{key}={slug}" for key, slug in self.pairs()])

    def picked(self, key: str) -> tuple[str, ...]:
        """What was picked for a key, empty also when the question was not answered yet."""
        if key == "industry":
            return (self.industry,) if self.industry else ()
        return {"need": self.needs, "modality": self.modalities, "fact": self.circumstances}[key] or ()

    def has(self, key: str, slug: str) -> bool:
        return slug in self.picked(key)

    def with_picked(self, key: str, slugs: tuple[str, ...]) -> Answers:
        """These answers with other goals, things to produce or circumstances."""
        if key == "need":
            return Answers(self.industry, slugs, self.modalities, self.circumstances)
        if key == "modality":
            return Answers(self.industry, self.needs, slugs, self.circumstances)
        return Answers(self.industry, self.needs, self.modalities, slugs)

    def with_dropped(self, key: str, slug: str) -> Answers:
        return self.with_picked(key, tuple(item for item in self.picked(key) if item != slug))

    def changed(self, action: str, key: str, slug: str) -> Answers:
        """These answers with one of them changed. `action`: add, drop, or swap for the industry."""
        if action == "swap":
            return Answers(slug, self.needs, self.modalities, self.circumstances)
        return self.with_picked(key, (*self.picked(key), slug)) if action == "add" else self.with_dropped(key, slug)


def read(pairs: Iterable[tuple[str, str]], catalogue: Catalogue) -> tuple[Answers, tuple[Notice, ...]]:
    """The answers among `pairs`, and a notice for each pair that does not count.

    Raises MalformedAnswers when the pairs cannot come from an address of ours: over-long, or with control characters.
    """
    pairs = [(key, value) for key, value in pairs if not key.startswith(_IGNORED_SILENTLY)]
    _refuse_hostile(pairs)
    picked: dict[str, list[str]] = {key: [] for key in SECTION_OF}
    notices: list[Notice] = []
    for key, value in pairs:
        if key not in SECTION_OF:
            notices.append(_unknown_key(key))
        elif value in picked[key]:
            notices.append(Notice("repeated", key, value, f"“{value}” stands twice in the address. It counts once."))
        elif value in catalogue.by_slug[SECTION_OF[key]] or (value == NONE and key in ("modality", "fact")):
            picked[key].append(value)
        else:
            notices.append(_unknown_value(key, value))

    industries = picked["industry"]
    if len(industries) > 1:
        text = "The address names more than one industry, so none of them counts. Pick one."
        notices.append(Notice("several", "industry", ", ".join(industries), text))
    for key in ("modality", "fact"):
        if NONE in picked[key] and len(picked[key]) > 1:
            text = "You ticked that nothing holds, and something else as well. We count what you ticked besides."
            notices.append(Notice("none-beside", key, NONE, text))
    answers = Answers(
        industry=industries[0] if len(industries) == 1 else None,
        needs=tuple(picked["need"]),
        modalities=_ticked(picked["modality"]),
        circumstances=_ticked(picked["fact"]),
    )
    return answers, tuple(notices)


def _ticked(slugs: Sequence[str]) -> tuple[str, ...] | None:
    """Nothing at all: not answered yet. NONE beside real picks does not count."""
    return tuple(slug for slug in slugs if slug != NONE) if slugs else None


def _refuse_hostile(pairs: Sequence[tuple[str, str]]) -> None:
    if len(pairs) > MAX_PAIRS or sum(len(key) + len(value) for key, value in pairs) > MAX_LENGTH:
        raise MalformedAnswers("This address is longer than any that our questions make.")
    for key, value in pairs:
        if len(key) > SLUG_LENGTH or len(value) > SLUG_LENGTH * 2:
            raise MalformedAnswers("A part of this address is longer than any that our questions make.")
        if not _KEY.fullmatch(key) or _CONTROL.search(value):
            raise MalformedAnswers("This address holds characters that our questions never make.")


def _unknown_key(key: str) -> Notice:
    return Notice("unknown-key", key, "", f"The address says “{key}”, which is none of our questions. We ignored it.")


def _unknown_value(key: str, value: str) -> Notice:
    """Only what looks like a slug is repeated, so that nobody can make this page say a sentence of theirs."""
    what = f"“{value}”" if SLUG.fullmatch(value) and len(value) <= SLUG_LENGTH else "something"
    text = f"The address names {what} as {_NOUN[key]}. We don't know it, so it does not count."
    return Notice("unknown-value", key, value, text)


_NOUN = {"industry": "an industry", "need": "a goal", "modality": "something to produce", "fact": "a circumstance"}
