"""What people ask about their own data, and what became of it."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedTextField
from doorstep.people.models.person import Person


class Way(models.TextChoices):
    """How a person asked."""

    WEB = "web", _("on this site")
    SPOKEN = "spoken", _("by telephone or in person")
    WRITTEN = "written", _("by letter or e-mail")


class RightsRequestQuerySet(models.QuerySet["RightsRequest"]):
    """Narrowings of what people asked."""

    def waiting(self) -> RightsRequestQuerySet:
        return self.filter(state__in=RightsRequest.WAITING)

    def visible_to(self, viewer: Person | None) -> RightsRequestQuerySet:
        """What `viewer` may read; tells `rights.rules.can_see_request` again."""
        from doorstep.people.rights import rules

        return rules.requests_visible_to(self, viewer)


class RightsRequest(models.Model):
    """A person asks for one of their rights. The law gives us one month to answer."""

    class Kind(models.TextChoices):
        EXPORT = "export", _("A copy of everything")
        CORRECTION = "correction", _("Put something right")
        RESTRICTION = "restriction", _("Stop using my record for now")
        ERASURE = "erasure", _("Take everything away")

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        WORKING = "working", _("being looked at")
        DONE = "done", _("done")
        REFUSED = "refused", _("not done, with the reason")
        WITHDRAWN = "withdrawn", _("taken back")

    WAITING = (State.ASKED, State.WORKING)

    person = models.ForeignKey(Person, models.CASCADE, related_name="rights_requests")
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    way = models.CharField(max_length=10, choices=Way, default=Way.WEB)
    # Which part of the record, in the person's words.
    what = SealedTextField(_("what is it about"), max_length=200, blank=True)
    words = SealedTextField(_("what you want us to know"), max_length=2000, blank=True)
    # Who typed it for them; None when they did it themselves.
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # How an officer knew that it was them.
    known_by = SealedTextField(max_length=200, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField()
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_why = SealedTextField(_("why it takes longer"), max_length=600, blank=True)
    taken_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    answered_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = SealedTextField(_("what you tell them"), max_length=2000, blank=True)
    # How many of those the record was shared with were told of a correction.
    told_count = models.PositiveIntegerField(default=0)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = RightsRequestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_on"],
                condition=Q(state__in=["asked", "working"]),
                name="rights_request_due",
            ),
            models.Index(fields=["person", "-id"], name="rights_request_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"

    @property
    def is_waiting(self) -> bool:
        return self.state in self.WAITING

    def is_late(self, day: dt.date) -> bool:
        return self.is_waiting and self.due_on < day


class Export(models.Model):
    """A copy of all that is held about a person, made in the background, sealed on disk."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be made")
        MAKING = "making", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("something went wrong")
        GONE = "gone", _("taken away again")

    person = models.ForeignKey(Person, models.CASCADE, related_name="exports")
    key = models.CharField(max_length=40, unique=True, default=keys.new_key)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # None when the person asked themselves; an officer may only print it for them.
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    # From 0 to 100.
    progress = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    # Names of the sealed files: the zip, and the page to print.
    file_name = models.CharField(max_length=200, blank=True)
    page_name = models.CharField(max_length=200, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    row_count = models.PositiveIntegerField(default=0)
    # A class of error, never its words.
    problem = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state__in=["waiting", "making"]),
                name="one_export_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["person", "-id"], name="export_of_person")]

    def __str__(self) -> str:
        return f"export {self.pk}: {self.state}"


class Erasure(models.Model):
    """A person is being forgotten, or was. What is kept of it holds no words of theirs."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="erasures")
    number = models.CharField(max_length=20, unique=True, default=keys.new_key)
    takes_posts = models.BooleanField(default=False)
    way = models.CharField(max_length=10, choices=Way, default=Way.WEB)
    # None when they asked themselves.
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    known_by = SealedTextField(max_length=200, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    # [{"name": "feed.post", "what": "emptied", "count": 12}, …]
    counts = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(done_at=None, undone_at=None),
                name="one_erasure_waits",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(done_at=None, undone_at=None), name="erasure_due"
            )
        ]

    def __str__(self) -> str:
        return f"erasure {self.number}"


class Restriction(models.Model):
    """Nobody uses this record while something about it is argued over."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="restrictions")
    request = models.ForeignKey(
        RightsRequest, models.SET_NULL, null=True, related_name="restrictions"
    )
    why = SealedTextField(_("why"), max_length=600, blank=True)
    since = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # The law has us tell the person before it is lifted.
    told_at = models.DateTimeField(null=True, blank=True)
    told_why = SealedTextField(_("why it can be used again"), max_length=600, blank=True)
    lifts_on = models.DateField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(lifted_at=None), name="a_record_is_restricted_once"
            )
        ]

    def __str__(self) -> str:
        return f"restriction of {self.person_id}"


class Hold(models.Model):
    """Nothing about this person may be taken away for now: a claim or an inquiry needs it."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="holds")
    why = SealedTextField(_("why"), max_length=600)
    since = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    review_on = models.DateField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(lifted_at=None), name="a_person_is_held_once"
            )
        ]

    def __str__(self) -> str:
        return f"hold on {self.person_id}"


class RetentionRun(models.Model):
    """One night's taking away of what has been kept long enough. Counts only."""

    # The date in London, so that a night is reported once however often the worker starts.
    day = models.DateField(unique=True)
    begun_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    # [{"name": "notices.notice", "what": "deleted", "count": 12, "held": 0}, …]
    counts = models.JSONField(default=list)

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"retention of {self.day}"
