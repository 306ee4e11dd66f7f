"""What each role may do. A role is a group; somebody may have several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

from advisor.models import AuditEntry
from advisor.models.document import DRAFT_MODELS

EDITOR, PUBLISHER, ENQUIRY_HANDLER, OWNER = "Editor", "Publisher", "Enquiry handler", "Owner"


@dataclass(frozen=True, slots=True)
class Thing:
    """One row of the matrix: some tables, and what each role may do with them. Whoever is not named may do nothing."""

    name: str
    tables: tuple[str, ...]
    may: Mapping[str, tuple[str, ...]]

    def permissions(self, role: str) -> Iterator[str]:
        """With app and code name, such as `advisor.view_rule`."""
        for table in self.tables:
            app, model = table.split(".")
            yield from (f"{app}.{action}_{model}" for action in self.may.get(role, ()))


MATRIX = (
    Thing(
        "the draft",
        tuple(model._meta.label_lower for model in DRAFT_MODELS.values()),
        {EDITOR: ("view", "add", "change", "delete"), PUBLISHER: ("view",)},
    ),
    Thing(
        "releases",
        ("advisor.release",),
        # "propose" puts the draft forward for somebody else to publish.
        # "publish" stands for all that changes what visitors read: publishing, rolling back, recalling.
        {EDITOR: ("view", "propose"), PUBLISHER: ("view", "publish"), OWNER: ("view",)},
    ),
    # Who may change signals also reads what visitors wrote in them. Who may only view them does not.
    Thing("signals", ("advisor.signal",), {EDITOR: ("view", "change", "delete"), PUBLISHER: ("view",)}),
    Thing("enquiries", ("advisor.enquiry",), {ENQUIRY_HANDLER: ("view", "change", "delete")}),
    Thing("audit trail", ("advisor.auditentry",), {PUBLISHER: ("view",), OWNER: ("view",)}),
    Thing("owner's settings", ("advisor.ownersettings",), {OWNER: ("view", "change")}),
    # Nobody is deleted: releases and the trail name them. Whoever leaves is made inactive.
    Thing("users", ("auth.user",), {OWNER: ("view", "add", "change")}),
)
ROLES = (EDITOR, PUBLISHER, ENQUIRY_HANDLER, OWNER)


def permissions_of(role: str) -> set[str]:
    return {permission for thing in MATRIX for permission in thing.permissions(role)}


def make_roles() -> None:
    """Make each group hold just what the matrix says, whatever it held before. Who is in it stays."""
    with transaction.atomic():
        for role in ROLES:
            group, _ = Group.objects.get_or_create(name=role)
            wanted = Q(pk__in=[])
            for permission in permissions_of(role):
                app, codename = permission.split(".")
                wanted |= Q(content_type__app_label=app, codename=codename)
            before = set(group.permissions.all())
            group.permissions.set(Permission.objects.filter(wanted))
            if before != set(group.permissions.all()):
                AuditEntry.write("Set what a role may do, as the matrix has it", on=group)
