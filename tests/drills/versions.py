"""Other versions of the code than the one that stands here: one that was, and one that could come next."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.browser.site import ROOT
from tests.drills.plugin import not_shown

OLDER = "98ab4b10bb7e2f43f2635ef0fe4c058f4503ad7c"
"""The last version with other tables: people signed in with a password alone, and the database was SQLite's."""
CODE = ("advisor", "deploy", "docs", "fixtures", "requirements", "static", "templates", "manage.py", "pyproject.toml")


def older(folder: Path) -> Path:
    """The code of that version, from the project's history. It runs with what is installed for today's."""
    folder.mkdir()
    packed = subprocess.run(["git", "archive", OLDER], cwd=ROOT, capture_output=True)  # noqa: S603, S607
    if packed.returncode:
        not_shown(f"the history that was cloned does not reach back to {OLDER[:7]}")
    subprocess.run(["tar", "--extract"], cwd=folder, input=packed.stdout, check=True)  # noqa: S607
    return folder


def next_one(folder: Path, migrations: dict[str, str] | None = None) -> Path:
    """Today's code with another stylesheet and script, and with these migrations: name -> what stands in the file."""
    folder.mkdir()
    for name in CODE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    for kind, comment in (("css", "/* next */\n"), ("js", "// next\n")):
        for file in (folder / "static").rglob(f"*.{kind}"):
            file.write_text(file.read_text(encoding="utf-8") + comment, encoding="utf-8")
    for name, text in (migrations or {}).items():
        (folder / "advisor/migrations" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder
