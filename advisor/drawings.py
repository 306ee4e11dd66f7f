"""The marks, gates and boards of the pages, each as a file of its own: the press sees no sprite and clips nothing."""

from __future__ import annotations

import re
from functools import cache

from django.template.loader import render_to_string

INK, PAPER, SIGN = "#12201b", "#fff", "#ffc629"
LANG, MEDIA, DATA, NONE = "#1a57b8", "#c0361a", "#006f68", "#4b5853"
COLOURS = {
    "fl": f'fill="{LANG}"',
    "fm": f'fill="{MEDIA}"',
    "fd": f'fill="{DATA}"',
    "fn": f'fill="{NONE}"',
    "fc": f'fill="{PAPER}"',
    "fm k": f'fill="{MEDIA}" stroke="{PAPER}" stroke-width="2"',
    "fw": f'fill="none" stroke="{NONE}" stroke-width="2.8"',
    "fr": 'fill="none" stroke="#46544e" stroke-width="2.4" stroke-dasharray="3.2 2.4"',
}
"""What the page's stylesheet says about the classes of our drawings."""

_TIP = "M32 2h13l12.6 18L45 38H32l12.6-18z"
TIPS = {
    "language-model": f'<path fill="{LANG}" d="{_TIP}"/>',
    "generative-media": f'<path fill="{MEDIA}" d="{_TIP}"/>',
    "analytical": f'<path fill="{DATA}" d="{_TIP}"/>',
    "combined": f'<path fill="{LANG}" d="M32 2h13l12.6 18H44.6z"/><path fill="{MEDIA}" d="M32 38h13l12.6-18H44.6z"/>',
    "ordinary-software": "".join(
        f'<path stroke="{NONE}" stroke-width="2.4" d="M{x + 8} {y}l12.6 18M{x + 8} {40 - y}l12.6-18"/>'
        for x, y in ((25, 2), (29.4, 2), (33.8, 2), (38, 2))
    ),
    "plain": "",
}


_SQUARE = f'<path fill="{SIGN}" d="M0 0h1v1H0z"/>'

_SIGNPOST = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28" fill="{INK}"><path d="M11.6 0h4.8v28h-4.8z"/>'
    f'<path fill="{SIGN}" stroke="{INK}" d="M3.5 3.5h17L25 7.8l-4.5 4.3h-17z"/>'
    '<path d="M24.5 15.4h-16L4 19.6l4.5 4.3h16z"/></svg>'
)
"""The site's own mark, as it stands in the head of each page."""


@cache
def drawing(name: str) -> str:
    """The SVG of `m-<category>`, `m-open`, `g-<level>`; with `sign-` before, as it stands on a yellow plate.

    Also of `board-<face>-<category>`, `face` being paper or sign. Raises LookupError for what there is no drawing of.
    """
    if name == "signpost":
        return _SIGNPOST
    if name == "sign":
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" preserveAspectRatio="none">{_SQUARE}</svg>'
    if name.startswith("board-"):
        _board, face, tip = name.split("-", 2)
        return _board_of({"paper": PAPER, "sign": SIGN}[face], tip)
    on_sign, name = name.startswith("sign-"), name.removeprefix("sign-")
    categories = [{"slug": name.removeprefix("m-")}] if name != "m-open" else []  # the ring is in every sprite
    page = render_to_string("advisor/_symbols.html", {"categories": categories, "gates": True})
    found = re.search(rf'<symbol id="{re.escape(name)}" (viewBox="[^"]+")>(.*?)</symbol>', page, re.DOTALL)
    if found is None:
        raise LookupError(name)
    shapes = re.sub(r'class="([^"]+)"', lambda shape: COLOURS[shape[1]], found[2])
    if on_sign:
        shapes = re.sub("|".join((LANG, MEDIA, DATA, NONE)), INK, shapes).replace(PAPER, SIGN)
    return f'<svg xmlns="http://www.w3.org/2000/svg" fill="{INK}" {found[1]}>{shapes}</svg>'


def _board_of(face: str, tip: str) -> str:
    """To be cut into nine by border-image: 2 above, 28 at the pointed end, 2 below, 2 at the start."""
    if tip == "blunt":
        outline, inside = "M0 0h60v40H0z", "M2 2h56v36H2z"
        shapes = "".join(f'<path fill="{INK}" d="M{x} 38l7-36h5l-7 36z"/>' for x in (33, 43))
    else:
        outline, inside = "M0 0h46l14 20-14 20H0z", "M2 2h43l12.6 18L45 38H2z"
        shapes = TIPS[tip]
    # The ink is a frame and does not lie beneath the face: where two of the nine parts meet, it would shine through.
    shape = f'<path fill="{face}" d="{inside}"/>{shapes}<path fill="{INK}" fill-rule="evenodd" d="{outline}{inside}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40" viewBox="0 0 60 40">{shape}</svg>'
