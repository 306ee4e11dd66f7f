"""How a form picks other records: several by boxes that a script turns into a search, a kind of AI by its mark."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Field, Model
from django.forms import CheckboxSelectMultiple, ModelChoiceField, RadioSelect
from django.http import HttpRequest
from django.utils.html import format_html

from advisor.models import Category
from advisor.models.bases import Cells

M = TypeVar("M", bound=Model)

CELLS_FIELDS = ("industries", "needs", "modalities", "circumstances")


class Picked(admin.ModelAdmin[M]):
    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Boxes to tick, so that it works without a script. Django's other widgets fail axe's rules."""
        if db_field.many_to_many:
            kwargs["widget"] = CheckboxSelectMultiple(attrs={"class": f"boxes {how_it_joins(self.model, db_field)}"})
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            wrapper = field.widget
            if isinstance(wrapper.widget, CheckboxSelectMultiple | RadioSelect):
                # Django's pop-ups bring what they added or changed into a list to select from, never among boxes.
                wrapper.can_add_related = wrapper.can_change_related = False
                wrapper.can_delete_related = wrapper.can_view_related = False
        return field


def how_it_joins(model: type[Model], field: Field[Any, Any]) -> str:
    """What stands between two that are picked: a cell asks for any of them, or for all."""
    if not issubclass(model, Cells) or field.name not in (*CELLS_FIELDS, "categories"):
        return "listed"
    return "all-of" if field.name == "circumstances" else "any-of"


class MarkedChoiceField(ModelChoiceField[Category]):
    """A kind of AI, with the mark that it has on visitors' pages. The page must hold `advisor/_symbols.html`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "widget": RadioSelect(attrs={"class": "marks"}), "empty_label": None})

    def label_from_instance(self, obj: Category) -> str:
        mark = format_html('<svg aria-hidden="true"><use href="#m-{}"/></svg>', obj.slug)
        return format_html("{} <span>{}</span>", mark, obj.name)
