"""What visitors told, as editors meet it: the list, what each saw, the counts, and drafts made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from advisor import links, published
from advisor.decision.recommend import recommend
from advisor.models import AuditEntry, Example, Need, Release, Rule, Signal, SignalGoal
from advisor.roles import EDITOR, ENQUIRY_HANDLER, OWNER, PUBLISHER, make_roles
from tests.conftest import Publish
from tests.factory import make_caveat
from tests.views.markup import Element, parse

pytestmark = pytest.mark.django_db

LIST = "/admin/advisor/signal/"
COUNTS = "/admin/advisor/signal/counts/"
ANSWERS = "industry=law-finance&need=contract-review&need=social-posts&modality=text&modality=images&fact=personal-data"
HOSTILE = "<script>alert(1)</script> {{ settings.SECRET_KEY }} {% debug %} ' onmouseover='x"


@pytest.fixture(autouse=True)
def _one_release(publish: Publish) -> None:
    publish()
    make_roles()


def somebody(role: str) -> Client:
    user = User.objects.create_user(role, is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def editor() -> Client:
    return somebody(EDITOR)


def make_signal(kind: str = "wrong", answers: str = ANSWERS, **fields: Any) -> Signal:
    release = published.current()
    advice = recommend(release, links.answers_of(answers, release)[0])
    signal = Signal.about(Signal.Kind(kind), advice)
    if kind == "wrong":
        signal.section, signal.slug, signal.part = "rules", "text", "Contract review: Language model"
    for name, value in fields.items():
        setattr(signal, name, value)
    signal.save()
    decided = {(case.need.slug, case.rule.slug) for verdict in advice.verdicts for case in verdict.cases}
    SignalGoal.objects.bulk_create(SignalGoal(signal=signal, need=need, rule=rule) for need, rule in decided)
    return signal


def missing(**fields: Any) -> Signal:
    values = {"industry": "law-finance", "modality": "figures", "answers": "industry=law-finance", **fields}
    return Signal.objects.create(kind="not-listed", release=Release.objects.current(), **values)


def see(client: Client, address: str, status: int = 200) -> Element:
    response = client.get(address)
    assert response.status_code == status, address
    return parse(response.content.decode())


def rows(page: Element) -> list[str]:
    return [row.text for row in page.by_id("result_list").all("tr")[1:]] if page.all(id="result_list") else []


def form_of(page: Element, name: str) -> dict[str, Any]:
    """What the form sends as it stands."""
    form = page.by_id(name)
    sent: dict[str, Any] = {}
    for field in [*form.all("input"), *form.all("textarea")]:
        if field.get("type") not in ("checkbox", "submit") or "checked" in field.attributes:
            sent.setdefault(field.get("name") or "", []).append(field.get("value") or field.text)
    for select in form.all("select"):
        sent[select["name"]] = [option["value"] for option in select.all("option") if "selected" in option.attributes]
    return sent


class TestTheList:
    def test_it_shows_what_is_to_do_the_newest_first(self, editor: Client) -> None:
        make_signal(received_at=timezone.now() - timedelta(days=2), state="seen", words="First")
        make_signal(kind="useful", vote="no")
        make_signal(kind="useful", vote="yes", state="done")
        make_signal(junk=True)
        missing()

        told = rows(see(editor, LIST))

        assert [next(text for text in ("missing", "Not useful", "Wrong") if text in row) for row in told] == [
            "missing", "Not useful", "Wrong",
        ]  # fmt: skip
        assert len(rows(see(editor, f"{LIST}?state=all"))) == 4
        assert len(rows(see(editor, f"{LIST}?junk=yes"))) == 1

    @pytest.mark.parametrize(
        ("narrowed", "number"),
        [
            ("kind=not-listed", 1),
            ("industry=other", 1),
            ("of=1", 3),
            ("of=7", 0),
            ("of=x", 3),
            ("goals__rule=images", 1),
            ("goals__need=contract-review", 1),
            ("slug=text", 1),
            ("modality=figures", 1),
            ("vote=no", 1),
            ("q=Contract", 1),
        ],
    )
    def test_it_can_be_narrowed(self, editor: Client, narrowed: str, number: int) -> None:
        make_signal()
        make_signal("useful", "industry=other&need=calculators", vote="no")
        missing()

        assert len(rows(see(editor, f"{LIST}?{narrowed}"))) == number

    def test_a_signal_with_many_goals_stands_there_once(self, editor: Client) -> None:
        make_signal()

        assert len(rows(see(editor, f"{LIST}?goals__need=social-posts"))) == 1

    def test_one_press_marks_it_and_the_list_stays_narrowed(self, editor: Client) -> None:
        signal = make_signal()
        page = see(editor, f"{LIST}?kind=wrong")
        buttons = {button.text: button["formaction"] for button in page.all("button") if button.get("formaction")}

        response = editor.post(buttons["Looked at"])

        assert response["Location"] == f"{LIST}?kind=wrong"
        signal.refresh_from_db()
        assert signal.state == "seen"
        entry = AuditEntry.objects.first()
        assert entry
        assert (entry.who, entry.what) == (EDITOR, "Marked as looked at")
        assert entry.changes == {"state": ["New", "Looked at"]}

    def test_many_can_be_marked_at_once(self, editor: Client) -> None:
        chosen = [make_signal().pk, missing().pk]

        editor.post(LIST, {"action": "mark_done", "_selected_action": chosen})

        assert not Signal.objects.waiting().exists()
        assert AuditEntry.objects.filter(what="Marked as done").count() == 2

    def test_queries_do_not_grow_with_the_rows(self, editor: Client) -> None:
        def queries(address: str) -> int:
            with CaptureQueriesContext(
                connection,
            ) as found:
                see(editor, address)
            return len(found)

        make_signal()
        missing()
        queries(LIST)
        few = [queries(LIST), queries(COUNTS)]
        for _ in range(20):
            make_signal()
            missing()

        assert [queries(LIST), queries(COUNTS)] == few

    def test_how_many_wait_is_one_query(self, django_assert_num_queries: Callable[[int], Any]) -> None:
        make_signal()
        make_signal("useful", vote="no")
        make_signal("useful", vote="yes", state="done")
        make_signal(junk=True)
        missing()

        with django_assert_num_queries(1):
            waiting = Signal.objects.waiting_by_kind()

        assert waiting == {"wrong": 1, "useful": 1, "not-listed": 1}


class TestWhoSeesWhat:
    def test_publishers_see_signals_without_the_words(self) -> None:
        signal, publisher = make_signal(words="Ask Ada Lovelace"), somebody(PUBLISHER)

        for address in (LIST, f"{LIST}{signal.pk}/change/", f"{LIST}{signal.pk}/history/", COUNTS):
            assert "Lovelace" not in publisher.get(address).content.decode()
        assert rows(see(publisher, f"{LIST}?q=Lovelace")) == []
        assert not [button for button in see(publisher, LIST).all("button") if button.get("formaction")]

    def test_publishers_change_nothing(self) -> None:
        signal, publisher = make_signal(words="Ask Ada Lovelace"), somebody(PUBLISHER)

        for what in ("done", "wordless"):
            assert publisher.post(f"{LIST}{signal.pk}/mark/{what}/").status_code == 403
        publisher.post(LIST, {"action": "drop_words", "_selected_action": [signal.pk]})

        signal.refresh_from_db()
        assert (signal.state, signal.words) == ("new", "Ask Ada Lovelace")

    @pytest.mark.parametrize("role", [ENQUIRY_HANDLER, OWNER])
    def test_others_see_none(self, role: str) -> None:
        signal, client = make_signal(words="Ask Ada Lovelace"), somebody(role)

        for address in (LIST, f"{LIST}{signal.pk}/change/", COUNTS):
            assert client.get(address).status_code == 403
        assert client.post(f"{LIST}{signal.pk}/mark/done/").status_code == 403

    def test_a_form_for_a_new_record_tells_nobody_the_words_who_may_not_read_them(self) -> None:
        signal, client = make_signal(words="Ask Ada Lovelace"), somebody(PUBLISHER)
        user = User.objects.get(username=PUBLISHER)
        user.user_permissions.set(Group.objects.get(name=EDITOR).permissions.filter(codename__endswith="_need"))

        assert "Lovelace" not in client.get(f"/admin/advisor/need/add/?signal={signal.pk}").content.decode()

    def test_hostile_words_are_text_wherever_they_are_shown(self, editor: Client) -> None:
        signal = make_signal(words=HOSTILE)
        page = see(editor, LIST)

        assert HOSTILE in page.by_id("result_list").text
        assert HOSTILE in see(editor, f"{LIST}{signal.pk}/change/").text
        name = see(editor, f"/admin/advisor/need/add/?signal={signal.pk}").by_id("id_name")
        assert name["value"] == HOSTILE
        for scripts in (page.all("script"), page.by_id("result_list").all("script")):
            assert not [script for script in scripts if "alert" in script.text]

    def test_words_that_name_somebody_are_deleted_with_one_press(self, editor: Client) -> None:
        signal = make_signal(words="Ask Ada Lovelace")
        page = see(editor, f"{LIST}{signal.pk}/change/")

        (form,) = [form for form in page.all("form") if (form.get("action") or "").endswith("/wordless/")]
        editor.post(form["action"])

        signal.refresh_from_db()
        assert signal.words == ""
        assert "Lovelace" not in "".join(str(vars(entry)) for entry in AuditEntry.objects.all())

    def test_the_trail_never_holds_the_words(self, editor: Client) -> None:
        signal = make_signal(words="Ask Ada Lovelace")

        editor.post(f"{LIST}{signal.pk}/change/", {"state": "seen"})
        editor.post(f"{LIST}{signal.pk}/delete/", {"post": "yes"})

        assert not Signal.objects.exists()
        assert AuditEntry.objects.filter(what="Deleted").exists()
        assert "Lovelace" not in "".join(str(vars(entry)) for entry in AuditEntry.objects.all())


class TestWhatTheySaw:
    def test_it_opens_in_the_simulator_under_the_release_of_that_day(self, editor: Client, publish: Publish) -> None:
        signal = make_signal()
        publish(note="Another.", caveats=[make_caveat("check-facts"), make_caveat("tell-people")])

        (link,) = [one for one in see(editor, LIST).all("a") if one.text == "What they saw"]
        page = see(editor, link["href"])

        assert link["href"] == f"/admin/simulator/?{signal.answers}&release=1"
        assert page.by_id("side-2").text == "What the visitor saw: release 1"
        draft, then = page.of_class("sides")[0].all("section")
        assert "Tell-people" in draft.text
        assert "Tell-people" not in then.text

    @pytest.mark.parametrize("number", ["9", "x", "", "-1", "1" * 40, "²"])
    def test_a_release_that_is_none_shows_the_current_one(self, editor: Client, number: str) -> None:
        page = see(editor, f"/admin/simulator/?{ANSWERS}&release={number}")

        assert page.by_id("side-2").text == "What visitors see now: release 1"

    def test_its_page_names_the_row_and_the_rules(self, editor: Client) -> None:
        page = see(editor, f"{LIST}{make_signal().pk}/change/")

        found = {(link.text, link["href"]) for link in page.all("a")}
        for output, category in (("text", "language model"), ("images", "generative media")):
            said = f"When the output is “{output.capitalize()}”: {category}"
            assert (said, f"/admin/simulator/record/rules/{output}/") in found

    def test_a_rule_that_is_gone_from_the_draft_is_named_by_its_slug(self, editor: Client) -> None:
        signal = make_signal("useful", "industry=other&need=calculators", vote="no")
        signal.goals.update(rule="long-gone")

        assert "long-gone" in see(editor, f"{LIST}{signal.pk}/change/").text
        assert "Only what is about the rule “long-gone”." in see(editor, f"{LIST}?goals__rule=long-gone").text
        assert "long-gone" in see(editor, COUNTS).text

    def test_a_release_that_is_damaged_does_not_break_its_page(
        self, editor: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        signal = make_signal()

        def broken(number: int) -> None:
            raise Release.DoesNotExist

        monkeypatch.setattr(published, "release", broken)

        page = see(editor, f"{LIST}{signal.pk}/change/")
        see(editor, f"/admin/advisor/rule/add/?signal={signal.pk}")

        assert "An example" not in [link.text for link in page.all("a")]


class TestDraftsFromSignals:
    def test_nothing_is_stored_by_opening_the_form(self, editor: Client) -> None:
        signal = make_signal()

        for name in ("need", "rule", "example"):
            page = see(editor, f"/admin/advisor/{name}/add/?signal={signal.pk}")
            assert "Nothing is stored before you save." in page.text

        assert (Need.objects.count(), Rule.objects.count(), Example.objects.count()) == (3, 3, 1)
        assert Signal.objects.get().state == "new"

    def test_a_goal_gets_the_visitor_s_words_and_the_kind(self, editor: Client) -> None:
        signal = missing(words="Work out\nthe wages")
        page = see(editor, f"/admin/advisor/need/add/?signal={signal.pk}")
        sent = form_of(page, "need_form")
        assert (sent["name"], sent["slug"]) == (["Work out the wages"], ["work-out-the-wages"])

        response = editor.post(f"/admin/advisor/need/add/?signal={signal.pk}", {**sent, "phrase": "work out wages"})

        assert response.status_code == 302
        need = Need.objects.get(slug="work-out-the-wages")
        assert [modality.slug for modality in need.modalities.all()] == ["figures"]
        assert need.default_modality.slug == "figures"
        signal.refresh_from_db()
        assert (signal.state, signal.made) == ("done", "need: Work out the wages")
        told = see(editor, response["Location"]).text
        assert "It was missed in “Law finance”. Is it a usual goal there?" in told
        assert AuditEntry.objects.filter(what="Made a need: Work out the wages of").exists()
        page = see(editor, f"{LIST}{signal.pk}/change/")
        assert [link["href"] for link in page.all("a") if link.text == signal.made] == [
            "/admin/simulator/record/needs/work-out-the-wages/"
        ]

    def test_without_words_its_name_is_the_kind(self, editor: Client) -> None:
        page = see(editor, f"/admin/advisor/need/add/?signal={missing().pk}")

        assert page.by_id("id_name")["value"] == "Figures"

    def test_a_rule_gets_the_answers_that_the_wrong_rule_decided(self, editor: Client) -> None:
        signal = make_signal(slug="images")
        page = see(editor, f"/admin/advisor/rule/add/?signal={signal.pk}")

        named = {
            label.text
            for label in page.by_id("rule_form").all("label")
            for box in label.all("input")
            if "checked" in box.attributes
        }
        assert named == {"Law finance", "Social posts", "Text", "Images", "We have personal data"}
        assert page.by_id("id_slug")["value"] == "law-finance-social-posts"

    def test_an_example_expects_what_they_got(self, editor: Client) -> None:
        signal = make_signal()
        sent = form_of(see(editor, f"/admin/advisor/example/add/?signal={signal.pk}"), "example_form")

        assert editor.post(f"/admin/advisor/example/add/?signal={signal.pk}", sent).status_code == 302

        example = Example.objects.latest("pk")
        assert example.answers == ANSWERS
        assert (example.category.slug, example.readiness) == ("combined", "prepare")
        assert [caveat.slug for caveat in example.caveats.all()] == ["check-facts"]
        assert Signal.objects.get().made_slug == example.slug

    def test_a_form_that_is_refused_leaves_the_signal_as_it_was(self, editor: Client) -> None:
        signal = make_signal()

        assert editor.post(f"/admin/advisor/need/add/?signal={signal.pk}", {"name": "Half"}).status_code == 200

        signal.refresh_from_db()
        assert (signal.state, signal.made) == ("new", "")

    @pytest.mark.parametrize("number", ["99", "x", "²", "-1", "1" * 60, ""])
    def test_a_signal_that_is_gone_gives_an_empty_form(self, editor: Client, number: str) -> None:
        page = see(editor, f"/admin/advisor/need/add/?signal={number}")

        assert "from what a visitor told" not in page.text

    def test_changing_a_record_marks_no_signal(self, editor: Client) -> None:
        signal, need = missing(), Need.objects.first()
        assert need
        address = f"/admin/advisor/need/{need.pk}/change/"
        sent = form_of(see(editor, address), "need_form")

        editor.post(f"{address}?signal={signal.pk}", {**sent, "help": "Changed."})

        signal.refresh_from_db()
        assert signal.state == "new"


class TestBesideARecord:
    def card(self, client: Client, model: type[Rule] | type[Need], slug: str) -> list[str]:
        record = model.objects.get(slug=slug)
        page = see(client, f"/admin/advisor/{model._meta.model_name}/{record.pk}/change/")
        return [one.text for one in page.all("section") if one.text.startswith("What visitors told")]

    def test_what_visitors_told_stands_there(self, editor: Client) -> None:
        make_signal()
        make_signal("useful", vote="no")
        make_signal("useful", "industry=other&need=social-posts&modality=text", vote="yes")
        make_signal("useful", vote="no", junk=True)

        (rule,) = self.card(editor, Rule, "text")
        (need,) = self.card(editor, Need, "contract-review")

        assert "useful 1, partly 0, no 1" in rule
        assert "Called wrong: 1" in rule
        assert "useful 0, partly 0, no 1" in need

    def test_and_nothing_when_nobody_told_anything(self, editor: Client) -> None:
        make_signal()

        assert self.card(editor, Rule, "figures") == []


class TestCounts:
    def table(self, page: Element, head: str) -> list[list[str]]:
        (table,) = [table for table in page.all("table") if table.all("th")[0].text == head]
        return [[cell.text for cell in [*row.all("th"), *row.all("td")]] for row in table.all("tr")[1:]]

    def test_rules_with_most_no_come_first(self, editor: Client) -> None:
        for vote in ("no", "no", "yes"):
            make_signal("useful", vote=vote)
        make_signal("useful", "industry=other&need=calculators", vote="partly")
        make_signal(slug="images")
        make_signal("useful", vote="no", junk=True)

        page = see(editor, COUNTS)

        assert self.table(page, "Rule") == [
            ["When the output is “Images”: generative media", "1", "0", "2", "1", "See them"],
            ["When the output is “Text”: language model", "1", "0", "2", "0", "See them"],
            ["When the output is “Figures”: ordinary software", "0", "1", "0", "0", "See them"],
        ]
        assert self.table(page, "Goal")[0] == ["Contract review", "1", "0", "2", "See them"]
        assert self.table(page, "Release") == [["1", "1", "1", "2", "1", "0"]]

    def test_missing_goals_are_counted_by_industry_and_kind(self, editor: Client) -> None:
        for modality in ("figures", "figures", ""):
            missing(modality=modality)

        page = see(editor, COUNTS)

        assert self.table(page, "Industry") == [
            ["Law finance", "Figures", "2"],
            ["Law finance", "Something else", "1"],
        ]
        for link in [link["href"] for link in page.all("a") if link["href"].startswith(f"{LIST}?")]:
            see(editor, link)

    def test_one_release_by_itself(self, editor: Client, publish: Publish) -> None:
        make_signal("useful", vote="no")
        publish(note="Another.", caveats=[make_caveat("check-facts"), make_caveat("tell-people")])
        make_signal("useful", vote="yes")

        rows_of_two = self.table(see(editor, f"{COUNTS}?of=2"), "Rule")

        assert {tuple(row[1:4]) for row in rows_of_two} == {("1", "0", "0")}
        assert self.table(see(editor, f"{COUNTS}?of=x"), "Kind") == self.table(see(editor, COUNTS), "Kind")
