"""A form that could not be taken, because the session was over or its token had become old: what was typed is kept.

Every form of the admin says for whom it was made. So what comes without a session still has an owner: it waits a day
for them to sign in again, and nobody else gets to see it. It is shown in its form, and nothing is saved by itself.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature, Signer
from django.db import DatabaseError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import Resolver404, get_resolver, resolve, reverse
from django.utils.text import capfirst

from advisor.database import reason
from advisor.models import Unsent

M = TypeVar("M", bound=Model)

WHOSE = "whose"
"""The field in which a form says for whom it was made."""
TYPED = "typed"
"""In the address of a form: the token of what is to be shown in it."""
NOT_TYPED = frozenset({"csrfmiddlewaretoken", WHOSE, "_save", "_saveasnew", "_addanother", "_continue", "_popup"})

SHOWN = frozenset({"publish", "roll-back", "recall", "simulator-example"})
"""Pages of ours that show in their form what `typed` gives them."""
NOTHING_TYPED = ("import", "import-export", "back-to-version", "impact", "_delete", "_changelist")
"""Pages, or ends of their names, with buttons alone: it is enough to open them again."""
NOT_SAVED = (
    "This could not be stored: the disk may be full. Nothing has changed. What you typed is below. "
    "Save again in a minute."
)
NEVER = (
    *("login", "logout", "first-editor", "password_change", "second-step", "again", "rescue"),
    *("passkey-options", "passkey-login", "ways-in-passkey-options", "ways-in-passkey"),
    *("ways-in", "ways-in-app", "ways-in-codes", "ways-in-remove"),
)

TOKEN = re.compile(r"[\w-]{20,64}")

logger = logging.getLogger("advisor.notsent")


def whose(user: Any) -> str:
    return _signer().sign(str(user.pk))


def _owner(request: HttpRequest) -> int | None:
    """For whom the form was made that was sent."""
    try:
        return int(_signer().unsign(request.POST.get(WHOSE, "")))
    except (BadSignature, ValueError):
        return None


def _signer() -> Signer:
    return Signer(salt="advisor.whose-form")


class KeepsTyped:
    """Sees where Django would lead somebody without a session to the login page and drop what they sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method != "POST" or not request.path.startswith("/admin/"):
            return response
        if _leads_to_login(response):
            return _kept(request) or response
        if TYPED in request.GET and response.status_code < 500 and request.user.is_authenticated:
            _forget(request)
        return response


def _leads_to_login(response: HttpResponseBase) -> bool:
    return response.status_code == 302 and urlsplit(response.headers["Location"]).path == reverse("admin:login")


def _forget(request: HttpRequest) -> None:
    """It has come, so it need not wait any longer."""
    try:
        unsent = Unsent.objects.behind(request.GET[TYPED])
        if unsent and unsent.by_id == request.user.pk:
            unsent.delete()
    except DatabaseError as error:
        logger.error("What was kept of a form could not be deleted: %s", reason(error))


def _kept(request: HttpRequest) -> HttpResponse | None:
    """Keep what was sent, and lead to where it is shown. None when there is nothing to keep or it can't be."""
    owner = _owner(request)
    # A script that asks for a part of a page has nothing to lose, and can't follow.
    by_a_script = request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
    if owner is None or by_a_script or _name_of(request.path) in NEVER:
        return None
    try:
        token = _keep(owner, request, request.POST)
    except DatabaseError as error:
        logger.error("What was typed into a form could not be kept: %s", reason(error))
        return None
    if token is None:
        return None
    response = HttpResponseRedirect(reverse("not-sent", args=[token]))
    response.status_code = 303
    return response


def keep(request: HttpRequest, sent: QueryDict) -> str | None:
    """Keep what somebody who is signed in sent to this address, and give the token for it."""
    return _keep(request.user.pk, request, sent) if request.user.pk else None


def _keep(owner: int, request: HttpRequest, sent: QueryDict) -> str | None:
    passwords = [field for field in sent if "password" in field]
    fields = [
        (field, value)
        for field, values in sent.lists()
        for value in values
        if field not in NOT_TYPED and field not in passwords
    ]
    had_file = (request.content_type or "").startswith("multipart/")
    return Unsent.keep(owner, request.get_full_path(), fields, had_file=had_file)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of ours whose token has become old: after signing in anew in another tab, for instance."""
    if not request.path.startswith("/admin/") or request.method != "POST":
        return _refused(request)
    if _name_of(request.path) == "login":
        return redirect(request.get_full_path())
    owner = _owner(request)
    if owner is None or (request.user.is_authenticated and request.user.pk != owner):
        return _refused(request)
    return _kept(request) or _refused(request)


def _refused(request: HttpRequest) -> HttpResponse:
    """The site's own page for it."""
    refuse: Any = get_resolver().resolve_error_handler(403)
    response: HttpResponse = refuse(request, exception=PermissionDenied())
    return response


def _name_of(path: str) -> str:
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""


def not_sent(request: HttpRequest, token: str) -> HttpResponse:
    """Leads to the form with what was typed in it, or shows it here when the page can't."""
    unsent = _found(request, token)
    if unsent is None:
        return redirect("admin:index")
    if request.method == "POST":
        unsent.delete()
        messages.success(request, "It is thrown away. Nothing was saved.")
        return redirect(unsent.path)
    name = _name_of(unsent.path)
    if name.endswith(NOTHING_TYPED) or not unsent.fields:
        messages.warning(request, _told(unsent, "Nothing was done. Press the button again."))
        unsent.delete()
        return redirect(f"{unsent.path}?{unsent.query}" if unsent.query else unsent.path)
    if _shows_typed(unsent.path):
        query = "&".join(filter(None, (unsent.query, urlencode({TYPED: token}))))
        return redirect(f"{unsent.path}?{query}")
    pairs: list[Any] = unsent.fields
    context = {
        **admin.site.each_context(request),
        "title": "What you typed was not saved",
        "unsent": unsent,
        "told": _told(unsent, "Nothing was saved. This is what you had filled in."),
        "fields": [(capfirst(field.replace("_", " ").replace("-", " ")), value) for field, value in pairs if value],
        "pairs": pairs,
        "address": f"{unsent.path}?{unsent.query}" if unsent.query else unsent.path,
    }
    response = TemplateResponse(request, "admin/advisor/not_sent.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _found(request: HttpRequest, token: str) -> Unsent | None:
    unsent = Unsent.objects.behind(token)
    if unsent is None:
        messages.warning(request, "What was typed there is not kept any more: it was sent, or a day has passed.")
    elif unsent.by_id != request.user.pk:
        messages.warning(
            request,
            "What was typed there belongs to somebody else, so it is not shown. It waits for them until tomorrow.",
        )
        return None
    return unsent


def _told(unsent: Unsent, what: str) -> str:
    """Also that a file can't be kept."""
    file = " A file that you had chosen is not kept: choose it again." if unsent.had_file else ""
    return f"You had been signed out or were asked who you are, or this page was open for too long. {what}{file}"


def _shows_typed(path: str) -> bool:
    match = resolve(path)
    name = match.url_name or ""
    if name in SHOWN or name.endswith("_order"):
        return True
    of_a_record = isinstance(getattr(match.func, "model_admin", None), ShowsTyped)
    return of_a_record and name.endswith(("_add", "_change"))


def typed(request: HttpRequest, *, tell: bool = True) -> QueryDict | None:
    """What is to be shown in the form at this address, which says so above it. None for an ordinary visit."""
    if request.method != "GET" or TYPED not in request.GET:
        return None
    unsent = Unsent.objects.behind(request.GET[TYPED])
    if unsent is None or unsent.by_id != request.user.pk or unsent.path != request.path:
        return None
    if tell:
        told = _told(unsent, "What you typed is in the form, and is not saved. Look at it, then save.")
        messages.warning(request, told)
    return unsent.as_posted()


def typed_in(request: HttpRequest, field: str) -> str | None:
    fields = typed(request)
    return None if fields is None else fields.get(field, "")


class ShowsTyped(admin.ModelAdmin[M]):
    """Record forms that show again what was typed: after signing in anew, and when the database refused it."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        return self._with_typed(
            request,
            None,
            form_url,
            extra_context,
            lambda: super(ShowsTyped, self).add_view(request, form_url, extra_context),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        return self._with_typed(
            request,
            object_id,
            form_url,
            extra_context,
            lambda: super(ShowsTyped, self).change_view(request, object_id, form_url, extra_context),
        )

    def _with_typed(
        self,
        request: HttpRequest,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, Any] | None,
        view: Callable[[], Any],
    ) -> Any:
        fields = typed(request)
        if fields is not None:
            request.method, request.POST = "POST", fields  # type: ignore[assignment]  # Django's type has it immutable
            request.signpost_only_shows = True  # type: ignore[attr-defined]  # our own mark
        try:
            return view()
        except DatabaseError as error:
            if request.method != "POST" or fields is not None:
                raise
            logger.error("A record could not be stored: %s", reason(error))
        # Without a transaction: beginning one is what fails when the database is locked.
        request.signpost_only_shows = True  # type: ignore[attr-defined]  # the same
        context = {
            "seen": request.POST.get("seen", ""),
            **(extra_context or {}),
            "not_saved": NOT_SAVED,
        }
        response: Any = self._changeform_view(request, object_id, form_url, context)  # type: ignore[attr-defined]  # left out of its stubs
        response.status_code = 503
        response.headers["Retry-After"] = "60"
        return response

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        if getattr(request, "signpost_only_shows", False):
            form.is_valid = lambda self: False  # the class is of this request alone
        return form
