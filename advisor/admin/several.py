"""Several records changed at once: first what each would say, then all of them or none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Field, ForeignKey, ManyToManyField, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import formats
from django.utils.text import capfirst

from advisor.admin import meanwhile
from advisor.admin.order import Ordered
from advisor.admin.pick import how_it_joins
from advisor.models.bases import Entry, check_not_ahead

E = TypeVar("E", bound=Entry)

SET = ("category", "level", "severity", "certainty", "kind", "readiness", "checked_on", "review_by")
"""Fields that get one value, where a table has them."""
LISTS = ("industries", "needs", "modalities", "circumstances", "categories", "sources")
"""Lists that gain or lose one value."""
NOT_HERE = frozenset({("need", "modalities")})
"""A need's usual modality must be one of them."""


@dataclass
class Planned:
    """One record, what would change in it, and why it can't."""

    row: Any
    name: str
    digest: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    """Label, before, after: as an editor reads them."""
    values: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Several(Ordered[E]):
    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_several"
        return [path("several/", self.admin_site.admin_view(self.several), name=name), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> Any:
        found = super().get_actions(request)
        has_fields = bool(_set_fields(self.model) or _list_fields(self.model))
        if has_fields and self.has_change_permission(request) and IS_POPUP_VAR not in request.GET:
            found["change_several"] = self.get_action("change_several")
        return found

    @admin.action(description="Change several at once …", permissions=["change"])
    def change_several(self, request: HttpRequest, queryset: QuerySet[E]) -> HttpResponse:
        """The first of two pages. It only asks."""
        numbers = list(queryset.values_list("pk", flat=True))
        return self._several_page(request, self._form(), numbers)

    def several(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        numbers = _numbers(request.POST.get("records", ""))
        if request.method != "POST" or not numbers:
            messages.info(request, "Tick the records first, then choose “Change several at once …” above the list.")
            return HttpResponseRedirect(self._list_url())
        form = self._form(request.POST)
        if not form.is_valid():
            return self._several_page(request, form, numbers, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        with transaction.atomic():
            applies = "apply" in request.POST
            if applies:
                # Locked, so that nobody saves one of them between this look and ours.
                list(self.model._default_manager.select_for_update().filter(pk__in=numbers).values_list("pk"))
            plan = self._plan(numbers, form.cleaned_data)
            refused = self._why_not(request, form, numbers, plan) if applies else {}
            if applies and not refused:
                changed = [planned for planned in plan if planned.values]
                for planned in changed:
                    self._apply(request, planned)
                count = f"{len(changed)} record{'' if len(changed) == 1 else 's'} changed."
                messages.success(request, f"{count} Visitors see it after the next release.")
                return HttpResponseRedirect(self._list_url(), status=HTTPStatus.SEE_OTHER)
        return self._several_page(request, form, [planned.row.pk for planned in plan], plan=plan, **refused)

    def _form(self, data: Any = None) -> SeveralForm:
        return SeveralForm(self.model, data)

    def _plan(self, numbers: Sequence[int], wanted: Mapping[str, Any]) -> list[Planned]:
        lists = [one.name for one in self.model._meta.many_to_many]
        keys = [one.name for one in _set_fields(self.model) if isinstance(one, ForeignKey)]
        rows: Any = self.model._default_manager.filter(pk__in=numbers)
        rows = rows.select_related(*keys) if keys else rows
        return [self._planned(row, wanted) for row in rows.prefetch_related(*lists)]

    def _planned(self, row: E, wanted: Mapping[str, Any]) -> Planned:
        planned = Planned(row, self.name_in_order(row), meanwhile.digest(row))
        for one in _set_fields(self.model):
            value, before = wanted.get(f"set_{one.name}"), getattr(row, one.name)
            if value in (None, "") or value == before:
                continue
            planned.values[one.name] = (before, value)
            planned.fields.append((_label(one), _said(row, one, before), _said(row, one, value)))
            setattr(row, one.name, value)
        for many in _list_fields(self.model):
            had = list(getattr(row, many.name).all())
            gone, come = wanted.get(f"out_{many.name}"), wanted.get(f"add_{many.name}")
            has = [one for one in had if one != gone] + ([come] if come and come not in had else [])
            if has == had:
                continue
            if not has and not many.blank:
                planned.problems.append(f"{_label(many)}: at least one must stay.")
            planned.values[many.name] = (had, has)
            nothing = "nothing" if how_it_joins(self.model, many) == "listed" else "any"
            before, after = (", ".join(map(str, them)) or nothing for them in (had, has))
            planned.fields.append((_label(many), before, after))
        if planned.values:
            planned.problems += _problems(row)
        return planned

    def _why_not(
        self, request: HttpRequest, form: SeveralForm, numbers: Sequence[int], plan: Sequence[Planned]
    ) -> dict[str, Any]:
        """What stands in the way of doing what the page showed."""
        seen = dict(part.split(":", 1) for part in request.POST.get("seen", "").split(",") if ":" in part)
        if request.POST.get("shown") != form.digest():
            return {"said": "You changed something above after the table was made. Here is the new one: look again."}
        others = [planned.name for planned in plan if seen.get(str(planned.row.pk)) != short(planned.digest)]
        gone = len(numbers) - len(plan)
        if others or gone:
            return {"others": others, "gone": gone, "status": HTTPStatus.CONFLICT}
        if any(planned.problems for planned in plan) or not any(planned.values for planned in plan):
            return {"status": HTTPStatus.UNPROCESSABLE_ENTITY}
        return {}

    def _apply(self, request: HttpRequest, planned: Planned) -> None:
        row, names = planned.row, {one.name for one in _list_fields(self.model)}
        row.save()
        for name, (_, value) in planned.values.items():
            if name in names:
                getattr(row, name).set(value)
        labels = ", ".join(label for label, *_ in planned.fields)
        self.log_change(request, row, f"Changed together with others: {labels}.")
        self.trail(request, "Changed, several at once", row, changes=planned.values)

    def _several_page(
        self,
        request: HttpRequest,
        form: SeveralForm,
        numbers: Sequence[int],
        *,
        plan: Sequence[Planned] | None = None,
        status: int = HTTPStatus.OK,
        **more: Any,
    ) -> HttpResponse:
        changing = [planned for planned in plan or () if planned.values]
        context = {
            **self.admin_site.each_context(request),
            "title": f"Change several at once: {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "form": form,
            "numbers": ",".join(map(str, numbers)),
            "count": len(numbers),
            "plan": plan,
            "changing": changing,
            "unchanged": len(plan or ()) - len(changing),
            "problems": any(planned.problems for planned in changing),
            "seen": ",".join(f"{planned.row.pk}:{short(planned.digest)}" for planned in plan or ()),
            "shown": form.digest() if plan is not None else "",
            "list_url": self._list_url(),
            "several_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_several"),
            **more,
        }
        return TemplateResponse(request, "admin/advisor/several.html", context, status=status)


class SeveralForm(forms.Form):
    """What to change. Whatever is left as it is stays so in each record."""

    def __init__(self, model: type[Model], data: Any = None) -> None:
        super().__init__(data)
        for one in _set_fields(model):
            self.fields[f"set_{one.name}"] = _setting(one)
        for many in _list_fields(model):
            rows: Any = many.related_model._default_manager.all()
            for verb, title, nothing in (("add", "add", "Add nothing"), ("out", "take out", "Take out nothing")):
                self.fields[f"{verb}_{many.name}"] = forms.ModelChoiceField(
                    _in_use(rows) if verb == "add" else rows,
                    required=False,
                    empty_label=nothing,
                    label=f"{_label(many)}: {title}",
                )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if not any(value not in (None, "") for value in found.values()) and not self.errors:
            raise ValidationError("Pick something to change.")
        for name, value in list(found.items()):
            if name.startswith("add_") and value and value == found.get(f"out_{name[4:]}"):
                self.add_error(name, "You both add and take out this one. Pick one of the two.")
        return found

    def digest(self) -> str:
        """Of what was asked for."""
        said = sorted((name, str(self.data.get(name, ""))) for name in self.fields)
        return hashlib.sha256(repr(said).encode()).hexdigest()


def _in_use(rows: Any) -> Any:
    """What is retired is offered for nothing new."""
    return rows.filter(retired_at=None) if issubclass(rows.model, Entry) else rows


def _setting(one: Field[Any, Any]) -> forms.Field:
    if isinstance(one, ForeignKey):
        rows: Any = one.related_model._default_manager.all()
        return forms.ModelChoiceField(_in_use(rows), required=False, empty_label="Leave as it is", label=_label(one))
    if one.choices:
        choices = [("", "Leave as it is"), *((value, label) for value, label in one.flatchoices if value)]
        return forms.ChoiceField(choices=choices, required=False, label=_label(one))
    date_field: Any = one.formfield()
    date_field.required, date_field.help_text = False, ""
    date_field.validators = [*date_field.validators, *([check_not_ahead] if one.name == "checked_on" else [])]
    date_field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    found: forms.Field = date_field
    return found


def _set_fields(model: type[Model]) -> list[Field[Any, Any]]:
    return [one for one in model._meta.concrete_fields if one.name in SET]


def _list_fields(model: type[Model]) -> list[ManyToManyField[Any, Any]]:
    return [
        one
        for one in model._meta.many_to_many
        if one.name in LISTS and (model._meta.model_name, one.name) not in NOT_HERE
    ]


def _label(one: Any) -> str:
    return capfirst(str(one.verbose_name))


def _said(row: Model, one: Field[Any, Any], value: Any) -> str:
    if isinstance(value, date):
        return formats.date_format(value, "j M Y")
    return str(dict(one.flatchoices).get(value, value) or "nothing")


def _problems(row: Entry) -> Iterable[str]:
    """What the record's own rules say against the new values."""
    try:
        row.clean()
    except ValidationError as error:
        return list(error.messages)
    return []


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.isascii() and part.isdigit() and len(part) < 19]


def short(digest: str) -> str:
    return digest[:16]
