"""Saved results: advice as it was shown, kept under a random link, and who wants to hear when it changes."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar, Self

from django.core.signing import Signer
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release as CompiledRelease
from advisor.decision.storedform import read_back, to_stored
from advisor.models.releases import Release

TOKEN_BYTES = 18
"""Of a link's token: 144 bits, which make 24 characters."""

CONFIRM_WITHIN = timedelta(days=7)
"""An address that was left but never confirmed is dropped after this."""


class KeptAdvice(models.Model):
    """Advice with everything needed to show it again as it was."""

    release = models.ForeignKey(
        Release,
        on_delete=models.PROTECT,
        to_field="number",
        null=True,
        related_name="+",
        help_text="The rules it is from.",
    )
    answers = models.TextField(blank=True, help_text="The answers as in an address, empty once the advice is deleted.")
    document = models.BinaryField(blank=True, help_text="The advice in its stored form: decision/storedform.py.")

    class Meta:
        abstract = True

    def take(self, recommendation: Recommendation) -> None:
        """Hold this advice. `save` is the caller's."""
        self.release_id = recommendation.release.number
        self.answers = recommendation.answers.query
        self.document = to_stored(recommendation)

    def drop(self) -> None:
        """Hold nothing. `save` is the caller's."""
        self.answers, self.document = "", b""

    def advice(self, release: CompiledRelease) -> Recommendation:
        """What was kept. `release` must be the one named. Raises StoredFormIsBroken when it can't be read."""
        return read_back(bytes(self.document), release)


class SavedResultQuerySet(models.QuerySet["SavedResult"]):
    def of_token(self, token: str) -> SavedResult:
        """The saved result that this link opens, also when it has expired or was deleted. Raises DoesNotExist."""
        return self.get(token_hash=_hash(token))

    def of_manage_token(self, token: str) -> SavedResult:
        """The saved result that this manage link opens. Raises DoesNotExist, also for a link of the other kind."""
        return self.of_token(view_token(token))

    def still_open(self) -> Self:
        """Those whose advice may still be shown. Told by columns that an index holds, not by the advice itself."""
        return self.filter(deleted_at__isnull=True, expires_at__gt=timezone.now(), answers__gt="")

    def was_deleted(self, token: str) -> bool:
        """What became of a link that does not open: deleted, or else expired. Raises DoesNotExist for one never given.

        Reads next to nothing, so that the time it takes does not tell a link that was good once from a guess.
        """
        found = list(self.filter(token_hash=_hash(token)).values_list("deleted_at", flat=True))
        if not found:
            raise SavedResult.DoesNotExist
        return found[0] is not None

    def past_expiry(self) -> Self:
        """Those that still hold advice although nobody may see it any more."""
        return self.filter(expires_at__lte=timezone.now()).exclude(document=b"")


class SavedResult(KeptAdvice):
    """Advice kept under a link.

    Of the link's token only the hash is stored. The manage token stands in no table: the view token is its hash, so
    that whoever may manage may also view, and not the other way round. A deleted or expired result keeps its row
    without advice, so that its link can say what became of it.
    """

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    saved_at = models.DateTimeField("kept on", default=timezone.now)
    expires_at = models.DateTimeField("kept until", db_index=True)
    deleted_at = models.DateTimeField("deleted on", null=True, blank=True)

    objects: ClassVar[models.Manager[SavedResult]] = models.Manager.from_queryset(SavedResultQuerySet)()

    class Meta:
        ordering = ["-saved_at"]
        # What a draft would change is counted answers by answers. Without this each step would read and sort all rows,
        # which hold the advice too.
        indexes = [models.Index(fields=["answers", "expires_at", "deleted_at"], name="saved_result_answers")]

    def __str__(self) -> str:
        return f"Result of {self.saved_at:%d %B %Y}"

    @classmethod
    def keep(
        cls,
        recommendation: Recommendation,
        form_key: str,
        keep_for: timedelta,
        count: Callable[[], None] = lambda: None,
    ) -> str:
        """Keep this advice for so long and return its manage token.

        `form_key` is the random key of the form that asked. The same key and advice give the same link however often
        they are sent, so that a double click or a retry makes one record.
        """
        content = f"{form_key} {recommendation.release.number} {recommendation.answers.query}"
        manage_token = _token_from("manage", content)
        now = timezone.now()
        saved = cls(token_hash=_hash(view_token(manage_token)), saved_at=now, expires_at=now + keep_for)
        saved.take(recommendation)
        try:
            with transaction.atomic():
                saved.save(force_insert=True)
                count()
        except IntegrityError:  # sent before
            cls.objects.of_manage_token(manage_token)  # raises when something else was wrong
        return manage_token

    @property
    def is_open(self) -> bool:
        """Whether the advice may still be shown."""
        return self.deleted_at is None and timezone.now() < self.expires_at and bool(self.document)

    def extend(self, keep_for: timedelta) -> None:
        """Keep it for so long from today."""
        self.expires_at = timezone.now() + keep_for
        self.save(update_fields=["expires_at"])

    def erase(self) -> None:
        """Delete the advice and every address left with it, at once."""
        with transaction.atomic():
            self.watches.all().delete()
            self.drop()
            self.deleted_at = timezone.now()
            self.save(update_fields=["answers", "document", "deleted_at"])


def view_token(manage_token: str) -> str:
    """The token of the link that shows what this manage link manages."""
    return _token_from("view", manage_token)


def _token_from(kind: str, secret: str) -> str:
    digest = hashlib.sha256(f"signpost {kind} {secret}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class WatchQuerySet(models.QuerySet["Watch"]):
    def of_token(self, token: str) -> Watch:
        """The watch that this link is about.

        Raises BadSignature for a link that is none of ours, and DoesNotExist when the watch is gone.
        """
        return self.get(nonce=Watch.signer().unsign(token))

    def confirmed(self) -> Self:
        return self.filter(confirmed_at__isnull=False)

    def behind(self, release_number: int) -> Self:
        """Those who wait to hear of this release, with what they kept. Whose result is gone waits for nothing."""
        return (
            self.confirmed()
            .filter(told_release__lt=release_number)
            .filter(saved__deleted_at__isnull=True, saved__expires_at__gt=timezone.now())
            .select_related("saved")
            .order_by("told_release", "pk")
        )

    def never_confirmed(self) -> Self:
        """Those whose time to confirm is over."""
        return self.filter(confirmed_at__isnull=True, asked_at__lte=timezone.now() - CONFIRM_WITHIN)


def _nonce() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


class Watch(models.Model):
    """An address that wants to hear when this very advice changes. It hears nothing before it is confirmed."""

    saved = models.ForeignKey(SavedResult, on_delete=models.CASCADE, related_name="watches")
    address = models.EmailField(max_length=254)
    nonce = models.CharField(max_length=24, unique=True, default=_nonce, editable=False)
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    told_release = models.PositiveIntegerField(
        help_text="The release whose advice this address knows: the kept one, or the last one it had a mail about."
    )

    objects: ClassVar[models.Manager[Watch]] = models.Manager.from_queryset(WatchQuerySet)()

    class Meta:
        verbose_name_plural = "watches"
        constraints = [models.UniqueConstraint(fields=["saved", "address"], name="watch_is_one_an_address")]

    def __str__(self) -> str:
        return self.address

    @staticmethod
    def signer() -> Signer:
        return Signer(salt="advisor.watch")

    @property
    def token(self) -> str:
        """What its links hold: to confirm, and to stop. The database alone is not enough to make one."""
        return self.signer().sign(self.nonce)
