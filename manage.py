#!/usr/bin/env python3
"""Signpost's commands: `python manage.py help` lists them."""

import gc
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisor.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here. Run `make run` once, then use .venv/bin/python manage.py")
    gc.set_threshold(200_000)  # importing makes 150,000 objects and hardly any garbage to look for
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    finally:
        gc.freeze()  # or else Python looks through all of them again before it ends


if __name__ == "__main__":
    main()
