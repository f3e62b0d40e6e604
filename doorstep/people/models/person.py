"""Person, Account, roles, blocks and sessions."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.models import Spot
from doorstep.base.registry import Panel, Registry
from doorstep.base.sealed_fields import SealedCharField, SealedEmailField, SealedTextField
from doorstep.base.time import today
from doorstep.places.models import Area

# Parts of a person's page that higher floors provide: `render(request, person)`.
person_panels: Registry[Panel] = Registry("a person's page")

ADULT_AT = 18


class PersonQuerySet(models.QuerySet["Person"]):
    """Narrowings of people."""

    def active(self) -> PersonQuerySet:
        return self.filter(state=Person.State.ACTIVE)

    def visible_to(self, viewer: Person | None) -> PersonQuerySet:
        """People whose page `viewer` may open; tells `rules.can_see_person` again."""
        from doorstep.people import rules

        return rules.people_visible_to(self, viewer)


class Person(models.Model):
    """Anyone we know of, with or without an account; never the record of what they asked for."""

    class State(models.TextChoices):
        JOINING = "joining", _("has not shown yet that the e-mail or number is theirs")
        ACTIVE = "active", _("active")
        AWAY = "away", _("closed their account")
        SUSPENDED = "suspended", _("stopped by moderators")
        MERGED = "merged", _("is part of another record")

    class Sees(models.TextChoices):
        """Who may see one part of a profile."""

        ME = "me", _("Only me")
        TEAMS = "teams", _("People in my teams")
        MEMBERS = "members", _("Neighbours with an account")

    handle = models.CharField(max_length=12, unique=True, default=keys.handle)
    known_as = models.CharField(_("what people call you"), max_length=60)
    full_name = SealedCharField(_("full name"), max_length=120, blank=True)
    born_on = models.DateField(_("date of birth"), null=True, blank=True)
    # How to reach somebody who may have no account at all; not how they sign in.
    phone = SealedCharField(_("phone number"), max_length=20, blank=True, can_look_up=True)
    email = SealedEmailField(_("e-mail"), blank=True, can_look_up=True)
    # The ward it lies in is `home`, in the open: nothing is counted by postcode.
    postcode = SealedCharField(_("postcode"), max_length=8, blank=True)
    home = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="residents")
    follows = models.ManyToManyField(Area, related_name="followers", blank=True)
    about = models.TextField(_("a little about you"), max_length=600, blank=True)
    can_share = models.TextField(_("what you can share"), max_length=600, blank=True)
    would_like = models.TextField(_("what you would like"), max_length=600, blank=True)
    access_needs = SealedTextField(
        _("what makes it easier to take part"), max_length=600, blank=True
    )
    # Language codes the person speaks, best first, for example ["ur", "en-gb"].
    languages = models.JSONField(_("languages"), default=list, blank=True)
    # The language the person wants our pages and letters in.
    reads = models.CharField(_("language of these pages"), max_length=10, default="en-gb")
    # Part of the profile -> Sees; a part that is missing takes the default for the person's age.
    shown_to = models.JSONField(default=dict, blank=True)
    spot = models.CharField(max_length=10, choices=Spot, default=Spot.HOME)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    # When they closed their account; for 30 days signing in opens it again.
    away_since = models.DateTimeField(null=True, blank=True)
    # Since when nobody may use the record, because something about it is argued over; kept by the
    # verbs of `rights`.
    restricted_at = models.DateTimeField(null=True, blank=True)
    # The record this one was found to belong to (`merging`); it shows nowhere while this is set.
    merged_into = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="merged"
    )
    # Notices not looked at yet; kept by the verbs of `notices`.
    unseen_notices = models.PositiveIntegerField(default=0)
    # When they last looked at the home feed, for "new since you last looked".
    looked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(known_as=""), name="a_person_is_called_something"),
        ]
        indexes = [
            models.Index(fields=["phone"], condition=~Q(phone=""), name="person_by_phone"),
            models.Index(fields=["email"], condition=~Q(email=""), name="person_by_email"),
        ]

    def __str__(self) -> str:
        return self.known_as

    def get_absolute_url(self) -> str:
        return reverse("people:person", args=[self.handle])

    @property
    def initials(self) -> str:
        """One or two letters for the face beside a name."""
        words = [word for word in self.known_as.split() if word[:1].isalnum()]
        return "".join(
            word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)
        ).upper()

    @property
    def age(self) -> int | None:
        if self.born_on is None:
            return None
        day = today()
        return (
            day.year
            - self.born_on.year
            - ((day.month, day.day) < (self.born_on.month, self.born_on.day))
        )

    @property
    def is_child(self) -> bool:
        age = self.age
        return age is not None and age < ADULT_AT


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, person: Person, password: str | None = None, **fields: object) -> Account:
        account = self.model(person=person, **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, email: str | None) -> Account:
        return self.get(email__iexact=email)


class Account(AbstractBaseUser):
    """A person's way to sign in. Many people have none and lose nothing by it."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="account")
    email = SealedEmailField(_("e-mail"), null=True, blank=True, unique=True, can_look_up=True)
    # E.164, for example "+447700900123".
    phone = SealedCharField(
        _("mobile number"), max_length=20, null=True, blank=True, unique=True, can_look_up=True
    )
    phone_verified = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    # Nobody has proved yet that the e-mail or number is theirs. Such an account holds no place:
    # whoever proves it first gets it, and a day later it is gone.
    is_pending = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_pending=False) | Q(is_active=False),
                name="a_pending_account_is_not_open",
            )
        ]

    def __str__(self) -> str:
        return self.person.known_as

    # Nobody has Django's own permissions: rules are functions (STYLE.md).
    is_staff = False
    is_superuser = False


class RoleQuerySet(models.QuerySet["RoleHolding"]):
    def held(self, at: dt.datetime | None = None) -> RoleQuerySet:
        """Roles that count at a moment: said yes to, begun, and not ended."""
        moment = at or timezone.now()
        return self.filter(accepted_at__lte=moment, starts_at__lte=moment).filter(
            Q(ends_at=None) | Q(ends_at__gt=moment)
        )

    def within(self, area: Area) -> RoleQuerySet:
        """Roles held in this area or around it; `rules.holds(…, within=area)` tells it again."""
        return self.filter(area__in=area.path_ids)


class RoleHolding(models.Model):
    """A role a person is offered and, having said yes, holds in one scope until it ends.

    Given by an administrator (some roles need a second one's yes, then `offered_at` is empty till
    then), offered to the person, and held from their yes on. What was done to it is in `events`.
    """

    class Role(models.TextChoices):
        MODERATOR = "moderator", _("Moderator")
        EDITOR = "editor", _("Story editor")
        MENTOR = "mentor", _("Mentor")
        ORGANISER = "organiser", _("Locality organiser")
        OFFICER = "officer", _("Hub officer")
        CATALYST = "catalyst", _("Catalyst")
        SAFEGUARDING = "safeguarding", _("Safeguarding lead")
        FACILITATOR = "facilitator", _("Facilitator")
        STEWARD = "steward", _("Grants steward")
        DECIDER = "decider", _("Decider")
        INSIGHT = "insight", _("Insight reader")
        ADMINISTRATOR = "administrator", _("Administrator")

    # Who holds one of these must prove a second factor before anything opens.
    SEES_CASES = frozenset(
        {
            Role.ORGANISER,
            Role.OFFICER,
            Role.CATALYST,
            Role.SAFEGUARDING,
            Role.MODERATOR,
            Role.ADMINISTRATOR,
        }
    )

    person = models.ForeignKey(Person, models.CASCADE, related_name="roles")
    role = models.CharField(max_length=15, choices=Role)
    # Where: an area, or what `people.roles.scopes` calls `scope_kind`, by its own key.
    area = models.ForeignKey(
        Area, models.CASCADE, null=True, blank=True, related_name="role_holdings"
    )
    scope_kind = models.CharField(max_length=20, default="area")
    scope_key = models.CharField(max_length=60, blank=True)
    granted_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="roles_granted")
    # Empty while a second administrator's yes is waited for.
    offered_at = models.DateTimeField(null=True, default=timezone.now)
    # Empty until the person said yes: until then the role opens nothing.
    accepted_at = models.DateTimeField(null=True, default=timezone.now)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = RoleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role", "area"],
                condition=Q(ends_at=None),
                name="a_role_is_held_once_in_an_area",
            ),
            models.UniqueConstraint(
                fields=["person", "role", "scope_kind", "scope_key"],
                condition=Q(ends_at=None, area=None),
                name="a_role_is_held_once_in_a_scope",
            ),
            models.CheckConstraint(
                condition=Q(area=None, scope_key__gt="") & ~Q(scope_kind="area")
                | Q(area__isnull=False, scope_kind="area", scope_key=""),
                name="a_role_is_held_in_one_scope",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(offered_at__isnull=False),
                name="a_role_is_offered_before_it_is_accepted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"

    @property
    def where(self) -> str:
        """The name of where it is held."""
        if self.area is not None:
            return self.area.name
        from doorstep.people.roles import scopes

        return scopes.name_of(self.scope_kind, self.scope_key)

    def is_held(self, at: dt.datetime) -> bool:
        """What `held` asks, of one row."""
        return (
            self.accepted_at is not None
            and self.accepted_at <= at
            and self.starts_at <= at
            and not self.is_over(at)
        )

    def is_over(self, at: dt.datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= at


class Block(models.Model):
    """One person wants nothing to do with another; it hides both ways, everywhere."""

    blocker = models.ForeignKey(Person, models.CASCADE, related_name="blocks_made")
    blocked = models.ForeignKey(Person, models.CASCADE, related_name="blocks_met")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="a_block_is_made_once"),
            models.CheckConstraint(
                condition=~Q(blocker=models.F("blocked")), name="nobody_blocks_themselves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"


class Claim(models.Model):
    """Somebody's try to have the record that a helper once wrote down about them.

    Kept when it succeeded, as the trace of who was joined with whom, and counted when not.
    """

    account = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="claims")
    person = models.ForeignKey(Person, models.CASCADE, related_name="claims")
    wrong_answers = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    # "That isn't me": never asked again.
    declined_at = models.DateTimeField(null=True, blank=True)
    granted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "person"], name="a_claim_is_one_row_per_account"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} claims {self.person_id}"


class SessionManager(BaseSessionManager):
    use_in_migrations = True


class Session(AbstractBaseSession):
    """A signed-in browser. The row names the account, so that all of somebody's can be ended."""

    # allauth keeps e-mails, numbers and codes here while somebody signs in.
    session_data = SealedTextField(_("session data"))
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="sessions")
    created_at = models.DateTimeField(default=timezone.now)
    # Written at most every quarter of an hour.
    last_seen = models.DateTimeField(default=timezone.now)
    user_agent = models.CharField(max_length=300, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    objects = SessionManager()  # type: ignore[misc]

    @classmethod
    def get_session_store_class(cls) -> type:
        from doorstep.people.sessions import SessionStore

        return SessionStore
