"""What became of each record, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from advisor.decision.recommend import Incomplete
from advisor.models import (
    AuditEntry,
    Circumstance,
    Gate,
    Industry,
    Modality,
    Rule,
    Version,
    versions,
)
from advisor.models.bases import Entry
from advisor.models.document import DRAFT_MODELS, draft_document
from tests.conftest import Publish
from tests.factory import make_industry

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(publish: Publish, editor: User) -> Client:
    publish()
    editor.first_name = "Ada"
    editor.save()
    client = Client()
    client.force_login(editor)
    return client


def page(model: type[Entry], name: str, *args: Any) -> str:
    return reverse(f"admin:advisor_{model._meta.model_name}_{name}", args=args)


def save(client: Client, entry: Entry, **fields: Any) -> Any:
    """Open the record's form, change these fields, save."""
    address = page(type(entry), "change", entry.pk)
    response = client.get(address)
    sent = {}
    for name, value in response.context["adminform"].form.initial.items():
        sent[name] = [one.pk for one in value] if isinstance(value, list) and name != "words" else value
    sent = {name: value for name, value in sent.items() if value is not None}
    done = client.post(address, {**sent, "seen": response.context["seen"], **fields})
    assert done.status_code == 302, done.context["errors"]
    return done


def sentences(client: Client, entry: Entry) -> list[tuple[str, list[str]]]:
    """Who and what, the newest first."""
    rows = client.get(page(type(entry), "history", entry.pk)).context["rows"]
    return [(row["version"].who, row["sentences"]) for row in rows]


def version(entry: Entry, place: int = 0) -> Version:
    """The newest version of a record, or the one so many before it."""
    section = next(name for name, model in DRAFT_MODELS.items() if model is type(entry))
    return Version.objects.of(section, entry.slug)[place]


def go_back(client: Client, to: Version, **fields: Any) -> Any:
    """Look at what it would change, then press the button."""
    address = reverse("back-to-version", args=[to.pk])
    return client.post(address, {"seen": client.get(address).context["seen"], **fields})


def rule() -> Rule:
    return Rule.objects.get(slug="text")


class TestWhatIsKept:
    def test_a_save_tells_who_changed_what(self, ada: Client) -> None:
        save(ada, rule(), because="A better reason.", industries=[Industry.objects.get(slug="other").pk])

        (newest, first) = sentences(ada, rule())
        assert newest == (
            "Ada",
            ["Because: from “Because of text.” to “A better reason.”", "Industries: from any to “Other”."],
        )
        assert first == ("", ["So it was when its history begins."])

    def test_the_card_shows_the_last_few(self, ada: Client) -> None:
        for number in range(5):
            save(ada, rule(), because=f"Reason {number}.")

        card = ada.get(page(Rule, "change", rule().pk)).content.decode().split('class="history"')[1]

        assert card.count("<li>") == 3
        assert "to “Reason 4.”" in card
        assert "Reason 1.” to" in card
        assert "Reason 0.” to" not in card

    def test_a_new_record_is_new(self, ada: Client) -> None:
        ada.post(page(Modality, "add"), {"name": "Sound", "slug": "sound", "phrase": "sound", "position": 0})

        assert sentences(ada, Modality.objects.get(slug="sound")) == [("Ada", ["New."])]

    def test_saving_without_a_change_adds_nothing(self, ada: Client) -> None:
        save(ada, rule(), because="A reason.")
        before = Version.objects.count()

        save(ada, rule())

        assert Version.objects.count() == before

    def test_what_a_command_wrote_is_found_and_has_no_name(self, ada: Client) -> None:
        save(ada, rule(), because="Ada’s reason.")
        Rule.objects.filter(slug="text").update(because="A command’s reason.")

        save(ada, rule(), because="Ada’s second reason.")

        assert [who for who, _ in sentences(ada, rule())] == ["Ada", "", "Ada", ""]
        assert sentences(ada, rule())[1][1] == ["Because: from “Ada’s reason.” to “A command’s reason.”"]

    def test_files_that_a_command_loads_are_kept(self, ada: Client, tmp_path: Any) -> None:
        call_command("dump_content", str(tmp_path))
        file = tmp_path / "rules.json"
        file.write_text(file.read_text().replace("Because of text.", "From a file."))

        call_command("load_content", str(tmp_path))

        assert sentences(ada, rule())[0] == ("", ["Because: from “Because of text.” to “From a file.”"])
        assert version(rule()).how == "Loaded from files"

    def test_pages_that_know_nothing_of_versions_are_kept_with_a_name(self, ada: Client, editor: User) -> None:
        """Such as one that changes many records at once."""

        def changes_a_rule(*args: Any) -> Any:
            Rule.objects.filter(slug="text").update(because="In bulk.")
            raise Incomplete(["need"])

        with mock.patch("advisor.admin.examples._advice", changes_a_rule):
            ada.post(reverse("simulator-example"), {"answers": "", "name": ""})

        assert sentences(ada, rule())[0] == ("Ada", ["Because: from “Because of text.” to “In bulk.”"])

    def test_an_import_is_kept_with_its_file(self, ada: Client) -> None:
        content = ada.get(reverse("draft-json")).content.replace(b"Because of text.", b"From the sheet.")
        waiting = ada.post(reverse("import-export"), {"file": _file(content)})
        shown = ada.get(waiting.headers["Location"])
        ada.post(waiting.headers["Location"], {"action": "import", "compared_with": shown.context["compared_with"]})

        assert sentences(ada, rule())[0] == ("Ada", ["Because: from “Because of text.” to “From the sheet.”"])
        assert version(rule()).how == "Imported “draft.json”"

    def test_every_field_of_every_record_is_kept(self, ada: Client) -> None:
        """Whatever a release holds, and what only the draft knows."""
        versions.keep()

        document = draft_document()
        for section in DRAFT_MODELS:
            for record in document[section]:
                said = Version.objects.of(section, record["slug"])[0].said
                plain = {
                    name: sorted(value) if name in _references(section) else value for name, value in record.items()
                }
                assert plain.items() <= said.items()

    def test_moving_what_a_record_names_is_no_change_of_it(self, ada: Client) -> None:
        save(ada, rule(), industries=[one.pk for one in Industry.objects.all()])
        before = Version.objects.of("rules", "text").count()

        save(ada, Industry.objects.get(slug="law-finance"), position=500)

        versions.keep()
        assert Version.objects.of("rules", "text").count() == before

    def test_a_refused_save_leaves_no_version(self, ada: Client) -> None:
        versions.keep()
        before = Version.objects.of("rules", "text").count()

        response = ada.post(page(Rule, "change", rule().pk), {"because": "Half a form."})

        assert response.status_code == 200
        assert Version.objects.of("rules", "text").count() == before

    def test_a_disk_that_is_full_stops_no_save(self, ada: Client) -> None:
        with mock.patch("advisor.admin.keeping.keep_what_changed", side_effect=DatabaseError):
            save(ada, rule(), because="Saved all the same.")

        assert rule().because == "Saved all the same."


class TestBackToThis:
    def test_shows_first_what_would_change(self, ada: Client) -> None:
        save(ada, rule(), because="A worse reason.")

        response = ada.get(reverse("back-to-version", args=[version(rule(), 1).pk]))

        assert "Because: from “A worse reason.” to “Because of text.”" in response.content.decode()
        assert rule().because == "A worse reason."

    def test_makes_it_say_so_again_and_can_be_undone(self, ada: Client) -> None:
        other = Industry.objects.get(slug="other")
        save(ada, rule(), because="A worse reason.", industries=[other.pk])
        worse = version(rule())

        response = go_back(ada, version(rule(), 1))

        assert response.headers["Location"] == page(Rule, "change", rule().pk)
        assert (rule().because, list(rule().industries.all())) == ("Because of text.", [])
        assert "Went back to what it said on" in version(rule()).how
        assert "Industries: from “Other” to any." in sentences(ada, rule())[0][1]

        go_back(ada, worse)
        assert (rule().because, list(rule().industries.all())) == ("A worse reason.", [other])

    def test_goes_into_the_trail(self, ada: Client, editor: User) -> None:
        save(ada, rule(), because="A worse reason.")

        go_back(ada, version(rule(), 1))

        newest = AuditEntry.objects.all()[0]
        assert (newest.who, newest.record) == (editor.username, "rule: text")
        assert newest.what.startswith("Went back to what it said on ")
        assert newest.changes == {"because": ["A worse reason.", "Because of text."]}

    def test_brings_back_what_only_the_draft_knows(self, ada: Client, editor: User) -> None:
        save(ada, rule(), looks_after=editor.pk)
        save(ada, rule(), looks_after="")

        assert sentences(ada, rule())[0][1] == ["Who looks after it: from “ada” to nothing."]

        go_back(ada, version(rule(), 1))
        assert rule().looks_after == editor

    def test_tells_that_a_record_was_retired_and_leaves_that_to_its_own_page(self, ada: Client) -> None:
        versions.keep()
        Rule.objects.filter(slug="text").update(retired_at=datetime(2026, 11, 25, 1, 30, tzinfo=UTC))

        assert sentences(ada, rule())[0][1] == ["Retired: from nothing to 25 November 2026."]

        shown = ada.get(reverse("back-to-version", args=[version(rule(), 1).pk]))
        assert "It says this already, so there is nothing to change." in shown.content.decode()

    def test_somebody_who_saved_meanwhile_is_not_overwritten(self, ada: Client) -> None:
        grace = Client()
        grace.force_login(User.objects.create_superuser("grace"))
        save(ada, rule(), because="A worse reason.")
        address = reverse("back-to-version", args=[version(rule(), 1).pk])
        seen = ada.get(address).context["seen"]
        save(grace, rule(), because="Grace’s reason.")

        response = ada.post(address, {"seen": seen})

        text = response.content.decode()
        assert response.status_code == 409
        assert rule().because == "Grace’s reason."
        assert "Somebody changed this while you were looking" in text
        assert "<b>grace</b>" in text
        assert "Because: from “A worse reason.” to “Grace’s reason.”" in text
        assert "Because: from “Grace’s reason.” to “Because of text.”" in text
        assert ada.post(address, {"seen": response.context["seen"]}).status_code == 302

    def test_pressed_twice_it_is_done_once(self, ada: Client) -> None:
        save(ada, rule(), because="A worse reason.")
        first = version(rule(), 1)
        address = reverse("back-to-version", args=[first.pk])
        seen = ada.get(address).context["seen"]
        ada.post(address, {"seen": seen})
        count = Version.objects.of("rules", "text").count()

        assert ada.post(address, {"seen": seen}).status_code == 302
        assert Version.objects.of("rules", "text").count() == count

    def test_what_is_not_there_any_more_is_named_and_left_out_only_when_told(self, ada: Client, load: Any) -> None:
        text = Modality.objects.get(slug="text")
        save(ada, rule(), modalities=[text.pk], industries=[one.pk for one in Industry.objects.all()])
        save(ada, rule(), industries=[])
        before = version(rule(), 1)
        Industry.objects.get(slug="other").delete()

        shown = ada.get(reverse("back-to-version", args=[before.pk]))
        without_word = go_back(ada, before)

        assert "Industry “Other”." in shown.content.decode()
        assert "It would be left out." in shown.content.decode()
        assert without_word.status_code == 422
        assert list(rule().industries.all()) == []

        assert go_back(ada, before, without=shown.context["without"]).status_code == 302
        assert [one.slug for one in rule().industries.all()] == ["law-finance"]

    def test_a_cell_never_empties_for_want_of_what_it_names(self, ada: Client) -> None:
        """A rule with an empty cell would match more than its editor meant."""
        other = Industry.objects.get(slug="other")
        save(ada, rule(), industries=[other.pk])
        save(ada, rule(), industries=[])
        other.delete()

        shown = ada.get(reverse("back-to-version", args=[version(rule(), 1).pk]))
        response = go_back(ada, version(rule(), 1), without=shown.context["without"])

        assert "It can’t go without this one." in shown.content.decode()
        assert response.status_code == 422
        assert 'value="Go back to this"' not in response.content.decode()

    def test_what_the_tables_refuse_today_is_said(self, ada: Client) -> None:
        save(ada, rule(), because="Another reason.")
        old = version(rule(), 1)
        Version.objects.filter(pk=old.pk).update(said={**old.said, "review_by": "2001-01-01"})

        response = go_back(ada, old)

        assert response.status_code == 422
        assert "This day lies before the day on which it was checked." in response.content.decode()
        assert rule().because == "Another reason."

    def test_a_full_disk_changes_nothing_and_says_so(self, ada: Client) -> None:
        save(ada, rule(), because="A worse reason.")

        with mock.patch("advisor.admin.history.AuditEntry.write", side_effect=DatabaseError):
            response = go_back(ada, version(rule(), 1))

        assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
        assert rule().because == "A worse reason."
        assert "Nothing has changed." in response.content.decode()

    @pytest.mark.parametrize("model", DRAFT_MODELS.values(), ids=list(DRAFT_MODELS))
    def test_holds_for_every_kind_of_record(self, ada: Client, model: type[Entry]) -> None:
        entry = model._default_manager.all()[0]
        versions.keep()
        was = version(entry)
        text = next(name for name in ("phrase", "name", "title", "because") if name in was.said)
        model._default_manager.filter(pk=entry.pk).update(**{text: "Something else"})
        for field in model._meta.many_to_many:
            getattr(entry, field.name).clear()
        versions.keep()

        response = go_back(ada, was)

        assert response.status_code == 302, response.context["trouble"]
        assert version(entry).said == was.said
        assert version(entry).pk != was.pk


class TestDeleted:
    @pytest.fixture
    def gone(self, ada: Client) -> Version:
        gate = Gate.objects.get()
        ada.post(page(Gate, "delete", gate.pk), {"post": "yes"})
        return Version.objects.of("gates", gate.slug)[0]

    def test_are_listed_with_who_deleted_them(self, ada: Client, gone: Version) -> None:
        text = ada.get(reverse("deleted")).content.decode()

        assert (gone.gone, gone.who) == (True, "Ada")
        assert "Protect-data" in text
        assert reverse("back-to-version", args=[gone.pk]) in text
        assert f'href="{reverse("deleted")}"' in ada.get(reverse("admin:index")).content.decode()

    def test_come_back_with_all_that_they_said_and_their_old_address(self, ada: Client, gone: Version) -> None:
        shown = ada.get(reverse("back-to-version", args=[gone.pk])).content.decode()

        response = go_back(ada, gone)

        gate = Gate.objects.get()
        assert "Circumstances: “We have personal data”." in shown
        assert response.headers["Location"] == page(Gate, "change", gate.pk)
        assert (gate.slug, gate.pk, gate.position) == ("protect-data", gone.number, gone.position)
        assert [one.slug for one in gate.circumstances.all()] == ["personal-data"]
        assert [what for _, what in sentences(ada, gate)] == [
            ["It is there again."],
            ["Deleted."],
            ["So it was when its history begins."],
        ]
        assert "Protect-data" not in ada.get(reverse("deleted")).content.decode()

    def test_many_at_once_are_kept_too(self, ada: Client) -> None:
        rules = Rule.objects.filter(slug__in=["text", "images"])
        sent = {"action": "delete_selected", "_selected_action": [one.pk for one in rules], "post": "yes"}

        ada.post(page(Rule, "changelist"), sent)

        assert {one.slug for one in Version.objects.deleted()} == {"text", "images"}
        assert {one.who for one in Version.objects.deleted()} == {"Ada"}

    def test_what_it_cannot_do_without_comes_first(self, ada: Client, gone: Version) -> None:
        Circumstance.objects.get(slug="personal-data").delete()

        shown = ada.get(reverse("back-to-version", args=[gone.pk]))
        first = Version.objects.of("circumstances", "personal-data")[0]

        assert shown.context["is_blocked"]
        assert reverse("back-to-version", args=[first.pk]) in shown.content.decode()
        assert go_back(ada, gone).status_code == 422
        assert go_back(ada, first).status_code == 302
        assert go_back(ada, gone).status_code == 302
        assert [one.slug for one in Gate.objects.get().circumstances.all()] == ["personal-data"]

    def test_a_rule_is_called_by_what_it_said(self, ada: Client) -> None:
        ada.post(page(Rule, "delete", rule().pk), {"post": "yes"})

        text = ada.get(reverse("deleted")).content.decode()
        back = ada.get(reverse("back-to-version", args=[Version.objects.of("rules", "text")[0].pk])).content.decode()

        assert "When the output is “Text”: language model" in text
        assert "When the output is “Text”: language model" in back

    def test_a_list_shows_its_own_alone(self, ada: Client, gone: Version) -> None:
        address = f"{reverse('deleted')}?section=rules"

        assert address in ada.get(page(Rule, "changelist")).content.decode()
        assert "Protect-data" not in ada.get(address).content.decode()

    def test_whoever_may_only_read_sees_them_and_brings_none_back(self, gone: Version) -> None:
        reader = User.objects.create_user("reader", is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_gate"))
        client = Client()
        client.force_login(reader)

        assert "Protect-data" in client.get(reverse("deleted")).content.decode()
        assert "Bring it back" not in client.get(reverse("deleted")).content.decode()
        assert client.post(reverse("back-to-version", args=[gone.pk]), {"seen": gone.pk}).status_code == 403
        assert not Gate.objects.exists()


class TestOrder:
    def test_what_moved_is_told(self, ada: Client) -> None:
        save(ada, Industry.objects.get(slug="other"), position=1)

        rows = ada.get(reverse("order-history", args=["industries"])).context["rows"]

        assert [(row["version"].who, row["sentences"]) for row in rows] == [
            ("Ada", ["“Other” went from place 2 to place 1."]),
            ("", ["So it was when its history begins."]),
        ]

    def test_goes_back_and_can_be_undone(self, ada: Client) -> None:
        save(ada, Rule.objects.get(slug="figures"), position=1)
        new = Version.objects.of("rules")[0]

        response = go_back(ada, Version.objects.of("rules")[1])

        assert response.headers["Location"] == page(Rule, "changelist")
        assert [one.slug for one in Rule.objects.all()] == ["text", "images", "figures"]
        rows = ada.get(reverse("order-history", args=["rules"])).context["rows"]
        assert rows[0]["sentences"] == [
            "“When the output is “Figures”: ordinary software” went from place 1 to place 3."
        ]
        assert AuditEntry.objects.all()[0].what.startswith("Put rules in the order of ")

        go_back(ada, new)
        assert [one.slug for one in Rule.objects.all()] == ["figures", "text", "images"]

    def test_what_came_since_then_stays_behind_what_it_stands_behind(
        self, ada: Client, load: Callable[..., None]
    ) -> None:
        save(ada, Industry.objects.get(slug="other"), position=1)
        ada.post(page(Industry, "add"), {"name": "Shop", "slug": "shop", "phrase": "a shop", "position": 5})
        assert [one.slug for one in Industry.objects.all()] == ["other", "shop", "law-finance"]

        go_back(ada, Version.objects.of("industries")[1])

        assert [one.slug for one in Industry.objects.all()] == ["law-finance", "other", "shop"]

    def test_a_record_that_came_or_went_is_no_new_order(self, ada: Client) -> None:
        versions.keep()
        before = Version.objects.of("industries").count()
        ada.post(page(Industry, "add"), {"name": "Shop", "slug": "shop", "phrase": "a shop", "position": 0})

        assert Version.objects.of("industries").count() == before == 1

        save(ada, Industry.objects.get(slug="shop"), position=1)
        assert Version.objects.of("industries").count() == 2

    def test_somebody_who_moved_something_meanwhile_is_not_overwritten(self, ada: Client) -> None:
        save(ada, Rule.objects.get(slug="figures"), position=1)
        address = reverse("back-to-version", args=[Version.objects.of("rules")[1].pk])
        seen = ada.get(address).context["seen"]
        save(ada, Rule.objects.get(slug="images"), position=1)

        response = ada.post(address, {"seen": seen})

        assert response.status_code == 409
        assert [one.slug for one in Rule.objects.all()] == ["figures", "images", "text"]


@pytest.mark.any_database
def test_queries_do_not_grow_with_the_history(ada: Client, load: Callable[..., None]) -> None:
    def count() -> list[int]:
        found = []
        for address in (
            page(Rule, "change", rule().pk),
            page(Rule, "history", rule().pk),
            reverse("deleted"),
            reverse("back-to-version", args=[version(rule(), 1).pk]),
        ):
            ada.get(address)
            with CaptureQueriesContext(connection) as queries:
                ada.get(address)
            found.append(len(queries))
        return found

    def come_and_go(number: int) -> None:
        load(industries=[make_industry("law-finance"), make_industry("other"), make_industry(f"new-{number}")])
        versions.keep()
        load()
        versions.keep()

    for number in (0, 1):
        save(ada, rule(), because=f"{number}", industries=[Industry.objects.all()[number].pk])
    come_and_go(0)
    few = count()
    for number in range(1, 9):
        save(ada, rule(), because=f"Reason {number}.", industries=[Industry.objects.all()[number % 2].pk])
        come_and_go(number)

    assert Version.objects.deleted().count() >= 8
    assert count() == few


def _references(section: str) -> set[str]:
    return {field.name for field in DRAFT_MODELS[section]._meta.many_to_many}


def _file(content: bytes) -> Any:
    return SimpleUploadedFile("draft.json", content)
