"""A whole list put in order at once: by dragging, or by buttons that work from the keyboard and without a script."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator, capfirst

from advisor.admin import notsent
from advisor.admin.meanwhile import SEEN
from advisor.admin.trail import Trailed
from advisor.decision.texts import name_of
from advisor.models.bases import STEP, Entry

E = TypeVar("E", bound=Entry)
T = TypeVar("T")

TOLD = 50
"""So many moved records are named in the trail. Of more it says how many."""
SAYS_WHAT_IT_IS = ("because", "text", "what_for", "meaning", "summary", "help", "publisher", "answers")


class Ordered(Trailed[E]):
    """A list with an order that visitors see."""

    named_by: ClassVar[Sequence[str]] = ()
    """The references whose names `name_in_order` needs."""

    def name_in_order(self, row: E) -> str:
        return capfirst(name_of(row))  # type: ignore[arg-type]  # a row has the same names as the record

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_order"
        return [path("order/", self.admin_site.admin_view(self.order), name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        own = {"order_url": self._order_url()} if self.has_change_permission(request) else {}
        return super().changelist_view(request, {**own, **(extra_context or {})})

    def order(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            sent = notsent.typed(request)
            if sent is not None:
                return self._order_page(request, self._as_sent(sent), seen=sent.get(SEEN, ""))
            rows_now = self._stored()
            return self._order_page(request, rows_now, seen=digest(rows_now))
        try:
            return self._take_order(request)
        except DatabaseError:
            response = self._order_page(
                request, self._as_sent(request.POST), seen=request.POST.get(SEEN, ""), said=notsent.NOT_SAVED
            )
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = "60"
        return response

    def _as_sent(self, sent: QueryDict) -> list[E]:
        rows = {row.pk: row for row in self._stored()}
        return [rows[pk] for pk in merged(_numbers(sent), list(rows))]

    def _take_order(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            # Locked, so that nobody saves another order between this look and ours.
            stored = self._stored(lock=True)
            wanted = merged(_numbers(request.POST), [row.pk for row in stored])
            rows = {row.pk: row for row in stored}
            if "move" in request.POST:
                said = self._move(wanted, request.POST["move"], rows)
                return self._order_page(
                    request, [rows[pk] for pk in wanted], said=said, seen=request.POST.get(SEEN, "")
                )
            if request.POST.get(SEEN) != digest(stored) and wanted != [row.pk for row in stored]:
                return self._order_page(request, [rows[pk] for pk in wanted], seen=digest(stored), meanwhile=stored)
            moved = self._save_order(request, stored, wanted)
        if moved:
            messages.success(request, "The order is saved. Visitors see it after the next release.")
        else:
            messages.info(request, "The order is as it was, so there was nothing to save.")
        return HttpResponseRedirect(self._list_url(), status=HTTPStatus.SEE_OTHER)

    def _stored(self, *, lock: bool = False) -> list[E]:
        rows: Any = self.model._default_manager.order_by("position", "slug")
        if lock:
            list(rows.select_for_update().values_list("pk"))
        return list(rows.prefetch_related(*names_of(self.model, self.named_by)))

    def _save_order(self, request: HttpRequest, stored: Sequence[E], wanted: Sequence[int]) -> int:
        """Give as few rows as can be another position, and say in the trail which ones were moved."""
        before = [row.pk for row in stored]
        if before == list(wanted):
            return 0
        positions = positions_for(stored, wanted)
        changed = [row for row in stored if row.position != positions[row.pk]]
        for row in changed:
            row.position = positions[row.pk]
        self.model._default_manager.bulk_update(changed, ["position"], batch_size=500)
        old, new = ({pk: place for place, pk in enumerate(pks, start=1)} for pks in (before, wanted))
        rows = {row.pk: row for row in stored}
        moved = [rows[pk] for pk in wanted if pk in moved_among(before, wanted)]
        for row in moved:
            self.log_change(request, row, f"Moved from place {old[row.pk]} to place {new[row.pk]}.")
        changes: dict[str, tuple[Any, Any]] = {row.slug: (old[row.pk], new[row.pk]) for row in moved[:TOLD]}
        if len(moved) > TOLD:
            changes["others"] = (f"{len(moved) - TOLD} more", f"{len(moved) - TOLD} more")
        self.trail(request, f"Changed the order of the list: {self.opts.verbose_name_plural}", changes=changes)
        return len(moved)

    def _order_page(
        self,
        request: HttpRequest,
        rows: Sequence[E],
        *,
        seen: str,
        said: str = "",
        meanwhile: Sequence[E] | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Put in order: {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "rows": [(row, self.name_in_order(row), what_it_is(row)) for row in rows],
            "seen": seen,
            "said": said,
            "meanwhile": meanwhile,
            "theirs": [self.name_in_order(row) for row in meanwhile or ()],
            "list_url": self._list_url(),
            "order_url": self._order_url(),
        }
        status = HTTPStatus.OK if meanwhile is None else HTTPStatus.CONFLICT
        return TemplateResponse(request, "admin/advisor/order.html", context, status=status)

    def _move(self, order: list[int], how: str, rows: Mapping[int, E]) -> str:
        """Move one, as in `up:12`, and say where it is now. What can't be understood moves nothing."""
        verb, _, number = how.partition(":")
        pk = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
        if pk not in rows or verb not in ("up", "down", "top"):
            return ""
        place = order.index(pk)
        order.pop(place)
        place = {"up": max(0, place - 1), "down": min(len(order), place + 1), "top": 0}[verb]
        order.insert(place, pk)
        return f"{self.name_in_order(rows[pk])} is number {place + 1} of {len(order)}. Not saved yet."

    def _order_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_order")

    def _list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


def names_of(model: type[Entry], references: Sequence[str]) -> list[Prefetch[str]]:
    """To be fetched with the rows: of what they point at no more than the names."""
    found = []
    for name in references:
        target: Any = model._meta.get_field(name).related_model
        found.append(Prefetch(name, queryset=target._default_manager.only("name")))
    return found


def digest(rows: Sequence[Entry]) -> str:
    """Of which records the list has and in which order, whatever their positions are."""
    return hashlib.sha256(repr([row.pk for row in rows]).encode()).hexdigest()


def _numbers(sent: QueryDict) -> list[int]:
    numbers = [number for number in sent.getlist("order") if number.isascii() and number.isdigit()]
    return [int(number) for number in numbers if len(number) < 19]


def merged(sent: Sequence[int], stored: Sequence[int]) -> list[int]:
    """The order that was sent, without what is gone, and with what came behind the one that it follows in the list."""
    known = set(stored)
    order = [pk for pk in dict.fromkeys(sent) if pk in known]
    placed = set(order)
    for place, pk in enumerate(stored):
        if pk not in placed:
            order.insert(order.index(stored[place - 1]) + 1 if place else 0, pk)
            placed.add(pk)
    return order


def positions_for(stored: Sequence[Entry], wanted: Sequence[int]) -> dict[int, int]:
    """The positions that are there, given out anew. Where two are the same, all are numbered anew."""
    there = sorted({row.position for row in stored})
    if len(there) < len(stored):
        there = [place * STEP for place in range(1, len(stored) + 1)]
    return dict(zip(wanted, there, strict=True))


def moved_among(before: Sequence[T], after: Sequence[T]) -> set[T]:
    """The fewest that must have been moved: all but a longest run that kept its order."""
    place = {pk: number for number, pk in enumerate(before)}
    ends: list[int] = []
    chains: list[tuple[T, Any]] = []
    for pk in after:
        at = bisect_left(ends, place[pk])
        chain = (pk, chains[at - 1] if at else None)
        if at == len(ends):
            ends.append(place[pk])
            chains.append(chain)
        else:
            ends[at], chains[at] = place[pk], chain
    stayed: set[T] = set()
    link: Any = chains[-1] if chains else None
    while link:
        stayed.add(link[0])
        link = link[1]
    return set(after) - stayed


def what_it_is(row: Entry) -> str:
    """A few words more than its name."""
    said = next((str(getattr(row, name)) for name in SAYS_WHAT_IT_IS if getattr(row, name, "")), "")
    return Truncator(said).chars(90)
