"""Every state of every page, in every look: no fault that a machine can find."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Visitor
from tests.browser.enquiries import TALK, enquiry_form, make_room, post
from tests.browser.kept import damage, keep, watch
from tests.browser.site import Site
from tests.content.shipped import CATALOGUE

pytestmark = pytest.mark.browser

TRAP = "second_subject"
TEXT = "industry=law-finance&need=chatbot&modality=text"
MANY = "industry=healthcare&need=diagnosis&need=social-posts&need=chatbot&modality=text&modality=images&fact=no-checker"
MISSING = "industry=other&need=not-listed"
OTHERS = "industry=other&need=chatbot&need=bookings&modality=text&fact=personal-data&fact=health-data"


@dataclass(frozen=True)
class State:
    """A page as a visitor meets it: its address, what is done there, and the error code that comes with it.

    Where the address depends on something that has to be stored first, a function stores it and gives the address.
    """

    address: str | Callable[[Site], str]
    then: Callable[[Page], None] | None = None
    status: int = 200


def find(words: str) -> Callable[[Page], None]:
    def search(page: Page) -> None:
        page.get_by_label("Or say it in your own words").fill(words)
        page.get_by_role("button", name="Find").click()
        page.locator("#found").wait_for()

    return search


def deleted(site: Site) -> str:
    show, manage = keep(site)
    site.post(manage, [("action", "delete")])
    return show


def asked(site: Site) -> str:
    make_room(site)
    (address,) = post(site, enquiry_form(site, message=f"Asked at {time.monotonic()}")).all("Location")
    return address


def send_empty(page: Page) -> None:
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def send_stale(page: Page) -> None:
    page.locator("[name=form_key]").evaluate("(field) => { field.value = 'of yesterday' }")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="This page was open too long").wait_for()


def full(site: Site) -> str:
    """Where a network of its own, that of a browser on this machine, has sent all that it may."""
    for number in range(50):
        form = [(name, "x" if name == TRAP else value) for name, value in enquiry_form(site, message=f"No {number}")]
        post(site, form)
    return TALK


def send_spam(page: Page) -> None:
    """A program's way: in no time, and with every field filled in."""
    for name in ("message", TRAP):
        page.locator(f"[name={name}]").fill("A question of mine", force=True)
    page.locator("[name=contact]").fill("ada@example.com")
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="This has to wait a little").wait_for()


def leave(address: str) -> Callable[[Page], None]:
    def send(page: Page) -> None:
        page.get_by_label("Your mail address").fill(address)
        page.get_by_role("button", name="Tell me").click()
        page.get_by_role("heading", name="There is a problem").wait_for()

    return send


def stopped(site: Site) -> str:
    """The link of a mail, once the address is deleted."""
    address = watch(site)
    site.post(address, [("action", "stop")])
    return address


def unfold(page: Page) -> None:
    for summary in page.locator("summary").all():
        summary.click()


def count_nothing(page: Page) -> None:
    page.get_by_role("button", name="Count my goal").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def press_no(page: Page) -> None:
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_role("heading", name="Thank you. That is counted").wait_for()


def something_else(page: Page) -> None:
    page.get_by_label("Something else on this page").check()
    page.get_by_role("button", name="Tell the editors").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


STATES = {
    "home": State("/"),
    "industry": State("/advice/industry/"),
    "industry, error": State("/advice/industry/?answered=industry", status=422),
    "industry, filled": State("/advice/industry/?industry=other"),
    "goals": State("/advice/goals/?industry=healthcare"),
    "goals, error": State("/advice/goals/?industry=other&answered=need", status=422),
    "goals, filled": State("/advice/goals/?industry=other&need=chatbot&need=forecast&need=music"),
    "goals, all unfolded": State("/advice/goals/?industry=other", unfold),
    "goals, found": State("/advice/goals/?industry=other&need=chatbot", find("late payers")),
    "goals, nothing found": State("/advice/goals/?industry=other", find("xyzzy")),
    "goals, something ignored": State("/advice/goals/?industry=other&need=teleport&budget=9"),
    "output": State("/advice/output/?industry=other&need=campaigns"),
    "output, filled": State("/advice/output/?industry=other&need=campaigns&modality=text&modality=video"),
    "circumstances": State(f"/advice/circumstances/?{TEXT}"),
    "circumstances, filled": State(f"/advice/circumstances/?{TEXT}&fact=personal-data&fact=children"),
    "check": State(f"/advice/check/?{TEXT}&fact=personal-data"),
    "check, with notices": State(
        "/advice/check/?industry=other&need=chatbot&need=fraud&modality=audio&modality=images&fact=none"
    ),
    "result, language": State(f"/advice/?{TEXT}&fact=none"),
    "result, combined": State(
        "/advice/?industry=marketing-advertising&need=social-posts&need=ad-pictures&modality=text&modality=images&fact=none"
    ),
    "result, media": State("/advice/?industry=entertainment-media&need=videos&need=music&fact=publish-output"),
    "result, analytical, prepare": State("/advice/?industry=law-finance&need=fraud&fact=personal-data", unfold),
    "result, tie": State("/advice/?industry=other&need=summaries&need=forecast&fact=none"),
    "result, not yet": State(
        "/advice/?industry=healthcare&need=diagnosis&modality=figures&fact=health-data&fact=no-checker"
    ),
    "result, not yet for one goal": State("/advice/?industry=other&need=forecast&need=summaries&fact=no-own-data"),
    "result, ordinary software": State("/advice/?industry=other&need=bookings&need=reminders&fact=none"),
    "result, many goals": State(
        "/advice/?industry=education&modality=text&modality=images&modality=video&fact=children&fact=eu-customers&"
        + "&".join(f"need={need.slug}" for need in CATALOGUE.needs[::7])
    ),
    "goal not listed": State(f"/advice/goals/not-listed/?{MISSING}", unfold),
    "goal not listed, error": State(f"/advice/goals/not-listed/?{MISSING}", count_nothing, status=422),
    "goal not listed, counted": State(f"/advice/thanks/not-listed/?{MISSING}&modality=figures"),
    "useful": State(f"/advice/useful/?{TEXT}&release=1"),
    "useful, counted": State(f"/advice/?{TEXT}&fact=none", press_no),
    "wrong": State(f"/advice/wrong/?{TEXT}&fact=personal-data&release=1"),
    "wrong, error": State(f"/advice/wrong/?{TEXT}&release=1", something_else, status=422),
    "wrong, sent": State(f"/advice/thanks/wrong/?{TEXT}&release=1"),
    "keep": State(f"/advice/keep/?{TEXT}"),
    "kept": State(lambda site: keep(site)[0]),
    "manage": State(lambda site: keep(site)[1], unfold),
    "manage, damaged": State(damage, status=500),
    "manage, address asked": State(lambda site: f"{keep(site)[1]}?asked=1"),
    "manage, address wrong": State(lambda site: keep(site)[1], leave("ada at example"), status=422),
    "watch": State(watch),
    "watch, confirmed": State(lambda site: watch(site, confirmed=True)),
    "watch, stopped": State(stopped, status=410),
    "kept, unknown": State("/r/nothing-is-kept-here/", status=404),
    "kept, deleted": State(deleted, status=410),
    "check, beside a colleague's": State(f"/advice/check/?{TEXT}&fact=none&with=nobody-kept-this-result-"),
    "result, beside a colleague's": State(f"/advice/?{TEXT}&fact=none&with=nobody-kept-this-result-"),
    "compare": State(f"/compare/?{urlencode({'one': MANY, 'two': OTHERS})}"),
    "compare, agreed": State(f"/compare/?{urlencode({'one': MANY, 'two': MANY})}"),
    "compare, form": State("/compare/"),
    "compare, error": State("/compare/?one=mistyped&two=", status=422),
    "compare, one kept": State(lambda site: f"/compare/?one={keep(site)[0]}"),
    "record": State(f"/advice/record/?{TEXT}&fact=none"),
    "record, tie": State("/advice/record/?industry=other&need=summaries&need=forecast&fact=none"),
    "record, not yet": State(
        "/advice/record/?industry=healthcare&need=diagnosis&modality=figures&fact=health-data&fact=no-checker"
    ),
    "record, no code": State(
        "/advice/record/?industry=education&fact=children&" + "&".join(f"need={n.slug}" for n in CATALOGUE.needs[::2])
    ),
    "to-do list": State(f"/advice/to-do/?{TEXT}&fact=personal-data&fact=eu-customers"),
    "rules": State("/how-it-decides/"),
    "changes": State("/how-it-decides/changes/"),
    "two releases compared": State("/how-it-decides/changes/1-1/"),
    "kinds": State("/kinds-of-ai/"),
    "tools": State("/tools/"),
    "glossary": State("/glossary/"),
    "about": State("/about/"),
    "talk": State("/talk/"),
    "enquiry": State(TALK),
    "enquiry, error": State(TALK, send_empty, status=422),
    "enquiry, open too long": State(TALK, send_stale, status=422),
    "enquiry, too many": State(full, send_spam, status=429),
    "enquiry, sent": State(asked),
    "privacy": State("/privacy/"),
    "accessibility": State("/accessibility/"),
    "report": State("/report-a-mistake/"),
    "not found": State("/nothing/", status=404),
    "bad request": State("/advice/?=x", status=400),
}
every_state = pytest.mark.parametrize("name", STATES)


def open_state(visit: Any, name: str, **options: Any) -> Page:
    state = STATES[name]
    visitor: Visitor = visit(expected={state.status}, **options)
    page = visitor.open(state.address if isinstance(state.address, str) else state.address(visitor.site))
    page.wait_for_function("() => window.htmx")
    if state.then:
        state.then(page)
    return page


def look(page: Page, *, width: int = 1280, text: int = 100, **media: Any) -> None:
    """The window's width, the browser's own text size in per cent, and what the device asks for."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(**{"color_scheme": "light", "forced_colors": "none", **media})
    sizes = {"standard": 16 * text // 100, "fixed": 13 * text // 100}
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})
    # A colour that still fades is none to measure.
    moving = "document.getAnimations().some((animation) => animation.playState === 'running')"
    page.wait_for_function(f"() => !{moving}")


LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "light, 320 px": {"width": 320},
    "dark, 320 px": {"width": 320, "color_scheme": "dark"},
    "text at 200 %": {"text": 200},
    "text at 200 %, 320 px": {"width": 320, "text": 200},
    "forced colours": {"forced_colors": "active"},
}
WHOLE_LOOKS = ("light", "dark, 320 px")
"""Both sets of colours and both widths: here every rule is asked. The other looks differ in sizes alone."""
OF_THE_SIZE = ("scrollable-region-focusable", "target-size")

LONG_PAGES = ("rules", "tools")
LONG_PAGES_LOOKS = ("light", "dark, 320 px", "text at 200 %, 320 px")
"""axe takes seconds over these, which have no colours and no pieces that other pages do not have."""


def violations(page: Page, rules: tuple[str, ...] = ()) -> list[str]:
    """What breaks one of these rules of axe's; without any named, what breaks one of all."""
    # To preload, axe would write stylesheets into the page, which the page's own policy forbids.
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = rules
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]} {node.get('failureSummary', '')[:200]}"
        for rule in found
        for node in rule["nodes"][:3]
    ]


def sideways(page: Page) -> list[str]:
    """What makes the page wider than its window."""
    wide: list[str] = page.evaluate(
        """() => {
          const page = document.scrollingElement;
          if (page.scrollWidth <= page.clientWidth) return [];
          const found = [...document.querySelectorAll("main *, header *, footer *")]
            .filter((e) => e.getBoundingClientRect().right > page.clientWidth + 0.5 && !e.closest(".scroll, svg, .vh"));
          return [`${page.scrollWidth} px`, ...found.slice(0, 4).map((e) => e.outerHTML.slice(0, 120))];
        }"""
    )
    return wide


def faults(page: Page, looks: Iterable[str] = LOOKS) -> list[str]:
    """What a machine finds wrong with the page in these looks. Most of axe's time goes into measuring colours."""
    found: list[str] = []
    for title in looks:
        look(page, **LOOKS[title])
        rules = () if title in WHOLE_LOOKS else OF_THE_SIZE
        found += [f"{title}: {fault}" for fault in (*violations(page, rules), *sideways(page))]
    return found


@every_state
def test_no_rule_of_accessibility_is_broken(visit: Any, name: str) -> None:
    page = open_state(visit, name)

    broken = faults(page, LONG_PAGES_LOOKS if name in LONG_PAGES else LOOKS)

    assert not broken, "\n".join(broken)


def test_double_text_is_twice_as_large(visitor: Visitor) -> None:
    """Else the looks above would prove nothing."""
    page = visitor.open()
    size = "() => parseFloat(getComputedStyle(document.querySelector('.lead')).fontSize)"
    before = page.evaluate(size)

    look(page, text=200)

    assert page.evaluate(size) == 2 * before


@pytest.mark.parametrize(
    "name",
    [
        "home",
        "industry",
        "goals, found",
        "goals, all unfolded",
        "check",
        "result, many goals",
        "result, not yet",
        "compare",
        "compare, error",
        "record",
        "to-do list",
        "rules",
    ],
)
@pytest.mark.parametrize("width", [320, 1280])
def test_targets_are_large_enough(visit: Any, name: str, width: int) -> None:
    """24 by 24 CSS pixels or more, or far enough from the next; links within a text may be smaller."""
    page = open_state(visit, name)
    look(page, width=width)

    small = page.evaluate(
        """() => {
          const shown = (e) => e.checkVisibility({visibilityProperty: true}) && !e.closest(".vh") &&
            e.getBoundingClientRect().width > 1;
          const target = (e) => e.labels?.length && e.closest("label") ? e.closest("label") : e;
          const inText = (e) => e.tagName === "A" && getComputedStyle(e).display === "inline" &&
            e.parentElement.textContent.trim() !== e.textContent.trim();
          const all = [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden])")]
            .filter(shown).map((e) => [e, target(e).getBoundingClientRect()]);
          const far = ([e, box]) => all.every(([other, near]) => {
            const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
            const dx = Math.max(near.left - x, x - near.right, 0), dy = Math.max(near.top - y, y - near.bottom, 0);
            return other === e || Math.hypot(dx, dy) >= 12;
          });
          return all.filter(([e, box]) => (box.width < 24 || box.height < 24) && !inText(e) && !far([e, box]))
            .map(([e, box]) => `${Math.round(box.width)} x ${Math.round(box.height)}: ${e.outerHTML.slice(0, 100)}`);
        }"""
    )

    assert small == []


@pytest.mark.parametrize(("width", "height"), [(320, 560), (1280, 800)])
def test_what_has_the_focus_is_never_hidden(visitor: Visitor, width: int, height: int) -> None:
    """The bar with Continue sticks to the bottom of a small window."""
    page = visitor.open("/advice/goals/?industry=other&need=chatbot")
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(reduced_motion="reduce")

    for _ in range(24):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => {
              const focus = document.activeElement, box = (focus.closest("label") || focus).getBoundingClientRect();
              const bar = document.querySelector(".bar"), over = bar.getBoundingClientRect();
              if (bar.contains(focus) || focus.matches(".skip")) return "";
              const inside = box.bottom > 0 && box.top < innerHeight;
              const covered = getComputedStyle(bar).position === "sticky" && box.top >= over.top &&
                box.bottom <= over.bottom && box.left < over.right;
              return inside && !covered ? "" : focus.outerHTML.slice(0, 100);
            }"""
        )
        assert hidden == ""


@pytest.mark.parametrize(
    "colours", [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"forced_colors": "active"}], ids=str
)
def test_the_focus_can_be_seen(visitor: Visitor, colours: dict[str, Any]) -> None:
    page = visitor.open("/advice/goals/?industry=other&need=chatbot")
    look(page, reduced_motion="reduce", **colours)

    for _ in range(12):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
              const focus = document.activeElement, parts = [focus, focus.closest("label") || focus];
              const look = () => parts.map((part) => getComputedStyle(part))
                .map((style) => [style.outline, style.boxShadow, style.backgroundColor, style.color]).join();
              const lit = look();
              focus.blur();
              const plain = look();
              focus.focus({focusVisible: true});
              return lit !== plain;
            }"""
        )
        assert seen, focus_of(page)


def focus_of(page: Page) -> str:
    return str(page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)"))


@pytest.mark.parametrize("name", ["result, combined", "result, not yet", "check", "record", "to-do list"])
def test_print_has_the_advice_and_no_buttons(visit: Any, name: str) -> None:
    page = open_state(visit, name)
    page.emulate_media(media="print")

    for selector in ("button:visible", "a.btn:visible", "a.quiet:visible", "header nav:visible"):
        assert page.locator(selector).count() == 0, selector
    assert page.locator("h1").is_visible()
    if name.startswith("result"):
        assert page.locator(".plate").is_visible()
        address = page.locator("#mind .side a[href^=http]").first
        assert str(address.get_attribute("href")) in address.evaluate("(a) => getComputedStyle(a, '::after').content")
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_nothing_moves_for_those_who_ask_for_none(visitor: Visitor) -> None:
    page = visitor.open("/advice/goals/?industry=other")
    page.wait_for_function("() => window.htmx")
    page.emulate_media(reduced_motion="reduce")

    page.get_by_label("Answer customers' questions").check()
    page.locator("#so-far .arm").wait_for()

    moving = "() => document.getAnimations().filter((a) => a.effect.getComputedTiming().duration > 1).length"
    assert page.evaluate(moving) == 0


def test_pictures_that_say_nothing_are_hidden_and_others_are_named(visit: Any) -> None:
    for name in ("home", "result, combined", "rules"):
        page = open_state(visit, name)
        bare = "svg:not([aria-hidden=true]):not([role=img]), img:not([alt])"
        assert page.locator(bare).count() == 0


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, site: Site, first_editor_address: str) -> Any:
    """The cookies of the editor whom the link of `setup_site` makes."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(site.url + first_editor_address)
    page.locator("[name=username]").fill("ada")
    for field in ("password1", "password2"):
        page.locator(f"[name={field}]").fill("correct horse battery staple")
    page.locator("[type=submit]").click()
    page.get_by_role("link", name="Log out").or_(page.get_by_role("button", name="Log out")).wait_for()
    state = context.storage_state()
    context.close()
    return state


EDITORS_PAGES = {
    "index": "/admin/",
    "gates": "/admin/advisor/gate/",
    "rules, picked": "/admin/advisor/rule/?q=text&industry=none",
    "tools, searched": "/admin/advisor/tool/?q=whisper",
    "releases": "/admin/advisor/release/",
    "publish": "/admin/advisor/release/publish/",
    "what visitors would notice": "/admin/advisor/release/impact/",
    "kept results behind a change": "/admin/advisor/release/impact/list/?about=lost",
    "go back to a release": "/admin/advisor/release/1/roll-back/",
    "recall a release": "/admin/advisor/release/1/recall/",
    "enquiries": "/admin/advisor/enquiry/",
    "enquiries in quarantine": "/admin/advisor/enquiry/?place=quarantine",
    "an enquiry": "/admin/advisor/enquiry/",
    "an enquiry's advice": "/admin/advisor/enquiry/",
    "a new rule": "/admin/advisor/rule/add/",
    "a rule": "/admin/advisor/rule/",
    "the order of the rules": "/admin/advisor/rule/order/",
    "what would change in several rules": "/admin/advisor/rule/",
    "a goal and its slice of the table": "/admin/advisor/need/",
    "a gate": "/admin/advisor/gate/",
    "what retiring would do": "/admin/advisor/circumstance/1/retire/",
    "deleting what is in use": "/admin/advisor/circumstance/1/delete/",
    "a term that somebody saved meanwhile": "/admin/advisor/term/",
    "a term's history": "/admin/advisor/term/",
    "back to an older version": "/admin/advisor/term/",
    "back to an older version, too late": "/admin/advisor/term/",
    "a term that somebody deleted meanwhile": "/admin/advisor/term/",
    "a term that is typed and not saved": "/admin/advisor/term/",
    "login, when something typed waits": "/admin/advisor/term/",
    "what was typed, in its form": "/admin/advisor/term/",
    "what was typed, where no form shows it": "/admin/advisor/term/",
    "the history of an order": "/admin/history/order/rules/",
    "deleted records": "/admin/history/deleted/",
    "the simulator": "/admin/simulator/",
    "what no example reaches": "/admin/simulator/coverage/",
    "the simulator, answered": f"/admin/simulator/?{MANY}",
    "claims to check again": "/admin/shelf-life/?days=90",
    "whether claims are still true": "/admin/shelf-life/renew/?claim=rules-1&claim=terms-1",
    "who looks after a claim": "/admin/shelf-life/give/?claim=rules-1",
    "import and export": "/admin/import-export/",
    "a file that can't be imported": "/admin/import-export/",
    "what a file would change": "/admin/import-export/",
    "owner's settings": "/admin/advisor/ownersettings/1/change/",
    "signals": "/admin/advisor/signal/",
    "a signal": "/admin/advisor/signal/",
    "a rule made from a signal": "/admin/advisor/signal/",
    "signals, counted": "/admin/advisor/signal/counts/",
    "users": "/admin/auth/user/",
    "the audit trail": "/admin/advisor/auditentry/",
    "an entry of the trail": "/admin/advisor/auditentry/1/change/",
    "a new user": "/admin/auth/user/add/",
    "a user": "/admin/auth/user/1/change/",
    "login": "/admin/login/",
    "a link that does not work": "/admin/first-editor/used-already/",
}


EXPECTED_ERRORS = {
    "a link that does not work": {404},
    "a term that somebody saved meanwhile": {409},
    "back to an older version, too late": {409},
    "a term that somebody deleted meanwhile": {409},
    "a file that can't be imported": {422},
}


def lose_what_is_typed(page: Page, name: str) -> None:
    """By a session that ran out, a colleague who deleted the record, or by leaving."""
    page.locator("#result_list tbody th a").last.click()
    if "no form" in name:
        page.get_by_role("link", name="Still true: renew it").click()
        page.get_by_role("button", name="still true").wait_for()
    else:
        with page.expect_response(re.compile("/look/$")):
            page.get_by_label("Meaning").fill("An hour of work.")
    if name.endswith("meanwhile"):
        other = page.context.new_page()
        other.goto(page.url.replace("/change/", "/delete/"))
        other.locator("#content form [type=submit]").click()
        other.get_by_text("was deleted successfully").wait_for()
    elif name.endswith("not saved"):
        address = page.url
        page.wait_for_function("() => JSON.stringify(localStorage).includes('An hour of work.')")
        page.goto(address)
        page.get_by_role("button", name="Bring back what you typed").wait_for()
        return
    else:
        page.context.clear_cookies(name="signpost-session")
    page.get_by_role("button", name=re.compile("^Save$|still true")).first.click()
    if name.endswith("meanwhile"):
        page.get_by_role("heading", name="Somebody deleted this while you were writing").wait_for()
        return
    page.get_by_text("What you typed is kept for a day").wait_for()
    if not name.startswith("login"):
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password").fill("correct horse battery staple")
        page.get_by_role("button", name="Log in").click()
        page.get_by_text("You had been signed out").wait_for()


@pytest.mark.parametrize(
    "name",
    EDITORS_PAGES,
)
def test_the_editors_pages_break_none_either(visit: Any, signed_in: Any, name: str) -> None:
    visitor: Visitor = visit(
        expected=EXPECTED_ERRORS.get(name, set()),
        storage_state=None if name == "login" else signed_in,
    )
    if "enquir" in name:
        post(visitor.site, enquiry_form(visitor.site, message=f"{name} {time.monotonic()}", with_advice="yes"), 9)
        spam = enquiry_form(visitor.site, message=f"{name} {time.monotonic()}")
        post(visitor.site, [(key, "x" if key == TRAP else value) for key, value in spam], 9)
    if "signal" in name:
        told = visitor.open(f"/advice/wrong/?{TEXT}&release=1")
        told.locator("[name=part]").first.check()
        told.get_by_role("button", name="Tell the editors").click()
        told.get_by_role("heading", name="Thank you. An editor reads it").wait_for()
    page = visitor.open(EDITORS_PAGES[name])
    if name in ("a signal", "a rule made from a signal"):
        page.locator("#result_list .field-tells a").first.click()
        page.get_by_role("heading", name="What they saw").wait_for()
    if name == "a rule made from a signal":
        page.get_by_role("link", name="A draft rule").click()
        page.locator("#rule_form").wait_for()
    if name.startswith("an enquiry"):
        page.locator("#result_list tbody th a").first.click()
        page.locator("#enquiry_form").wait_for()
    if name == "an enquiry's advice":
        page.get_by_role("link", name="See it as the visitor saw it").click()
        page.locator(".plate").wait_for()
    if name == "a rule":
        page.locator("#result_list tbody th a").first.click()
        page.locator("#rule_form").wait_for()
    if name == "what would change in several rules":
        for number in range(3):
            page.locator(".action-select").nth(number).check()
        page.locator("select[name=action]").select_option("change_several")
        page.get_by_role("button", name="Go").click()
        page.get_by_label("Category").select_option(index=4)
        page.get_by_role("button", name="Show what would change").click()
        page.get_by_role("button", name="Change these").wait_for()
    if name in ("a goal and its slice of the table", "a gate"):
        page.locator("#result_list tbody th a").first.click()
        page.locator(".cards").wait_for()
    if name == "a term that somebody saved meanwhile":
        page.locator("#result_list tbody th a").first.click()
        page.get_by_label("Meaning").fill("What one editor wrote.")
        other = page.context.new_page()
        other.goto(page.url)
        other.get_by_label("Meaning").fill("What another wrote, and saved first.")
        other.get_by_role("button", name="Save", exact=True).click()
        other.get_by_text("was changed successfully").wait_for()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("heading", name="Somebody else saved this while you were writing").wait_for()
        assert page.get_by_label("Meaning").input_value() == "What one editor wrote."
        assert page.get_by_role("cell", name="What another wrote, and saved first.").is_visible()
    if "typed" in name or name.endswith("deleted meanwhile"):
        lose_what_is_typed(page, name)
    if name.startswith(("a term's history", "back to an older")):
        page.locator("#result_list tbody th a").first.click()
        record = page.url
        page.get_by_label("Meaning").fill(f"What it means as of {time.monotonic()}.")
        page.get_by_role("button", name="Save", exact=True).click()
        page.goto(record)
        page.get_by_role("link", name="All of it, and the way back").click()
        page.locator(".became").wait_for()
        if "back" in name:
            page.get_by_role("link", name="Back to this").first.click()
            page.get_by_role("heading", name="Going back would change this").wait_for()
        if "late" in name:
            other = page.context.new_page()
            other.goto(record)
            other.get_by_label("Meaning").fill(f"Another meaning, {time.monotonic()}.")
            other.get_by_role("button", name="Save", exact=True).click()
            other.get_by_text("was changed successfully").wait_for()
            page.get_by_role("button", name="Go back to this").click()
            page.get_by_role("heading", name="Somebody changed this while you were looking").wait_for()
    if "file" in name:
        content = page.request.get(f"{visitor.site.url}/admin/import-export/draft.json").body()
        if name == "what a file would change":
            content = content.replace(b'"opened":false', b'"opened":true').replace(b"customers", b"clients")
        else:
            content = content.replace(b'"category"', b'"kind"')
        page.set_input_files("#file", {"name": "draft.json", "mimeType": "application/json", "buffer": content})
        page.get_by_role("button", name="Show what it would change").click()
        page.locator(".changes, .problems").first.wait_for()
    broken: list[str] = []

    for title in WHOLE_LOOKS:
        look(page, **LOOKS[title])
        broken += [f"{title}: {fault}" for fault in violations(page)]

    assert not broken, "\n".join(broken)
