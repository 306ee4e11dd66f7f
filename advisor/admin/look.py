"""A record as a visitor will read it, and how hard its texts are to read, from what stands in the form right now.

Nothing here is stored: the form sends itself while an editor types.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html

from advisor.decision import catalogue as decision
from advisor.decision.catalogue import Catalogue, fields_of
from advisor.decision.reading import LONGEST_SENTENCE, READ, as_text, goal_of, read, unexplained
from advisor.decision.recommend import case_reason, row_reason
from advisor.models import Category, Circumstance, Industry, Modality, Need, Term
from advisor.models.bases import Entry
from advisor.models.document import DRAFT_MODELS, SECTION_OF
from advisor.models.fields import as_lines, tidy

SEEN_BY_VISITORS = frozenset(DRAFT_MODELS) - {"examples"}
"""The sections whose records stand on visitors' pages."""
CARD = "admin/advisor/_look.html"
CATEGORIES_ARE_MARKED = frozenset({"rules", "categories"})
HERE = "preview"
"""The slug of what is shown: of a new record there is none yet."""


class TextsForm(ModelForm[Any]):
    """Below each text that visitors read it says how hard that is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, said in notes(self).items():
            shown = self[name]
            shown.help_text = format_html(
                '{} <span class="reading" data-reading="{}">{}</span>', shown.help_text, name, said
            )


def notes(form: ModelForm[Any]) -> dict[str, str]:
    """How hard each text of the form is to read, by field."""
    section = SECTION_OF[form._meta.model]
    names = [name for name in READ.get(section, ()) if name in form.fields]
    terms = list(Term.objects.values_list("name", flat=True)) if names else []
    return {name: note(section, _text(form[name].value()), terms) for name in names}


def _text(value: Any) -> str:
    """Of a list of short texts, one a line in the form, a sentence each."""
    text = tidy(value) if isinstance(value, str) else ""
    if isinstance(value, list | tuple) or "\n" in text:
        return as_text(as_lines(value if isinstance(value, list | tuple) else text))
    return text


def note(section: str, text: str, terms: Iterable[str]) -> str:
    """In words: how long a text is, how hard, and which of its words the glossary lacks."""
    reading = read(text)
    if not reading.words:
        return ""
    said = f"{reading.words} {'word' if reading.words == 1 else 'words'}"
    parts = [f"{said}, reading grade {max(0, round(reading.grade))}." if reading.grade is not None else f"{said}."]
    goal = goal_of(section)
    if reading.grade is not None and round(reading.grade) > goal:
        parts.append(f"Aim for grade {goal:.0f} or lower: shorter sentences, shorter words.")
    if reading.longest > LONGEST_SENTENCE:
        parts.append(f"A sentence has {reading.longest} words: aim for {LONGEST_SENTENCE} or fewer.")
    words = unexplained(text, terms)
    if words:
        parts.append(f"Not in the glossary: {', '.join(f'“{word}”' for word in words)}.")
    return " ".join(parts)


def look(request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> HttpResponse:
    """What the form holds as a visitor will read it: for our script a piece of page, else a page of its own."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = model_admin.get_form(request, None, change=False)(request.POST)
    by_script = request.headers.get("X-Part") == "look"
    context = {
        **admin.site.each_context(request),
        "look": rendered(form),
        "notes": notes(form),
        "opts": model_admin.opts,
        "title": "As a visitor reads it",
        "is_popup": True,  # no way on from here but closing it: the form is still open in the other tab
    }
    template = "admin/advisor/_looked.html" if by_script else "admin/advisor/look.html"
    return TemplateResponse(request, template, context)


def rendered(form: ModelForm[Any]) -> str:
    """The record that this form holds, in the pieces of a visitor's page."""
    return render_to_string("admin/advisor/_as_visitor.html", _context(form))


def _context(form: ModelForm[Any]) -> dict[str, Any]:
    """What these pieces need, however unfinished the record is."""
    section = SECTION_OF[form._meta.model]
    values = {name: _value(form, name) for name in fields_of(Catalogue.SECTIONS[section]) if name != "slug"}
    entry = _entry(section, values)
    rows = [*(values.get("sources") or []), *(values.get("contested_sources") or [])]
    review_by = getattr(entry, "review_by", None)
    context: dict[str, Any] = {
        "section": section,
        "entry": entry,
        "claim": entry,
        "sources": {row.slug: row for row in rows},
        "overdue": {HERE} if review_by and review_by < timezone.localdate() else set(),
        "slug": form.instance.slug if form.instance.pk else HERE,
        "categories": list(Category.objects.all()) if section in CATEGORIES_ARE_MARKED else [],
    }
    if section == "rules":
        context |= _rule(cast("decision.Rule", entry), values)
    if section in ("gates", "caveats"):
        row = cast("decision.Gate | decision.Caveat", entry)
        facts, needs = map(_of, (values["circumstances"], values["needs"]))
        # With all its needs: the visitor reads those among their own goals.
        context["reason"] = row_reason(row, cast(Any, facts), cast(Any, needs))
        context["applied"] = {"caveat": entry, "reason": context["reason"]}
    return context


def _value(form: ModelForm[Any], name: str) -> Any:
    """What a field holds as far as it can be understood: texts tidy, references as rows."""
    field = form.fields.get(name)
    if field is None:  # nobody may change it here, or there is no such field
        value: Any = getattr(form.instance, name, None) if form.instance.pk else None
        return list(value.all()) if hasattr(value, "all") else value
    try:
        value = field.clean(field.prepare_value(form[name].value()))
    except (ValidationError, ValueError, TypeError, OverflowError):
        return None
    if isinstance(value, str):
        return tidy(value)
    return list(value) if hasattr(value, "all") else value


def _entry(section: str, values: Mapping[str, Any]) -> decision.Entry:
    """The record, with nothing in place of what is missing."""
    kind = Catalogue.SECTIONS[section]
    hints = {name: str(spec.type) for name, spec in fields_of(kind).items()}
    filled: dict[str, Any] = {"slug": HERE}
    for name, value in values.items():
        hint = hints[name]
        if hint.startswith(("tuple", "frozenset")):
            items = [getattr(one, "slug", one) for one in value or []]
            filled[name] = frozenset(items) if hint.startswith("frozenset") else tuple(items)
        elif hint == "date":
            filled[name] = value if isinstance(value, date) else timezone.localdate()
        elif hint == "bool":
            filled[name] = bool(value)
        else:
            filled[name] = getattr(value, "slug", value) or ""
    return kind(**filled)


def _rule(rule: decision.Rule, values: Mapping[str, Any]) -> dict[str, Any]:
    """The arm and the reason, for the first case that the cells name. An empty cell is filled with the list's first."""
    need = _first(values["needs"]) or _need_that_fits(values["modalities"] or [])
    modalities = list(need.modalities.all()) if need else []
    named = [one for one in values["modalities"] or [] if one in modalities]
    modality = _first(named) or _first(values["modalities"]) or _first(modalities)
    if need is None or modality is None:
        return {"category": values["category"]}
    industry = _first(values["industries"])
    of_need = decision.Need(
        slug=need.slug, name=need.name, phrase=need.phrase, modalities=tuple(one.slug for one in modalities),
        default_modality="",
    )  # fmt: skip
    reason = case_reason(
        rule,
        of_need,
        cast("decision.Modality", _of([modality])[0]),
        cast("decision.Industry", _of([industry])[0]) if industry else None,
        cast(Any, _of(values["circumstances"])),
    )
    return {"category": values["category"], "need": need, "reason": reason}


def _need_that_fits(modalities: Sequence[Modality]) -> Need | None:
    needs = Need.objects.filter(modalities__in=modalities) if modalities else Need.objects.all()
    return needs.first()


def _first(rows: Any) -> Any:
    return rows[0] if rows else None


def _of(rows: Iterable[Entry] | None) -> list[decision.Entry]:
    """Rows as the decision knows them, as far as a sentence needs them."""
    kinds: dict[type[Entry], Any] = {
        Industry: decision.Industry,
        Modality: decision.Modality,
        Circumstance: decision.Circumstance,
    }
    found: list[decision.Entry] = []
    for row in rows or []:
        named = cast(Any, row)
        if isinstance(row, Need):
            known = {"modalities": (), "default_modality": ""}
            found.append(decision.Need(slug=row.slug, name=row.name, phrase=row.phrase, **cast(Any, known)))
        else:
            found.append(kinds[type(row)](slug=row.slug, name=named.name, phrase=named.phrase))
    return found
