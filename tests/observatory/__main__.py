"""`python -m tests.observatory`: what Mozilla's HTTP Observatory gives pages of our site behind our nginx.

The scanner comes from npm, into a folder outside the project. It runs as it is, but the site's name leads to ports of
this machine, and it reaches nothing else. Ends with 3 when the scanner can't be had, as then nothing is known.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.site import manage
from tests.browser.test_served import RESULT
from tests.proxy.nginx import HTTP, HTTPS, NAME, proxy, server

VERSION = "1.4.8"
FOLDER = Path(tempfile.gettempdir()) / f"signpost-observatory-{VERSION}"
HERE = Path(__file__).parent
NOT_SCANNED = 3
ENOUGH = {"/": 135, "/advice/industry/": 135, RESULT: 135, "/privacy/": 135, "/admin/login/": 130}
"""The score that each page must have."""


class Unavailable(Exception):
    """The scanner can't be had here. The message says why."""


@dataclass(frozen=True, slots=True)
class Scan:
    score: int
    grade: str
    points: dict[str, int]
    """What each test added or took away."""
    failed: list[str]


def scanner() -> Path:
    """The scanner's folder, installed when it is not there yet."""
    library = FOLDER / "node_modules/@mdn/mdn-http-observatory"
    if shutil.which("node") is None or (npm := shutil.which("npm")) is None:
        raise Unavailable("Node.js with npm is not installed")
    if not library.exists():
        FOLDER.mkdir(exist_ok=True)
        # Without its scripts: one of them fetches the list of names that browsers know for https alone.
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix", str(FOLDER)]
        done = subprocess.run([*command, f"@mdn/mdn-http-observatory@{VERSION}"], cwd=FOLDER, check=False, timeout=300)  # noqa: S603
        if done.returncode:
            raise Unavailable("npm could not install it; is there a network?")
    # Nobody's name is on that list here: a site gets no points for what its owner has yet to apply for.
    (library / "conf/hsts-preload.json").write_text("{}")
    return library


def scan(library: Path, authority: Path, ports: dict[int, int]) -> dict[str, Scan]:
    command = ["node", "--import", str(HERE / "here.mjs"), str(HERE / "scan.mjs"), str(library), NAME, *ENOUGH]
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_EXTRA_CA_CERTS": str(authority),
        "SIGNPOST_NAME": NAME,
        "SIGNPOST_PORTS": json.dumps(ports),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return dict(zip(ENOUGH, map(judged, done.stdout.splitlines()), strict=True))


def judged(line: str) -> Scan:
    found: dict[str, Any] = json.loads(line)
    tests = found["tests"]
    return Scan(
        score=found["scan"]["score"],
        grade=found["scan"]["grade"],
        points={name: test["scoreModifier"] for name, test in tests.items()},
        failed=[f"{name}: {test['result']}" for name, test in tests.items() if not test["pass"]],
    )


def main() -> None:
    try:
        library = scanner()
    except Unavailable as error:
        print(f"Not scanned: {error}")
        sys.exit(NOT_SCANNED)
    with tempfile.TemporaryDirectory(prefix="signpost-observatory-data-") as folder:
        data = Path(folder)
        manage(data, "setup_site")
        with server(data) as behind, proxy(behind.socket) as site:
            found = scan(library, site.authority, {port: site.ports[port] for port in (HTTP, HTTPS)})
    for path, one in found.items():
        points = ", ".join(f"{name} {points:+}" for name, points in one.points.items())
        print(f"{path}: {one.score}, {one.grade} ({ENOUGH[path]} wanted). {points}")
        print("".join(f"    failed {failed}\n" for failed in one.failed), end="")
    if low := [path for path, one in found.items() if one.score < ENOUGH[path] or one.failed]:
        sys.exit(f"Too low: {', '.join(low)}")


if __name__ == "__main__":
    main()
