"""Who runs the site and how, as pages know it.

A page costs one look at a file's date. When an owner saves the settings the file is replaced, and every process reads
it at its next request. So pages need no query, and go on while the database is away.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Self

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest

from advisor.colours import OURS, Colours
from advisor.models import OwnerSettings, files
from advisor.models.files import Stamp
from advisor.models.logo import Logo
from advisor.models.owner import OwnerFileIsBroken, path

logger = logging.getLogger("advisor.site")

LOOK_AGAIN = 30
"""Seconds until the next try, when neither file nor database could be read."""


@dataclass(frozen=True, slots=True)
class Site:
    """Who runs the site and how. `contact_url` is a mailto: or https: address, empty when none was set.

    The days say how long things are kept: saved results, enquiries, suspected spam, backups. `digest` changes with
    whatever else is in here.
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
    colours: Colours = OURS
    logo: Logo | None = None
    is_preview: bool = False
    digest: str = field(init=False, repr=False, compare=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(repr(self).encode()).hexdigest()[:16])

    @classmethod
    def of(cls, owner: OwnerSettings, *, is_preview: bool = False) -> Self:
        return cls(
            url=settings.SIGNPOST_SITE_URL,
            logo=Logo.of(bytes(owner.logo), stored=not is_preview),
            is_preview=is_preview,
            colours=Colours(owner.sign_colour, owner.ground_colour),
            **{name: getattr(owner, name) for name in _AS_STORED},
        )

    @property
    def contact_url(self) -> str:
        return f"mailto:{self.contact}" if "@" in self.contact else self.contact


_AS_STORED = (
    "name",
    "owner",
    "sells",
    "contact",
    "controller",
    "enquiry_on",
    "enquiry_to",
    "saved_days",
    "enquiry_days",
    "quarantine_days",
    "backup_days",
)


@dataclass(frozen=True, slots=True)
class _Cached:
    """What this process holds, and the stamp of the file it was looked up for (None: there was no file)."""

    stamp: Stamp | None
    site: Site
    until: float = float("inf")


_cached: _Cached | None = None
_lock = threading.Lock()


def this_site() -> Site:
    """The site as it is set up now. Never raises: without file and database the environment's values hold."""
    cached = _cached
    if cached and cached.stamp == files.stamp(path()) and time.monotonic() < cached.until:
        return cached.site
    with _lock:
        return _refresh()


def site_of(request: HttpRequest) -> Site:
    """The site that everything about this request speaks of, also when the settings change meanwhile."""
    held: Site | None = getattr(request, _HELD, None)
    return hold(request, this_site()) if held is None else held


def hold(request: HttpRequest, site: Site) -> Site:
    """Let this request speak of that site: a preview's, for one."""
    setattr(request, _HELD, site)
    return site


_HELD = "signpost_site"


def forget() -> None:
    """Drop what this process holds, so that the next call reads anew."""
    global _cached
    with _lock:
        _cached = None


def _refresh() -> Site:
    """Look again. The stamp is taken first: should the file change meanwhile, the next call finds out."""
    global _cached
    stamp = files.stamp(path())
    if _cached and _cached.stamp == stamp and time.monotonic() < _cached.until:
        return _cached.site  # another thread was faster
    try:
        _cached = _Cached(stamp, Site.of(_owner()))
    except DatabaseError as problem:
        logger.error("The owner's settings can't be read: %s", type(problem).__name__)
        site = _cached.site if _cached else Site.of(OwnerSettings.of_environment())
        _cached = _Cached(stamp, site, until=time.monotonic() + LOOK_AGAIN)
    return _cached.site


def _owner() -> OwnerSettings:
    """From the file; from the database when that fails, and then the file is written anew. Raises DatabaseError."""
    try:
        return OwnerSettings.of_file()
    except OwnerFileIsBroken as problem:
        logger.error("The file of the owner's settings is refused: %s", problem)
    except OSError:
        pass  # no file yet, most likely
    try:
        return OwnerSettings.sync()
    except OSError as problem:
        logger.error("The file of the owner's settings can't be written: %s", problem)
        return OwnerSettings.load()
