"""The page's settings, view and application, in one module as it has nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

HERE = Path(__file__).resolve().parent

if not settings.configured:
    settings.configure(
        SECRET_KEY="a page that lives for one benchmark",  # protects nothing
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="tests.benchmarks.floors.page.site",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.gzip.GZipMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HERE / "templates"],
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
    )

CHOICES = [
    {
        "value": f"choice-number-{number}",
        "label": f"Write letters of kind {number} to customers",
        "help": f"For example an answer to question {number}, a reminder or a note of thanks.",
        "checked": number % 7 == 0,
    }
    for number in range(30)
]
FILLING = Path(os.environ["PAGE_FILLING"]).read_text(encoding="ascii") if "PAGE_FILLING" in os.environ else ""
SIZE = int(os.environ.get("PAGE_SIZE", "12288"))
_missing = 0


def page(request: HttpRequest) -> HttpResponse:
    """The page at its full size. The first call finds out how much filling that takes."""
    global _missing
    if not _missing:
        _missing = max(SIZE - len(_render(request, "").content), 1)
    return _render(request, FILLING[:_missing])


def _render(request: HttpRequest, filling: str) -> HttpResponse:
    return render(request, "page.html", {"choices": CHOICES, "filling": filling})


urlpatterns = [path("", page)]
application = get_wsgi_application()
