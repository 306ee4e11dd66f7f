"""Dates that can't be meant are refused beside their field, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from advisor.models import Source, Term

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(editor: User, load: Callable[..., None]) -> Client:
    load()
    client = Client()
    client.force_login(editor)
    return client


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("checked_on", "review_by", "field", "said"),
    [
        (day(0), day(-1), "review_by", "This day lies before the day on which it was checked."),
        (day(3), day(90), "checked_on", "This day lies ahead."),
        ("0206-11-24", day(90), "checked_on", "No source was read before 2000."),
        (day(0), "2206-11-24", "review_by", "This is more than 5 years after it was checked."),
        (day(0), "2027-02-30", "review_by", "Enter a valid date."),
        ("", day(90), "checked_on", "This field is required."),
    ],
)
def test_a_date_that_cannot_be_meant_is_refused_beside_it(
    client: Client, checked_on: str, review_by: str, field: str, said: str
) -> None:
    typed = {
        "name": "Prompt",
        "slug": "prompt",
        "meaning": "What you type.",
        "sources": [Source.objects.values_list("pk", flat=True)[0]],
        "checked_on": checked_on,
        "review_by": review_by,
        "position": 0,
    }

    form = client.post("/admin/advisor/term/add/", typed).context["adminform"].form

    assert [error for error in form.errors[field] if error.startswith(said)]
    assert list(form.errors) == [field]
    assert (form["meaning"].value(), form["review_by"].value()) == ("What you type.", review_by)
    assert not Term.objects.filter(slug="prompt").exists()


@pytest.mark.parametrize("ahead", [0, 1])
def test_today_counts_wherever_the_editor_is(client: Client, ahead: int) -> None:
    source = Source.objects.values_list("pk", flat=True)[0]
    typed = {"name": "Prompt", "slug": "prompt", "meaning": "What you type.", "sources": [source], "position": 0}

    client.post("/admin/advisor/term/add/", {**typed, "checked_on": day(ahead), "review_by": day(90)})

    assert Term.objects.filter(slug="prompt").exists()
