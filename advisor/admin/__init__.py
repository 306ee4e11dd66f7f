"""The editors' workplace."""

from advisor.admin.catalogue import (
    CategoryAdmin,
    CircumstanceAdmin,
    ExampleAdmin,
    IndustryAdmin,
    ModalityAdmin,
    NeedAdmin,
    SourceAdmin,
    TermAdmin,
    ToolAdmin,
)
from advisor.admin.enquiries import EnquiryAdmin
from advisor.admin.owner import OwnerSettingsAdmin
from advisor.admin.releases import ReleaseAdmin
from advisor.admin.rules import CaveatAdmin, GateAdmin, RuleAdmin
from advisor.admin.signals import SignalAdmin
from advisor.admin.trail import AuditEntryAdmin
from advisor.admin.users import ColleagueAdmin

__all__ = [
    "AuditEntryAdmin",
    "CategoryAdmin",
    "CaveatAdmin",
    "CircumstanceAdmin",
    "ColleagueAdmin",
    "EnquiryAdmin",
    "ExampleAdmin",
    "GateAdmin",
    "IndustryAdmin",
    "ModalityAdmin",
    "NeedAdmin",
    "OwnerSettingsAdmin",
    "ReleaseAdmin",
    "RuleAdmin",
    "SignalAdmin",
    "SourceAdmin",
    "TermAdmin",
    "ToolAdmin",
]
