"""Kept results on a served site, and a release that changes what they would say today."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Protocol

from tests.browser.site import ROOT, Reply, Site, manage

LAW_FIRM = "industry=law-finance&need=summaries&need=chatbot&modality=text&fact=none"

Pairs = list[tuple[str, str]]


class Asked(Protocol):
    """Any site that can be asked and sent a form."""

    def get(self, address: str) -> Reply: ...

    def post(self, address: str, sent: Pairs) -> Reply: ...


def keep_form(site: Asked, query: str = LAW_FIRM) -> Pairs:
    """What the form for keeping this result sends."""
    page = site.get(f"/advice/keep/?{query}").text
    return re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)


def keep(site: Asked, query: str = LAW_FIRM) -> tuple[str, str]:
    """The address that shows a kept result, and the one that manages it."""
    reply = site.post("/advice/keep/", keep_form(site, query))
    assert reply.status == 303, reply.text
    (manage_address,) = reply.all("Location")
    (show,) = re.findall(r'href="(/r/[^"]+/)"', site.get(manage_address).text)[:1]
    return show, manage_address


def damage(site: Site) -> str:
    """The address that manages a kept result of which only rubbish is left."""
    _show, address = keep(site)
    spoil = "row = SavedResult.objects.latest('pk'); row.document = b'x'; row.save()"
    manage(site.data, "shell", "--verbosity", "0", "-c", f"from advisor.models import SavedResult; {spoil}")
    return address


def publish_a_change(site: Site, folder: Path) -> None:
    """Release 2: a chat for a law firm's clients needs no AI any more."""
    content = Path(shutil.copytree(ROOT / "fixtures", folder / "content"))
    rules = json.loads((content / "rules.json").read_text(encoding="utf-8"))
    for rule in rules:
        if rule["slug"] == "law-chatbot":
            rule |= {
                "category": "ordinary-software",
                "because": "A page of fixed answers is enough.",
                "look_for": "such a page",
            }
    (content / "rules.json").write_text(json.dumps(rules), encoding="utf-8")
    (content / "examples.json").write_text("[]", encoding="utf-8")
    manage(site.data, "load_content", str(content))
    manage(site.data, "publish", "--note", "Fixed answers first, for law firms.")


def watch(site: Site, *, confirmed: bool = False) -> str:
    """The address behind the link that somebody gets whose mail address was left at a kept result."""
    keep(site)
    left = (
        "from django.utils import timezone; from advisor.models import SavedResult, Watch; "
        "watch = Watch(saved=SavedResult.objects.latest('pk'), address='ada@example.org', told_release=1); "
        f"watch.confirmed_at = timezone.now() if {confirmed} else None; watch.save(); print(watch.token)"
    )
    return f"/watch/{manage(site.data, 'shell', '--verbosity', '0', '-c', left).split()[-1]}/"
