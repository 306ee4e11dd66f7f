"""The simulator: what the draft would say before anybody else sees it, and why."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from advisor import published
from advisor.admin.draft import current_draft
from advisor.admin.simulator import finding_address
from advisor.decision.checks import Finding
from advisor.decision.recommend import recommend
from advisor.models import Category, Enquiry, Example, Gate, Need, Rule, SavedResult
from advisor.models.releases import DraftRefused, Release, check_draft
from advisor.models.results import view_token
from tests.conftest import Publish
from tests.decision.factory import make_answers
from tests.factory import (
    make_category,
    make_document,
    make_example,
    make_gate,
    make_rule,
    make_tool,
)

pytestmark = pytest.mark.django_db
Load = Callable[..., None]

LAW = "industry=law-finance&need=contract-review&modality=text&fact=none"


@pytest.fixture
def client(editor: User, publish: Publish) -> Client:
    """Logged in as an editor. The draft says what release 1 says."""
    publish()
    client = Client()
    client.force_login(editor)
    return client


def simulator(query: str = "", name: str = "simulator") -> str:
    return reverse(name) + (f"?{query}" if query else "")


def words(response: Any) -> str:
    """What a page says, on one line."""
    content = response.content.decode().split('id="content-main"')[1]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", content)).split())


def rules(**changed: str) -> list[dict[str, Any]]:
    """The rules of the small catalogue, some of them pointing elsewhere."""
    found: list[dict[str, Any]] = [
        {**rule, "category": changed.get(rule["slug"], rule["category"])} for rule in make_document()["rules"]
    ]
    return found


def test_draft_and_current_release_stand_side_by_side(client: Client, load: Load) -> None:
    load(rules=rules(text="generative-media"))

    response = client.get(simulator(LAW))

    draft, current = response.context["sides"]
    assert draft.advice.headline.category.slug == "generative-media"
    assert current.advice.headline.category.slug == "language-model"
    assert "“Contract review” pointed to language model. Today it points to generative media." in words(response)


def test_what_is_shown_of_the_release_is_what_visitors_get(client: Client) -> None:
    _, current = client.get(simulator(LAW)).context["sides"]

    release = published.current()
    assert current.advice == recommend(release, make_answers(release, LAW))


def test_a_draft_that_changes_nothing_here_says_so(client: Client) -> None:
    assert "Both say the same." in words(client.get(simulator(LAW)))


def test_each_row_that_had_a_part_leads_to_its_page(client: Client, load: Load) -> None:
    load(rules=[*rules(), make_rule("law", "language-model", industries=["law-finance"], needs=["contract-review"])])

    response = client.get(simulator("industry=law-finance&need=contract-review&fact=personal-data"))

    text = words(response)
    assert "Wins: two filled cells, more than any other rule that fits." in text
    assert "Loses: one filled cell. “law” has two." in text
    for section, slug in (("rules", "law"), ("rules", "text"), ("gates", "protect-data"), ("caveats", "check-facts")):
        link = reverse("simulator-record", args=[section, slug])
        assert f'href="{link}"' in response.content.decode()
        assert client.get(link, follow=True).context["original"].slug == slug


def test_what_is_picked_stays_picked(client: Client) -> None:
    content = client.get(simulator("industry=other&need=social-posts&fact=personal-data")).content.decode()

    assert 'value="other" selected' in content
    assert 'value="social-posts" checked' in content
    assert 'value="personal-data" checked' in content


def test_a_choice_that_only_the_release_knows_is_still_offered_when_it_is_picked(client: Client, load: Load) -> None:
    document = make_document()
    load(needs=[need for need in document["needs"] if need["slug"] != "calculators"], rules=rules())

    response = client.get(simulator("industry=other&need=calculators"))

    assert "Calculators (not in the draft)" in words(response)
    assert "We don't know it" in words(response)


def test_without_a_goal_it_says_what_is_missing(client: Client) -> None:
    assert "Pick at least one goal to see an advice." in words(client.get(simulator("industry=other")))


def test_an_address_of_nobodys_making_is_refused_in_words(client: Client) -> None:
    response = client.get(simulator("&".join(f"need=x{number}" for number in range(400))))

    assert response.status_code == 400
    assert "more parts than our questions make" in words(response)


def test_nothing_from_the_address_becomes_markup(client: Client) -> None:
    content = client.get(simulator("industry=%3Cscript%3Ealert(1)%3C/script%3E&link=%3Cb%3E&row=rules~%3Ci%3E")).content

    assert b"<script>alert" not in content
    assert b'<b>"' not in content
    assert b"<i>" not in content


def test_a_draft_that_can_not_be_read_says_what_is_wrong_and_where(client: Client) -> None:
    need = Need.objects.get(slug="calculators")
    need.default_modality_id = Need.objects.get(slug="contract-review").default_modality_id
    need.save()

    response = client.get(simulator(LAW))

    draft, current = response.context["sides"]
    assert draft.advice is None
    assert current.advice is not None
    assert "needs, calculators" in words(response)
    assert reverse("simulator-record", args=["needs", "calculators"]) in response.content.decode()


def test_before_the_first_release_the_draft_stands_alone(editor: User, load: Load) -> None:
    load()
    client = Client()
    client.force_login(editor)

    assert "Nothing is published yet." in words(client.get(simulator(LAW)))


def test_an_empty_draft_breaks_nothing(editor: User) -> None:
    client = Client()
    client.force_login(editor)

    assert client.get(simulator()).status_code == 200
    assert client.get(simulator(LAW)).status_code == 200


def test_it_asks_as_little_of_the_database_for_many_rows_as_for_few(client: Client, load: Load) -> None:
    """Both for a draft that has just changed and for one that is known."""
    more = [make_rule(f"rule-{n}", "language-model", needs=["contract-review"]) for n in range(30)]
    client.get(simulator(LAW))
    counts = []
    for sections in (rules(), [*rules(), *more]):
        load(rules=sections)
        for _ in ("changed", "known"):
            with CaptureQueriesContext(connection) as queries:
                client.get(simulator(LAW))
            counts.append(len(queries))

    assert counts[:2] == counts[2:]
    assert counts[1] < counts[0]


def test_a_change_counts_at_once(client: Client) -> None:
    client.get(simulator(LAW))
    Rule.objects.filter(slug="text").update(category=Category.objects.get(slug="generative-media"))

    draft, _ = client.get(simulator(LAW)).context["sides"]

    assert draft.advice.headline.category.slug == "generative-media"


class TestWhoMaySee:
    def test_nobody_without_an_account(self, publish: Publish) -> None:
        publish()
        assert Client().get(simulator(LAW)).status_code == 302

    def test_staff_who_may_see_rules_and_no_others(self, publish: Publish) -> None:
        publish()
        user = User.objects.create_user("bob", is_staff=True)
        client = Client()
        client.force_login(user)
        assert client.get(simulator(LAW)).status_code == 403

        user.user_permissions.add(Permission.objects.get(codename="view_rule"))
        assert client.get(simulator(LAW)).status_code == 200


class TestWhatOpensInIt:
    @pytest.mark.parametrize(
        ("section", "slug"),
        [
            ("rules", "images"),
            ("gates", "protect-data"),
            ("caveats", "check-facts"),
            ("tools", "painter"),
            ("examples", "law-firm"),
            ("needs", "calculators"),
            ("industries", "law-finance"),
        ],
    )
    def test_every_record_that_has_a_part_in_advice(self, client: Client, section: str, slug: str) -> None:
        page = client.get(reverse("simulator-record", args=[section, slug]), follow=True)
        link = page.context["absolute_url"]

        response = client.get(link, follow=True)

        draft, _ = response.context["sides"]
        assert "Try it in the simulator" in page.content.decode()
        assert draft.advice is not None
        if section in ("rules", "gates", "caveats", "tools"):
            assert f'href="{reverse("simulator-record", args=[section, slug])}"' in response.content.decode()

    def test_a_record_that_no_answers_reach_says_so(self, client: Client, load: Load) -> None:
        load(gates=[make_gate("never", needs=["calculators"], categories=["generative-media"])])

        assert "No answers reach “never”" in words(client.get(simulator("row=gates~never")))

    def test_a_result_whose_address_is_pasted(self, client: Client) -> None:
        response = client.get(reverse("simulator"), {"link": f"https://example.org/advice/?{LAW}"})

        assert response["Location"] == simulator(LAW)

    def test_a_kept_result_whose_link_is_pasted(self, client: Client) -> None:
        release = published.current()
        advice = recommend(release, make_answers(release, LAW))
        token = view_token(SavedResult.keep(advice, "a key", timedelta(days=30)))

        response = client.get(reverse("simulator"), {"link": f"https://example.org/r/{token}/"})

        assert response["Location"] == simulator(LAW)

    def test_a_link_to_nothing_says_so_and_stays(self, client: Client) -> None:
        response = client.get(reverse("simulator"), {"link": "https://example.org/r/nothing/"})

        assert "This is no link to a result of this site" in words(response)
        assert 'value="https://example.org/r/nothing/"' in response.content.decode()

    def test_the_answers_of_an_enquiry(self, client: Client) -> None:
        release = published.current()
        enquiry = Enquiry(contact="ada@example.org", message="Hello", consent="Yes", form_digest="x", body_digest="x")
        enquiry.take(recommend(release, make_answers(release, LAW)))
        enquiry.save()

        content = client.get(reverse("admin:advisor_enquiry_change", args=[enquiry.pk])).content.decode()

        assert f'href="{html.escape(simulator(LAW))}"' in content


def conflict() -> dict[str, Any]:
    return {"rules": [*rules(), make_rule("zz", "generative-media", needs=["contract-review"])]}


PLANTED = {
    "gap": ({"rules": [rule for rule in rules() if rule["slug"] != "figures"]}, "gap", True),
    "conflict": (conflict(), "conflict", True),
    "shadowed rule": ({"rules": [*rules(), make_rule("zz", "language-model")]}, "never-wins", False),
    "dead outcome": (
        {
            "categories": [*make_document()["categories"], make_category("dead")],
            "tools": [*make_document()["tools"], make_tool("undead", "dead", "language-model")],
        },
        "unreachable-category",
        True,
    ),
    "failing example": ({"examples": [make_example("wrong", LAW, "generative-media")]}, "example", True),
    "overdue claim": (
        {"gates": [make_gate("protect-data", circumstances=["personal-data"], review_by="2026-11-24")]},
        "overdue",
        False,
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_each_planted_fault_blocks_or_warns_and_opens_on_itself(client: Client, load: Load, fault: str) -> None:
    sections, kind, blocks = PLANTED[fault]
    load(**sections)
    if fault == "overdue claim":
        overdue_since_yesterday()

    if blocks:
        with pytest.raises(DraftRefused):
            Release.publish(note="Try.")
    else:
        release = Release.publish(note="Try.")
        assert kind in [finding["kind"] for finding in release.findings]

    (finding,) = [found for found in check_draft()[1] if found.kind == kind]
    for page in (simulator(), reverse("admin:publish")):
        assert f'href="{html.escape(finding_address(finding))}"' in client.get(page).content.decode()
    response = client.get(finding_address(finding))
    assert response.status_code == 200
    text = words(response)
    assert finding.text in text
    assert ("The draft can’t be published until this is mended." in text) is blocks
    assert_shows(fault, finding, text, response)
    assert client.get(reverse("simulator-record", args=[finding.section, finding.slug])).status_code == 302


def assert_shows(fault: str, finding: Finding, text: str, response: Any) -> None:
    draft = response.context["sides"][0]
    if fault == "gap":
        assert draft.advice is None
        assert "A gap: no rule fits." in text
        assert "Write a rule for this case" in text
    elif fault == "conflict":
        assert "A conflict: it has as many filled cells as the rule above, and points elsewhere." in text
    elif fault == "shadowed rule":
        (loser,) = [match for match in draft.trace.cases[0].matches if match.rule.slug == "zz"]
        assert loser.why.startswith("Loses")
    elif fault == "dead outcome":
        assert finding.slug == "dead"
    elif fault == "failing example":
        assert draft.advice.headline.category.slug == "language-model"
    else:
        assert [gate.row.slug for gate in draft.trace.gates] == ["protect-data"]


def overdue_since_yesterday() -> None:
    Gate.objects.update(checked_on=date(2019, 7, 1), review_by=date(2020, 1, 1))


def test_a_finding_that_is_mended_says_so(client: Client, load: Load) -> None:
    load(**conflict())
    (finding,) = [found for found in check_draft()[1] if found.kind == "conflict"]
    load()

    assert "The check does not find this any more." in words(client.get(finding_address(finding)))


def test_a_rule_for_a_gap_comes_with_its_cells_filled_in(client: Client, load: Load) -> None:
    load(**PLANTED["gap"][0])
    response = client.get(simulator("industry=other&need=calculators"))
    (link,) = re.findall(r'href="([^"]+)">Write a rule for this case', response.content.decode())

    form = client.get(html.unescape(link)).context["adminform"].form

    assert form.initial["needs"] == [str(Need.objects.get(slug="calculators").pk)]


def test_the_state_of_the_draft_is_worked_out_once(client: Client) -> None:
    assert current_draft() is current_draft()

    before = current_draft()
    Example.objects.all().delete()

    assert current_draft() is not before
