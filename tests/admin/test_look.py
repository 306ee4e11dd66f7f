"""Beside a form: the record as a visitor will read it. Below its texts: how hard they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from advisor.admin.look import SEEN_BY_VISITORS
from advisor.models import AuditEntry, Category, Caveat, Circumstance, Gate, Industry, Modality, Need, Rule, Source
from advisor.models.document import DRAFT_MODELS
from advisor.roles import PUBLISHER, make_roles
from tests.factory import make_term

pytestmark = pytest.mark.django_db
Load = Callable[..., None]

BY_SCRIPT = {"X-Part": "look"}


@pytest.fixture
def client(editor: User, load: Load) -> Client:
    load()
    client = Client()
    client.force_login(editor)
    return client


def address(model: type[Model]) -> str:
    return reverse(f"admin:advisor_{model._meta.model_name}_look")


def pk(model: type[Model], slug: str) -> Any:
    return model._default_manager.get(slug=slug).pk


def looked(client: Client, model: type[Model], **fields: Any) -> str:
    response = client.post(address(model), fields, headers=BY_SCRIPT)
    assert response.status_code == 200
    return response.content.decode()


def test_a_rule_shows_its_arm_and_its_reason_with_the_visitors_words_marked(client: Client) -> None:
    page = looked(
        client,
        Rule,
        category=pk(Category, "language-model"),
        needs=[pk(Need, "social-posts")],
        modalities=[pk(Modality, "text")],
        industries=[pk(Industry, "law-finance")],
        circumstances=[pk(Circumstance, "personal-data")],
        because="Posts are text.",
        sources=[pk(Source, "article")],
    )

    assert 'data-category="language-model"' in page
    assert "<small>Social posts</small> <b>Language model</b>" in page
    assert (
        'Because you want to <mark class="words">social posts</mark> and ticked <mark class="words">text</mark>, for '
        '<mark class="words">a law finance business</mark>, and you said <mark class="words">you have personal data'
        "</mark>. Posts are text."
    ) in page
    assert "The article (Signpost)" in page


def test_what_is_not_filled_in_yet_does_not_stand_in_the_way(client: Client) -> None:
    assert "Half a reason" in looked(client, Rule, because="Half a reason", review_by="someday", needs="no-number")
    assert "Name someone" in looked(client, Gate, name="Name someone", level="")


@pytest.mark.parametrize("section", sorted(SEEN_BY_VISITORS))
def test_every_record_that_visitors_see_has_a_preview_beside_its_form(client: Client, section: str) -> None:
    model = DRAFT_MODELS[section]
    entry: Any = model.objects.first()

    stored = client.get(reverse(f"admin:advisor_{model._meta.model_name}_change", args=[entry.pk])).content.decode()
    new = client.get(reverse(f"admin:advisor_{model._meta.model_name}_add")).content.decode()

    card = stored.partition('id="look"')[2].partition("</section>")[0]
    text = getattr(entry, "because", "") or getattr(entry, "title", "") or entry.name
    assert text in card
    assert "As a visitor reads it" in new


def test_a_caveat_a_tool_and_a_word_are_shown_in_the_pieces_of_their_pages(client: Client) -> None:
    caveat = looked(client, Caveat, name="Tell people", text="They must know.", action="Say so.", severity="must")

    assert '<span class="flag must">Must</span>' in caveat
    assert "They must know. Say so." in caveat


def test_without_script_it_is_a_page_of_its_own(client: Client) -> None:
    response = client.post(address(Rule), {"because": "Typed and not saved."})
    page = response.content.decode()

    assert "Typed and not saved." in page
    assert "Nothing was saved." in page
    assert "<h1>As a visitor reads it</h1>" in page
    assert "no-store" in response["Cache-Control"]


def test_nothing_is_stored(client: Client) -> None:
    before = list(Rule.objects.values()), AuditEntry.objects.count()

    looked(client, Rule, because="Not stored.", category=pk(Category, "combined"), slug="text")

    assert (list(Rule.objects.values()), AuditEntry.objects.count()) == before


def test_whoever_may_only_read_the_draft_sees_the_stored_text_and_no_button(client: Client) -> None:
    make_roles()
    reader = User.objects.create_user("eve", is_staff=True)
    reader.groups.set(Group.objects.filter(name=PUBLISHER))
    client.force_login(reader)

    page = client.get(reverse("admin:advisor_rule_change", args=[pk(Rule, "text")])).content.decode()

    assert "Because of text." in page.partition('id="look"')[2]
    assert 'id="look-again"' not in page


def test_a_note_says_how_long_and_how_hard_a_text_is(client: Client) -> None:
    page = looked(client, Rule, because="Contracts are text, and this kind is made for text. It finds what you name.")

    assert '<span data-reading="because">15 words, reading grade 0.</span>' in page


def test_a_note_says_what_to_mend(client: Client) -> None:
    text = "An embedding of the organisational documentation " + "is put in a row with the others " * 4 + "by the API."

    page = looked(client, Rule, because=text)

    assert "Aim for grade 8 or lower: shorter sentences, shorter words." in page
    assert "A sentence has 41 words: aim for 25 or fewer." in page
    assert "Not in the glossary: “embedding”, “API”." in page


def test_what_the_glossary_explains_is_not_noted(client: Client, load: Load) -> None:
    load(terms=[make_term("embedding"), make_term("api", name="Programming interface (API)")])

    assert "glossary" not in looked(client, Rule, because="An embedding, by the API.")


def test_short_texts_have_no_grade_and_empty_ones_no_note(client: Client) -> None:
    page = looked(client, Rule, because="Too short.", look_for="")

    assert '<span data-reading="because">2 words.</span>' in page
    assert '<span data-reading="look_for"></span>' in page


def test_a_list_is_read_line_by_line(client: Client) -> None:
    page = looked(client, Category, strengths="Sums up long papers\r\nWrites letters and reads them aloud to you here")

    assert '<span data-reading="strengths">13 words, reading grade 1.</span>' in page


def test_the_stored_form_and_a_refused_one_have_the_notes_too(client: Client) -> None:
    change = reverse("admin:advisor_rule_change", args=[pk(Rule, "text")])

    stored = client.get(change).content.decode()
    refused = client.post(change, {"because": "Now there are five words."}).content.decode()

    assert '<span class="reading" data-reading="because">3 words.</span>' in stored
    assert '<span class="reading" data-reading="because">5 words.</span>' in refused


def test_a_form_makes_as_many_queries_for_many_rows_as_for_few(client: Client, load: Load) -> None:
    change = reverse("admin:advisor_rule_change", args=[pk(Rule, "text")])
    client.get(change)
    with CaptureQueriesContext(connection) as few:
        client.get(change)

    load(terms=[make_term(f"word-{number}") for number in range(40)])
    client.get(change)  # compiles and checks the changed draft
    with CaptureQueriesContext(connection) as many:
        client.get(change)

    assert len(many) == len(few)


def test_boxes_say_how_a_cell_joins_them(client: Client) -> None:
    page = client.get(reverse("admin:advisor_rule_add")).content.decode()
    industry = client.get(reverse("admin:advisor_industry_add")).content.decode()

    assert '<div id="id_needs" class="boxes any-of">' in page
    assert '<div id="id_circumstances" class="boxes all-of">' in page
    assert '<div id="id_sources" class="boxes listed">' in page
    assert '<div id="id_needs" class="boxes listed">' in industry  # it is no condition there


def test_a_kind_of_ai_has_its_mark_and_its_name_as_text(client: Client) -> None:
    Category.objects.filter(slug="combined").update(name="<b>Both</b>")

    page = client.get(reverse("admin:advisor_rule_add")).content.decode()

    assert '<use href="#m-combined"/></svg> <span>&lt;b&gt;Both&lt;/b&gt;</span>' in page
    assert 'id="m-combined"' in page


def test_a_look_costs_few_queries_since_it_is_sent_at_each_pause_in_typing(client: Client) -> None:
    looked(client, Rule, because="Typed.")

    with CaptureQueriesContext(connection) as queries:
        looked(client, Rule, because="Typed on.")

    assert len(queries) < 20
