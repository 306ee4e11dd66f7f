"""What every page knows: who runs the site, which release it speaks from, and its own stylesheet and scripts."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from advisor import assets, lookout, published, recalls
from advisor.decision.release import Release
from advisor.site import site_of, this_site
from advisor.styles import OF_PAGES, inline_style


def release_line(release: Release) -> dict[str, Any]:
    """A release as the footer names it."""
    published_at = datetime.fromisoformat(release.published_at) if release.published_at else None
    return {"number": release.number, "sha256": release.sha256, "published_at": published_at}


def site(request: HttpRequest) -> dict[str, Any]:
    if request.path.startswith("/admin/"):
        return {}
    return {**of_every_page(request), **_release(request)}


def of_every_page(request: HttpRequest | None = None) -> dict[str, Any]:
    """What a page can say even when there is no release to show."""
    here = site_of(request) if request else this_site()
    return {
        "site": here,
        "locale": get_language(),
        "as_of": timezone.localdate(),
        "outage": lookout.outage(),
        "style": inline_style(here.colours),
        "style_of_pages": inline_style(here.colours, OF_PAGES),
        "first_script": assets.first_script().text,
        "scripts": [assets.script(assets.SCRIPT), assets.script(assets.HTMX)],
    }


def _release(request: HttpRequest) -> dict[str, Any]:
    """The release that the page speaks from, and what its readers must know first if it was recalled."""
    try:
        release = published.of_request(request)
    except published.NoRelease:
        return {"release": None, "recall": None}
    return {"release": release_line(release), "recall": recalls.of(release)}
