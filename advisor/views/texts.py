"""The words of the questions, in one place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class QuestionText:
    """`row` names the question in the list of answers; `nothing` stands there when nothing was ticked."""

    title: "StrOrPromise"
    help: "StrOrPromise"
    why: "StrOrPromise"
    error: "StrOrPromise"
    row: "StrOrPromise"
    nothing: "StrOrPromise"


_QUESTIONS = {
    "industry": QuestionText(
        title=_("What kind of business is it?"),
        help=_("Pick the one that comes closest. “Something else” is a real answer."),
        why=_("Each line of work has its usual goals, and its own rules to keep. We show those first."),
        error=_("Pick the industry that comes closest, or “Something else”."),
        row=_("Industry"),
        nothing="",
    ),
    "need": QuestionText(
        title=_("What do you want to get done?"),
        help=_("Tick all that matter this year. Each goal gets its own answer, so a long list does no harm."),
        why=_("The goal decides more than your trade does. Two shops on the same street can need two kinds of AI."),
        error=_("Pick at least one goal, or “My goal is not listed”."),
        row=_("Goals"),
        nothing="",
    ),
    "modality": QuestionText(
        title=_("What should come out?"),
        help=_("Tick each kind of result that you want for these goals."),
        why=_("Words, pictures and figures come from different kinds of AI. This often settles which one."),
        error="",
        row=_("What it should produce"),
        nothing=_("Not sure: what each goal usually means"),
    ),
    "fact": QuestionText(
        title=_("Which of these are true for you?"),
        help=_("Tick what holds. What you leave open does not count for or against anything."),
        why=_("Some things must be put right first, and some laws hold only for some firms."),
        error="",
        row=_("True for you"),
        nothing=_("None of these, or not sure"),
    ),
}

_BACK = {
    "home": _("Start page"),
    "industry": _("Your industry"),
    "need": _("Your goals"),
    "modality": _("What should come out"),
    "fact": _("Your circumstances"),
    "check": _("Check your answers"),
    "compare": _("Compare two results"),
}


def question_text(key: str) -> QuestionText:
    return _QUESTIONS[key]


def back_name(key: str) -> str:
    """What a Back link calls the page that it leads to."""
    return str(_BACK[key])
