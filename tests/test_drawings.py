"""The drawings that the press gets are those of the pages, in colours of their own."""

from __future__ import annotations

import pytest

from advisor.drawings import COLOURS, TIPS, drawing
from tests.content.shipped import CATALOGUE


@pytest.mark.parametrize("name", [f"m-{category.slug}" for category in CATALOGUE.categories])
def test_each_kind_has_a_mark_and_a_board_of_its_own(name: str) -> None:
    slug = name.removeprefix("m-")

    assert drawing(name) != drawing("m-a-kind-that-an-editor-added")
    assert slug in TIPS
    assert drawing(f"board-sign-{slug}") != drawing(f"board-paper-{slug}")


@pytest.mark.parametrize("name", ["m-open", "g-ready", "g-prepare", "g-not-yet", "sign-m-combined", "sign-m-open"])
def test_no_class_is_left_for_a_stylesheet_that_is_not_there(name: str) -> None:
    assert "class=" not in drawing(name)
    assert drawing(name).startswith("<svg ")


def test_a_tie_has_the_ring() -> None:
    assert COLOURS["fr"] in drawing("m-open")


def test_what_nobody_drew_is_refused() -> None:
    for name in ("g-nothing", "board-sign-nothing", "board-glass-plain", "nothing"):
        with pytest.raises(LookupError):
            drawing(name)
