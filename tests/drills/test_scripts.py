"""A visitor's browser gets no scripts, or not all of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Route

from tests.browser.test_journey import ALL, whole_way


def missing(route: Route) -> None:
    route.fulfill(status=404, body="")


def blocked(route: Route) -> None:
    route.abort("aborted")


@pytest.mark.drill("F26", "Scripts answer 404, or are blocked; htmx alone is blocked")
@pytest.mark.parametrize(
    ("files", "how"),
    [("**/*.js", missing), ("**/*.js", blocked), ("**/*htmx*.js", blocked)],
    ids=["missing", "blocked", "htmx blocked"],
)
def test_the_whole_way_leads_to_the_same_advice(visit: Any, seen: Any, files: str, how: Any) -> None:
    visitor = visit(expected={404})
    visitor.context.route(files, how)
    page = visitor.open()

    whole_way(page)

    assert urlsplit(page.url).path == "/advice/"
    assert set(parse_qsl(urlsplit(page.url).query)) == set(parse_qsl(ALL))
    seen("the whole way by plain forms")
