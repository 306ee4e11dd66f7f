"""From the simulator to an example, and what the examples leave untested."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import slugify

from advisor import links
from advisor.admin import simulator
from advisor.admin.draft import Draft, current_draft
from advisor.admin.notsent import typed
from advisor.decision.answers import MalformedAnswers, read
from advisor.decision.catalogue import RESERVED, SLUG_LENGTH
from advisor.decision.recommend import Incomplete, recommend
from advisor.decision.recommendation import Recommendation
from advisor.decision.sentences import title_of
from advisor.decision.table import Gap
from advisor.models import AuditEntry, Category, Caveat, Example
from advisor.models.fields import tidy_line

TITLES = {"rules": "Rules", "gates": "Gates", "caveats": "Caveats"}


def make_example(request: HttpRequest) -> HttpResponse:
    """Freeze what the draft says to these answers now, under a name of the editor's."""
    if not request.user.has_perms(["advisor.view_rule", "advisor.add_example"]):
        raise PermissionDenied
    fields = typed(request)
    if fields is not None:
        return _again(request, current_draft(), fields.get("answers", ""), fields.get("name", ""), "", status=200)
    if request.method != "POST":
        return redirect("simulator")
    query, name = request.POST.get("answers", ""), tidy_line(request.POST.get("name", ""))
    draft = current_draft()
    try:
        advice = _advice(draft, query)
    except (MalformedAnswers, Incomplete, Gap):
        return _again(
            request, draft, "", name, "The draft gives no advice to these answers, so nothing can be expected."
        )
    if request.POST.get("expects", "") != simulator.expectation(advice):
        changed = "The draft was changed meanwhile. This is what it says now. Press the button again if it is right."
        return _again(request, draft, query, name, changed)
    answers = advice.answers.query
    twin = Example.objects.filter(name=name, answers=answers).first()
    if twin:  # sent twice
        return _done(request, twin, f"“{name}” is an example already.")
    example = Example(
        slug=_free_slug(name),
        name=name,
        answers=answers,
        category=Category.objects.get(slug=advice.headline.category.slug),
        readiness=advice.readiness.level,
    )
    try:
        example.full_clean()
        with transaction.atomic():
            example.save()
            example.caveats.set(Caveat.objects.filter(slug__in=[row.caveat.slug for row in advice.caveats]))
            AuditEntry.write("Added from the simulator", by=request.user, on=example)
    except ValidationError as error:
        told = "Give it a name that says who it is about." if not name else " ".join(error.messages)
        return _again(request, draft, query, name, told)
    except DatabaseError:
        told = "It could not be stored: the disk may be full. Nothing has changed. Try again later."
        response = _again(request, draft, query, name, told, status=503)
        response.headers["Retry-After"] = "60"
        return response
    admin.site.get_model_admin(Example).log_addition(request, example, "Made in the simulator.")
    return _done(request, example, f"“{name}” is an example now. Each check tries it.")


def _advice(draft: Draft, query: str) -> Recommendation:
    if draft.release is None:
        raise Incomplete(["draft"])
    answers, _ = read(simulator.answers_among(links.pairs_in(query)), draft.release.catalogue)
    return recommend(draft.release, answers)


def _again(request: HttpRequest, draft: Draft, query: str, name: str, problem: str, status: int = 422) -> HttpResponse:
    """The simulator once more, with what was typed."""
    pairs = links.pairs_in(query) if query else []
    return simulator.show(request, draft, pairs, {"name": name}, problem, status)


def _done(request: HttpRequest, example: Example, told: str) -> HttpResponse:
    page = reverse("admin:advisor_example_change", args=[example.pk])
    messages.success(request, format_html('{} <a href="{}">Open it</a>', told, page))
    return redirect(simulator.address(example.answers))


def _free_slug(name: str) -> str:
    stem = slugify(name)[: SLUG_LENGTH - len("-999")].strip("-_").replace("_", "-") or "example"
    taken = set(Example.objects.filter(slug__startswith=stem).values_list("slug", flat=True)) | {RESERVED}
    number = 1
    slug = stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def coverage(request: HttpRequest) -> HttpResponse:
    """Every row that no example reaches, with a way to an example."""
    if not request.user.has_perm("advisor.view_rule"):
        raise PermissionDenied
    draft = current_draft()
    found = draft.coverage
    groups = (
        [
            {
                "title": title,
                "reached": found.reached[section],
                "total": found.total[section],
                "rows": [
                    {
                        "row": item.row,
                        "name": title_of(section, item.row.slug, draft.catalogue),
                        "link": reverse("simulator-record", args=[section, item.row.slug]),
                        "try": simulator.simulated(item.address) if item.address else "",
                    }
                    for item in found.unreached
                    if item.section == section
                ],
            }
            for section, title in TITLES.items()
        ]
        if found
        else []
    )
    context = {**admin.site.each_context(request), "title": "What no example reaches", "groups": groups}
    return TemplateResponse(request, "admin/advisor/coverage.html", context)
