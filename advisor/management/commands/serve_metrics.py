"""Serve the figures for Prometheus on this machine alone."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from advisor import metrics


class Command(BaseCommand):
    help = "Serve figures for Prometheus on 127.0.0.1. The server starts this itself when SIGNPOST_METRICS_PORT is set."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.SIGNPOST_METRICS_PORT is None:
            raise CommandError("No port is set: write SIGNPOST_METRICS_PORT=9464.")
        metrics.serve(settings.SIGNPOST_METRICS_PORT)
