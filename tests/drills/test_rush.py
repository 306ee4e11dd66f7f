"""Ten times as many visitors as usual, all at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import addresses, visitors
from tests.benchmarks.rush import REST, TIMES, USUAL
from tests.benchmarks.shipped import shipped_release
from tests.browser.site import ROOT, Site
from tests.drills.forms import timed

LONG = 20
"""Seconds of each rush."""
P95_WITHIN = 0.5
WELL_WITHIN = 30.0


@pytest.mark.drill("F17", f"{USUAL * TIMES} visitors come at once who read as usual; then as many who never rest")
def test_a_rush_is_answered_and_over_when_it_is_over(
    own_site: Site, tmp_path: Path, seen: Callable[[str], None]
) -> None:
    paths = [path for answers in visitors.many(shipped_release(), 3, 300) for path in addresses.journey(answers)]
    port = int(own_site.url.rpartition(":")[2])

    def rush(rest: float) -> dict[str, Any]:
        order = {"asked": paths, "visitors": USUAL * TIMES, "seconds": LONG, "rest": rest, "port": port}
        (tmp_path / "order.json").write_text(json.dumps(order))
        command = [sys.executable, "-m", "tests.benchmarks.crowd", str(tmp_path / "order.json")]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603  our own
        found: dict[str, Any] = json.loads(told.stdout)
        return found

    resting, full = rush(REST), rush(0.0)
    ended = time.monotonic()
    while (page := timed(lambda: own_site.get(paths[0]))).seconds > P95_WITHIN:
        assert time.monotonic() < ended + WELL_WITHIN, f"a page still took {page.seconds:.1f} s"
    well = time.monotonic() - ended

    seen(
        f"{resting['requests']} pages in {LONG} s, p95 {resting['p95'] * 1000:.0f} ms, {resting['errors']} errors; "
        f"without a rest {full['requests']} pages, p95 {full['p95'] * 1000:.0f} ms, {full['errors']} errors; "
        f"well again after {well:.1f} s"
    )
    assert resting["errors"] == full["errors"] == 0
    assert resting["p95"] < P95_WITHIN
