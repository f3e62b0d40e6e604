"""Call and whom it went to. What was said is sealed; the words as first written go when it is out.

`CallAsk.answer` is what a receiver said; the states of a call: draft → out → closed or stopped.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedCharField, SealedJSONField, SealedTextField
from doorstep.organisations.models import Offer, Organisation
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.teams.models import Team


class CallQuerySet(models.QuerySet["Call"]):
    def visible_to(self, viewer: Person | None) -> CallQuerySet:
        """Those of people the viewer walks alongside; tells `rules.can_see_call` again."""
        from doorstep.connect.calls import rules

        return rules.calls_visible_to(self, viewer)


class Call(models.Model):
    """A small ask for one person that says nothing about who they are."""

    class State(models.TextChoices):
        DRAFT = "draft", _("being written")
        OUT = "out", _("out")
        CLOSED = "closed", _("closed")
        STOPPED = "stopped", _("stopped")

    class Ended(models.TextChoices):
        HAPPENED = "happened", _("It happened")
        OTHER = "other", _("They found another way")
        NOBODY = "nobody", _("Nobody could")
        CHANGED = "changed", _("They would rather not any more")

    class Why(models.TextChoices):
        """Why it was stopped: for whoever walks alongside, and nobody else."""

        US = "us", _("we stopped it")
        PERSON = "person", _("they stopped it")
        CONSENT = "consent", _("they took their yes back")
        ENDED = "ended", _("we don’t walk alongside any more")
        DIED = "died", _("they died")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    relationship = models.ForeignKey("connect.Relationship", models.CASCADE, related_name="calls")
    # What it is for: a matter, or what stands in the way.
    matter = models.ForeignKey(
        "connect.Matter", models.SET_NULL, null=True, blank=True, related_name="calls"
    )
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    # As it was written, with what may tell who it is, and what the writer said of each mark:
    # [{"start", "end", "kind", "do", "instead"}]. Both are emptied when it goes out.
    written = SealedTextField(blank=True)
    marks = SealedJSONField(null=True, blank=True)
    # Goes up with each change of the draft, so that two writers never overwrite each other.
    version = models.PositiveSmallIntegerField(default=1)
    # What goes out, word for word; empty until every mark is decided.
    words = SealedTextField(blank=True)
    # Roughly where: the borough, a locality, at most a ward.
    near = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")
    # What the person said yes to, in their words.
    agreed_words = SealedTextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    wave_size = models.PositiveSmallIntegerField(_("how many at a time"), default=5)
    wave_days = models.PositiveSmallIntegerField(_("days between"), default=4)
    wave = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    first_yes_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_for = models.CharField(max_length=10, choices=Ended, blank=True)
    ended_words = SealedTextField(blank=True)
    stopped_for = models.CharField(max_length=10, choices=Why, blank=True)
    # When whoever walks alongside was last reminded of it.
    nudged_at = models.DateTimeField(null=True, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft", sent_at=None, ended_at=None)
                | Q(state="out", sent_at__isnull=False, ended_at=None)
                | Q(state__in=("closed", "stopped"), sent_at__isnull=False, ended_at__isnull=False),
                name="a_call_goes_out_and_ends_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | ~Q(ended_for=""),
                name="a_closed_call_says_what_happened",
            ),
            models.CheckConstraint(
                condition=~Q(state="stopped") | ~Q(stopped_for=""),
                name="a_stopped_call_says_why",
            ),
        ]
        indexes = [models.Index(fields=["state", "next_at"], name="call_by_next_wave")]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("connect:call", args=[self.ref])

    @property
    def is_out(self) -> bool:
        return self.state == self.State.OUT


class CallAskQuerySet(models.QuerySet["CallAsk"]):
    def visible_to(self, viewer: Person | None) -> CallAskQuerySet:
        """Those that went to the viewer, or to a place they answer for; see `rules.can_see_ask`."""
        from doorstep.connect.calls import rules

        return rules.asks_visible_to(self, viewer)

    def sent(self) -> CallAskQuerySet:
        return self.filter(sent_at__isnull=False)


class CallAsk(models.Model):
    """One receiver of a call: why they fit, when they were asked, what they said."""

    class Kind(models.TextChoices):
        OFFER = "offer", _("an offer")
        TEAM = "team", _("a team")
        GATHERING = "gathering", _("a gathering")
        PERSON = "person", _("a neighbour")
        KNOWN = "known", _("somebody who was suggested")

    class Answer(models.TextChoices):
        YES = "yes", _("yes")
        NOT_NOW = "not_now", _("not now")
        NO = "no", _("no")
        KNOWS = "knows", _("I know someone")

    class How(models.TextChoices):
        LINK = "link", _("by the link")
        HERE = "here", _("signed in")
        TOLD = "told", _("told whoever walks alongside")

    call = models.ForeignKey(Call, models.CASCADE, related_name="asks")
    # What a link and an address name it by.
    code = models.CharField(max_length=20, unique=True, default=keys.new_key)
    kind = models.CharField(max_length=10, choices=Kind)
    # Where it was found: "offer:12".
    key = models.CharField(max_length=40)
    offer = models.ForeignKey(
        Offer, models.SET_NULL, null=True, blank=True, related_name="calls_asked"
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="calls_asked"
    )
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="calls_asked"
    )
    # A neighbour asked, or the host of a gathering.
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="calls_asked"
    )
    name = SealedCharField(max_length=200, blank=True)
    email = SealedCharField(max_length=254, blank=True)
    # Why they fit, in sentences, for whoever sends it.
    reasons = SealedJSONField(default=list, blank=True)
    # In which order they are asked.
    place = models.PositiveSmallIntegerField(default=0)
    wave = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    link_number = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField(null=True, blank=True)
    nudged_at = models.DateTimeField(null=True, blank=True)

    answer = models.CharField(max_length=8, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_how = models.CharField(max_length=5, choices=How, blank=True)
    answered_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="calls_answered"
    )
    noted_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    answer_name = SealedCharField(max_length=120, blank=True)
    # How to reach them; shown to the person only after they were introduced.
    answer_reach = SealedCharField(max_length=200, blank=True)
    answer_words = SealedTextField(blank=True)

    introduced_at = models.DateTimeField(null=True, blank=True)
    # What the person lets this receiver know, from then on.
    meet_name = SealedCharField(max_length=120, blank=True)
    meet_reach = SealedCharField(max_length=300, blank=True)
    introduced_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = CallAskQuerySet.as_manager()

    class Meta:
        ordering = ["place", "id"]
        constraints = [
            models.UniqueConstraint(fields=["call", "key"], name="asked_once_in_a_call"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None)
                | ~Q(answer="") & Q(answered_at__isnull=False, sent_at__isnull=False),
                name="only_who_was_asked_answers",
            ),
            models.CheckConstraint(
                condition=Q(introduced_at=None) | Q(answer="yes"),
                name="introduced_after_a_yes",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "sent_at"], name="call_by_organisation"),
            models.Index(fields=["team", "sent_at"], name="call_by_team"),
            models.Index(fields=["person", "sent_at"], name="call_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.call_id}"

    def get_absolute_url(self) -> str:
        return reverse("connect:asked", args=[self.code])

    @property
    def label(self) -> str:
        """What the receiver is called."""
        if self.kind == self.Kind.PERSON and self.person is not None:
            return self.person.known_as
        if self.kind == self.Kind.TEAM and self.team is not None:
            return self.team.name
        return self.name
