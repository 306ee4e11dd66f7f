"""Lighthouse, fetched by npm into a folder outside the project and run on the system's Chromium."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

VERSION = "12.8.2"
FOLDER = Path(tempfile.gettempdir()) / f"signpost-lighthouse-{VERSION}"
CHROME_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
CATEGORIES = ("performance", "accessibility", "best-practices")


class Unavailable(Exception):
    """Lighthouse can't be had here. The message says why."""


@dataclass(frozen=True, slots=True)
class Audit:
    """Times in milliseconds, scores out of 100."""

    lcp: float
    tbt: float
    scores: dict[str, float]


def ready() -> Path:
    """The program, installed when it is not there yet."""
    program = FOLDER / "node_modules" / ".bin" / "lighthouse"
    if not shutil.which("chromium"):
        raise Unavailable("Chromium is not installed")
    if not program.exists():
        _install()
    return program


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    FOLDER.mkdir(exist_ok=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(FOLDER), f"lighthouse@{VERSION}"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise Unavailable("npm could not install it; is there a network?")


def audit(program: Path, url: str) -> Audit:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [str(program), url, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={CHROME_FLAGS}"]
        env = {**os.environ, "CHROME_PATH": shutil.which("chromium") or ""}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=180)
        if done.returncode or not report.exists():
            raise Unavailable(f"it failed: {done.stderr.strip().splitlines()[-1:]}")
        found = json.loads(report.read_text())
    audits = found["audits"]
    return Audit(
        lcp=audits["largest-contentful-paint"]["numericValue"],
        tbt=audits["total-blocking-time"]["numericValue"],
        scores={name: 100 * found["categories"][name]["score"] for name in CATEGORIES},
    )
