"""A small sound world. Each helper makes one record with good defaults: name only what a test is about."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]

CLAIM: Record = {"sources": ["article"], "checked_on": "2026-11-24", "review_by": "2027-11-24"}


def make_source(slug: str = "article", **fields: Any) -> Record:
    return {"slug": slug, "title": f"The {slug}", "publisher": "Signpost", **fields}


def make_category(slug: str, **fields: Any) -> Record:
    name = slug.replace("-", " ").capitalize()
    texts = {"name": name, "short_name": name, "phrase": name.lower(), "plate": f"Use {name.lower()}"}
    lists = {"strengths": ["Fast"], "limits": ["Makes mistakes"]}
    return {"slug": slug, **texts, "summary": f"About {name}.", **lists, "training": "From data.", **CLAIM, **fields}


def make_industry(slug: str, **fields: Any) -> Record:
    name = slug.replace("-", " ")
    return {"slug": slug, "name": name.capitalize(), "phrase": f"a {name} business", **fields}


def make_modality(slug: str, **fields: Any) -> Record:
    return {"slug": slug, "name": slug.capitalize(), "phrase": slug, **fields}


def make_need(slug: str, *modalities: str, **fields: Any) -> Record:
    name = slug.replace("-", " ")
    produces = {"modalities": list(modalities), "default_modality": modalities[0]}
    return {"slug": slug, "name": name.capitalize(), "phrase": name, **produces, **fields}


def make_circumstance(slug: str, **fields: Any) -> Record:
    name = slug.replace("-", " ")
    return {"slug": slug, "name": f"We have {name}", "phrase": f"you have {name}", **fields}


def make_rule(slug: str, category: str, **fields: Any) -> Record:
    return {"slug": slug, "category": category, "because": f"Because of {slug}.", **CLAIM, **fields}


def make_gate(slug: str, **fields: Any) -> Record:
    texts = {"name": slug.capitalize(), "level": "prepare", "because": "It matters.", "action": "Do it."}
    return {"slug": slug, **texts, **CLAIM, **fields}


def make_caveat(slug: str, **fields: Any) -> Record:
    texts = {"name": slug.capitalize(), "severity": "mind", "text": "Mind this.", "action": "Do it."}
    return {"slug": slug, **texts, "certainty": "high", **CLAIM, **fields}


def make_tool(slug: str, *categories: str, **fields: Any) -> Record:
    texts = {"name": slug.capitalize(), "what_for": "Work.", "limits": "Not all work."}
    return {"slug": slug, **texts, "offered": ["hosted"], "categories": list(categories), **CLAIM, **fields}


def make_term(slug: str, **fields: Any) -> Record:
    return {"slug": slug, "name": slug.capitalize(), "meaning": f"What {slug} means.", **CLAIM, **fields}


def make_example(slug: str, answers: str, category: str, **fields: Any) -> Record:
    return {"slug": slug, "name": slug.capitalize(), "answers": answers, "category": category, **fields}


def make_document(**sections: list[Record]) -> dict[str, Any]:
    """A sound catalogue: text, pictures, and ordinary software for sums. Sections given replace its own."""
    document: dict[str, Any] = {
        "format": 1,
        "sources": [make_source("article"), make_source("editors")],
        "categories": [
            make_category("language-model"),
            make_category("generative-media"),
            make_category("combined", parts=["generative-media", "language-model"]),
            make_category("ordinary-software", uses_ai=False),
        ],
        "industries": [make_industry("law-finance", needs=["contract-review"]), make_industry("other")],
        "needs": [
            make_need("contract-review", "text", words=["agreements", "clauses"]),
            make_need("social-posts", "text", "images"),
            make_need("calculators", "figures"),
        ],
        "modalities": [make_modality("text"), make_modality("images"), make_modality("figures")],
        "circumstances": [make_circumstance("personal-data"), make_circumstance("own-servers", offers=["self-hosted"])],
        "rules": [
            make_rule("text", "language-model", modalities=["text"]),
            make_rule("images", "generative-media", modalities=["images"]),
            make_rule("figures", "ordinary-software", modalities=["figures"], look_for="a calculator"),
        ],
        "gates": [make_gate("protect-data", circumstances=["personal-data"])],
        "caveats": [make_caveat("check-facts")],
        "tools": [
            make_tool("writer", "language-model", "combined"),
            make_tool("painter", "generative-media", "combined"),
            make_tool("calculator", "ordinary-software"),
        ],
        "terms": [make_term("token")],
        "examples": [make_example("law-firm", "industry=law-finance&need=contract-review", "language-model")],
    }
    return {**document, **sections}
