"""The pages that explain: what the site is, how it decides, what the words mean, who runs it."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from advisor import links, outbox, published, recalls, recent
from advisor.decision.answers import Answers, read
from advisor.decision.catalogue import Catalogue, Cells, Rule, Tool
from advisor.decision.domain import figures
from advisor.decision.release import Release
from advisor.models.results import CONFIRM_WITHIN
from advisor.models.signals import KEPT_FOR, WORDS_KEPT_FOR
from advisor.site import site_of
from advisor.views.caching import unchanged_until_release


@require_safe
@unchanged_until_release
def home(request: HttpRequest) -> HttpResponse:
    release = published.of_request(request)
    context = {
        "finished": () if recalls.of(release) else _finished(release),
        "categories": release.catalogue.categories,
        "start_url": links.question_url("industry", Answers()),
    }
    return render(request, "advisor/home.html", context)


@lru_cache(maxsize=2)
def _finished(release: Release) -> tuple[dict[str, Any], ...]:
    """The finished examples of the start page."""
    found = []
    for example in release.catalogue.examples:
        if example.on_home:
            answers, notices = read(links.pairs_in(example.answers), release.catalogue)
            recommendation = recent.advice(release, answers, notices)
            found.append(
                {
                    "name": example.name,
                    "category": recommendation.headline.category,
                    "level": recommendation.readiness.level,
                    "url": links.result_url(answers),
                }
            )
    return tuple(found)


@require_safe
@unchanged_until_release
def rules(request: HttpRequest) -> HttpResponse:
    """Every row of the table, as people read it, with what the whole-domain check counts."""
    release = published.of_request(request)
    catalogue = release.catalogue
    context = {
        "figures": _figures(release),
        "groups": _rule_groups(catalogue),
        "gates": [{"gate": gate, "cells": _cells(catalogue, gate)} for gate in catalogue.gates],
        "categories": catalogue.categories,
        "sources": catalogue.by_slug["sources"],
        "overdue": _overdue(catalogue.rules, catalogue.gates),
    }
    return render(request, "advisor/rules.html", context)


@lru_cache(maxsize=2)
def _figures(release: Release) -> dict[str, Any]:
    catalogue = release.catalogue
    counted = figures(catalogue)
    shares = [
        {
            "category": category,
            "cells": counted.shares[category.slug],
            "percent": round(100 * counted.shares[category.slug] / counted.cells) if counted.cells else 0,
        }
        for category in catalogue.categories
    ]
    return {**asdict(counted), "shares": shares}


def _rule_groups(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Rules by the kind of AI that they lead to, as a table a visitor can look through."""
    groups = []
    for category in catalogue.categories:
        rows = [
            {"rule": rule, "cells": _cells(catalogue, rule)}
            for rule in catalogue.rules
            if rule.category == category.slug
        ]
        groups.append({"title": category.name, "category": category, "rows": rows})
    return groups


def _cells(catalogue: Catalogue, row: Cells | Rule) -> list[dict[str, Any]]:
    """The filled cells of a row, each with its heading and the names of what it holds, in the editors' order."""
    headings = {
        "needs": _("Goal"),
        "modalities": _("Produces"),
        "industries": _("Industry"),
        "circumstances": _("True for you"),
        "categories": _("Kind of AI"),
    }
    found = []
    for section, title in headings.items():
        named: frozenset[str] = getattr(row, section, frozenset())
        if named:
            entries = getattr(catalogue, section)
            names = [entry.name for entry in entries if entry.slug in named]
            left_out = [entry.name for entry in entries if entry.slug not in named]
            all_but = section == "needs" and 0 < len(left_out) < len(names)
            found.append(
                {
                    "key": section,
                    "title": _("Goal: any but") if all_but else title,
                    "names": left_out if all_but else names,
                }
            )
    return found


@require_safe
@unchanged_until_release
def kinds(request: HttpRequest) -> HttpResponse:
    catalogue = published.of_request(request).catalogue
    context = {
        "categories": catalogue.categories,
        "techniques": [tool for tool in catalogue.tools if tool.kind == "technique"],
        "sources": catalogue.by_slug["sources"],
        "overdue": _overdue(catalogue.categories, catalogue.tools),
    }
    return render(request, "advisor/kinds.html", context)


@require_safe
@unchanged_until_release
def tools(request: HttpRequest) -> HttpResponse:
    catalogue = published.of_request(request).catalogue
    groups: list[dict[str, Any]] = []
    for category in catalogue.categories:
        above = {tool.slug for group in groups for tool in group["tools"]}
        of_kind = [tool for tool in catalogue.tools if _serves(tool, category.slug)]
        groups.append({"category": category, "tools": of_kind, "above": above})
    context = {
        "groups": groups,
        "sources": catalogue.by_slug["sources"],
        "overdue": _overdue(catalogue.tools),
    }
    return render(request, "advisor/tools.html", context)


def _serves(tool: Tool, category: str) -> bool:
    return tool.kind == "product" and category in tool.categories


@require_safe
@unchanged_until_release
def glossary(request: HttpRequest) -> HttpResponse:
    catalogue = published.of_request(request).catalogue
    terms = sorted(catalogue.terms, key=lambda term: term.name.casefold())
    context = {"terms": terms, "sources": catalogue.by_slug["sources"], "overdue": _overdue(terms)}
    return render(request, "advisor/glossary.html", context)


def _overdue(*sections: Iterable[Any]) -> set[str]:
    """The slugs of the claims of a page whose check is overdue."""
    today = timezone.localdate()
    return {claim.slug for section in sections for claim in section if claim.is_overdue(today)}


def plain_page(template: str) -> Callable[[HttpRequest], HttpResponse]:
    """A page that says the same to everybody."""

    @require_safe
    @unchanged_until_release
    def page(request: HttpRequest) -> HttpResponse:
        return render(request, template)

    return page


about = plain_page("advisor/about.html")
accessibility = plain_page("advisor/accessibility.html")
report = plain_page("advisor/report.html")


@require_safe
@unchanged_until_release
def privacy(request: HttpRequest) -> HttpResponse:
    """What becomes of what a visitor gives. Addresses can only be left where the site sends mail."""
    context = {
        "sends_mail": outbox.is_set_up(),
        "confirm_days": CONFIRM_WITHIN.days,
        "signal_days": KEPT_FOR.days,
        "words_days": WORDS_KEPT_FOR.days,
        "notes_visits": settings.SIGNPOST_ACCESS_LOG,
    }
    return render(request, "advisor/privacy.html", context)


INDEXED = ("home", "rules", "changes", "kinds", "tools", "glossary", "about", "privacy", "accessibility")
"""The pages that search engines may list."""


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask here without being told to."""
    return HttpResponsePermanentRedirect(static("img/favicon.ico"))


@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """The owner's logo. Its address names its content, so a copy holds for ever."""
    shown = site_of(request).logo
    if shown is None or shown.digest != digest:
        raise Http404
    response = HttpResponse(shown.png, content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Advice pages stay open to robots, which then read that they are not to list them."""
    lines = ["User-agent: *", "Disallow: /admin/", f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """How to tell us of a weakness, for tools that look here (RFC 9116). Without a contact there is nothing to say."""
    here = site_of(request)
    if not here.contact_url:
        raise Http404
    expires = timezone.now().date() + SECURITY_TXT_HOLDS
    lines = [
        f"Contact: {here.contact_url}",
        f"Expires: {expires.isoformat()}T00:00:00Z",
        "Preferred-Languages: en",
        f"Canonical: {here.url}{reverse('security-txt')}",
        f"Policy: {here.url}{reverse('report')}#security",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


SECURITY_TXT_HOLDS = timedelta(days=180)


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    published_at = datetime.fromisoformat(published.of_request(request).published_at).date().isoformat()
    context = {"addresses": [request.build_absolute_uri(reverse(name)) for name in INDEXED], "changed": published_at}
    return render(request, "advisor/sitemap.xml", context, content_type="application/xml; charset=utf-8")
