"""The stylesheet as it stands inside each page, and the hash by which the content security policy lets it in.

In the page and not a file, because the first page then paints one round trip sooner. A hash and not a nonce, because a
nonce would change every page's bytes.
"""

import base64
import functools
import hashlib
import posixpath
import re
from dataclasses import dataclass

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from advisor.colours import OURS, Colours, tokens

STYLESHEET = "css/signpost.css"
OF_PAGES = "css/pages.css"
"""What only pages outside the questions and their result need: the journey is lighter without it."""

STRING = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
URL = re.compile(r"url\(\s*(['\"]?)(?!['\"]?(?:data:|https?:|/|#))([^'\")]+?)\1\s*\)")


@dataclass(frozen=True, slots=True)
class InlineStyle:
    text: SafeString
    csp_hash: str


def inline_style(colours: Colours = OURS, sheet: str = STYLESHEET) -> SafeString:
    """The text to put between <style> and </style>, with nothing around it: the hash covers every character."""
    return _inline_style(colours, sheet).text


def inline_style_hashes(colours: Colours = OURS) -> str:
    """The hashes of both sheets as the policy's style-src wants them: 'sha256-...' with quotes, a space between."""
    return " ".join(_inline_style(colours, sheet).csp_hash for sheet in (STYLESHEET, OF_PAGES))


def minified(css: str) -> str:
    """Leave out comments and the white space that no browser needs; strings stay as they are.

    >>> minified("a :hover { color : red; /* why */ margin: calc(1px + 2px); }")
    'a :hover{color :red;margin:calc(1px + 2px)}'
    """
    css = re.sub(rf"({STRING})|/\*.*?\*/|\s+", lambda found: found[1] or " ", css, flags=re.DOTALL)
    css = re.sub(rf"({STRING})|\s*([{{}};,])\s*|(:)\s+|\s{{2,}}", _squeezed, css)
    return css.replace(";}", "}").strip()


def _squeezed(found: re.Match[str]) -> str:
    return found[1] or found[2] or found[3] or " "


def _inline_style(colours: Colours, sheet: str) -> InlineStyle:
    return _read(colours, sheet) if settings.DEBUG else _read_once(colours, sheet)


@functools.lru_cache(maxsize=16)  # an owner who tries many in the preview
def _read_once(colours: Colours, sheet: str) -> InlineStyle:
    return _read(colours, sheet)


def _read(colours: Colours, sheet: str) -> InlineStyle:
    source = (settings.BASE_DIR / "static" / sheet).read_text(encoding="utf-8")
    css = with_colours(URL.sub(_with_static_address, minified(source)), colours)
    if "</" in css:
        raise ValueError(f"static/{sheet} contains '</', which would end the style element")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return InlineStyle(mark_safe(css), f"'sha256-{digest}'")  # noqa: S308  our own file, checked above


def with_colours(css: str, colours: Colours) -> str:
    """Put an owner's colours in place of ours, wherever a token is given: by day, by night and in print.

    >>> with_colours(":root{--sign:#ffc629;--pale:#fff3cc}", Colours(sign="#ffffff"))
    ':root{--sign:#ffffff;--pale:#ffffff}'
    """
    for token in tokens(colours):
        css = css.replace(f"--{token.name}:{token.ours}", f"--{token.name}:{token.theirs}")
    return css


def _with_static_address(found: re.Match[str]) -> str:
    """In a page, ../fonts/x.woff2 would be looked up from the page's address, so write the file's own."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(STYLESHEET), found[2]))
    return f"url({static(path)})"
