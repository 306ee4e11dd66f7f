"""What a draft leaves out when a record is retired, and what it may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from advisor import draftsheets, importing
from advisor.decision.catalogue import Catalogue, DocumentError
from advisor.models import Category, Circumstance, Example, Industry, Modality, Need, Release, Rule, Source
from advisor.models.bases import Entry
from advisor.models.document import draft_document, left_out_now, replace_draft, retired, whole_draft
from advisor.models.releases import check_draft
from advisor.models.retiring import holes, left_out
from tests.conftest import Publish
from tests.factory import make_caveat, make_document, make_example, make_gate, make_rule, make_source, make_tool

pytestmark = pytest.mark.django_db
Load = Callable[..., None]

BOTH = make_rule("both", "combined", needs=["contract-review", "social-posts"])
ONE = make_rule("one", "combined", needs=["contract-review"])
ASKS = make_rule("asks", "combined", circumstances=["own-servers", "personal-data"])


def retire(model: type[Entry], slug: str) -> None:
    assert model.objects.filter(slug=slug).update(retired_at=timezone.now())


def bring_back(model: type[Entry], slug: str) -> None:
    assert model.objects.filter(slug=slug).update(retired_at=None)


def section(name: str) -> dict[str, dict[str, Any]]:
    return {record["slug"]: record for record in draft_document()[name]}


@pytest.fixture
def draft(load: Load) -> None:
    load(rules=[*make_document()["rules"], BOTH, ONE, ASKS], examples=[])


@pytest.mark.usefixtures("draft")
class TestTheDocument:
    def test_a_retired_record_is_not_in_it_and_no_record_names_it(self) -> None:
        retire(Need, "contract-review")

        assert "contract-review" not in section("needs")
        assert section("industries")["law-finance"]["needs"] == []
        assert section("rules")["both"]["needs"] == ["social-posts"]

    def test_a_row_whose_cell_would_be_empty_goes_along_rather_than_fit_more(self) -> None:
        retire(Need, "contract-review")

        assert "one" not in section("rules")
        assert left_out_now()["rules", "one"] == "it names no other goal than “Contract review”"

    def test_a_row_that_asks_for_a_retired_circumstance_goes_along(self) -> None:
        retire(Circumstance, "own-servers")

        assert "asks" not in section("rules")
        assert left_out_now()["rules", "asks"] == "it asks for “We have own servers”"

    def test_a_rule_that_leads_to_a_retired_kind_goes_along(self) -> None:
        retire(Category, "generative-media")

        assert "images" not in section("rules")

    @pytest.mark.parametrize(("kind", "make"), [("gates", make_gate), ("caveats", make_caveat), ("tools", make_tool)])
    def test_so_do_gates_caveats_and_tools(self, load: Load, kind: str, make: Any) -> None:
        rows = [make("one", categories=["combined"]), make("two", industries=["other"], categories=["language-model"])]
        load(**{kind: rows}, examples=[])
        retire(Category, "combined")

        assert list(section(kind)) == ["two"]

    def test_all_is_as_before_once_it_is_back(self) -> None:
        before = draft_document()
        for model, slug in ((Need, "contract-review"), (Circumstance, "own-servers"), (Industry, "other")):
            retire(model, slug)
        assert draft_document() != before
        for model, slug in ((Need, "contract-review"), (Circumstance, "own-servers"), (Industry, "other")):
            bring_back(model, slug)

        assert draft_document() == before

    def test_an_example_that_expects_a_retired_kind_goes_along(self, load: Load) -> None:
        load(examples=[make_example("firm", "industry=law-finance&need=contract-review", "language-model")])
        retire(Category, "language-model")

        assert section("examples") == {}

    def test_an_example_that_names_it_in_its_answers_fails_the_check(self, load: Load) -> None:
        load(examples=[make_example("firm", "industry=law-finance&need=contract-review", "language-model")])
        retire(Need, "contract-review")

        assert [finding.slug for finding in check_draft()[1] if finding.kind == "example"] == ["firm"]

    def test_a_claim_without_its_only_source_is_refused_and_not_published_bare(self) -> None:
        retire(Source, "article")

        catalogue, findings = check_draft()

        assert catalogue is None
        assert "names “article”, which is not in sources" in " ".join(finding.text for finding in findings)

    def test_so_is_half_of_a_kind_that_joins_two(self) -> None:
        retire(Category, "language-model")

        assert check_draft()[0] is None


class TestHoles:
    def found(self) -> list[str]:
        whole = whole_draft()
        return list(holes(whole, left_out(whole, retired())).values())

    def test_none_in_a_sound_draft(self, draft: None) -> None:
        assert self.found() == []

    def test_a_goals_usual_output(self, draft: None) -> None:
        retire(Modality, "figures")

        assert self.found() == ["has “Figures” as its usual kind of output. Choose another there first"]

    def test_a_claims_only_source(self, load: Load) -> None:
        sources = [make_source("article"), make_source("editors")]
        load(sources=sources, rules=[make_rule("all", "combined", sources=["article", "editors"])], examples=[])
        retire(Source, "editors")
        assert self.found() == []

        retire(Source, "article")
        assert any("as its only source" in text for text in self.found())

    def test_a_part_of_a_joined_kind(self, draft: None) -> None:
        retire(Category, "language-model")

        assert "joins “Language model” with another kind of AI. Retire the joined one first" in self.found()


def test_the_next_release_says_it_is_gone_and_the_old_one_still_has_it(publish: Publish, load: Load) -> None:
    narrow = make_rule("narrow", "combined", needs=["social-posts"], modalities=["text"])
    first = publish(rules=[*make_document()["rules"], narrow], examples=[])
    retire(Rule, "narrow")

    second = Release.publish(note="Retired one.")

    assert "narrow" in {rule.slug for rule in first.to_snapshot().compile().catalogue.rules}
    assert "narrow" not in {rule.slug for rule in second.to_snapshot().compile().catalogue.rules}


@pytest.mark.usefixtures("draft")
class TestFiles:
    """What comes in and goes out knows nothing of what is retired, and leaves it alone."""

    @pytest.fixture(autouse=True)
    def _retired(self, draft: None) -> None:
        retire(Need, "contract-review")
        retire(Rule, "both")

    def stored(self) -> list[Any]:
        kept = [(rule.slug, rule.retired_at, [need.slug for need in rule.needs.all()]) for rule in Rule.objects.all()]
        return [*kept, [(need.slug, need.retired_at) for need in Need.objects.all()]]

    def test_out_and_in_again_changes_nothing(self) -> None:
        document, stored = draft_document(), self.stored()
        catalogue, _ = importing.read_file(draftsheets.write(document), "draft.xlsx")

        assert importing.changes(document, catalogue) == ()
        replace_draft(catalogue)

        assert (draft_document(), self.stored()) == (document, stored)

    def test_what_comes_back_after_an_import_is_as_it_was(self) -> None:
        replace_draft(Catalogue.from_document(draft_document()))
        bring_back(Need, "contract-review")
        bring_back(Rule, "both")

        assert section("rules")["one"]["needs"] == ["contract-review"]
        assert section("rules")["both"]["needs"] == ["contract-review", "social-posts"]
        assert section("industries")["law-finance"]["needs"] == ["contract-review"]

    @pytest.mark.parametrize("slug", ["both", "one"])
    def test_a_file_does_not_bring_one_back_in_silence(self, slug: str) -> None:
        before, document = self.stored(), draft_document()
        document["rules"] = [*document["rules"], {**document["rules"][0], "slug": slug}]

        with pytest.raises(DocumentError, match="Bring it back first"):
            replace_draft(Catalogue.from_document(document))
        with pytest.raises(importing.BadFile, match="Sheet “Rules”, row 6") as refusal:
            importing.read_file(draftsheets.write(document), "draft.xlsx")

        assert "Bring it back first" in refusal.value.problems[0]
        assert self.stored() == before

    def test_a_file_does_not_take_away_what_one_of_them_names(self) -> None:
        before, document = self.stored(), draft_document()
        document["needs"] = [need for need in document["needs"] if need["slug"] != "social-posts"]

        with pytest.raises(DocumentError, match="the rule “both”, which is left out, still names it"):
            replace_draft(Catalogue.from_document(document))

        assert self.stored() == before

    def test_a_cell_that_a_file_empties_is_empty(self, load: Load) -> None:
        bring_back(Need, "contract-review")
        bring_back(Rule, "both")
        retire(Need, "social-posts")
        document = draft_document()
        document["rules"] = [{**rule, "needs": []} if rule["slug"] == "both" else rule for rule in document["rules"]]

        replace_draft(Catalogue.from_document(document))

        assert draft_document() == document


def test_deleting_what_a_retired_record_names_is_refused(draft: None) -> None:
    retire(Rule, "one")

    assert Rule.objects.get(slug="one") in Need.objects.get(slug="contract-review").used_by()


def test_a_draft_without_a_retired_record_takes_one_query_to_know(draft: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert left_out_now() == {}


def test_an_examples_expected_caveat_that_is_retired_is_expected_no_more(load: Load) -> None:
    load(
        examples=[
            make_example("firm", "industry=law-finance&need=contract-review", "language-model", caveats=["check-facts"])
        ]
    )
    Example.objects.get().caveats.update(retired_at=timezone.now())

    assert section("examples")["firm"]["caveats"] == []
