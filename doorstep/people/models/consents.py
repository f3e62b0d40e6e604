"""What a person allowed, to whom, until when; who relied on it; and what was shared.

A row is never widened or forgotten. Somebody who allows more gives a new consent, and the old one
says that it was replaced. What was withdrawn stays, with the day and the words.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base.sealed_fields import SealedCharField, SealedTextField
from doorstep.people.models.person import Person


class How(models.TextChoices):
    """How somebody told us."""

    SPOKEN = "spoken", _("said it to us")
    WRITTEN = "written", _("wrote it on paper")
    WEB = "web", _("pressed it here")


class Relation(models.TextChoices):
    """Why somebody else may say yes for a person."""

    ATTORNEY = "attorney", _("They hold a lasting power of attorney")
    DEPUTY = "deputy", _("The Court of Protection made them a deputy")
    PARENT = "parent", _("They are the parent or guardian of a child")


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Narrowings of consents. A consent ends by the clock, not by a task that has run."""

    def unended(self) -> ConsentQuerySet:
        """Neither withdrawn nor replaced; the period may be over."""
        return self.filter(withdrawn_at=None, replaced_at=None)

    def live(self, at: dt.datetime) -> ConsentQuerySet:
        """Those that allow something at this moment."""
        return (
            self.filter(starts_at__lte=at)
            .filter(Q(ends_at=None) | Q(ends_at__gt=at))
            .filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=at))
            .filter(Q(replaced_at=None) | Q(replaced_at__gt=at))
        )


class Consent(models.Model):
    """A person allows a purpose, to a recipient, for a period."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="consents")
    # Keys of the registries `purposes` and `recipients` in `people.consents.kinds`.
    purpose = models.CharField(max_length=40)
    recipient_kind = models.CharField(max_length=20)
    # Which one of that kind: a handle, an id, or what `kinds.key_of` makes of a typed name.
    recipient_key = models.CharField(max_length=64, blank=True)
    # As it was called that day.
    recipient_name = SealedCharField(max_length=120, blank=True)
    # The parts of the record they may have, keys of `kinds.parts`.
    parts = models.JSONField(default=list)
    starts_at = models.DateTimeField()
    # None: until the person changes their mind.
    ends_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=10, choices=How)
    # What the person heard or read, and what they said, in that language.
    asked = SealedTextField(blank=True)
    words = SealedTextField(blank=True)
    language = models.CharField(max_length=10, default="en-gb")
    # Who spoke for the person, where the law lets somebody.
    on_behalf_name = SealedCharField(max_length=120, blank=True)
    on_behalf_as = models.CharField(max_length=10, choices=Relation, blank=True)
    on_behalf_seen = SealedTextField(blank=True)
    recorded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    withdrawn_how = models.CharField(max_length=10, choices=How, blank=True)
    withdrawn_words = SealedTextField(blank=True)
    # A newer consent to the same recipient for the same purpose took its place.
    replaced_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="replaces", blank=True
    )
    client_key = models.CharField(max_length=40, unique=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=models.F("starts_at")),
                name="a_consent_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_how="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_how="")),
                name="a_withdrawal_is_told_whole",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(replaced_at=None),
                name="a_consent_ends_one_way",
            ),
            models.UniqueConstraint(
                fields=["person", "purpose", "recipient_kind", "recipient_key"],
                condition=Q(withdrawn_at=None, replaced_at=None),
                name="one_open_consent_per_purpose_and_recipient",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ends_at"],
                condition=Q(withdrawn_at=None, replaced_at=None),
                name="consent_ending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.purpose} to {self.recipient_kind}"

    def is_live(self, at: dt.datetime) -> bool:
        """Whether it allows something at this moment; `live` tells it again."""
        return (
            self.starts_at <= at
            and (self.ends_at is None or self.ends_at > at)
            and (self.withdrawn_at is None or self.withdrawn_at > at)
            and (self.replaced_at is None or self.replaced_at > at)
        )

    @property
    def state(self) -> str:
        """now, later, over, withdrawn or replaced."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.replaced_at is not None:
            return "replaced"
        moment = timezone.now()
        if self.starts_at > moment:
            return "later"
        return "now" if self.is_live(moment) else "over"


class Ask(models.Model):
    """A question put to somebody, to be answered in their own time: may they have this?"""

    class Answer(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")

    person = models.ForeignKey(Person, models.CASCADE, related_name="asks")
    purpose = models.CharField(max_length=40)
    recipient_kind = models.CharField(max_length=20)
    recipient_key = models.CharField(max_length=64, blank=True)
    recipient_name = SealedCharField(max_length=120, blank=True)
    parts = models.JSONField(default=list)
    # Why it is asked, in the words of whoever asks.
    note = SealedTextField(blank=True)
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="asks_made")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=3, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="")
                | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="an_answer_is_told_whole",
            ),
            models.UniqueConstraint(
                fields=["person", "purpose", "recipient_kind", "recipient_key"],
                condition=Q(answered_at=None),
                name="one_open_question_per_purpose_and_recipient",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.purpose} to {self.recipient_kind}?"


class OverrideQuerySet(models.QuerySet["Override"]):
    def live(self, at: dt.datetime) -> OverrideQuerySet:
        """Those that allow something at this moment: not struck down, not over."""
        return self.filter(made_at__lte=at, ends_at__gt=at).filter(
            Q(outcome="") | Q(outcome=Override.Outcome.RIGHT) | Q(reviewed_at__gt=at)
        )

    def waiting(self) -> OverrideQuerySet:
        return self.filter(reviewed_at=None)


class Override(models.Model):
    """Sharing without the person's yes, on a ground the law knows. Loud, short, and reviewed."""

    class Ground(models.TextChoices):
        VITAL = "vital", _("Somebody's life or health is in danger now")
        SAFEGUARDING = (
            "safeguarding",
            _("To protect a child, or an adult who can't protect themselves"),
        )
        DUTY = "duty", _("The law says we must, for example a court order")

    class Outcome(models.TextChoices):
        RIGHT = "right", _("It was right")
        STRUCK = "struck", _("It was not right, and stops")

    person = models.ForeignKey(Person, models.CASCADE, related_name="overrides")
    purpose = models.CharField(max_length=40)
    recipient_kind = models.CharField(max_length=20)
    recipient_key = models.CharField(max_length=64, blank=True)
    recipient_name = SealedCharField(max_length=120, blank=True)
    parts = models.JSONField(default=list)
    ground = models.CharField(max_length=15, choices=Ground)
    reason = SealedTextField()
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    review_words = SealedTextField(blank=True)
    # The person is told, unless a lead holds it back and says why.
    told_at = models.DateTimeField(null=True, blank=True)
    held_back_at = models.DateTimeField(null=True, blank=True)
    held_back_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    held_back_reason = SealedTextField(blank=True)
    client_key = models.CharField(max_length=40, unique=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("made_at")),
                name="an_override_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, outcome="")
                | (Q(reviewed_at__isnull=False) & ~Q(outcome="")),
                name="a_review_is_told_whole",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=models.F("made_by")),
                name="nobody_reviews_their_own_override",
            ),
            models.CheckConstraint(
                condition=Q(held_back_at=None) | Q(told_at=None),
                name="an_override_is_told_or_held_back",
            ),
        ]
        indexes = [
            models.Index(
                fields=["made_at"], condition=Q(reviewed_at=None), name="override_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.ground}"

    def is_live(self, at: dt.datetime) -> bool:
        """Whether it allows something at this moment; `live` tells it again."""
        return self.made_at <= at < self.ends_at and (
            self.outcome != self.Outcome.STRUCK
            or (self.reviewed_at is not None and self.reviewed_at > at)
        )


class Sheet(models.Model):
    """A link to a few facts about a person, for a recipient without an account.

    It holds none of them: they are read from the record when it is opened, if they still may be.
    """

    class Answer(models.TextChoices):
        TAKEN = "taken", _("We have taken this on")
        CANNOT = "cannot", _("We can't, because…")

    person = models.ForeignKey(Person, models.CASCADE, related_name="sheets")
    # What it stood on when it was made; asked again at each opening.
    consent = models.ForeignKey(Consent, models.CASCADE, null=True, related_name="sheets")
    override = models.ForeignKey(Override, models.CASCADE, null=True, related_name="sheets")
    purpose = models.CharField(max_length=40)
    recipient_kind = models.CharField(max_length=20)
    recipient_key = models.CharField(max_length=64, blank=True)
    recipient_name = SealedCharField(max_length=120, blank=True)
    parts = models.JSONField(default=list)
    # What the person asked for, in the words of whoever passed it on.
    note = SealedTextField(blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="sheets_made")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    # The link's key is not kept, only what tells it.
    key_hash = models.CharField(max_length=64, unique=True)
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answer_words = SealedTextField(blank=True)
    answered_by = SealedCharField(max_length=120, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(consent=None, override__isnull=False)
                | Q(consent__isnull=False, override=None),
                name="a_sheet_stands_on_one_basis",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("made_at")), name="a_sheet_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} to {self.recipient_kind}"

    @property
    def state(self) -> str:
        """open, stopped or over."""
        if self.stopped_at is not None:
            return "stopped"
        return "open" if self.ends_at > timezone.now() else "over"


class SheetOpening(models.Model):
    """Somebody outside read a sheet, under the name they gave."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="openings")
    name = SealedCharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sheet", "at"])]

    def __str__(self) -> str:
        return f"{self.sheet_id} at {self.at}"


class RelianceQuerySet(models.QuerySet["Reliance"]):
    def to_stop(self, person: Person) -> RelianceQuerySet:
        """What this person must stop, and has not said is done."""
        return self.filter(by=person, done_at=None).exclude(told_at=None)


class Reliance(models.Model):
    """Somebody acted because the person had said yes. When the yes ends, they are told."""

    consent = models.ForeignKey(Consent, models.CASCADE, null=True, related_name="reliances")
    override = models.ForeignKey(Override, models.CASCADE, null=True, related_name="reliances")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="reliances")
    # What was done with it, in few words without details: "A sheet for the food bank".
    used_for = SealedCharField(max_length=200)
    # A name for the thing made, the same for the same thing, for example "sheet:12".
    thing = models.CharField(max_length=60)
    at = models.DateTimeField()
    # When the consent ended and we said so to them.
    told_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_words = SealedTextField(blank=True)

    objects = RelianceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(consent=None, override__isnull=False)
                | Q(consent__isnull=False, override=None),
                name="a_reliance_is_on_one_basis",
            ),
            models.UniqueConstraint(
                fields=["consent", "by", "thing"], name="a_consent_is_relied_on_once"
            ),
            models.UniqueConstraint(
                fields=["override", "by", "thing"], name="an_override_is_relied_on_once"
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(told_at__isnull=False),
                name="nobody_ticks_before_being_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by_id}: {self.thing}"


class Carrying(models.Model):
    """Two records of one person became one: how their consents stood, for taking it back."""

    source = models.ForeignKey(Person, models.CASCADE, related_name="+")
    target = models.ForeignKey(Person, models.CASCADE, related_name="+")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    # {"consents": [{"id": …, "person_id": …, "withdrawn_at": …}], …}: never any words.
    before: Any = models.JSONField(default=dict)
    after: Any = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.source_id} into {self.target_id}"
