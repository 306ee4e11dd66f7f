"""A real browser and the real site. What a visitor's browser complains about fails the test that met it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from tests.browser.site import Site, manage, served

# Playwright keeps an event loop running in this thread, which Django takes for a sign of asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PATIENCE = 15_000
"""Milliseconds after which something that should be on a page counts as missing."""
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  window.reportProblem(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(autouse=True)
def _own_data() -> None:
    """In place of the fixture of this name for all tests: these look at another process, with settings of its own."""


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `make run` makes it, and beside it what that printed. Made once a test run."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    data, printed = shared / "set-up", shared / "set-up.txt"
    with (shared / "set-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not printed.exists():
            data.mkdir()
            printed.write_text(manage(data, "setup_site"), encoding="utf-8")
    return data


@pytest.fixture(scope="session")
def first_editor_address(set_up: Path) -> str:
    """The link for the first editor. It works once on each site."""
    return urlsplit(set_up.with_suffix(".txt").read_text(encoding="utf-8").split()[-1]).path


@pytest.fixture(scope="session")
def site(set_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site that most tests visit. None of them may change what it serves."""
    with served(copy_of(set_up, tmp_path_factory.mktemp("site"))) as site:
        yield site


@pytest.fixture
def own_site(set_up: Path, tmp_path: Path) -> Iterator[Site]:
    """A site that a test may change."""
    with served(copy_of(set_up, tmp_path)) as site:
        yield site


def copy_of(data: Path, folder: Path) -> Path:
    return Path(shutil.copytree(data, folder / "data"))


@dataclass
class Visitor:
    """A browser window of its own, and all that went wrong in it. `expected` are error codes that the test provokes."""

    context: BrowserContext
    site: Site
    expected: set[int] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PATIENCE)
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        self.context.on("request", self._request)
        self.context.on("requestfailed", self._failed)
        self.context.on("response", self._response)
        self.context.expose_binding("reportProblem", lambda _source, text: self.problems.append(text))
        self.context.add_init_script(WATCH_POLICY)

    def open(self, address: str = "/") -> Page:
        """A new tab."""
        page = self.context.new_page()
        page.goto(self.site.url + address)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if any(f"responded with a status of {status}" in message.text for status in self.expected):
            return
        self.problems.append(f"console: {message.text} {message.location}")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        if urlsplit(request.url).scheme not in ("data", "blob") and urlsplit(request.url).netloc != self.site.host:
            self.problems.append(f"another host: {request.url}")

    def _failed(self, request: Request) -> None:
        # A request that was under way when its page was left, or when a newer one took its place.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.problems.append(f"status {response.status}: {response.url}")


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Any]:
    """Opens windows: `visit()`, or with a browser's options such as `visit(java_script_enabled=False)`."""
    visitors: list[Visitor] = []

    def visit(at: Site | None = None, expected: set[int] | None = None, **options: Any) -> Visitor:
        visitor = Visitor(chromium.new_context(**options), at or site, expected or set())
        visitors.append(visitor)
        return visitor

    yield visit
    for visitor in visitors:
        visitor.context.close()
    assert [problem for visitor in visitors for problem in visitor.problems] == []


@pytest.fixture
def visitor(visit: Any) -> Visitor:
    """One ordinary visitor."""
    visitor: Visitor = visit()
    return visitor
