"""The two colours that an owner may choose, what follows from them, and whether everything on them can be read.

Contrast is that of WCAG 2. Nothing here knows of Django or of the stylesheet's text; styles.py puts the tokens in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

TEXT, SHAPE = 4.5, 3.0
"""The least contrast of text, and of marks and edges."""

WHITE, BLACK = "#ffffff", "#000000"
INK, SOFT, EDGE = "#12201b", "#46544e", "#6b7a73"
NIGHT_GROUND, NIGHT_PAPER, NIGHT_INK, NIGHT_SOFT = "#0d1714", "#15231e", "#e9f0ec", "#a9b8b0"
KINDS = {
    "language models": ("#1a57b8", "#8bb6ff"),
    "media": ("#c0361a", "#ff937a"),
    "analytical AI": ("#006f68", "#57cfbd"),
    "ordinary software": ("#4b5853", "#b4c1bb"),
}
"""Their marks by day and by night."""


@dataclass(frozen=True, slots=True)
class Colours:
    """What an owner chooses, as #rrggbb in small letters. The defaults are ours."""

    sign: str = "#ffc629"
    ground: str = "#eaf0ec"


OURS = Colours()


@dataclass(frozen=True, slots=True)
class Token:
    """A custom property of the stylesheet: its value with our own colours, and with the owner's."""

    name: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class TooWeak:
    """Something that could not be told from what it stands on."""

    what: str
    ratio: float
    needed: float

    def __str__(self) -> str:
        shown = math.floor(self.ratio * 100) / 100  # rounded up it could look as if it were enough
        return f"{self.what}: the contrast is {shown:g}, and {self.needed:g} is needed."


def luminance(colour: str) -> float:
    """How light a colour is: 0 for black, 1 for white."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 for the same colour to 21 for black and white."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """So much of the one, and the rest of the other."""
    parts = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(share * one + (1 - share) * two):02x}" for one, two in parts)


def tokens(colours: Colours) -> tuple[Token, ...]:
    """What differs from our own look. Nothing when both colours are ours."""
    found: list[Token] = []
    if colours.sign != OURS.sign:
        found += [
            Token("sign", OURS.sign, colours.sign),
            Token("pale", "#fff3cc", _pale(colours.sign)),
            Token("mark", "#ffe28a", _mark(colours.sign)),
            Token("pale", "#332c12", _night_pale(colours.sign)),
            Token("mark", "#5b4a10", _night_mark(colours.sign)),
            Token("focus", OURS.sign, colours.sign),
        ]
    if colours.ground != OURS.ground:
        found += [
            Token("ground", OURS.ground, colours.ground),
            Token("land", "#d8e4dc", _land(colours.ground)),
            Token("rule", "#c2cec7", mixed(INK, colours.ground, 0.19)),
        ]
    return tuple(found)


def sign_problems(sign: str) -> list[TooWeak]:
    """What could not be read on signs of this colour, or on the tints made from it."""
    pale, mark, night_pale, night_mark = _pale(sign), _mark(sign), _night_pale(sign), _night_mark(sign)
    return _weak(
        [
            ("Dark text on it", INK, sign, TEXT),
            *((f"The colour of {kind} on it", day, sign, SHAPE) for kind, (day, _night) in KINDS.items()),
            ("It on the page by night", sign, NIGHT_GROUND, SHAPE),
            ("It on a card by night", sign, NIGHT_PAPER, SHAPE),
            ("Text on a ticked choice", INK, pale, TEXT),
            ("Small text on a ticked choice", SOFT, pale, TEXT),
            ("Text on a marked word", INK, mark, TEXT),
            *((f"The mark of {kind} on its pale tint", day, pale, SHAPE) for kind, (day, _night) in KINDS.items()),
            ("Text on a ticked choice by night", NIGHT_INK, night_pale, TEXT),
            ("Small text on a ticked choice by night", NIGHT_SOFT, night_pale, TEXT),
            ("Text on a marked word by night", NIGHT_INK, night_mark, TEXT),
            *(
                (f"The mark of {kind} on its pale tint by night", night, night_pale, SHAPE)
                for kind, (_day, night) in KINDS.items()
            ),
        ]
    )


def ground_problems(ground: str) -> list[TooWeak]:
    """What could not be read on a page of this colour, or on the darker land of the start page."""
    return _weak(
        pair
        for surface, where in ((ground, "on it"), (_land(ground), "on the start page's darker part"))
        for pair in (
            (f"Text {where}", INK, surface, TEXT),
            (f"Small text {where}", SOFT, surface, TEXT),
            (f"The edges of boxes {where}", EDGE, surface, SHAPE),
            *((f"The mark of {kind} {where}", day, surface, SHAPE) for kind, (day, _night) in KINDS.items()),
        )
    )


def nearest(colour: str, problems: Callable[[str], list[TooWeak]]) -> str:
    """The shade with the least white added that has no problem. White has none."""
    return next(shade for shade in _lighter(colour) if not problems(shade))


def _lighter(colour: str) -> Iterator[str]:
    for hundredths in range(101):
        yield mixed(WHITE, colour, hundredths / 100)


def _weak(pairs: Iterable[tuple[str, str, str, float]]) -> list[TooWeak]:
    found = (TooWeak(what, contrast(one, other), needed) for what, one, other, needed in pairs)
    return [pair for pair in found if pair.ratio < pair.needed]


def _pale(sign: str) -> str:
    return mixed(sign, WHITE, 0.22)


def _mark(sign: str) -> str:
    return mixed(sign, WHITE, 0.53)


def _night_pale(sign: str) -> str:
    return mixed(sign, BLACK, 0.2)


def _night_mark(sign: str) -> str:
    return mixed(sign, BLACK, 0.36)


def _land(ground: str) -> str:
    return mixed(INK, ground, 0.08)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
