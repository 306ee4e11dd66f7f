"""Small catalogues for the decision core, from the records of `tests.factory`."""

from __future__ import annotations

import random
from urllib.parse import parse_qsl

from advisor.decision.answers import Answers, read
from advisor.decision.catalogue import Catalogue
from advisor.decision.release import Release
from tests.factory import (
    Record,
    make_category,
    make_caveat,
    make_circumstance,
    make_example,
    make_gate,
    make_industry,
    make_modality,
    make_need,
    make_rule,
    make_source,
    make_term,
    make_tool,
)

Document = dict[str, list[Record]]

__all__ = [
    "Document",
    "Record",
    "make_answers",
    "make_catalogue",
    "make_category",
    "make_caveat",
    "make_circumstance",
    "make_document",
    "make_example",
    "make_gate",
    "make_industry",
    "make_modality",
    "make_need",
    "make_random_catalogue",
    "make_release",
    "make_rule",
    "make_source",
    "make_term",
    "make_tool",
]


def make_document(**sections: list[Record]) -> Document:
    """A small sound document; each section given replaces the one it has."""
    document = {
        "sources": [make_source()],
        "categories": [
            make_category("words"),
            make_category("media"),
            make_category("both", parts=["words", "media"]),
            make_category("data"),
            make_category("plain", uses_ai=False),
        ],
        "industries": [make_industry("law", needs=["review"]), make_industry("shop"), make_industry("other")],
        "needs": [
            make_need("review", "text"),
            make_need("posts", "text", "images"),
            make_need("banners", "images"),
            make_need("forecast", "figures"),
            make_need("sorting", "figures", "text"),
            make_need("bookings", "records"),
        ],
        "modalities": [make_modality(slug) for slug in ("text", "images", "figures", "records")],
        "circumstances": [
            make_circumstance("personal"),
            make_circumstance("unchecked"),
            make_circumstance("in-house", offers=["self-hosted", "open-weights"]),
            make_circumstance("untried"),
        ],
        "rules": [
            make_rule("any-text", "words", modalities=["text"]),
            make_rule("any-images", "media", modalities=["images"]),
            make_rule("any-figures", "data", modalities=["figures"]),
            make_rule("any-records", "plain", modalities=["records"], look_for="A calendar."),
            make_rule(
                "forecast-untried", "plain", needs=["forecast"], circumstances=["untried"], look_for="A sheet of paper."
            ),
            make_rule("law-review", "words", industries=["law"], needs=["review"], contested="Some say data."),
        ],
        "gates": [
            make_gate("personal-first", circumstances=["personal"], categories=["words", "media", "both", "data"]),
            make_gate("no-checker", level="not-yet", circumstances=["unchecked"], categories=["words", "data"]),
            make_gate("house-first", circumstances=["in-house"], retry="Look again"),
            make_gate("banners-first", needs=["banners"]),
        ],
        "caveats": [
            make_caveat("everyone"),
            make_caveat("law-privacy", severity="must", industries=["law"], circumstances=["personal"]),
            make_caveat("faces", modalities=["images"], categories=["media"]),
        ],
        "tools": [
            make_tool("writer", "words"),
            make_tool("llama", "words", offered=["open-weights"]),
            make_tool("lawbot", "words", needs=["review"], name="Your law bot"),
            make_tool("painter", "media", "both"),
            make_tool("oracle", "data", offered=["hosted", "self-hosted"]),
            make_tool("calendar", "plain"),
            make_tool("transformer", "words", kind="technique"),
        ],
        "terms": [make_term("prompt")],
        "examples": [make_example("law-firm", "industry=law&need=review", "words", readiness="ready")],
    }
    return {**document, **sections}


def make_catalogue(**sections: list[Record]) -> Catalogue:
    return Catalogue.from_document(make_document(**sections))


def make_release(**sections: list[Record]) -> Release:
    return Release.of_draft(make_catalogue(**sections))


def make_answers(release: Release, query: str) -> Answers:
    """The answers of an address, all of which must count."""
    answers, notices = read(parse_qsl(query, keep_blank_values=True), release.catalogue)
    assert not notices, notices
    return answers


CATEGORIES = ("words", "media", "both", "data", "plain")
FACTS = ("fact-a", "fact-b", "fact-c")


def make_random_catalogue(seed: int, *, sound: bool) -> Catalogue:
    """A small catalogue with rows at random. A sound one has a row for every case; others may have any fault.

    Two industries, three needs, three modalities and three circumstances: small enough to try everything.
    """
    rng = random.Random(seed)  # noqa: S311  repeatable, not secret
    industries, needs, modalities = ("shop", "other"), ("one", "two", "three"), ("text", "images", "figures")

    def cells(filled: float) -> Record:
        record: Record = {}
        for name, slugs, most in (
            ("industries", industries, 1),
            ("needs", needs, 2),
            ("modalities", modalities, 2),
            ("circumstances", FACTS, 2),
        ):
            if rng.random() < filled:
                record[name] = rng.sample(slugs, rng.randint(1, most))
        return record

    def condition(filled: float) -> Record:
        record = cells(filled)
        if rng.random() < 0.5:
            record["categories"] = rng.sample(CATEGORIES, rng.randint(1, 2))
        return record

    outcomes = rng.sample(CATEGORIES, rng.randint(2, 5))
    rules = [
        make_rule(f"rule-{n}", rng.choice(outcomes), look_for="One.", **cells(0.45)) for n in range(rng.randint(3, 9))
    ]
    if sound:
        rules += [
            make_rule(f"any-{slug}", rng.choice(outcomes), look_for="One.", modalities=[slug]) for slug in modalities
        ]
    return make_catalogue(
        industries=[make_industry(slug, needs=rng.sample(needs, 1)) for slug in industries],
        needs=[make_need(slug, *rng.sample(modalities, rng.randint(1, 3))) for slug in needs],
        modalities=[make_modality(slug) for slug in modalities],
        circumstances=[make_circumstance(slug) for slug in FACTS],
        rules=rules,
        gates=[make_gate(f"gate-{n}", level=rng.choice(("prepare", "not-yet")), **condition(0.5)) for n in range(4)],
        caveats=[make_caveat(f"caveat-{n}", **condition(0.5)) for n in range(3)],
        tools=[make_tool("anything")],
        examples=[],
    )
