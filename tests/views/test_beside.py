"""A colleague's way: the token of the result to compare with goes along to the end, and counts for nothing."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client

from tests.views.markup import FORM, Element, fields, goes_to, parse, see, send

TOKEN = "Ab3_efgh-jklmnopqrstuvwx"
WITH = f"with={TOKEN}"
LAW = "industry=law-finance"
TEXT = f"{LAW}&need=chatbot&modality=text"
ALL = f"{TEXT}&fact=personal-data"
CLINIC = "industry=healthcare&need=diagnosis&need=chatbot&modality=figures&fact=health-data&fact=no-checker"
STEPS = {
    "industry": f"/advice/industry/?{ALL}",
    "goals": f"/advice/goals/?{ALL}",
    "output": f"/advice/output/?{ALL}",
    "circumstances": f"/advice/circumstances/?{ALL}",
    "check": f"/advice/check/?{ALL}",
    "result": f"/advice/?{ALL}",
    "result, not yet": f"/advice/?{CLINIC}",
}
every_step = pytest.mark.parametrize("address", STEPS.values(), ids=STEPS)
MALFORMED = ["", "short", f"{TOKEN}x", TOKEN[:-1], f"{TOKEN[:-1]}.", f"{TOKEN[:-1]}é", "<script>", "a" * 4000, "a\x00"]


def on_the_way(page: Element) -> list[str]:
    """The addresses of the wizard that the page leads to, without those that are made to be handed on."""
    handed_on = {id(link) for part in page.all(id="keep") for link in part.all("a")}
    links = [link["href"] for link in page.one("main").all("a") if id(link) not in handed_on]
    return [link for link in links if link.startswith("/advice/")]


def carried(address: str) -> list[str]:
    return [value for key, value in parse_qsl(urlsplit(address).query, keep_blank_values=True) if key == "with"]


def test_the_token_goes_all_the_way_to_the_comparison(client: Client) -> None:
    way = [f"/advice/industry/?{WITH}"]
    for ticks in (["industry-law-finance"], ["need-chatbot"], ["modality-text"], ["fact-personal-data"]):
        way.append(send(client, see(client, way[-1]), *ticks))
    check = see(client, way[-1])
    result = see(client, check.of_class("btn")[0]["href"])

    assert [carried(address) for address in way] == [[TOKEN]] * 5
    assert way[-1] == f"/advice/check/?{ALL}&{WITH}"
    for page in (check, result):
        (link,) = [link for link in page.one("main").all("a") if "colleague" in link.text]
        assert link["href"] == f"/compare/?{urlencode({'one': TOKEN, 'two': ALL})}"


@every_step
def test_every_link_of_the_way_carries_it(client: Client, address: str) -> None:
    page = see(client, f"{address}&{WITH}")

    assert [carried(link) for link in on_the_way(page)] == [[TOKEN]] * len(on_the_way(page))
    for form in page.all("form"):
        in_about = [token for field in form.all("input", name="about") for token in carried(f"?{field['value']}")]
        assert ([field["value"] for field in form.all("input", name="with")] or in_about) == [TOKEN]


@every_step
def test_without_it_the_page_is_as_ever(client: Client, address: str) -> None:
    page = client.get(address).content

    assert b"with=" not in page
    assert b'"with"' not in page
    assert b"colleague" not in page
    for value in MALFORMED:
        again = client.get(f"{address}&{urlencode({'with': value})}")
        assert (again.status_code, again.content) == (200, page), value


@every_step
def test_it_is_no_answer_and_brings_no_notice(client: Client, address: str) -> None:
    plain, carrying = (see(client, each).one("main").text for each in (address, f"{address}&{WITH}"))

    assert (
        carrying.replace("Compare with your colleague’s result", "").split()
        == plain.replace("Start page", "Compare two results" if "industry/" in address else "Start page").split()
    )


def test_the_goals_form_carries_it_by_post(client: Client) -> None:
    page = see(client, f"/advice/goals/?{LAW}&{WITH}")
    sent = urlencode([*fields(page), ("need", "chatbot")])

    response = client.post("/advice/goals/", sent, FORM, headers={"Sec-Fetch-Site": "same-origin"})

    assert response["Location"] == f"/advice/output/?{LAW}&need=chatbot&{WITH}"


def test_the_finder_carries_it(client: Client) -> None:
    sent = {"industry": "other", "find": "late payers", "with": TOKEN}

    response = client.post("/advice/goals/find/", sent, headers={"Sec-Fetch-Site": "same-origin"})

    assert parse(response.content.decode()).one("input", name="with")["value"] == TOKEN
    no_industry = client.post("/advice/goals/find/", {"with": TOKEN}, headers={"Sec-Fetch-Site": "same-origin"})
    assert no_industry["Location"] == f"/advice/industry/?{WITH}"
    assert goes_to(client, f"/advice/goals/find/?{LAW}&{WITH}") == f"/advice/goals/?{LAW}&{WITH}"


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("/advice/goals/", "/advice/industry/"),
        (f"/advice/output/?{LAW}", f"/advice/goals/?{LAW}"),
        (f"/advice/check/?{TEXT}", f"/advice/circumstances/?{TEXT}"),
        ("/advice/", "/advice/industry/"),
        (f"/advice/?{LAW}", f"/advice/goals/?{LAW}"),
        (
            f"/advice/goals/?{LAW}&need=teleport&answered=need&need=chatbot",
            f"/advice/output/?{LAW}&need=chatbot&need=teleport",
        ),
    ],
)
def test_every_redirect_carries_it(client: Client, address: str, leads_to: str) -> None:
    with_it = f"{address}{'&' if '?' in address else '?'}{WITH}"

    assert goes_to(client, with_it) == f"{leads_to}{'&' if '?' in leads_to else '?'}{WITH}"


def test_an_empty_form_keeps_it(client: Client) -> None:
    page = see(client, f"/advice/industry/?answered=industry&{WITH}", 422)

    assert page.one("input", name="with")["value"] == TOKEN


def test_the_first_question_leads_back_to_the_result_to_compare_with(client: Client) -> None:
    page = see(client, f"/advice/industry/?{WITH}")

    assert page.of_class("back")[0].one("a")["href"] == f"/compare/?one={TOKEN}"


def test_so_far_takes_it_for_nothing(client: Client) -> None:
    plain, carrying = (client.get(f"/advice/so-far/?{TEXT}{more}") for more in ("", f"&{WITH}"))

    assert carrying.content == plain.content


def test_what_is_handed_on_or_read_as_data_does_not_hold_it(client: Client) -> None:
    page = see(client, f"/advice/?{ALL}&{WITH}")

    assert TOKEN not in page.by_id("keep").text + "".join(
        value for element in page.by_id("keep").walk() for value in element.attributes.values()
    )
    assert client.get(f"/advice/?{ALL}&{WITH}&format=json").json() == client.get(f"/advice/?{ALL}&format=json").json()
