"""For whoever watches the site: is the process up, and can it do its work."""

import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from advisor import published
from advisor.doctor.files import LEAST_FREE
from advisor.models import Release


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Nothing else is asked."""
    return JsonResponse({"status": "up"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """503 with the names of the parts that fail. It tells no versions and no details."""
    failing = [name for name, holds in _PARTS.items() if not holds()]
    return JsonResponse(
        {"status": "failing" if failing else "ready", "failing": failing}, status=503 if failing else 200
    )


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _migrations() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _release() -> bool:
    """What visitors see is the newest, whole: a full disk may have kept the file from being replaced."""
    try:
        return published.is_file_current() and published.current().number == Release.objects.current().number
    except (published.NoRelease, Release.DoesNotExist, DatabaseError):
        return False


def _disk() -> bool:
    usage = shutil.disk_usage(settings.SIGNPOST_DATA)
    return usage.free >= usage.total * LEAST_FREE


_PARTS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrations,
    "release": _release,
    "disk": _disk,
}
