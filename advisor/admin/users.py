"""Colleagues and their roles.

An owner who is no superuser must not become one, nor take over the account of one: Django's own page lets whoever may
change users do both.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import ManyToManyField, QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from advisor import sessions
from advisor.admin.trail import Trailed

admin.site.unregister(User)
# Roles come from `make_roles`, so that the documents say what each may do. Who has which is said at the user.
admin.site.unregister(Group)
# Second steps are everybody's own: waysin.py.
admin.site.unregister((StaticDevice, TOTPDevice))

ROLES = ("Roles", {"fields": ("groups",), "description": "What they may do here. Somebody may have several roles."})


@admin.register(User)
class ColleagueAdmin(UserAdmin[User], Trailed[User]):
    list_display = ("username", "first_name", "last_name", "roles", "is_active", "last_login")
    list_filter = ("groups", "is_active")
    filter_horizontal = ()
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
        ROLES,
    )
    readonly_fields = ("last_login", "date_joined")
    trail_fields = ("groups", "is_active", "is_superuser")

    actions = ("end_sessions",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        names = ", ".join(group.name for group in user.groups.all())
        return "everything" if user.is_superuser else names or "none"

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Single permissions are nobody's: a role says in one word what somebody may do."""
        if obj is None:
            return self.add_fieldsets
        status = ("is_active", "is_superuser") if request.user.is_superuser else ("is_active",)
        return (
            (None, {"fields": ("username", "password")}),
            ("Who they are", {"fields": ("first_name", "last_name", "email")}),
            ROLES,
            ("May log in", {"fields": status}),
            ("When", {"fields": self.readonly_fields}),
        )

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        # Django's own text says "hold down Control", which holds for its list and not for boxes.
        help_text = "See “Roles” in the documents for what each may see and change."
        more = {"widget": CheckboxSelectMultiple, "help_text": help_text}
        return super().formfield_for_manytomany(db_field, request, **{**kwargs, **more})

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        out_of_reach = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not out_of_reach

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """Everybody in this table works here: visitors have no accounts."""
        obj.is_staff = True
        super().save_model(request, obj, form, change)

    @admin.action(description="Sign them out everywhere", permissions=["change"])
    def end_sessions(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """This very session stays, so that whoever ends all of their own can go on."""
        ended = 0
        for user in chosen:
            if self.has_change_permission(request, user):
                with transaction.atomic():
                    ended += sessions.end_all(user, but=request.session.session_key)
                    self.trail(request, "Ended the sessions of", user)
            else:
                self.message_user(request, f"{user} is a superuser: only another one may do that.", messages.WARNING)
        told = "1 session is over." if ended == 1 else f"{ended} sessions are over."
        self.message_user(request, told, messages.SUCCESS)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().user_change_password(request, id, form_url)
            if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
                self.trail(request, "Set the password of", User.objects.get(pk=id))
            return response
