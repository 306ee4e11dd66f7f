"""The inbox, for whoever may see enquiries. What a visitor sent is to read; state and notes are to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from advisor import enquiring, outbox, site, spreadsheets
from advisor.admin import simulator
from advisor.admin.base import short
from advisor.admin.trail import Trailed
from advisor.kept import Damaged, advice_of
from advisor.models import Enquiry, Mail

DATE = "j F Y, H:i"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PlaceFilter(admin.SimpleListFilter):
    """The inbox, unless the quarantine or both are asked for."""

    title = "place"
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("quarantine", "Quarantine"), ("all", "Both")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield (
                {**choice, "display": "Inbox"}
                if choice["query_string"] == changelist.get_query_string(remove=[self.parameter_name])
                else choice
            )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> QuerySet[Enquiry]:
        if self.value() == "quarantine":
            return queryset.filter(quarantined_at__isnull=False)
        return queryset if self.value() == "all" else queryset.filter(quarantined_at__isnull=True)


@admin.register(Enquiry)
class EnquiryAdmin(Trailed[Enquiry]):
    trail_fields = ("state",)
    list_display = ("received_at", "reference", "state", "who", "first_words", "has_advice", "mail_state")
    list_display_links = ("received_at", "reference")
    list_filter = (PlaceFilter, "state")
    list_per_page = 50
    search_fields = ("reference", "name", "contact", "message", "notes")
    actions = ("mark_done", "export_csv", "export_xlsx", "restore_chosen", "send_again")
    fieldsets = (
        (None, {"fields": ("state", "notes")}),
        ("What they sent", {"fields": ("reference", "received_at", "name", "contact", "message", "advice", "consent")}),
        ("What became of it", {"fields": ("mails", "deleted_on", "quarantined_at", "why_suspicious")}),
    )
    readonly_fields = (
        "reference",
        "received_at",
        "name",
        "contact",
        "message",
        "advice",
        "consent",
        "mails",
        "deleted_on",
        "quarantined_at",
        "why_suspicious",
    )
    EXPORTED: ClassVar[tuple[str, ...]] = (
        "reference",
        "received",
        "state",
        "name",
        "contact",
        "message",
        "answers",
        "release",
        "advice",
        "notes",
        "in quarantine since",
        "agreed to",
    )

    # What the list shows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enquiry]:
        """Without the advice itself, which a list does not need."""
        found = (
            super()
            .get_queryset(request)
            .annotate(mails_count=Count("mails"), mails_waiting=Count("mails", filter=Q(mails__sent_at__isnull=True)))
        )
        return found.defer("consent", "document")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """In the quarantine: why, and the way out of it."""
        if request.GET.get(PlaceFilter.parameter_name) == "quarantine":
            restore = ("restore_button",) if self.has_change_permission(request) else ()
            return (*self.list_display[:2], *restore, "first_words", "why_suspicious")
        return self.list_display

    @admin.display(description="name")
    def who(self, enquiry: Enquiry) -> str:
        return short(enquiry.name) or "–"

    @admin.display(description="first words")
    def first_words(self, enquiry: Enquiry) -> str:
        return short(enquiry.message)

    @admin.display(description="advice")
    def has_advice(self, enquiry: Enquiry) -> str:
        return "yes" if enquiry.release_id is not None else "–"

    @admin.display(description="mail")
    def mail_state(self, enquiry: Enquiry) -> str:
        counts: Any = enquiry
        if not counts.mails_count:
            return "none"
        return "waits" if counts.mails_waiting else "sent"

    @admin.display(description="why it looks like spam")
    def why_suspicious(self, enquiry: Enquiry) -> str:
        return " ".join(enquiry.suspicions) or "–"

    @admin.display(description="restore")
    def restore_button(self, enquiry: Enquiry) -> SafeString:
        """It sends the list's own form, and with it the token, to another address."""
        return format_html(
            '<button type="submit" class="button" formaction="{}" aria-label="No spam: restore {}">No spam</button>',
            reverse("admin:advisor_enquiry_restore", args=[enquiry.pk]),
            enquiry.reference,
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and self.has_view_permission(request):
            self.trail(request, "Looked through the enquiries")
        return super().changelist_view(request, {**(extra_context or {}), "warnings": mail_warnings()})

    # What an enquiry's page shows

    @admin.display(description="advice")
    def advice(self, enquiry: Enquiry) -> str | SafeString:
        if not enquiry.document:
            return "Not sent along."
        try:
            headline = advice_of(enquiry).headline.category.plate
        except Damaged:
            return "Sent along, but it can't be read any more."
        address = reverse("advice-sent-along", args=[enquiry.pk])
        seen = format_html('{}. <a href="{}">See it as the visitor saw it</a>', headline, address)
        if not getattr(enquiry, "may_simulate", False):
            return seen
        now = simulator.address(enquiry.answers)
        return format_html('{}. <a href="{}">Try these answers in the simulator</a>', seen, now)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Enquiry | None:
        enquiry = super().get_object(request, object_id, from_field)
        if enquiry:
            enquiry.may_simulate = request.user.has_perm("advisor.view_rule")  # type: ignore[attr-defined]  # for its page
        return enquiry

    @admin.display(description="mail")
    def mails(self, enquiry: Enquiry) -> str:
        """How each mail about it went."""
        return "\n".join(map(_how_it_went, enquiry.mails.all())) or "None."

    @admin.display(description="deleted on")
    def deleted_on(self, enquiry: Enquiry) -> str:
        days = site.this_site().quarantine_days
        if enquiry.quarantined_at:
            return f"{enquiry.quarantined_at + timedelta(days=days):%d %B %Y}, unless it is restored"
        return f"{enquiring.deleted_by(enquiry):%d %B %Y}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        enquiry = self.get_object(request, object_id)
        if enquiry and request.method == "GET" and self.has_view_permission(request, enquiry):
            self.trail(request, "Looked at", enquiry)
        may_restore = bool(enquiry and enquiry.quarantined_at and self.has_change_permission(request, enquiry))
        more = {**(extra_context or {}), "may_restore": may_restore}
        response: HttpResponse = super().change_view(request, object_id, form_url, more)
        return response

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only visitors write enquiries."""
        return False

    # What can be done

    def get_urls(self) -> list[URLPattern]:
        restore = self.admin_site.admin_view(require_POST(self.restore_view))
        return [path("<int:pk>/restore/", restore, name="advisor_enquiry_restore"), *super().get_urls()]

    def restore_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        enquiry = get_object_or_404(Enquiry, pk=pk)
        if not self.has_change_permission(request, enquiry):
            raise PermissionDenied
        self._restore(request, [enquiry])
        return redirect("admin:advisor_enquiry_changelist")

    @admin.action(description="No spam: restore", permissions=["change"])
    def restore_chosen(self, request: HttpRequest, chosen: QuerySet[Enquiry]) -> None:
        self._restore(request, list(chosen.filter(quarantined_at__isnull=False)))

    def _restore(self, request: HttpRequest, enquiries: list[Enquiry]) -> None:
        for enquiry in enquiries:
            enquiring.restore(enquiry)
            self.log_change(request, enquiry, "Restored from quarantine.")
            self.trail(request, "Restored from quarantine", enquiry)
        mails = Mail.objects.due().filter(enquiry__in=enquiries)
        done = outbox.send(mails, outbox.AT_ONCE_SECONDS)
        told = f"{_number(len(enquiries))} restored." + (" The mail waits in the outbox." if done.failed else "")
        self.message_user(request, told, messages.SUCCESS)

    @admin.action(description="Mark as done", permissions=["change"])
    def mark_done(self, request: HttpRequest, chosen: QuerySet[Enquiry]) -> None:
        count = 0
        for enquiry in chosen.exclude(state=Enquiry.State.DONE):
            enquiry.state = Enquiry.State.DONE
            enquiry.save(update_fields=["state"])
            self.log_change(request, enquiry, "Marked as done.")
            self.trail(request, "Marked as done", enquiry)
            count += 1
        self.message_user(request, f"{_number(count)} marked as done.", messages.SUCCESS)

    @admin.action(description="Send the mail again now", permissions=["change"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Enquiry]) -> None:
        if not outbox.is_set_up():
            self.message_user(request, NO_SERVER, messages.WARNING)
            return
        mailed = list(chosen.filter(quarantined_at__isnull=True))
        done = enquiring.send_again(mailed)
        self.message_user(request, f"{_number(done.sent)} mailed.", messages.SUCCESS)
        if done.sent < len(mailed):
            told = f"{_number(len(mailed) - done.sent)} could not be mailed. Each one's page says why."
            self.message_user(request, told, messages.WARNING)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, chosen: QuerySet[Enquiry]) -> HttpResponse:
        return self._export(request, chosen, spreadsheets.as_csv, "text/csv; charset=utf-8", "csv")

    @admin.action(description="Export as a spreadsheet (xlsx)", permissions=["view"])
    def export_xlsx(self, request: HttpRequest, chosen: QuerySet[Enquiry]) -> HttpResponse:
        return self._export(request, chosen, lambda rows: spreadsheets.as_xlsx(rows, "Enquiries"), XLSX, "xlsx")

    def _export(
        self,
        request: HttpRequest,
        chosen: QuerySet[Enquiry],
        write: Callable[[list[tuple[str, ...]]], bytes],
        content_type: str,
        ending: str,
    ) -> HttpResponse:
        rows = [self.EXPORTED, *(_row(enquiry) for enquiry in chosen.defer(None).order_by("received_at"))]
        self.trail(request, f"Exported {_number(len(rows) - 1)}: {', '.join(row[0] for row in rows[1:])}")
        response = HttpResponse(write(rows), content_type=content_type)
        name = f"enquiries-{timezone.localdate().isoformat()}.{ending}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["Cache-Control"] = "private, no-store"
        return response


NO_SERVER = "No mail server is set (SIGNPOST_MAIL_URL), so nothing is mailed. Every enquiry is in this inbox."


def mail_warnings() -> list[str]:
    """What staff should know about mail before they trust that it tells them."""
    found = []
    if not site.this_site().enquiry_to:
        found.append("No address to mail enquiries to is set, so look in here for new ones.")
    elif not outbox.is_set_up():
        found.append(NO_SERVER)
    late = Mail.objects.waiting().filter(created_at__lt=timezone.now() - outbox.LATE)
    if late.exists():
        number = late.count()
        why = late.exclude(last_error="").order_by("-due_at").values_list("last_error", flat=True).first()
        told = f"{number} mail waits" if number == 1 else f"{number} mails wait"
        found.append(f"{told} for more than 15 minutes." + (f" The last error: {why}" if why else ""))
    return found


def _how_it_went(mail: Mail) -> str:
    if mail.sent_at:
        return f"Sent on {date_format(mail.sent_at, DATE)}."
    tried = "Not tried yet."
    if mail.tries:
        tried = f"Tried {mail.tries} times." if mail.tries > 1 else "Tried once."
    error = f" Last error: {mail.last_error.rstrip('.')}." if mail.last_error else ""
    return f"Waits. {tried}{error} Next try: {date_format(mail.due_at, DATE)}."


def _row(enquiry: Enquiry) -> tuple[str, ...]:
    try:
        advice = advice_of(enquiry).headline.category.plate if enquiry.document else ""
    except Damaged:
        advice = "can't be read any more"
    return (
        enquiry.reference,
        enquiry.received_at.isoformat(timespec="minutes"),
        enquiry.get_state_display(),
        enquiry.name,
        enquiry.contact,
        enquiry.message,
        enquiry.answers,
        str(enquiry.release_id or ""),
        advice,
        enquiry.notes,
        enquiry.quarantined_at.isoformat(timespec="minutes") if enquiry.quarantined_at else "",
        enquiry.consent,
    )


def _number(count: int) -> str:
    return f"{count} enquiry" if count == 1 else f"{count} enquiries"
