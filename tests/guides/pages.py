"""The commands that a how-to tells people to type."""

from __future__ import annotations

import re
from pathlib import Path

from advisor.environment import BASE_DIR

HOW_TO = BASE_DIR / "docs/how-to"


def commands(page: str, *kinds: str) -> list[str]:
    """The blocks that are marked as `sh` alone, or as `sh` and one of these kinds, in their order."""
    return [block for kind, block in _blocks(page) if not kind or kind in kinds]


def only(page: str, *kinds: str) -> list[str]:
    """The first block of all, which says what is yours, and those that are marked as one of these kinds."""
    return [_blocks(page)[0][1], *(block for kind, block in _blocks(page) if kind in kinds)]


def kinds(page: str) -> set[str]:
    return {kind for kind, _block in _blocks(page) if kind}


def _blocks(page: str) -> list[tuple[str, str]]:
    text = (HOW_TO / page).read_text()
    return re.findall(r"^```sh(?: ([a-z]+))?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def script(blocks: list[str], yours: dict[str, str]) -> str:
    """One script of these blocks, with other values for what the page says is the reader's own."""
    text = "\n".join(blocks)
    for name, value in yours.items():
        text, count = re.subn(rf"^export {name}=.*$", f"export {name}={value}", text, flags=re.MULTILINE)
        assert count == 1, f"the page does not say {name}"
    return f"set -eux\n{text}"


def path_of(text: str) -> list[Path]:
    """The files of the project that these commands name."""
    found = re.findall(r"/opt/signpost/(?:current|\$VERSION|\$BEFORE)/([\w./-]+)", text)
    return [BASE_DIR / name for name in found if not name.startswith(".venv")]
