"""The cache of nginx, switched on: what it keeps, and that it asks before it sends any of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.browser.conftest import copy_of
from tests.browser.kept import LAW_FIRM, publish_a_change
from tests.browser.site import Reply, Site
from tests.proxy.nginx import Proxy, Server, proxy, server

JOURNEY = [
    "/",
    "/advice/industry/",
    "/advice/goals/?industry=law-finance",
    "/advice/circumstances/?industry=law-finance&need=summaries&modality=text",
    f"/advice/check/?{LAW_FIRM}",
    f"/advice/?{LAW_FIRM}",
    "/privacy/",
]
TURNS = 25
RESULT = f"/advice/?{LAW_FIRM}"


@pytest.fixture(scope="module")
def site(behind: Server) -> Iterator[Proxy]:
    with proxy(behind.socket, cached=True) as started:
        yield started


def stored(site: Proxy) -> str:
    """All that nginx keeps, with the addresses that it keeps it under."""
    return "".join(
        path.read_bytes().decode(errors="replace") for path in (site.folder / "cache").rglob("*") if path.is_file()
    )


def came_from_cache(site: Proxy) -> list[bool]:
    """For each page of the journeys that nginx logged."""
    lines = re.findall(r'"GET \S+" 200 \d+ \S+ \S+ (\S+) \S+$', site.logs, re.MULTILINE)
    return [state in ("HIT", "REVALIDATED") for state in lines]


def client(number: int) -> str:
    return f"198.51.{number // 250}.{number % 250}"


def test_journeys_that_were_made_before_come_from_the_cache(site: Proxy) -> None:
    pages = [[site.get(address, client=client(turn)).text for address in JOURNEY] for turn in range(TURNS)]
    site.logged('"GET ', count=TURNS * len(JOURNEY))

    from_cache = came_from_cache(site)

    assert len(from_cache) == TURNS * len(JOURNEY)
    assert sum(from_cache) / len(from_cache) > 0.95
    assert all(turn == pages[0] for turn in pages)


def test_a_kept_page_is_as_the_site_sends_it_and_names_its_own_request(site: Proxy) -> None:
    first, second = site.get(RESULT), site.get(RESULT)

    assert second.all("Cache-Control") == ["public, no-cache"]
    assert second.all("X-Accel-Expires") == []
    assert second.all("ETag") == first.all("ETag") != []
    assert len(second.all("X-Request-ID")) == 1
    assert second.all("X-Request-ID") != first.all("X-Request-ID")
    assert site.get(RESULT, {"If-None-Match": first.all("ETag")[0]}).status == 304


def test_the_part_that_a_script_asks_for_is_kept_apart_from_the_whole_page(site: Proxy) -> None:
    whole, part = site.get(RESULT), site.get(RESULT, {"HX-Request": "true"})

    assert site.get(RESULT).text == whole.text
    assert site.get(RESULT, {"HX-Request": "true"}).text == part.text != whole.text


def test_a_new_release_is_seen_by_the_next_request(set_up: Path, tmp_path: Path) -> None:
    with server(copy_of(set_up, tmp_path)) as served, proxy(served.socket, cached=True) as site:
        for _twice in range(2):
            assert "Release 1," in site.get(RESULT).text

        process = cast("subprocess.Popen[str]", served.process)
        publish_a_change(Site("", served.data, process, served.log), tmp_path)

        assert "Release 2," in site.get(RESULT).text


def test_nothing_that_is_one_persons_is_kept(site: Proxy) -> None:
    """Also what asks for words, such as the form of an enquiry, and what answers a form."""
    form = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)">', site.get(f"/advice/keep/?{LAW_FIRM}").text
    )
    kept = site.post("/advice/keep/", form)
    manage_address = kept.all("Location")[0]
    (show,) = re.findall(r'href="(/r/[^"]+/)"', site.get(manage_address).text)[:1]
    words = {"find": "a canary sings", "industry": "other"}
    private = [show, manage_address, "/admin/login/", f"/talk/?{LAW_FIRM}", f"/advice/keep/?{LAW_FIRM}"]

    for address in private * 2:
        assert site.get(address).status in (200, 302)
    assert site.post("/advice/goals/find/", words).status == 200
    assert site.get(RESULT).status == 200

    kept_by_nginx = stored(site)
    assert f"KEY: advice.example.com{RESULT}\n" in kept_by_nginx
    for address in private:
        assert f"KEY: advice.example.com{address}\n" not in kept_by_nginx
    for secret in (show, manage_address, "a canary sings"):
        assert secret not in kept_by_nginx
    reply: Reply = site.get(show)
    assert "no-store" in reply.all("Cache-Control")[0]
    assert reply.all("X-Robots-Tag") == ["noindex, nofollow, noarchive"]
