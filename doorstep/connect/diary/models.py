"""Diary, its entries with every version, what is attached, deadlines, bundles, who was given one.

Nothing that was written is overwritten: `EntryWords` are only ever added.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedCharField, SealedTextField
from doorstep.people.models import Consent, Person


class DiaryQuerySet(models.QuerySet["Diary"]):
    def visible_to(self, viewer: Person | None) -> DiaryQuerySet:
        """Those the viewer keeps; tells `rules.can_see_diary` again."""
        from doorstep.connect.diary import rules

        return rules.diaries_visible_to(self, viewer)


class Diary(models.Model):
    """One problem that is stuck, and what happened about it. It belongs to the person."""

    class Problem(models.TextChoices):
        REPAIRS = "repairs", _("Repairs that nobody does")
        ANTISOCIAL = "antisocial", _("Noise, threats and the like next door")
        DEBT = "debt", _("Debt, or a benefit that stopped")
        EVICTION = "eviction", _("Being told to leave your home")
        OTHER = "other", _("Something else that is stuck")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, unique=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="evidence_diaries")
    # Where whoever walks alongside keeps it with them; empty, it is theirs alone.
    relationship = models.ForeignKey(
        "connect.Relationship",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="evidence_diaries",
    )
    # The person asked the hub to keep it for them, by phone or at the counter.
    is_with_hub = models.BooleanField(default=False)
    problem = models.CharField(max_length=10, choices=Problem)
    title = SealedCharField(max_length=120)
    wished = SealedTextField(blank=True)
    started_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_words = SealedTextField(blank=True)

    objects = DiaryQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        verbose_name_plural = "diaries"

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("connect:diary", args=[self.ref])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Entry(models.Model):
    """One thing that happened, was said or was answered. Its words are in `EntryWords`."""

    class Kind(models.TextChoices):
        HAPPENED = "happened", _("Something happened")
        TOLD = "told", _("Somebody was told")
        ANSWER = "answer", _("They answered")
        LETTER = "letter", _("A letter came or went")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, unique=True)
    diary = models.ForeignKey(Diary, models.CASCADE, related_name="entries")
    # Its place in the diary: 1, 2, 3 … in the order they were written.
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    # Of an answer: to which telling.
    answers = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="answered_by"
    )
    # The day of the words that hold now, for order: the words themselves say it too.
    happened_on = models.DateField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["happened_on", "number"]
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["diary", "number"], name="an_entry_has_its_number"),
            models.CheckConstraint(
                condition=Q(kind="answer") | Q(answers=None),
                name="only_an_answer_answers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.diary_id}: {self.number}"

    @property
    def versions(self) -> list[EntryWords]:
        """Return what was written, the first first; read ahead with prefetch_related("said")."""
        return list(self.said.all())  # type: ignore[attr-defined]

    @property
    def now(self) -> EntryWords:
        """Return what holds now."""
        return self.versions[-1]

    @property
    def before(self) -> list[EntryWords]:
        return self.versions[:-1]

    @property
    def is_struck(self) -> bool:
        return self.now.is_struck


class EntryWords(models.Model):
    """What was written of an entry that day. Never changed: a correction is another row."""

    class How(models.TextChoices):
        PHONE = "phone", _("by phone")
        LETTER = "letter", _("by letter")
        EMAIL = "email", _("by e-mail or text")
        FORM = "form", _("on a website")
        VISIT = "visit", _("face to face")

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="said")
    happened_on = models.DateField()
    happened_at = models.TimeField(null=True, blank=True)
    # What a camera would have seen, apart from how it was to be there.
    facts = SealedTextField()
    feelings = SealedTextField(blank=True)
    # Who saw it; who was told, or who answered.
    who = SealedCharField(max_length=200, blank=True)
    how = models.CharField(max_length=8, choices=How, blank=True)
    reference = SealedCharField(max_length=60, blank=True)
    # Of a correction: what was wrong before.
    why = SealedCharField(max_length=300, blank=True)
    is_struck = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # Written down for the person, as they told it.
    is_spoken = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "entry words"

    def __str__(self) -> str:
        return f"{self.entry_id} at {self.at}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("words are added, never changed")
        super().save(*args, **kwargs)


class Exhibit(models.Model):
    """A photo, a sound or a letter that belongs to an entry, with words for it."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("Photo")
        LETTER = "letter", _("Letter")
        SOUND = "sound", _("Sound")

    ref = models.CharField(max_length=20, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, unique=True)
    entry = models.ForeignKey(Entry, models.CASCADE, related_name="exhibits")
    kind = models.CharField(max_length=6, choices=Kind)
    # What can be seen, heard or read in it.
    description = SealedTextField()
    file = models.CharField(max_length=100)
    small_file = models.CharField(max_length=100, blank=True)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    # Taken back: the file is gone, that there was one and its hash stay.
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(description=""), name="an_exhibit_has_its_description"
            ),
            models.CheckConstraint(
                condition=~Q(file="") | Q(taken_back_at__isnull=False),
                name="an_exhibit_has_its_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"

    @property
    def ending(self) -> str:
        return ENDINGS.get(self.content_type, ".bin")


ENDINGS = {
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "audio/mpeg": ".mp3",
    "audio/aac": ".aac",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/webm": ".weba",
    "audio/wav": ".wav",
}


class Deadline(models.Model):
    """A day by which somebody has to do something. Moved, it is ended and another one made."""

    class Outcome(models.TextChoices):
        MET = "met", _("done in time")
        LATE = "late", _("done, but late")
        MISSED = "missed", _("they didn’t keep it")
        OFF = "off", _("it doesn’t matter any more")

    class Whose(models.TextChoices):
        MINE = "mine", _("mine")
        THEIRS = "theirs", _("theirs")

    diary = models.ForeignKey(Diary, models.CASCADE, related_name="deadlines")
    client_key = models.CharField(max_length=40, unique=True)
    words = SealedCharField(max_length=200)
    whose = models.CharField(max_length=6, choices=Whose, default=Whose.THEIRS)
    due_on = models.DateField()
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=6, choices=Outcome, blank=True)
    outcome_words = SealedTextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", ended_at=None) | ~Q(outcome="") & Q(ended_at__isnull=False),
                name="an_ended_deadline_says_how",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_on"], condition=Q(outcome=""), name="evidence_deadlines_to_come"
            )
        ]

    def __str__(self) -> str:
        return f"{self.diary_id} by {self.due_on}"


class Bundle(models.Model):
    """The diary as it stood that day: a PDF, its attachments, a signed list of all of it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        MAKING = "making", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("it couldn’t be made")
        GONE = "gone", _("thrown away")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, unique=True)
    diary = models.ForeignKey(Diary, models.CASCADE, related_name="bundles")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    has_feelings = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    # The zip and the PDF by itself, in the private files.
    file = models.CharField(max_length=100, blank=True)
    pdf_file = models.CharField(max_length=100, blank=True)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    entry_count = models.PositiveSmallIntegerField(default=0)
    exhibit_count = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    began_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return self.ref


class Share(models.Model):
    """A bundle in somebody's hands by a link: who, by which yes, until when."""

    key = models.CharField(max_length=20, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, unique=True)
    bundle = models.ForeignKey(Bundle, models.CASCADE, related_name="shares")
    consent = models.ForeignKey(Consent, models.CASCADE, related_name="+")
    recipient_kind = models.CharField(max_length=12)
    recipient_key = models.CharField(max_length=40)
    recipient_name = SealedCharField(max_length=120)
    email = SealedCharField(max_length=254, blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    told_end_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"{self.bundle_id} until {self.ends_at}"

    def is_live(self, at: dt.datetime) -> bool:
        """Whether its day hasn't come and nobody stopped it; the yes is asked besides."""
        return self.stopped_at is None and at < self.ends_at


class Opening(models.Model):
    """Somebody took the bundle by its link, and said who they are."""

    share = models.ForeignKey(Share, models.CASCADE, related_name="openings")
    at = models.DateTimeField(default=timezone.now)
    name = SealedCharField(max_length=120)
    what = models.CharField(max_length=4, choices=[("pdf", "PDF"), ("zip", "ZIP")])

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.share_id} at {self.at}"
