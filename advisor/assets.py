"""Our scripts, and the checksum by which a browser makes sure that it got the very file."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

FIRST = "js/first.js"
HTMX = "js/htmx.min.js"
SCRIPT = "js/signpost.js"


@dataclass(frozen=True, slots=True)
class InlineScript:
    text: SafeString
    csp_hash: str


def first_script() -> InlineScript:
    """What stands between <script> and </script> in each page, and the hash that lets this text in and no other."""
    return _read_first() if settings.DEBUG else _read_first_once()


def _read_first() -> InlineScript:
    source = (settings.BASE_DIR / "static" / FIRST).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/|\n\s*", "", source, flags=re.DOTALL)
    if "</" in text or "//" in text:
        raise ValueError(f"static/{FIRST} contains '</', which would end the script element, or a comment of one line")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return InlineScript(mark_safe(text), f"'sha256-{digest}'")  # noqa: S308  our own file, checked above


_read_first_once = cache(_read_first)


def script(path: str) -> dict[str, str]:
    """Its address, and its integrity."""
    return _script(path) if settings.DEBUG else _script_once(path)


def _script(path: str) -> dict[str, str]:
    return {"url": static(path), "integrity": integrity(path)}


_script_once = cache(_script)


@cache
def integrity(path: str) -> str:
    """The value of an integrity attribute for a file of `static/`: sha384 and its base64."""
    content = (settings.BASE_DIR / "static" / path).read_bytes()
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
