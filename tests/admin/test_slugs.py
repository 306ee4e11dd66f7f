"""A slug is settled as soon as a record is saved, and a label can be changed at any time."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from advisor.decision.answers import read
from advisor.decision.recommend import recommend
from advisor.models import Modality, Need, Release
from advisor.models.bases import Entry
from advisor.models.document import DRAFT_MODELS
from tests.conftest import Publish

pytestmark = pytest.mark.django_db
every_draft_model = pytest.mark.parametrize("model", DRAFT_MODELS.values(), ids=DRAFT_MODELS)


@pytest.fixture
def client(editor: User, publish: Publish) -> Client:
    publish()
    client = Client()
    client.force_login(editor)
    return client


def filled_in(client: Client, entry: Entry) -> dict[str, Any]:
    """What the record's form holds when it is opened."""
    page = reverse(f"admin:advisor_{entry._meta.model_name}_change", args=[entry.pk])
    initial = client.get(page).context["adminform"].form.initial
    fields = {name: value for name, value in initial.items() if value not in (None, "", False)}
    plain = {
        name: [getattr(one, "pk", one) for one in value] for name, value in fields.items() if isinstance(value, list)
    }
    lines = {
        name: "\n".join(map(str, value)) for name, value in plain.items() if name in ("words", "strengths", "limits")
    }
    return {**fields, **plain, **lines, "_seen": page}


@every_draft_model
def test_a_slug_that_a_release_has_stays(client: Client, model: type[Entry]) -> None:
    entry = model.objects.all()[0]
    fields = filled_in(client, entry)

    response = client.post(fields.pop("_seen"), {**fields, "slug": "another"})

    assert response.status_code == 302
    assert model.objects.get(pk=entry.pk).slug == entry.slug


def test_so_does_one_that_no_release_has_yet(client: Client) -> None:
    client.post(
        reverse("admin:advisor_modality_add"), {"name": "Smells", "slug": "smells", "phrase": "smells", "position": 0}
    )
    added = Modality.objects.get(slug="smells")

    page = reverse("admin:advisor_modality_change", args=[added.pk])
    shown = client.get(page)
    client.post(page, {"name": "Scents", "slug": "scents", "phrase": "scents", "position": 10})

    assert 'name="slug"' not in shown.content.decode()
    assert "so it can't change later" in shown.content.decode()
    assert Modality.objects.get(pk=added.pk).slug == "smells"
    assert Modality.objects.get(pk=added.pk).name == "Scents"


def test_a_new_label_changes_no_address_and_no_advice(client: Client) -> None:
    before = Release.objects.current().to_snapshot().compile()
    pairs = [("industry", "law-finance"), ("need", "contract-review"), ("modality", "text")]
    Need.objects.filter(slug="contract-review").update(name="Look through agreements", phrase="look through agreements")
    Modality.objects.filter(slug="text").update(name="Words", phrase="words")
    after = Release.publish(note="New labels.").to_snapshot().compile()

    (old, told), (new, told_now) = (read(pairs, release.catalogue) for release in (before, after))

    assert (told, told_now) == ((), ())
    assert old.pairs() == new.pairs()
    assert recommend(before, old).headline.category.slug == recommend(after, new).headline.category.slug
    assert "look through agreements" in "".join(
        part.text for _, reason in recommend(after, new).verdicts[0].reasons for part in reason
    )
