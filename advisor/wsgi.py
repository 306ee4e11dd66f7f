"""Where gunicorn finds the site."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

NO_FORM = "application/octet-stream"

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisor.settings")
django_application = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The site, which reads every form as UTF-8, as every browser sends ours.

    Django reads even the address in the encoding that the body claims to have. Some that Python knows (`rot13`, `hex`)
    turn no bytes into text, and it breaks down before any of its own error pages can help. So a body in another
    encoding passes for one that holds no form.
    """
    if not is_readable(environ.get("CONTENT_TYPE", "")):
        environ["CONTENT_TYPE"] = NO_FORM
    return django_application(environ, start_response)


def is_readable(content_type: str) -> bool:
    try:
        _, parameters = parse_header_parameters(content_type)
    except (ValueError, LookupError):  # a parameter in an encoding of its own
        return False
    return parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8")
