"""Nothing of a visitor reaches a log: no answers, which stand in queries, and no tokens, which stand in paths."""

import re
from logging import Filter, LogRecord

_QUERY = re.compile(r"\?\S+")
_TOKEN = re.compile(r"/(r|manage|watch|sent|first-editor)/[^/\s\"']+")


def masked(text: str) -> str:
    """The text without queries and without what follows /r/ and its kind.

    >>> masked("Not Found: /r/abc123/record/?paper=letter")
    'Not Found: /r/***/record/?...'
    """
    return _TOKEN.sub(r"/\1/***", _QUERY.sub("?...", text))


class WithoutVisitors(Filter):
    """Masks every line on its way out."""

    def filter(self, record: LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), ()
        return True
