from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from advisor import people
from advisor.models import AuditEntry, Category, Enquiry, Modality, OwnerSettings, Rule, TrailIsFrozen
from advisor.roles import EDITOR, make_roles
from tests.conftest import Publish

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str, str]]:
    """Who did what on which record, the newest first."""
    return list(AuditEntry.objects.values_list("who", "what", "record"))


def unfrozen(sql: str, *values: Any) -> None:
    """Change the table as somebody could who has the database's own rights."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE advisor_auditentry DISABLE TRIGGER USER")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'advisor_auditentry'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(sql, values)


class TestChain:
    def test_each_entry_is_sealed_with_the_one_before(self) -> None:
        first, second = AuditEntry.write("One"), AuditEntry.write("Two")

        assert second.previous == first.sha256
        assert list(AuditEntry.objects.all().broken()) == []

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE advisor_auditentry SET what = 'Nothing'",
            "DELETE FROM advisor_auditentry",
            # Each database has a statement of its own that replaces or empties.
            "INSERT OR REPLACE INTO advisor_auditentry SELECT * FROM advisor_auditentry"
            if connection.vendor == "sqlite"
            else "TRUNCATE advisor_auditentry",
        ],
    )
    def test_raw_sql_can_not_change_it(self, sql: str) -> None:
        AuditEntry.write("One")

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)

        assert AuditEntry.objects.get().what == "One"

    def test_nor_can_the_code(self) -> None:
        entry = AuditEntry.write("One")

        for change in (
            entry.save,
            entry.delete,
            AuditEntry.objects.all().delete,
            lambda: AuditEntry.objects.all().update(what="Nothing"),
            lambda: AuditEntry.objects.all().bulk_update([entry], ["what"]),
        ):
            with pytest.raises(TrailIsFrozen):
                change()

    def test_of_two_written_at_once_one_follows_the_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another process stored its entry after this one had looked for the newest."""
        stale = AuditEntry.write("One").sha256
        AuditEntry.write("Two")
        look, seen = AuditEntry.newest_seal, iter([stale])
        monkeypatch.setattr(AuditEntry, "newest_seal", lambda: next(seen, None) or look())

        AuditEntry.write("Three")

        assert [entry.what for entry in AuditEntry.objects.order_by("pk")] == ["One", "Two", "Three"]
        assert list(AuditEntry.objects.all().broken()) == []

    def test_what_is_undone_leaves_no_entry(self) -> None:
        with transaction.atomic():
            AuditEntry.write("One")
            transaction.set_rollback(True)

        assert told() == []


class TestVerifying:
    @pytest.fixture(autouse=True)
    def entries(self) -> list[AuditEntry]:
        return [AuditEntry.write(what) for what in ("One", "Two", "Three", "Four")]

    def verify(self) -> str:
        out = StringIO()
        call_command("verify_audit", stdout=out)
        return out.getvalue()

    def test_a_sound_trail(self, entries: list[AuditEntry]) -> None:
        assert "4 entries" in self.verify()
        assert entries[-1].sha256 in self.verify()

    def test_a_changed_entry_is_named(self, entries: list[AuditEntry]) -> None:
        unfrozen("UPDATE advisor_auditentry SET who = 'eve' WHERE id IN (%s, %s)", entries[1].pk, entries[3].pk)

        with pytest.raises(CommandError, match=f"entry {entries[1].pk} .*does not say what was written"):
            self.verify()

    def test_a_missing_entry_is_noticed_at_the_next_one(self, entries: list[AuditEntry]) -> None:
        unfrozen("DELETE FROM advisor_auditentry WHERE id = %s", entries[1].pk)

        with pytest.raises(CommandError, match=f"entry {entries[2].pk} .*the one before it is missing"):
            self.verify()


class TestWhatIsWritten:
    @pytest.fixture
    def client(self, editor: User, publish: Publish) -> Client:
        publish()
        client = Client()
        client.force_login(editor)
        return client

    def test_a_change_of_the_draft_with_before_and_after(self, client: Client) -> None:
        rule, other = Rule.objects.get(slug="text"), Category.objects.get(slug="combined")
        address = reverse("admin:advisor_rule_change", args=[rule.pk])
        form = client.get(address).context["adminform"].form
        fields = {name: value if value is not None else "" for name, value in form.initial.items()}
        fields |= {"sources": [rule.sources.get().pk], "modalities": [Modality.objects.get(slug="text").pk]}
        fields |= {"contested_sources": [], "category": other.pk, "because": "It is both."}
        fields = {
            name: [getattr(one, "pk", one) for one in value] if isinstance(value, list) else value
            for name, value in fields.items()
        }

        assert client.post(address, fields).status_code == 302

        entry = AuditEntry.objects.all()[0]
        assert (entry.who, entry.what, entry.record) == ("ada", "Changed", "rule: text")
        assert entry.changes == {
            "category": ["Language model", "Combined"],
            "because": ["Because of text.", "It is both."],
        }
        page = client.get(reverse("admin:advisor_auditentry_change", args=[entry.pk])).content.decode()
        assert "Because of text. → It is both." in page

    def test_adding_and_deleting(self, client: Client) -> None:
        client.post(
            reverse("admin:advisor_modality_add"), {"name": "Sound", "slug": "sound", "phrase": "sound", "position": 0}
        )
        sound = Modality.objects.get(slug="sound")
        client.post(reverse("admin:advisor_modality_delete", args=[sound.pk]), {"post": "yes"})

        assert told()[:2] == [("ada", "Deleted", "modality: Sound"), ("ada", "Added", "modality: Sound")]

    def test_publishing(self, client: Client) -> None:
        assert ("", "Published: For a test.", "release: Release 1") in told()

    def test_the_owners_settings(self, client: Client) -> None:
        address = reverse("admin:advisor_ownersettings_change", args=[1])
        form = client.get(address).context["adminform"].form
        fields = {name: value for name, value in form.initial.items() if value not in (None, False) and name != "logo"}

        client.post(address, {**fields, "name": "Fingerpost"})

        entry = AuditEntry.objects.all()[0]
        assert OwnerSettings.load().name == "Fingerpost"
        assert (entry.what, entry.changes["name"][1]) == ("Changed", "Fingerpost")

    def test_users_and_their_roles_but_no_password(self, client: Client) -> None:
        make_roles()
        secret = "seven hills and a signpost"
        role = Group.objects.get(name=EDITOR)
        fields = {"username": "grace", "password1": secret, "password2": secret, "usable_password": "true"}
        client.post(reverse("admin:auth_user_add"), fields)
        grace = User.objects.get(username="grace")

        change = reverse("admin:auth_user_change", args=[grace.pk])
        client.post(change, {"username": "grace", "is_active": "on", "groups": [role.pk], "email": "grace@example.org"})
        client.post(
            reverse("admin:auth_user_password_change", args=[grace.pk]),
            {"password1": secret + "s", "password2": secret + "s", "usable_password": "true"},
        )

        assert [what for _, what, record in told()[:3] if record == "user: grace"] == [
            "Set the password of", "Changed", "Added",
        ]  # fmt: skip
        assert AuditEntry.objects.all()[1].changes["groups"] == ["", EDITOR]
        kept = str(list(AuditEntry.objects.values()))
        assert "seven hills" not in kept
        assert "grace@example.org" not in kept

    def test_who_saw_an_enquiry_but_not_what_it_says(self, client: Client) -> None:
        enquiry = Enquiry.objects.create(
            name="Bea", contact="bea@example.com", message="Hello", consent="Yes.", form_digest="1"
        )
        inbox = reverse("admin:advisor_enquiry_changelist")
        address = reverse("admin:advisor_enquiry_change", args=[enquiry.pk])

        client.get(inbox)
        client.get(address)
        client.post(address, {"state": "open", "notes": "Bea has called."})
        client.post(inbox, {"action": "export_csv", "_selected_action": [enquiry.pk]})
        client.post(reverse("admin:advisor_enquiry_delete", args=[enquiry.pk]), {"post": "yes"})

        record = f"enquiry: {enquiry.reference}"
        assert told()[:5][::-1] == [
            ("ada", "Looked through the enquiries", ""),
            ("ada", "Looked at", record),
            ("ada", "Changed", record),
            ("ada", f"Exported 1 enquiry: {enquiry.reference}", ""),
            ("ada", "Deleted", record),
        ]
        kept = str(list(AuditEntry.objects.values()))
        assert not [word for word in ("Bea", "bea@", "Hello", "called") if word in kept]

    def test_an_erasure_but_not_of_whom(self) -> None:
        Enquiry.objects.create(contact="bea@example.com", message="Hello", consent="Yes.", form_digest="1")

        people.erase(people.records_of("bea@example.com"))

        assert told()[0] == ("", "Erased a person: enquiries 1, addresses at results 0, words in signals 0", "")

    def test_loading_the_draft_from_files(self, tmp_path: Any, publish: Publish) -> None:
        publish()
        call_command("dump_content", str(tmp_path), stdout=StringIO())
        call_command("load_content", str(tmp_path), stdout=StringIO())

        assert told()[0] == ("", "Replaced the whole draft from files", "")

    def test_what_roles_may_do_once(self) -> None:
        make_roles()
        before = AuditEntry.objects.count()
        make_roles()

        assert AuditEntry.objects.count() == before == 4
