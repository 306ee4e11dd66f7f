"""Claims to check again: which are listed, what “still true” changes, and who looks after them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from advisor import importing, shelflife
from advisor.admin.meanwhile import digest
from advisor.decision.catalogue import Catalogue, checksum
from advisor.models import AuditEntry, Category, Caveat, Gate, Rule, Source, Term, Tool, Version
from advisor.models.document import draft_document, replace_draft
from advisor.roles import EDITOR, PUBLISHER, make_roles
from tests.factory import make_caveat, make_gate, make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]
QUEUE, RENEW, GIVE = "/admin/shelf-life/", "/admin/shelf-life/renew/", "/admin/shelf-life/give/"
CHECKED = "2026-01-01"


@pytest.fixture
def client(editor: User, load: Load) -> Client:
    load()
    client = Client()
    client.force_login(editor)
    return client


@pytest.fixture
def tom(db: None) -> User:
    make_roles()
    user = User.objects.create_user("tom", "tom@example.org", first_name="Tom", last_name="Ode", is_staff=True)
    user.groups.add(Group.objects.get(name=EDITOR))
    return user


def day(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def make_due(model: Any, slug: str, days: int, **fields: Any) -> Any:
    """This claim is due in so many days, or was, and was checked 100 days before."""
    dates = {"review_by": day(days), "checked_on": day(days - 100)}
    model.objects.filter(slug=slug).update(**dates, **fields)
    return model.objects.get(slug=slug)


def key(row: Any) -> str:
    section = next(name for name, model in shelflife.CLAIMS.items() if model is type(row))
    return f"{section}-{row.pk}"


def names(response: Any) -> list[str]:
    """The claims on the page, in their order."""
    return [str(item["row"]) for _, _, items in response.context["groups"] for item in items]


def renewal(row: Any, **fields: Any) -> dict[str, Any]:
    """The form as an editor sends it who read the claim's source today."""
    own = {"seen": digest(row), "source": row.sources.first().pk, "review_by": day(200), **fields}
    return {"claim": key(row), "checked_on": day(0), **{f"{key(row)}-{name}": value for name, value in own.items()}}


class TestQueue:
    def test_it_lists_every_kind_of_claim(self, client: Client) -> None:
        rows = [
            make_due(model, slug, -1)
            for model, slug in (
                (Category, "combined"),
                (Rule, "text"),
                (Gate, "protect-data"),
                (Caveat, "check-facts"),
                (Tool, "writer"),
                (Term, "token"),
            )
        ]

        response = client.get(QUEUE)

        assert set(names(response)) == {str(row) for row in rows}
        assert len(shelflife.CLAIMS) == len(rows)
        assert "6 claims are overdue, 0 more are due within 30 days." in response.content.decode()

    def test_it_says_what_the_claim_says_where_from_and_since_when_it_is_overdue(self, client: Client) -> None:
        make_due(Rule, "text", -12)
        Source.objects.filter(slug="article").update(url="https://example.org/article")

        page = client.get(QUEUE).content.decode()

        assert "When the output is “Text”: language model</a>" in page
        assert "Because of text." in page
        assert 'href="https://example.org/article"' in page
        assert f"Overdue since {day(-12):%-d %B %Y}, 12 days" in page

    def test_duties_and_stops_stand_first_then_what_is_overdue_longest(self, client: Client, load: Load) -> None:
        load(
            caveats=[make_caveat("must", severity="must"), make_caveat("mind")],
            gates=[make_gate("stop", level="not-yet"), make_gate("prepare")],
        )
        make_due(Caveat, "must", -1)
        make_due(Gate, "stop", -2)
        make_due(Caveat, "mind", -3)
        make_due(Gate, "prepare", -5)
        make_due(Rule, "text", -4)
        make_due(Term, "token", -90)

        assert names(client.get(QUEUE)) == ["Stop", "Must", "Prepare", "text", "Mind", "Token"]

    @pytest.mark.parametrize(("days", "shown"), [("7", 1), ("30", 2), ("90", 3), ("31", 2), ("x", 2)])
    def test_it_looks_as_far_ahead_as_one_chooses(self, client: Client, days: str, shown: int) -> None:
        for slug, ahead in (("text", 7), ("images", 30), ("figures", 90)):
            make_due(Rule, slug, ahead)

        assert len(names(client.get(QUEUE, {"days": days}))) == shown

    def test_it_can_show_mine_nobodys_anothers_or_one_sort(self, client: Client, editor: User, tom: User) -> None:
        make_due(Rule, "text", -1, looks_after=editor)
        make_due(Rule, "images", -1, looks_after=tom)
        make_due(Rule, "figures", -1)
        make_due(Term, "token", -1)

        assert names(client.get(QUEUE, {"owner": "me"})) == ["text"]
        assert names(client.get(QUEUE, {"owner": "nobody"})) == ["figures", "Token"]
        assert names(client.get(QUEUE, {"owner": tom.pk})) == ["images"]
        assert names(client.get(QUEUE, {"harm": "2"})) == ["Token"]
        assert len(names(client.get(QUEUE, {"owner": "x", "harm": "9"}))) == 4

    def test_when_nothing_is_due_it_says_so(self, client: Client) -> None:
        assert "none is due within 30 days" in client.get(QUEUE).content.decode()

    def test_it_makes_as_many_queries_for_many_claims_as_for_few(self, client: Client, load: Load) -> None:
        for model in shelflife.CLAIMS.values():
            make_due(model, str(model.objects.values_list("slug", flat=True)[0]), -1)
        client.get(QUEUE)
        with CaptureQueriesContext(connection) as few:
            client.get(QUEUE)

        load(rules=[make_rule(f"rule-{number}", "combined", needs=["calculators"]) for number in range(120)])
        Rule.objects.update(checked_on=CHECKED, review_by=CHECKED)
        with CaptureQueriesContext(connection) as many:
            response = client.get(QUEUE)

        assert len(many) <= len(few)
        assert response.context["page"].paginator.count > len(names(response)) == 50
        assert names(client.get(QUEUE, {"page": 2}))

    def test_the_counts_take_one_query(self, client: Client) -> None:
        make_due(Rule, "text", -1)
        make_due(Rule, "images", 0)
        make_due(Term, "token", 30)
        make_due(Tool, "writer", 31)

        with CaptureQueriesContext(connection) as queries:
            found = shelflife.counts()

        assert found == shelflife.Counts(overdue=1, soon=2)
        assert len(queries) == 1

    def test_whoever_may_only_look_sees_no_buttons(self, client: Client, tom: User) -> None:
        row = make_due(Rule, "text", -1)
        tom.groups.set([Group.objects.get(name=PUBLISHER)])
        client.force_login(tom)

        page = client.get(QUEUE).content.decode()

        assert "Because of text" in page
        assert RENEW not in page
        assert client.get(RENEW, {"claim": key(row)}).status_code == 403
        assert client.post(RENEW, renewal(row)).status_code == 403
        assert client.post(GIVE, {"claim": key(row), "looks_after": tom.pk}).status_code == 403


class TestStillTrue:
    def test_the_form_offers_today_and_as_long_as_last_time(self, client: Client) -> None:
        row = make_due(Rule, "text", -10)

        response = client.get(RENEW, {"claim": key(row)})

        (item,) = response.context["items"]
        assert response.context["checked"]["checked_on"].value() == day(0)
        assert item["form"]["review_by"].value() == day(100)
        assert item["form"]["source"].value() == row.sources.get().pk  # it names just one

    def test_it_makes_as_many_queries_for_many_claims_as_for_few(self, client: Client) -> None:
        keys = [key(make_due(Rule, slug, -10)) for slug in ("text", "images", "figures")]
        client.get(RENEW, {"claim": keys})
        counts = []
        for chosen in (keys[:2], keys):
            with CaptureQueriesContext(connection) as queries:
                client.get(RENEW, {"claim": chosen})
            counts.append(len(queries))

        assert counts[0] == counts[1]

    def test_of_several_sources_none_is_taken_for_read(self, client: Client) -> None:
        row = make_due(Rule, "text", -10)
        row.sources.set(Source.objects.all())

        (item,) = client.get(RENEW, {"claim": key(row)}).context["items"]

        assert item["form"]["source"].value() is None

    def test_it_sets_the_dates_and_nothing_else(self, client: Client) -> None:
        row = make_due(Rule, "text", -10)
        before = draft_document()

        response = client.post(RENEW, renewal(row), follow=True)

        after = draft_document()
        (was,) = (record for record in before["rules"] if record["slug"] == "text")
        was.update(checked_on=day(0).isoformat(), review_by=day(200).isoformat())
        assert after == before
        assert "is renewed until" in response.content.decode()
        assert names(response) == []

    def test_the_trail_and_the_records_history_say_so(self, client: Client, editor: User) -> None:
        row = make_due(Rule, "text", -10)

        client.post(RENEW, renewal(row))

        entry = AuditEntry.objects.latest("pk")
        assert (entry.who, entry.record) == ("ada", "rule: text")
        assert entry.what == "Still true, read in “The article (Signpost)”"
        assert entry.changes["review_by"] == [day(-10).isoformat(), day(200).isoformat()]
        assert set(entry.changes) == {"checked_on", "review_by"}
        assert LogEntry.objects.latest("pk").object_id == str(row.pk)

    def test_it_can_be_undone_from_the_records_history(self, client: Client) -> None:
        row = make_due(Rule, "text", -10)

        client.post(RENEW, renewal(row))

        history = client.get(reverse("admin:advisor_rule_history", args=[row.pk])).content.decode()
        newest, before = Version.objects.of("rules", "text")[:2]
        assert "read in “The article (Signpost)”" in history
        assert newest.said["review_by"] == day(200).isoformat()
        assert before.said["review_by"] == day(-10).isoformat()

    def test_another_source_can_be_added_with_it(self, client: Client) -> None:
        row = make_due(Rule, "text", -10)
        other = Source.objects.exclude(pk__in=row.sources.all()).first()
        assert other

        client.post(RENEW, renewal(row, source=other.pk))

        assert set(row.sources.all()) == set(Source.objects.all())
        assert "sources" in AuditEntry.objects.latest("pk").changes

    def test_several_at_once_after_they_were_shown(self, client: Client) -> None:
        rows = [make_due(Rule, "text", -10), make_due(Term, "token", -3)]

        shown = client.get(RENEW, {"claim": [key(row) for row in rows]})
        fields = {**renewal(rows[0]), **renewal(rows[1], review_by=day(90)), "claim": [key(row) for row in rows]}
        client.post(RENEW, fields)

        assert [str(item["row"]) for item in shown.context["items"]] == ["text", "Token"]
        assert Rule.objects.get(slug="text").review_by == day(200)
        assert Term.objects.get(slug="token").review_by == day(90)

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"checked_on": "tomorrow"}, "Enter a valid date"),
            ({"checked_on": day(1)}, "This day lies ahead"),
            (
                {"checked_on": day(-200)},
                "already: “When the output is “Text”: language model”. Give that day or a later one.",
            ),
            ({"review_by": day(0)}, "Give a day that lies ahead."),
            ({"review_by": ""}, "Say by when to look again."),
            ({"source": ""}, "Say which source you read."),
            ({"source": "999"}, "Choose one of these."),
        ],
    )
    def test_what_makes_no_sense_is_refused_beside_its_field(
        self, client: Client, fields: dict[str, Any], told: str
    ) -> None:
        row = make_due(Rule, "text", -10)
        sent = {
            **renewal(row),
            **{name if name == "checked_on" else f"{key(row)}-{name}": fields[name] for name in fields},
        }

        response = client.post(RENEW, {**renewal(row), **sent})

        assert response.status_code == 422
        assert told in response.content.decode()
        assert Rule.objects.get(slug="text").review_by == day(-10)

    def test_of_several_all_are_renewed_or_none(self, client: Client) -> None:
        rows = [make_due(Rule, "text", -10), make_due(Term, "token", -3)]
        fields = {**renewal(rows[0]), **renewal(rows[1], review_by=""), "claim": [key(row) for row in rows]}

        assert client.post(RENEW, fields).status_code == 422
        assert Rule.objects.get(slug="text").review_by == day(-10)

    def test_a_claim_that_somebody_changed_meanwhile_is_read_again_first(self, client: Client) -> None:
        row = make_due(Rule, "text", -10)
        sent = renewal(row)
        Rule.objects.filter(pk=row.pk).update(because="Because of something else.")

        response = client.post(RENEW, sent)

        assert response.status_code == 409
        page = response.content.decode()
        assert "Because of something else." in page
        assert f'value="{digest(Rule.objects.get(pk=row.pk))}"' in page
        assert Rule.objects.get(pk=row.pk).review_by == day(-10)

    def test_when_the_disk_is_full_nothing_changes(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        row = make_due(Rule, "text", -10)

        def full(*args: Any, **kwargs: Any) -> None:
            raise DatabaseError

        monkeypatch.setattr(AuditEntry, "write", full)
        response = client.post(RENEW, renewal(row))

        assert response.status_code == 503
        assert response["Retry-After"] == "60"
        assert Rule.objects.get(pk=row.pk).review_by == day(-10)

    @pytest.mark.parametrize("claim", ["", "rules-0", "rules-x", "users-1", "industries-1", "rules-" + "9" * 30])
    def test_a_claim_that_is_none_leads_back_to_the_queue(self, client: Client, claim: str) -> None:
        for address in (RENEW, GIVE):
            assert client.get(address, {"claim": claim}).status_code == 302
            assert client.post(address, {"claim": claim}).status_code == 302

    def test_one_comes_back_to_the_same_part_of_the_queue(self, client: Client) -> None:
        row = make_due(Rule, "text", -10)

        response = client.post(RENEW, {**renewal(row), "back": "owner=me&days=7&next=//evil.example"})

        assert response["Location"] == f"{QUEUE}?days=7&owner=me"


class TestWhoLooksAfterIt:
    def test_several_are_given_to_somebody_at_once(self, client: Client, tom: User) -> None:
        rows = [make_due(Rule, "text", -10), make_due(Term, "token", -3)]

        response = client.post(GIVE, {"claim": [key(row) for row in rows], "looks_after": tom.pk}, follow=True)

        assert Rule.objects.get(slug="text").looks_after == Term.objects.get(slug="token").looks_after == tom
        assert "2 claims looked after by Tom Ode." in response.content.decode()
        assert AuditEntry.objects.latest("pk").changes == {"looks_after": ["everybody", "Tom Ode"]}

    def test_only_editors_can_be_named(self, client: Client, tom: User) -> None:
        row = make_due(Rule, "text", -10)
        tom.groups.clear()

        assert client.post(GIVE, {"claim": key(row), "looks_after": tom.pk}).status_code == 422
        form = client.get(reverse("admin:advisor_rule_change", args=[row.pk])).context["adminform"].form
        assert tom not in form.fields["looks_after"].queryset

    def test_it_is_on_the_form_of_a_record(self, client: Client, tom: User) -> None:
        row = Term.objects.get(slug="token")
        address = reverse("admin:advisor_term_change", args=[row.pk])
        initial = client.get(address).context["adminform"].form.initial

        client.post(
            address, {**initial, "sources": [row.sources.get().pk], "contested_sources": [], "looks_after": tom.pk}
        )

        row.refresh_from_db()
        assert row.looks_after == tom
        assert AuditEntry.objects.latest("pk").changes == {"looks_after": [None, "tom"]}

    def test_a_claim_whose_owner_is_gone_is_everybodys(self, client: Client, tom: User) -> None:
        row = make_due(Rule, "text", -10, looks_after=tom)

        tom.delete()

        row.refresh_from_db()
        assert row.looks_after is None

    def test_no_document_names_anybody(self, client: Client, tom: User) -> None:
        before = checksum(draft_document())

        Rule.objects.update(looks_after=tom)

        assert checksum(draft_document()) == before

    def test_it_stays_when_a_draft_is_brought_back(self, client: Client, editor: User, tom: User) -> None:
        Rule.objects.filter(slug="text").update(looks_after=tom)
        document = draft_document()
        changed = {**document, "rules": [{**rule, "because": "New."} for rule in document["rules"]]}

        replace_draft(Catalogue.from_document(document))
        waiting = importing.keep(editor, "draft.json", Catalogue.from_document(changed), "")
        importing.apply(waiting, editor, checksum(document))

        assert Rule.objects.get(slug="text").looks_after == tom
        assert Rule.objects.get(slug="text").because == "New."
        assert Rule.objects.get(slug="images").looks_after is None


class TestOnTheRecord:
    def test_its_page_says_how_old_the_check_is_and_leads_to_the_form(self, client: Client) -> None:
        row = make_due(Caveat, "check-facts", -1)

        page = client.get(reverse("admin:advisor_caveat_change", args=[row.pk])).content.decode()

        assert f"Overdue since {day(-1):%-d %B %Y}, 1 day" in page
        assert f"{RENEW}?claim={key(row)}" in page

    def test_a_record_that_is_no_claim_has_no_shelf_life(self, client: Client) -> None:
        page = client.get(reverse("admin:advisor_source_change", args=[Source.objects.values_list("pk")[0][0]]))

        assert "Shelf life" not in page.content.decode()


def test_a_visitor_reads_of_every_kind_that_its_check_is_overdue(publish: Any, client: Client) -> None:
    """Each on the page that says it."""
    for place in (
        ("categories", "/kinds-of-ai/"),
        ("rules", "/advice/?industry=other&need=contract-review&fact=personal-data"),
        ("gates", "/advice/?industry=other&need=contract-review&fact=personal-data"),
        ("caveats", "/advice/?industry=other&need=contract-review&fact=personal-data"),
        ("tools", "/advice/?industry=other&need=contract-review&fact=none"),
        ("terms", "/glossary/"),
    ):
        section, address = place
        publish()
        fresh = client.get(address)
        model: Any = shelflife.CLAIMS[section]
        model.objects.update(checked_on=CHECKED, review_by="2026-02-03")
        late = draft_document()[section]
        publish(**{section: late})

        told = client.get(address).content.decode()

        assert "Check overdue since" not in fresh.content.decode(), section
        assert "Check overdue since 3 Feb 2026" in told, section
