from __future__ import annotations

import re

import pytest
from django.conf import settings

from advisor import colours
from advisor.colours import Colours, contrast, ground_problems, luminance, mixed, nearest, sign_problems, tokens
from advisor.styles import inline_style, inline_style_hashes, minified, with_colours

STYLESHEET = minified((settings.BASE_DIR / "static/css/signpost.css").read_text())
DIFFERENT = Colours(sign="#8fd3ff", ground="#fff4e8")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#ffffff", "#ffffff", 1),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff0000", "#ffffff", 4.0),
        # Figures of the look's own table.
        ("#12201b", "#ffc629", 10.7),
        ("#12201b", "#eaf0ec", 14.6),
        ("#46544e", "#eaf0ec", 6.9),
        ("#6b7a73", "#eaf0ec", 3.9),
        ("#e9f0ec", "#0d1714", 15.8),
        ("#ffc629", "#eaf0ec", 1.4),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.06)


def test_luminance_goes_from_black_to_white() -> None:
    assert luminance("#000000") == 0
    assert luminance("#ffffff") == pytest.approx(1)
    assert luminance("#808080") == pytest.approx(0.2159, abs=0.0001)


def test_a_mix_takes_its_share_of_each() -> None:
    assert mixed("#ff0000", "#0000ff", 1) == "#ff0000"
    assert mixed("#ff0000", "#0000ff", 0) == "#0000ff"
    assert mixed("#ff0000", "#0000ff", 0.2) == "#3300cc"


class TestWhatCanBeRead:
    def test_our_own_colours_pass(self) -> None:
        assert sign_problems(Colours().sign) == ground_problems(Colours().ground) == []

    @pytest.mark.parametrize("sign", ["#8fd3ff", "#f5b8d0", "#ffffff", "#ffe34a"])
    def test_light_signs_pass(self, sign: str) -> None:
        assert sign_problems(sign) == []

    def test_a_red_sign_says_what_could_not_be_read(self) -> None:
        found = {problem.what: problem for problem in sign_problems("#e4002b")}

        assert str(found["Dark text on it"]) == "Dark text on it: the contrast is 3.47, and 4.5 is needed."
        assert found["The colour of media on it"].needed == 3

    def test_a_dark_page_says_so_too(self) -> None:
        whats = {problem.what for problem in ground_problems("#333333")}

        assert {"Text on it", "Small text on it", "The mark of media on the start page's darker part"} <= whats

    def test_a_figure_just_too_low_never_looks_high_enough(self) -> None:
        assert str(colours.TooWeak("Text", 4.4999, 4.5)).startswith("Text: the contrast is 4.49,")

    @pytest.mark.parametrize("wanted", ["#e4002b", "#0044ff", "#00b050", "#ff8c00", "#000000", "#8fd3ff"])
    def test_the_nearest_shade_passes_and_the_one_before_it_does_not(self, wanted: str) -> None:
        for problems in (sign_problems, ground_problems):
            shade = nearest(wanted, problems)
            steps = [mixed("#ffffff", wanted, number / 100) for number in range(101)]
            before = steps[: steps.index(shade)]

            assert problems(shade) == []
            assert all(problems(step) for step in before)


class TestTheStylesheet:
    def test_our_own_colours_leave_it_as_it_is(self) -> None:
        assert with_colours(STYLESHEET, Colours()) == STYLESHEET
        assert tokens(Colours()) == ()

    def test_every_token_that_may_change_is_in_it(self) -> None:
        """Else a token that was renamed would keep our colour in silence."""
        assert [token for token in tokens(DIFFERENT) if f"--{token.name}:{token.ours}" not in STYLESHEET] == []

    def test_what_is_checked_against_is_what_it_says(self) -> None:
        day, night = re.findall(r":root\{(?:color-scheme:light dark;)?(--ground[^}]*)\}", STYLESHEET)[:2]
        fixed = {
            day: {"ink": colours.INK, "soft": colours.SOFT, "edge": colours.EDGE, "dark": colours.INK},
            night: {
                "ground": colours.NIGHT_GROUND,
                "paper": colours.NIGHT_PAPER,
                "ink": colours.NIGHT_INK,
                "soft": colours.NIGHT_SOFT,
            },
        }
        for name, kind in zip(("lang", "media", "data", "none"), colours.KINDS.values(), strict=True):
            fixed[day][name], fixed[night][name] = kind

        for block, values in fixed.items():
            assert {name: value for name, value in values.items() if f"--{name}:{value}" not in block} == {}

    def test_an_owner_s_colours_stand_in_it_everywhere(self) -> None:
        css = with_colours(STYLESHEET, DIFFERENT)

        assert "--sign:#8fd3ff" in css
        assert "--ground:#fff4e8" in css
        for ours in ("#ffc629", "#eaf0ec", "#fff3cc", "#ffe28a", "#5b4a10", "#332c12", "#d8e4dc", "#c2cec7"):
            assert ours not in css
        assert "--ground:#0d1714" in css, "pages stay dark at night"
        assert len(css) == len(STYLESHEET)

    def test_another_colour_has_another_hash(self) -> None:
        assert inline_style_hashes(DIFFERENT) != inline_style_hashes() == inline_style_hashes(Colours())
        assert "#8fd3ff" in inline_style(DIFFERENT)
