"""What every command says when the database is not ready."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError


@contextmanager
def tables_needed() -> Iterator[None]:
    """Turn a database error in this block into a line that says which command to run."""
    try:
        yield
    except DatabaseError as error:
        raise CommandError("The database has no tables yet. Run `manage.py migrate` first.") from error
