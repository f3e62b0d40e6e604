"""Two records of one person: what suggests it, what was decided, and how it is taken back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedCharField, SealedJSONField, SealedTextField
from doorstep.people.models.person import Person


class MatchKey(models.Model):
    """What records of one person are likely to have in common, so that they meet.

    Sealed so that equal keys look equal and say nothing: "sound:KTRN|rm10" is never in the table.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="match_keys")
    key = SealedCharField(max_length=120, can_look_up=True)

    class Meta:
        indexes = [models.Index(fields=["key"], name="match_by_key")]

    def __str__(self) -> str:
        return f"a key of {self.person_id}"


class ToMatch(models.Model):
    """A record that is new or was changed, and waits to be compared with others."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="to_match")
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.person_id} since {self.since}"


class Pair(models.Model):
    """Two records that may be one person's, and what somebody said about it."""

    class State(models.TextChoices):
        OPEN = "open", _("to be looked at")
        LATER = "later", _("to be looked at later")
        TWO = "two", _("two people")

    one = models.ForeignKey(Person, models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, models.CASCADE, related_name="+")
    # From 0 to 100; see `merging.suggesting`.
    points = models.PositiveSmallIntegerField()
    # Names of reasons (`merging.suggesting.REASONS`), the weightiest first; never any words.
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    # When "later" is over.
    later_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="a_pair_is_suggested_once"),
            models.CheckConstraint(
                condition=Q(one__lt=models.F("other")), name="a_pair_has_one_direction"
            ),
        ]
        indexes = [models.Index(fields=["state", "-points"], name="pair_by_state")]

    def __str__(self) -> str:
        return f"{self.one_id} and {self.other_id}: {self.state}"


class Merge(models.Model):
    """One record is joined to another, or waits for the person's own yes; and how to part them."""

    class State(models.TextChoices):
        ASKED = "asked", _("waits for their yes")
        REFUSED = "refused", _("they said no")
        DROPPED = "dropped", _("not asked any more")
        DONE = "done", _("one record")
        UNDONE = "undone", _("two records again")

    LIVE = (State.ASKED, State.DONE)

    handle = models.CharField(max_length=12, unique=True, default=keys.handle)
    kept = models.ForeignKey(Person, models.CASCADE, related_name="merges")
    gone = models.ForeignKey(Person, models.CASCADE, related_name="merged_away")
    state = models.CharField(max_length=8, choices=State)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    why = SealedTextField(max_length=600)
    # How the officer made sure that the account's person is the one of the other record.
    known_by = SealedTextField(max_length=300, blank=True)
    # {"phone": "kept", "full_name": "gone"}: whose detail stays.
    chosen = models.JSONField(default=dict)
    client_key = models.CharField(max_length=40, unique=True)
    kept_yes_at = models.DateTimeField(null=True, blank=True)
    gone_yes_at = models.DateTimeField(null=True, blank=True)
    wrong_answers = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    # {"field": [was, became]} of the record that stays, and {"state": …} of the other.
    details = SealedJSONField(default=dict)
    # {"feed.Post.author": [ids]}, {"feed.Post": newest id then}, what was changed, or laid aside.
    moved = models.JSONField(default=dict)
    marks = models.JSONField(default=dict)
    changed = SealedJSONField(default=list)
    laid_aside = SealedJSONField(default=list)
    # What each noun noted for itself: {"consents": 12}.
    nouns = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    undone_why = SealedTextField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gone"],
                condition=Q(state__in=["asked", "done"]),
                name="a_record_is_joined_to_one",
            ),
            models.CheckConstraint(
                condition=~Q(kept=models.F("gone")), name="nobody_is_joined_to_themselves"
            ),
        ]
        indexes = [models.Index(fields=["kept", "state"], name="merge_by_kept")]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}: {self.state}"


class Former(models.Model):
    """A number that a person had here before “Is this you?”: the read log still knows it."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="formers")
    # Not a foreign key: that row may be gone.
    former_id = models.BigIntegerField(unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.former_id} became {self.person_id}"
