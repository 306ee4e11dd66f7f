"""Texts and links: what the check says about them, and what it leaves alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from advisor.decision.catalogue import Catalogue
from advisor.decision.checks import WARNING, Finding, check
from advisor.decision.reading import Reading, as_text, read, unexplained
from advisor.decision.texts import link_problem
from tests.factory import make_caveat, make_document, make_need, make_rule, make_source, make_tool

HARD = (
    "Organisational considerations regarding automated individual decision-making necessitate comprehensive "
    "documentation of methodological assumptions underlying statistical predictions."
)
LONG = "It is so that " + "we say a word and then " * 6 + "we stop."
FAIR = "Contracts are text, and this kind is made for text. It finds the clauses that you name."


def found(**sections: Any) -> list[Finding]:
    return list(check(Catalogue.from_document(make_document(**sections)), date(2026, 11, 24)))


def with_because(text: str) -> list[Finding]:
    rules = make_document()["rules"]
    return found(rules=[{**rules[0], "because": text}, *rules[1:]])


def test_a_text_that_is_clearly_too_hard_is_a_warning_at_its_record() -> None:
    (finding,) = with_because(HARD)

    assert (finding.kind, finding.severity, finding.section, finding.slug) == ("hard-to-read", WARNING, "rules", "text")
    assert finding.text.startswith("When the output is “Text”: language model. Its “because”: reading grade ")
    assert finding.address.startswith("/advice/?")


def test_a_sentence_that_is_clearly_too_long_is_named_by_its_length() -> None:
    (finding,) = with_because(LONG)

    assert "a sentence has 42 words" in finding.text


@pytest.mark.parametrize("text", [FAIR, "Incomprehensible authorisation.", "", "…", "Ça, c’est l’été à Genève. 日本語"])
def test_what_is_fair_or_too_short_to_judge_is_left_alone(text: str) -> None:
    assert with_because(text or "–") == []


def test_the_other_side_and_lists_are_read_too() -> None:
    categories = make_document()["categories"]
    categories[0]["limits"] = ["Fast.", HARD]
    rules = make_document()["rules"]
    rules[0]["contested"] = HARD

    found_there = [(one.section, one.text) for one in found(categories=categories, rules=rules)]
    assert [section for section, _ in found_there] == ["categories", "rules"]
    assert found_there[0][1].startswith("“Language model”. Its “limits”: ")
    assert "Its “contested”: " in found_there[1][1]


def test_a_caveat_may_name_laws_and_so_be_a_little_harder() -> None:
    text = "Regulation of automated decisions applies to customers in the European Union. A person must look at them."
    grade = read(text).grade
    assert grade is not None
    assert 9.5 < grade < 11.5

    assert found(caveats=[make_caveat("check-facts", text=text)]) == []
    assert [one.section for one in found(rules=[make_rule("all", "language-model", because=text)], needs=[
        make_need("contract-review", "text")
    ], gates=[], tools=[make_tool("writer")]) if one.kind == "hard-to-read"] == ["rules"]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://ico.org.uk/ai", "does not start with https://"),
        ("https://ico.org.uk/a b", "has a space in it"),
        ("https://example.com/product", "leads to “example.com”"),
        ("https://www.example.org", "leads to “www.example.org”"),
        ("https://localhost/x", "leads to “localhost”"),
        ("https://127.0.0.1/x", "leads to “127.0.0.1”"),
        ("https://ico.org.uk/ai?utm_source=mail", "has “utm_source” in it"),
        ("https://ico.org.uk/ai?id=3&FBCLID=x", "has “FBCLID” in it"),
        ("https://[x/", "can’t be read"),
    ],
)
def test_an_address_that_cannot_be_meant_is_a_warning(address: str, problem: str) -> None:
    (finding,) = found(sources=[make_source("article", url=address), make_source("editors")])

    assert (finding.kind, finding.severity, finding.section, finding.slug) == (
        "bad-link",
        WARNING,
        "sources",
        "article",
    )
    assert finding.text.startswith(f"The address of “The article” {problem}")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/how-it-decides/",
        "https://ico.org.uk/ai?id=3",
        "https://testing.co.uk/",
        "https://contest",
        "https://a.b/#x",
    ],
)
def test_an_address_that_can_be_meant_is_left_alone(address: str) -> None:
    assert link_problem(address) == ""


def test_a_list_is_read_as_one_sentence_a_line() -> None:
    assert as_text(["Sums up long papers", "Writes letters."]) == "Sums up long papers. Writes letters."
    assert read(as_text(["One two", "Three"])) == Reading(3, None, 2)


def test_a_text_without_a_word_has_no_grade() -> None:
    assert read("… – !") == Reading(0, None, 0)


def test_technical_words_count_until_the_glossary_has_them() -> None:
    text = "An embedding goes through the API to the LLM. Embeddings are kept in the EU, as GDPR says."

    assert unexplained(text, []) == ["embedding", "API", "LLM", "GDPR"]
    assert unexplained(text, ["Large language model (LLM)", "API", "Embedding"]) == ["GDPR"]
    assert unexplained("The tokens of a workflow", ["Token"]) == ["workflow"]
