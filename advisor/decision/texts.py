"""What is wrong with a catalogue's texts and links. All of it can be published: it is for an editor to weigh."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from advisor.decision.catalogue import Catalogue, Entry
from advisor.decision.reading import LONGEST_SENTENCE, READ, as_text, goal_of, read
from advisor.decision.sentences import title_of

CLEARLY_HARDER = 1.5
"""A grade this far over the goal is reported. The formula is too rough for less."""
CLEARLY_LONGER = 5
"""So many words over the longest that a sentence may have are reported."""

LINKS = {"sources": "url", "tools": "url"}
"""The field of each section that holds an address."""

_PLACEHOLDER = re.compile(
    r"(?:.*\.)?(?:example\.(?:com|org|net)|localhost|(?:example|test|invalid|local))|\d+(?:\.\d+){3}"
)
_TRACKS = re.compile(r"utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_hsenc|_hsmi|igshid", re.IGNORECASE)


def hard_to_read(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """Texts clearly over the goal: section, slug, and what is wrong in words."""
    for section, names in READ.items():
        for entry in getattr(catalogue, section):
            for name in names:
                problem = _too_hard(section, as_text(getattr(entry, name)))
                if problem:
                    # A rule's title quotes names itself.
                    title = title_of(section, entry.slug, catalogue)
                    who = title if section == "rules" else f"“{title}”"
                    yield section, entry.slug, f"{who}. Its “{name.replace('_', ' ')}”: {problem}"


def _too_hard(section: str, text: str) -> str:
    reading = read(text)
    if reading.longest > LONGEST_SENTENCE + CLEARLY_LONGER:
        return f"a sentence has {reading.longest} words. Aim for {LONGEST_SENTENCE} or fewer: make two of it."
    goal = goal_of(section)
    if reading.grade is not None and reading.grade > goal + CLEARLY_HARDER:
        return (
            f"reading grade {reading.grade:.0f}. Aim for {goal:.0f} or lower: use shorter sentences and shorter words."
        )
    return ""


def bad_links(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """Addresses that can't be meant: section, slug, and what is wrong in words."""
    for section, name in LINKS.items():
        for entry in getattr(catalogue, section):
            problem = link_problem(getattr(entry, name))
            if problem:
                yield section, entry.slug, f"The address of “{title_of(section, entry.slug, catalogue)}” {problem}"


def link_problem(address: str) -> str:
    """What is wrong with the form of an address, in words. Whether anything answers there is not looked at."""
    if not address or address.startswith("/"):  # a page of our own
        return ""
    if re.search(r"\s", address):
        return "has a space in it. Copy it anew."
    try:
        parts = urlsplit(address)
        host, query = parts.hostname or "", parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return "can’t be read. Copy it anew."
    if parts.scheme != "https":
        return "does not start with https://. Look whether the page has such an address."
    if not host or _PLACEHOLDER.fullmatch(host):
        return f"leads to “{host}”, which only stands in for a real page. Put the real one."
    tracking = [key for key, _ in query if _TRACKS.fullmatch(key)]
    if tracking:
        return f"has “{tracking[0]}” in it, which only tells its owner who clicked. Take that part out."
    return ""


def name_of(entry: Entry) -> str:
    """What editors call a record."""
    return str(getattr(entry, "name", "") or getattr(entry, "title", "") or entry.slug)
