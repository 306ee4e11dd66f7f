"""Every address of the site, with whatever may stand in it and around it."""

from __future__ import annotations

import itertools
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.conftest import Undone, World
from tests.fuzz.hostile import (
    BODIES,
    CONTENT_TYPES,
    HEADERS,
    MARKER,
    METHODS,
    NAMES,
    TEXTS,
    any_text,
    check,
    encoded,
    headers,
    queries,
    tries,
)
from tests.test_roles import routes

pytestmark = pytest.mark.django_db

PART = re.compile(r"<(?:\w+:)?\w+>|\(\?P<\w+>[^)]*\)\$?")


def path_of(route: str, texts: list[str]) -> str:
    """The route with its parts filled in, one after the other."""
    rest = iter(texts * 3)
    return "/" + PART.sub(lambda _: quote(next(rest), safe="", errors="surrogatepass"), route)


ROUTES = sorted(set(routes()))
PUBLIC_ROUTES = [route for route in ROUTES if not route.startswith("admin/") or "login" in route or "first-" in route]
part_texts = st.lists(any_text, min_size=1, max_size=3)
odd_path = st.text(alphabet="/\\.%20F-a:?#<>\"';@\x00\xff", max_size=30).map(lambda text: "/" + quote(text, safe="/%"))


def paths(known: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(known), part_texts).map(lambda drawn: path_of(*drawn))


@given(st.data())
@tries(400)
def test_whatever_a_visitor_asks_for_gets_an_honest_answer(world: World, undone: Undone, data: st.DataObject) -> None:
    method, path = data.draw(st.sampled_from(METHODS)), data.draw(paths(PUBLIC_ROUTES) | st.sampled_from(world.public))
    query, around = data.draw(queries), data.draw(headers)
    kind, body = data.draw(st.sampled_from(CONTENT_TYPES)), data.draw(st.sampled_from(BODIES))

    with undone():
        answer = world.visitor(method, path, query=query, body=body, kind=kind, **around)

    check(answer, f"{method} {path}?{query} {around} {kind} {body!r}")
    if not path.startswith("/admin/") and "COOKIE" not in around:  # Django deletes a cookie that it can't have made
        assert "Set-Cookie" not in answer.headers


@given(st.data())
@tries(250)
def test_so_does_what_staff_ask_for(world: World, undone: Undone, data: st.DataObject) -> None:
    path, query = data.draw(paths(ROUTES) | st.sampled_from(world.staff)), data.draw(queries)
    method, around = data.draw(st.sampled_from(METHODS)), data.draw(headers)
    around.pop("COOKIE", None)
    kind, body = data.draw(st.sampled_from(CONTENT_TYPES)), data.draw(st.sampled_from(BODIES))

    with undone():
        answer = world.superuser(method, path, query=query, body=body, kind=kind, **around)

    check(answer, f"{method} {path}?{query} {around} {kind} {body!r}")


@given(path=odd_path, query=queries)
@tries(100)
def test_an_address_that_is_nobodys_does_too(world: World, path: str, query: str) -> None:
    check(world.visitor("GET", path, query=query), f"{path}?{query}")


@pytest.mark.any_database
def test_every_page_takes_each_odd_text_and_each_odd_name(world: World, undone: Undone) -> None:
    """In order, not at random: no page is left out, and no text."""
    odd = encoded([(name, MARKER) for name in NAMES]), encoded([("industry", text) for text in TEXTS])
    for number, path in enumerate([*world.public, *world.staff]):
        who = world.superuser if path.startswith("/admin/") else world.visitor
        name, text = NAMES[number % len(NAMES)], TEXTS[number % len(TEXTS)]
        for query in (*odd, encoded([(name, text)]), encoded([("format", "json"), (name, text)])):
            with undone():
                check(who("GET", path, query=query), f"{path}?{query}")


def test_every_odd_header_is_taken_by_a_page_a_form_and_the_admin(world: World, undone: Undone) -> None:
    asked = [("GET", "/advice/industry/"), ("POST", "/advice/goals/find/"), ("GET", "/admin/login/")]
    for name, values in HEADERS.items():
        for value in [*values, MARKER]:
            for method, path in asked:
                around = {"SEC_FETCH_SITE": "same-origin", name: value}
                with undone():
                    answer = world.visitor(method, path, body=b"find=a", kind=CONTENT_TYPES[0], **around)
                check(answer, f"{method} {path} {name}: {value}")


def test_every_odd_body_is_taken_by_a_form(world: World, undone: Undone) -> None:
    asked = [
        (world.visitor, "/advice/goals/find/"),
        (world.visitor, "/talk/"),
        (world.superuser, "/admin/import-export/"),
    ]
    for number, (kind, body) in enumerate(itertools.product(CONTENT_TYPES, BODIES)):
        who, path = asked[number % len(asked)]
        with undone():
            answer = who("POST", path, query="industry=other", body=body, kind=kind, SEC_FETCH_SITE="same-origin")
        check(answer, f"POST {path} {kind} {body!r}")
    for kind in CONTENT_TYPES:
        check(world.visitor("GET", "/advice/industry/", kind=kind), f"GET {kind}")
