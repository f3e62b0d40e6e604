"""Concern: something somebody noticed, and everything that was done about it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedTextField
from doorstep.organisations.models import Organisation, Service
from doorstep.people.models import Person
from doorstep.places.models import Area


class ThemeQuerySet(models.QuerySet["Theme"]):
    """Narrowings of themes."""

    def in_use(self) -> ThemeQuerySet:
        """Those that can be chosen for something new."""
        return self.filter(archived_at=None)

    def leaves(self) -> ThemeQuerySet:
        """Those that concerns are kept under: a group only holds others."""
        return self.filter(parent__isnull=False)


class Theme(models.Model):
    """What a concern is about. Groups (no parent) hold themes; concerns stand under a theme.

    A theme that is no longer wanted is archived, never deleted: rows under it keep its name.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=60)
    hint = models.CharField(_("a few words that help to choose"), max_length=160, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="themes")
    order = models.PositiveSmallIntegerField(default=50)
    # Working days until somebody must have looked, and days after which nobody remembers it.
    due_days = models.PositiveSmallIntegerField(_("working days to look"), default=3)
    keep_days = models.PositiveSmallIntegerField(_("days until it runs out"), default=60)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = ThemeQuerySet.as_manager()

    class Meta:
        ordering = ["order", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_days__range=(1, 30)) & Q(keep_days__range=(14, 365)),
                name="a_theme_has_sensible_days",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name in the reader's language, where it is one of those we began with."""
        return gettext(self.name)


class Office(models.Model):
    """An MP's or councillors' office: a separate controller that passes concerns on.

    Its people are those with a position in the organisation. They read what their own office
    passed on and what came of it, and counts for `areas`; nothing else.
    """

    class Kind(models.TextChoices):
        MP = "mp", _("MP's office")
        COUNCILLORS = "councillors", _("Councillors' office")

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="watch_office")
    kind = models.CharField(max_length=12, choices=Kind)
    areas = models.ManyToManyField(Area, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.organisation.name


class ConcernQuerySet(models.QuerySet["Concern"]):
    """Narrowings of concerns."""

    def visible_to(self, viewer: Person | None) -> ConcernQuerySet:
        """Concerns `viewer` may open; tells `rules.can_see` again."""
        from doorstep.watch import rules

        return rules.concerns_visible_to(self, viewer)

    def open(self) -> ConcernQuerySet:
        return self.filter(state__in=Concern.OPEN)

    def on_their_own(self) -> ConcernQuerySet:
        """Those not joined to another that tells the same thing."""
        return self.filter(merged_into=None)

    def counted(self) -> ConcernQuerySet:
        """Those that count: one phone counts once for a theme, a place and a week; the same thing
        told twice (joined) counts once; what was taken back does not count."""
        return self.filter(is_counted=True, merged_into=None).exclude(state=Concern.State.WITHDRAWN)

    def for_scan(self, since: dt.date, until: dt.date) -> models.QuerySet:
        """Return the scan's rows: dicts of `seen_on` (date), `area_id`, `theme_id`, `concerns`.

        Both days count. `area_id` is a ward, a neighbourhood, or (place not known) a larger area:
        see `Area.path`. What was seen before `since` or in the future is left out.
        """
        return (
            self.counted()
            .filter(seen_on__range=(since, until))
            .values("seen_on", "area_id", "theme_id")
            .annotate(concerns=models.Count("pk"))
            .order_by("seen_on", "area_id", "theme_id")
        )


class Concern(models.Model):
    """A low-level worry about a place or a person. Never a label on anybody, never an alert.

    Its words are sealed. `ref` names it in addresses and on the thank-you slip, and tells nothing.
    """

    class State(models.TextChoices):
        NEW = "new", _("nobody has taken it yet")
        IN_HAND = "in_hand", _("somebody is looking into it")
        PASSED_ON = "passed_on", _("passed on, waiting for an answer")
        CLOSED = "closed", _("looked into")
        EXPIRED = "expired", _("ran out")
        WITHDRAWN = "withdrawn", _("taken back")

    OPEN = (State.NEW, State.IN_HAND, State.PASSED_ON)

    class About(models.TextChoices):
        PLACE = "place", _("A place or a thing")
        PERSON = "person", _("A person")

    class Sure(models.TextChoices):
        SAW = "saw", _("I saw or heard it myself")
        THINK = "think", _("I think so, but I'm not sure")
        TOLD = "told", _("Somebody told me")

    class Agreed(models.TextChoices):
        """Whether the person it is about said yes to telling us."""

        NONE = "", _("it isn't about a person")
        YES = "yes", _("Yes, they said yes")
        NOT_ASKED = "not_asked", _("I haven't asked them")
        NO = "no", _("They said no")

    class CameBy(models.TextChoices):
        WEB = "web", _("on the web")
        PHONE = "phone", _("by phone")
        PAPER = "paper", _("on paper")
        DOOR = "door", _("at the door or the desk")
        OFFICE = "office", _("from an MP's or councillors' office")

    class Outcome(models.TextChoices):
        PUT_RIGHT = "put_right", _("It was put right")
        HELPED = "helped", _("Somebody is getting help")
        ELSEWHERE = "elsewhere", _("Another service has it now")
        NOTHING = "nothing", _("We looked, and there was nothing to do")
        NOT_OURS = "not_ours", _("It isn't for us to act on")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    theme = models.ForeignKey(Theme, models.PROTECT, related_name="concerns")
    # A ward or a neighbourhood; a larger area where nobody knew.
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    where = SealedTextField(blank=True)
    # "51.54011,0.12890" where somebody put a pin on the map.
    pin = SealedTextField(blank=True)
    seen_on = models.DateField()
    logged_at = models.DateTimeField(default=timezone.now)
    about = models.CharField(max_length=10, choices=About, default=About.PLACE)
    what = SealedTextField()
    sure = models.CharField(max_length=10, choices=Sure, default=Sure.SAW)

    # --- About a person -------------------------------------------------------------------------
    # Linked by a human, only after a yes.
    person = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="concerns_about"
    )
    person_words = SealedTextField(blank=True)
    relation = SealedTextField(blank=True)
    agreed = models.CharField(max_length=10, choices=Agreed, default=Agreed.NONE, blank=True)
    safe_contact = SealedTextField(blank=True)

    # --- Who told us ----------------------------------------------------------------------------
    spotter = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="concerns_told"
    )
    # How to answer somebody without an account, if they want an answer.
    reach = SealedTextField(blank=True)
    came_by = models.CharField(max_length=10, choices=CameBy, default=CameBy.WEB)
    typed_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="concerns_typed"
    )
    office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="concerns"
    )
    # A keyed digest of the phone or account it came from, so that a flood is seen. Wiped in time.
    sender = models.CharField(max_length=32, blank=True)
    is_counted = models.BooleanField(default=True)
    # How often the very same words came from the very same sender.
    repeats = models.PositiveIntegerField(default=0)
    # The name of a sealed private file.
    photo = models.CharField(max_length=80, blank=True)

    # --- Care -----------------------------------------------------------------------------------
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="concerns_owned"
    )
    due_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    renewals = models.PositiveSmallIntegerField(default=0)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="joined"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    # What the spotter is told: one of `closing.WORDS`, and for a place perhaps a line more.
    closing = models.CharField(max_length=20, blank=True)
    closing_words = SealedTextField(blank=True)
    # "You said, we did": a sentence written for everybody, about a place.
    we_did = models.CharField(max_length=300, blank=True)
    we_did_at = models.DateTimeField(null=True, blank=True)

    objects = ConcernQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="closed") & Q(outcome=""),
                name="a_closed_concern_says_how_it_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["new", "in_hand", "passed_on"])
                | Q(due_on__isnull=False, expires_on__isnull=False),
                name="an_open_concern_has_its_dates",
            ),
            models.CheckConstraint(
                condition=Q(about="place", agreed="", person=None)
                | Q(about="person") & ~Q(agreed=""),
                name="a_concern_about_a_person_says_if_they_agreed",
            ),
            models.CheckConstraint(
                condition=Q(person=None) | Q(agreed="yes"),
                name="a_concern_names_a_person_only_after_a_yes",
            ),
            models.CheckConstraint(
                condition=Q(we_did="") | Q(about="place"),
                name="you_said_we_did_is_about_places",
            ),
        ]
        indexes = [
            models.Index(fields=["area", "theme", "seen_on"], name="concern_by_place"),
            models.Index(fields=["seen_on"], name="concern_by_day"),
            models.Index(fields=["state", "due_on"], name="concern_by_due"),
            models.Index(fields=["expires_on"], name="concern_by_expiry"),
            models.Index(
                fields=["sender", "theme", "area"],
                condition=~Q(sender=""),
                name="concern_by_sender",
            ),
            models.Index(
                fields=["area", "-we_did_at"], condition=~Q(we_did=""), name="concern_we_did"
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("watch:concern", args=[self.ref])

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def is_late(self, day: dt.date) -> bool:
        return self.is_open and self.due_on is not None and self.due_on < day


class StepQuerySet(models.QuerySet["Step"]):
    """What was done stays written down."""

    def update(self, **kwargs: Any) -> int:
        raise TypeError("steps are added, never changed")


class Step(models.Model):
    """One thing that was done or said about a concern. Only ever added."""

    class Kind(models.TextChoices):
        TOLD = "told", _("Told us")
        ADDED = "added", _("Told us more")
        GIVEN = "given", _("Given to")
        NOT_US = "not_us", _("Not us, try…")
        CALL = "call", _("Phone call")
        VISIT = "visit", _("Went to look")
        NOTE = "note", _("Note")
        PASSED_ON = "passed_on", _("Passed on")
        CAME_BACK = "came_back", _("What came back")
        JOINED = "joined", _("Joined with another")
        PARTED = "parted", _("Parted again")
        LINKED = "linked", _("Whose record it belongs to")
        RENEWED = "renewed", _("Kept for longer")
        LATE = "late", _("Sent on, because it waited too long")
        CLOSED = "closed", _("Looked into")
        REOPENED = "reopened", _("Opened again")
        EXPIRED = "expired", _("Ran out")
        WITHDRAWN = "withdrawn", _("Taken back")
        WE_DID = "we_did", _("You said, we did")
        SAFEGUARDING = "safeguarding", _("Told the safeguarding team")

    # What an owner writes down by hand.
    BY_HAND = (Kind.VISIT, Kind.CALL, Kind.NOTE)

    concern = models.ForeignKey(Concern, models.CASCADE, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    words = SealedTextField(blank=True)
    to = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    # The concern it was joined with or parted from.
    other = models.ForeignKey(Concern, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.concern_id}: {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("steps are added, never changed")
        super().save(*args, **kwargs)


class Escalation(models.Model):
    """A concern handed to a service: what was sent, and what came back.

    `code` is the secret end of the link by which they answer without an account.
    """

    class Answer(models.TextChoices):
        WILL = "will", _("We'll look into it")
        DONE = "done", _("It's done")
        NOT_US = "not_us", _("It isn't for us")

    concern = models.ForeignKey(Concern, models.CASCADE, related_name="escalations")
    service = models.ForeignKey(Service, models.SET_NULL, null=True, blank=True, related_name="+")
    to = models.CharField(max_length=200)
    to_email = SealedTextField(blank=True)
    sent = SealedTextField()
    sent_at = models.DateTimeField(default=timezone.now)
    sent_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    code = models.CharField(max_length=32, unique=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    answer_by = models.DateField()
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answer_words = SealedTextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["sent_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None)
                | ~Q(answer="") & Q(answered_at__isnull=False),
                name="an_escalation_says_when_it_was_answered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.concern_id} to {self.to}"


class Duty(models.Model):
    """Who looks after concerns of a theme (any, where it is empty) in an area.

    The nearest area wins, then the nearest theme: a ward's own before the borough's.
    """

    theme = models.ForeignKey(Theme, models.CASCADE, null=True, blank=True, related_name="duties")
    area = models.ForeignKey(Area, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, related_name="watch_duties")
    given_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "duties"
        constraints = [
            models.UniqueConstraint(
                fields=["theme", "area"],
                condition=Q(ended_at=None, theme__isnull=False),
                name="one_owner_of_a_theme_in_an_area",
            ),
            models.UniqueConstraint(
                fields=["area"],
                condition=Q(ended_at=None, theme=None),
                name="one_owner_of_all_themes_in_an_area",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.theme_id or 'all'} in {self.area_id}: {self.person_id}"


class SignDecision(models.Model):
    """What a human made of a weak sign from routine contact. The sign itself stays where it is.

    `key` is the sign's own name from its source. Until somebody decides there is no row.
    """

    class Decision(models.TextChoices):
        ASK = "ask", _("Somebody asks how they are")
        CONCERN = "concern", _("Made into a concern")
        FINE = "fine", _("It's fine")

    key = models.CharField(max_length=80, unique=True)
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="sign_decisions"
    )
    area = models.ForeignKey(Area, models.CASCADE, null=True, blank=True, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision)
    reason = SealedTextField(blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    concern = models.ForeignKey(Concern, models.SET_NULL, null=True, blank=True, related_name="+")
    forget_after = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key}: {self.decision}"
