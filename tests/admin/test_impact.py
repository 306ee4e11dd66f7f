from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from advisor import published
from advisor.admin import impact, keptlist
from advisor.decision.answers import Answers, read
from advisor.decision.recommend import recommend
from advisor.decision.release import Release as CompiledRelease
from advisor.decision.since import since
from advisor.links import pairs_in
from advisor.models import Release, SavedResult
from advisor.models.releases import check_draft
from tests.conftest import Publish
from tests.factory import make_gate, make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]
IMPACT = "/admin/advisor/release/impact/"
PUBLISH = "/admin/advisor/release/publish/"

OTHER_RULES = [
    make_rule("text", "language-model", modalities=["text"]),
    make_rule("law-text", "combined", modalities=["text"], industries=["law-finance"]),
    make_rule("images", "generative-media", modalities=["images"]),
    make_rule("figures", "ordinary-software", modalities=["figures"], look_for="a calculator"),
]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine: only what a test says ends a step."""
    monkeypatch.setattr(impact, "SECONDS", 1000)
    monkeypatch.setattr(impact, "SECONDS_BESIDE", 1000)


@pytest.fixture
def client(editor: User) -> Client:
    client = Client()
    client.force_login(editor)
    return client


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def keep(answers: Answers, key: str) -> None:
    current = published.current()
    SavedResult.keep(recommend(current, answers), key, timedelta(days=30))


def keep_all() -> list[Answers]:
    """A kept result for every industry, one or two goals, and each set of circumstances."""
    needs = ["contract-review", "social-posts", "calculators"]
    pairs = [(need,) for need in needs] + list(itertools.permutations(needs, 2))
    kept = [
        Answers(industry, chosen, None, facts)
        for industry in ("law-finance", "other")
        for chosen in pairs
        for facts in ((), ("personal-data",), ("own-servers",), ("personal-data", "own-servers"))
    ]
    for number, answers in enumerate(kept):
        keep(answers, str(number))
    return kept


def shown(page: str) -> tuple[int, Counter[str]]:
    """What the page says: how many change, and the groups with their numbers."""
    part = page.partition('id="kept-results"')[2].partition('class="help"')[0]
    changed = re.search(r"<b>(\d+)</b> would read differently", part)
    rows = re.findall(r'<th scope="row">(?:<svg.*?</svg>)*(.*?)</th><td><b>(\d+)</b></td>', part)
    groups: Counter[str] = Counter()
    for name, number in rows:
        groups[name] += int(number)
    return int(changed[1]) if changed else -1, groups


def recomputed() -> tuple[int, Counter[str]]:
    """The same numbers, from nothing but `recommend` on each kept result."""
    current = published.current()
    catalogue, _findings = check_draft()
    assert catalogue
    draft = CompiledRelease.of_draft(catalogue)
    changed, groups = 0, Counter[str]()
    levels = {"ready": "Ready", "prepare": "Prepare first", "not-yet": "Not yet"}
    for row in SavedResult.objects.all():
        before, after = (
            recommend(release, *read(pairs_in(row.answers), release.catalogue)) for release in (current, draft)
        )
        was, now = before.headline.category.name, after.headline.category.name
        if was != now:
            groups[f"{was} becomes {now}"] += 1
        elif before.readiness.level != after.readiness.level:
            groups[f"{levels[before.readiness.level]} becomes {levels[after.readiness.level]}"] += 1
        elif not since(before, after):
            continue
        changed += 1
    return changed, groups


@pytest.mark.parametrize(
    "draft",
    [
        {"rules": OTHER_RULES},
        {"gates": [make_gate("protect-data", circumstances=["personal-data"], level="not-yet")]},
        {"rules": OTHER_RULES, "gates": [make_gate("servers", circumstances=["own-servers"])]},
    ],
    ids=["a rule", "a gate", "both"],
)
def test_the_numbers_equal_an_independent_recomputation(
    client: Client, publish: Publish, load: Load, draft: dict[str, Any]
) -> None:
    publish()
    keep_all()
    load(**draft)

    changed, groups = shown(text(client.get(IMPACT)))

    expected, expected_groups = recomputed()
    assert changed == expected > 0
    assert {name: groups[name] for name in expected_groups} == dict(expected_groups)
    assert groups.total() == changed


def test_it_names_the_rule_that_did_it(client: Client, publish: Publish, load: Load) -> None:
    publish()
    keep(Answers("law-finance", ("contract-review",)), "one")
    load(rules=OTHER_RULES)

    page = text(client.get(IMPACT))

    assert shown(page) == (1, Counter({"Language model becomes Combined": 1}))
    row = "rule: For “Law finance”, when the output is “Text”: combined"
    assert f'<a href="/admin/simulator/record/rules/law-text/">{row}</a>' in page
    assert "Law-firm</a></b>: Language model becomes Combined" in page


def test_a_change_that_changes_nothing_shows_none(client: Client, publish: Publish, load: Load) -> None:
    publish()
    kept = keep_all()

    assert shown(text(client.get(IMPACT))) == (0, Counter())
    load(terms=[])
    page = text(client.get(IMPACT))

    assert shown(page) == (0, Counter())
    assert f"Of {len(kept)} kept results, <b>0</b>" in page
    assert "No example changes." in page


def test_many_results_are_counted_step_by_step(
    client: Client, publish: Publish, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    kept = keep_all()
    load(rules=OTHER_RULES)
    whole = shown(text(client.get(IMPACT)))
    monkeypatch.setattr(impact, "AT_ONCE", 10)

    response, steps = client.get(IMPACT), 1
    while not response.context["impact"]["count"].done:
        assert f"{10 * steps} of {len(kept)} kept results counted" in text(response)
        response, steps = client.post(IMPACT, {"so_far": response.context["impact"]["so_far"]}), steps + 1

    assert steps == 8
    assert shown(text(response)) == whole


def test_a_count_is_not_carried_over_to_another_draft(
    client: Client, publish: Publish, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    keep_all()
    load(rules=OTHER_RULES)
    monkeypatch.setattr(impact, "AT_ONCE", 10)
    so_far = client.get(IMPACT).context["impact"]["so_far"]

    load(terms=[])

    for text_sent in (so_far, "forged", f"{so_far}x", ""):
        count = client.post(IMPACT, {"so_far": text_sent}).context["impact"]["count"]
        assert (count.counted, count.changed) == (10, 0)


def test_results_that_are_no_longer_kept_do_not_count(client: Client, publish: Publish, load: Load) -> None:
    publish()
    keep_all()
    SavedResult.objects.update(deleted_at="2026-11-24T12:00:00Z")
    load(rules=OTHER_RULES)

    assert "No result is kept at the moment." in text(client.get(IMPACT))


def test_advice_that_would_be_lost_is_told(client: Client, publish: Publish, load: Load) -> None:
    publish()
    keep(Answers("other", ("calculators",)), "one")
    load(rules=OTHER_RULES[:3])

    assert shown(text(client.get(IMPACT))) == (1, Counter({"Ordinary software becomes no advice at all": 1}))


def test_the_publish_page_shows_it_too(client: Client, publish: Publish, load: Load) -> None:
    publish()
    keep_all()
    load(rules=OTHER_RULES)

    assert shown(text(client.get(PUBLISH))) == shown(text(client.get(IMPACT)))


def test_the_same_answers_kept_twice_count_twice(client: Client, publish: Publish, load: Load) -> None:
    publish()
    for key in ("one", "two", "three"):
        keep(Answers("law-finance", ("contract-review",)), key)
    load(rules=OTHER_RULES)

    assert shown(text(client.get(IMPACT))) == (3, Counter({"Language model becomes Combined": 3}))


def test_counting_stores_nothing_and_makes_few_queries(client: Client, publish: Publish, load: Load) -> None:
    publish()
    keep(Answers("other", ("calculators",)), "one")
    load(rules=OTHER_RULES)
    client.get(IMPACT)
    with CaptureQueriesContext(connection) as few:
        client.get(IMPACT)
    keep_all()
    with CaptureQueriesContext(connection) as many:
        client.get(IMPACT)

    assert len(many) == len(few)
    reads = ("SELECT", "DECLARE", "SAVEPOINT", "RELEASE")  # PostgreSQL declares what is read piece by piece
    assert not [query for query in many.captured_queries if not query["sql"].startswith(reads)]


def test_only_staff_who_may_see_releases_see_it(publish: Publish) -> None:
    publish()
    nobody = User.objects.create_user("nobody", is_staff=True)
    client = Client()
    client.force_login(nobody)
    assert client.get(IMPACT).status_code == 403

    nobody.user_permissions.set(Permission.objects.filter(codename="view_release"))
    assert client.get(IMPACT).status_code == 200
    assert Client().get(IMPACT).status_code == 302
    assert Release.objects.count() == 1


class TestList:
    """The kept results behind each line."""

    @pytest.fixture
    def kept(self, publish: Publish, load: Load) -> list[Answers]:
        publish()
        kept = keep_all()
        load(rules=OTHER_RULES, gates=[make_gate("protect-data", circumstances=["personal-data"], level="not-yet")])
        return kept

    def lines(self, client: Client) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get(IMPACT).context["impact"]["groups"]
        return found

    def listed(self, client: Client, address: str) -> list[dict[str, Any]]:
        """All of them, page after page."""
        found: list[dict[str, Any]] = []
        while address:
            context = client.get(address).context
            found += context["kept"]
            address = context["further"]
        return found

    def test_every_result_that_changes_is_listed_once_under_its_line(
        self, client: Client, kept: list[Answers], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keptlist, "MOST", 5)

        found = {line["list"]: self.listed(client, line["list"]) for line in self.lines(client)}

        assert [len(rows) for rows in found.values()] == [line["number"] for line in self.lines(client)]
        addresses = [row["url"] for rows in found.values() for row in rows]
        assert len(set(addresses)) == len(addresses) == recomputed()[0]

    def test_it_shows_the_day_the_release_and_the_answers_in_the_simulator(
        self, client: Client, kept: list[Answers]
    ) -> None:
        address = self.lines(client)[0]["list"]

        page = client.get(address).content.decode()

        row = self.listed(client, address)[0]
        assert f"{timezone.now():%-d %B %Y}</th><td>release 1</td>" in page
        assert row["url"].replace("&", "&amp;") in page
        assert client.get(row["url"]).status_code == 200

    def test_nothing_on_it_leads_to_the_visitors_own_page(self, client: Client, kept: list[Answers]) -> None:
        pages = "".join(client.get(line["list"]).content.decode() for line in self.lines(client))

        assert "/r/" not in pages
        assert "/manage/" not in pages
        assert not any(saved.token_hash in pages for saved in SavedResult.objects.all())

    def test_it_takes_as_many_queries_for_many_as_for_few(self, client: Client, kept: list[Answers]) -> None:
        lines = sorted(self.lines(client), key=lambda line: int(line["number"]))
        with CaptureQueriesContext(connection) as few:
            client.get(lines[0]["list"])
        with CaptureQueriesContext(connection) as many:
            client.get(lines[-1]["list"])

        assert lines[0]["number"] < lines[-1]["number"]
        assert len(many) == len(few)

    @pytest.mark.parametrize(
        "query",
        ["", "about=other&now=x", "about=headline&row=rules/../../x", "about=x", "about=lost&after=%00", "row=a"],
    )
    def test_an_address_that_nobody_made_lists_nothing(self, client: Client, kept: list[Answers], query: str) -> None:
        response = client.get(f"{IMPACT}list/?{query}")

        assert response.status_code == 200
        assert not response.context.get("kept")

    def test_it_takes_the_right_to_see_rules(self, kept: list[Answers]) -> None:
        user = User.objects.create_user("eve", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_release"))
        client = Client()
        client.force_login(user)

        assert client.get(f"{IMPACT}list/").status_code == 403
        assert "impact/list/" not in client.get(IMPACT).content.decode()
