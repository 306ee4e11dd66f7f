"""What every page knows: who runs the site, which release it speaks from, and its own stylesheet and scripts."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static

from advisor import assets, published
from advisor.decision.release import Release
from advisor.styles import inline_style


@dataclass(frozen=True, slots=True)
class Site:
    """Who runs the site and how. `contact_url` is a mailto: or https: address, empty when none was set.

    The days say how long things are kept: saved results, enquiries, suspected spam, backups.
    """

    name: str
    url: str
    owner: str
    sells: str
    contact: str
    controller: str = ""
    enquiry_on: bool = True
    enquiry_to: str = ""
    saved_days: int = 365
    enquiry_days: int = 180
    quarantine_days: int = 30
    backup_days: int = 30

    @property
    def contact_url(self) -> str:
        return f"mailto:{self.contact}" if "@" in self.contact else self.contact


@cache
def this_site() -> Site:
    return Site(
        name="Signpost",
        url=settings.SIGNPOST_SITE_URL,
        owner=settings.SIGNPOST_OWNER,
        sells=settings.SIGNPOST_OWNER_SELLS,
        contact=settings.SIGNPOST_CONTACT,
        enquiry_to=settings.SIGNPOST_CONTACT if "@" in settings.SIGNPOST_CONTACT else "",
    )


def release_line(release: Release) -> dict[str, Any]:
    """A release as the footer names it."""
    published_at = datetime.fromisoformat(release.published_at) if release.published_at else None
    return {"number": release.number, "sha256": release.sha256, "published_at": published_at}


def site(request: HttpRequest) -> dict[str, Any]:
    if request.path.startswith("/admin/"):
        return {}
    return {**of_every_page(), "release": _release_line(request)}


def of_every_page() -> dict[str, Any]:
    """What a page can say even when there is no release to show."""
    return {
        "site": this_site(),
        "style": inline_style(),
        "htmx": {"url": static(assets.HTMX), "integrity": assets.integrity(assets.HTMX)},
        "script": {"url": static(assets.SCRIPT), "integrity": assets.integrity(assets.SCRIPT)},
    }


def _release_line(request: HttpRequest) -> dict[str, Any] | None:
    try:
        return release_line(published.of_request(request))
    except published.NoRelease:
        return None
