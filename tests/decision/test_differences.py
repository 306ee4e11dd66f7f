from __future__ import annotations

from dataclasses import replace

from advisor.decision.catalogue import Catalogue
from advisor.decision.differences import Difference, differences
from tests.decision.factory import make_catalogue


def catalogue() -> Catalogue:
    return make_catalogue()


def test_a_release_does_not_differ_from_itself() -> None:
    assert differences(catalogue(), catalogue()) == ()


def test_it_counts_what_came_changed_and_went() -> None:
    before = catalogue()
    first, *others = before.caveats
    changed = replace(first, text="Another text.")
    added = replace(first, slug="brand-new")

    came_and_changed = differences(before, replace(before, caveats=(changed, added, *others)))
    went = differences(before, replace(before, caveats=tuple(others)))

    assert came_and_changed == (Difference("caveats", added=1, changed=1, removed=0),)
    assert went == (Difference("caveats", added=0, changed=0, removed=1),)


def test_a_new_order_is_no_difference() -> None:
    before = catalogue()

    assert differences(before, replace(before, needs=before.needs[::-1])) == ()
