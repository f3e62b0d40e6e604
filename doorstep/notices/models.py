"""Notice, Delivery, and how a person wants to hear from us."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base.sealed_fields import SealedCharField, SealedJSONField, SealedTextField
from doorstep.people.models import Person


class Channel(models.TextChoices):
    """A way to reach somebody; whatever carries a message asks `safe.may_reach` about its own."""

    IN_APP = "in_app", _("On this site")
    EMAIL = "email", _("By e-mail")
    PUSH = "push", _("A message on the phone's screen")
    TEXT = "text", _("By text")
    LETTER = "letter", _("By letter")
    PHONE = "phone", _("A phone call")
    RELAY = "relay", _("Through somebody they trust")
    VISIT = "visit", _("A knock at the door")


# What people choose per kind of notice; the others come with a reason of their own.
CHOSEN = (Channel.IN_APP, Channel.EMAIL)


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Narrowings of notices."""

    def shown_to(
        self, person: Person, rules: SafeContact | None = None, *, ask: bool = True
    ) -> NoticeQuerySet:
        """The person's own, without those about anybody blocked either way.

        Nothing at all while it isn't safe for the person to be told things here: their rules are
        asked for, unless they come along (`ask=False`).
        """
        from doorstep.people.rules import blocked_ids

        held = SafeContact.objects.current().filter(person=person).first() if ask else rules
        if held is not None and Channel.IN_APP in held.forbidden:
            return self.none()
        mine = self.filter(person=person)
        blocked = blocked_ids(person)
        return mine.exclude(about__in=blocked) if blocked else mine

    def new_to(self, person: Person) -> NoticeQuerySet:
        """Those of `shown_to` not looked at yet."""
        return self.shown_to(person).filter(seen_at=None)


class Notice(models.Model):
    """One message to one person, whatever the channel.

    `key` makes sending twice harmless: the same key to the same person is the same notice.
    """

    # No index of its own where one of the table's begins with it; so below.
    person = models.ForeignKey(Person, models.CASCADE, db_index=False, related_name="notices")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    title = SealedCharField(max_length=200)
    body = SealedTextField(blank=True)
    # Where it leads, a path on this site.
    path = models.CharField(max_length=300, blank=True)
    # Whose doing it was; a block hides the notice too.
    about = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="a_notice_is_given_once"),
        ]
        indexes = [models.Index(fields=["person", "-id"])]

    def __str__(self) -> str:
        return self.title


class Delivery(models.Model):
    """A notice on its way through one channel outside the site."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")
        DROPPED = "dropped", _("not wanted any more")

    notice = models.ForeignKey(Notice, models.CASCADE, db_index=False, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "channel"], name="a_notice_goes_once_per_channel"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="delivery_due"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.channel} {self.state}"


class Preference(models.Model):
    """Whether a person wants one kind of notice through one channel; no row means the default."""

    person = models.ForeignKey(
        Person, models.CASCADE, db_index=False, related_name="notice_preferences"
    )
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel)
    is_wanted = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "channel"], name="a_preference_is_one_row"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel}: {self.is_wanted}"


class QuietHours(models.Model):
    """Hours of London's clock in which nothing outside the site is sent to the person."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="quiet_hours")
    starts_at = models.TimeField(_("from"))
    ends_at = models.TimeField(_("until"))

    class Meta:
        verbose_name_plural = "quiet hours"

    def __str__(self) -> str:
        return f"{self.starts_at}–{self.ends_at}"


class Relay(models.Model):
    """Whoever passes a person's messages on, and their own word about it.

    Until they said yes themselves nobody rings them. They may stop on any day, at once. Who it is
    stands in the rules that name them (`SafeContact.via_name`).
    """

    class State(models.TextChoices):
        ASKED = "asked", _("not asked yet")
        YES = "yes", _("said yes")
        NO = "no", _("said no")
        ENDED = "ended", _("has stopped")

    class How(models.TextChoices):
        SPOKEN = "spoken", _("They said it")
        WRITTEN = "written", _("On the signed form")
        WEB = "web", _("By themselves, through their link")

    person = models.ForeignKey(Person, models.CASCADE, related_name="relays")
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    made_at = models.DateTimeField(default=timezone.now)
    # Their last word: how, to whom (nobody through the link), when, and in which words.
    how = models.CharField(max_length=8, choices=How, blank=True)
    taken_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    said_at = models.DateTimeField(null=True, blank=True)
    words = SealedTextField(blank=True)
    # When they first said yes, and in which words: kept when they stop.
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_words = SealedTextField(blank=True)

    def __str__(self) -> str:
        return f"relay of {self.person_id}: {self.state}"


class RelayUse(models.Model):
    """Somebody opened the relay's number, to pass a message on: whom to tell when they stop."""

    relay = models.ForeignKey(Relay, models.CASCADE, related_name="uses")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.relay_id} used {self.at:%Y-%m-%d}"


class SafeContactQuerySet(models.QuerySet["SafeContact"]):
    """Narrowings of safe-contact rules."""

    def current(self) -> SafeContactQuerySet:
        return self.filter(ended_at=None)


class SafeContact(models.Model):
    """How a person may be reached without harm. One row holds; what held before stays.

    `windows` are safe times on London's clock, [{"days": [0 … 6], "from": "09:00", "until":
    "11:30"}], Monday is 0; none means at any time. `forbidden` are values of Channel.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="safe_contacts")
    forbidden = SealedJSONField(default=list, blank=True)
    windows = SealedJSONField(default=list, blank=True)
    no_voicemail = models.BooleanField(default=False)
    # A sender and a subject that don't say who writes, nor what about.
    is_discreet = models.BooleanField(default=False)
    # What a caller says: "I'm ringing from the library about your book".
    say_as = SealedTextField(blank=True)
    # Who passes a message on, and how to reach them.
    via_name = SealedTextField(blank=True)
    via_phone = SealedTextField(blank=True)
    # Their own word about it; the same one as long as the same person is named.
    relay = models.ForeignKey(
        Relay, models.SET_NULL, null=True, blank=True, related_name="rules_naming"
    )
    words = SealedTextField(blank=True)
    review_on = models.DateField(null=True, blank=True)
    set_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SafeContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(ended_at=None),
                name="a_person_has_one_set_of_safe_contact_rules",
            )
        ]

    def __str__(self) -> str:
        return f"safe contact of {self.person_id}"

    def windows_said(self) -> list[str]:
        """Return each safe time in words: “Monday, Tuesday: 9am to 11:30am”."""
        from doorstep.design.templatetags.design import clock
        from doorstep.notices.forms import DAYS

        names = dict(DAYS)
        return [
            _("%(days)s: %(start)s to %(end)s")
            % {
                "days": ", ".join(str(names[day]) for day in window["days"]),
                "start": clock(dt.time.fromisoformat(window["from"])),
                "end": clock(dt.time.fromisoformat(window["until"])),
            }
            for window in self.windows
        ]

    def via_words(self) -> str:
        """Return who passes a message on, "" for nobody."""
        return ", ".join(filter(None, [self.via_name, self.via_phone]))

    @property
    def relay_agrees(self) -> bool:
        """Whether whoever is named said yes themselves, and has not stopped."""
        return self.relay is not None and self.relay.state == Relay.State.YES


class CallTry(models.Model):
    """One try to say a notice by phone (or through a relay), and how it went."""

    class Outcome(models.TextChoices):
        SAID = "said", _("I said it to them")
        NO_ANSWER = "no_answer", _("Nobody answered")
        SOMEBODY_ELSE = "somebody_else", _("Somebody else answered. I said nothing of it")
        LEFT_WORD = "left_word", _("I left a message")
        WRONG = "wrong", _("The number is wrong")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="call_tries")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=15, choices=Outcome)
    words = SealedTextField(blank=True)

    class Meta:
        ordering = ["at", "id"]
        verbose_name_plural = "call tries"

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.outcome}"
