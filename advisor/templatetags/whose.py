"""Every form that has a token against forgery says for whom it was made, so that none can forget to."""

from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

register = template.Library()


class WhoseFormNode(CsrfTokenNode):
    def render(self, context: Context) -> Any:
        token: Any = super().render(context)
        user: Any = getattr(context.get("request"), "user", None)
        if user is None or not user.is_authenticated:
            return token
        from advisor.admin.notsent import WHOSE, whose

        return format_html('{}<input type="hidden" name="{}" value="{}">', token, WHOSE, whose(user))


@register.tag
def csrf_token(parser: Parser, token: Token) -> WhoseFormNode:
    """In place of Django's own."""
    return WhoseFormNode()
