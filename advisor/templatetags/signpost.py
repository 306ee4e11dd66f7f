"""What templates ask of a catalogue, and how they keep what never changes within a release."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from advisor import qr

register = template.Library()

MOST_KEPT = 1_500_000
"""How many characters of page a process keeps, at two bytes each. Beyond that it starts anew, so memory stays flat."""

_kept: dict[tuple[object, ...], SafeString] = {}
_kept_characters = 0


@register.filter
def records(slugs: Iterable[str], by_slug: Mapping[str, Any]) -> list[Any]:
    """The records that these slugs name, in their order: `claim.sources|records:sources`."""
    return [by_slug[slug] for slug in slugs]


@register.filter
def qr_code(link: str) -> qr.Code | None:
    """For `advisor/_qr.html`. None when the link is too long to be read from a code."""
    return qr.of_link(link)


@register.filter
def mail_link(body: str, subject: str) -> str:
    """Opens the visitor's own mail program with this subject and text: `share_url|mail_link:subject`."""
    return "mailto:?" + urlencode({"subject": subject, "body": body}, quote_via=quote)


class KeptNode(template.Node):
    """A piece of page that depends on nothing but the release, the site, the language, the day and the values named.

    Release and day are those of the advice where the page shows some: `release` and `as_of` of the context.
    """

    def __init__(self, name: str, values: Sequence[FilterExpression], nodelist: NodeList) -> None:
        self.name, self.values, self.nodelist = name, values, nodelist

    def render(self, context: Context) -> SafeString:
        release, site = context.get("release"), context.get("site")
        key = (
            self.name,
            (release["number"], release["sha256"]) if release else None,
            site.digest if site else None,
            get_language(),
            context.get("as_of") or timezone.localdate(),
            *(value.resolve(context) for value in self.values),
        )
        html = _kept.get(key)
        if html is None:
            html = self.nodelist.render(context)
            _keep(key, html)
        return html


def _keep(key: tuple[object, ...], html: SafeString) -> None:
    global _kept_characters
    if _kept_characters > MOST_KEPT:
        _kept.clear()
        _kept_characters = 0
    _kept[key] = html
    _kept_characters += len(html)


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """`{% kept "tool" tool.slug %}...{% endkept %}`: rendered once for each release, site, day, language and value.

    What stands inside must not depend on anything else, least of all on the request.
    """
    _tag, name, *values = token.split_contents()
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(name.strip("\"'"), [parser.compile_filter(value) for value in values], nodelist)
