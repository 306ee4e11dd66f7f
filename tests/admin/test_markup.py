"""Markup and template syntax in any text of the draft: shown as text on every page, never run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from advisor import published
from advisor.models import Release
from advisor.models.document import DRAFT_MODELS
from advisor.models.fields import LineField, LinesField, LinkField, OffersField, ProseField

pytestmark = pytest.mark.django_db

PLANT = "<script>alert(1)</script>{{ settings.SECRET_KEY }}{% load x %}"
SHORT = "<img src=x onerror=a()>{{ 7|add:70 }}"
"""For fields of forty characters."""
SHOWN = ("&lt;script&gt;alert(1)&lt;/script&gt;{{ settings.SECRET_KEY }}{% load x %}", "&lt;img src=x onerror=a()&gt;")

ANSWERS = "industry=law-finance&need=contract-review&need=social-posts&modality=text&modality=images&fact=personal-data"
WORKPLACE = (
    "/admin/",
    "/admin/advisor/release/publish/",
    "/admin/advisor/release/impact/",
    "/admin/simulator/",
    f"/admin/simulator/?{ANSWERS}",
    "/admin/simulator/coverage/",
    "/admin/shelf-life/",
    "/admin/advisor/auditentry/",
)
VISITORS = (
    "/",
    "/advice/industry/",
    "/advice/goals/?industry=law-finance",
    f"/advice/check/?{ANSWERS}",
    f"/advice/?{ANSWERS}",
    f"/advice/record/?{ANSWERS}",
    "/how-it-decides/",
    "/kinds-of-ai/",
    "/tools/",
    "/glossary/",
)


def texts(model: type[models.Model]) -> Iterator[str]:
    """Every field in which an editor writes freely."""
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, LineField | ProseField | LinesField) and not isinstance(
            field, LinkField | OffersField
        )
        if is_text and field.name != "answers":
            yield field.name


def planted(model: type[models.Model], name: str) -> Any:
    field: Any = model._meta.get_field(name)
    if isinstance(field, LinesField):
        return [PLANT]
    return PLANT if field.max_length >= len(PLANT) else SHORT


@pytest.fixture
def client(editor: User, load: Callable[..., None]) -> Client:
    """Logged in as an editor, with a draft in which every text tries to be more than that."""
    load()
    for model in DRAFT_MODELS.values():
        for row in model.objects.all():
            for name in texts(model):
                setattr(row, name, planted(model, name))
            row.clean_fields()
            row.save()
    client = Client()
    client.force_login(editor)
    return client


def faults(address: str, response: Any, *, shows: bool = True) -> list[str]:
    page = response.content.decode()
    found = [f"{address}: {response.status_code}"] if response.status_code != 200 else []
    if "<script>alert" in page or "<img src=x" in page or "onerror=a()>" in page:
        found.append(f"{address}: markup that an editor typed is part of the page")
    if settings.SECRET_KEY in page or "{77" in page or ">77<" in page:
        found.append(f"{address}: a template that an editor typed was run")
    if shows and not any(shown in page for shown in SHOWN):
        found.append(f"{address}: does not show the text")
    return found


@pytest.mark.parametrize("model", DRAFT_MODELS.values(), ids=DRAFT_MODELS)
def test_every_page_of_a_table_shows_it_as_text(client: Client, model: Any) -> None:
    name, entry = f"admin:advisor_{model._meta.model_name}", model.objects.first()
    change = reverse(f"{name}_change", args=[entry.pk])
    addresses = [
        change,
        reverse(f"{name}_changelist"),
        reverse(f"{name}_order"),
        f"{reverse(f'{name}_add')}?copy={entry.pk}",
    ]
    fields = {field: "\n".join(value) if isinstance(value := planted(model, field), list) else value
              for field in texts(model)}  # fmt: skip
    many = {"records": str(entry.pk), "show": "1", "set_review_by": "2027-11-01"}

    wrong = [fault for address in addresses for fault in faults(address, client.get(address))]
    for page in ("history", "delete"):  # of a rule, which has no name
        address = reverse(f"{name}_{page}", args=[entry.pk])
        wrong += faults(address, client.get(address), shows=model._meta.model_name != "rule")
    if model._meta.model_name != "example":  # which no visitor's page shows in full
        wrong += faults("look", client.post(reverse(f"{name}_look"), fields))
    if "review_by" in {field.name for field in model._meta.concrete_fields}:
        wrong += faults("several", client.post(reverse(f"{name}_several"), many))
    wrong += faults("a refused form", client.post(change, fields))

    assert not wrong, "\n".join(wrong)


def test_every_other_page_of_the_workplace_shows_it_as_text(client: Client) -> None:
    entry: Any = DRAFT_MODELS["terms"].objects.first()
    fields = {"name": PLANT, "meaning": SHORT, "position": 10, "checked_on": "2026-11-24", "review_by": "2026-11-24"}
    sources = [source.pk for source in entry.sources.all()]
    client.post(reverse("admin:advisor_term_change", args=[entry.pk]), {**fields, "sources": sources})

    wrong = [
        fault
        for address in WORKPLACE
        for fault in faults(address, client.get(address), shows="impact" not in address)  # of no release
    ]

    assert not wrong, "\n".join(wrong)


def test_so_does_every_page_of_a_visitor_once_it_is_published(client: Client) -> None:
    Release.publish(note=PLANT, force=True)
    published.sync()

    wrong = [fault for address in VISITORS for fault in faults(address, client.get(address))]
    for address in WORKPLACE:
        wrong += faults(address, client.get(address), shows=False)

    assert not wrong, "\n".join(wrong)
