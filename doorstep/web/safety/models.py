"""Reviews of the safety records, changes of our own words, and complaints about us."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedTextField
from doorstep.people.models import Person


class Level(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")


class Record(models.TextChoices):
    """The living pages."""

    ILLEGAL = "illegal", _("Illegal content: what could happen here")
    CHILDREN = "children", _("Children: who comes, and what could happen to them")
    MEASURES = "measures", _("What we do, and who answers for it")


class Review(models.Model):
    """One entry of a safety record as somebody read and wrote it. Never changed: a new one is made.

    The newest of an entry is what holds; before the first there is our draft (`drafts`).
    """

    record = models.CharField(max_length=10, choices=Record)
    key = models.SlugField(max_length=40)
    number = models.PositiveIntegerField()
    likely = models.CharField(_("how likely here"), max_length=6, choices=Level)
    harm = models.CharField(_("how bad it would be"), max_length=6, choices=Level)
    why = models.TextField(_("why"), max_length=4000)
    measures = models.TextField(_("what we do about it"), max_length=4000)
    left = models.CharField(_("what risk is left"), max_length=6, choices=Level)
    owner = models.CharField(_("who answers for it"), max_length=120)
    what_changed = models.CharField(_("what is new"), max_length=300, blank=True)
    reviewed_on = models.DateField()
    due_on = models.DateField(_("look again by"))
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "key", "number"], name="a_review_has_its_own_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record}/{self.key} {self.number}"


class WordsChange(models.Model):
    """We changed what we tell everybody: the privacy notice, the rules, the statements."""

    class What(models.TextChoices):
        PRIVACY = "privacy", _("What we keep about you")
        ACCESSIBILITY = "accessibility", _("Making this site easier to use")
        RULES = "rules", _("The rules of the neighbourhood")
        SAFETY = "safety", _("How we keep this place safe")

    what = models.CharField(_("which page"), max_length=15, choices=What)
    text = models.TextField(_("what is new, in a sentence or two"), max_length=600)
    is_told = models.BooleanField(_("tell everybody with an account"), default=False)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d}"


class Complaint(models.Model):
    """Somebody says that we do it wrong: about a decision, our duties, or how an account is kept.

    Not a flag (that something breaks the rules), nor an appeal (of one decision), though whoever
    doesn't know the difference may use it for either.
    """

    class What(models.TextChoices):
        ILLEGAL = "illegal", _("Something against the law is still up")
        CHILDREN = "children", _("Something could hurt children")
        TAKEN_DOWN = "taken-down", _("You took something of mine down, wrongly")
        STOPPED = "stopped", _("My account was stopped, wrongly")
        DUTIES = "duties", _("You don't do what the law asks of you")
        PRIVACY = "privacy", _("How you keep what you know about me")
        ACCESS = "access", _("I can't use this site")
        OTHER = "other", _("Something else")

    class How(models.TextChoices):
        WEB = "web", _("on this site")
        PHONE = "phone", _("by phone")
        LETTER = "letter", _("by letter")
        IN_PERSON = "in-person", _("in person")

    key = models.CharField(max_length=20, unique=True, default=keys.handle)
    what = models.CharField(_("what is it about"), max_length=12, choices=What)
    text = SealedTextField(_("what happened"))
    # Where to answer somebody without an account: an e-mail, a number, an address.
    contact = SealedTextField(_("how can we answer you"), blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="complaints")
    how = models.CharField(_("how it came"), max_length=10, choices=How, default=How.WEB)
    made_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField()
    answer = SealedTextField(_("our answer"), blank=True)
    is_upheld = models.BooleanField(null=True)
    answered_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    class Meta:
        indexes = [models.Index(fields=["answered_at", "due_on"], name="complaint_waiting")]

    def __str__(self) -> str:
        return f"complaint {self.pk}: {self.what}"
