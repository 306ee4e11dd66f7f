"""What a form sent, for a page that can't take it just now: shown there, and one press sends it again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.text import capfirst

OF_FORMS = frozenset(
    ["csrfmiddlewaretoken", "whose", "seen", "form_key", "about", "agreed", "release", "second_subject", "action"]
)
"""Fields that nobody typed."""
SHORTEST = 2
"""Letters below which a value was picked rather than typed."""


def again(request: HttpRequest) -> dict[str, Any]:
    """Nothing for a form with a password, which is not written onto a page, or with a file, which can't be."""
    is_form = request.method == "POST" and request.content_type == "application/x-www-form-urlencoded"
    if not is_form or any("password" in name for name in request.POST):
        return {}
    pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    typed = [
        (capfirst(name.replace("_", " ").replace("-", " ")), value)
        for name, value in pairs
        if name not in OF_FORMS and not name.startswith("_") and len(value.strip()) > SHORTEST
    ]
    return {"again": {"address": request.get_full_path(), "pairs": pairs, "typed": typed}}
