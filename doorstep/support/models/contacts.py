"""Contact attempts, whom we can't reach, and outreach lists."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base.sealed_fields import SealedCharField, SealedTextField
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.support.models.requests import Request, Task


class Outreach(models.Model):
    """A list of people to ring: made from a file, shared out to callers, row by row.

    `file` is the sealed upload while it is read (`private_files`), "" afterwards. `script` is
    what callers say. `read` counts rows read so far, `expected` the lines of the file.
    """

    class State(models.TextChoices):
        READING = "reading", _("being read")
        READY = "ready", _("being rung")
        CLOSED = "closed", _("closed")
        FAILED = "failed", _("could not be read")

    name = models.CharField(max_length=80)
    script = models.TextField(max_length=2000, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    file = models.CharField(max_length=120, blank=True)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    locality = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expected = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    doubles = models.PositiveIntegerField(default=0)
    unusable = models.PositiveIntegerField(default=0)
    encoding = models.CharField(max_length=20, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    is_drill = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "outreach"

    def __str__(self) -> str:
        return self.name


class OutreachRow(models.Model):
    """One person of an outreach list, with what came of ringing them.

    `number` is the line of the file. `fold` (sealed, findable) tells a double of the same list.
    `next_at`: not before then. `held_until`: while a caller has it on the screen.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("to ring")
        HELD = "held", _("a caller has it")
        DONE = "done", _("spoken to")
        UNREACHABLE = "unreachable", _("not reached")
        WRONG = "wrong", _("wrong number")
        REFUSED = "refused", _("wants no calls")
        UNUSABLE = "unusable", _("no number in the file")

    outreach = models.ForeignKey(Outreach, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    name = SealedCharField(max_length=120, blank=True)
    phone = SealedCharField(max_length=30, blank=True)
    address = SealedTextField(blank=True)
    postcode = SealedCharField(max_length=10, blank=True)
    note = SealedTextField(blank=True)
    fold = SealedCharField(max_length=200, blank=True, can_look_up=True)
    language = models.CharField(max_length=10, blank=True)
    locality = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    held_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    held_until = models.DateTimeField(null=True, blank=True)
    person = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="outreach_rows"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outreach", "number"], name="a_line_is_read_once")
        ]
        indexes = [
            models.Index(fields=["outreach", "state", "next_at", "id"], name="outreach_next"),
            models.Index(fields=["outreach", "fold"], name="outreach_doubles"),
        ]

    def __str__(self) -> str:
        return f"{self.outreach_id}: {self.number}"


class ContactAttempt(models.Model):
    """A call, visit or message to or from a person, with its outcome. Only ever added.

    `at`: when it was. `call_back_at`: when they asked to be rung again; `called_back_at` when
    somebody did. `words` (sealed): what was said. `missed`: whether it reached nobody.
    """

    class Channel(models.TextChoices):
        PHONE = "phone", _("phone call")
        VISIT = "visit", _("visit")
        TEXT = "text", _("text message")
        EMAIL = "email", _("e-mail")
        LETTER = "letter", _("letter")
        OTHER = "other", _("another way")

    class Direction(models.TextChoices):
        OUT = "out", _("we to them")
        IN = "in", _("they to us")

    class Outcome(models.TextChoices):
        SPOKE = "spoke", _("We spoke")
        CALL_BACK = "call_back", _("They asked us to ring again")
        NO_ANSWER = "no_answer", _("No answer")
        BUSY = "busy", _("Line busy")
        MESSAGE = "message", _("Left a message")
        WRONG = "wrong", _("Wrong number")
        REFUSED = "refused", _("They don't want to be rung")
        NOBODY_HOME = "nobody_home", _("Nobody opened")
        SEEN_WELL = "seen_well", _("Seen, and all right")
        SEEN_WORRY = "seen_worry", _("Seen, and we are worried")
        SENT = "sent", _("Sent")

    REACHED = (Outcome.SPOKE, Outcome.CALL_BACK, Outcome.REFUSED, Outcome.SEEN_WELL,
               Outcome.SEEN_WORRY)  # fmt: skip
    MISSED = (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.MESSAGE, Outcome.WRONG, Outcome.NOBODY_HOME)

    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="contact_attempts"
    )
    request = models.ForeignKey(
        Request, models.SET_NULL, null=True, blank=True, related_name="attempts"
    )
    task = models.ForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="attempts")
    row = models.ForeignKey(
        OutreachRow, models.CASCADE, null=True, blank=True, related_name="attempts"
    )
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.PHONE)
    direction = models.CharField(max_length=5, choices=Direction, default=Direction.OUT)
    outcome = models.CharField(max_length=12, choices=Outcome)
    words = SealedTextField(blank=True)
    call_back_at = models.DateTimeField(null=True, blank=True)
    called_back_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False) | Q(row__isnull=False),
                name="an_attempt_is_to_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="call_back") | Q(call_back_at__isnull=False),
                name="a_call_back_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "at"], name="attempt_of_a_person"),
            models.Index(
                fields=["call_back_at"],
                condition=Q(call_back_at__isnull=False, called_back_at=None),
                name="attempt_call_backs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.outcome}"

    @property
    def is_missed(self) -> bool:
        return self.direction == self.Direction.OUT and self.outcome in self.MISSED


class Reach(models.Model):
    """How far we are with reaching somebody: kept by `contacts.actions`, one row per person.

    `missed`: tries in a row that reached nobody. `due_at`: by when the next thing must happen
    (another try, the doorstep check). `answered`: how often they were reached, ever.
    """

    class State(models.TextChoices):
        FINE = "fine", _("we reach them")
        TRYING = "trying", _("we are trying")
        CHECK = "check", _("somebody should knock")
        UNREACHABLE = "unreachable", _("nobody has reached them")

    person = models.OneToOneField(Person, models.CASCADE, related_name="reach")
    state = models.CharField(max_length=12, choices=State, default=State.FINE)
    since = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    missed = models.PositiveSmallIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    last_reached_at = models.DateTimeField(null=True, blank=True)
    last_tried_at = models.DateTimeField(null=True, blank=True)
    locality = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")
    request = models.ForeignKey(Request, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"], name="reach_worklist"),
        ]
        verbose_name_plural = "reach"

    def __str__(self) -> str:
        return f"{self.person_id}: {self.state}"

    def is_overdue(self, at: dt.datetime) -> bool:
        return self.due_at is not None and self.due_at < at
