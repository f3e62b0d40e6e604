"""Referral, Relationship and what hangs on it, the circle, measures, endings, case meetings.

What people said is sealed. A matter's words are only ever added to: `MatterWords`.
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
from doorstep.base.sealed_fields import SealedCharField, SealedJSONField, SealedTextField
from doorstep.organisations.models import Organisation
from doorstep.people.models import Person
from doorstep.places.models import Area

# --- Who walks alongside -----------------------------------------------------------------------


class Caseload(models.Model):
    """How many people a catalyst can walk alongside for an organisation, and with whom it fits."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="caseloads")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="caseloads")
    most = models.PositiveSmallIntegerField(_("how many people at once"), default=12)
    fits = models.CharField(_("who it goes well with"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "organisation"], name="one_caseload_each")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.organisation_id}"


# --- Referral ----------------------------------------------------------------------------------


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, viewer: Person | None) -> ReferralQuerySet:
        """Those the viewer sent, or received; tells `rules.can_see_referral` again."""
        from doorstep.connect import rules

        return rules.referrals_visible_to(self, viewer)


class Referral(models.Model):
    """Somebody proposed for one-to-one work, by whom, with what yes, and what became of it.

    A signpost is no referral: nobody's details went anywhere, and it is counted apart.
    """

    class State(models.TextChoices):
        SENT = "sent", _("sent, and not answered yet")
        ASKED = "asked", _("they asked something first")
        WAITING = "waiting", _("accepted, on the waiting list")
        TAKEN = "taken", _("somebody walks alongside")
        DECLINED = "declined", _("not the right place")
        WITHDRAWN = "withdrawn", _("taken back")
        SIGNPOST = "signpost", _("shown the way, no details sent")

    OPEN = (State.SENT, State.ASKED, State.WAITING)

    class Source(models.TextChoices):
        SELF = "self", _("the person themselves")
        NEIGHBOUR = "neighbour", _("a neighbour, friend or relative")
        PROFESSIONAL = "professional", _("somebody whose work it is")
        REQUEST = "request", _("a request for help")
        LETTER = "letter", _("a letter or a phone call, typed by us")

    class Decline(models.TextChoices):
        FULL = "full", _("We are full, and the wait would be too long")
        FIT = "fit", _("Another place fits better")
        AREA = "area", _("They live outside our area")
        NOT_WANTED = "not_wanted", _("They told us they don't want it")
        NOT_REACHED = "not_reached", _("We couldn't reach them")
        OTHER = "other", _("Something else")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    source = models.CharField(max_length=12, choices=Source)
    made_at = models.DateTimeField(default=timezone.now)
    # Who sent it: somebody with an account, or whoever the words name.
    sender = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="referrals_sent"
    )
    sender_name = SealedCharField(max_length=120, blank=True)
    sender_email = SealedCharField(max_length=254, blank=True)
    # Whom it is about: a record we have, or the words of the sender until it is taken on.
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="referrals_about"
    )
    name = SealedCharField(max_length=120, blank=True)
    reach = SealedTextField(blank=True)
    safe_contact = SealedTextField(blank=True)
    about = SealedTextField(blank=True)
    hopes = SealedTextField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    area = models.ForeignKey(
        Area, models.SET_NULL, null=True, blank=True, related_name="referrals_here"
    )
    # What the person said yes to, in the sender's words, and how they know.
    is_agreed = models.BooleanField(default=False)
    agreed_words = SealedTextField(blank=True)

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="connect_referrals")
    state = models.CharField(max_length=10, choices=State, default=State.SENT)
    answered_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    declined_for = models.CharField(max_length=12, choices=Decline, blank=True)
    # Raised by one, and every link given out before is dead.
    link_number = models.PositiveSmallIntegerField(default=1)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="signpost") | Q(is_agreed=True),
                name="a_referral_goes_out_with_a_yes",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(declined_for=""),
                name="a_declined_referral_says_why",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state"], name="referral_by_desk")]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("connect:referral", args=[self.ref])

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def known_as(self) -> str:
        return self.person.known_as if self.person else self.name


class ReferralStep(models.Model):
    """What happened to a referral: only ever added. `words` the sender may read."""

    class Kind(models.TextChoices):
        SENT = "sent", _("Sent")
        ASKED = "asked", _("A question came back")
        ANSWERED = "answered", _("The question was answered")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Not accepted")
        TAKEN = "taken", _("Somebody walks alongside")
        WITHDRAWN = "withdrawn", _("Taken back")
        SAME = "same", _("Found to be somebody we know")
        OTHER = "other", _("Found not to be somebody we know")

    # For those who answer alone: whoever sent it doesn't learn whom we know.
    INSIDE = (Kind.SAME, Kind.OTHER)

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    by_link = models.BooleanField(default=False)
    words = SealedTextField(blank=True)
    # Of SAME and OTHER: whom it was compared with.
    whom = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.referral_id}: {self.kind}"


# --- Relationship ------------------------------------------------------------------------------


class RelationshipQuerySet(models.QuerySet["Relationship"]):
    def visible_to(self, viewer: Person | None) -> RelationshipQuerySet:
        """Those the viewer may open; tells `rules.can_see` again."""
        from doorstep.connect import rules

        return rules.relationships_visible_to(self, viewer)

    def going_on(self) -> RelationshipQuerySet:
        return self.exclude(state=Relationship.State.ENDED)


class Relationship(models.Model):
    """One person, walked alongside by one organisation's catalysts. Open-ended."""

    class State(models.TextChoices):
        OPEN = "open", _("going on")
        PAUSED = "paused", _("paused")
        ENDING = "ending", _("an ending is planned")
        ENDED = "ended", _("ended")

    class Ended(models.TextChoices):
        PLANNED = "planned", _("as we planned together")
        WISHED = "wished", _("they wished it")
        MOVED = "moved", _("they moved away")
        LOST = "lost", _("we lost touch")
        DIED = "died", _("they died")

    class Whose(models.TextChoices):
        THEIRS = "theirs", _("theirs")
        OURS = "ours", _("ours")
        TOGETHER = "together", _("together")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    person = models.ForeignKey(Person, models.PROTECT, related_name="relationships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="relationships")
    referral = models.OneToOneField(
        Referral, models.SET_NULL, null=True, blank=True, related_name="relationship"
    )
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    started_at = models.DateTimeField(default=timezone.now)
    # The one thing that has to be there: a small step, whose it is and by when.
    next_step = SealedTextField()
    next_whose = models.CharField(max_length=10, choices=Whose, default=Whose.OURS)
    next_on = models.DateField()
    # How the end is planned, and how it came.
    ending_on = models.DateField(null=True, blank=True)
    ending_words = SealedTextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_for = models.CharField(max_length=10, choices=Ended, blank=True)
    # What the person wants kept from the organisation they work or help at.
    is_kept_apart = models.BooleanField(default=False)

    objects = RelationshipQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organisation"],
                condition=~Q(state="ended"),
                name="one_relationship_with_an_organisation",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) & ~Q(ended_for="")
                | ~Q(state="ended") & Q(ended_at=None),
                name="an_ended_relationship_says_how",
            ),
            models.CheckConstraint(
                condition=~Q(state="ending") | Q(ending_on__isnull=False),
                name="a_planned_ending_has_a_day",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state"], name="relationship_by_desk")]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("connect:relationship", args=[self.ref])

    @property
    def is_open(self) -> bool:
        return self.state != self.State.ENDED

    @property
    def has_died(self) -> bool:
        return self.ended_for == self.Ended.DIED


class Walk(models.Model):
    """A catalyst's part in a relationship: since when, until when. There may be two at once."""

    relationship = models.ForeignKey(Relationship, models.CASCADE, related_name="walks")
    person = models.ForeignKey(Person, models.CASCADE, related_name="walks")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["relationship", "person"],
                condition=Q(until=None),
                name="a_catalyst_walks_once_alongside",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} with {self.relationship_id}"


class Matter(models.Model):
    """What matters, what somebody can do or give, what stands in the way, a day to remember."""

    class Kind(models.TextChoices):
        MATTER = "matter", _("What matters")
        STRENGTH = "strength", _("Good at")
        GIFT = "gift", _("Would like to give")
        BARRIER = "barrier", _("In the way")
        DAY = "day", _("A day to remember")

    class State(models.TextChoices):
        OPEN = "open", _("now")
        REACHED = "reached", _("reached")
        REST = "rest", _("put aside")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    relationship = models.ForeignKey(Relationship, models.CASCADE, related_name="matters")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    # Of a day to remember: it comes again each year.
    on = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    # A barrier stands in the way of a matter.
    of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="barriers")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


class MatterWords(models.Model):
    """The words of a matter as they were said that day. Never changed, never overwritten."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="said")
    words = SealedTextField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "matter words"

    def __str__(self) -> str:
        return f"{self.matter_id} at {self.at}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("words are added, never changed")
        super().save(*args, **kwargs)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def readable_by(self, viewer: Person) -> ConversationQuerySet:
        """Tells `rules.can_read_conversation` again, within one relationship."""
        from doorstep.connect import rules

        return rules.conversations_readable_by(self, viewer)


class Conversation(models.Model):
    """What was talked about: a draft until it is final, and who may read it."""

    class How(models.TextChoices):
        VISIT = "visit", _("at home")
        OUT = "out", _("out and about")
        PHONE = "phone", _("by phone")
        MESSAGE = "message", _("in writing")

    class Readers(models.TextChoices):
        WRITER = "writer", _("only me")
        CATALYSTS = "catalysts", _("whoever walks alongside")
        PERSON = "person", _("us, and the person")

    relationship = models.ForeignKey(Relationship, models.CASCADE, related_name="conversations")
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="conversations")
    at = models.DateTimeField(default=timezone.now)
    how = models.CharField(max_length=10, choices=How, default=How.PHONE)
    words = SealedTextField()
    readers = models.CharField(max_length=10, choices=Readers, default=Readers.CATALYSTS)
    final_at = models.DateTimeField(null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["relationship", "-at", "-id"], name="conversation_by_when")]

    def __str__(self) -> str:
        return f"{self.relationship_id} at {self.at}"


# --- Circle ------------------------------------------------------------------------------------


class CircleMember(models.Model):
    """Somebody, or an organisation, around a person. The person's own: they take it along."""

    class State(models.TextChoices):
        HERE = "here", _("in the circle")
        PAUSED = "paused", _("paused")
        GONE = "gone", _("taken out")

    class Near(models.IntegerChoices):
        CLOSE = 1, _("close")
        NEAR = 2, _("near")
        FURTHER = 3, _("further out")

    class Sees(models.TextChoices):
        NOTHING = "nothing", _("nothing")
        WHO = "who", _("who else is there, and how to reach them")
        MATTERS = "matters", _("that, and what matters to me")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    owner = models.ForeignKey(Person, models.CASCADE, related_name="circle")
    # Somebody we know, an organisation of the directory, or just a name.
    person = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="circles_in"
    )
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="circles_in"
    )
    name = SealedCharField(max_length=120)
    does = SealedCharField(max_length=300, blank=True)
    reach = SealedCharField(max_length=200, blank=True)
    near = models.PositiveSmallIntegerField(choices=Near, default=Near.NEAR)
    is_professional = models.BooleanField(default=False)
    sees = models.CharField(max_length=8, choices=Sees, default=Sees.NOTHING)
    state = models.CharField(max_length=8, choices=State, default=State.HERE)
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["near", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None) | ~Q(person=models.F("owner")),
                name="nobody_is_in_their_own_circle",
            )
        ]

    def __str__(self) -> str:
        return f"{self.ref} of {self.owner_id}"


class CircleChange(models.Model):
    """Who changed a circle, and whether as the person told them. Only ever added."""

    class What(models.TextChoices):
        ADDED = "added", _("put in")
        CHANGED = "changed", _("changed")
        PAUSED = "paused", _("paused")
        BACK = "here", _("brought back")
        OUT = "gone", _("taken out")

    member = models.ForeignKey(CircleMember, models.CASCADE, related_name="changes")
    what = models.CharField(max_length=8, choices=What)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # Written down for the person, and what they said.
    is_spoken = models.BooleanField(default=False)
    said = SealedCharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.member_id} {self.what}"


# --- Measures ----------------------------------------------------------------------------------


class Asking(models.Model):
    """One instrument, asked at one moment of a relationship: answers, or why there are none."""

    class Point(models.IntegerChoices):
        START = 0, _("at the start")
        THREE = 3, _("after 3 months")
        SIX = 6, _("after 6 months")
        TWELVE = 12, _("after 12 months")

    class How(models.TextChoices):
        SPOKEN = "spoken", _("spoken")
        PAPER = "paper", _("on paper")
        SCREEN = "screen", _("on screen")

    class Missing(models.TextChoices):
        DECLINED = "declined", _("they'd rather not")
        UNWELL = "unwell", _("not a good time for them")
        NOT_ASKED = "not_asked", _("we didn't ask")
        NOT_REACHED = "not_reached", _("we couldn't reach them")

    relationship = models.ForeignKey(Relationship, models.CASCADE, related_name="askings")
    instrument = models.CharField(max_length=30)
    point = models.PositiveSmallIntegerField(choices=Point)
    due_on = models.DateField()
    asked_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=8, choices=How, blank=True)
    # Item of the instrument -> the answer's number; one not answered is left out.
    answers = SealedJSONField(null=True, blank=True)
    missing = models.CharField(max_length=12, choices=Missing, blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["instrument", "point"]
        constraints = [
            models.UniqueConstraint(
                fields=["relationship", "instrument", "point"], name="asked_once_at_each_point"
            )
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.point} of {self.relationship_id}"

    @property
    def is_done(self) -> bool:
        return bool(self.asked_at or self.missing)


# --- Afterwards --------------------------------------------------------------------------------


class FollowUp(models.Model):
    """Asked 3, 6 and 12 months after the end: are the connections still there?"""

    class Answer(models.TextChoices):
        YES = "yes", _("yes, they are still there")
        SOME = "some", _("some of them")
        NO = "no", _("no")
        UNKNOWN = "unknown", _("we couldn't ask")

    relationship = models.ForeignKey(Relationship, models.CASCADE, related_name="follow_ups")
    months = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    answer = models.CharField(max_length=8, choices=Answer, blank=True)
    words = SealedTextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["months"]
        constraints = [
            models.UniqueConstraint(fields=["relationship", "months"], name="followed_up_once")
        ]

    def __str__(self) -> str:
        return f"{self.months} months after {self.relationship_id}"


class FirstStep(models.Model):
    """A matter that becomes being expected somewhere: who meets them, how they get there."""

    class State(models.TextChoices):
        EXPECTED = "expected", _("expected")
        WENT = "went", _("went")
        NOT_YET = "not_yet", _("didn't go yet")
        GIVES = "gives", _("lends a hand there now")

    relationship = models.ForeignKey(Relationship, models.CASCADE, related_name="first_steps")
    matter = models.ForeignKey(
        Matter, models.SET_NULL, null=True, blank=True, related_name="first_steps"
    )
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    # Which provider of `first_steps.providers` knows the rest, and by what.
    provider = models.CharField(max_length=20)
    key = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    travel = SealedTextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.EXPECTED)
    call_words = SealedTextField(blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["starts_at", "id"]

    def __str__(self) -> str:
        return f"{self.label} for {self.relationship_id}"


# --- Connecting the dots -----------------------------------------------------------------------


class CaseMeeting(models.Model):
    """Services and charities around one consented story, as little of it as they need."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        HELD = "held", _("held")
        STOPPED = "stopped", _("stopped")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    relationship = models.ForeignKey(Relationship, models.CASCADE, related_name="meetings")
    called_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    meets_at = models.DateTimeField()
    where = SealedCharField(max_length=200, blank=True)
    question = SealedTextField()
    story = SealedTextField()
    agenda = SealedTextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    # What the person said yes to, in their words.
    agreed_words = SealedTextField()

    class Meta:
        ordering = ["-meets_at"]

    def __str__(self) -> str:
        return self.ref

    @property
    def is_live(self) -> bool:
        return self.state != self.State.STOPPED


class CaseGuest(models.Model):
    """Somebody round the table: for whom, what they see, and what their service learned."""

    class Sees(models.TextChoices):
        QUESTION = "question", _("the question and the actions")
        STORY = "story", _("that, and the story")

    meeting = models.ForeignKey(CaseMeeting, models.CASCADE, related_name="guests")
    key = models.CharField(max_length=20, unique=True, default=keys.new_key)
    name = SealedCharField(max_length=120)
    service = SealedCharField(max_length=120)
    email = SealedCharField(max_length=254, blank=True)
    sees = models.CharField(max_length=10, choices=Sees, default=Sees.QUESTION)
    learned = SealedTextField(blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} at {self.meeting_id}"


class CaseAction(models.Model):
    """What somebody does by when."""

    meeting = models.ForeignKey(CaseMeeting, models.CASCADE, related_name="actions")
    owner = models.ForeignKey(CaseGuest, models.CASCADE, related_name="actions")
    words = SealedTextField()
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = SealedTextField(blank=True)

    class Meta:
        ordering = ["due_on", "id"]

    def __str__(self) -> str:
        return f"{self.meeting_id}: by {self.due_on}"


MONTHS_AFTER = (3, 6, 12)


def months_on(day: dt.date, months: int) -> dt.date:
    """Return the same day `months` later, or the last of that month."""
    from calendar import monthrange

    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# Calls and the evidence diary are packages of their own; Django finds their models by these lines.
from doorstep.connect.calls.models import Call, CallAsk  # noqa: E402, F401
from doorstep.connect.diary import models as diary_models  # noqa: E402, F401
