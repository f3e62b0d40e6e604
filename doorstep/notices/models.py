"""Notice, Delivery, and how a person wants to hear from us."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.people.models import Person


class Channel(models.TextChoices):
    """A way to reach somebody. More come later through the same door."""

    IN_APP = "in_app", _("On this site")
    EMAIL = "email", _("By e-mail")


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Narrowings of notices."""

    def shown_to(self, person: Person) -> NoticeQuerySet:
        """The person's own, without those about anybody blocked either way."""
        from doorstep.people.rules import blocked_ids

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

    person = models.ForeignKey(Person, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
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

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
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

    person = models.ForeignKey(Person, models.CASCADE, related_name="notice_preferences")
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
