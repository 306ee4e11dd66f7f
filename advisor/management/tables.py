"""What every command says when the database is not ready."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError, ProgrammingError


@contextmanager
def tables_needed() -> Iterator[None]:
    """Turn a database error in this block into one line, which says what to run where there are no tables."""
    try:
        yield
    except DatabaseError as error:
        if isinstance(error, ProgrammingError) or "no such table" in str(error):
            raise CommandError("The database has no tables yet. Run `manage.py migrate` first.") from error
        raise CommandError(f"The database can't be used: {error}.") from error
