"""What is stored."""

from advisor.models.audit import AuditEntry, TrailIsFrozen
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
from advisor.models.enquiries import Enquiry
from advisor.models.imports import DraftImport
from advisor.models.limits import Use
from advisor.models.links import CheckedLink
from advisor.models.mail import Mail
from advisor.models.owner import OwnerSettings
from advisor.models.proposals import Proposal
from advisor.models.recalls import Recall
from advisor.models.releases import (
    DraftRefused,
    NoteRefused,
    NothingChanged,
    PublishedMeanwhile,
    PublishRefused,
    Release,
    ReleaseIsFrozen,
    WasRecalled,
)
from advisor.models.results import SavedResult, Watch
from advisor.models.rules import Caveat, Gate, Rule
from advisor.models.signals import Signal, SignalGoal
from advisor.models.unsent import Unsent
from advisor.models.versions import Version

__all__ = [
    "AuditEntry",
    "Category",
    "Caveat",
    "CheckedLink",
    "Circumstance",
    "DraftImport",
    "DraftRefused",
    "Enquiry",
    "Example",
    "Gate",
    "Industry",
    "Mail",
    "Modality",
    "Need",
    "NoteRefused",
    "NothingChanged",
    "OwnerSettings",
    "Proposal",
    "PublishRefused",
    "PublishedMeanwhile",
    "Recall",
    "Release",
    "ReleaseIsFrozen",
    "Rule",
    "SavedResult",
    "Signal",
    "SignalGoal",
    "Source",
    "Term",
    "Tool",
    "TrailIsFrozen",
    "Unsent",
    "Use",
    "Version",
    "WasRecalled",
    "Watch",
]
