"""The form's settings, table, view and application, in one module as it has nothing else."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import ClassVar

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from advisor import database

ADDRESS = os.environ["STORE_DATABASE"]
FILE = Path(os.environ["STORE_FOLDER"]) / "store.sqlite3"
PLAIN = {"ENGINE": "django.db.backends.sqlite3", "CONN_MAX_AGE": 0}
"""Django's own engine as it comes, with what makes our own keep safely."""

settings.configure(
    SECRET_KEY="a form that lives for one benchmark",  # protects nothing
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    DATABASES={"default": database.postgresql(ADDRESS) if ADDRESS else {**database.sqlite(FILE), **PLAIN}},
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)
django.setup()


class Row(models.Model):
    """As wide as a kept result, with as many indexes."""

    token = models.CharField(max_length=64, unique=True)
    answers = models.TextField()
    document = models.BinaryField()
    saved_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects: ClassVar[models.Manager[Row]] = models.Manager()

    class Meta:
        app_label = "store"
        indexes = [models.Index(fields=["answers", "expires_at"], name="store_answers")]

    def __str__(self) -> str:
        return self.token


DOCUMENT = secrets.token_bytes(int(os.environ.get("STORE_BYTES", "400")))

with connection.schema_editor() as editor:
    editor.create_model(Row)
connection.close()
if connection.vendor == "postgresql":
    connection.close_pool()  # type: ignore[attr-defined]  # each worker opens its own


@csrf_exempt
def store(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponse("ready")
    token = secrets.token_hex(32)
    with transaction.atomic():
        Row.objects.create(token=token, answers=request.POST.urlencode(), document=DOCUMENT)
    return HttpResponseRedirect(f"/{token}/")


urlpatterns = [path("", store)]
application = get_wsgi_application()
