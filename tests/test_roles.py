"""Who may open what: every address of the site, with every role, as `docs/reference/roles.md` has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from advisor.admin import proposing
from advisor.models import Enquiry, OwnerSettings, Release, Signal, Version, versions
from advisor.models.document import DRAFT_MODELS
from advisor.roles import EDITOR, ENQUIRY_HANDLER, MATRIX, OWNER, PUBLISHER, ROLES, make_roles, permissions_of
from tests.conftest import Publish

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ANONYMOUS, NO_ROLE, SUPERUSER = "anonymous", "staff without a role", "superuser"
EVERYONE = (ANONYMOUS, NO_ROLE, *ROLES, SUPERUSER)
LOGIN = 302
"""What the admin answers to somebody who is not logged in: the way to the login page."""

# What everybody gets, logged in or not: (an address, the answer to GET).
PUBLIC = {
    "": ("/", 200),
    "advice/": ("/advice/", 302),
    "advice/keep/": ("/advice/keep/", 302),
    "r/<str:token>/": ("/r/unknown/", 404),
    "manage/<str:token>/": ("/manage/unknown/", 404),
    "manage/<str:token>/watch/": ("/manage/unknown/watch/", 404),
    "watch/<str:token>/": ("/watch/unknown/", 404),
    "advice/check/": ("/advice/check/", 302),
    "advice/so-far/": ("/advice/so-far/", 200),
    "advice/goals/find/": ("/advice/goals/find/", 302),
    "advice/goals/not-listed/": ("/advice/goals/not-listed/", 302),
    "advice/useful/": ("/advice/useful/", 302),
    "advice/wrong/": ("/advice/wrong/", 302),
    "advice/thanks/<str:kind>/": ("/advice/thanks/useful/", 200),
    "advice/record/": ("/advice/record/", 302),
    "advice/record.pdf": ("/advice/record.pdf", 302),
    "advice/record.md": ("/advice/record.md", 302),
    "advice/record.json": ("/advice/record.json", 400),
    "advice/to-do/": ("/advice/to-do/", 302),
    "advice/review.ics": ("/advice/review.ics", 302),
    "r/<str:token>/record/": ("/r/unknown/record/", 404),
    "r/<str:token>/record.pdf": ("/r/unknown/record.pdf", 404),
    "r/<str:token>/record.md": ("/r/unknown/record.md", 404),
    "r/<str:token>/record.json": ("/r/unknown/record.json", 404),
    "r/<str:token>/to-do/": ("/r/unknown/to-do/", 404),
    "r/<str:token>/review.ics": ("/r/unknown/review.ics", 404),
    "advice/<slug:step>/": ("/advice/industry/", 200),
    "compare/": ("/compare/", 200),
    "how-it-decides/": ("/how-it-decides/", 200),
    "how-it-decides/changes/": ("/how-it-decides/changes/", 200),
    "how-it-decides/changes/feed.atom": ("/how-it-decides/changes/feed.atom", 200),
    "how-it-decides/changes/<int:one>-<int:two>/": ("/how-it-decides/changes/1-1/", 200),
    "kinds-of-ai/": ("/kinds-of-ai/", 200),
    "tools/": ("/tools/", 200),
    "glossary/": ("/glossary/", 200),
    "about/": ("/about/", 200),
    "talk/": ("/talk/", 200),
    "talk/sent/<str:reference>/": ("/talk/sent/K7QF-3M2P-9T/", 404),
    "privacy/": ("/privacy/", 200),
    "accessibility/": ("/accessibility/", 200),
    "report-a-mistake/": ("/report-a-mistake/", 200),
    "favicon.ico": ("/favicon.ico", 301),
    "logo-<str:digest>.png": ("/logo-unknown.png", 404),
    "robots.txt": ("/robots.txt", 200),
    ".well-known/security.txt": ("/.well-known/security.txt", 404),  # until there is a contact
    "sitemap.xml": ("/sitemap.xml", 200),
    "healthz": ("/healthz", 200),
    "readyz": ("/readyz", 200),
    "admin/first-editor/<str:token>/": ("/admin/first-editor/unknown/", 404),
    "admin/rescue/<str:token>/": ("/admin/rescue/unknown/", 404),
    "admin/login/passkey/": ("/admin/login/passkey/", 405),
    "admin/login/passkey/options/": ("/admin/login/passkey/options/", 405),
    "admin/login/again/": ("/admin/login/again/", {ANONYMOUS: 302, "others": 200}),
    "admin/login/second-step/": ("/admin/login/second-step/", 302),
    "admin/login/": ("/admin/login/?next=/admin/logout/", {ANONYMOUS: 200, "others": 302}),
}

# What staff get: (an address, the permission it takes or none, the answer to GET for those who have it).
STAFF = {
    "admin/": ("/admin/", None, 200),
    "admin/logout/": ("/admin/logout/", None, 405),
    "admin/password_change/": ("/admin/password_change/", None, 200),
    "admin/password_change/done/": ("/admin/password_change/done/", None, 200),
    # Their own second step: what they need no role for. Somebody who has none has no recovery codes either.
    "admin/ways-in/": ("/admin/ways-in/", None, 200),
    "admin/ways-in/app/": ("/admin/ways-in/app/", None, 200),
    "admin/ways-in/codes/": ("/admin/ways-in/codes/", None, 302),
    "admin/ways-in/passkey/": ("/admin/ways-in/passkey/", None, 405),
    "admin/ways-in/passkey/options/": ("/admin/ways-in/passkey/options/", None, 405),
    "admin/ways-in/remove/": ("/admin/ways-in/remove/", None, 405),
    "admin/jsi18n/": ("/admin/jsi18n/", None, 200),
    "admin/advisor/release/publish/": ("/admin/advisor/release/publish/", "advisor.view_release", 200),
    "admin/advisor/release/impact/": ("/admin/advisor/release/impact/", "advisor.view_release", 200),
    "admin/advisor/release/impact/list/": ("/admin/advisor/release/impact/list/", "advisor.view_rule", 200),
    "admin/advisor/release/<int:pk>/roll-back/": (
        "/admin/advisor/release/{release}/roll-back/",
        "advisor.publish_release",
        200,
    ),
    "admin/advisor/release/<int:pk>/recall/": (
        "/admin/advisor/release/{release}/recall/",
        "advisor.publish_release",
        200,
    ),
    "admin/simulator/": ("/admin/simulator/", "advisor.view_rule", 200),
    "admin/simulator/coverage/": ("/admin/simulator/coverage/", "advisor.view_rule", 200),
    "admin/simulator/example/": ("/admin/simulator/example/", "advisor.add_example", 302),
    "admin/simulator/record/<str:section>/<str:slug>/": (
        "/admin/simulator/record/rules/text/",
        "advisor.view_rule",
        302,
    ),
    "admin/shelf-life/": ("/admin/shelf-life/", "advisor.view_rule", 200),
    "admin/shelf-life/renew/": ("/admin/shelf-life/renew/", "advisor.change_rule", 302),
    "admin/shelf-life/give/": ("/admin/shelf-life/give/", "advisor.change_rule", 302),
    "admin/import-export/": ("/admin/import-export/", "advisor.view_rule", 200),
    "admin/import-export/draft.xlsx": ("/admin/import-export/draft.xlsx", "advisor.view_rule", 200),
    "admin/import-export/draft.json": ("/admin/import-export/draft.json", "advisor.view_rule", 200),
    "admin/import-export/<uuid:pk>/": (
        "/admin/import-export/00000000-0000-4000-8000-000000000000/",
        "advisor.change_rule",
        302,
    ),
    "admin/history/deleted/": ("/admin/history/deleted/", "advisor.view_rule", 200),
    "admin/history/order/<str:section>/": ("/admin/history/order/rules/", "advisor.view_rule", 200),
    "admin/history/version/<int:pk>/": ("/admin/history/version/{version}/", "advisor.change_rule", 200),
    "admin/not-sent/<str:token>/": ("/admin/not-sent/unknown/", None, 302),
    # Nothing in the admin uses the next two.
    "admin/autocomplete/": ("/admin/autocomplete/", "nobody", 403),
    "admin/r/<path:content_type_id>/<path:object_id>/": ("/admin/r/0/0/", None, 404),
    "admin/(?P<url>.*)$": ("/admin/nothing-here/", None, 404),
    "admin/advisor/signal/counts/": ("/admin/advisor/signal/counts/", "advisor.view_signal", 200),
    "admin/advisor/signal/<int:pk>/mark/<str:what>/": ("/admin/advisor/signal/1/mark/done/", None, 405),
    "admin/advisor/enquiry/<int:pk>/advice/": ("/admin/advisor/enquiry/{enquiry}/advice/", "advisor.view_enquiry", 404),
    "admin/advisor/enquiry/<int:pk>/restore/": ("/admin/advisor/enquiry/{enquiry}/restore/", None, 405),
    "admin/advisor/ownersettings/preview/<str:page>/": (
        "/admin/advisor/ownersettings/preview/home/",
        "advisor.change_ownersettings",
        302,
    ),
    "admin/auth/user/<id>/password/": ("/admin/auth/user/{user}/password/", "auth.change_user", 200),
}

# The pages that each table has in the admin: what they take, and the answer to GET for those who have it.
OF_A_TABLE = {
    "": ("view", 200),
    "add/": ("add", 200),
    "<path:object_id>/history/": ("view", 200),
    "<path:object_id>/delete/": ("delete", 200),
    "<path:object_id>/change/": ("view", 200),
}
# The pages that the tables of the draft have besides.
OF_A_DRAFT_TABLE = {
    "look/": ("view", 405),
    "order/": ("change", 200),
    "several/": ("change", 302),
    "<path:object_id>/retire/": ("change", 200),
}
# What no role may do, not even a superuser: forms do not make these, and nobody unmakes them.
NEVER = {
    "add_release",
    "add_signal",
    "add_auditentry",
    "change_auditentry",
    "delete_auditentry", "change_release", "delete_release", "add_enquiry", "add_ownersettings", "delete_ownersettings",
}  # fmt: skip


def routes(patterns: Sequence[Any] | None = None, before: str = "") -> Iterator[str]:
    """Every route of the site as it is written in the code, parts and all."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def table_routes() -> dict[str, tuple[type[Model], str]]:
    """The routes that every table of the admin has: its model, and which page it is."""
    of_a_draft = tuple(DRAFT_MODELS.values())
    return {
        f"admin/{model._meta.app_label}/{model._meta.model_name}/{page}": (model, page)
        for model in admin.site._registry
        for page in (*OF_A_TABLE, "<path:object_id>/", *(OF_A_DRAFT_TABLE if model in of_a_draft else ()))
    }


def documented() -> dict[str, dict[str, tuple[str, ...]]]:
    """The table of the reference: what each role may do with each thing."""
    page = (Path(__file__).resolve().parent.parent / "docs/reference/roles.md").read_text()
    head, _, *rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", page, re.MULTILINE)
    ]
    assert head[1:] == list(ROLES)
    return {
        name: {role: tuple(cell.split(", ")) for role, cell in zip(head[1:], cells, strict=True) if cell != "–"}
        for name, *cells in rows
    }


@pytest.fixture
def people(publish: Publish) -> dict[str, Client]:
    """Somebody of each kind, and something in every table."""
    publish()
    versions.keep()
    make_roles()
    Signal.objects.create(kind="useful", vote="no", release=Release.objects.get(), answers="", industry="other")
    Enquiry.objects.create(contact="ada@example.com", message="Hello", consent="I agree.", form_digest="1")
    found = {}
    for kind in EVERYONE:
        found[kind] = Client(raise_request_exception=False)
        if kind != ANONYMOUS:
            user = User.objects.create_user(kind, is_staff=True, is_superuser=kind == SUPERUSER)
            user.groups.set(Group.objects.filter(name=kind))
            found[kind].force_login(user)
    return found


def may(kind: str, permission: str | None) -> bool:
    if permission is None or kind == SUPERUSER:
        return permission is None or (permission.split(".")[-1] not in NEVER and permission != "nobody")
    return kind in ROLES and permission in permissions_of(kind) and permission.split(".")[1] not in NEVER


def expected(kind: str, permission: str | None, status: int) -> int:
    if kind == ANONYMOUS:
        return LOGIN
    return status if may(kind, permission) else 403


def one_of(model: type[Model]) -> Any:
    if model is OwnerSettings:
        return 1
    if model is User:
        return User.objects.get(username=NO_ROLE).pk
    return model._default_manager.values_list("pk", flat=True)[0]


def test_every_address_has_an_answer_here() -> None:
    """Say in PUBLIC or STAFF above who may open a new address; for a new table in the admin, in `advisor/roles.py`."""
    answered = {*PUBLIC, *STAFF, *table_routes()}
    # The page of one app's tables, which lists what the first page lists.
    missing = [route for route in routes() if route not in answered and "app_label" not in route]

    assert missing == []
    assert [route for route in answered if route not in set(routes())] == []


@pytest.mark.parametrize("kind", EVERYONE)
def test_every_public_address_answers_everybody_alike(people: dict[str, Client], kind: str) -> None:
    wrong = []
    for address, answer in PUBLIC.values():
        wanted = answer.get(kind, answer["others"]) if isinstance(answer, dict) else answer
        got = people[kind].get(address).status_code
        if got != wanted:
            wrong.append(f"{address}: {got}, not {wanted}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", EVERYONE)
def test_every_page_of_the_workplace_opens_for_whom_it_is_meant(people: dict[str, Client], kind: str) -> None:
    names = {
        "enquiry": one_of(Enquiry),
        "user": one_of(User),
        "release": one_of(Release),
        "version": Version.objects.of("rules", "text")[0].pk,
    }
    wrong = []
    for address, permission, status in STAFF.values():
        got = people[kind].get(address.format(**names)).status_code
        if got != expected(kind, permission, status):
            wrong.append(f"{address}: {got}, not {expected(kind, permission, status)}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", EVERYONE)
def test_every_page_of_every_table_opens_for_whom_it_is_meant(people: dict[str, Client], kind: str) -> None:
    wrong = []
    for route, (model, page) in table_routes().items():
        address = "/" + route.replace("<path:object_id>", str(one_of(model)))
        action, status = {**OF_A_TABLE, **OF_A_DRAFT_TABLE}.get(page, (None, 302))
        permission = action and f"{model._meta.app_label}.{action}_{model._meta.model_name}"
        if (model, page) == (OwnerSettings, ""):
            permission, status = None, 302  # it leads to the one form, which asks who you are
        got = people[kind].get(address).status_code
        if got != expected(kind, permission, status):
            wrong.append(f"GET {address}: {got}, not {expected(kind, permission, status)}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", EVERYONE)
def test_no_form_takes_anything_from_those_who_may_not(people: dict[str, Client], kind: str) -> None:
    wrong = []
    for route, (model, page) in table_routes().items():
        action = {"add/": "add", "<path:object_id>/change/": "change", "<path:object_id>/delete/": "delete"}.get(page)
        if action is None:
            continue
        address = "/" + route.replace("<path:object_id>", str(one_of(model)))
        allowed = may(kind, f"{model._meta.app_label}.{action}_{model._meta.model_name}")
        # An empty form: it is refused with what is missing, or asks whether to delete.
        got = people[kind].post(address, {}).status_code
        wanted = (200,) if allowed else (LOGIN,) if kind == ANONYMOUS else (403,)
        if got not in wanted:
            wrong.append(f"POST {address}: {got}, not {wanted}")

    assert not wrong, "\n".join(wrong)


def test_the_reference_says_what_the_code_says() -> None:
    assert documented() == {thing.name: dict(thing.may) for thing in MATRIX}


def test_every_table_of_the_workplace_is_in_the_matrix() -> None:
    named = {table for thing in MATRIX for table in thing.tables}

    assert {model._meta.label_lower for model in admin.site._registry} == named
    assert {model._meta.label_lower for model in DRAFT_MODELS.values()} < named


def test_only_an_enquiry_handler_may_do_anything_with_enquiries() -> None:
    assert {role for role in ROLES if any("enquiry" in permission for permission in permissions_of(role))} == {
        ENQUIRY_HANDLER
    }


def test_every_permission_of_a_role_is_one_that_exists() -> None:
    known = {f"{found.content_type.app_label}.{found.codename}" for found in Permission.objects.select_related()}

    assert {permission for role in ROLES for permission in permissions_of(role)} <= known


def test_publishing_is_the_publishers() -> None:
    make_roles()

    with_it = set(Group.objects.filter(permissions__codename="publish_release").values_list("name", flat=True))
    assert with_it == {PUBLISHER}


@pytest.mark.parametrize("kind", EVERYONE)
@pytest.mark.parametrize("action", proposing.ACTIONS)
def test_only_a_publisher_gets_to_publish_and_only_an_editor_to_propose(
    people: dict[str, Client], kind: str, action: str
) -> None:
    got = people[kind].post("/admin/advisor/release/publish/", {"action": action}).status_code

    if kind == ANONYMOUS:
        assert got == LOGIN
    else:
        role = EDITOR if action in ("propose", "withdraw") else PUBLISHER
        assert (got != 403) == (kind in (role, SUPERUSER))


def test_making_the_roles_again_puts_them_back_and_keeps_who_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("make_roles")
    group = Group.objects.get(name=EDITOR)
    before = set(group.permissions.values_list("codename", flat=True))
    user = User.objects.create_user("eve")
    user.groups.add(group)
    group.permissions.set(Permission.objects.filter(codename="view_enquiry"))

    call_command("make_roles")

    assert set(group.permissions.values_list("codename", flat=True)) == before
    assert user.groups.get() == group
    assert Group.objects.count() == len(ROLES)
    assert EDITOR in capsys.readouterr().out


class TestColleagues:
    """An owner gives roles, and stays what they are."""

    def test_an_owner_adds_a_colleague_with_a_role(self, people: dict[str, Client]) -> None:
        secret = "seven hills and a signpost"
        editor = Group.objects.get(name=EDITOR)
        fields = {"username": "grace", "password1": secret, "password2": secret, "groups": [editor.pk]}

        people[OWNER].post(reverse("admin:auth_user_add"), {**fields, "usable_password": "true"})

        grace = Client()
        assert grace.login(username="grace", password=secret)
        assert grace.get(reverse("admin:advisor_rule_changelist")).status_code == 200
        assert grace.get(reverse("admin:advisor_enquiry_changelist")).status_code == 403

    def test_an_owner_makes_nobody_a_superuser(self, people: dict[str, Client]) -> None:
        owner = User.objects.get(username=OWNER)
        address = reverse("admin:auth_user_change", args=[owner.pk])
        fields = {"username": OWNER, "is_active": "on", "is_superuser": "on", "is_staff": "on", "groups": [1]}
        every_permission = list(Permission.objects.values_list("pk", flat=True))

        people[OWNER].post(address, {**fields, "user_permissions": every_permission})

        owner.refresh_from_db()
        assert not owner.is_superuser
        assert not owner.user_permissions.exists()

    def test_an_owner_does_not_touch_a_superuser(self, people: dict[str, Client]) -> None:
        superuser = User.objects.get(username=SUPERUSER)
        change = reverse("admin:auth_user_change", args=[superuser.pk])
        password = reverse("admin:auth_user_password_change", args=[superuser.pk])
        secret = "seven hills and a signpost"

        answers = [
            people[OWNER].post(change, {"username": "mine"}).status_code,
            people[OWNER].post(password, {"password1": secret, "password2": secret}).status_code,
        ]

        superuser.refresh_from_db()
        assert answers == [403, 403]
        assert superuser.username == SUPERUSER
        assert not superuser.has_usable_password()

    def test_the_first_page_tells_who_may_give_roles_how(self, people: dict[str, Client]) -> None:
        add = reverse("admin:auth_user_add")

        shown = {kind for kind in EVERYONE if f'href="{add}"' in people[kind].get("/admin/").content.decode()}
        told = {kind for kind in EVERYONE if "add a colleague" in people[kind].get("/admin/").content.decode()}

        assert shown == told == {OWNER, SUPERUSER}

    def test_the_list_says_who_has_which_role(self, people: dict[str, Client]) -> None:
        page = people[OWNER].get(reverse("admin:auth_user_changelist")).content.decode()

        assert "everything" in page
        assert f'<td class="field-roles">{ENQUIRY_HANDLER}</td>' in page
