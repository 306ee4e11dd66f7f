from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from advisor.models import logo
from advisor.models.logo import Logo, LogoRefused, draw_anew


def picture(
    kind: str = "PNG", size: tuple[int, int] = (900, 220), mode: str = "RGBA", colour: Any = None, **options: Any
) -> bytes:
    file = BytesIO()
    colour = colour or {"RGBA": (20, 60, 120, 128), "CMYK": (10, 20, 30, 40), "L": 7, "P": 3}.get(mode, (20, 60, 120))
    Image.new(mode, size, colour).save(file, kind, **options)
    return file.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def opened(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png), formats=["PNG"])


class TestDrawing:
    @pytest.mark.parametrize(
        ("kind", "mode"),
        [
            ("PNG", "RGBA"),
            ("PNG", "RGB"),
            ("PNG", "P"),
            ("PNG", "L"),
            ("JPEG", "RGB"),
            ("JPEG", "CMYK"),
            ("WEBP", "RGBA"),
        ],
    )
    def test_every_usual_picture_becomes_a_small_png(self, kind: str, mode: str) -> None:
        drawn = opened(draw_anew(picture(kind, mode=mode)))

        assert drawn.format == "PNG"
        assert drawn.size == (640, 156)

    def test_a_small_one_keeps_its_size(self) -> None:
        assert opened(draw_anew(picture(size=(100, 40)))).size == (100, 40)

    def test_what_can_be_seen_through_stays_so(self) -> None:
        drawn = opened(draw_anew(picture(size=(100, 40), colour=(20, 60, 120, 0))))

        assert drawn.mode == "RGBA"
        assert drawn.getpixel((5, 5)) == (20, 60, 120, 0)

    def test_a_photo_that_lies_on_its_side_is_put_upright_and_keeps_nothing_else(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by a quarter
        exif[0x010E] = "canary: taken at home"
        drawn = draw_anew(picture("JPEG", (100, 40), "RGB", exif=exif, comment=b"canary"))

        assert opened(drawn).size == (40, 100)
        assert b"canary" not in drawn
        assert not opened(drawn).info

    def test_a_second_file_behind_the_first_is_gone(self) -> None:
        script = b"<script>alert(1)</script>"
        text = chunk(b"tEXt", b"Comment\x00" + script)
        sent = picture(size=(100, 40))
        sent = sent[:33] + text + sent[33:] + b"PK\x03\x04" + script

        assert script not in draw_anew(sent)

    def test_the_same_picture_gives_the_same_bytes(self) -> None:
        assert draw_anew(picture()) == draw_anew(picture())


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is that large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return logo.PNG_START + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


class TestRefusing:
    @pytest.mark.parametrize(
        ("sent", "says"),
        [
            pytest.param(SVG, "SVG is not taken", id="SVG by whatever name"),
            pytest.param(b"\xef\xbb\xbf <?xml version='1.0'?>" + SVG, "SVG is not taken", id="SVG with a prologue"),
            pytest.param(picture("GIF", mode="P"), "PNG, JPEG or WebP", id="another kind"),
            pytest.param(picture("TIFF"), "PNG, JPEG or WebP", id="yet another"),
            pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99", "PNG, JPEG or WebP", id="PostScript"),
            pytest.param(b"%PDF-1.7 ...", "PNG, JPEG or WebP", id="PDF"),
            pytest.param(b"GIF89a/*<svg/onload=alert(1)>*/=1;", "PNG, JPEG or WebP", id="a script dressed as GIF"),
            pytest.param(b"", "PNG, JPEG or WebP", id="nothing"),
            pytest.param(b"\0" * 1000, "PNG, JPEG or WebP", id="zeros"),
            pytest.param(picture()[:60], "PNG, JPEG or WebP", id="cut off"),
            pytest.param(picture("JPEG", mode="RGB")[:-300], "PNG, JPEG or WebP", id="a cut-off photo"),
            pytest.param(picture(size=(4001, 100)), "4000 pixels", id="too wide"),
            pytest.param(picture(size=(100, 4001)), "4000 pixels", id="too high"),
            pytest.param(picture(size=(15, 100)), "16 pixels", id="too small"),
            pytest.param(bomb(4000, 4000), "PNG, JPEG or WebP", id="a lie within the limits"),
            pytest.param(bomb(20_000, 20_000), "4000 pixels", id="a bomb"),
            pytest.param(bomb(2**31 - 1, 2**31 - 1), "4000 pixels", id="a larger one"),
            pytest.param(picture() + b"\0" * 1_000_000, "1 MB", id="too many bytes"),
        ],
    )
    def test_it_says_why(self, sent: bytes, says: str) -> None:
        with pytest.raises(LogoRefused, match=says):
            draw_anew(sent)

    def test_a_text_that_unpacks_to_gigabytes_is_not_unpacked(self) -> None:
        text = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"\0" * 80_000_000))
        sent = picture(size=(100, 40))

        with pytest.raises(LogoRefused):
            draw_anew(sent[:33] + text + sent[33:])

    def test_what_makes_pdfs_does_not_change_that(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint does for the whole process

        with pytest.raises(LogoRefused):
            draw_anew(picture()[:60])

    @pytest.mark.parametrize("position", range(0, 400, 13))
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    def test_a_flipped_byte_gives_a_picture_or_a_reason(self, kind: str, position: int) -> None:
        sent = bytearray(picture(kind, (60, 40), "RGB"))
        sent[position % len(sent)] ^= 0xFF

        try:
            drawn = draw_anew(bytes(sent))
        except LogoRefused:
            return
        assert drawn.startswith(logo.PNG_START)


class TestWhatAPageKnows:
    def test_its_size_and_an_address_of_its_content(self) -> None:
        one, other = (Logo.of(draw_anew(picture(size=size))) for size in ((900, 220), (100, 100)))

        assert one
        assert other
        assert (one.width, one.height, one.is_wide) == (640, 156, True)
        assert (other.width, other.height, other.is_wide) == (100, 100, False)
        assert one.url == f"/logo-{one.digest}.png" != other.url

    def test_a_preview_s_stands_in_the_page(self) -> None:
        shown = Logo.of(draw_anew(picture()), stored=False)

        assert shown
        assert shown.url.startswith("data:image/png;base64,")

    @pytest.mark.parametrize("png", [b"", b"\x89PNG\r\n\x1a\n", SVG, logo.PNG_START + b"\0" * 40])
    def test_what_is_none_of_ours_is_not_shown(self, png: bytes) -> None:
        assert Logo.of(png) is None
