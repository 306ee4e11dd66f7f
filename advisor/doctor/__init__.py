"""What is wrong with an installation, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import DatabaseError

from advisor.doctor import database, files, people, services
from advisor.doctor.finding import Finding

Check = Callable[[], Iterator[Finding]]

WITHOUT_DATABASE: tuple[Check, ...] = (
    files.settings_that_nothing_reads,
    files.rights,
    files.owners,
    files.disk,
    files.clock_of_files,
    files.static_files,
    files.pdf_libraries,
    services.timer_runs,
    services.backups_are_made,
    services.mail_server,
)
WITH_DATABASE: tuple[Check, ...] = (
    database.writable,
    database.migrated,
    database.sqlite,
    database.clock,
    database.release,
    database.audit_trail,
    services.mails_that_wait,
    people.staff,
    people.second_steps,
)
"""These are left out while the database is away."""


def examine() -> Iterator[Finding]:
    """Everything that is wrong, the way it is best mended: what others depend on first."""
    away = list(database.reachable())
    yield from away
    for check in () if away else WITH_DATABASE:
        try:
            yield from check()
        except DatabaseError as problem:
            yield database.failed(check.__name__, problem)
    for check in WITHOUT_DATABASE:
        yield from check()
