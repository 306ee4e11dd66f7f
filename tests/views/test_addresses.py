"""Whatever an address holds: a page that says what was ignored, or a 400 that reads well. Never a 500 or silence."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit

import pytest
from django.test import Client
from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.decision.answers import SECTION_OF
from advisor.links import PAGE_KEYS
from tests.content.shipped import CATALOGUE
from tests.views.markup import Element, is_our_script, parse, see

PATHS = [
    "/advice/",
    "/advice/check/",
    "/advice/industry/",
    "/advice/goals/",
    "/advice/output/",
    "/advice/circumstances/",
    "/advice/so-far/",
]
KNOWN = {key: [entry.slug for entry in getattr(CATALOGUE, section)] for key, section in SECTION_OF.items()}
SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    SCRIPT,
    f'">{SCRIPT}',
    "' onmouseover='alert(1)",
    "{{ settings.SECRET_KEY }}",
    "{% debug %}",
    "//evil.example",
    "javascript:alert(1)",
    "../../etc/passwd",
    "' OR 1=1 --",
    "none",
    "None",
    "",
    "ÿ",
    "\u202ebidi",
    "\x00",
    "🚏",
    "a" * 70,
    "a" * 200,
]

known_pairs = st.sampled_from([(key, slug) for key, slugs in KNOWN.items() for slug in slugs])
key_parts = st.sampled_from(
    [*SECTION_OF, "answered", "format", "find", "utm_source", "budget", "_connector", "need__in"]
)
hostile_pairs = st.tuples(
    key_parts | st.sampled_from(HOSTILE) | st.text(max_size=12), st.sampled_from(HOSTILE) | st.text(max_size=20)
)
pairs = st.lists(known_pairs | hostile_pairs, max_size=12)
raw = st.text(alphabet="abn=&%+;?#/<>\"'0F2 \\[]", max_size=60)
queries = st.one_of(pairs.map(urlencode), raw.map(lambda text: quote(text, safe="=&%+;?/[]")))


def get(client: Client, path: str, query: str) -> tuple[int, str, str]:
    response = client.generic("GET", path, QUERY_STRING=query)
    return response.status_code, response.get("Location", ""), response.content.decode()


def check_inert(page: Element) -> None:
    """Nothing of an address can act on the page."""
    assert all(is_our_script(script) for script in page.all("script"))
    for element in page.walk():
        assert element.tag not in ("iframe", "object", "embed", "base")
        assert not [name for name in element.attributes if name.startswith("on")]
        for name in ("href", "action", "formaction", "hx-get", "hx-post"):
            target = element.get(name)
            assert (
                target is None
                or re.match(r"/(?!/)|#|https://|mailto:", target)
                or "canonical" in element.attributes.values()
            )


@settings(max_examples=100, deadline=None)
@given(path=st.sampled_from(PATHS), query=queries)
@example(path="/advice/", query="%")
@example(path="/advice/", query="need=%FF&industry=other")
@example(path="/advice/check/", query="industry=other;need=chatbot")
def test_any_address_gets_an_honest_answer(path: str, query: str) -> None:
    client = Client()
    status, location, html = get(client, path, query)

    for _ in range(3):
        if status != 302:
            break
        assert location.startswith("/advice/")
        status, location, html = get(client, *location.split("?", 1)) if "?" in location else get(client, location, "")

    assert status in (200, 400, 422)
    if html.startswith("{"):
        return
    page = parse(html)
    check_inert(page)


@settings(max_examples=60, deadline=None)
@given(chosen=st.lists(known_pairs, max_size=8), strange=st.lists(hostile_pairs, max_size=3))
def test_what_does_not_count_is_said(chosen: list[tuple[str, str]], strange: list[tuple[str, str]]) -> None:
    """Under a result with two sound answers, each further part of the address either counts or is named."""
    sound = [("industry", "other"), ("need", "summaries")]
    given_pairs = [*sound, *((key, value) for key, value in [*chosen, *strange] if key not in ("industry", "format"))]
    client = Client()

    status, _, data = get(client, "/advice/", f"{urlencode(given_pairs)}&format=json")

    assert status in (200, 400)
    if status == 400:
        assert json.loads(data)["title"] == "We can't read this address"
        return
    advice = client.generic("GET", "/advice/", QUERY_STRING=f"{urlencode(given_pairs)}&format=json").json()
    counted = set(parse_qsl(advice["answers"]["query"]))
    said = {(notice["key"], notice["value"]) for notice in advice["notices"]}
    for key, value in given_pairs:
        if key in PAGE_KEYS or key.startswith("utm_"):
            continue
        assert (key, value) in counted | said or (key, "") in said, (key, value)
        assert key in KNOWN or (key, value) not in counted
    page = see(client, f"/advice/?{urlencode(given_pairs)}")
    assert all(notice["text"] in page.one("main").text for notice in advice["notices"])


class TestWhatWasIgnoredIsSaid:
    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("industry=other&budget=9", "The address says “budget”, which is none of our questions. We ignored it."),
            ("industry=other&need=teleport", "The address names “teleport” as a goal. We don't know it"),
            ("industry=bakery", "The address names “bakery” as an industry. We don't know it"),
            ("industry=other&industry=healthcare", "The address names more than one industry, so none of them counts."),
            ("industry=other&need=chatbot&need=chatbot", "“chatbot” stands twice in the address. It counts once."),
            (f"industry=other&need={quote_plus(SCRIPT)}", "The address names something as a goal. We don't know it"),
        ],
    )
    def test_on_the_page_that_follows(self, client: Client, query: str, says: str) -> None:
        response = client.get(f"/advice/goals/?{query}", follow=True)

        assert says in parse(response.content.decode()).one("main").text

    def test_it_is_still_said_at_the_end_of_the_way(self, client: Client) -> None:
        query = "industry=other&need=summaries&fact=none&budget=9"

        check = see(client, f"/advice/check/?{query}")
        advice = see(client, check.of_class("btn")[0]["href"])

        for page in (check, advice):
            assert "The address says “budget”" in page.text

    def test_marks_of_advertisers_are_passed_over(self, client: Client) -> None:
        page = see(client, "/advice/goals/?industry=other&utm_source=mail&utm_campaign=x")

        assert "utm" not in page.one("main").text

    def test_nothing_that_was_ignored_counts(self, client: Client) -> None:
        sound = "industry=other&need=summaries&fact=none"

        plain = client.get(f"/advice/?{sound}&format=json").json()
        odd = client.get(f"/advice/?{sound}&need=teleport&fact=rich&budget=9&format=json").json()

        assert {**odd, "notices": []} == {**plain, "notices": []}
        assert [notice["kind"] for notice in odd["notices"]] == ["unknown-value", "unknown-value", "unknown-key"]

    def test_script_never_gets_onto_a_page_unescaped(self, client: Client) -> None:
        for path in PATHS:
            for key in (*SECTION_OF, "budget", "answered", "format"):
                response = client.get(f"{path}?industry=other&need=summaries&{key}={quote_plus(SCRIPT)}", follow=True)
                assert "<script>alert" not in response.content.decode()

    def test_no_redirect_leaves_the_site(self, client: Client) -> None:
        for query in ("next=//evil.example", "answered=industry&industry=other&//evil.example=1"):
            response = client.get(f"/advice/industry/?{query}")
            if response.status_code == 302:
                assert urlsplit(response["Location"]).netloc == ""
