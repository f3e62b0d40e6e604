"""Alert, and everything that was done about it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedTextField
from doorstep.people.models import Person


class AlertQuerySet(models.QuerySet["Alert"]):
    """Narrowings of alerts."""

    def visible_to(self, viewer: Person | None) -> AlertQuerySet:
        """Alerts `viewer` may open; tells `rules.can_see` again."""
        from doorstep.safeguarding import rules

        return rules.alerts_visible_to(self, viewer)

    def open(self) -> AlertQuerySet:
        return self.exclude(state=Alert.State.CLOSED)

    def on_their_own(self) -> AlertQuerySet:
        """Those not joined to another as a duplicate."""
        return self.filter(joined_to=None)


class Alert(models.Model):
    """A worry that somebody is being hurt, or may be: another route and another team.

    Its words are sealed. `ref` names it in addresses and on the thank-you slip, and tells nothing.
    """

    class State(models.TextChoices):
        NEW = "new", _("nobody has looked yet")
        SEEN = "seen", _("looked at, nobody has taken it")
        IN_HAND = "in_hand", _("in hand")
        REFERRED = "referred", _("passed on")
        CLOSED = "closed", _("closed")
        REOPENED = "reopened", _("opened again")

    class Urgency(models.TextChoices):
        NOW = "now", _("Yes, right now")
        TODAY = "today", _("Not this minute, but soon")
        ORDINARY = "ordinary", _("No, but it worries me")

    class Child(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        UNSURE = "unsure", _("I'm not sure")

    class Told(models.TextChoices):
        """Whether the person knows that we act."""

        NOT_YET = "", _("not written down yet")
        ASKED = "asked", _("Asked first, and they agreed")
        TOLD = "told", _("Told")
        NOT = "not", _("Not told")

    class Outcome(models.TextChoices):
        SAFE = "safe", _("They are safe")
        SAFER = "safer", _("Something has changed for the better")
        ELSEWHERE = "elsewhere", _("Another service has it now")
        NOT_HARM = "not_harm", _("It wasn't about harm")
        NOTHING_FOUND = "nothing_found", _("We looked and found nothing")
        NOT_REACHED = "not_reached", _("We couldn't reach them, and passed it on")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    raised_at = models.DateTimeField(default=timezone.now)
    raised_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="alerts_raised"
    )
    # Whether whoever raised it wrote for somebody else, who told them by phone or on paper.
    is_typed_for_another = models.BooleanField(default=False)
    heard_from = SealedTextField(blank=True)
    may_name = models.BooleanField(default=False)
    reach = SealedTextField(blank=True)

    about = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="alerts_about"
    )
    about_words = SealedTextField(blank=True)
    where = SealedTextField(blank=True)
    what = SealedTextField()
    # What the tap came from ("post", "session"), and the path to it.
    from_kind = models.CharField(max_length=30, blank=True)
    from_path = SealedTextField(blank=True)
    urgency = models.CharField(max_length=10, choices=Urgency, default=Urgency.ORDINARY)
    child = models.CharField(max_length=10, choices=Child, default=Child.UNSURE)
    # Came with very many others from one place: kept, but nobody is called out of bed for it.
    is_held = models.BooleanField(default=False)

    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    seen_at = models.DateTimeField(null=True, blank=True)
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="alerts_owned"
    )
    # By when the next thing must have happened: a look, somebody taking it, the next step.
    due_at = models.DateTimeField(null=True, blank=True)
    next_step = SealedTextField(blank=True)
    # How often it has been escalated since `due_at` was set, and when last.
    escalations = models.PositiveSmallIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True, blank=True)

    told = models.CharField(max_length=10, choices=Told, default=Told.NOT_YET, blank=True)

    outcome = models.CharField(max_length=15, choices=Outcome, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # What whoever raised it heard back: "" nothing yet, "looked" or "unsafe".
    answered = models.CharField(max_length=10, blank=True)

    joined_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="joined"
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="closed") & Q(closed_at=None),
                name="a_closed_alert_says_how_it_ended",
            ),
            models.CheckConstraint(
                condition=Q(state="closed") | Q(due_at__isnull=False),
                name="an_open_alert_has_a_next_date",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["referred", "closed"]) | ~Q(told=""),
                name="an_alert_passed_on_says_whether_they_were_told",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=~Q(state="closed"), name="alert_open_by_due"),
            models.Index(fields=["closed_at"]),
        ]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("safeguarding:alert", args=[self.ref])

    @property
    def is_open(self) -> bool:
        return self.state != self.State.CLOSED

    @property
    def name(self) -> str:
        """Whom it is about, as well as we know."""
        return (self.about.known_as if self.about else "") or self.about_words

    def is_overdue(self, at: Any) -> bool:
        return self.is_open and self.due_at is not None and self.due_at < at


class Party(models.Model):
    """Somebody who must not read an alert: it is about them or near them, or they know them."""

    class Part(models.TextChoices):
        ABOUT = "about", _("it is about them")
        AGAINST = "against", _("it is raised against them")
        HOUSEHOLD = "household", _("they live in the same home")
        CLOSE = "close", _("they are close to somebody in it")

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="parties")
    person = models.ForeignKey(Person, models.PROTECT, related_name="alert_parties")
    part = models.CharField(max_length=10, choices=Part)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "parties"
        constraints = [
            models.UniqueConstraint(fields=["alert", "person"], name="a_party_is_named_once")
        ]

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.part}"


class StepQuerySet(models.QuerySet["Step"]):
    """What was done stays written down."""

    def update(self, **kwargs: Any) -> int:
        raise TypeError("steps are added, never changed")

    def delete(self) -> Any:
        raise TypeError("steps are added, never taken away")


class Step(models.Model):
    """One thing that was done or said about an alert. Only ever added."""

    class Kind(models.TextChoices):
        RAISED = "raised", _("Told us")
        SEEN = "seen", _("Looked at it")
        TAKEN = "taken", _("Took it")
        RELEASED = "released", _("Let it go")
        CALL = "call", _("Phone call")
        VISIT = "visit", _("Visit")
        MEETING = "meeting", _("Strategy discussion")
        NOTE = "note", _("Note")
        TOLD = "told", _("Telling the person")
        PASSED_ON = "passed_on", _("Passed on")
        CAME_BACK = "came_back", _("What came back")
        ANSWERED = "answered", _("Answer to whoever told us")
        JOINED = "joined", _("Joined")
        PARTED = "parted", _("Parted again")
        LINKED = "linked", _("Belongs with another")
        PARTY = "party", _("Who may not read this")
        ESCALATED = "escalated", _("Sent on, because it waited too long")
        AROUND = "around", _("Looked at what is around them")
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Opened again")

    # What a lead writes down by hand.
    BY_HAND = (Kind.CALL, Kind.VISIT, Kind.MEETING, Kind.NOTE)

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    words = SealedTextField(blank=True)
    next_step = SealedTextField(blank=True)
    next_owner = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    next_due_at = models.DateTimeField(null=True, blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("steps are added, never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("steps are added, never taken away")


class PassedOn(models.Model):
    """An alert handed to another service: what was sent, and what came back."""

    class To(models.TextChoices):
        ADULTS = "adults", _("Adult social care")
        CHILDREN = "children", _("Children's front door (MASH)")
        POLICE = "police", _("Police")
        AMBULANCE = "ambulance", _("Ambulance or A&E")
        GP = "gp", _("GP or health team")
        ABUSE = "abuse", _("Domestic abuse service")
        HOUSING = "housing", _("Housing or landlord")
        FIRE = "fire", _("Fire brigade")
        OTHER = "other", _("Somebody else")

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="passed_on")
    to = models.CharField(max_length=10, choices=To)
    to_words = SealedTextField(blank=True)
    sent = SealedTextField()
    sent_at = models.DateTimeField(default=timezone.now)
    sent_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    answer = SealedTextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["sent_at", "id"]
        verbose_name_plural = "passed on"

    def __str__(self) -> str:
        return f"{self.alert_id} to {self.to}"


class Link(models.Model):
    """Two alerts about one person or one family, which belong together."""

    one = models.ForeignKey(Alert, models.PROTECT, related_name="links_out")
    other = models.ForeignKey(Alert, models.PROTECT, related_name="links_in")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="two_alerts_are_linked_once"),
            models.CheckConstraint(
                condition=Q(one__lt=models.F("other")), name="a_link_has_one_direction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} and {self.other_id}"
