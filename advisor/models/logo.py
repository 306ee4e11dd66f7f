"""An owner's logo: a PNG picture that we drew, and what a page has to know of it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Self

PNG_START = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Logo:
    digest: str
    width: int
    height: int
    png: bytes = field(repr=False)
    stored: bool = True
    """A preview's is not: it has no address yet, so it stands in the page itself."""

    @classmethod
    def of(cls, png: bytes, *, stored: bool = True) -> Self | None:
        """None when there is no picture, or something that is not one of ours."""
        if not png.startswith(PNG_START) or len(png) < 33:
            return None
        # A PNG file begins with its header: width and height are the first two numbers in it.
        width, height = (int.from_bytes(png[start : start + 4]) for start in (16, 20))
        if not (width and height):
            return None
        return cls(hashlib.sha256(png).hexdigest()[:16], width, height, png, stored)

    @property
    def url(self) -> str:
        if self.stored:
            return f"/logo-{self.digest}.png"
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"

    @property
    def is_wide(self) -> bool:
        """Most likely the name is in it, so the name need not stand beside it."""
        return self.width >= 2 * self.height
