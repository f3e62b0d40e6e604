"""Gathering, Session, Place, Welcome and what happens in the room."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.models import Spot
from doorstep.base.registry import Panel, Registry
from doorstep.base.sealed_fields import SealedCharField
from doorstep.feed.models import Channel
from doorstep.people.models import Person
from doorstep.places.models import Area, Venue
from doorstep.teams.models import Team

# Parts of a session's page that later files provide: `render(request, session)`. The session
# carries its gathering, team and venue, and `session.my_place` (a Place or None).
session_panels: Registry[Panel] = Registry("a session's page")
# The same for a gathering's page: `render(request, gathering)`, for hosts and visitors alike.
gathering_panels: Registry[Panel] = Registry("a gathering's page")


class GatheringQuerySet(models.QuerySet["Gathering"]):
    def visible_to(self, person: Person | None) -> GatheringQuerySet:
        """Gatherings `person` may see; tells `rules.can_see_gathering` again."""
        from doorstep.gatherings import rules

        return rules.gatherings_visible_to(self, person)


class Gathering(models.Model):
    """An activity: once, or again and again by a rule (RFC 5545)."""

    class State(models.TextChoices):
        ON = "on", _("on")
        ENDED = "ended", _("ended")
        CALLED_OFF = "called_off", _("called off")
        HIDDEN = "hidden", _("taken down by moderators")

    class Who(models.TextChoices):
        EVERYONE = "everyone", _("Everyone is welcome")
        TEAM = "team", _("Only our team")

    title = models.CharField(_("what it's called"), max_length=120)
    slug = models.SlugField(max_length=90, unique=True)
    uid = models.CharField(max_length=60, unique=True, default=keys.new_key)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="gatherings")
    host = models.ForeignKey(Person, models.PROTECT, related_name="gatherings_hosted")
    area = models.ForeignKey(Area, models.PROTECT, related_name="gatherings")
    channel = models.OneToOneField(Channel, models.PROTECT, related_name="gathering")
    who = models.CharField(_("who it's for"), max_length=10, choices=Who, default=Who.EVERYONE)
    description = models.TextField(_("what happens"), max_length=4000)
    when_you_walk_in = models.TextField(
        _("what you'll find when you walk in"), max_length=1000, blank=True
    )
    venue = models.ForeignKey(
        Venue, models.PROTECT, null=True, blank=True, related_name="gatherings"
    )
    is_online = models.BooleanField(_("people can join online"), default=False)
    # Empty with is_online: a room at the borough's video service is made up.
    online_url = models.URLField(_("link to join online"), blank=True)
    dial_in = models.CharField(_("number to ring and join in"), max_length=20, blank=True)
    dial_in_code = models.CharField(_("code to key in"), max_length=20, blank=True)
    cost = models.CharField(_("what it costs"), max_length=60, blank=True)
    is_good_with_children = models.BooleanField(_("good with children"), default=False)
    # London's clock; with `rrule` the first of many.
    starts_at = models.DateTimeField(_("when"))
    duration_minutes = models.PositiveIntegerField(_("how long, in minutes"), default=90)
    rrule = models.CharField(max_length=200, blank=True)
    # Starts (ISO, UTC) the rule makes but that are left out.
    exdates = models.JSONField(default=list, blank=True)
    capacity = models.PositiveIntegerField(_("most people"), null=True, blank=True)
    guests_each = models.PositiveSmallIntegerField(_("guests each person may bring"), default=1)
    state = models.CharField(max_length=10, choices=State, default=State.ON)
    # Sessions are made ahead until this day.
    made_until = models.DateField(null=True, blank=True)
    # Goes up with every change a calendar should pick up.
    sequence = models.PositiveIntegerField(default=0)
    spot = models.CharField(max_length=10, choices=Spot, default=Spot.HOME)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = GatheringQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "state"]), models.Index(fields=["area", "state"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(who="everyone") | Q(team__isnull=False),
                name="a_gathering_for_a_team_has_one",
            ),
            models.CheckConstraint(
                condition=Q(duration_minutes__range=(5, 60 * 24 * 3)), name="a_gathering_ends"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("gatherings:gathering", args=[self.slug])


class SessionQuerySet(models.QuerySet["Session"]):
    def upcoming(self) -> SessionQuerySet:
        return self.filter(ends_at__gte=timezone.now()).order_by("starts_at", "id")

    def visible_to(self, person: Person | None) -> SessionQuerySet:
        from doorstep.gatherings import rules

        return rules.sessions_visible_to(self, person)


class Session(models.Model):
    """One occurrence of a gathering. Its place in the rule is `rule_starts_at`."""

    gathering = models.ForeignKey(Gathering, models.CASCADE, related_name="sessions")
    rule_starts_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # Only where this one differs from the gathering.
    venue = models.ForeignKey(Venue, models.PROTECT, null=True, blank=True, related_name="sessions")
    note = models.CharField(_("different this time"), max_length=300, blank=True)
    is_called_off = models.BooleanField(default=False)
    # Seats taken, guests included; kept by the verbs, and never above capacity by them.
    seats_taken = models.PositiveIntegerField(default=0)
    waiting_count = models.PositiveIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # Goes up with everything that happens in the live room; a poll compares it and no more.
    room_version = models.PositiveIntegerField(default=0)

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gathering", "rule_starts_at"], name="a_session_is_made_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")),
                name="a_session_ends_after_it_starts",
            ),
        ]
        indexes = [
            # What has ended is passed over in the index itself (`reading.BEGUN`).
            models.Index(fields=["starts_at", "ends_at", "gathering"], name="session_soonest"),
            models.Index(fields=["gathering", "starts_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.gathering_id} at {self.starts_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("gatherings:session", args=[self.pk])


class Place(models.Model):
    """Somebody's place at a session: coming, waiting, or no longer; and whether they came."""

    class State(models.TextChoices):
        GOING = "going", _("coming")
        WAITING = "waiting", _("on the waiting list")
        CANCELLED = "cancelled", _("not coming after all")

    class How(models.TextChoices):
        ROOM = "room", _("in the room")
        ONLINE = "online", _("online")
        PHONE = "phone", _("by telephone")

    session = models.ForeignKey(Session, models.CASCADE, related_name="places")
    # Null for a walk-in who is only a name on the register.
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="places")
    name = SealedCharField(_("name"), max_length=80, blank=True)
    guests = models.PositiveSmallIntegerField(_("guests"), default=0)
    how = models.CharField(max_length=10, choices=How, default=How.ROOM)
    state = models.CharField(max_length=10, choices=State, default=State.GOING)
    is_first_time = models.BooleanField(default=False)
    # "I'll look out for newcomers": may promise a welcome at this session.
    is_greeter = models.BooleanField(default=False)
    # Makes a name put on the register twice (a lost connection, a double tap) one row.
    walk_in_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    asked_at = models.DateTimeField(default=timezone.now)
    # None: not marked. The register is the only thing that says who came.
    came = models.BooleanField(null=True, blank=True)
    guests_came = models.PositiveSmallIntegerField(default=0)
    marked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    marked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "person"],
                condition=Q(person__isnull=False),
                name="a_person_has_one_place",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False) | ~Q(name=""), name="a_walk_in_has_a_name"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "state"]),
            models.Index(fields=["session", "state", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.person_id or self.name} at {self.session_id}"


class WelcomeQuerySet(models.QuerySet["Welcome"]):
    def visible_to(self, person: Person | None) -> WelcomeQuerySet:
        """Welcomes `person` may know of; tells `rules.can_see_welcome` again."""
        from doorstep.gatherings import rules

        return rules.welcomes_visible_to(self, person)


class Welcome(models.Model):
    """The promise that a named greeter expects a named newcomer, and phones after."""

    class State(models.TextChoices):
        HOPED = "hoped", _("looking for a greeter")
        PROMISED = "promised", _("expected")
        MET = "met", _("met at the door")
        CALLED = "called", _("called afterwards")
        MISSED = "missed", _("didn't meet")

    place = models.OneToOneField(Place, models.CASCADE, related_name="welcome")
    greeter = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="welcomes")
    wishes = SealedCharField(_("what would help"), max_length=300, blank=True)
    # Shown to the greeter only, and only until the call is made.
    phone = SealedCharField(_("number to call you on"), max_length=20, blank=True)
    # The greeter's own words: "a red scarf, by the door".
    look_for = SealedCharField(_("how they will know you"), max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.HOPED)
    promised_at = models.DateTimeField(null=True, blank=True)
    met_at = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    call_note = SealedCharField(max_length=300, blank=True)

    objects = WelcomeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="called") | Q(phone=""),
                name="a_number_is_forgotten_after_the_call",
            ),
        ]
        indexes = [
            models.Index(fields=["greeter", "state"]),
            models.Index(fields=["place"], condition=~Q(phone=""), name="welcome_with_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.greeter_id} expects {self.place_id}"


class Job(models.Model):
    """Something that wants doing at a gathering: “make the tea”."""

    gathering = models.ForeignKey(Gathering, models.CASCADE, related_name="jobs")
    name = models.CharField(_("job"), max_length=80)
    people_needed = models.PositiveSmallIntegerField(_("how many people"), default=1)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class JobTaken(models.Model):
    """A person does a job at one session."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="taken")
    session = models.ForeignKey(Session, models.CASCADE, related_name="jobs_taken")
    person = models.ForeignKey(Person, models.CASCADE, related_name="jobs_taken")
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job", "session", "person"], name="a_job_is_taken_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} does {self.job_id}"


class Feeling(models.Model):
    """An anonymous face, arriving or leaving. Nothing in the row leads to a person.

    `once` is a keyed hash of person, session and moment, so that a second press changes the
    first; without the site's secret it cannot be traced back.
    """

    class Moment(models.TextChoices):
        ARRIVING = "arriving", _("arriving")
        LEAVING = "leaving", _("leaving")

    class Way(models.TextChoices):
        OWN = "own", _("on one's own phone")
        TABLE = "table", _("at the door")
        PAPER = "paper", _("on paper")

    session = models.ForeignKey(Session, models.CASCADE, related_name="feelings")
    moment = models.CharField(max_length=10, choices=Moment)
    way = models.CharField(max_length=5, choices=Way, default=Way.OWN)
    face = models.PositiveSmallIntegerField()  # 1 sad … 5 happy
    once = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(face__range=(1, 5)), name="five_faces"),
        ]

    def __str__(self) -> str:
        return f"{self.moment}: {self.face}"


class RoomMessage(models.Model):
    """Something said in the live room of a session."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="messages")
    person = models.ForeignKey(Person, models.CASCADE, related_name="room_messages")
    text = SealedCharField(max_length=1000)
    said_at = models.DateTimeField(default=timezone.now)
    # Hidden by a host, who may show it again; taken down by a moderator, who decides that.
    is_hidden = models.BooleanField(default=False)
    is_taken_down = models.BooleanField(default=False)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    class Meta:
        indexes = [models.Index(fields=["session", "id"])]

    def __str__(self) -> str:
        return self.text[:60]


class Presence(models.Model):
    """Somebody is in the live room, as of `seen_at`."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="presences")
    person = models.ForeignKey(Person, models.CASCADE, related_name="presences")
    seen_at = models.DateTimeField(default=timezone.now)
    hand_up_at = models.DateTimeField(null=True, blank=True)
    # A host has asked them to listen only.
    is_muted = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "person"], name="one_presence_each"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.session_id}"


class CalendarLink(models.Model):
    """The secret address of a person's own calendar feed."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="calendar_link")
    key = models.CharField(max_length=40, unique=True)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"calendar of {self.person_id}"
