from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import ProtectedError

from advisor.decision.catalogue import Catalogue, DocumentError, canonical, fields_of
from advisor.models import Circumstance, Modality, Need, Rule, Source, Term
from advisor.models.document import DRAFT_MODELS, draft_document, replace_draft
from tests.factory import CLAIM, make_document, make_need, make_rule, make_source, make_term

pytestmark = pytest.mark.django_db
Load = Callable[..., None]
DRAFT_ONLY = {"looks_after", "retired_at"}
"""What a table holds that no document does."""


@pytest.mark.parametrize("section", Catalogue.SECTIONS)
def test_a_draft_table_has_the_fields_of_its_records(section: str) -> None:
    own = {field.name for field in DRAFT_MODELS[section]._meta.get_fields() if not field.auto_created}

    assert own - DRAFT_ONLY == {*fields_of(Catalogue.SECTIONS[section]), "position"}


@pytest.mark.parametrize("model", DRAFT_MODELS.values())
def test_every_field_has_help(model: type[models.Model]) -> None:
    fields = [*model._meta.concrete_fields, *model._meta.many_to_many]

    assert [field.name for field in fields if field.name != "id" and not field.help_text] == []


def test_a_loaded_document_comes_back_equal() -> None:
    catalogue = Catalogue.from_document(make_document())

    replace_draft(catalogue)

    assert Catalogue.from_document(draft_document()) == catalogue


def test_lists_come_in_the_editors_order(load: Load) -> None:
    load(needs=[make_need("z", "text", "images"), make_need("a", "figures")], industries=[], rules=[], examples=[])
    Modality.objects.filter(slug="images").update(position=1)

    needs = draft_document()["needs"]

    assert [need["slug"] for need in needs] == ["z", "a"]
    assert needs[0]["modalities"] == ["images", "text"]


def test_loading_again_keeps_ids_and_deletes_what_is_gone(load: Load) -> None:
    load()
    before = Rule.objects.get(slug="text").pk

    load(rules=[make_rule("text", "language-model"), make_rule("new", "generative-media", modalities=["images"])])

    assert set(Rule.objects.values_list("slug", flat=True)) == {"text", "new"}
    assert Rule.objects.get(slug="text").pk == before
    assert not Rule.objects.get(slug="text").modalities.exists()


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        pytest.param(make_source(title="x" * 201), "at most 200 characters", id="too long"),
        pytest.param(make_source(url="http://example.org/"), "starts with https://", id="no https"),
        pytest.param(make_source(url="javascript:alert(1)"), "starts with https://", id="script"),
        pytest.param(make_source(url="//evil.test/"), "starts with https://", id="other host"),
        pytest.param(make_source(title="pay \u202eeno"), "unseen or control characters", id="turned round"),
        pytest.param(make_source(title="cafe\u0301"), "not composed", id="not composed"),
    ],
)
def test_a_text_that_the_tables_would_not_keep_is_named_and_nothing_is_loaded(
    load: Load, source: dict[str, Any], problem: str
) -> None:
    load()
    before = canonical(draft_document())

    with pytest.raises(DocumentError) as refused:
        load(sources=[source], terms=[])

    [(section, record, text)] = refused.value.problems
    assert (section, record) == ("sources", "article")
    assert problem in text
    assert canonical(draft_document()) == before


def test_a_source_may_be_a_page_of_ours() -> None:
    Source(slug="editors", title="Our own judgement", publisher="Signpost", url="/how-it-decides/").full_clean()


def test_reviewing_before_checking_is_refused() -> None:
    document = make_document(terms=[make_term("token", review_by="2026-01-01")])

    with pytest.raises(DocumentError, match="terms, token: field “review_by”: This day lies before"):
        replace_draft(Catalogue.from_document(document))
    with pytest.raises(IntegrityError):
        Term.objects.create(slug="x", name="x", meaning="x", **{**_dates(), "review_by": "2026-01-01"})


def test_whatever_way_it_arrives_a_text_is_stored_tidy() -> None:
    circumstance = Circumstance.objects.create(
        slug="x", name=" Our\tcafe\u0301\u202e ", phrase="you\r\nhave a café\x00", offers=["hosted"]
    )

    circumstance.refresh_from_db()

    assert circumstance.name == "Our café"
    assert circumstance.phrase == "you have a café"
    assert circumstance.offers == ["hosted"]


@pytest.mark.parametrize("slug", ["Law", "law_finance", "law--finance", "-law", "läw", "law\n", "раy"])
def test_a_slug_that_could_mislead_is_refused(slug: str) -> None:
    with pytest.raises(ValidationError, match="lower-case"):
        Modality(slug=slug, name="Law", phrase="law").full_clean()


def test_an_unknown_way_of_offering_is_refused() -> None:
    with pytest.raises(ValidationError, match="is not one of"):
        Circumstance(slug="x", name="x", phrase="x", offers=["by-post"]).full_clean()


def test_a_new_entry_goes_last(load: Load) -> None:
    load()

    video = Modality.objects.create(slug="video", name="Video", phrase="video")

    assert list(Modality.objects.all())[-1] == video


def test_what_is_in_use_can_not_be_deleted(load: Load) -> None:
    load()
    circumstance = Circumstance.objects.get(slug="personal-data")

    with pytest.raises(ProtectedError, match="is still used by Protect-data"):
        circumstance.delete()

    assert Circumstance.objects.contains(circumstance)


def test_what_nothing_names_can_be_deleted(load: Load) -> None:
    load()

    Circumstance.objects.get(slug="own-servers").delete()

    assert not Circumstance.objects.filter(slug="own-servers").exists()


def test_natural_keys_are_slugs(load: Load) -> None:
    load()
    need = Need.objects.get(slug="calculators")

    assert Need.objects.get_by_natural_key(*need.natural_key()) == need


def _dates() -> dict[str, Any]:
    return {name: value for name, value in CLAIM.items() if name != "sources"}
