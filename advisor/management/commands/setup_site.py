"""Makes a site ready to serve: `make run` calls this before it starts the server. Doing it again changes nothing."""

import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from advisor.models import OwnerSettings, Recall


class Command(BaseCommand):
    help = "Bring database, content, first release and static files up to date; print a link for the first editor."

    def handle(self, *args: Any, **options: Any) -> None:
        self.step("Database", "migrate", interactive=False, verbosity=0)
        self.step("Roles", "make_roles")
        self.step("Content", "load_content", str(settings.BASE_DIR / "fixtures"), if_empty=True)
        self.step("Release", "publish", note="First release", if_none=True)
        OwnerSettings.sync()
        Recall.sync()
        self.step("Static files", "collectstatic", interactive=False, verbosity=0)
        call_command("first_editor", stdout=self.stdout, stderr=self.stderr)

    def step(self, title: str, command: str, *args: str, **options: Any) -> None:
        self.stdout.write(f"{title} ...")
        self.stdout.flush()
        start = time.monotonic()
        call_command(command, *args, stdout=self.stdout, stderr=self.stderr, **options)
        self.stdout.write(f"{title}: ready ({time.monotonic() - start:.1f} s)")
