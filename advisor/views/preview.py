"""What others show of a page with advice: a title, one fixed text and a picture, and none of the answers."""

from __future__ import annotations

from dataclasses import dataclass

from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advisor.decision.catalogue import NOT_YET
from advisor.decision.recommendation import Recommendation
from advisor.decision.wording import listed

PICTURES: dict[str, str | Promise] = {
    "language-model": gettext_lazy("A yellow sign in pale hills: Large language model."),
    "generative-media": gettext_lazy("A yellow sign in pale hills: AI for media."),
    "combined": gettext_lazy("A yellow sign in pale hills: The two together, language and media."),
    "analytical": gettext_lazy("A yellow sign in pale hills: Analytical AI."),
    "ordinary-software": gettext_lazy("A yellow sign in pale hills: No AI needed."),
    NOT_YET: gettext_lazy("A blunt board with a striped end, and a closed gate: Not yet."),
}
"""The pictures that tools/draw_previews.py draws, by category, and what each shows."""


@dataclass(frozen=True, slots=True)
class Preview:
    title: str
    text: str
    picture: str
    alt: str


def preview_of(recommendation: Recommendation) -> Preview:
    """For `advisor/_preview.html`. A kind of AI that editors added has no picture of its own and takes the site's."""
    headline = recommendation.headline
    if recommendation.readiness.level == NOT_YET:
        title, shown = _("Not yet"), NOT_YET
    elif headline.tie:
        kinds = listed([category.phrase for category in headline.tie])
        title, shown = _("A tie between %(kinds)s") % {"kinds": kinds}, headline.category.slug
    else:
        title, shown = headline.category.plate, headline.category.slug
    text = _(
        "Which kind of AI fits each goal, why, and what to put right first. "
        "Fixed rules written by people; no AI model reads the answers."
    )
    if shown in PICTURES:
        return Preview(title, text, static(f"img/preview-{shown}.png"), str(PICTURES[shown]))
    alt = _("A signpost on a hill. Its arms name kinds of AI, and one says: no AI needed.")
    return Preview(title, text, static("img/social.png"), alt)
