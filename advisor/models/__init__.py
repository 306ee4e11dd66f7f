"""What is stored."""

from advisor.models.catalogue import (
    Category,
    Circumstance,
    Example,
    Industry,
    Modality,
    Need,
    Source,
    Term,
    Tool,
)
from advisor.models.releases import (
    DraftRefused,
    NothingChanged,
    PublishedMeanwhile,
    PublishRefused,
    Release,
    ReleaseIsFrozen,
)
from advisor.models.rules import Caveat, Gate, Rule

__all__ = [
    "Category",
    "Caveat",
    "Circumstance",
    "DraftRefused",
    "Example",
    "Gate",
    "Industry",
    "Modality",
    "Need",
    "NothingChanged",
    "PublishRefused",
    "PublishedMeanwhile",
    "Release",
    "ReleaseIsFrozen",
    "Rule",
    "Source",
    "Term",
    "Tool",
]
