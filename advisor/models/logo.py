"""An owner's logo: checked, drawn anew as PNG, and what a page has to know of it."""

from __future__ import annotations

import base64
import hashlib
import warnings
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 1_000_000
LONGEST_SIDE = 4000
"""Of the picture that is sent, in pixels."""
LARGEST = (640, 160)
"""Of the picture that is kept: four times what a page shows, for screens with fine dots."""
SMALLEST_SIDE = 16

PNG_START = b"\x89PNG\r\n\x1a\n"


class LogoRefused(ValueError):
    """The message says why, and what to send instead."""


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


def draw_anew(sent: bytes) -> bytes:
    """The picture as a PNG of ours, no larger than `LARGEST`. Raises LogoRefused.

    Only pixels are carried over. Whatever else the file held is gone: where a photo was taken, a script, a second file
    behind the first.
    """
    from PIL import Image, ImageFile  # commands and most pages draw nothing

    if len(sent) > MOST_BYTES:
        raise LogoRefused("This file is larger than 1 MB. Send a smaller one.")
    if sent.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise LogoRefused("SVG is not taken, because it can hold scripts. Save the logo as PNG, JPEG or WebP.")
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint, which makes PDFs, sets it for the whole process
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Opening reads the file's header alone, so a huge picture is refused before it is unpacked.
            with Image.open(BytesIO(sent), formats=("PNG", "JPEG", "WEBP")) as picture:
                _check_size(picture.size)
                return _drawn(picture)
    except LogoRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:  # the file is a stranger's: whatever goes wrong while it is read, it is the file
        raise LogoRefused("This file can't be read as a picture. Send a PNG, JPEG or WebP file.") from error


def _check_size(size: tuple[int, int]) -> None:
    if max(size) > LONGEST_SIDE:
        raise _too_many_pixels()
    if min(size) < SMALLEST_SIDE:
        raise LogoRefused(f"This picture is less than {SMALLEST_SIDE} pixels wide or high. Send a larger one.")


def _too_many_pixels() -> LogoRefused:
    return LogoRefused(f"This picture is more than {LONGEST_SIDE} pixels wide or high. Send a smaller one.")


def _drawn(picture: Image.Image) -> bytes:
    from PIL import Image, ImageOps  # as above

    upright = ImageOps.exif_transpose(picture)
    pixels = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    pixels.thumbnail(LARGEST, Image.Resampling.LANCZOS)
    plain = Image.new(pixels.mode, pixels.size)
    plain.paste(pixels)
    file = BytesIO()
    plain.save(file, "PNG", optimize=True)
    return file.getvalue()
