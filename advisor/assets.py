"""Our scripts, and the checksum by which a browser makes sure that it got the very file."""

import base64
import hashlib
from functools import cache

from django.conf import settings
from django.templatetags.static import static

HTMX = "js/htmx.min.js"
SCRIPT = "js/signpost.js"


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
