"""P8: how many bytes a visit takes over the wire, as a browser asks for them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import brotli  # type: ignore[import-untyped]  # ships no types

from tests.benchmarks import addresses, report, servers, visitors
from tests.benchmarks.context import Context
from tests.benchmarks.report import Line
from tests.benchmarks.servers import Server
from tests.benchmarks.shipped import shipped_release

BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br, zstd"}
HTMX = {**BROWSER, "HX-Request": "true", "HX-Request-Type": "partial"}
FIRST, WHOLE, STEP = 14_028, 28 * 1024, 6 * 1024
TRIES = 5
"""Up to 100 random bytes are added against attacks on compression, so the largest of a few replies counts."""


def run(context: Context) -> list[Line]:
    count = 30 if context.quick else 120
    with servers.product(context.data) as site:
        journeys = [list(addresses.journey(answers)) for answers in visitors.many(shipped_release(), 11, count)]
        pages = list(dict.fromkeys(["/", *(path for journey in journeys for path in journey)]))
        return [*_first_responses(site, pages), *_first_loads(site), *_steps(site, journeys)]


def _first_responses(site: Server, pages: list[str]) -> Iterator[Line]:
    """The stylesheet is in the page, so a page is all that a first response needs."""
    home = _size(site, "/")
    yield _judged("first response, HTML + CSS: home", home, FIRST, _floor(site, "/"))
    worst, path = max((_size(site, page, tries=1), page) for page in pages)
    what = f"first response: the largest of {len(pages):,} pages ({_name(path)})"
    yield _judged(what, worst, FIRST, _floor(site, path))


def _first_loads(site: Server) -> Iterator[Line]:
    for path in ("/", addresses.GOALS):
        parts = Parts.of(site, path)
        what = f"first load with htmx, {_name(path)}: {parts.told()}"
        yield _judged(what, parts.total, WHOLE, None)


def _steps(site: Server, journeys: list[list[str]]) -> Iterator[Line]:
    by_page: dict[str, list[tuple[int, str]]] = {}
    for path in dict.fromkeys(path for journey in journeys for path in journey):
        by_page.setdefault(_name(path), []).append((_size(site, path, HTMX, tries=1), path))
    for name, found in by_page.items():
        largest, path = max(found)
        middle = median(size for size, _ in found)
        what = f"later step, {name}: the largest of {len(found)} (half are below {middle:,.0f} B)"
        yield _judged(what, largest, STEP, _floor(site, path, HTMX))


def _judged(what: str, size: int, limit: int, floor: int | None) -> Line:
    ratio = report.times(size / floor) if floor else "-"
    least = report.kilobytes(floor) if floor else "-"
    return report.judged("P8", what, report.kilobytes(size), least, ratio, f"<= {limit:,} B", is_met=size <= limit)


def _size(site: Server, path: str, headers: dict[str, str] = BROWSER, tries: int = TRIES) -> int:
    return max(len(_fetch(site, path, headers)) for _ in range(tries))


def _fetch(site: Server, path: str, headers: dict[str, str] = BROWSER) -> bytes:
    reply = site.get(path, headers)
    if reply.status != 200:
        raise AssertionError(f"{path} answers {reply.status}")
    return reply.body


def _floor(site: Server, path: str, headers: dict[str, str] = BROWSER) -> int:
    """The same body, compressed as tightly as brotli can."""
    return len(brotli.compress(site.get(path, {**headers, "Accept-Encoding": "identity"}).body))


def _name(path: str) -> str:
    page = path.partition("?")[0].strip("/").rpartition("/")[2]
    return {"": "home", "advice": "result"}.get(page, page)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a browser fetches for a first page. Fonts are told apart: text shows without them."""

    page: int
    scripts: int
    images: int
    fonts: int

    @property
    def total(self) -> int:
        return self.page + self.scripts + self.images

    def told(self) -> str:
        return f"page {self.page:,}, scripts {self.scripts:,}, images {self.images:,}; fonts apart: {self.fonts:,} B"

    @classmethod
    def of(cls, site: Server, path: str) -> Parts:
        reply = site.get(path, {**BROWSER, "Accept-Encoding": "gzip"})
        html = gzip.decompress(reply.body).decode()
        scripts = set(re.findall(r'<script[^>]* src="([^"]+)"', html))
        images = set(re.findall(r'<img[^>]* src="([^"]+)"', html))
        images |= set(re.findall(r'<link rel="icon" href="([^"]+\.svg)"', html))
        styled = set(re.findall(r"url\(['\"]?([^)'\"#]+)['\"]?\)", html))
        fonts = {address for address in styled if ".woff" in address}
        images |= {address for address in styled - fonts if not address.startswith("data:")}
        sums = [sum(len(_fetch(site, address)) for address in group) for group in (scripts, images, fonts)]
        return cls(_size(site, path), *sums)
