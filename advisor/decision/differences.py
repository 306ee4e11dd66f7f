"""What changed from one release to the next, section by section."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.decision.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Difference:
    """How many records of a section came, changed and went."""

    section: str
    added: int
    changed: int
    removed: int


def differences(before: Catalogue, after: Catalogue) -> tuple[Difference, ...]:
    """The sections in which anything differs, in the order of a document. A new order alone is no difference."""
    found = []
    for section in Catalogue.SECTIONS:
        old, new = before.by_slug[section], after.by_slug[section]
        difference = Difference(
            section,
            added=len(new.keys() - old.keys()),
            changed=sum(old[slug] != new[slug] for slug in new.keys() & old.keys()),
            removed=len(old.keys() - new.keys()),
        )
        if difference.added or difference.changed or difference.removed:
            found.append(difference)
    return tuple(found)
