"""Team, Kit, Mentor: Helping and Sharing Teams and how they start."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.models import Spot
from doorstep.base.registry import Panel, Registry
from doorstep.base.sealed_fields import SealedCharField, SealedJSONField
from doorstep.people.models import Person
from doorstep.places.models import Area

# Tabs and side panels of a team's page that higher floors provide: `render(request, team)`.
team_tabs: Registry[Panel] = Registry("a team's tabs")
team_panels: Registry[Panel] = Registry("a team's side panels")

# What higher floors do when a team is started, inside the verb: `fn(team)`.
on_team_started: Registry[Callable[[Team], None]] = Registry("what happens when a team starts")
# Parts of a team's own history: `fn(team, person)` returns (file name, text), the text in
# whatever form the name says, or None for nothing. `person` is the host who takes it home.
team_exports: Registry[Callable[[Team, Person], tuple[str, str] | None]] = Registry(
    "a team's own history"
)

QUORUM = 3  # neighbours who make a team; one is enough beside a mentor


def initials(name: str) -> str:
    """Return one or two letters for a team's face."""
    words = [word for word in name.split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper()


class Kit(models.Model):
    """A template to start a team from. The text is data (`teams/kits/*.toml`), not code."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    # One line: what we do.
    purpose = models.CharField(max_length=200)
    why = models.TextField()
    # [{"title": …, "what": …}] three of them.
    first_gatherings = models.JSONField(default=list)
    # Questions and prompts for the first posts.
    opening_prompts = models.JSONField(default=list)
    what_to_bring = models.JSONField(default=list)
    # What could go wrong and what to do about it, in plain words.
    risk_note = models.TextField()
    agreement = models.TextField()
    icon = models.CharField(max_length=40, default="users")
    spot = models.CharField(max_length=10, choices=Spot, default=Spot.HOME)
    is_offered = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField(default=50)

    class Meta:
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class TeamQuerySet(models.QuerySet["Team"]):
    """Narrowings of teams."""

    def visible_to(self, person: Person | None) -> TeamQuerySet:
        """Teams whose page `person` may open; tells `rules.can_see_team` again."""
        from doorstep.teams import rules

        return rules.teams_visible_to(self, person)


class Team(models.Model):
    """A small network of neighbours with its own members, feed, blog and gatherings."""

    class State(models.TextChoices):
        IDEA = "idea", _("an idea")
        GATHERING = "gathering", _("gathering neighbours")
        LIVE = "live", _("up and running")
        QUIET = "quiet", _("quiet for now")
        HANDED_OVER = "handed_over", _("handed over")
        CLOSED = "closed", _("closed")

    class Joining(models.TextChoices):
        OPEN = "open", _("Anyone can join")
        ASK = "ask", _("People ask, and a host says yes")
        INVITATION = "invitation", _("By invitation only")

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    kit = models.ForeignKey(Kit, models.SET_NULL, null=True, blank=True, related_name="teams")
    purpose = models.CharField(_("what you do, in one line"), max_length=200)
    why = models.TextField(_("why"), max_length=2000, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="teams")
    place = models.CharField(_("where you meet"), max_length=120, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.IDEA)
    joining = models.CharField(
        _("how people join"), max_length=12, choices=Joining, default=Joining.OPEN
    )
    # A private team is seen by its members, its mentor and whoever holds an invitation only.
    is_private = models.BooleanField(_("only members see this team"), default=False)
    agreement = models.TextField(_("what we agree on"), max_length=3000, blank=True)
    agreement_version = models.PositiveSmallIntegerField(default=1)
    # What the starter means to do first; whoever plans the first gathering finds it filled in.
    first_gathering = models.CharField(_("your first gathering"), max_length=200, blank=True)
    pinned_title = models.CharField(_("title of the pinned page"), max_length=100, blank=True)
    pinned_text = models.TextField(_("pinned page"), max_length=8000, blank=True)
    spot = models.CharField(max_length=10, choices=Spot, default=Spot.LEARN)
    started_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="teams_started")
    started_at = models.DateTimeField(default=timezone.now)
    live_at = models.DateTimeField(null=True, blank=True)
    # Last post, comment or gathering; what decides that a team went quiet.
    active_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.TextField(max_length=600, blank=True)
    # The team that carries this one's work on, where it is one of ours.
    handed_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="took_over"
    )
    # Since when the team would like a mentor; None once it has one or needs none.
    mentor_asked_at = models.DateTimeField(null=True, blank=True)
    # Both kept by the verbs, so that a page need not count.
    member_count = models.PositiveIntegerField(default=0)
    asked_count = models.PositiveIntegerField(default=0)
    # Makes a form sent twice one team.
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = TeamQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["area", "state"]),
            models.Index(fields=["state", "active_at"]),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("teams:team", args=[self.slug])

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.CLOSED, self.State.HANDED_OVER)

    @property
    def is_starting(self) -> bool:
        """Still looking for its first neighbours."""
        return self.state in (self.State.IDEA, self.State.GATHERING)

    @property
    def still_needs(self) -> int:
        """How many more neighbours make a team of it (0 once it has been one)."""
        return max(0, QUORUM - self.member_count) if self.is_starting else 0

    @property
    def initials(self) -> str:
        return initials(self.name)


class Membership(models.Model):
    """A person in a team, or on the way in or out."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked to join")
        MEMBER = "member", _("member")
        LEFT = "left", _("left")
        REFUSED = "refused", _("not this time")
        REMOVED = "removed", _("removed")

    class Role(models.TextChoices):
        MEMBER = "member", _("Member")
        HOST = "host", _("Host")

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    state = models.CharField(max_length=10, choices=State, default=State.MEMBER)
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    # [{"question": …, "answer": …}] as asked when the person asked to join.
    answers = SealedJSONField(default=list, blank=True)
    agreed_version = models.PositiveSmallIntegerField(default=0)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    decided_why = SealedCharField(max_length=300, blank=True)
    # The newest post of the team this member has seen.
    seen_post_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "person"], name="a_person_is_in_a_team_once"),
        ]
        indexes = [
            models.Index(fields=["person", "state"]),
            models.Index(fields=["team", "state", "id"], name="people_of_a_team"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.team_id}: {self.state}"


class Question(models.Model):
    """What a host asks people who want to join."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="questions")
    text = models.CharField(_("question"), max_length=200)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.text


class Invitation(models.Model):
    """A link, QR code or printed slip that lets somebody in."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    code = models.CharField(max_length=24, unique=True)
    # Who it is for, in the maker's words: “the school gate”.
    label = models.CharField(_("who it's for"), max_length=80, blank=True)
    made_by = models.ForeignKey(Person, models.CASCADE, related_name="invitations_made")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    uses_left = models.PositiveSmallIntegerField(default=50)
    used_count = models.PositiveIntegerField(default=0)
    is_withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("teams:invited", args=[self.code])

    def opens(self, at: dt.datetime) -> bool:
        """Whether it still lets somebody in."""
        return not self.is_withdrawn and self.uses_left > 0 and self.expires_at > at


class Mentoring(models.Model):
    """The human who helps a team start. With a mentor, one neighbour is enough."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="mentorings")
    mentor = models.ForeignKey(Person, models.CASCADE, related_name="mentorings")
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    # When the mentor last got in touch with a quiet team, and what came of it.
    last_contact_at = models.DateTimeField(null=True, blank=True)
    last_contact_note = SealedCharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "mentor"],
                condition=Q(ended_at=None),
                name="a_mentor_is_with_a_team_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mentor_id} mentors {self.team_id}"


class TeamEvent(models.Model):
    """What happened to a team, kept as its history: who, when, what."""

    class What(models.TextChoices):
        STARTED = "started", _("The team was started")
        GATHERING = "gathering", _("Began to look for neighbours")
        LIVE = "live", _("Became a team")
        QUIET = "quiet", _("Went quiet")
        BACK = "back", _("Came back to life")
        CLOSED = "closed", _("Closed")
        HANDED_OVER = "handed_over", _("Handed over")
        AGREEMENT = "agreement", _("Changed what we agree on")
        MENTOR = "mentor", _("A mentor came along")
        MENTOR_LEFT = "mentor_left", _("The mentor stepped back")
        HOST = "host", _("Somebody became a host")
        STEPPED_DOWN = "stepped_down", _("A host stepped down")
        JOINED = "joined", _("Somebody joined")
        LEFT = "left", _("Somebody left")
        REMOVED = "removed", _("Somebody was asked to leave")
        CONTACT = "contact", _("A mentor got in touch")

    # The history anyone who sees the team may read; the next for members; the rest for hosts.
    PUBLIC: ClassVar[tuple[str, ...]] = (
        What.STARTED,
        What.GATHERING,
        What.LIVE,
        What.QUIET,
        What.BACK,
        What.CLOSED,
        What.HANDED_OVER,
    )
    INSIDE: ClassVar[tuple[str, ...]] = (
        *PUBLIC,
        What.AGREEMENT,
        What.MENTOR,
        What.MENTOR_LEFT,
        What.HOST,
        What.STEPPED_DOWN,
        What.JOINED,
        What.LEFT,
    )

    team = models.ForeignKey(Team, models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    what = models.CharField(max_length=40, choices=What)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["team", "-id"], name="events_of_a_team")]

    def __str__(self) -> str:
        return self.what
