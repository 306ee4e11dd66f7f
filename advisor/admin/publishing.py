"""The page on which a draft becomes a release: what would change, what stands in the way, and the one button."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from advisor.admin import impact, notsent, proposing
from advisor.admin.proposing import Typed
from advisor.admin.shares import where_cases_end
from advisor.admin.standing import standing
from advisor.models import DraftRefused, NoteRefused, Proposal, PublishedMeanwhile, PublishRefused, Release
from advisor.models.fields import tidy
from advisor.models.proposals import NotWaiting, ReasonRefused, TimeRefused
from advisor.models.releases import DraftChanged
from advisor.models.snapshot import SnapshotIsBroken

Made = TypeVar("Made")

PERMISSION = proposing.PUBLISH


def publish(request: HttpRequest) -> HttpResponse:
    """What publishing would do; by POST, one of the steps towards it."""
    if not request.user.has_perm("advisor.view_release"):
        raise PermissionDenied
    if request.method != "POST":
        before = notsent.typed(request)
        return _page(request, typed=None if before is None else Typed.of(before))
    typed = Typed.of(request.POST)
    action = proposing.ACTIONS.get(typed.action)
    if action is None:
        raise BadRequest("This form was not made by the publish page.")
    if not request.user.has_perm(action.permission):
        raise PermissionDenied

    def done(proposal: Proposal) -> HttpResponse:
        if proposal.release:
            return live(request, proposal.release)
        at = proposal.publish_at
        messages.success(
            request,
            f"It is set to go live on {date_format(timezone.localtime(at), 'j F Y, H:i')}. Until then nothing changes."
            if at and proposal.state == Proposal.State.SCHEDULED
            else action.done,
        )
        return see_other(reverse("admin:publish"))

    return attempt(
        request,
        lambda user: action.do(user, typed),
        lambda **trouble: _page(request, typed=typed, **trouble),
        done,
        base=typed.base,
        note=typed.note,
    )


def attempt(
    request: HttpRequest,
    act: Callable[[User], Made],
    again: Callable[..., HttpResponse],
    done: Callable[[Made], HttpResponse],
    *,
    base: int,
    note: str,
) -> HttpResponse:
    """Do it, and lead on. Whatever stands in the way is said on the page with everything typed kept."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  admin_view lets nobody else in
    unprocessable = HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        made = act(user)
    except (PublishedMeanwhile, NotWaiting) as refusal:  # of two at once, PostgreSQL lets the second see either
        latest = Release.objects.defer("document").first()
        is_overtaken = latest is not None and 0 < base < latest.number
        if isinstance(refusal, NotWaiting) and not is_overtaken:
            return again(status=HTTPStatus.CONFLICT, trouble=str(refusal))
        if latest and (latest.number, latest.by_id, latest.note) == (base + 1, user.pk, tidy(note)):
            return to_release(latest)  # the second press of a double click: the first one did it
        return again(status=HTTPStatus.CONFLICT, meanwhile=latest)
    except NoteRefused as refusal:
        return again(status=unprocessable, errors={"note": str(refusal)})
    except ReasonRefused as refusal:
        return again(status=unprocessable, errors={"reason": str(refusal)})
    except TimeRefused as refusal:
        return again(status=unprocessable, errors={"time": str(refusal)})
    except DraftRefused:
        return again(status=unprocessable)  # the page itself says which errors
    except DraftChanged as refusal:
        return again(status=HTTPStatus.CONFLICT, trouble=str(refusal))
    except PublishRefused as refusal:
        return again(status=unprocessable, trouble=str(refusal))
    except SnapshotIsBroken:
        return again(status=unprocessable, trouble="What was kept of it is damaged. Nothing was published.")
    except DatabaseError:
        trouble = "This could not be stored: the disk may be full. Nothing was published. Try again in a minute."
        response = again(status=HTTPStatus.SERVICE_UNAVAILABLE, trouble=trouble)
        response.headers["Retry-After"] = "60"
        return response
    return done(made)


def live(request: HttpRequest, release: Release) -> HttpResponse:
    """Say that visitors see it now, and lead to it."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  admin_view lets nobody else in
    LogEntry.objects.log_actions(user.pk, [release], ADDITION, change_message=release.note, single_object=True)
    messages.success(
        request, f"{release} is live. Every page speaks from it now; kept results still say what they said."
    )
    return to_release(release)


def to_release(release: Release) -> HttpResponse:
    return see_other(reverse("admin:advisor_release_change", args=[release.pk]))


def see_other(address: str) -> HttpResponse:
    response = HttpResponseRedirect(address)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def _page(
    request: HttpRequest,
    *,
    typed: Typed | None = None,
    status: int = 200,
    meanwhile: Release | None = None,
    errors: Mapping[str, str] | None = None,
    trouble: str = "",
) -> HttpResponse:
    stands = standing()
    current, draft, nothing = stands.current, stands.draft.catalogue, stands.says_the_same
    domain = stands.draft.domain
    context = {
        **admin.site.each_context(request),
        **proposing.on_page(request, stands, typed, errors),
        "title": f"Publish release {stands.next_number}",
        "current": current,
        "base": current.number if current else 0,
        "next": stands.next_number,
        "errors_found": stands.errors,
        "warnings_found": stands.warnings,
        "nothing": nothing,
        "changes": stands.changes,
        **(where_cases_end(stands.before, domain) if domain and not stands.errors else {}),
        "categories": draft.categories if draft else (),
        **({"impact": None} if nothing else impact.of_draft(stands.draft, seconds=impact.SECONDS_BESIDE)),
        "trouble": trouble,
        "meanwhile": meanwhile,
        "opts": Release._meta,
    }
    response = TemplateResponse(request, "admin/advisor/release/publish.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
