"""From a signal to a draft record: the form of a new one filled in, and the signal told what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import Count, Model, Q
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import slugify

from advisor import links, published
from advisor.decision.answers import Answers, MalformedAnswers, read
from advisor.decision.catalogue import SLUG_LENGTH
from advisor.decision.recommend import Incomplete, recommend
from advisor.decision.recommendation import Recommendation
from advisor.models import AuditEntry, Example, Industry, Need, Release, Rule, Signal
from advisor.models.catalogue import NAME_LENGTH
from advisor.models.document import DRAFT_MODELS, SECTION_OF
from advisor.models.fields import tidy_line
from advisor.models.snapshot import SnapshotIsBroken

M = TypeVar("M", bound=Model)

KEY = "signal"
"""What the address of a form for a new record holds when it is made from a signal."""

CARD = "admin/advisor/signal/_told.html"

MADE_FROM_SIGNALS: dict[type[Model], str] = {Need: "needs", Rule: "rules", Example: "examples"}


def address(model: type[Model], signal: Signal) -> str:
    """The form of a new record, filled in. What the visitor wrote stands in no address, so the form looks it up."""
    return f"{reverse(f'admin:advisor_{model._meta.model_name}_add')}?{urlencode({KEY: signal.pk})}"


def reads_words(request: HttpRequest) -> bool:
    """Words may be about a person, so whoever may not deal with a signal does not read them."""
    return request.user.has_perm("advisor.change_signal")


def advice_of(signal: Signal) -> Recommendation | None:
    """What the visitor saw. None for a goal that is not listed, or when the release can't be read any more."""
    if signal.kind == Signal.Kind.NOT_LISTED:
        return None
    try:
        release = published.release(signal.release_id)
        return recommend(release, links.answers_of(signal.answers, release)[0])
    except (Release.DoesNotExist, SnapshotIsBroken, MalformedAnswers, Incomplete):
        return None


class FromSignal(admin.ModelAdmin[M]):
    """A form for a new record takes what a signal says, and links the two once it is saved.

    Beside a stored record stands what visitors told about it.
    """

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        signal = _signal_of(request, self.model)
        return {**found, **_FILLED_IN[self.model](signal)} if signal else found

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        original: Any = context.get("original")
        if original and request.user.has_perm("advisor.view_signal"):
            told_of = _told_about(self.model, original.slug)
            if told_of:
                context |= {"told": told_of, "beside": (*context.get("beside", ()), CARD)}
        if request.method == "GET" and not original and _signal_of(request, self.model):
            told = "This form is filled in from what a visitor told you. Nothing is stored before you save."
            messages.info(request, told)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: ModelForm[M], formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        signal = None if change else _signal_of(request, self.model)
        if signal is None:
            return
        made: Any = form.instance
        signal.state = Signal.State.DONE
        signal.made_section, signal.made_slug = MADE_FROM_SIGNALS[self.model], made.slug
        signal.made = f"{made._meta.verbose_name}: {made}"[:200]
        signal.save(update_fields=["state", "made_section", "made_slug", "made"])
        AuditEntry.write(f"Made a {signal.made[:150]} of", by=request.user, on=signal)
        _tell(request, signal)


def _told_about(model: type[Model], slug: str) -> dict[str, Any] | None:
    """How often visitors told something about this record, and where the list of it is. None when nobody did."""
    section = SECTION_OF[model]
    lookup = {"rules": "goals__rule", "needs": "goals__need"}.get(section, "slug")
    itself = Q(section=section, slug=slug)
    counts = {
        **{vote: Count("pk", filter=Q(vote=vote), distinct=True) for vote in Signal.Vote.values},
        "wrong": Count("pk", filter=itself, distinct=True),
    }
    found = Signal.objects.filter(itself | Q(**{lookup: slug}), junk=False).aggregate(**counts)
    address = f"{reverse('admin:advisor_signal_changelist')}?{urlencode({'state': 'all', lookup: slug})}"
    return {**found, "decides": lookup != "slug", "address": address} if any(found.values()) else None


def _tell(request: HttpRequest, signal: Signal) -> None:
    page = reverse("admin:advisor_signal_change", args=[signal.pk])
    messages.info(request, format_html('The <a href="{}">signal</a> is marked as done.', page))
    industry = Industry.objects.filter(slug=signal.industry).first()
    if signal.made_section == "needs" and industry:
        page = reverse("admin:advisor_industry_change", args=[industry.pk])
        told = "It was missed in “{}”. Is it a usual goal there? Then tick it <a href='{}'>on that page</a>."
        messages.info(request, format_html(told, industry.name, page))


def _signal_of(request: HttpRequest, model: type[Model]) -> Signal | None:
    number = request.GET.get(KEY, "")
    if model not in MADE_FROM_SIGNALS or not (number.isascii() and number.isdecimal() and len(number) < 12):
        return None
    return Signal.objects.filter(pk=number).first() if reads_words(request) else None


def _a_need(signal: Signal) -> dict[str, Any]:
    """Its name is what the visitor wrote, or else the kind of output: better words are the editor's to find."""
    modality = _ids("modalities", [signal.modality])
    kind = DRAFT_MODELS["modalities"].objects.filter(pk__in=modality).first()
    name = (tidy_line(signal.words) or str(kind or ""))[:NAME_LENGTH].strip()
    filled: dict[str, Any] = {"name": name, "slug": _free_slug("needs", name), "modalities": modality}
    return {**filled, "default_modality": modality[0]} if modality else filled


def _a_rule(signal: Signal) -> dict[str, Any]:
    """Its cells are the answers. Where one rule is said to be wrong: those that it decided."""
    answers = _answers(signal)
    goals = signal.goals.all()
    if signal.section == "rules":
        goals = goals.filter(rule=signal.slug)
    needs = list(dict.fromkeys(goals.order_by("pk").values_list("need", flat=True)))
    if signal.made_section == "needs":
        needs = [signal.made_slug]
    modalities = [signal.modality] if signal.modality else list(answers.modalities or ())
    return {
        "slug": _free_slug("rules", "-".join([signal.industry, *needs[:1]])),
        "industries": _ids("industries", [signal.industry]),
        "needs": _ids("needs", needs),
        "modalities": _ids("modalities", modalities),
        "circumstances": _ids("circumstances", answers.circumstances or ()),
    }


def _an_example(signal: Signal) -> dict[str, Any]:
    """It expects what the visitor got. Where that was wrong, the editor puts in what is right."""
    name = f"A visitor of {date_format(signal.received_at, 'j F Y')}"
    filled: dict[str, Any] = {"name": name, "slug": _free_slug("examples", name), "answers": signal.answers}
    advice = advice_of(signal)
    if advice is None:
        return filled
    return {
        **filled,
        "category": next(iter(_ids("categories", [advice.headline.category.slug])), None),
        "readiness": advice.readiness.level,
        "caveats": _ids("caveats", [applied.caveat.slug for applied in advice.caveats]),
    }


_FILLED_IN: dict[type[Model], Callable[[Signal], dict[str, Any]]] = {Need: _a_need, Rule: _a_rule, Example: _an_example}


def _answers(signal: Signal) -> Answers:
    try:
        release = published.release(signal.release_id)
        return read(links.pairs_in(signal.answers), release.catalogue)[0]
    except (Release.DoesNotExist, SnapshotIsBroken, MalformedAnswers):
        return Answers()


def _ids(section: str, slugs: Any) -> list[int]:
    """Of those that the draft still has."""
    return list(DRAFT_MODELS[section].objects.filter(slug__in=list(slugs)).values_list("pk", flat=True))


def _free_slug(section: str, text: str) -> str:
    """Of whole words, as far as they fit. Empty when no letter is left."""
    stem = slugify(text).replace("_", "-")
    while len(stem) > SLUG_LENGTH - len("-99"):
        stem = stem.rpartition("-")[0] or stem[: SLUG_LENGTH - len("-99")]
    taken = set(DRAFT_MODELS[section].objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    free = (slug for number in range(1, 100) if (slug := stem if number == 1 else f"{stem}-{number}") not in taken)
    return next(free, "") if stem else ""
