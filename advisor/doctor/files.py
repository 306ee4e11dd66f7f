"""The folder of the data, the settings, and what the machine has to offer."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from advisor import environment, press, staticnames
from advisor.doctor.finding import Finding, error, manage, warning

LEAST_FREE = 0.1
"""The share of the disk below which saving may soon fail."""

MOST_CLOCKS_DIFFER = 120
"""Seconds."""

SECRETS = ("SIGNPOST_SECRET_KEY", "SIGNPOST_SECRET_KEY_FALLBACKS", "SIGNPOST_MAIL_URL", "SIGNPOST_DATABASE_URL")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def settings_that_nothing_reads() -> Iterator[Finding]:
    for line in environment.unknown(os.environ):
        yield warning("setting-unknown", line, "Correct its name or take it away: docs/reference/settings.md")


def rights() -> Iterator[Finding]:
    folder = _data()
    if folder.stat().st_mode & OTHERS:
        text = f"Others on this machine may look into {folder}, where key and database are."
        yield error("data-open", text, f"chmod 700 {folder}")
    key = folder / "secret-key"
    if key.exists() and key.stat().st_mode & OTHERS:
        yield error("key-open", f"Others on this machine may read {key}.", f"chmod 600 {key}")
    file = Path(os.environ.get("SIGNPOST_ENV_FILE") or environment.BASE_DIR / ".env")
    if file.is_file() and file.stat().st_mode & stat.S_IRWXO and _holds_secrets(file):
        yield error("settings-open", f"Everybody on this machine may read the secrets in {file}.", f"chmod o= {file}")


def _holds_secrets(file: Path) -> bool:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.strip().removeprefix("export ").startswith(SECRETS) for line in lines)


def owners() -> Iterator[Finding]:
    """A command that was run as root leaves files that the site can't write."""
    folder = _data()
    own = folder.stat().st_uid
    strange = sorted(path.name for path in folder.iterdir() if path.lstat().st_uid != own)
    if strange:
        text = f"Not all of {folder} belongs to the site's user: {', '.join(strange[:5])}."
        yield error("data-owner", text, f"chown -R --reference={folder} {folder}")


def disk() -> Iterator[Finding]:
    usage = shutil.disk_usage(_data())
    share = usage.free / usage.total
    if share < LEAST_FREE:
        text = f"Only {share:.0%} of the disk is free: {usage.free // 1_000_000} MB. Soon nothing can be stored."
        yield error("disk-full", text, f"du -xh {_data()} | sort -h | tail")


def clock_of_files() -> Iterator[Finding]:
    """A folder that another machine serves has that machine's time."""
    try:
        with tempfile.NamedTemporaryFile(dir=_data(), prefix=".doctor-") as file:
            apart = abs(os.stat(file.name).st_mtime - time.time())
    except OSError as problem:
        text = f"No file can be written in {_data()}: {problem.strerror}."
        yield error("data-read-only", text, f"chown -R signpost {_data()}")
        return
    if apart > MOST_CLOCKS_DIFFER:
        text = f"The disk's clock and this machine's are {apart:.0f} seconds apart. Keep the data on a local disk."
        yield error("clock-files", text, "timedatectl status")


def static_files() -> Iterator[Finding]:
    """Those of this version of the code. What lies there under plain names is of whichever version came last."""
    names = staticnames.path(_data())
    mend = manage("collectstatic --noinput")
    if not names.is_file() and any(names.parent.glob("*.json")):
        yield error("static-old", "The stylesheets and scripts that are prepared are of another version.", mend)
    elif missing := _missing(names):
        yield error("static-missing", missing, mend)


def _missing(names: Path) -> str:
    if not names.is_file():
        return "The stylesheets and scripts are not prepared."
    named = json.loads(names.read_text(encoding="utf-8"))["paths"].values()
    gone = sorted(name for name in named if not (Path(settings.STATIC_ROOT) / name).is_file())
    return f"{len(gone)} stylesheets, scripts or pictures are missing, such as {gone[0]}." if gone else ""


def pdf_libraries() -> Iterator[Finding]:
    if not press.can_print():
        mend = f"apt-get install {press.PACKAGES}"
        yield warning("pdf-libraries", "Decision records can't be had as PDFs: libraries are missing.", mend)


def _data() -> Path:
    return Path(settings.SIGNPOST_DATA)
