"""How the site did lately: failures, slow pages, slow statements, what was turned away."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from advisor import figures
from advisor.figures import Figures

SHOWN = 8
"""Lines of each list."""


def report_of(found: Figures, start: datetime, end: datetime) -> dict[str, Any]:
    pages = found.pages
    requests = sum(page.count() for page in pages.values())
    failed = sum(page.count("5") for page in pages.values())
    return {
        "from": start.isoformat(timespec="minutes"),
        "to": end.isoformat(timespec="minutes"),
        "requests": requests,
        "failed": failed,
        "failed_share": failed / requests if requests else 0.0,
        "rate_limited": sum(page.count("429") for page in pages.values()),
        "failures": [
            {"page": name, "failed": page.count("5"), "requests": page.count(), "statuses": _statuses(page.statuses)}
            for name, page in sorted(pages.items(), key=lambda pair: -pair[1].count("5"))
            if page.count("5")
        ],
        "pages": [
            {
                "page": name,
                "requests": page.count(),
                "half_within_ms": page.share_within(0.5),
                "most_within_ms": page.share_within(0.95),
                "longest_ms": page.longest,
            }
            for name, page in sorted(pages.items(), key=lambda pair: -pair[1].share_within(0.95))
        ],
        "slow_statements": [
            {"statement": form, "times": one.times, "ms": one.ms, "longest_ms": one.longest}
            for form, one in sorted(found.statements.items(), key=lambda pair: -pair[1].ms)
        ],
    }


def _statuses(statuses: dict[str, int]) -> dict[str, int]:
    return {status: times for status, times in sorted(statuses.items()) if status.startswith("5")}


class Command(BaseCommand):
    help = "How the site did lately on this machine: failures, slow pages, slow statements, what was turned away."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=int, default=24, help="how far to look back; 24 when left out")
        parser.add_argument("--json", action="store_true", help="print the figures as one object")

    def handle(self, *args: Any, hours: int, **options: Any) -> None:
        most = int(figures.KEPT_FOR / timedelta(hours=1))
        if not 1 <= hours <= most:
            raise CommandError(f"--hours takes 1 to {most}: older figures are not kept.")
        end = timezone.now()
        start = end - timedelta(hours=hours)
        report = report_of(figures.since(start), start, end)
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=1))
            return
        self.stdout.write(f"From {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, on this machine.")
        for line in self._lines(report):
            self.stdout.write(line)

    def _lines(self, report: dict[str, Any]) -> list[str]:
        if not report["requests"]:
            return ["No request was counted."]
        lines = [
            f"{report['requests']} requests. {report['failed']} failed ({report['failed_share']:.2%}). "
            f"{report['rate_limited']} were turned away as too many."
        ]
        if report["failures"]:
            lines += ["", "Failures, by page:"]
        for one in report["failures"][:SHOWN]:
            codes = ", ".join(f"{status}: {times}" for status, times in one["statuses"].items())
            lines.append(f"  {one['page']}: {one['failed']} of {one['requests']} ({codes})")
        lines += ["", "Slowest pages, by the time within which 95 of 100 were answered:"]
        for one in report["pages"][:SHOWN]:
            lines.append(
                f"  {one['page']}: {_time(one['most_within_ms'])} (half within {_time(one['half_within_ms'])}, "
                f"longest {_time(one['longest_ms'])}), {one['requests']} requests"
            )
        if report["slow_statements"]:
            lines += ["", f"Statements to the database that took {figures.SLOW} ms or more:"]
        for one in report["slow_statements"][:SHOWN]:
            lines.append(
                f"  {one['times']} times, {_time(one['ms'])} in all, longest {_time(one['longest_ms'])}: "
                f"{one['statement']}"
            )
        return lines


def _time(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms"
