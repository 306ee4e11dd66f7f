from __future__ import annotations

import json
from typing import Any

import pytest

from advisor.decision.catalogue import (
    SLUG,
    Catalogue,
    DocumentError,
    Rule,
    canonical,
    checksum,
    fields_of,
    to_record,
)
from tests.decision.factory import (
    make_catalogue,
    make_circumstance,
    make_document,
    make_gate,
    make_need,
    make_rule,
    make_source,
    make_term,
)


def problems_of(document: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(DocumentError) as caught:
        Catalogue.from_document(document)
    return list(caught.value.problems)


def only_problem_of(section: str, record: Any) -> tuple[str, str, str]:
    """The one problem of the small document whose section also holds this record."""
    document = make_document()
    document[section] = [*document[section], record]
    problems = problems_of(document)
    assert len(problems) == 1, problems
    return problems[0]


def without(record: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != field}


class TestDocument:
    def test_a_catalogue_survives_its_document(self) -> None:
        catalogue = make_catalogue()

        assert Catalogue.from_document(catalogue.to_document()) == catalogue

    def test_a_document_survives_json(self) -> None:
        document = make_catalogue().to_document()

        assert json.loads(canonical(document)) == document

    def test_it_keeps_the_order_of_the_editors(self) -> None:
        circumstances = [make_circumstance("zebra"), make_circumstance("ant")]

        catalogue = make_catalogue(circumstances=circumstances, rules=[make_rule("any", "words")], gates=[], caveats=[])

        assert [entry.slug for entry in catalogue.circumstances] == ["zebra", "ant"]
        assert [record["slug"] for record in catalogue.to_document()["circumstances"]] == ["zebra", "ant"]

    def test_the_order_of_slugs_in_a_cell_does_not_change_the_checksum(self) -> None:
        one = make_catalogue(rules=[make_rule("any", "words", needs=["posts", "review"])])
        two = make_catalogue(rules=[make_rule("any", "words", needs=["review", "posts"])])

        assert checksum(one.to_document()) == checksum(two.to_document())

    def test_another_word_changes_the_checksum(self) -> None:
        one = make_catalogue()
        two = make_catalogue(terms=[make_term("prompt", meaning="Another meaning.")])

        assert checksum(one.to_document()) != checksum(two.to_document())

    def test_defaults_are_left_out_and_come_back(self) -> None:
        catalogue = make_catalogue(rules=[without(make_rule("any", "words"), "look_for")])

        record = to_record(catalogue.rules[0])

        assert "look_for" not in record
        assert "industries" not in record
        assert next(iter(record)) == "slug"
        assert catalogue.rules[0].look_for == ""

    def test_own_fields_of_a_record_come_before_those_it_shares(self) -> None:
        names = list(fields_of(Rule))

        assert names[:4] == ["slug", "category", "because", "look_for"]
        assert set(names[4:]) >= {"sources", "review_by", "needs"}

    def test_a_technique_and_its_claims_are_found(self) -> None:
        claims = {(section, claim.slug) for section, claim in make_catalogue().claims()}

        assert {("rules", "any-text"), ("tools", "writer"), ("terms", "prompt"), ("categories", "words")} <= claims
        assert not any(section in ("needs", "sources", "examples") for section, _ in claims)


class TestWholeDocument:
    @pytest.mark.parametrize("document", [None, [], "text", 7])
    def test_it_must_be_an_object(self, document: Any) -> None:
        assert problems_of(document)[0][:2] == ("document", "top level")

    def test_it_must_have_a_format_that_we_read(self) -> None:
        assert problems_of({**make_document(), "format": 2}) == [("document", "format", "must be 1")]

    def test_an_unknown_section_is_named(self) -> None:
        section, record, text = problems_of({**make_document(), "rulez": []})[0]

        assert (section, record) == ("rulez", "section")
        assert "unknown" in text

    @pytest.mark.parametrize("name", [name for name in Catalogue.SECTIONS if name not in ("examples", "terms")])
    def test_a_missing_section_is_named(self, name: str) -> None:
        problems = problems_of(without(make_document(), name))

        assert (name, "section", "is missing or is not a list") in problems

    @pytest.mark.parametrize("section", list(Catalogue.SECTIONS))
    def test_a_section_that_is_no_list_is_named(self, section: str) -> None:
        assert (section, "section", "is missing or is not a list") in problems_of({**make_document(), section: {}})

    def test_every_problem_is_named_at_once(self) -> None:
        document = make_document()
        document["terms"] = [{"slug": "Bad Slug"}, without(make_term("prompt"), "meaning")]
        document["rules"] = [*document["rules"], make_rule("lost", "nowhere")]

        problems = problems_of(document)

        assert {(section, record) for section, record, _ in problems} == {
            ("terms", "Bad Slug"),
            ("terms", "prompt"),
            ("rules", "lost"),
        }

    def test_the_message_lists_section_record_and_problem(self) -> None:
        with pytest.raises(DocumentError, match=r"^rules, lost: field “category” names “nowhere”"):
            make_catalogue(rules=[make_rule("lost", "nowhere")])


class TestRecord:
    @pytest.mark.parametrize("record", [None, "text", ["slug"]])
    def test_it_must_be_an_object(self, record: Any) -> None:
        assert only_problem_of("terms", record) == ("terms", "record 2", "is not an object")

    @pytest.mark.parametrize(
        "slug",
        ["", "Upper", "two words", "-dash", "dash-", "two--dashes", "umläut", "under_score", "a" * 65, "a\n", 7, None],
    )
    def test_a_slug_that_no_address_can_hold_is_refused(self, slug: Any) -> None:
        document = make_document(terms=[{**make_term("x"), "slug": slug}])

        section, record, text = problems_of(document)[0]

        assert section == "terms"
        assert record in (slug, "record 1")
        assert "slug" in text

    @pytest.mark.parametrize("slug", ["a", "7", "a-b-c", "gpt-4", "a" * 64])
    def test_a_good_slug_is_taken(self, slug: str) -> None:
        assert SLUG.fullmatch(slug)
        assert make_catalogue(terms=[make_term(slug)]).terms[0].slug == slug

    def test_a_slug_names_one_record(self) -> None:
        assert only_problem_of("terms", make_term("prompt"))[:2] == ("terms", "prompt")

    def test_the_same_slug_may_stand_in_two_sections(self) -> None:
        catalogue = make_catalogue(terms=[make_term("words")])

        assert catalogue.by_slug["terms"]["words"] is not catalogue.by_slug["categories"]["words"]

    @pytest.mark.parametrize("section", ["modalities", "circumstances"])
    def test_none_is_not_a_slug_that_can_be_ticked(self, section: str) -> None:
        record = make_circumstance("none")

        assert only_problem_of(section, record)[:2] == (section, "none")

    @pytest.mark.parametrize(
        ("section", "record", "text"),
        [
            pytest.param("terms", make_term("x", colour="red"), "field “colour” is unknown", id="unknown field"),
            pytest.param("terms", without(make_term("x"), "meaning"), "field “meaning” is missing", id="missing field"),
            pytest.param("terms", make_term("x", meaning=7), "field “meaning” must be text", id="not text"),
            pytest.param("terms", make_term("x", meaning=" "), "field “meaning” must not be empty", id="blank"),
            pytest.param("terms", make_term("x", review_by="soon"), "field “review_by” must be a date", id="no date"),
            pytest.param("terms", make_term("x", review_by=7), "field “review_by” must be a date", id="number as date"),
            pytest.param(
                "terms", make_term("x", review_by=None), "field “review_by” must be a date", id="null as date"
            ),
            pytest.param(
                "terms", make_term("x", sources="article"), "field “sources” must be a list", id="text as list"
            ),
            pytest.param(
                "terms", make_term("x", sources=[7]), "field “sources” must be a list", id="numbers in a list"
            ),
            pytest.param(
                "terms", make_term("x", sources=[""]), "field “sources” must be a list", id="nothing in a list"
            ),
            pytest.param(
                "terms",
                make_term("x", sources=["article", "article"]),
                "field “sources” names something twice",
                id="twice",
            ),
            pytest.param(
                "terms",
                make_term("x", sources=["gossip"]),
                "field “sources” names “gossip”, which is not in",
                id="source",
            ),
            pytest.param(
                "sources", make_source("x", opened="yes"), "field “opened” must be true or false", id="no bool"
            ),
            pytest.param(
                "gates",
                make_gate("x", level="maybe"),
                "field “level” must be prepare or not-yet, not 'maybe'",
                id="level",
            ),
            pytest.param(
                "circumstances", make_circumstance("x", offers=["rented"]), "field “offers” must be hosted", id="offers"
            ),
            pytest.param("rules", make_rule("x", "words", needs=["fly"]), "field “needs” names “fly”", id="need"),
            pytest.param("rules", make_rule("x", "magic"), "field “category” names “magic”", id="category"),
            pytest.param("gates", make_gate("x", categories=["magic"]), "field “categories” names “magic”", id="gate"),
            pytest.param(
                "needs",
                make_need("x", "text", default_modality="images"),
                "default_modality “images” is not",
                id="default",
            ),
        ],
    )
    def test_what_is_wrong_is_named_with_its_section_and_record(
        self, section: str, record: dict[str, Any], text: str
    ) -> None:
        found = only_problem_of(section, record)

        assert found[:2] == (section, "x")
        assert found[2].startswith(text)

    def test_a_claim_needs_a_source(self) -> None:
        assert only_problem_of("terms", make_term("x", sources=[]))[:2] == ("terms", "x")

    @pytest.mark.parametrize("certainty", ["low", "L", ""])
    def test_a_caveat_of_low_certainty_cannot_be_stored(self, certainty: str) -> None:
        document = make_document()
        document["caveats"][0]["certainty"] = certainty

        assert problems_of(document)[0][:2] == ("caveats", "everyone")
