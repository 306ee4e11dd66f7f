from __future__ import annotations

from dataclasses import replace
from datetime import date

from advisor.decision.catalogue import Catalogue
from advisor.decision.changes import changes
from tests.factory import make_document


def catalogue() -> Catalogue:
    return Catalogue.from_document(make_document())


def said(before: Catalogue, after: Catalogue) -> list[str]:
    return [
        " ".join([change.sentence, *(field.sentence for field in change.fields)]) for change in changes(before, after)
    ]


def test_a_catalogue_does_not_differ_from_itself() -> None:
    assert changes(catalogue(), catalogue()) == ()


def test_it_says_which_record_came_and_which_went() -> None:
    before = catalogue()
    caveat = before.caveats[0]
    after = replace(before, caveats=(replace(caveat, slug="be-fair", name="Be fair"),))

    assert said(before, after) == ["Caveat “Be fair” is new.", "Caveat “Check-facts” is gone."]


def test_it_says_from_what_to_what_a_field_changed() -> None:
    before = catalogue()
    first, *others = before.rules
    changed = replace(
        first, because="Another reason.", category="combined", contested="Some disagree.", review_by=date(2028, 2, 1)
    )

    (sentence,) = said(before, replace(before, rules=(changed, *others)))

    assert sentence == (
        "Rule changed. When the output is “Text”: combined. Kind of AI: from “Language model” to “Combined”. "
        "Because: from “Because of text.” to “Another reason.” "
        "Review by: from 24 November 2027 to 1 February 2028. Contested: from nothing to “Some disagree.”"
    )


def test_it_names_what_a_list_gained_and_lost() -> None:
    before = catalogue()
    first, *others = before.needs
    changed = replace(first, words=("clauses", "deeds"))

    (sentence,) = said(before, replace(before, needs=(changed, *others)))

    assert sentence == "Goal “Contract review” changed. Words: added “deeds”; took out “agreements”."


def test_an_empty_condition_cell_is_called_any() -> None:
    before = catalogue()
    first, *others = before.rules
    widened = replace(before, rules=(replace(first, modalities=frozenset()), *others))

    assert said(before, widened) == [
        "Rule changed. In every case: language model. Kinds of output: from “Text” to any."
    ]
    assert said(widened, before) == [
        "Rule changed. When the output is “Text”: language model. Kinds of output: from any to “Text”."
    ]


def test_an_empty_list_that_is_no_cell_is_just_empty() -> None:
    before = catalogue()
    first, *others = before.industries
    emptied = replace(before, industries=(replace(first, needs=frozenset()), *others))

    assert said(before, emptied) == ["Industry “Law finance” changed. Goals: took out “Contract review”."]


def test_a_new_order_is_said_too_because_it_makes_another_document() -> None:
    before = catalogue()

    assert said(before, replace(before, needs=before.needs[::-1])) == ["Goal: the order of the list changed."]


LONG = "What you want made is words. Language models have read a great deal of text, and are built to write it too."


def because(was: str, now: str) -> str:
    """What is said of a rule whose reason changed."""
    first, *others = catalogue().rules
    before, after = (replace(catalogue(), rules=(replace(first, because=text), *others)) for text in (was, now))
    (change,) = changes(before, after)
    return change.fields[0].sentence


def test_of_a_long_text_it_shows_the_words_that_changed() -> None:
    assert because(LONG, LONG.replace("a great deal of", "very much")) == (
        "Because: from “… Language models have read a great deal of text, and are built …” "
        "to “… Language models have read very much text, and are built …”"
    )


def test_words_added_to_the_end_of_a_long_text_follow_its_last_words() -> None:
    assert because(LONG, LONG + " Check them.") == (
        "Because: from “… to write it too.” to “… to write it too. Check them.”"
    )


def test_a_long_text_in_place_of_none_is_shown_whole() -> None:
    first, *others = catalogue().rules
    (change,) = changes(catalogue(), replace(catalogue(), rules=(replace(first, contested=LONG), *others)))

    assert change.fields[0].sentence == f"Contested: from nothing to “{LONG}”"


def test_a_word_that_stands_twice_is_not_taken_for_start_and_end_at_once() -> None:
    assert because(LONG, LONG.replace("text,", "text, text,")) == (
        "Because: from “… great deal of text, and are built to …” to “… great deal of text, text, and are built to …”"
    )
