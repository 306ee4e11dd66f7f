"""Editors' texts stay text: nothing planted in a release can run, send a request or be taken for a template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.decision.catalogue import Catalogue, canonical, checksum
from tests.browser.conftest import Visitor
from tests.browser.site import Site, served
from tests.content.shipped import DOCUMENT

pytestmark = pytest.mark.browser

PLANTED = (
    '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    '<b hx-get="/readyz?planted" hx-trigger="load" hx-on:click="1">planted</b>'
    "<i data-hx-get='/readyz?planted' data-hx-trigger='load'></i></style></title><base href=//evil.example>"
    "{{ settings.SECRET_KEY }}{% debug %}"
)
TEXTS = frozenset(
    [
        "name",
        "short_name",
        "phrase",
        "plate",
        "summary",
        "training",
        "help",
        "because",
        "look_for",
        "action",
        "text",
        "status",
        "contested",
        "what_for",
        "limits",
        "maker",
        "price_model",
        "data_use",
        "tie",
        "meaning",
        "title",
        "publisher",
        "dated",
        "note",
        "retry",
        "strengths",
    ]
)
PAGES = [
    "/",
    "/advice/industry/",
    "/advice/goals/?industry=other&need=chatbot",
    "/advice/output/?industry=other&need=chatbot",
    "/advice/circumstances/?industry=other&need=chatbot&modality=text",
    "/advice/check/?industry=other&need=summaries&modality=audio&fact=none",
    "/advice/?industry=other&need=chatbot&need=forecast&need=fraud&modality=audio&fact=personal-data&fact=no-checker",
    "/advice/?industry=healthcare&need=diagnosis&modality=figures&fact=health-data&fact=no-checker",
    "/how-it-decides/",
    "/kinds-of-ai/",
    "/tools/",
    "/glossary/",
]


def with_planted(value: Any) -> Any:
    return [f"{text} {PLANTED}" for text in value] if isinstance(value, list) else f"{value} {PLANTED}"


@pytest.fixture(scope="module")
def hostile(set_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The shipped release with markup planted into every text. It has no database: the release file is enough."""
    data = tmp_path_factory.mktemp("hostile")
    for folder in ("static", "static-names"):
        (data / folder).symlink_to(set_up / folder)
    planted = {
        section: [
            {name: with_planted(value) if name in TEXTS else value for name, value in record.items()}
            for record in records
        ]
        for section, records in DOCUMENT.items()
    }
    document = Catalogue.from_document(planted).to_document()
    snapshot = {
        "number": 1,
        "sha256": checksum(document),
        "published_at": "2026-11-24T12:00:00+00:00",
        "note": PLANTED,
        "document": canonical(document).decode(),
    }
    (data / "current-release.json").write_text(json.dumps(snapshot), encoding="utf-8")
    with served(data, ready="/healthz") as site:
        yield site


def test_nothing_planted_acts(visit: Any, hostile: Site) -> None:
    visitor: Visitor = visit(at=hostile)

    for address in PAGES:
        page = visitor.open(address)
        page.wait_for_function("() => window.htmx")
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src=x], main script, base, [onerror], i[data-hx-get], b[hx-get]").count() == 0, address
        assert page.locator("main").get_by_text("{{ settings.SECRET_KEY }}{% debug %}").count() > 0, address
        assert page.title().endswith("Signpost")
        page.close()

    assert not [address for address in visitor.requests if "planted" in address]


def test_nor_does_it_after_a_swap(visit: Any, hostile: Site) -> None:
    visitor: Visitor = visit(at=hostile)
    page = visitor.open("/advice/goals/?industry=other")
    page.wait_for_function("() => window.htmx")

    page.locator("#need-chatbot").check()
    page.locator("#so-far .arm").wait_for()
    page.locator("button.btn").click()
    page.locator("#modality-text").check()
    page.locator("button.btn").click()
    page.locator("#fact-personal-data").check()
    page.locator("button.btn").click()
    page.get_by_role("link", name="Show the advice").click()
    page.locator(".plate").wait_for()
    page.wait_for_load_state("networkidle")

    assert page.locator("img[src=x], main script, base, [onerror]").count() == 0
    assert not [address for address in visitor.requests if "planted" in address]
