"""The editors' workplace."""

from django.contrib import admin

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
    "SourceAdmin",
    "TermAdmin",
    "ToolAdmin",
]

admin.site.site_header = "Signpost editors"
admin.site.site_title = "Signpost editors"
admin.site.index_title = "The draft"
