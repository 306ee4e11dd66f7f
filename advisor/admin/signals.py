"""What visitors told, for editors: the list, what each saw, the counts, and the way from a signal to a draft record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.views.decorators.http import require_POST, require_safe

from advisor.admin import fromsignals, simulator
from advisor.admin.fromsignals import reads_words
from advisor.admin.pick import CELLS_FIELDS
from advisor.admin.trail import Trailed
from advisor.models import Example, Industry, Modality, Need, Rule, Signal, SignalGoal
from advisor.models.document import DRAFT_MODELS
from advisor.models.signals import KEPT_FOR, WORDS_KEPT_FOR

LIST = "admin:advisor_signal_changelist"
CARDS = ("admin/advisor/signal/_seen.html", "admin/advisor/signal/_make.html", "admin/advisor/signal/_alike.html")
NARROWED_BY = {
    "goals__rule": ("the rule", "rules"),
    "goals__need": ("the goal", "needs"),
    "slug": ("the row", ""),
    "modality": ("the kind", "modalities"),
}
"""Lookups that links of ours use, beside those of the filters: what each is about, and its section."""
ROWS = 20
"""Of a table of counts: those with most to look at."""

NEEDS_A_LOOK = {Signal.Vote.PARTLY: "Partly useful", Signal.Vote.NO: "Not useful", Signal.Vote.YES: "Useful"}


class Names:
    """The draft's names of what signals name by slug: three queries, however many there are."""

    def __init__(self) -> None:
        self._of = {
            "industries": dict(Industry.objects.values_list("slug", "name")),
            "needs": dict(Need.objects.values_list("slug", "name")),
            "modalities": dict(Modality.objects.values_list("slug", "name")),
        }

    def __call__(self, section: str, slug: str) -> str:
        return str(self._of[section].get(slug, slug))


def _rule_names(slugs: Iterable[str]) -> dict[str, str]:
    """What the draft's rules of these slugs say, in short. Those that are gone are left out."""
    rules = Rule.objects.filter(slug__in=set(slugs)).select_related("category").prefetch_related(*CELLS_FIELDS)
    return {rule.slug: rule.heading() for rule in rules}


def _name_of(section: str, slug: str) -> str:
    """Of a draft record, as editors know it. Its slug when it is gone."""
    if section == "rules":
        return _rule_names([slug]).get(slug, slug)
    found = DRAFT_MODELS[section].objects.filter(slug=slug).first() if section in DRAFT_MODELS else None
    return str(found or slug)


def _listed(**lookups: str) -> str:
    """The list, narrowed to these, whatever their state."""
    return f"{reverse(LIST)}?{urlencode({'state': 'all', **lookups})}"


class StateFilter(admin.SimpleListFilter):
    """What is still to do, unless another is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((str(value), str(label)) for value, label in Signal.State.choices), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "To do"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Signal]) -> QuerySet[Signal]:
        if self.value() is None:
            return queryset.exclude(state=Signal.State.DONE)
        return queryset.filter(state=self.value()) if self.value() in Signal.State.values else queryset


class JunkFilter(admin.SimpleListFilter):
    title = "junk"
    parameter_name = "junk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Looks like junk")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "No junk"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Signal]) -> QuerySet[Signal]:
        return queryset.filter(junk=self.value() == "yes")


class IndustryFilter(admin.SimpleListFilter):
    title = "industry"
    parameter_name = "industry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = dict(Industry.objects.values_list("slug", "name"))
        slugs = Signal.objects.order_by("industry").values_list("industry", flat=True).distinct()
        return sorted(((slug, names.get(slug, slug)) for slug in slugs), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Signal]) -> QuerySet[Signal]:
        return queryset.filter(industry=self.value()) if self.value() else queryset


class ReleaseFilter(admin.SimpleListFilter):
    title = "release"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        numbers = Signal.objects.order_by("-release_id").values_list("release_id", flat=True).distinct()
        return [(str(number), f"Release {number}") for number in numbers]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Signal]) -> QuerySet[Signal]:
        value = self.value() or ""
        return queryset.filter(release_id=int(value)) if value.isdecimal() and len(value) < 10 else queryset


@admin.register(Signal)
class SignalAdmin(Trailed[Signal]):
    trail_fields = ("state",)
    list_display = ("tells", "about", "text", "ways", "state", "day")
    list_display_links = ("tells",)
    list_filter = (StateFilter, "kind", "vote", IndustryFilter, ReleaseFilter, JunkFilter)
    list_per_page = 50
    show_full_result_count = False
    actions = ("mark_seen", "mark_done", "drop_words")
    fields = (
        "state",
        "tells",
        "row",
        "text",
        "about",
        "decided",
        "release_number",
        "received_at",
        "deleted_on",
        "result",
    )
    readonly_fields: ClassVar[tuple[str, ...]] = fields[1:]

    # Who may do what

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only visitors write signals."""
        return False

    def get_fields(self, request: HttpRequest, obj: Signal | None = None) -> list[Any]:
        return [name for name in self.fields if name != "text" or reads_words(request)]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [name for name in self.list_display if name != "text" or reads_words(request)]

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("words", "part", "slug") if reads_words(request) else ("part", "slug")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in NARROWED_BY or super().lookup_allowed(lookup, value, request)

    # What the list shows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Signal]:
        return super().get_queryset(request).prefetch_related("goals")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        names, may_change = Names(), self.has_change_permission(request)
        for signal in changelist.result_list:
            signal.names, signal.may_change, signal.list_query = names, may_change, request.GET.urlencode()
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Signal | None:
        signal = super().get_object(request, object_id, from_field)
        if signal:
            signal.names = Names()  # type: ignore[attr-defined]  # for its page
        return signal

    @admin.display(description="what they told")
    def tells(self, signal: Signal) -> str:
        names: Names = signal.names  # type: ignore[attr-defined]  # set above for the list and for the page
        if signal.kind == Signal.Kind.NOT_LISTED:
            kind = names("modalities", signal.modality) if signal.modality else "something else"
            return f"A goal is missing: {kind}"
        if signal.kind == Signal.Kind.WRONG:
            return f"Wrong: {signal.part}"
        return NEEDS_A_LOOK[Signal.Vote(signal.vote)]

    @admin.display(description="for whom")
    def about(self, signal: Signal) -> str:
        names: Names = signal.names  # type: ignore[attr-defined]  # set above for the list and for the page
        goals = [names("needs", need) for need in dict.fromkeys(goal.need for goal in signal.goals.all())]
        more = f" and {len(goals) - 3} more" if len(goals) > 3 else ""
        return ": ".join(filter(None, (names("industries", signal.industry), "; ".join(goals[:3]) + more)))

    @admin.display(description="release")
    def release_number(self, signal: Signal) -> int:
        return signal.release_id

    @admin.display(description="day", ordering="received_at")
    def day(self, signal: Signal) -> str:
        return f"{date_format(signal.received_at, 'j M')}, release {signal.release_id}"

    @admin.display(description="in their words")
    def text(self, signal: Signal) -> str:
        return signal.words or "–"

    @admin.display(description="what to do")
    def ways(self, signal: Signal) -> SafeString:
        seen = format_html(
            '<a href="{}" aria-label="What they saw: {}">What they saw</a>', saw(signal), self.tells(signal)
        )
        if not getattr(signal, "may_change", False) or signal.state == Signal.State.DONE:
            return seen
        return seen + format_html_join(
            "",
            ' <button type="submit" class="button" formaction="{}" aria-label="{}: {}">{}</button>',
            (
                (f"{_mark(signal, state)}?{getattr(signal, 'list_query', '')}", label, self.tells(signal), label)
                for state, label in ((Signal.State.SEEN, "Looked at"), (Signal.State.DONE, "Done"))
                if state != signal.state
            ),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        narrowed = [
            (label, _name_of(section, request.GET[key]) if section else request.GET[key])
            for key, (label, section) in NARROWED_BY.items()
            if key in request.GET
        ]
        more = {"narrowed": narrowed, "title": "What visitors told"}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    # What a signal's page shows

    @admin.display(description="the row that it is about")
    def row(self, signal: Signal) -> str | SafeString:
        if not signal.section:
            return "–"
        link = reverse("simulator-record", args=[signal.section, signal.slug])
        kind = DRAFT_MODELS[signal.section]._meta.verbose_name if signal.section in DRAFT_MODELS else signal.section
        return format_html('{}: <a href="{}">{}</a>', capfirst(kind), link, _name_of(signal.section, signal.slug))

    @admin.display(description="rules that decided it")
    def decided(self, signal: Signal) -> str | SafeString:
        said = _rule_names(goal.rule for goal in signal.goals.all())
        rules = dict.fromkeys(goal.rule for goal in signal.goals.all())
        return (
            format_html_join(
                SafeString("<br>"),
                '<a href="{}">{}</a>',
                ((reverse("simulator-record", args=["rules", rule]), said.get(rule, rule)) for rule in rules),
            )
            or "–"
        )

    @admin.display(description="deleted on")
    def deleted_on(self, signal: Signal) -> str:
        told = date_format(signal.received_at + KEPT_FOR, "j F Y")
        return f"{told}, the words on {date_format(signal.received_at + WORDS_KEPT_FOR, 'j F Y')}"

    @admin.display(description="what came of it")
    def result(self, signal: Signal) -> str | SafeString:
        if not signal.made:
            return "Nothing yet."
        link = reverse("simulator-record", args=[signal.made_section, signal.made_slug])
        return format_html('<a href="{}">{}</a>', link, signal.made)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        signal = context.get("original")
        if signal:
            advice = fromsignals.advice_of(signal)
            context |= {
                "title": "What a visitor told",
                "beside": CARDS,
                "saw": saw(signal),
                "advice": advice,
                "ways": [
                    (label, fromsignals.address(model, signal))
                    for model, label in ((Need, "A draft goal"), (Rule, "A draft rule"), (Example, "An example"))
                    if request.user.has_perm(f"advisor.add_{model._meta.model_name}")
                    and self.has_change_permission(request, signal)
                    and (model is not Example or advice)
                ],
                "alike": list(_alike(signal)),
                "may_drop_words": bool(signal.words) and reads_words(request),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    # What can be done

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("counts/", wrap(require_safe(self.counts)), name="advisor_signal_counts"),
            path("<int:pk>/mark/<str:what>/", wrap(require_POST(self.mark)), name="advisor_signal_mark"),
            *super().get_urls(),
        ]

    def mark(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        """One press in the list or on the page: a state, or the words gone. The list stays as it was narrowed."""
        signal = get_object_or_404(Signal, pk=pk)
        if not self.has_change_permission(request, signal):
            raise PermissionDenied
        if what == "wordless":
            self._drop_words(request, [signal])
            return redirect("admin:advisor_signal_change", pk)
        if what in Signal.State.values:
            self._mark(request, [signal], Signal.State(what))
        return redirect(f"{reverse(LIST)}?{request.META.get('QUERY_STRING', '')}")

    @admin.action(description="Mark as looked at", permissions=["change"])
    def mark_seen(self, request: HttpRequest, chosen: QuerySet[Signal]) -> None:
        self._mark(request, chosen, Signal.State.SEEN)

    @admin.action(description="Mark as done", permissions=["change"])
    def mark_done(self, request: HttpRequest, chosen: QuerySet[Signal]) -> None:
        self._mark(request, chosen, Signal.State.DONE)

    @admin.action(description="Delete their words", permissions=["change"])
    def drop_words(self, request: HttpRequest, chosen: QuerySet[Signal]) -> None:
        self._drop_words(request, chosen)

    def _mark(self, request: HttpRequest, chosen: Iterable[Signal], state: Signal.State) -> None:
        marked = [signal for signal in chosen if signal.state != state]
        for signal in marked:
            before, signal.state = signal.get_state_display(), state
            signal.save(update_fields=["state"])
            self.trail(request, f"Marked as {state.label.lower()}", signal, changes={"state": (before, state.label)})
        self.message_user(request, f"{_number(len(marked))} marked as {state.label.lower()}.", messages.SUCCESS)

    def _drop_words(self, request: HttpRequest, chosen: Iterable[Signal]) -> None:
        spoken = [signal for signal in chosen if signal.words]
        for signal in spoken:
            signal.words = ""
            signal.save(update_fields=["words"])
            self.trail(request, "Deleted the visitor’s words in", signal)
        self.message_user(request, f"The words of {_number(len(spoken))} are deleted.", messages.SUCCESS)

    # Counted

    def counts(self, request: HttpRequest) -> HttpResponse:
        """How many told what: of each kind, of missing goals, of rules and goals, of releases."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = request.GET.get("of", "")
        of = int(number) if number.isdecimal() and len(number) < 10 else None
        counted = Signal.objects.filter(junk=False)
        releases = sorted(set(counted.order_by().values_list("release_id", flat=True)), reverse=True)
        if of is not None:
            counted = counted.filter(release_id=of)
        names = Names()
        context = {
            **self.admin_site.each_context(request),
            "title": "Signals, counted",
            "opts": self.opts,
            "of": of,
            "releases": releases,
            "kinds": list(_kinds(counted, of)),
            "missing": list(_missing(counted, names, of)),
            "rules": _votes(counted, "rule", of, names),
            "needs": _votes(counted, "need", of, names),
            "by_release": list(_releases(counted)),
        }
        return TemplateResponse(request, "admin/advisor/signal/counts.html", context)


def saw(signal: Signal) -> str:
    """The simulator on the answers of this signal and the release that the visitor had."""
    return simulator.address(signal.answers, release=str(signal.release_id))


def _mark(signal: Signal, state: Signal.State) -> str:
    return reverse("admin:advisor_signal_mark", args=[signal.pk, state])


def _number(count: int) -> str:
    return f"{count} signal" if count == 1 else f"{count} signals"


def _alike(signal: Signal) -> Iterator[tuple[str, int, str]]:
    """What else was told about the same: in words, how often, and where the list of it is."""
    others = Signal.objects.filter(junk=False)
    if signal.kind == Signal.Kind.NOT_LISTED:
        alike = {"kind": signal.kind, "industry": signal.industry, "modality": signal.modality}
        yield "Missing in the same industry and kind", others.filter(**alike).count(), _listed(**alike)
    if signal.section:
        about = {"section": signal.section, "slug": signal.slug}
        yield "About the same row", others.filter(**about).count(), _listed(slug=signal.slug)
    rules = sorted({goal.rule for goal in signal.goals.all()})[:5]
    found = SignalGoal.objects.filter(signal__in=others, rule__in=rules).order_by().values_list("rule")
    counts = dict(found.annotate(Count("signal", distinct=True)))
    said = _rule_names(rules)
    for rule in rules:
        yield said.get(rule, f"The rule {rule}"), counts.get(rule, 0), _listed(goals__rule=rule)


def _of(of: int | None) -> dict[str, str]:
    return {} if of is None else {"of": str(of)}


def _kinds(counted: QuerySet[Signal], of: int | None) -> Iterator[dict[str, Any]]:
    columns = {"todo": Count("pk", filter=~Q(state=Signal.State.DONE)), "total": Count("pk")}
    found = {kind: rest for kind, *rest in counted.order_by().values_list("kind").annotate(**columns)}
    for kind, label in Signal.Kind.choices:
        waiting, total = found.get(kind, (0, 0))
        yield {"label": label, "todo": waiting, "all": total, "url": _listed(kind=kind, **_of(of))}


def _missing(counted: QuerySet[Signal], names: Names, of: int | None) -> Iterator[dict[str, Any]]:
    found = counted.filter(kind=Signal.Kind.NOT_LISTED).order_by().values_list("industry", "modality")
    for industry, modality, number in found.annotate(number=Count("pk")).order_by("-number", "industry")[:ROWS]:
        yield {
            "industry": names("industries", industry),
            "kind": names("modalities", modality) if modality else "Something else",
            "number": number,
            "url": _listed(kind=Signal.Kind.NOT_LISTED, industry=industry, modality=modality, **_of(of)),
        }


@dataclass
class Votes:
    """Of one rule or goal: how useful the advice was in which it had a part, and how often itself was called wrong."""

    name: str
    record: str
    url: str
    yes: int = 0
    partly: int = 0
    no: int = 0
    wrong: int = 0

    @property
    def rank(self) -> tuple[int, int, str]:
        return (-self.no - self.wrong, -self.partly, self.name)


def _votes(counted: QuerySet[Signal], of_what: str, of: int | None, names: Names) -> list[Votes]:
    """Those with most “no” first."""
    votes: dict[str, Votes] = {}

    def row(slug: str) -> Votes:
        section = f"{of_what}s"
        return votes.setdefault(
            slug,
            Votes(
                name=names("needs", slug) if of_what == "need" else slug,
                record=reverse("simulator-record", args=[section, slug]),
                url=_listed(**{f"goals__{of_what}": slug}, **_of(of)),
            ),
        )

    useful = SignalGoal.objects.filter(signal__in=counted.filter(kind=Signal.Kind.USEFUL)).order_by()
    for slug, vote, number in useful.values_list(of_what, "signal__vote").annotate(Count("signal", distinct=True)):
        setattr(row(slug), vote, number)
    if of_what == "rule":
        called = counted.filter(kind=Signal.Kind.WRONG, section="rules").order_by().values_list("slug")
        for slug, number in called.annotate(Count("pk")):
            row(slug).wrong = number
    shown = dict(sorted(votes.items(), key=lambda item: item[1].rank)[:ROWS])
    for slug, name in _rule_names(shown if of_what == "rule" else ()).items():
        shown[slug].name = name
    return list(shown.values())


def _releases(counted: QuerySet[Signal]) -> Iterator[dict[str, Any]]:
    columns = {
        **{f"votes_{vote}": Count("pk", filter=Q(vote=vote)) for vote in Signal.Vote.values},
        "called_wrong": Count("pk", filter=Q(kind=Signal.Kind.WRONG)),
        "missed": Count("pk", filter=Q(kind=Signal.Kind.NOT_LISTED)),
    }
    found = counted.order_by().values("release_id").annotate(**columns).order_by("-release_id")[:ROWS]
    for row in found:
        yield {**row, "url": _listed(of=str(row["release_id"]))}
