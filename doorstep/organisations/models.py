"""The directory: organisations, services, where and when, and how true each entry is today.

The words and fields are those of Open Referral UK (HSDS-UK 3.0), in British spelling. What the
standard holds and nobody here asks for stays, loss-free, in each row's `extra` (docs/directory.md).
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedCharField, SealedTextField
from doorstep.people.models import Person
from doorstep.places.models import Area


class State(models.TextChoices):
    """Whether an entry shows: the public sees those that are live, and stale ones with a word."""

    DRAFT = "draft", _("not shown yet")
    LIVE = "live", _("shown")
    STALE = "stale", _("shown, and not confirmed for long")
    CLOSED = "closed", _("closed")


PUBLIC_STATES = (State.LIVE, State.STALE)


# --- Where entries come from -----------------------------------------------------------------


class Source(models.Model):
    """A feed, file or folder that entries are brought in from, and how often to ask it again."""

    name = models.CharField(_("name"), max_length=120)
    # An address, or the name of a file; what `doorstep import services` was given.
    place = models.CharField(_("where it is"), max_length=500, unique=True)
    licence = models.CharField(_("licence"), max_length=200, blank=True)
    attribution = models.CharField(_("whom to name"), max_length=300, blank=True)
    # Hours between two runs; empty is never by itself.
    every_hours = models.PositiveIntegerField(_("every so many hours"), null=True, blank=True)
    is_paused = models.BooleanField(_("paused"), default=False)
    # The feed's term (id, address or name) -> id of a term of ours.
    term_map = models.JSONField(default=dict, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    last_run_at = models.DateTimeField(null=True, blank=True)
    next_run_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ImportRun(models.Model):
    """One bringing-in, with what came of it. All of it went in, or nothing did."""

    class State(models.TextChoices):
        DONE = "done", _("done")
        DRY = "dry", _("tried out, nothing kept")
        HELD = "held", _("held: much has gone from it")
        REFUSED = "refused", _("no use, nothing kept")
        DROPPED = "dropped", _("looked at, and not used")

    source = models.ForeignKey(Source, models.CASCADE, related_name="runs")
    state = models.CharField(max_length=10, choices=State)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    # A sentence: why it was refused or held.
    said = models.TextField(blank=True)
    read = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    mended = models.PositiveIntegerField(default=0)
    # What a held run would bring in, compressed; emptied once somebody has decided.
    held = models.BinaryField(blank=True, default=b"")
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["source", "-id"], name="import_run_by_source")]

    def __str__(self) -> str:
        return f"{self.source_id}: {self.state}"


class ImportRow(models.Model):
    """One thing worth saying about a row of a feed: its place in the file, and what was done."""

    class What(models.TextChoices):
        LEFT_OUT = "left_out", _("left out")
        MENDED = "mended", _("set aside or mended")
        NOTE = "note", _("worth knowing")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows")
    what = models.CharField(max_length=10, choices=What)
    # "contents[3].schedules[0].byday, line 812".
    place = models.CharField(max_length=200)
    said = models.CharField(max_length=400)
    name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.place}: {self.said}"


# --- The standard's things -------------------------------------------------------------------


class Entry(models.Model):
    """What stands on its own in the standard. `uid` is its id to other systems; `feed_id` is
    the id its source gave it (mostly the same)."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, related_name="+")
    feed_id = models.CharField(max_length=100, blank=True)
    # Of what the feed last said of it, so that what is the same is left alone.
    digest = models.CharField(max_length=32, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["source", "feed_id"],
                condition=Q(source__isnull=False) & ~Q(feed_id=""),
                name="%(class)s_once_in_a_source",
            )
        ]


class Part(models.Model):
    """What belongs to an entry and goes with it."""

    uid = models.UUIDField(default=uuid.uuid4, editable=False)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Narrowings of organisations."""

    def visible_to(self, viewer: Person | None) -> OrganisationQuerySet:
        """Those `viewer` may open; tells `rules.can_see_organisation` again."""
        from doorstep.organisations import rules

        return rules.organisations_visible_to(self, viewer)

    def public(self) -> OrganisationQuerySet:
        return self.filter(state__in=PUBLIC_STATES)


class Organisation(Entry):
    """A charity, faith group, business or council team (the standard's Organization)."""

    slug = models.SlugField(max_length=80, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("what it is and does"), blank=True)
    email = models.CharField(_("e-mail for everybody"), max_length=254, blank=True)
    website = models.CharField(_("website"), max_length=1000, blank=True)
    logo = models.CharField(max_length=1000, blank=True)
    uri = models.CharField(max_length=1000, blank=True)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="branches"
    )
    # The id of its parent as the feed gave it, where we hold no such organisation.
    parent_feed_id = models.CharField(max_length=100, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta(Entry.Meta):
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["state", "name"], name="organisation_by_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        try:
            return reverse("directory:organisation", args=[self.slug])
        except NoReverseMatch:
            return ""


class ServiceQuerySet(models.QuerySet["Service"]):
    """Narrowings of services."""

    def visible_to(self, viewer: Person | None) -> ServiceQuerySet:
        """Those `viewer` may open; tells `rules.can_see_service` again."""
        from doorstep.organisations import rules

        return rules.services_visible_to(self, viewer)

    def public(self) -> ServiceQuerySet:
        """What anybody and any other system may read."""
        return self.filter(state__in=PUBLIC_STATES)

    def with_parts(self) -> ServiceQuerySet:
        """All that a page or a full entry of the API needs, in a fixed number of queries."""
        return self.select_related("organisation", "source").prefetch_related(
            "schedules",
            "areas_served",
            "languages",
            "costs",
            "contacts__phones",
            "phones",
            "attributes__term",
            "organisation__attributes__term",
            "at_locations__location__addresses",
            "at_locations__location__access",
            "at_locations__location__attributes__term",
            "at_locations__schedules",
        )


class Service(Entry):
    """Something an organisation does for people; one entry of the directory."""

    class Status(models.TextChoices):
        """As the standard has it."""

        ACTIVE = "active", _("going on")
        INACTIVE = "inactive", _("not going on just now")
        DEFUNCT = "defunct", _("gone")
        PAUSED = "temporarily closed", _("closed for a while")

    slug = models.SlugField(max_length=80, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="services"
    )
    name = models.CharField(_("name"), max_length=250)
    alternate_name = models.CharField(_("also called"), max_length=250, blank=True)
    description = models.TextField(_("what it is"), blank=True)
    url = models.CharField(_("web page"), max_length=1000, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.ACTIVE)
    fees = models.TextField(_("what it costs"), blank=True)
    accreditations = models.TextField(_("who vouches for it"), blank=True)
    eligibility = models.TextField(_("who it is for"), blank=True)
    minimum_age = models.FloatField(_("youngest age"), null=True, blank=True)
    maximum_age = models.FloatField(_("oldest age"), null=True, blank=True)
    application_process = models.TextField(_("how to get in touch or join"), blank=True)
    assured_date = models.DateField(null=True, blank=True)
    assurer_email = models.CharField(max_length=254, blank=True)
    alert = models.TextField(_("something to know just now"), blank=True)
    last_modified = models.DateTimeField(null=True, blank=True)
    # Words it is found by that stand in other tables: organisation, terms, places, languages.
    found_by = models.TextField(blank=True)

    # The welcome.
    first_visit = models.TextField(
        _("what happens when you first come"), max_length=1000, blank=True
    )
    who_meets_you = models.CharField(_("who meets you"), max_length=200, blank=True)

    # How true it is: the latest proof, and how often it failed since.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_how = models.CharField(max_length=12, blank=True)
    doubts = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # Closed because its feed no longer has it; then it opens again with the feed.
    left_feed_at = models.DateTimeField(null=True, blank=True)

    objects = ServiceQuerySet.as_manager()

    class Meta(Entry.Meta):
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["state", "name", "id"], name="service_by_name"),
            models.Index(fields=["state", "confirmed_at"], name="service_by_proof"),
            models.Index(
                fields=["id"], condition=Q(state__in=["live", "stale"]), name="service_shown_by_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        try:
            return reverse("directory:service", args=[self.slug])
        except NoReverseMatch:
            return ""

    @property
    def is_public(self) -> bool:
        return self.state in PUBLIC_STATES


class Location(Entry):
    """A place where services are given: a building, a letter box or an online room."""

    class Kind(models.TextChoices):
        PHYSICAL = "physical", _("a place you can go to")
        POSTAL = "postal", _("an address to write to")
        VIRTUAL = "virtual", _("online or by telephone")

    location_type = models.CharField(max_length=10, choices=Kind, default=Kind.PHYSICAL)
    name = models.CharField(_("name"), max_length=250, blank=True)
    alternate_name = models.CharField(max_length=250, blank=True)
    description = models.TextField(blank=True)
    transportation = models.TextField(_("how to get there"), blank=True)
    # Only points that can be right; one that can't stays in `extra` as the feed gave it.
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    # Whether the point is that of the postcode, because the feed gave none that can be right.
    is_by_postcode = models.BooleanField(default=False)
    external_identifier = models.CharField(max_length=100, blank=True)
    external_identifier_type = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=8, blank=True)
    area = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")
    # The welcome: getting in.
    way_in = models.TextField(_("how to find the door"), max_length=600, blank=True)
    way_in_on_wheels = models.TextField(
        _("how to get in with a wheelchair or a pushchair"), max_length=600, blank=True
    )

    class Meta(Entry.Meta):
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["latitude", "longitude"], name="location_by_point")]

    def __str__(self) -> str:
        return self.name or self.postcode or str(self.uid)


class Address(Part):
    """A postal or physical address of a location."""

    location = models.ForeignKey(Location, models.CASCADE, related_name="addresses")
    attention = models.CharField(max_length=200, blank=True)
    address_1 = models.CharField(max_length=300, blank=True)
    address_2 = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=120, blank=True)
    state_province = models.CharField(max_length=120, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=60, blank=True)
    address_type = models.CharField(max_length=10, default="physical")

    class Meta(Part.Meta):
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return self.in_one_line

    @property
    def in_one_line(self) -> str:
        parts = (self.address_1, self.address_2, self.city, self.postal_code)
        return ", ".join(part for part in parts if part)


class Accessibility(Part):
    """One thing about getting into and around a location."""

    location = models.ForeignKey(Location, models.CASCADE, related_name="access")
    description = models.TextField(blank=True)
    details = models.TextField(blank=True)
    url = models.CharField(max_length=1000, blank=True)

    class Meta(Part.Meta):
        verbose_name_plural = "accessibility"

    def __str__(self) -> str:
        return self.description[:60]


class ServiceAtLocation(Entry):
    """A service given at a location."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="at_locations")
    location = models.ForeignKey(Location, models.CASCADE, related_name="services_here")
    description = models.TextField(blank=True)

    class Meta(Entry.Meta):
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.service_id} at {self.location_id}"


class Schedule(Part):
    """When: a rule of RFC 5545 with the times of a day, or words. `rrule` is the rule."""

    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="schedules"
    )
    at_location = models.ForeignKey(
        ServiceAtLocation, models.CASCADE, null=True, blank=True, related_name="schedules"
    )
    # False: the feed gave what can't be (a 25th hour). It is kept in `extra` and used nowhere.
    is_possible = models.BooleanField(default=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    dtstart = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    count = models.PositiveIntegerField(null=True, blank=True)
    freq = models.CharField(max_length=10, blank=True)
    interval = models.PositiveIntegerField(null=True, blank=True)
    wkst = models.CharField(max_length=2, blank=True)
    byday = models.CharField(max_length=120, blank=True)
    byweekno = models.CharField(max_length=200, blank=True)
    bymonthday = models.CharField(max_length=200, blank=True)
    byyearday = models.CharField(max_length=200, blank=True)
    opens_at = models.TimeField(null=True, blank=True)
    closes_at = models.TimeField(null=True, blank=True)
    description = models.TextField(blank=True)
    schedule_link = models.CharField(max_length=1000, blank=True)
    attending_type = models.CharField(max_length=300, blank=True)
    notes = models.TextField(blank=True)

    class Meta(Part.Meta):
        pass

    def __str__(self) -> str:
        return self.description[:60] or self.rrule

    @property
    def rrule(self) -> str:
        """The rule as iCalendar writes it ("FREQ=WEEKLY;BYDAY=TU"), "" for none."""
        if not self.freq:
            return ""
        pieces: list[tuple[str, Any]] = [
            ("FREQ", self.freq),
            ("INTERVAL", self.interval if (self.interval or 1) != 1 else ""),
            ("COUNT", self.count or ""),
            ("UNTIL", f"{self.until:%Y%m%d}" if self.until and not self.count else ""),
            ("WKST", self.wkst),
            ("BYDAY", self.byday),
            ("BYWEEKNO", self.byweekno),
            ("BYMONTHDAY", self.bymonthday),
            ("BYYEARDAY", self.byyearday),
        ]
        return ";".join(f"{name}={value}" for name, value in pieces if value not in ("", None))


class Contact(Part):
    """Whom to ask, as it is published. A number that is nobody else's business: PrivateContact."""

    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="contacts"
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="contacts"
    )
    name = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)

    class Meta(Part.Meta):
        pass

    def __str__(self) -> str:
        return self.name or self.title


class Phone(Part):
    """A published telephone number."""

    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="phones"
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="phones"
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, null=True, blank=True, related_name="phones"
    )
    number = models.CharField(max_length=60)
    description = models.TextField(blank=True)

    class Meta(Part.Meta):
        pass

    def __str__(self) -> str:
        return self.number


class CostOption(Part):
    """A price, or that it is free. `amount` is in the currency of the feed, mostly pounds."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="costs")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    option = models.TextField(blank=True)
    amount = models.FloatField(null=True, blank=True)
    amount_description = models.TextField(blank=True)

    class Meta(Part.Meta):
        pass

    def __str__(self) -> str:
        return self.option or str(self.amount)


class ServiceArea(Part):
    """Whom by where they live: the area a service serves."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="areas_served")
    name = models.TextField(blank=True)
    extent = models.TextField(blank=True)
    extent_type = models.CharField(max_length=60, blank=True)
    uri = models.CharField(max_length=1000, blank=True)
    # The area of ours that it names, where we know it.
    area = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta(Part.Meta):
        pass

    def __str__(self) -> str:
        return self.name[:60]


class Language(Part):
    """A language the service is given in."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="languages")
    name = models.CharField(max_length=100, blank=True)
    code = models.CharField(max_length=12, blank=True)

    class Meta(Part.Meta):
        pass

    def __str__(self) -> str:
        return self.name or self.code


class Taxonomy(Entry):
    """A list of terms things are sorted by."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    uri = models.CharField(max_length=1000, blank=True)
    version = models.CharField(max_length=100, blank=True)

    class Meta(Entry.Meta):
        ordering = ["name", "id"]
        verbose_name_plural = "taxonomies"

    def __str__(self) -> str:
        return self.name


class TaxonomyTerm(Entry):
    """One term. `same_as` is the term of ours a feed's term means (the mapping file)."""

    taxonomy = models.ForeignKey(
        Taxonomy, models.SET_NULL, null=True, blank=True, related_name="terms"
    )
    taxonomy_name = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=250)
    description = models.TextField(blank=True)
    code = models.CharField(max_length=200, blank=True)
    term_uri = models.CharField(max_length=1000, blank=True)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="narrower"
    )
    parent_feed_id = models.CharField(max_length=100, blank=True)
    same_as = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="others"
    )

    class Meta(Entry.Meta):
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Attribute(Part):
    """That a term is true of something."""

    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="attributes"
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="attributes"
    )
    location = models.ForeignKey(
        Location, models.CASCADE, null=True, blank=True, related_name="attributes"
    )
    term = models.ForeignKey(TaxonomyTerm, models.CASCADE, related_name="uses")
    link_type = models.CharField(max_length=100, blank=True)

    class Meta(Part.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(service__isnull=False, organisation=None, location=None)
                | Q(service=None, organisation__isnull=False, location=None)
                | Q(service=None, organisation=None, location__isnull=False),
                name="a_term_is_true_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.term_id}"


# --- Our own ---------------------------------------------------------------------------------


class DoorPhoto(models.Model):
    """A picture of the door, so that somebody new knows they are right. Kept by base.pictures."""

    location = models.ForeignKey(Location, models.CASCADE, related_name="photos")
    key = models.CharField(max_length=20, unique=True, default=keys.new_key)
    name = models.CharField(max_length=200)
    small_name = models.CharField(max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    description = models.CharField(_("what it shows"), max_length=300)
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.description


class PositionQuerySet(models.QuerySet["Position"]):
    """Narrowings of positions."""

    def held(self) -> PositionQuerySet:
        """Those taken on and not ended."""
        return self.filter(person__isnull=False, accepted_at__isnull=False, ended_at=None)


class Position(models.Model):
    """A person's role in an organisation. It opens what it opens from their yes to its end."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Looks after the entries and who may")
        EDITOR = "editor", _("Looks after the entries")
        STAFF = "staff", _("Works or helps there")

    MAY_EDIT = (Role.OWNER, Role.EDITOR)

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="positions")
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="positions"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.EDITOR)
    title = models.CharField(_("what they do there"), max_length=120, blank=True)
    # Somebody invited who has no account yet; the link holds the code.
    invited_email = SealedCharField(max_length=254, blank=True, can_look_up=True)
    code = models.CharField(max_length=40, unique=True, default=keys.handle, editable=False)
    invited_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = PositionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "person"],
                condition=Q(ended_at=None, person__isnull=False),
                name="one_position_in_an_organisation",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(person__isnull=False),
                name="a_position_is_taken_on_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.role}"

    @property
    def is_held(self) -> bool:
        """What `held` asks, of one row."""
        return bool(self.person_id and self.accepted_at and self.ended_at is None)


class PrivateContact(models.Model):
    """How to reach somebody of the organisation that is not for the public. Sealed."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="private_contacts")
    name = SealedCharField(max_length=120, blank=True)
    phone = SealedCharField(max_length=30, blank=True)
    email = SealedCharField(max_length=254, blank=True)
    note = SealedTextField(blank=True)
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="private_contacts"
    )
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"private contact {self.pk}"


class OfferQuerySet(models.QuerySet["Offer"]):
    """Narrowings of offers."""

    def open_on(self, day: Any) -> OfferQuerySet:
        """Those that can be called on that day, with something left to give."""
        return self.filter(
            Q(until=None) | Q(until__gte=day),
            Q(how_many_now=None) | Q(how_many_now__gt=0),
            state=Offer.State.OPEN,
            organisation__state__in=PUBLIC_STATES,
        )


class Offer(models.Model):
    """“Call on us for…”: what an organisation can do around a person, and how much of it now."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PAUSED = "paused", _("paused")
        CLOSED = "closed", _("closed")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="offers")
    service = models.ForeignKey(
        Service, models.SET_NULL, null=True, blank=True, related_name="offers"
    )
    what = models.CharField(_("Call on us for"), max_length=140)
    details = models.TextField(_("a few more words"), max_length=1000, blank=True)
    for_whom = models.CharField(_("for whom"), max_length=200, blank=True)
    # Empty is no stated limit.
    how_many_now = models.PositiveSmallIntegerField(_("how many now"), null=True, blank=True)
    until = models.DateField(_("until when"), null=True, blank=True)
    area = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")
    terms = models.ManyToManyField(TaxonomyTerm, blank=True, related_name="offers")
    # Who answers: somebody with a position, or a name and an e-mail for those without an account.
    answered_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="offers_answered"
    )
    answer_name = SealedCharField(max_length=120, blank=True)
    answer_email = SealedCharField(max_length=254, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-id"]

    def __str__(self) -> str:
        return self.what


class Confirmation(models.Model):
    """One proof that an entry is true, or that it isn't. Added to, never changed."""

    class How(models.TextChoices):
        LINK = "link", _("its owner, by the link in an e-mail")
        OWNER = "owner", _("its owner")
        PHONE = "phone", _("somebody rang them")
        KEEPER = "keeper", _("a keeper of the directory")
        WORKED = "worked", _("somebody got through to them")
        FAILED = "failed", _("somebody couldn't get through to them")
        IMPORT = "import", _("the list it comes from")

    class Effect(models.TextChoices):
        CONFIRMS = "confirms", _("it is true")
        LOWERS = "lowers", _("something is wrong")

    service = models.ForeignKey(Service, models.CASCADE, related_name="confirmations")
    how = models.CharField(max_length=12, choices=How)
    effect = models.CharField(max_length=10, choices=Effect, default=Effect.CONFIRMS)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # Why it was lowered: "wrong_number", "closed", "no_answer".
    reason = models.CharField(max_length=20, blank=True)
    note = SealedTextField(blank=True)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["service", "-at"], name="confirmation_by_service")]

    def __str__(self) -> str:
        return f"{self.service_id}: {self.how}"


class Suggestion(models.Model):
    """What anybody tells us about an entry, or one we lack. A keeper looks before it shows."""

    class Kind(models.TextChoices):
        CHANGE = "change", _("something is wrong or missing")
        CLOSED = "closed", _("it has closed")
        NEW = "new", _("something that isn't in here")

    class State(models.TextChoices):
        NEW = "new", _("nobody has looked yet")
        TAKEN = "taken", _("taken up")
        DECLINED = "declined", _("not taken up")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CHANGE)
    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="suggestions"
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="suggestions"
    )
    words = SealedTextField(_("what should change"), max_length=2000)
    made_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="suggestions"
    )
    reach = SealedTextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = SealedTextField(blank=True)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["state", "-made_at"], name="suggestion_by_state")]

    def __str__(self) -> str:
        return self.ref


# What was changed about an entry; a module of its own.
from doorstep.organisations.history import Change  # noqa: E402, F401
