"""Request, Task, and the rows that hang on them.

A request is what somebody needs, in their words. A task is one piece of work for it: each week's
shop is a task of its own. A person is neither: one person may have many requests.
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
from doorstep.people.models import Person
from doorstep.places.models import Area


def new_ref() -> str:
    """Return a reference somebody can read out over the telephone: eight letters and digits."""
    return keys.new_key(8)


class Kind(models.TextChoices):
    """What help is of (PRODUCT.md, Support)."""

    SHOPPING = "shopping", _("shopping")
    PRESCRIPTION = "prescription", _("picking up medicine")
    PARCEL = "parcel", _("a food parcel")
    CALL = "call", _("a friendly call")
    TRANSPORT = "transport", _("a lift")
    FORMS = "forms", _("help with a form")
    REPAIRS = "repairs", _("a small repair")
    DOG = "dog", _("dog walking")
    OTHER = "other", _("something else")


class RequestQuerySet(models.QuerySet["Request"]):
    """Narrowings of requests."""

    def visible_to(self, viewer: Person | None) -> RequestQuerySet:
        """Requests `viewer` may open as work; tells `requests.rules.can_see` again.

        Nobody's own: the page for those is found with `own`.
        """
        from doorstep.support.requests import rules

        return rules.requests_visible_to(self, viewer)

    def own(self, person: Person | None) -> RequestQuerySet:
        """What this person asked for, for themselves or on somebody's behalf."""
        if person is None:
            return self.none()
        return self.filter(Q(person=person) | Q(asked_by=person))

    def open(self) -> RequestQuerySet:
        """Those for which something is still to be done."""
        return self.filter(state__in=Request.OPEN)

    def open_first(self, *before: Any) -> RequestQuerySet:
        """The open ones first, then by when they were asked; `before` goes before that.

        Said outright, because NULL comes first in SQLite and last in PostgreSQL.
        """
        open_ones = models.F("closed_at").asc(nulls_first=True)
        return self.order_by(*before, open_ones, "-asked_at", "-pk")


class Request(models.Model):
    """What somebody needs, and how far it has got.

    Who it is about
    - `person`: whom the help is for; always somebody, with or without an account.
    - `asked_by`: the person who asked on their behalf, where we know them; None when they asked
      themselves. `asked_by_name`, `asked_by_reach` (sealed) as that person said it.
    - `relation`, `agreed`: how the two know each other, and whether the person knows and agreed.
    - `taken_by`: the officer or organiser who typed it in; None when it came by the web.

    What it is
    - `ref`: the reference number, unique; names it in addresses and on letters.
    - `words` (sealed): what they said or wrote, unchanged. `gist` (sealed): one line by whoever
      triaged it, "" until then.
    - `kinds`: a list of `Kind` values, may be empty. `priority`: 1 today … 4 when we can.
    - `came_by`: web, phone, letter …; `asked_at`: when they asked (a letter: when it came).
    - `language`: code of the language they speak with us. `about_child`: it is about somebody
      under 18. `danger`: what was heard in the words when they came: "", "safeguarding" or
      "emergency".

    Where
    - `address`, `postcode`, `phone` (sealed): where and how for this request; every opening is
      logged. `ward`, `locality`: areas (kinds "ward" and "locality") found by postcode; None when
      it lies outside the borough or isn't known. `by_hand`: an officer chose the locality.
    - `latitude`, `longitude`: of the postcode, WGS84, rounded to 3 decimals (about 100 metres).

    How far
    - `state`; `since`: when it came into that state; `due_at`: by when the next must be reached,
      None when nothing is due. `climbed_at`: when it last climbed to the borough because its hub
      did not answer or had no room; `climbs`: how often. `owner`: the worker who has it in hand.
    - `outcome`: how it ended, "" while open. `closed_at`. `came_of`: the request it was split
      from; `merged_into`: the one it was merged into (state "merged").
    - `version`: raised by every change; a form that names an older one is refused.
    - `client_key`: of the form that made it; the same form sent twice makes one request.
    - `is_drill`: made up for a drill; never real, never sent anywhere.
    """

    class State(models.TextChoices):
        NEW = "new", _("waiting for somebody to look")
        HUB = "hub", _("waiting for the hub's answer")
        IN_HAND = "in_hand", _("in hand")
        WAITING = "waiting", _("waiting for the person")
        DONE = "done", _("done")
        CLOSED = "closed", _("closed")
        MERGED = "merged", _("part of another request")

    OPEN = (State.NEW, State.HUB, State.IN_HAND, State.WAITING)

    class Priority(models.IntegerChoices):
        TODAY = 1, _("today")
        SOON = 2, _("in two days")
        WEEK = 3, _("this week")
        WHENEVER = 4, _("when we can")

    class CameBy(models.TextChoices):
        WEB = "web", _("this site")
        PHONE = "phone", _("a phone call")
        LETTER = "letter", _("a letter")
        SLIP = "slip", _("a paper slip")
        VISIT = "visit", _("somebody came in")
        OUTREACH = "outreach", _("we rang them")
        VOLUNTEER = "volunteer", _("a volunteer told us")
        OTHER = "other", _("another way")

    class Relation(models.TextChoices):
        SELF = "", _("they asked themselves")
        FAMILY = "family", _("family")
        FRIEND = "friend", _("a friend")
        NEIGHBOUR = "neighbour", _("a neighbour")
        CARER = "carer", _("a carer")
        WORKER = "worker", _("somebody who works with them")
        OTHER = "other", _("somebody else")

    class Agreed(models.TextChoices):
        SELF = "", _("they asked themselves")
        YES = "yes", _("They know, and said yes")
        NOT_YET = "not_yet", _("They don't know yet")
        CANNOT = "cannot", _("They can't say, and somebody has to")

    class Outcome(models.TextChoices):
        NONE = "", _("still open")
        HELPED = "helped", _("they got what they needed")
        PARTLY = "partly", _("they got part of it")
        ELSEWHERE = "elsewhere", _("somebody else helps them now")
        NOT_NEEDED = "not_needed", _("they don't need it any more")
        NOT_REACHED = "not_reached", _("we could not reach them")
        CANNOT = "cannot", _("we could not help")
        OUTSIDE = "outside", _("they live outside the borough")
        MERGED = "merged", _("it is part of another request")
        DRILL = "drill", _("it was a drill")

    ref = models.CharField(max_length=12, unique=True, default=new_ref)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)

    person = models.ForeignKey(Person, models.PROTECT, related_name="requests")
    asked_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="requests_asked"
    )
    asked_by_name = SealedCharField(max_length=120, blank=True)
    asked_by_reach = SealedCharField(max_length=200, blank=True)
    relation = models.CharField(max_length=10, choices=Relation, blank=True)
    agreed = models.CharField(max_length=10, choices=Agreed, blank=True)
    taken_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    words = SealedTextField()
    gist = SealedCharField(max_length=160, blank=True)
    kinds = models.JSONField(default=list, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.WEEK)
    came_by = models.CharField(max_length=10, choices=CameBy, default=CameBy.WEB)
    asked_at = models.DateTimeField(default=timezone.now)
    language = models.CharField(max_length=10, default="en-gb")
    about_child = models.BooleanField(default=False)
    danger = models.CharField(max_length=12, blank=True)

    address = SealedTextField(blank=True)
    postcode = SealedCharField(max_length=8, blank=True)
    phone = SealedCharField(max_length=20, blank=True, can_look_up=True)
    ward = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")
    locality = models.ForeignKey(
        Area, models.SET_NULL, null=True, blank=True, related_name="requests"
    )
    by_hand = models.BooleanField(default=False)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)

    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    since = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    climbed_at = models.DateTimeField(null=True, blank=True)
    climbs = models.PositiveSmallIntegerField(default=0)
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="requests_in_hand"
    )
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    came_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="split_off"
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )
    version = models.PositiveIntegerField(default=1)
    is_drill = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = RequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["done", "closed", "merged"], closed_at__isnull=False)
                & ~Q(outcome="")
                | Q(state__in=["new", "hub", "in_hand", "waiting"], closed_at=None, outcome=""),
                name="a_closed_request_says_how_it_ended",
            ),
            models.CheckConstraint(
                condition=Q(state="merged", merged_into__isnull=False)
                | ~Q(state="merged") & Q(merged_into=None),
                name="a_merged_request_says_into_which",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "closed", "merged"]) | Q(due_at__isnull=False),
                name="an_open_request_has_a_next_date",
            ),
            models.CheckConstraint(
                condition=~Q(state="hub") | Q(locality__isnull=False),
                name="a_request_at_a_hub_has_a_locality",
            ),
        ]
        indexes = [
            # The queues: what is most pressing, then what is due first.
            models.Index(
                fields=["state", "priority", "due_at", "id"],
                condition=Q(closed_at=None),
                name="request_queue",
            ),
            models.Index(
                fields=["locality", "state", "priority", "due_at", "id"],
                condition=Q(closed_at=None),
                name="request_queue_of_a_hub",
            ),
            models.Index(fields=["due_at"], condition=Q(closed_at=None), name="request_due"),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="request_by_phone"),
            # What is late or for today, whatever state it is in.
            models.Index(
                fields=["priority", "due_at", "id"],
                condition=Q(closed_at=None),
                name="request_pressing",
            ),
            # Ended ones alone: SQLite would take it for the many that are open.
            models.Index(
                fields=["closed_at"], condition=Q(closed_at__isnull=False), name="request_ended"
            ),
            models.Index(fields=["changed_at"], name="request_changed"),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("support:request", args=[self.ref])

    @property
    def reference(self) -> str:
        """The reference as it is read out and printed: "BKTR-4Q7D"."""
        return f"{self.ref[:4]}-{self.ref[4:]}".upper()

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_on_behalf(self) -> bool:
        return self.relation != self.Relation.SELF

    @property
    def line(self) -> str:
        """One line that tells it: the gist, or how their words begin (at most 120 letters)."""
        text = self.gist or " ".join(self.words[:400].split())
        return text if len(text) <= 120 else f"{text[:119].rstrip()}…"

    def is_overdue(self, at: dt.datetime) -> bool:
        return self.is_open and self.due_at is not None and self.due_at < at


class Repeat(models.Model):
    """A task that comes again and again: each time is a task of its own, made by a tick.

    Every `every_weeks` weeks on `weekday` (0 Monday … 6 Sunday) between `from_time` and
    `to_time` (London's clock). `next_on` is the first day for which no task was made yet; None
    when nothing more comes. `ends_on` is the last day, None for open end. The other fields are
    copied into each task.
    """

    request = models.ForeignKey(Request, models.CASCADE, related_name="repeats")
    kind = models.CharField(max_length=15, choices=Kind)
    what = SealedTextField(blank=True)
    every_weeks = models.PositiveSmallIntegerField(default=1)
    weekday = models.PositiveSmallIntegerField()
    from_time = models.TimeField()
    to_time = models.TimeField()
    minutes = models.PositiveSmallIntegerField(default=60)
    skills = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=10, blank=True)
    money_cap = models.PositiveIntegerField(default=0)
    next_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__lte=6, every_weeks__range=(1, 8)),
                name="a_repeat_has_a_weekday_and_a_rhythm",
            ),
            models.CheckConstraint(
                condition=Q(to_time__gt=models.F("from_time")), name="a_repeat_ends_after_it_starts"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_on"], condition=Q(next_on__isnull=False), name="repeat_by_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} every {self.every_weeks} weeks for {self.request_id}"


class TaskQuerySet(models.QuerySet["Task"]):
    """Narrowings of tasks."""

    def visible_to(self, viewer: Person | None) -> TaskQuerySet:
        """Tasks `viewer` may open; tells `requests.rules.can_see_task` again."""
        from doorstep.support.requests import rules

        return rules.tasks_visible_to(self, viewer)

    def unfinished(self) -> TaskQuerySet:
        """Those for which somebody still has to do something."""
        return self.filter(state__in=Task.UNFINISHED)


class Task(models.Model):
    """One piece of work for a request.

    - `ref`: names it in addresses; unique. `request`: what it is for (address, phone and person
      are the request's, and shown to a volunteer only while the task is theirs).
    - `kind`: a `Kind` value. `what` (sealed): what is to be done, in a few words.
      `door_note` (sealed): what to know at the door ("knock twice, the bell is broken").
    - `state`: open → offered → accepted → on_the_way → done or not_done; cancelled from any of
      the unfinished ones. `since`: when it came into that state. The verbs from offer to done
      belong to `tasks`, those that make, change and cancel to `requests.working`.
    - `locality`: the area (kind "locality") whose hub sees to it; copied from the request, also
      when that is handed over. None while the request has none.
    - `latitude`, `longitude`: WGS84, rounded to 3 decimals; None when the place isn't known.
    - `starts_at`, `ends_at`: the window in which it is due; both None: any time. `minutes`: how
      long it takes at the door.
    - `skills`: a list of skill keys that are needed, may be empty. `language`: code of the
      language that is needed, "" for any.
    - `money_cap`: the most a volunteer may spend, pence; 0: no money is handled.
    - `repeat`, `repeat_on`: the rule that made it and for which day; both None for a single one.
    - `taken_at`: when a volunteer accepted it, None until then. `ended_at`: when it was done, not
      done or cancelled.
    - `client_key`: of the form that made it; None for one made by the tick.
    """

    class State(models.TextChoices):
        OPEN = "open", _("nobody has it yet")
        OFFERED = "offered", _("offered to somebody")
        ACCEPTED = "accepted", _("somebody has it")
        ON_THE_WAY = "on_the_way", _("on the way")
        DONE = "done", _("done")
        NOT_DONE = "not_done", _("not done")
        CANCELLED = "cancelled", _("called off")

    UNFINISHED = (State.OPEN, State.OFFERED, State.ACCEPTED, State.ON_THE_WAY)
    ENDED = (State.DONE, State.NOT_DONE, State.CANCELLED)

    ref = models.CharField(max_length=12, unique=True, default=new_ref)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    request = models.ForeignKey(Request, models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=15, choices=Kind)
    what = SealedTextField(blank=True)
    door_note = SealedTextField(blank=True)

    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    since = models.DateTimeField(default=timezone.now)
    locality = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(default=60)
    skills = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=10, blank=True)
    money_cap = models.PositiveIntegerField(default=0)
    repeat = models.ForeignKey(Repeat, models.SET_NULL, null=True, blank=True, related_name="tasks")
    repeat_on = models.DateField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["repeat", "repeat_on"],
                condition=Q(repeat__isnull=False),
                name="a_repeat_makes_one_task_a_day",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None)
                | Q(ends_at=None)
                | Q(ends_at__gt=models.F("starts_at")),
                name="a_task_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "not_done", "cancelled"], ended_at__isnull=False)
                | Q(state__in=["open", "offered", "accepted", "on_the_way"], ended_at=None),
                name="a_task_that_ended_says_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["locality", "state", "ends_at"],
                condition=Q(ended_at=None),
                name="task_backlog",
            ),
            models.Index(
                fields=["state", "ends_at"], condition=Q(ended_at=None), name="task_by_state"
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("support:task", args=[self.ref])

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED


class StepQuerySet(models.QuerySet["RequestStep"]):
    """What was done stays written down."""

    def update(self, **kwargs: Any) -> int:
        raise TypeError("steps are added, never changed")


class RequestStep(models.Model):
    """One thing that was done or said about a request. Only ever added.

    `task` names the task it was about, if any. `words` (sealed) is the note, the reason or the
    words told to somebody. `by` is None for what the clock did.
    """

    class Kind(models.TextChoices):
        ASKED = "asked", _("Asked")
        CHANGED = "changed", _("Changed")
        TRIAGED = "triaged", _("Looked at")
        ROUTED = "routed", _("Sent to a hub")
        ACCEPTED = "accepted", _("Taken on by the hub")
        DECLINED = "declined", _("Given back by the hub")
        HANDED_OVER = "handed_over", _("Handed over")
        CLIMBED = "climbed", _("Sent up, because it waited too long")
        TAKEN = "taken", _("Taken in hand")
        WAITING = "waiting", _("Waits for the person")
        NOTE = "note", _("Note")
        TASK = "task", _("Task made")
        TASK_CHANGED = "task_changed", _("Task changed")
        CANCELLED = "cancelled", _("Task called off")
        OFFERED = "offered", _("Task offered")
        TAKEN_ON = "taken_on", _("Task accepted")
        ENDED = "ended", _("Task ended")
        SPLIT = "split", _("Split")
        MERGED = "merged", _("Put together")
        PARTED = "parted", _("Taken apart again")
        CONTACT = "contact", _("Contact")
        TOLD = "told", _("Told the person")
        WORRIED = "worried", _("Worry passed on")
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Opened again")

    request = models.ForeignKey(Request, models.CASCADE, related_name="steps")
    task = models.ForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    words = SealedTextField(blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["request", "at"], name="step_of_a_request")]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("steps are added, never changed")
        super().save(*args, **kwargs)


class SearchMark(models.Model):
    """A word by which a request is found though what it stands in is sealed.

    `mark` is a keyed digest of one word of a name or a street; see `requests.finding`.
    """

    request = models.ForeignKey(Request, models.CASCADE, related_name="marks")
    mark = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mark", "request"], name="a_mark_is_kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.request_id}"


class Looking(models.Model):
    """Who has a request open right now, so that two people see each other."""

    request = models.ForeignKey(Request, models.CASCADE, related_name="lookers")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "person"], name="one_looks_once")]
        verbose_name_plural = "looking"

    def __str__(self) -> str:
        return f"{self.person_id} looks at {self.request_id}"


class CallDraft(models.Model):
    """What an officer has typed of a call so far; saved as it is typed, so a call may drop.

    `typed` (sealed) is field name -> text. `phone` (sealed) finds others on the same call.
    `request` is what it became; `dropped_at` when the officer threw it away.
    """

    key = models.CharField(max_length=24, unique=True)
    by = models.ForeignKey(Person, models.CASCADE, related_name="call_drafts")
    typed = SealedJSONField(default=dict)
    phone = SealedCharField(max_length=20, blank=True, can_look_up=True)
    started_at = models.DateTimeField(default=timezone.now)
    saved_at = models.DateTimeField(default=timezone.now)
    request = models.ForeignKey(Request, models.SET_NULL, null=True, blank=True, related_name="+")
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["by", "saved_at"],
                condition=Q(request=None, dropped_at=None),
                name="draft_of_an_officer",
            ),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="draft_by_phone"),
        ]

    def __str__(self) -> str:
        return self.key


class SavedView(models.Model):
    """A way of looking at the desk that somebody keeps: a name and the filters of the address."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="desk_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=400)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "name"], name="a_view_has_its_own_name")
        ]

    def __str__(self) -> str:
        return self.name
