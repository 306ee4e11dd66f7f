"""The owner's settings: one form, with a preview of what visitors would see."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.core.validators import RegexValidator
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, resolve, reverse
from django.utils.html import format_html
from django_htmx.middleware import HtmxDetails

from advisor import published
from advisor.admin.trail import Trailed
from advisor.colours import TooWeak, ground_problems, nearest, sign_problems
from advisor.models import OwnerSettings
from advisor.models.fields import LineField, ProseField
from advisor.models.logo import MOST_BYTES, LogoRefused, draw_anew
from advisor.models.owner import THE_ONE
from advisor.site import Site, hold, this_site

PAGES = ("home", "result", "privacy")
"""What can be previewed."""


class ColourField(forms.CharField):
    """A colour as people write it: with or without #, in capitals, in three digits."""

    default_validators = [
        RegexValidator(r"\A#[0-9a-f]{6}\Z", "Write a colour as # and six digits or letters a to f, such as #ffc629.")
    ]

    def __init__(self, picker: str, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"class": "colour", "size": 9, "spellcheck": "false", "data-picker": picker})
        super().__init__(max_length=7, widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        digits = str(super().to_python(value)).strip().lower().removeprefix("#")
        if len(digits) == 3:
            digits = "".join(digit * 2 for digit in digits)
        return f"#{digits}" if digits else ""


class OwnerForm(forms.ModelForm[OwnerSettings]):
    not_saved = False
    """Set when the database refused what had passed every check."""

    sign_colour = ColourField(
        "Pick the colour of the signs",
        label="Colour of the signs",
        help_text="The verdict and the one button of a page. Dark text must be easy to read on it. Ours is #ffc629.",
    )
    ground_colour = ColourField(
        "Pick the colour of the page",
        label="Colour of the page",
        help_text="Behind everything, by day. At night pages stay dark. Ours is #eaf0ec.",
    )
    new_logo = forms.FileField(
        label="New logo",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text="PNG, JPEG or WebP, at most 1 MB. A wide one stands alone, beside any other stands the site's name. "
        "At night it stands on white.",
    )
    remove_logo = forms.BooleanField(label="Take the logo away", required=False)

    class Meta:
        model = OwnerSettings
        fields = "__all__"  # noqa: DJ007  the admin's fieldsets name them
        help_texts: ClassVar[dict[str, str]] = {
            "saved_days": "From the day on which a visitor keeps a result. They can keep it longer or delete it.",
            "enquiry_days": "Then an enquiry is deleted with everything in it.",
            "quarantine_days": "Then it is deleted too. Until then you can move it to the inbox.",
        }

    def clean_sign_colour(self) -> str:
        return self._readable("sign_colour", sign_problems)

    def clean_ground_colour(self) -> str:
        return self._readable("ground_colour", ground_problems)

    def _readable(self, name: str, problems: Callable[[str], list[TooWeak]]) -> str:
        colour: str = self.cleaned_data[name]
        found = problems(colour)
        if found:
            shade = nearest(colour, problems)
            first = f"{colour} is too dark to read everything on it. The nearest shade that passes is {shade}."
            raise ValidationError([first, *map(str, found)])
        return colour

    def clean_new_logo(self) -> bytes | None:
        sent: UploadedFile[bytes] | None = self.cleaned_data["new_logo"]
        if not sent:
            return None
        try:
            # One byte more than may be, so that the rest of a huge file is never read.
            return draw_anew(sent.read(MOST_BYTES + 1))
        except LogoRefused as refusal:
            raise ValidationError(str(refusal)) from refusal
        finally:
            sent.seek(0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.not_saved:
            self.add_error(None, "This could not be saved: the disk may be full. Nothing has changed. Try again later.")
        if cleaned.get("new_logo"):
            self.instance.logo = cleaned["new_logo"]
        elif cleaned.get("remove_logo"):
            self.instance.logo = b""
        return cleaned

    def full_clean(self) -> None:
        """Last, so that the model's own checks have been made too."""
        super().full_clean()
        if self.errors and self.is_bound and self.cleaned_data.get("new_logo"):
            self.add_error("new_logo", "Choose the logo again: a browser does not send a file twice.")


@admin.register(OwnerSettings)
class OwnerSettingsAdmin(Trailed[OwnerSettings]):
    form = OwnerForm
    trail_fields = tuple(field.name for field in OwnerSettings._meta.fields if field.name != "logo")
    readonly_fields = ("logo_now",)
    fieldsets = (
        ("Who runs the site", {"fields": ("name", "owner", "sells", "contact", "controller")}),
        ("How it looks", {"fields": ("logo_now", "new_logo", "remove_logo", "sign_colour", "ground_colour")}),
        ("Enquiries", {"fields": ("enquiry_on", "enquiry_to")}),
        (
            "How long things are kept",
            {
                "fields": ("saved_days", "enquiry_days", "quarantine_days", "backup_days"),
                "description": "The privacy page says these to visitors.",
            },
        ),
    )

    formfield_overrides = {
        LineField: {"widget": AdminTextInputWidget(attrs={"class": "vLargeTextField"})},
        ProseField: {"widget": AdminTextareaWidget(attrs={"rows": 3})},
    }

    class Media:
        js = (forms.Script("js/colour-picker.js", defer=True),)

    @admin.display(description="logo")
    def logo_now(self, owner: OwnerSettings) -> str:
        """What visitors see, also beside a form that holds another one and was not saved."""
        logo = this_site().logo
        if logo is None:
            return "None: the Signpost's own mark stands there."
        return format_html(
            '<img class="logo-now" src="{}" width="{}" height="{}" alt="The logo as it is now">',
            logo.url, logo.width, logo.height,
        )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        preview = path("preview/<str:page>/", self.admin_site.admin_view(self.preview), name="owner-preview")
        return [preview, *super().get_urls()]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> OwnerSettings | None:
        """The one row, also before anybody has saved it."""
        return OwnerSettings.load() if object_id == str(THE_ONE) else None

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> type[OwnerForm]:
        form = cast(type[OwnerForm], super().get_form(request, *args, **kwargs))
        form.not_saved = getattr(request, "signpost_not_saved", False)
        return form

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OwnerSettings | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one row, so no list of them."""
        return redirect(_form_url())

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"show_save_and_continue": False, "title": "Owner's settings", "subtitle": None}
        arguments = (request, object_id, form_url, {**context, **(extra_context or {})})
        try:
            return super().changeform_view(*arguments)
        except DatabaseError:
            if request.method != "POST":
                raise
        request.signpost_not_saved = True  # type: ignore[attr-defined]  # our own mark
        response = super().changeform_view(*arguments)
        response.status_code = 503
        response.headers["Retry-After"] = "60"
        return response

    def preview(self, request: HttpRequest, page: str) -> HttpResponse:
        """A page of the site with the values of the form, of which nothing is stored."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if page not in PAGES:
            raise Http404
        if request.method != "POST":
            return redirect(_form_url())
        owner = OwnerSettings.load()
        form = self.get_form(request, owner, change=True)(request.POST, request.FILES, instance=owner)
        if not form.is_valid():  # so this shows the form, with what is wrong, and saves nothing
            return self.changeform_view(request, str(THE_ONE), form_url=_form_url())
        site = hold(request, Site.of(owner, is_preview=True))
        response = _as_visitor(request, _address(page), site)
        response.headers["Cache-Control"] = "no-store"
        del response.headers["ETag"]
        return response


def _form_url() -> str:
    return reverse("admin:advisor_ownersettings_change", args=[THE_ONE])


def _address(page: str) -> str:
    """The first finished example stands for all results."""
    if page != "result":
        return reverse(page)
    examples = published.current().catalogue.examples
    shown = [example.answers for example in examples if example.on_home] or [example.answers for example in examples]
    return f"{reverse('result')}?{shown[0]}" if shown else reverse("home")


def _as_visitor(request: HttpRequest, address: str, site: Site) -> HttpResponse:
    """What this address answers to somebody without a cookie, were the site as given."""
    where, _, query = address.partition("?")
    environ = {name: value for name, value in request.META.items() if name not in ("HTTP_COOKIE", "HTTP_IF_NONE_MATCH")}
    environ |= {"REQUEST_METHOD": "GET", "PATH_INFO": where, "QUERY_STRING": query, "CONTENT_LENGTH": "0"}
    inner = WSGIRequest({**environ, "wsgi.input": BytesIO()})
    inner.htmx = HtmxDetails(inner)  # type: ignore[attr-defined]  # as its middleware does
    hold(inner, site)
    match = resolve(where)
    response: HttpResponse = match.func(inner, *match.args, **match.kwargs)
    return response
