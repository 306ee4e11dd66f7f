"""What templates ask of a catalogue, and how they keep what never changes within a release."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import chain, zip_longest
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, render_value_in_context
from django.template.context import Context
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from advisor import qr
from advisor.decision.recommendation import Part

register = template.Library()

MOST_KEPT = 1_500_000
"""How many characters of page a process keeps, at two bytes each. Beyond that it starts anew, so memory stays flat."""


class Kept(NamedTuple):
    """A piece of page as it is kept: the texts between its gaps, and what fills each gap."""

    texts: Sequence[SafeString]
    gaps: Sequence[FilterExpression]

    def filled(self, context: Context) -> str:
        fillings = [render_value_in_context(gap.resolve(context), context) for gap in self.gaps]
        return "".join(chain.from_iterable(zip_longest(self.texts, fillings, fillvalue="")))


_kept: dict[tuple[object, ...], Kept] = {}
_kept_characters = 0

_GAP = "\0"
"""Stands for a gap while a piece is rendered. No page of ours holds it."""

_GAPS = "gaps_of_kept"
"""In the context of a piece that is being rendered: what fills its gaps, in their order."""


@register.filter
def records(slugs: Iterable[str], by_slug: Mapping[str, Any]) -> list[Any]:
    """The records that these slugs name, in their order: `claim.sources|records:sources`."""
    return [by_slug[slug] for slug in slugs]


@register.filter
def sentence(parts: Iterable[Part]) -> SafeString:
    """A sentence of the decision as HTML, with the visitor's own answers marked in it."""
    html = [f'<mark class="words">{escape(part.text)}</mark>' if part.answer else escape(part.text) for part in parts]
    return SafeString("".join(html))


@register.filter
def names(entries: Iterable[Any]) -> str:
    """The names of records, one after the other."""
    return ", ".join([entry.name for entry in entries])


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

    child_nodelists = ()
    """It holds no block, so a page that extends another need not look for one in it, each time anew."""

    def __init__(self, name: str, values: Sequence[FilterExpression], nodelist: NodeList) -> None:
        self.name, self.values, self.nodelist = name, values, nodelist

    def render(self, context: Context) -> SafeString:
        release, site = context.get("release"), context.get("site")
        key = (
            self.name,
            (release["number"], release["sha256"]) if release else None,
            site.digest if site else None,
            context.get("locale") or get_language(),
            context.get("as_of") or timezone.localdate(),
            *[value.resolve(context) for value in self.values],
        )
        kept = _kept.get(key)
        if kept is None:
            kept = self._rendered(context)
            _keep(key, kept)
        if not kept.gaps:
            return kept.texts[0]
        outer = context.get(_GAPS)
        if outer is not None:
            outer.extend(kept.gaps)
        return SafeString(_GAP.join(kept.texts) if outer is not None else kept.filled(context))

    def _rendered(self, context: Context) -> Kept:
        gaps: list[FilterExpression] = []
        with context.push(**{_GAPS: gaps}):
            html = self.nodelist.render(context)
        return Kept([SafeString(text) for text in html.split(_GAP)], gaps)


class GapNode(template.Node):
    """What is the visitor's own in a piece that is kept for everybody."""

    def __init__(self, value: FilterExpression) -> None:
        self.value = value

    def render(self, context: Context) -> SafeString:
        gaps = context.get(_GAPS)
        if gaps is not None:
            gaps.append(self.value)
        return SafeString(_GAP if gaps is not None else render_value_in_context(self.value.resolve(context), context))


def _keep(key: tuple[object, ...], piece: Kept) -> None:
    global _kept_characters
    if _kept_characters > MOST_KEPT:
        _kept.clear()
        _kept_characters = 0
    _kept[key] = piece
    _kept_characters += sum(map(len, piece.texts))


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """`{% kept "tool" tool.slug %}...{% endkept %}`: rendered once for each release, site, day, language and value.

    What stands inside must not depend on anything else, least of all on the request. What does, goes into a gap:
    `{% gap share_url %}`. It is filled anew each time from what the page knows where `kept` stands, so not from names
    that are given inside.
    """
    _tag, name, *values = token.split_contents()
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(name.strip("\"'"), [parser.compile_filter(value) for value in values], nodelist)


@register.tag
def gap(parser: Parser, token: Token) -> GapNode:
    """Like `{{ value }}`; within `kept` it is not kept."""
    _tag, value = token.split_contents()
    return GapNode(parser.compile_filter(value))
