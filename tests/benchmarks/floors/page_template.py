"""The plain page's template alone, rendered in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.template import Context, Engine

TEMPLATES = Path(__file__).parent / "page" / "templates"


def renderer(choices: int, size: int) -> Callable[[], str]:
    """What renders a page of that many choices and about that many bytes, with compiled templates."""
    template = Engine(dirs=[str(TEMPLATES)]).get_template("page.html")
    offered = [
        {
            "value": f"choice-number-{number}",
            "label": f"Write letters of kind {number} to customers",
            "help": f"For example an answer to question {number}, a reminder or a note of thanks.",
            "checked": number % 7 == 0,
        }
        for number in range(choices)
    ]
    filling = "x" * max(size - len(template.render(Context({"choices": offered}))), 0)
    return lambda: template.render(Context({"choices": offered, "filling": filling}))
