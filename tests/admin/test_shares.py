"""Where all cases end, on the pages that show it before something goes live."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import strip_tags

from advisor.models import Gate
from tests.conftest import Publish

pytestmark = pytest.mark.django_db


def words(html: str) -> str:
    return " ".join(strip_tags(html.replace("</td>", " ").replace("</th>", " ")).split())


def test_a_stricter_gate_moves_cases_from_prepare_first_to_not_yet(editor: User, publish: Publish) -> None:
    publish()
    client = Client()
    client.force_login(editor)
    gate = Gate.objects.filter(level="prepare")[0]
    gate.level = "not-yet"
    gate.save()
    page = client.get("/admin/advisor/release/publish/")
    levels = {share["level"]: share for share in page.context["levels"]}

    assert levels["not-yet"]["after"] > levels["not-yet"]["before"]
    assert levels["prepare"]["after"] < levels["prepare"]["before"]
    for share in levels.values():
        assert (
            f"{share['before']:,} {share['before_percent']} % {share['after']:,} {share['after_percent']} %"
            in words(page.content.decode())
        )
    assert sum(share["after"] for share in levels.values()) == page.context["cases"]
    assert all(share["before"] == share["after"] for share in page.context["shares"])
