"""What the answers so far already settle, for the post beside a question."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisor.decision.answers import Answers
from advisor.decision.catalogue import Category, Need
from advisor.decision.flow import is_asked, modalities_of
from advisor.decision.merge import lead
from advisor.decision.release import Release
from advisor.decision.table import Cell


@dataclass(frozen=True, slots=True)
class Arm:
    """Goals that point the same way. Without a category they are still open."""

    needs: Sequence[Need]
    category: Category | None

    @property
    def names(self) -> str:
        return ", ".join(need.name for need in self.needs)


@dataclass(frozen=True, slots=True)
class SoFar:
    arms: Sequence[Arm]

    @property
    def counts(self) -> list[tuple[Category | None, int]]:
        return [(arm.category, len(arm.needs)) for arm in self.arms]

    @property
    def sentence(self) -> str:
        open_goals = sum(len(arm.needs) for arm in self.arms if arm.category is None)
        settled = sum(len(arm.needs) for arm in self.arms) - open_goals
        said = ngettext("So far: %(count)d goal settled", "So far: %(count)d goals settled", settled)
        said %= {"count": settled}
        return f"{said}, {_('%(count)d open') % {'count': open_goals}}" if open_goals else said


def so_far(release: Release, answers: Answers) -> SoFar:
    """One arm for each category that some goal has settled on, and one for the goals still open.

    A goal is open while the question what to produce is to come and its answer could still turn the goal elsewhere.
    """
    if answers.industry is None:
        return SoFar([])
    to_come = answers.modalities is None and is_asked(release, answers, "modality")
    by_slug = release.catalogue.by_slug
    needs_of: dict[str | None, list[Need]] = {}
    for slug in answers.needs:
        need = by_slug["needs"][slug]
        modalities = need.modalities if to_come else modalities_of(need, answers)
        categories = {
            modality: release.table.decide(Cell(answers.industry, slug, modality), answers.circumstances or ()).category
            for modality in modalities
        }
        found = list(categories.values())
        settled = len(set(found)) == 1 or not to_come
        category = lead(found, categories.get(need.default_modality, found[0]), release.catalogue) if settled else None
        needs_of.setdefault(category, []).append(need)
    order = [*release.table.positions["categories"], None]
    slugs = sorted(needs_of, key=order.index)
    return SoFar([Arm(needs_of[slug], by_slug["categories"][slug] if slug else None) for slug in slugs])
