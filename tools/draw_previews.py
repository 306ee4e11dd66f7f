"""Draw the six pictures that others show of a result: `.venv/bin/python tools/draw_previews.py`.

Made with the site's own stylesheet, marks, contours and fonts, in the Chromium that the browser tests use. Run it after
a change to any of those, look at each picture, and commit them. The words are those of the home page's signpost.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisor.settings")
os.environ.setdefault("SIGNPOST_ENV_FILE", os.devnull)
os.environ.setdefault("SIGNPOST_DEBUG", "true")

import django  # noqa: E402  after Django is set up  after the settings' name is known
from django.template.loader import render_to_string  # noqa: E402  after Django is set up
from PIL import Image  # noqa: E402  after Django is set up
from playwright.sync_api import sync_playwright  # noqa: E402  after Django is set up

WIDTH, HEIGHT = 1200, 630
HEAVIEST = 60_000
WORDS = {
    "language-model": ["Large", "language model"],
    "generative-media": ["AI for media"],
    "combined": ["The two", "together"],
    "analytical": ["Analytical AI"],
    "ordinary-software": ["No AI needed"],
    "not-yet": ["Not yet"],
}
LEFT, RIGHT, TOP, BOTTOM, POINT = 88, 1112, 190, 440, 84
"""Of the plate: its edges, and how far its point reaches in."""

PAGE = """<!doctype html><meta charset="utf-8"><base href="{base}">
<link rel="stylesheet" href="static/css/signpost.css">
<link rel="stylesheet" href="static/css/pages.css">
<style>
body {{ background: #eaf0ec; overflow: hidden }}
.all {{ position: relative; inline-size: 1200px; block-size: 630px; overflow: hidden }}
.all img {{ position: absolute; inset: 0; inline-size: 1400px; max-inline-size: none }}
.all > svg {{ position: absolute; inset: 0; inline-size: 1200px; block-size: 630px }}
.sp {{ max-inline-size: none; --dark: #12201b }}
.p {{ fill: #12201b }} .land {{ fill: #d8e4dc }}
.edge {{ fill: none; stroke: #12201b; stroke-width: 6; stroke-linejoin: round }}
.over {{ font: 700 46px Sans1; letter-spacing: -.01em }}
.word {{ font-family: Sans1; font-weight: 800; letter-spacing: -.03em }}
</style>
<div class="all"><img src="static/img/contours.svg" alt="">{marks}
<svg class="sp" viewBox="0 0 1200 630">{drawing}</svg></div>"""
STRIPES = (
    '<defs><pattern id="stripes" width="{step}" height="{step}" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path class="{colour}" d="M0 0h{wide}v{step}H0z"/></pattern></defs>'
)


def drawing(name: str) -> str:
    middle = (TOP + BOTTOM) // 2
    lines = WORDS[name]
    size = 80 if len(lines) > 1 else 98
    first = middle + size * 35 // 100 - size * (len(lines) - 1) // 2
    words = "".join(
        f'<text class="word" font-size="{size}" x="318" y="{first + size * n}">{line}</text>'
        for n, line in enumerate(lines)
    )
    parts = [
        '<path class="land" d="M0 520C240 470 420 486 640 540 840 588 1020 470 1200 520V630H0z"/>',
        # The post, in front of the hill and behind the plate, with grass at its foot.
        '<path class="p" d="M172 566V112a26 26 0 0 1 52 0v454z"/>',
        '<path class="p" d="m146 570 9-38 12 24 11-32 15 30 11-36 12 36 14-30 12 32 11-24 9 38z"/>',
        '<text class="over" x="258" y="140">Which kind of AI fits the job?</text>',
    ]
    if name == "not-yet":
        board = f"M{LEFT} {TOP}H{RIGHT}V{BOTTOM}H{LEFT}z"
        striped = f"M{RIGHT - 100} {TOP}H{RIGHT}V{BOTTOM}h-100z"
        parts += [
            f'<path class="fs" d="{board}"/>',
            STRIPES.format(step=56, wide=28, colour="p"),
            f'<path fill="url(#stripes)" d="{striped}"/><path class="edge" d="{board}"/>',
            '<use class="p" href="#g-not-yet" x="128" y="258" width="152" height="114"/>',
            # The gate itself, closed, on the hill.
            '<use class="p" href="#g-not-yet" x="890" y="470" width="180" height="120"/>',
        ]
    else:
        shoulder = RIGHT - POINT
        board = f"M{LEFT} {TOP}H{shoulder}L{RIGHT} {middle} {shoulder} {BOTTOM}H{LEFT}z"
        parts += [
            f'<path class="fs" d="{board}"/>{tip(name, shoulder, middle)}<path class="edge" d="{board}"/>',
            f'<use href="#m-{name}" x="132" y="245" width="150" height="140"/>',
        ]
    return "".join([*parts, words])


def tip(name: str, shoulder: int, middle: int) -> str:
    """The coloured end of the plate."""
    back = shoulder - POINT
    whole = f"M{back} {TOP}H{shoulder}L{RIGHT} {middle} {shoulder} {BOTTOM}H{back}L{back + POINT} {middle}z"
    if name == "combined":
        upper = f"M{back} {TOP}H{shoulder}L{RIGHT} {middle}H{back + POINT}z"
        lower = f"M{back + POINT} {middle}H{RIGHT}L{shoulder} {BOTTOM}H{back}z"
        return f'<path class="fl" d="{upper}"/><path class="fm" d="{lower}"/>'
    if name == "ordinary-software":
        return STRIPES.format(step=26, wide=12, colour="fn") + f'<path fill="url(#stripes)" d="{whole}"/>'
    colour = {"language-model": "fl", "generative-media": "fm", "analytical": "fd"}[name]
    return f'<path class="{colour}" d="{whole}"/>'


def main() -> None:
    django.setup()
    categories = [{"slug": slug} for slug in WORDS if slug != "not-yet"]
    marks = render_to_string("advisor/_symbols.html", {"categories": categories, "gates": True})
    chromium = shutil.which("chromium") or sys.exit("Chromium is missing: sudo apt-get install chromium")
    page_file = ROOT / "tools" / ".preview.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        try:
            for name in WORDS:
                html = PAGE.format(base=f"{ROOT.as_uri()}/", marks=marks, drawing=drawing(name))
                page_file.write_text(html, encoding="utf-8")
                page.goto(page_file.as_uri())
                page.evaluate("() => document.fonts.ready")
                write(page.screenshot(), ROOT / "static" / "img" / f"preview-{name}.png")
        finally:
            page_file.unlink(missing_ok=True)
            browser.close()


def write(screenshot: bytes, path: Path) -> None:
    """Few colours in flat areas: a palette makes the file a fraction of its size, with no difference to be seen."""
    picture = Image.open(io.BytesIO(screenshot)).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    weight = path.stat().st_size
    if weight > HEAVIEST:
        sys.exit(f"{path.name} weighs {weight} bytes, more than {HEAVIEST}.")
    print(f"{path.name}: {weight} bytes")


if __name__ == "__main__":
    main()
