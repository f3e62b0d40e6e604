"""Volunteer and what belongs to one; offer, assignment, money; the plan that shares tasks out.

Checks hang on kinds of task, not on people: what a volunteer holds is here, what a task needs is
worked out by `volunteers.lawful`. Where a volunteer lives is not kept: it is the person's.
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
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.support.models.requests import Kind as TaskKind
from doorstep.support.models.requests import Request, Task


class How(models.TextChoices):
    """By which way something reached us."""

    WEB = "web", _("on this site")
    PHONE = "phone", _("by phone")
    PAPER = "paper", _("on paper")
    ROOM = "room", _("face to face")


class VolunteerQuerySet(models.QuerySet["Volunteer"]):
    """Narrowings of volunteers."""

    def visible_to(self, viewer: Person | None) -> VolunteerQuerySet:
        """Those whose page the desk may open; tells `volunteers.rules.can_see` again."""
        from doorstep.support.volunteers import rules

        return rules.volunteers_visible_to(self, viewer)

    def helping(self) -> VolunteerQuerySet:
        """Those who may be asked: here, and their record in use."""
        return self.filter(
            state=Volunteer.State.HERE,
            person__state=Person.State.ACTIVE,
            person__restricted_at=None,
        )


class Volunteer(models.Model):
    """A person's helping record: what they can do, when, how far, how much.

    `availability` holds 21 bits: bit 3 * weekday + part is set where they can (weekday 0 is
    Monday; part 0 the morning until 12:00, 1 the afternoon until 17:00, 2 the evening).
    """

    class State(models.TextChoices):
        HERE = "here", _("can be asked")
        RESTING = "resting", _("has a rest")
        LEFT = "left", _("has stopped")

    class Travel(models.TextChoices):
        FOOT = "foot", _("On foot")
        BIKE = "bike", _("By bike")
        BUS = "bus", _("By bus")
        CAR = "car", _("By car")
        VAN = "van", _("By van")
        HOME = "home", _("I help from home, by phone")

    person = models.OneToOneField(Person, models.CASCADE, related_name="volunteer")
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.HERE)
    rests_until = models.DateField(null=True, blank=True)
    # Keys of `volunteers.skills`.
    skills = models.JSONField(default=list, blank=True)
    more_skills = SealedCharField(max_length=200, blank=True)
    # Kinds of task they would rather do; an empty list is any.
    kinds = models.JSONField(default=list, blank=True)
    availability = models.PositiveIntegerField(default=0)
    travel = models.CharField(max_length=10, choices=Travel, default=Travel.FOOT)
    radius_metres = models.PositiveIntegerField(default=1500)
    # Tasks in one week, Monday to Sunday.
    weekly_cap = models.PositiveSmallIntegerField(default=2)
    note = SealedTextField(blank=True)
    came_by = models.CharField(max_length=10, choices=How, default=How.WEB)
    signed_up_at = models.DateTimeField(default=timezone.now)
    signed_up_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # When somebody of the hub first greeted them.
    greeted_at = models.DateTimeField(null=True, blank=True)
    last_task_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    objects = VolunteerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(availability__lt=1 << 21), name="a_week_has_21_parts"
            ),
            models.CheckConstraint(
                condition=Q(weekly_cap__range=(1, 20)), name="a_weekly_cap_is_1_to_20"
            ),
            models.CheckConstraint(
                condition=Q(state="left", left_at__isnull=False)
                | ~Q(state="left") & Q(left_at=None),
                name="a_volunteer_who_left_says_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "last_task_at"], name="volunteer_by_turn")]

    def __str__(self) -> str:
        return self.person.known_as

    def get_absolute_url(self) -> str:
        return reverse("support:volunteer", args=[self.person.handle])

    @property
    def waiting_since(self) -> dt.datetime:
        """Since when they have had no task: their last one, or the day they came."""
        return self.last_task_at or self.signed_up_at


class CheckQuerySet(models.QuerySet["Check"]):
    def holding(self, on: dt.date) -> CheckQuerySet:
        """Those that count on a day."""
        return self.filter(state=Check.State.CLEAR).filter(
            Q(expires_on=None) | Q(expires_on__gte=on)
        )


class Check(models.Model):
    """A vetting: asked for because of a kind of task, and what came back."""

    class Kind(models.TextChoices):
        IDENTITY = "identity", _("who they are")
        BASIC = "basic", _("basic DBS check")
        BARRED = "barred", _("enhanced DBS check with the adults' barred list")
        DRIVING = "driving", _("licence, insurance and MOT")

    class State(models.TextChoices):
        ASKED = "asked", _("asked for")
        CLEAR = "clear", _("seen and fine")
        UNFIT = "unfit", _("seen, and not fine")
        DROPPED = "dropped", _("not needed any more")

    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    # The kind of task it was asked for.
    for_kind = models.CharField(max_length=15, choices=TaskKind, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    seen_on = models.DateField(null=True, blank=True)
    seen_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    expires_on = models.DateField(null=True, blank=True)
    # The number on the certificate. The certificate itself is never kept.
    number = SealedCharField(max_length=40, blank=True)
    note = SealedTextField(blank=True)
    # The last warning that went out: 60, 30 or 7 days before; 0 once it had run out.
    warned = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = CheckQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["volunteer", "kind"],
                condition=Q(state="asked"),
                name="a_check_is_asked_for_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "dropped"]) | Q(seen_on__isnull=False),
                name="a_check_that_came_back_says_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_on"], condition=Q(state="clear"), name="check_running_out"
            )
        ]

    def __str__(self) -> str:
        return f"{self.volunteer_id}: {self.kind}"


class Reference(models.Model):
    """Somebody who says a good word for a volunteer."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        GOOD = "good", _("a good word")
        DOUBT = "doubt", _("has doubts")
        SILENT = "silent", _("could not be reached")

    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="references")
    name = SealedCharField(max_length=120)
    reach = SealedCharField(max_length=200)
    how_known = SealedCharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    words = SealedTextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="asked", answered_at=None)
                | ~Q(state="asked") & Q(answered_at__isnull=False),
                name="a_reference_that_was_given_says_when",
            )
        ]

    def __str__(self) -> str:
        return f"{self.volunteer_id}: {self.state}"


class Training(models.Model):
    """A part of the training somebody has done."""

    class Module(models.TextChoices):
        START = "start", _("Helping safely")
        MONEY = "money", _("Other people's money")
        CALLS = "calls", _("Friendly calls")

    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="training")
    module = models.CharField(max_length=10, choices=Module)
    done_at = models.DateTimeField(default=timezone.now)
    how = models.CharField(max_length=10, choices=How, default=How.WEB)
    recorded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "training"
        constraints = [
            models.UniqueConstraint(fields=["volunteer", "module"], name="a_training_is_done_once")
        ]

    def __str__(self) -> str:
        return f"{self.volunteer_id}: {self.module}"


class Standby(models.Model):
    """An honest "no task for you yet, because…", and when we write again."""

    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="standbys")
    at = models.DateTimeField(default=timezone.now)
    # [{"code": "papers", "n": 4}, …]: keys of `volunteers.standby.REASONS`.
    reasons = models.JSONField(default=list)
    next_on = models.DateField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["volunteer"],
                condition=Q(ended_at=None),
                name="one_standby_note_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["next_on"], condition=Q(ended_at=None), name="standby_due")]

    def __str__(self) -> str:
        return f"{self.volunteer_id}: {self.next_on}"


class ThankYou(models.Model):
    """Thanks for what somebody's help did, in somebody's own words."""

    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="thank_yous")
    task = models.ForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="+")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    words = SealedTextField()
    at = models.DateTimeField(default=timezone.now)
    client_key = models.CharField(max_length=60, null=True, blank=True, unique=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.volunteer_id}: {self.at:%Y-%m-%d}"


class HelpReason(models.Model):
    """Why somebody can't do it themselves: it decides which check the law asks for.

    Until it has been asked there is no row, and the careful answer counts.
    """

    class Why(models.TextChoices):
        CARE = "care", _("Because of their age, an illness or a disability")
        OTHER = "other", _("For another reason")

    request = models.OneToOneField(Request, models.CASCADE, related_name="help_reason")
    why = models.CharField(max_length=10, choices=Why)
    # A lift to or from a doctor, a hospital or a place of care.
    to_care = models.BooleanField(default=False)
    said_at = models.DateTimeField(default=timezone.now)
    said_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.request_id}: {self.why}"


class TaskOfferQuerySet(models.QuerySet["Offer"]):
    def waiting(self) -> TaskOfferQuerySet:
        return self.filter(state=Offer.State.OPEN)


class Offer(models.Model):
    """A task put to one volunteer: they say yes or no, or it moves on when its time is over."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting for an answer")
        ACCEPTED = "accepted", _("yes")
        DECLINED = "declined", _("no")
        EXPIRED = "expired", _("no answer in time")
        WITHDRAWN = "withdrawn", _("taken back")

    class Why(models.TextChoices):
        """Why somebody said no: nobody needs to say."""

        NONE = "", _("I'd rather not say")
        TIME = "time", _("The time doesn't suit me")
        FAR = "far", _("It's too far")
        FULL = "full", _("I have enough on")
        KIND = "kind", _("It's not for me")
        KNOW = "know", _("I know them, and would rather not")

    task = models.ForeignKey(Task, models.CASCADE, related_name="offers")
    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="offers")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    offered_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    # Empty where the clock moved it on from somebody who didn't answer.
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    how = models.CharField(max_length=10, choices=How, default=How.WEB)
    # Why them: [{"code": "turn", "n": 12}, …], as `matching.reasons` words it.
    reasons = models.JSONField(default=list)
    metres = models.PositiveIntegerField(null=True, blank=True)
    # Ask the next one when this one doesn't.
    moves_on = models.BooleanField(default=True)
    wave = models.PositiveSmallIntegerField(default=1)
    why = models.CharField(max_length=10, choices=Why, blank=True)

    objects = TaskOfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(state="open"),
                name="a_task_is_offered_to_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None)
                | ~Q(state="open") & Q(answered_at__isnull=False),
                name="an_offer_that_was_answered_says_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(state="open"), name="offer_running_out"
            ),
            models.Index(fields=["volunteer", "state"], name="offer_of_a_volunteer"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} to {self.volunteer_id}"

    def get_absolute_url(self) -> str:
        return reverse("support:offer", args=[self.pk])


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def live(self) -> AssignmentQuerySet:
        """Those under way: the task is theirs."""
        return self.filter(state__in=Assignment.LIVE)

    def visible_to(self, viewer: Person | None) -> AssignmentQuerySet:
        """Those `viewer` may open; tells `tasks.rules.can_see` again."""
        from doorstep.support.tasks import rules

        return rules.assignments_visible_to(self, viewer)


class Assignment(models.Model):
    """Who has taken a task, and how it went."""

    class State(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        ON_THE_WAY = "on_the_way", _("on the way")
        DONE = "done", _("done")
        NOT_DONE = "not_done", _("not done")
        HANDED_BACK = "handed_back", _("handed back")
        TAKEN_BACK = "taken_back", _("taken back by the hub")
        CANCELLED = "cancelled", _("called off")

    LIVE = (State.ACCEPTED, State.ON_THE_WAY)

    class Why(models.TextChoices):
        """Why it was not done, handed back or taken back."""

        NONE = "", "—"
        NO_ANSWER = "no_answer", _("Nobody answered")
        NOT_NEEDED = "not_needed", _("They didn't need it any more")
        SHUT = "shut", _("It was shut, or they had none")
        ILL = "ill", _("I'm not well")
        TIME = "time", _("I can't make the time")
        UNSAFE = "unsafe", _("It didn't feel safe")
        PAPERS = "papers", _("A check ran out")
        OTHER = "other", _("Something else")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    task = models.ForeignKey(Task, models.PROTECT, related_name="assignments")
    volunteer = models.ForeignKey(Volunteer, models.PROTECT, related_name="assignments")
    offer = models.OneToOneField(
        Offer, models.SET_NULL, null=True, blank=True, related_name="assignment"
    )
    state = models.CharField(max_length=12, choices=State, default=State.ACCEPTED)
    accepted_at = models.DateTimeField(default=timezone.now)
    set_out_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=10, choices=How, default=How.WEB)
    why = models.CharField(max_length=12, choices=Why, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    # Set when the hub has gone through the money of it.
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    money_question = SealedTextField(blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(state__in=["accepted", "on_the_way"]),
                name="a_task_is_taken_by_one",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["accepted", "on_the_way"], ended_at=None)
                | ~Q(state__in=["accepted", "on_the_way"]) & Q(ended_at__isnull=False),
                name="an_assignment_that_ended_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["volunteer", "state"], name="assignment_of_a_volunteer"),
            models.Index(fields=["ended_at"], name="assignment_by_end"),
        ]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("support:my_task", args=[self.ref])

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE


class Step(models.Model):
    """One thing that happened on a task while it was somebody's. Only ever added.

    `client_key` makes an update kept on a phone without signal count once; `at` is the moment of
    the tap, `came_at` when it reached us.
    """

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", _("Said yes")
        ON_THE_WAY = "on_the_way", _("On the way")
        NOTE = "note", _("Note")
        WORRIED = "worried", _("Told us about a worry")
        DONE = "done", _("Done")
        NOT_DONE = "not_done", _("Not done")
        HANDED_BACK = "handed_back", _("Handed back")
        TAKEN_BACK = "taken_back", _("Taken back by the hub")
        CANCELLED = "cancelled", _("Called off")
        SETTLED = "settled", _("Money gone through")

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    came_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    how = models.CharField(max_length=10, choices=How, default=How.WEB)
    words = SealedTextField(blank=True)
    client_key = models.CharField(max_length=60, null=True, blank=True, unique=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.assignment_id}: {self.kind}"


class Feedback(models.Model):
    """How a task went, as one of the two sides tells it; and whether there is anything else."""

    class Side(models.TextChoices):
        VOLUNTEER = "volunteer", _("the volunteer")
        PERSON = "person", _("the person who was helped")

    class Else(models.TextChoices):
        """“Anything else?”"""

        NOTHING = "", _("No, that's all")
        CALL = "call", _("A friendly call would be nice")
        REFERRAL = "referral", _("Somebody to talk to about how things are")
        MORE = "more", _("Another hand with something")

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="feedback")
    side = models.CharField(max_length=10, choices=Side)
    # 1 is a sad face, 5 a very happy one; the five faces of the gatherings.
    mood = models.PositiveSmallIntegerField()
    words = SealedTextField(blank=True)
    more = models.CharField(max_length=10, choices=Else, blank=True)
    more_words = SealedTextField(blank=True)
    # Whether the person themselves said yes to it, which only they can.
    said_yes = models.BooleanField(null=True, blank=True)
    became = models.ForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="+")
    passed_on_at = models.DateTimeField(null=True, blank=True)
    given_at = models.DateTimeField(default=timezone.now)
    how = models.CharField(max_length=10, choices=How, default=How.WEB)
    recorded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    client_key = models.CharField(max_length=60, null=True, blank=True, unique=True)

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [
            models.UniqueConstraint(fields=["assignment", "side"], name="each_side_tells_once"),
            models.CheckConstraint(condition=Q(mood__range=(1, 5)), name="there_are_five_faces"),
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id}: {self.side}"


class MoneyLine(models.Model):
    """One line of the ledger of a task's money, in pence. Only ever added.

    What a volunteer holds of somebody else's: given + advanced - spent - returned, below nought
    when the hub owes them; repaying and giving back bring it to nought.
    """

    class Kind(models.TextChoices):
        GIVEN = "given", _("Cash from the person")
        ADVANCED = "advanced", _("Money from the hub")
        SPENT = "spent", _("Spent, with a receipt")
        RETURNED = "returned", _("Change given back")
        REPAID = "repaid", _("Paid back to the volunteer")

    # Which of them fill the volunteer's pocket.
    IN = (Kind.GIVEN, Kind.ADVANCED, Kind.REPAID)

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="money")
    kind = models.CharField(max_length=10, choices=Kind)
    pence = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    words = SealedCharField(max_length=200, blank=True)
    # Name of a private file, and what it is called when it is opened.
    receipt = models.CharField(max_length=80, blank=True)
    receipt_called = models.CharField(max_length=20, blank=True)
    # A line written by mistake is struck by another one; both stay.
    strikes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="struck_by"
    )
    client_key = models.CharField(max_length=60, null=True, blank=True, unique=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(pence__range=(1, 100_000)),
                name="a_money_line_is_a_penny_to_1000_pounds",
            )
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id}: {self.kind} {self.pence}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and kwargs.get("update_fields") != ["receipt", "receipt_called"]:
            raise TypeError("lines of the ledger are added, never changed")
        super().save(*args, **kwargs)

    @property
    def signed(self) -> int:
        """Pence that come into the volunteer's pocket (or leave it, below nought)."""
        amount = self.pence if self.kind in self.IN else -self.pence
        return -amount if self.strikes_id else amount


class Plan(models.Model):
    """A backlog shared out, put before a human: nothing of it is sent until they say so."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("to look through")
        SENT = "sent", _("sent out")
        DROPPED = "dropped", _("dropped")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    # Whose tasks; None for the whole borough.
    area = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    # Counts only: tasks, volunteers, pairs, matched, metres, gini_before, gini_after, proved …
    figures = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("support:plan", args=[self.ref])


class PlanLine(models.Model):
    """One task of a plan, and who is proposed for it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        LEFT_OUT = "left_out", _("left out")
        SENT = "sent", _("sent")
        OVERTAKEN = "overtaken", _("overtaken")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="lines")
    task = models.ForeignKey(Task, models.CASCADE, related_name="+")
    # None for a task nobody could be found for.
    volunteer = models.ForeignKey(
        Volunteer, models.CASCADE, null=True, blank=True, related_name="+"
    )
    metres = models.PositiveIntegerField(null=True, blank=True)
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "task"], name="a_plan_names_a_task_once")
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.task_id}"
