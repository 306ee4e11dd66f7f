"""The editors' workplace from end to end: what an editor changes, another publishes; visitors see it only then."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Reply, Site, manage
from tests.browser.test_access import LOOKS, WHOLE_LOOKS, look, violations

pytestmark = pytest.mark.browser

SECRET = "correct horse battery staple"
PEOPLE = f"""
from django.contrib.auth.models import Group, User
for name, role in (("eve", "Editor"), ("paul", "Publisher")):
    user = User.objects.create_user(name, password="{SECRET}", is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
"""
PUBLISH = "/admin/advisor/release/publish/"
ADVICE = "/advice/?industry=gardens-and-parks&need=plan-a-garden&modality=garden-plans&fact=none"


def sign_in(visit: Any, site: Site, name: str) -> Page:
    page: Page = visit(site, {404, 422}).open("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Log in").click()
    return page


def add(page: Page, kind: str, fields: dict[str, str], cells: dict[str, str], choose: str = "") -> None:
    """A new record: its text fields by label, its cells by the name to pick, and the kind of AI of a rule."""
    page.goto(re.sub(r"/admin/.*", f"/admin/advisor/{kind}/add/", page.url))
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)
    for cell, name in cells.items():
        page.get_by_role("button", name=f"Add: {cell}", exact=True).click()
        page.get_by_role("checkbox", name=name, exact=True).check()
        page.get_by_role("button", name=f"Done: {cell}", exact=True).click()
    if choose:
        page.get_by_role("radio", name=choose, exact=True).check()
    if kind == "need":
        page.get_by_label("Usual modality:").select_option(label="Garden plans")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


def add_rule(page: Page, slug: str, cells: dict[str, str], category: str) -> None:
    texts = {"Slug:": slug, "Because:": "A plan of a garden shows where each bed goes."}
    days = {"Checked on:": "2026-11-24", "Review by:": "2030-01-01"}
    add(page, "rule", {**texts, **days}, {**cells, "Sources": a_source(page)}, category)


def a_source(page: Page) -> str:
    """Any source will do: the first of the list."""
    page.goto(re.sub(r"/admin/.*", "/admin/advisor/rule/add/", page.url))
    page.get_by_role("button", name="Add: Sources", exact=True).click()
    return page.locator("#id_sources label").first.inner_text().strip()


def words(page: Page) -> str:
    """What a visitor reads on this page, but for the number of the release."""
    return page.locator("main").inner_text()


def test_an_editors_change_reaches_visitors_when_another_publishes_it_and_goes_again(
    visit: Any, own_site: Site
) -> None:
    manage(own_site.data, "shell", "-c", PEOPLE)
    visitor = visit(own_site, {404}).open("/advice/industry/")
    eve = sign_in(visit, own_site, "eve")
    before = words(visitor)
    assert "Gardens and parks" not in before

    # An industry, a need with an output of its own, and two rules.
    add(eve, "modality", {"Name:": "Garden plans", "Phrase:": "garden plans"}, {})
    add(eve, "need", {"Name:": "Plan a garden", "Phrase:": "plan a garden"}, {"Modalities": "Garden plans"})
    add(eve, "industry", {"Name:": "Gardens and parks", "Phrase:": "a gardener"}, {"Needs": "Plan a garden"})
    gardeners = {"Industries": "Gardens and parks"}
    add_rule(eve, "garden-by-goal", {**gardeners, "Needs": "Plan a garden"}, "Large language model")
    add_rule(eve, "garden-by-output", {**gardeners, "Modalities": "Garden plans"}, "Generative AI for media")

    # The gap and the conflict that they cause, each open in the simulator on a case that shows it.
    eve.goto(own_site.url + PUBLISH)
    expect(eve.get_by_role("heading", name=re.compile("Not yet: "))).to_be_visible()
    for kind, said in (("Gap", "No rule decides"), ("Conflict", "disagree")):
        finding = eve.locator(".findings > li").filter(has=eve.get_by_text(kind, exact=True)).first
        finding.get_by_role("link", name="Open in the simulator").click()
        expect(eve.get_by_text(said).first).to_be_visible()
        eve.go_back()
    assert not eve.get_by_role("button", name="Propose this draft").is_enabled()

    # Mended: the rule about the goal holds for everybody, and the one about gardeners' output is closer.
    eve.get_by_role("link", name="Rules", exact=True).first.click()
    eve.get_by_label("Words", exact=True).fill("plan a garden")
    eve.get_by_label("Words", exact=True).press("Enter")
    eve.locator("#result_list a", has_text="Plan a garden").first.click()
    eve.get_by_role("button", name="Take out: Gardens and parks").click()
    eve.get_by_role("button", name="Save", exact=True).click()
    eve.goto(own_site.url + PUBLISH)
    expect(eve.get_by_role("heading", name="Ready to be proposed")).to_be_visible()

    # An example, from the simulator.
    eve.goto(f"{own_site.url}/admin/simulator/")
    eve.get_by_label("Industry").select_option(label="Gardens and parks")
    eve.get_by_label("Plan a garden").check()
    eve.get_by_role("button", name="Show the advice").click()
    eve.get_by_label("A name for an example").fill("A gardener who draws plans")
    eve.get_by_role("button", name="Make this an example").click()
    expect(eve.get_by_text("“A gardener who draws plans” is an example now.")).to_be_visible()

    # Proposed. Visitors see nothing of it yet.
    eve.goto(own_site.url + PUBLISH)
    eve.get_by_label("What changed, for the public list").fill("Gardeners are served now.")
    eve.get_by_role("button", name="Propose this draft").click()
    expect(eve.get_by_role("heading", name="Waiting for another person")).to_be_visible()
    assert violations(eve) == []
    visitor.reload()
    assert words(visitor) == before

    # A publisher sees what visitors would notice, and publishes.
    paul = sign_in(visit, own_site, "paul")
    paul.goto(own_site.url + PUBLISH)
    expect(paul.get_by_role("heading", name="What visitors would notice")).to_be_visible()
    expect(paul.get_by_text("Goal “Plan a garden” is new.")).to_be_visible()
    expect(paul.get_by_text("eve proposed this draft on")).to_be_visible()
    assert violations(paul) == []
    visitor.reload()
    assert words(visitor) == before
    paul.get_by_role("button", name="Publish release 2").click()
    expect(paul.get_by_text("Release 2 is live.")).to_be_visible()

    visitor.reload()
    assert "Gardens and parks" in words(visitor)
    visitor.goto(own_site.url + ADVICE)
    assert "A plan of a garden shows where each bed goes." in words(visitor)
    visitor.goto(own_site.url + "/how-it-decides/changes/1-2/")
    assert "Goal “Plan a garden” is new." in words(visitor)

    # Rolled back: as before.
    paul.goto(f"{own_site.url}/admin/advisor/release/")
    paul.locator("#result_list th a", has_text=re.compile("^1$")).click()
    paul.get_by_role("link", name="Go back to this release").click()
    paul.get_by_role("button", name="Go back to release 1").click()
    expect(paul.get_by_text("Release 3 is live.")).to_be_visible()
    visitor.goto(own_site.url + "/advice/industry/")
    assert words(visitor) == before


PROPOSED = f"""
{PEOPLE}
from advisor.models import Proposal, Rule
User.objects.create_user("pia", is_staff=True).groups.set(Group.objects.filter(name="Publisher"))
rule = Rule.objects.first(); rule.because = "A better reason."; rule.save()
proposal = Proposal.propose(note="Clearer.", by=User.objects.get(username="eve"))
"""
SESSIONS = """
from django.contrib.auth.models import User
from django.test import Client
for name in ("paul", "pia"):
    client = Client()
    client.force_login(User.objects.get(username=name))
    print("session", client.cookies["signpost-session"].value)
"""
SCHEDULED = """
from datetime import timedelta
from django.utils import timezone
paul = User.objects.get(username="paul")
Proposal.approve(proposal.pk, note="Clearer.", by=paul, expected=1, at=timezone.now() + timedelta(days=1))
Proposal.objects.update(publish_at=timezone.now() - timedelta(minutes=1))
"""
COUNTED = "from advisor.models import Release; print('releases', Release.objects.count())"


def releases(site: Site) -> str:
    return manage(site.data, "shell", "-c", COUNTED).split("releases ")[1].strip()


WAITING = """
def change(text):
    rule.because = text
    rule.save()
change("Another reason.")
eve = User.objects.get(username="eve")
Proposal.send_back(Proposal.propose(note="More.", by=eve).pk, why="The source is missing.", by=paul)
Proposal.propose(note="Still more.", by=eve)
change("A third reason.")
"""


def test_the_publish_page_breaks_no_rule_with_all_that_can_wait_on_it(visit: Any, own_site: Site) -> None:
    manage(own_site.data, "shell", "-c", PROPOSED + SCHEDULED + WAITING)
    paul = sign_in(visit, own_site, "paul")
    paul.goto(own_site.url + PUBLISH)
    expect(paul.get_by_role("heading", name="The proposal is out of date")).to_be_visible()
    expect(paul.get_by_role("heading", name="Set to go live")).to_be_visible()
    for name in ("Publish alone", "Send it back"):
        paul.get_by_text(name, exact=True).click()
    paul.get_by_role("button", name="Publish release 2 alone").click()
    expect(paul.get_by_text("Say why in a sentence")).to_be_visible()

    for name in WHOLE_LOOKS:
        look(paul, **LOOKS[name])
        assert violations(paul) == [], name


def both_publish(site: Site, **own: str) -> list[Reply]:
    """What the two get who press at the same moment: who published first."""
    printed = manage(site.data, "shell", "-c", PROPOSED + SESSIONS, **own)
    sessions = re.findall(r"session (\w+)", printed)
    token = "a" * 32

    def approve(session: str) -> Reply:
        form = {"action": "approve", "base": "1", "proposal": "1", "note": session, "csrfmiddlewaretoken": token}
        cookies = f"signpost-session={session}; signpost-csrf={token}"
        return site.post(PUBLISH, list(form.items()), {"Cookie": cookies})

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(approve, sessions), key=lambda reply: reply.status)


@pytest.mark.drill("F13", "Two publishers press at the same moment")
def test_of_two_who_publish_at_once_one_does_and_the_other_reads_who(own_site: Site) -> None:
    replies = both_publish(own_site)

    assert [reply.status for reply in replies] == [303, 409]
    assert "Someone else published first" in replies[1].text
    assert releases(own_site) == "2"


def test_two_timers_at_once_publish_once(own_site: Site) -> None:
    manage(own_site.data, "shell", "-c", PROPOSED + SCHEDULED)

    with ThreadPoolExecutor(2) as pool:
        printed = "".join(pool.map(lambda _: manage(own_site.data, "run_jobs"), range(2)))

    assert sorted(re.findall(r"publish: (\d) published, 0 refused", printed)) == ["0", "1"]
    assert releases(own_site) == "2"
    assert "Release 2," in own_site.get("/about/").text
