"""How a log line looks, as text or as JSON, and what never gets into one.

Nothing of a visitor does: no answers, which stand in queries; no tokens, which stand in paths; and nothing of what an
exception says, as it may quote either. Which exception it was, and where in the code, is written down.
"""

import re
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from logging import Filter, Formatter, LogRecord
from pathlib import Path
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that this thread answers."""

_QUERY = re.compile(r"\?\S+")
_TOKEN = re.compile(r"/(r|manage|watch|sent|first-editor|not-sent|rescue)/[^/\s\"']+")
_LIKE_A_TOKEN = re.compile(r"/(?=[\w-]*[A-Z])[\w-]{20,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def masked(text: str) -> str:
    r"""The text in one line, without queries and without what follows /r/ and its kind, or looks as if it did.

    >>> masked("Not Found: /r/abc123/record/?paper=letter")
    'Not Found: /r/***/record/?...'
    >>> masked("Not Found: /a\n2026-11-25 INFO all is well")
    'Not Found: /a\\x0a2026-11-25 INFO all is well'
    """
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)  # first: a token with one in it is masked whole
    return _LIKE_A_TOKEN.sub("/***", _TOKEN.sub(r"/\1/***", _QUERY.sub("?...", text)))


class WithoutVisitors(Filter):
    """Masks every line on its way out."""

    def filter(self, record: LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), ()
        return True


class _Fields(Formatter):
    """What of a record is written. Nothing else that the caller gave along is: Django gives the whole request."""

    def __init__(self, *args: Any, whole_exceptions: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self._whole_exceptions = whole_exceptions

    def formatException(self, ei: ExcInfo) -> str:
        if self._whole_exceptions or ei[1] is None:
            return Formatter.formatException(self, ei)
        return "\n".join(_where(ei[1]))

    def fields(self, record: LogRecord) -> dict[str, Any]:
        of_request = getattr(getattr(record, "request", None), "signpost_id", "") or request_id.get()
        return {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **({"request": of_request} if of_request else {}),
            **getattr(record, "signpost", {}),
        }


class Json(_Fields, JsonFormatter):
    """One object a line."""

    def add_fields(self, log_data: dict[str, Any], record: LogRecord, message_dict: dict[str, Any]) -> None:
        log_data.update(self.fields(record))
        if record.exc_info:
            log_data["exception"] = self.formatException(record.exc_info).splitlines()


class Text(_Fields):
    """For people: one line, and below it where an exception came from."""

    def format(self, record: LogRecord) -> str:
        found = self.fields(record)
        time, level, name, message = (found.pop(key) for key in ("time", "level", "logger", "message"))
        line = f"{time} {level} {name}: {message}"
        if found:
            line += " [" + ", ".join(f"{key} {value}" for key, value in found.items()) + "]"
        if record.exc_info:
            line += "\n  " + self.formatException(record.exc_info).replace("\n", "\n  ")
        return line


FORMATTERS = {"json": Json, "text": Text}


def event(**fields: str | int) -> dict[str, Any]:
    """What goes along with a line as fields of its own: `logger.info("Sign-in failed", extra=event(who=...))`."""
    return {"signpost": fields}


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _where(error: BaseException) -> Iterator[str]:
    """The chain of exceptions by their names, each with its way through the code, the last step last."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from _where(earlier)
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"
