"""Two versions of the code serve side by side, from one database, while one takes the other's place."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import copy_of
from tests.browser.kept import LAW_FIRM, keep
from tests.browser.site import manage, served
from tests.drills.forms import PAGES, Editor
from tests.drills.test_proxied import client, keep_form
from tests.drills.versions import next_one
from tests.proxy.nginx import proxy, server

See = Callable[[str], None]
SAVES = 20
STATIC = re.compile(r"/static/[\w./-]+\.[0-9a-f]{12}\.\w+")


@pytest.mark.drill("F19", "Two versions answer in turn behind nginx")
def test_visitors_notice_nothing(set_up: Path, tmp_path: Path, seen: See) -> None:
    data = copy_of(set_up, tmp_path)
    following = next_one(tmp_path / "next")
    with server(data) as now:
        manage(data, "setup_site", code=following)  # while the other serves
        with server(data, code=following) as then, proxy(now.socket, then.socket) as site:
            pages: Counter[int] = Counter()
            names: dict[str, set[str]] = {}
            for number, address in enumerate(PAGES):
                for _in_turn in range(4):
                    reply = site.get(address, client=client(number))
                    pages[reply.status] += 1
                    for name in STATIC.findall(reply.text):
                        names.setdefault(re.sub(r"\.[0-9a-f]{12}\.", ".", name), set()).add(name)
            files = Counter(
                site.get(name, client=client(100 + number // 10)).status
                for number, name in enumerate(sorted(set().union(*names.values())) * 4)
            )
            places: set[str] = set()
            kept: Counter[int] = Counter()
            for number in range(SAVES):
                saved = site.post("/advice/keep/", keep_form(site, 1000 + number), client=client(1000 + number))
                kept[saved.status] += 1
                places.update(saved.all("Location"))
            shown = Counter(
                site.get(place, client=client(2000 + number)).status
                for number, place in enumerate(place for place in places for _in_turn in range(4))
            )
    differing = sum(len(both) == 2 for both in names.values())
    seen(
        f"{pages.total()} pages {sorted(pages)}; {files.total()} requests for files {sorted(files)}, {differing} of "
        f"which the two have differently; {SAVES} forms made and sent in turn {sorted(kept)}, links {sorted(shown)}"
    )

    assert differing, "both versions answered, each with files of its own"
    assert set(pages) == set(files) == set(shown) == {200}
    assert set(kept) == {303}
    assert len(places) == SAVES


@pytest.mark.drill("F19", "Two versions serve an editor and a link in turn")
def test_either_knows_an_editor_and_says_the_same(set_up: Path, tmp_path: Path, seen: See) -> None:
    data = copy_of(set_up, tmp_path)
    following = next_one(tmp_path / "next")
    manage(data, "setup_site", code=following)
    with served(data) as now, served(data, code=following, log=str(tmp_path / "log")) as then:
        editor = Editor(now)
        pages: Counter[int] = Counter()
        for site in (now, then) * 5:
            editor.site = site
            pages[editor.get("/admin/").status] += 1
        shows = [keep(site)[0] for site in (now, then)]
        addresses = [f"/advice/?{LAW_FIRM}&format=json", *(f"{show}record.md" for show in shows)]
        said = [[site.get(address) for site in (now, then)] for address in addresses]
        # The file names the address at which it was asked for.
        texts = [
            [reply.text.replace(site.url, "") for reply, site in zip(both, (now, then), strict=True)] for both in said
        ]
    same = sum(one == two for one, two in texts)
    seen(f"{pages.total()} pages of the admin {sorted(pages)}; {same} of {len(said)} results the same, byte for byte")

    assert set(pages) == {200}
    assert {reply.status for both in said for reply in both} == {200}
    assert json.loads(said[0][0].text)["release"]
    assert [one for one, _two in texts] == [two for _one, two in texts]
