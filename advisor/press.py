"""Turns a page of ours into a PDF, one at a time, and keeps the last ones so that the same page is set only once.

Nothing is fetched: the stylesheet, the fonts and the drawings are our own files, and any other address is refused.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from advisor.colours import OURS, Colours, tokens
from advisor.drawings import drawing

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

logger = logging.getLogger("advisor.press")

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
"""What Debian calls the libraries that set the type. pip can't install them."""

AT_ONCE = 20
"""PDFs asked for at one moment in one process: one is being set, the others wait. More are turned away, since each
holds a thread. deploy/gunicorn.py has four threads more than this, and those go on answering pages."""

PATIENCE = 25.0
"""Seconds after which a request gives up its place in the queue."""

MOST_KEPT = 4_000_000
"""Bytes of finished PDFs that a process keeps: about a hundred."""

PAPERS = {"a4": "size: A4", "letter": "size: letter; margin: 8mm 15mm 10.5mm"}
"""Letter is 18 mm shorter, so it gets by with less ground above and below."""

STYLESHEET = "templates/advisor/record_pdf.css"
"""Not a static file: it names drawings that only the press can make."""

FONTS = frozenset(
    f"{family}-{weight}.woff2"
    for family, weights in (("schibsted-grotesk", (400, 600, 700, 800)), ("signpost-serif", (400, 600)))
    for weight in weights
)
"""One file a weight. Out of a variable font WeasyPrint would cut each weight anew for each PDF, a third of its work,
and with the time of day in it, so that no two PDFs were the same."""

BASE = "https://press.invalid/"
"""Where the stylesheet and what it names seem to lie. No such host can exist (RFC 2606)."""


class CannotPrint(Exception):
    """This machine lacks the libraries that set the type."""


class Busy(Exception):
    """Too many PDFs are wanted at once."""


_press = threading.Lock()
_queue = threading.BoundedSemaphore(AT_ONCE)
_finished: OrderedDict[str, bytes] = OrderedDict()


@dataclass(frozen=True, slots=True)
class House:
    """What an owner may choose: the colours, and the pictures that the page names, by their address."""

    colours: Colours = OURS
    pictures: Mapping[str, bytes] = field(default_factory=dict)


def to_pdf(html: str, paper: str = "a4", house: House = House()) -> bytes:
    """The PDF of a whole HTML page: tagged (PDF/UA-1), and the same bytes for the same page.

    Raises Busy when too many wait, and CannotPrint when the machine can't.
    """
    key = hashlib.sha256(f"{paper} {house.colours} {html}".encode()).hexdigest()
    if found := _finished.get(key):
        return found
    with _turn():
        if found := _finished.get(key):  # another request wanted the same and was first
            return found
        pdf = _set(html, paper, house)
        _finish(key, pdf)
        return pdf


@contextmanager
def _turn() -> Iterator[None]:
    queue = _queue
    if not queue.acquire(blocking=False):
        raise Busy
    try:
        if not _press.acquire(timeout=PATIENCE):
            raise Busy
        try:
            yield
        finally:
            _press.release()
    finally:
        queue.release()


def _finish(key: str, pdf: bytes) -> None:
    """Keep it, and drop the oldest ones beyond the limit. Called by whoever has the press."""
    _finished[key] = pdf
    while sum(map(len, _finished.values())) > MOST_KEPT:
        _finished.popitem(last=False)


def _set(html: str, paper: str, house: House) -> bytes:
    tools = _tools(house.colours)
    from weasyprint import CSS, HTML

    size = CSS(string=f"@page {{ {PAPERS[paper]} }}")
    page = HTML(string=html, base_url=BASE, url_fetcher=_own_files_only(house))
    pdf: bytes = page.write_pdf(
        stylesheets=[tools.style, size], font_config=tools.fonts, pdf_variant="pdf/ua-1", presentational_hints=False
    )
    return pdf


class _Tools:
    """The stylesheet in these colours, read once, with its fonts."""

    def __init__(self, colours: Colours) -> None:
        from PIL import ImageFile
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration

        # WeasyPrint switches this on for the whole process, and an owner's logo that is cut off would then be taken.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        self.fonts: FontConfiguration = FontConfiguration()
        css = _in(colours, (settings.BASE_DIR / STYLESHEET).read_text(encoding="utf-8"))
        fetcher = _own_files_only(House(colours))
        atexit.register(_made.cache_clear)  # WeasyPrint removes its copies of the fonts, which it can't do any later
        self.style: CSS = CSS(string=css, base_url=BASE, url_fetcher=fetcher, font_config=self.fonts)


@lru_cache(maxsize=2)
def _made(colours: Colours) -> _Tools:
    return _Tools(colours)


def _in(colours: Colours, text: str) -> str:
    """A stylesheet or a drawing, with an owner's colours in place of ours."""
    for token in tokens(colours):
        text = text.replace(token.ours, token.theirs)
    return text


_missing = False


def _tools(colours: Colours) -> _Tools:
    """Made for the first PDF: what sets the type takes half a second and 30 MB to load. Called by the press's owner."""
    global _missing
    if _missing:
        raise CannotPrint
    try:
        return _made(colours)
    except (OSError, ImportError) as error:
        _missing = True
        logger.error(
            "No PDF can be made on this machine, a library is missing (%s). On Debian: apt-get install %s, then start "
            "the site again. Everything else works.",
            str(error).splitlines()[0],
            PACKAGES,
        )
        raise CannotPrint from error


def can_print() -> bool:
    """Whether this machine has the libraries. It takes half a second to find out."""
    try:
        import weasyprint  # noqa: F401  whether it loads is the question
    except (OSError, ImportError):
        return False
    return True


def _own_files_only(house: House) -> URLFetcher:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            folder, _, name = url.removeprefix(BASE).partition("/")
            if folder == "fonts" and name in FONTS:
                font = (settings.BASE_DIR / "static/fonts" / name).read_bytes()
                return URLFetcherResponse(url, font, {"Content-Type": "font/woff2"})
            if folder == "drawings" and url.startswith(BASE):
                svg = _in(house.colours, drawing(name))
                return URLFetcherResponse(url, svg.encode(), {"Content-Type": "image/svg+xml"})
            if picture := house.pictures.get("/" + url.removeprefix(BASE)):
                return URLFetcherResponse(url, picture, {"Content-Type": "image/png"})
            raise ValueError("The press fetches nothing but our own files.")

    return OwnFilesOnly()
