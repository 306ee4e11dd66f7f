"""A list put in order: by buttons, whole, and never over somebody else's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from advisor.admin.order import merged, moved_among
from advisor.models import AuditEntry, Industry, Modality, Rule
from advisor.models.document import DRAFT_MODELS
from tests.factory import make_modality, make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]

ADDRESS = "/admin/advisor/modality/order/"


@pytest.fixture
def client(editor: User, load: Load) -> Client:
    load()
    client = Client()
    client.force_login(editor)
    return client


def slugs() -> list[str]:
    return list(Modality.objects.values_list("slug", flat=True))


def numbers(order: Sequence[str]) -> list[int]:
    ids = dict(Modality.objects.values_list("slug", "pk"))
    return [ids[slug] for slug in order]


def seen(client: Client) -> str:
    return str(client.get(ADDRESS).context["seen"])


def save(client: Client, order: Sequence[str], **more: Any) -> Any:
    return client.post(ADDRESS, {"seen": seen(client), "order": numbers(order), "save": "1", **more})


def test_the_order_is_saved_and_told(client: Client) -> None:
    assert slugs() == ["text", "images", "figures"]

    response = save(client, ["figures", "text", "images"])

    assert (response.status_code, response["Location"]) == (303, "/admin/advisor/modality/")
    assert slugs() == ["figures", "text", "images"]
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.what, entry.who, entry.changes) == (
        "Changed the order of the list: modalities", "ada", {"figures": [3, 1]},
    )  # fmt: skip
    assert LogEntry.objects.get().change_message == "Moved from place 3 to place 1."


def test_only_the_rows_between_get_another_position(client: Client) -> None:
    before = dict(Modality.objects.values_list("slug", "position"))

    save(client, ["images", "text", "figures"])

    after = dict(Modality.objects.values_list("slug", "position"))
    assert after == {"images": before["text"], "text": before["images"], "figures": before["figures"]}


def test_equal_positions_are_told_apart(client: Client) -> None:
    Modality.objects.update(position=10)

    save(client, ["text", "images", "figures"])

    assert slugs() == ["text", "images", "figures"]
    assert list(Modality.objects.values_list("position", flat=True)) == [10, 20, 30]


@pytest.mark.parametrize(
    ("move", "order"),
    [
        ("up:images", ["images", "text", "figures"]),
        ("up:text", ["text", "images", "figures"]),
        ("down:images", ["text", "figures", "images"]),
        ("top:figures", ["figures", "text", "images"]),
        ("sideways:figures", ["text", "images", "figures"]),
    ],
)
def test_without_a_script_a_button_moves_one_and_saves_nothing(client: Client, move: str, order: list[str]) -> None:
    verb, _, slug = move.partition(":")

    response = save(client, slugs(), move=f"{verb}:{numbers([slug])[0]}")

    assert [row.slug for row, *_ in response.context["rows"]] == order
    assert slugs() == ["text", "images", "figures"]
    assert AuditEntry.objects.count() == 0


def test_moves_add_up_until_they_are_saved(client: Client) -> None:
    first = save(client, slugs(), move=f"top:{numbers(['figures'])[0]}")
    order = [row.slug for row, *_ in first.context["rows"]]
    second = save(client, order, move=f"up:{numbers(['images'])[0]}")

    save(client, [row.slug for row, *_ in second.context["rows"]])

    assert slugs() == ["figures", "images", "text"]
    assert "Images is number 2 of 3. Not saved yet." in second.content.decode()


class TestTwoAtOnce:
    @pytest.fixture
    def late(self, client: Client) -> Any:
        """Saves an order over a list that somebody else put into another one after the page was opened."""
        opened = seen(client)
        save(client, ["images", "text", "figures"])
        return client.post(ADDRESS, {"seen": opened, "order": numbers(["figures", "text", "images"]), "save": "1"})

    def test_the_second_is_refused_and_sees_both(self, late: Any) -> None:
        page = late.content.decode()

        assert late.status_code == 409
        assert slugs() == ["images", "text", "figures"]
        assert "Somebody else changed this list meanwhile" in page
        assert [row.slug for row, *_ in late.context["rows"]] == ["figures", "text", "images"]
        assert late.context["theirs"] == ["Images", "Text", "Figures"]

    def test_the_second_keeps_their_own_by_saving_again(self, client: Client, late: Any) -> None:
        order = [row.pk for row, *_ in late.context["rows"]]

        response = client.post(ADDRESS, {"seen": late.context["seen"], "order": order, "save": "1"})

        assert response.status_code == 303
        assert slugs() == ["figures", "text", "images"]

    def test_what_came_and_went_meanwhile_is_neither_lost_nor_brought_back(self, client: Client) -> None:
        opened, order = seen(client), numbers(["figures", "images", "text"])
        Modality.objects.create(slug="scents", name="Scents", phrase="scents", position=15)
        Rule.objects.all().delete()
        Modality.objects.filter(slug="images").delete()

        response = client.post(ADDRESS, {"seen": opened, "order": order, "save": "1"})

        assert response.status_code == 409
        assert [row.slug for row, *_ in response.context["rows"]] == ["figures", "text", "scents"]

    def test_one_who_wants_the_same_is_not_stopped(self, client: Client) -> None:
        opened = seen(client)
        save(client, ["images", "text", "figures"])

        response = client.post(ADDRESS, {"seen": opened, "order": numbers(["images", "text", "figures"]), "save": "1"})

        assert response.status_code == 303

    def test_a_save_of_another_field_does_not_stand_in_the_way(self, client: Client) -> None:
        opened = seen(client)
        Modality.objects.filter(slug="text").update(name="Words")

        response = client.post(ADDRESS, {"seen": opened, "order": numbers(["images", "text", "figures"]), "save": "1"})

        assert response.status_code == 303


def test_nonsense_is_no_order(client: Client) -> None:
    response = client.post(ADDRESS, {"seen": seen(client), "order": ["x", "-1", "9" * 30, "²", "7777"], "save": "1"})

    assert response.status_code == 303
    assert slugs() == ["text", "images", "figures"]


@pytest.mark.parametrize("model", DRAFT_MODELS.values(), ids=DRAFT_MODELS)
def test_every_list_of_the_draft_has_an_order_and_leads_to_it(client: Client, model: Any) -> None:
    name = f"admin:advisor_{model._meta.model_name}"

    assert client.get(reverse(f"{name}_order")).status_code == 200
    assert reverse(f"{name}_order") in client.get(reverse(f"{name}_changelist")).content.decode()


def test_markup_in_a_name_is_shown_as_text(client: Client) -> None:
    Industry.objects.filter(slug="other").update(name="<script>x</script>{{ 7|add:7 }}")

    page = client.get("/admin/advisor/industry/order/").content.decode()

    assert "&lt;script&gt;x&lt;/script&gt;{{ 7|add:7 }}" in page
    assert "<script>x" not in page


def test_a_long_list_makes_as_many_queries_as_a_short_one(client: Client, load: Load) -> None:
    client.get("/admin/advisor/rule/order/")
    with CaptureQueriesContext(connection) as few:
        client.get("/admin/advisor/rule/order/")
    load(rules=[make_rule(f"rule-{number}", "combined", needs=["calculators"]) for number in range(60)])
    with CaptureQueriesContext(connection) as many:
        client.get("/admin/advisor/rule/order/")

    assert len(many) == len(few)


def test_a_long_list_is_saved_in_few_queries(client: Client, load: Load) -> None:
    load(modalities=[make_modality(slug) for slug in ("text", "images", "figures", *(f"m{n}" for n in range(100)))])
    order = list(reversed(slugs()))

    with CaptureQueriesContext(connection) as queries:
        save(client, order)

    assert slugs() == order
    assert sum(query["sql"].startswith("UPDATE") for query in queries) <= 2


@given(st.permutations(range(8)))
def test_the_rows_that_were_not_moved_kept_their_order(after: list[int]) -> None:
    stayed = [pk for pk in after if pk not in moved_among(range(8), after)]

    assert stayed == sorted(stayed)
    assert len(moved_among(range(8), after)) < 8


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9), unique=True))
def test_an_order_has_each_stored_row_once(sent: list[int], stored: list[int]) -> None:
    assert sorted(merged(sent, stored)) == sorted(stored)
