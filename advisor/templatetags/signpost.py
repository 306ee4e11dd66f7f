"""What templates ask of a catalogue."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def records(slugs: Iterable[str], by_slug: Mapping[str, Any]) -> list[Any]:
    """The records that these slugs name, in their order: `claim.sources|records:sources`."""
    return [by_slug[slug] for slug in slugs]
