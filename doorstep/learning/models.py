"""Communities that learn together: who is in them, when they meet, and what they learn.

question → story → insight → experiment → change: each is a `Thing`, and `Link` leads from one to
the next. What people wrote is sealed: before a story is read by a second person, it may name one.
"""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.models import Spot
from doorstep.base.sealed_fields import SealedCharField, SealedJSONField, SealedTextField
from doorstep.gatherings.models import Gathering
from doorstep.organisations.models import Organisation
from doorstep.people.models import Consent, Person

# --- Communities ------------------------------------------------------------------------------


class CommunityQuerySet(models.QuerySet["Community"]):
    def visible_to(self, viewer: Person | None) -> CommunityQuerySet:
        """Those the viewer is in; tells `rules.can_see_community` again."""
        from doorstep.learning import rules

        return rules.communities_visible_to(self, viewer)


class Community(models.Model):
    """People of several organisations who learn about something together."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(max_length=70, unique=True)
    purpose = models.TextField(_("what it is for"), max_length=600)
    spot = models.CharField(max_length=10, choices=Spot, default=Spot.LEARN)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    # A closed one is read and no longer written in.
    closed_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = CommunityQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "communities"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("learning:community", args=[self.slug])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2] if word[:1].isalnum()).upper()


class Member(models.Model):
    """Somebody in a community, and whom they come from."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, models.CASCADE, related_name="learning_in")
    # Where they hold a position; empty for a neighbour who comes for themselves.
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["community", "person"],
                condition=Q(left_at=None),
                name="a_member_is_in_a_community_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.community_id}"


# --- Meetings ---------------------------------------------------------------------------------


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, viewer: Person | None) -> MeetingQuerySet:
        """Meetings of the viewer's communities; tells `rules.can_see_meeting` again."""
        from doorstep.learning import rules

        return rules.meetings_visible_to(self, viewer)


class Meeting(models.Model):
    """When a community meets: what for, who came, what was said and what comes next."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="meetings")
    title = models.CharField(_("what it is about"), max_length=120)
    starts_at = models.DateTimeField(_("when"))
    minutes_long = models.PositiveSmallIntegerField(default=90)
    where = models.CharField(_("where, or how to join"), max_length=200, blank=True)
    agenda = SealedTextField(blank=True)
    minutes = SealedTextField(blank=True)
    minutes_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    minutes_at = models.DateTimeField(null=True, blank=True)
    # Who took them, where somebody else typed them from paper.
    minutes_from = SealedCharField(max_length=80, blank=True)
    called_off_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-id"]
        indexes = [models.Index(fields=["community", "starts_at"])]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("learning:meeting", args=[self.pk])

    @property
    def is_over(self) -> bool:
        return self.starts_at + dt.timedelta(minutes=self.minutes_long) < timezone.now()


class Attendance(models.Model):
    """Somebody came to a meeting: a member, or a guest by name."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendances")
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="learning_meetings"
    )
    name = SealedCharField(max_length=80, blank=True)
    marked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "person"],
                condition=Q(person__isnull=False),
                name="a_person_comes_to_a_meeting_once",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False) | ~Q(name=""), name="a_guest_has_a_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.meeting_id}"


class Action(models.Model):
    """What somebody said they would do, and by when."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="actions")
    what = SealedTextField()
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="learning_actions"
    )
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_words = SealedTextField(blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(done_at=None), name="learning_action_due")
        ]

    def __str__(self) -> str:
        return f"{self.meeting_id}: due {self.due_on}"


class Evidence(models.Model):
    """A gathering's figures, as they stood when somebody brought them into a meeting.

    `figures` is what `evidence.figures_of` returns; groups smaller than five are not in it.
    """

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="evidence")
    gathering = models.ForeignKey(Gathering, models.SET_NULL, null=True, related_name="+")
    title = models.CharField(max_length=200)
    question = models.CharField(max_length=200, blank=True)
    figures = models.JSONField(default=dict)
    brought_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    brought_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "gathering"],
                condition=Q(gathering__isnull=False),
                name="a_gathering_is_brought_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} in {self.meeting_id}"


# --- The chain --------------------------------------------------------------------------------


class ThingQuerySet(models.QuerySet["Thing"]):
    def visible_to(self, viewer: Person | None) -> ThingQuerySet:
        """What the viewer may open; tells `rules.can_see_thing` again."""
        from doorstep.learning import rules

        return rules.things_visible_to(self, viewer)

    def live(self) -> ThingQuerySet:
        return self.filter(state=Thing.State.LIVE)


class Thing(models.Model):
    """A question, a story, an insight, an experiment or a change."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("Question")
        STORY = "story", _("Story")
        INSIGHT = "insight", _("Insight")
        EXPERIMENT = "experiment", _("Experiment")
        CHANGE = "change", _("Change")

    class State(models.TextChoices):
        DRAFT = "draft", _("only you see it")
        SENT = "sent", _("waiting for a second reader")
        LIVE = "live", _("shown to the community")
        DOWN = "down", _("taken down")
        WITHDRAWN = "withdrawn", _("taken back by who told it")

    # Only these cross to another community.
    CARRIED = (Kind.QUESTION, Kind.INSIGHT)

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    community = models.ForeignKey(Community, models.CASCADE, related_name="things")
    kind = models.CharField(max_length=10, choices=Kind)
    title = SealedCharField(max_length=200, blank=True)
    words = SealedTextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    # Who said it, where somebody typed it for them at a meeting or from a letter.
    said_by = SealedCharField(max_length=80, blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="learning_things")
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    # Since when others see it; the digest goes by it.
    live_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = ThingQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["community", "kind", "state"]),
            models.Index(fields=["community", "live_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["draft", "sent", "withdrawn"]) | Q(kind="story"),
                name="only_a_story_waits_for_a_reader",
            ),
            models.CheckConstraint(
                condition=~Q(state="live") | Q(live_at__isnull=False),
                name="a_live_thing_says_since_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"

    def get_absolute_url(self) -> str:
        return reverse("learning:thing", args=[self.ref])

    @property
    def called(self) -> str:
        """Its title, or what stands where a title was."""
        if self.state == self.State.WITHDRAWN:
            return str(_("A story that was taken back"))
        return self.title


class Link(models.Model):
    """One thing led to another. Walked both ways."""

    one = models.ForeignKey(Thing, models.CASCADE, related_name="leads_to")
    other = models.ForeignKey(Thing, models.CASCADE, related_name="comes_from")
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="two_things_are_linked_once"),
            models.CheckConstraint(condition=~Q(one=F("other")), name="nothing_leads_to_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} led to {self.other_id}"


class Telling(models.Model):
    """Whose story it is, what they allowed, and who read it before others did.

    Somebody who is on here is asked themselves (`people.consents`); of somebody who isn't, what
    they said is written down. `allows` holds "carried" and "printed" beside "learned".
    """

    class Whose(models.TextChoices):
        MINE = "mine", _("It is my own story")
        THEIRS = "theirs", _("It is the story of somebody who is on here")
        OFFLINE = "offline", _("It is the story of somebody who isn't on here")

    thing = models.OneToOneField(Thing, models.CASCADE, related_name="telling")
    whose = models.CharField(max_length=10, choices=Whose)
    teller = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="stories_told"
    )
    teller_name = SealedCharField(max_length=80, blank=True)
    said = SealedTextField(blank=True)
    allows = models.JSONField(default=list)
    # None: until they change their mind. Of somebody on here the consent itself says.
    until = models.DateField(null=True, blank=True)
    consent = models.ForeignKey(Consent, models.SET_NULL, null=True, related_name="+")
    # What looked like a name or an address and the writer kept: [[words, kind], …].
    kept_marks = SealedJSONField(default=list, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # Whom the writer asked to read it; facilitators may too.
    reader_asked = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="stories_to_read"
    )
    read_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    read_at = models.DateTimeField(null=True, blank=True)
    # What the second reader asks to change.
    reply = SealedTextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # What was taken out of which places, as counts: {"insight": 1, "minutes": 2}.
    taken_out = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(whose="offline") | Q(teller=None),
                name="somebody_offline_is_no_person_here",
            ),
            # Nobody is the second reader of what they wrote; the verb checks who.
            models.CheckConstraint(
                condition=Q(read_at=None) | Q(sent_at__isnull=False),
                name="a_story_is_sent_before_it_is_read",
            ),
        ]
        indexes = [
            models.Index(
                fields=["until"],
                condition=Q(until__isnull=False, withdrawn_at=None),
                name="learning_story_until",
            )
        ]

    def __str__(self) -> str:
        return f"telling of {self.thing_id}"


class Quote(models.Model):
    """Words of a story that stand in an insight, an experiment or a change."""

    thing = models.ForeignKey(Thing, models.CASCADE, related_name="quotes")
    story = models.ForeignKey(Thing, models.CASCADE, related_name="quoted_in")
    words = SealedTextField(blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.story_id} quoted in {self.thing_id}"


class Experiment(models.Model):
    """What is tried: as small as it can be, with an owner and dates."""

    class Stage(models.TextChoices):
        IDEA = "idea", _("an idea")
        RUNNING = "running", _("being tried")
        DONE = "done", _("tried, and learned from")
        STOPPED = "stopped", _("stopped")

    thing = models.OneToOneField(Thing, models.CASCADE, related_name="experiment")
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.IDEA)
    wonder = SealedTextField(_("what we wonder"), blank=True)
    smallest = SealedTextField(_("the smallest version"), blank=True)
    cost_pence = models.PositiveIntegerField(_("what it costs"), null=True, blank=True)
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="experiments"
    )
    happened = SealedTextField(_("what happened"), blank=True)
    learned = SealedTextField(_("what we learned"), blank=True)
    what_next = SealedTextField(_("what next"), blank=True)
    # "app:key" of `base.awards`.
    award_key = models.CharField(max_length=80, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on=None) | Q(ends_on__gte=F("starts_on")),
                name="an_experiment_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return f"experiment {self.thing_id}"


class Meaning(models.Model):
    """The vector of a question or an insight, 384 numbers in float32; never of a story."""

    thing = models.OneToOneField(Thing, models.CASCADE, related_name="meaning")
    # Of the words it was made from.
    mark = models.CharField(max_length=32)
    vector = models.BinaryField()

    def __str__(self) -> str:
        return f"meaning of {self.thing_id}"


# --- Carrying ---------------------------------------------------------------------------------


class CarryQuerySet(models.QuerySet["Carry"]):
    def visible_to(self, viewer: Person | None) -> CarryQuerySet:
        """Those from or to the viewer's communities; tells `rules.can_see_carry` again."""
        from doorstep.learning import rules

        return rules.carries_visible_to(self, viewer)


class Carry(models.Model):
    """A question or an insight taken to another community, and what came home."""

    class State(models.TextChoices):
        OPEN = "open", _("no answer yet")
        ANSWERED = "answered", _("an answer came home")
        BACK = "back", _("taken back")

    thing = models.ForeignKey(Thing, models.CASCADE, related_name="carries")
    to = models.ForeignKey(Community, models.CASCADE, related_name="carried_here")
    why = SealedTextField()
    carried_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, related_name="learning_carried"
    )
    carried_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = SealedTextField(blank=True)
    answered_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # Whose answer it is, where somebody typed it for them.
    answer_from = SealedCharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    came_of_it = SealedTextField(blank=True)
    came_of_it_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    came_of_it_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = CarryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "carries"
        constraints = [
            models.UniqueConstraint(
                fields=["thing", "to"],
                condition=~Q(state="back"),
                name="a_thing_is_carried_to_a_community_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(answered_at__isnull=False),
                name="an_answer_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thing_id} to {self.to_id}"

    def get_absolute_url(self) -> str:
        return reverse("learning:carry", args=[self.pk])


# --- Film, photo and sound --------------------------------------------------------------------


class Recording(models.Model):
    """A photo with its description, a sound with its words, a film by its link.

    None is kept without words for those who can't see or hear it.
    """

    class Kind(models.TextChoices):
        PHOTO = "photo", _("Photo")
        SOUND = "sound", _("Sound")
        FILM = "film", _("Film")

    ref = models.CharField(max_length=24, unique=True, default=keys.new_key)
    kind = models.CharField(max_length=5, choices=Kind)
    meeting = models.ForeignKey(
        Meeting, models.CASCADE, null=True, blank=True, related_name="recordings"
    )
    thing = models.ForeignKey(
        Thing, models.CASCADE, null=True, blank=True, related_name="recordings"
    )
    title = SealedCharField(max_length=120, blank=True)
    # A photo's description; a sound's or film's words.
    transcript = SealedTextField(blank=True)
    has_captions = models.BooleanField(default=False)
    # In the private files; empty for a film, which is a link.
    file = models.CharField(max_length=100, blank=True)
    small_file = models.CharField(max_length=100, blank=True)
    content_type = models.CharField(max_length=40, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    url = models.URLField(max_length=500, blank=True)
    added_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, related_name="learning_recordings"
    )
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(meeting__isnull=False, thing=None)
                | Q(meeting=None, thing__isnull=False),
                name="a_recording_belongs_to_one_thing",
            ),
            models.CheckConstraint(
                condition=~Q(transcript="") | Q(kind="film", has_captions=True),
                name="a_recording_has_words",
            ),
            models.CheckConstraint(
                condition=Q(kind="film", file="") & ~Q(url="") | ~Q(kind="film") & ~Q(file=""),
                name="a_film_is_a_link_and_the_rest_are_files",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


# --- Seasons ----------------------------------------------------------------------------------


class BookletQuerySet(models.QuerySet["Booklet"]):
    def visible_to(self, viewer: Person | None) -> BookletQuerySet:
        """Booklets of the viewer's communities; tells `rules.can_see_booklet` again."""
        from doorstep.learning import rules

        return rules.booklets_visible_to(self, viewer)


class Booklet(models.Model):
    """A season's learning, to be handed to the people it came from.

    The page is drawn from what may be shown now; the PDF is made by the worker, thrown away when
    a story in it is taken back, and made again without it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be made")
        MAKING = "making", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("not made")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    community = models.ForeignKey(Community, models.CASCADE, related_name="booklets")
    title = models.CharField(_("title"), max_length=120)
    opening = SealedTextField(_("a few words to begin with"), blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    things = models.ManyToManyField(Thing, related_name="booklets", blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    # Goes up whenever what is in it changes: a PDF made from an older one is thrown away.
    version = models.PositiveIntegerField(default=1)
    file = models.CharField(max_length=100, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = BookletQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="a_season_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("learning:booklet", args=[self.ref])


class Departure(models.Model):
    """A copy of a story that has left us: printed, saved or handed over. We can't take it back
    ourselves, so it is listed, and somebody asks for it."""

    class Way(models.TextChoices):
        PDF = "pdf", _("saved as a PDF")
        PAPER = "paper", _("printed on paper")
        TOLD = "told", _("passed on some other way")
        PASTED = "paste", _("pasted into the feed or a blog")

    story = models.ForeignKey(Thing, models.CASCADE, related_name="departures")
    booklet = models.ForeignKey(
        Booklet, models.SET_NULL, null=True, blank=True, related_name="departures"
    )
    way = models.CharField(max_length=5, choices=Way)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="learning_copies")
    at = models.DateTimeField(default=timezone.now)
    # How many, and to whom; where something was pasted, what it is and where.
    words = SealedCharField(max_length=200, blank=True)
    path = models.CharField(max_length=200, blank=True)
    # Asked back after the story was taken back, and what they said.
    asked_back_at = models.DateTimeField(null=True, blank=True)
    asked_back_words = SealedCharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.story_id} {self.way}"
