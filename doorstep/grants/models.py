"""Fund, Idea, Share, Ballot, Award: money that neighbours decide on."""

from __future__ import annotations

import datetime as dt

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedCharField, SealedTextField
from doorstep.feed.models import Story
from doorstep.gatherings.models import Session
from doorstep.people.models import Person
from doorstep.places.models import Area

MOST_PENCE = 1_000_000_000


class Stage(models.TextChoices):
    """Where a fund is. It only ever goes forward from `VOTING` on."""

    DRAFT = "draft", _("being made")
    IDEAS = "ideas", _("open for ideas")
    READING = "reading", _("ideas are being read")
    VOTING = "voting", _("being decided")
    DECIDED = "decided", _("decided")
    CLOSED = "closed", _("finished")


class Ballots(models.TextChoices):
    """How a ballot is filled in, by Pabulib's names."""

    APPROVAL = "approval", _("Tick all you'd like to happen")
    ORDINAL = "ordinal", _("First, second, third choice")
    CUMULATIVE = "cumulative", _("Share out points")
    SCORING = "scoring", _("Give each a mark")


class FundQuerySet(models.QuerySet["Fund"]):
    def visible_to(self, person: Person | None) -> FundQuerySet:
        """Funds `person` may see; tells `rules.can_see_fund` again."""
        from doorstep.grants import rules

        return rules.funds_visible_to(self, person)


class Fund(models.Model):
    """A pot, what it is for, who decides and how."""

    class Method(models.TextChoices):
        EQUAL_SHARES = "mes_cost_add1_until_overspend", _("Equal shares")
        EQUAL_THEN_VOTES = "mes_cost_then_greedy", _("Equal shares, then most votes")
        PHRAGMEN = "phragmen", _("Phragmén's method")
        MOST_VOTES = "greedy_votes", _("Most votes first")
        MOST_POINTS = "greedy_score", _("Most points first")
        AVERAGE = "average_score", _("Highest average mark")
        CONSENSUS = "consensus", _("Consensus")

    class Tie(models.TextChoices):
        CHEAPER = "cheaper", _("The one that costs less comes first")
        EARLIER = "earlier", _("The one sent in earlier comes first")
        LOT = "lot", _("By lot, drawn before anybody votes")

    class Voters(models.TextChoices):
        DECIDERS = "deciders", _("The deciders")
        NEIGHBOURS = "neighbours", _("Everybody who lives in the area, and the deciders")

    name = models.CharField(_("what the fund is called"), max_length=80)
    slug = models.SlugField(max_length=90, unique=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="funds")
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.DRAFT)
    pot_pence = models.PositiveBigIntegerField(
        _("how much money there is"), default=0, validators=[MaxValueValidator(MOST_PENCE)]
    )
    most_pence = models.PositiveBigIntegerField(
        _("the most one idea can ask for"), null=True, blank=True
    )
    purpose = models.TextField(_("what it is for"), max_length=1500, blank=True)
    who_applies = models.TextField(_("who can send in an idea"), max_length=600, blank=True)
    who_decides = models.TextField(_("who decides"), max_length=600, blank=True)
    guidelines = models.TextField(_("what we look for"), max_length=2000, blank=True)
    designed_with = models.TextField(_("who helped to make it"), max_length=600, blank=True)
    opens_on = models.DateField(_("ideas from"), null=True, blank=True)
    ideas_until = models.DateField(_("ideas until"), null=True, blank=True)
    read_until = models.DateField(_("read by"), null=True, blank=True)
    decided_by = models.DateField(_("decided by"), null=True, blank=True)
    # How it is decided. Nothing below changes once voting opens: the database refuses it.
    method = models.CharField(max_length=40, choices=Method, default=Method.EQUAL_SHARES)
    ballots = models.CharField(max_length=10, choices=Ballots, default=Ballots.APPROVAL)
    voters = models.CharField(max_length=10, choices=Voters, default=Voters.DECIDERS)
    # The most ideas a ballot may name; none: all. With points, how many there are to share out.
    most_choices = models.PositiveSmallIntegerField(_("most choices"), null=True, blank=True)
    points_each = models.PositiveSmallIntegerField(_("points for each ballot"), default=10)
    tie = models.CharField(max_length=10, choices=Tie, default=Tie.CHEAPER)
    # Drawn (and shown) when voting opens, whichever the rule.
    lot = models.CharField(max_length=40, blank=True)
    # --- What comes of reading and paying
    readers_each = models.PositiveSmallIntegerField(_("readers for each idea"), default=3)
    most_to_read = models.PositiveSmallIntegerField(_("most ideas for one reader"), default=8)
    rate_pence = models.PositiveIntegerField(_("what an hour is paid"), default=0)
    session = models.ForeignKey(
        Session, models.SET_NULL, null=True, blank=True, related_name="pitched_funds"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    # What the tally found: {"funded": ["01", …], "cost": pence, "steps": [...]}.
    outcome = models.JSONField(default=dict, blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = FundQuerySet.as_manager()

    # Also a trigger (migration 0002): none of `FIXED` changes, and no way back, from voting on.
    FIXED = ("method", "ballots", "voters", "most_choices", "points_each", "tie", "lot",
             "pot_pence")  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stage="draft") | Q(pot_pence__gt=0), name="an_open_fund_has_money"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["draft", "ideas", "reading"]) | ~Q(lot=""),
                name="ties_are_settled_before_voting",
            ),
            models.CheckConstraint(
                condition=Q(pot_pence__lte=MOST_PENCE), name="a_pot_can_be_counted"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["draft", "ideas", "reading", "voting"])
                | Q(decided_at__isnull=False),
                name="a_decided_fund_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("grants:fund", args=[self.slug])

    @property
    def ballot_in_words(self) -> str:
        """How a ballot is filled in; a consensus isn't a mark, though it is kept as one."""
        if self.method == self.Method.CONSENSUS:
            return gettext("Say of each: I agree, I stand aside, or I object")
        return self.get_ballots_display()

    @property
    def is_decided(self) -> bool:
        return self.stage in (Stage.DECIDED, Stage.CLOSED)

    @property
    def is_set(self) -> bool:
        """Whether how it is decided can't change any more."""
        return self.stage in (Stage.VOTING, Stage.DECIDED, Stage.CLOSED)

    def takes_ideas(self, on: dt.date) -> bool:
        """Whether an idea can be sent in that day."""
        return self.stage == Stage.IDEAS and (self.ideas_until is None or on <= self.ideas_until)


class FundEvent(models.Model):
    """A line of the fund's log: what was done or refused, by whom. Nobody changes it."""

    fund = models.ForeignKey(Fund, models.CASCADE, related_name="events")
    idea = models.ForeignKey("Idea", models.SET_NULL, null=True, related_name="events")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # What was done: a sentence and what it needs, said in the reader's language (`sentences`).
    facts = models.JSONField(default=list, blank=True)
    # The same of lines from before facts were kept: words, in the language of whoever did it.
    what = models.CharField(max_length=300, blank=True)

    # The names in it, by person, where they are at hand (`actions.log.told`).
    names: dict[int, str] | None = None

    class Meta:
        indexes = [models.Index(fields=["fund", "id"])]

    def __str__(self) -> str:
        return self.get_facts_display()

    def get_facts_display(self) -> str:
        """What was done, in the reader's language."""
        from doorstep.grants import sentences

        if not self.facts:
            return self.what
        names = sentences.names_in([self.facts]) if self.names is None else self.names
        return str(sentences.from_kept(self.facts, names))


class IdeaQuerySet(models.QuerySet["Idea"]):
    def visible_to(self, person: Person | None) -> IdeaQuerySet:
        """Ideas `person` may see; tells `rules.can_see_idea` again."""
        from doorstep.grants import rules

        return rules.ideas_visible_to(self, person)


class Idea(models.Model):
    """What somebody would do with some of the money, in about 100 words."""

    class State(models.TextChoices):
        DRAFT = "draft", _("not sent yet")
        SENT = "sent", _("sent")
        MEND = "mend", _("to be put right")
        READY = "ready", _("ready to be read")
        WITHDRAWN = "withdrawn", _("taken back")
        FUNDED = "funded", _("funded")
        NOT_FUNDED = "not_funded", _("not funded this time")

    class Told(models.TextChoices):
        WEB = "web", _("on the website")
        PHONE = "phone", _("by telephone")
        PAPER = "paper", _("on paper")
        SOUND = "sound", _("as a recording")
        FILM = "film", _("as a film")

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="ideas")
    key = models.CharField(max_length=20, unique=True, default=keys.new_key)
    # Its number in the fund, given when it is first sent; and its place where ideas tie ("01").
    number = models.PositiveIntegerField(null=True, blank=True)
    tie_id = models.CharField(max_length=6, blank=True)
    applicant = models.ForeignKey(Person, models.PROTECT, related_name="ideas")
    # Who typed it in for them; none where they did.
    typed_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="ideas_typed"
    )
    title = models.CharField(_("what it's called"), max_length=80)
    words = SealedTextField(_("your idea"), max_length=2000, blank=True)
    told = models.CharField(_("how it was told"), max_length=6, choices=Told, default=Told.WEB)
    link = models.URLField(_("link to the recording or film"), blank=True)
    # A recording or film they sent: its sealed file, and what kind it is.
    recording = models.CharField(max_length=80, blank=True)
    recording_type = models.CharField(max_length=20, blank=True)
    # [[what for, pence], …]; they add up to `cost_pence`.
    budget = models.JSONField(default=list, blank=True)
    cost_pence = models.PositiveBigIntegerField(default=0)
    language = models.CharField(max_length=10, default="en-gb")
    in_english = SealedTextField(_("in English"), max_length=3000, blank=True)
    translated_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # What deciders and everybody read, without names and addresses.
    fair_title = models.CharField(max_length=80, blank=True)
    fair_words = models.TextField(max_length=3000, blank=True)
    # The same in the language it was told in, without names too: shown side by side.
    fair_own = models.TextField(max_length=3000, blank=True)
    made_fair_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # What a steward asks to be put right, kindly.
    to_mend = SealedTextField(max_length=800, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    shows_names = models.BooleanField(_("you may say it is us, if it is funded"), default=False)
    # Why, once it is decided: facts, which `saying` puts into the reader's language.
    why_facts = models.JSONField(default=list, blank=True)
    # What one more vote or pound would have changed; the worker finds out (`explain.work_out`).
    nearer_facts = models.JSONField(default=list, blank=True)
    # The same of ideas decided before facts were kept: words, in the borough's language.
    why = models.TextField(blank=True)
    nearer = models.TextField(blank=True)
    nearer_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = IdeaQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fund", "number"], name="an_idea_has_one_number"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"])
                | Q(number__isnull=False, cost_pence__gt=0),
                name="a_sent_idea_has_a_number_and_a_cost",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ready", "funded", "not_funded"]) | ~Q(fair_words=""),
                name="what_is_read_was_made_fair",
            ),
        ]
        indexes = [models.Index(fields=["fund", "state"])]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("grants:idea", args=[self.key])

    def get_why_facts_display(self) -> str:
        """Why it was funded, or wasn't, in the reader's language; "" until it is decided."""
        from doorstep.grants import saying

        return saying.words(self.why_facts, otherwise=self.why)

    def get_nearer_facts_display(self) -> str:
        """What a little more or less would have changed, in the reader's language."""
        from doorstep.grants import saying

        return saying.words(self.nearer_facts, otherwise=self.nearer)

    @property
    def is_sent(self) -> bool:
        return self.state not in (self.State.DRAFT, self.State.WITHDRAWN)


class CoApplicant(models.Model):
    """Somebody who would do it too: a person here, or a name."""

    idea = models.ForeignKey(Idea, models.CASCADE, related_name="co_applicants")
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="ideas_shared"
    )
    name = SealedCharField(max_length=80, blank=True)
    # They said yes themselves, or whoever named them says they did.
    agreed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["idea", "person"],
                condition=Q(person__isnull=False),
                name="a_person_joins_an_idea_once",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False) | ~Q(name=""), name="a_co_applicant_is_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id or self.name} joins {self.idea_id}"


class Interest(models.Model):
    """Somebody who decides or keeps the fund is close to an idea: it is hidden from them."""

    idea = models.ForeignKey(Idea, models.CASCADE, related_name="interests")
    person = models.ForeignKey(Person, models.CASCADE, related_name="interests")
    why = SealedCharField(_("how you know them"), max_length=300)
    # They had read it before they said so: what they gave it doesn't count.
    had_read = models.BooleanField(default=False)
    declared_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["idea", "person"], name="an_interest_is_said_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} is close to {self.idea_id}"


class Induction(models.Model):
    """A decider knows what deciding here means: they read it and said so, or came to an evening."""

    fund = models.ForeignKey(Fund, models.CASCADE, related_name="inductions")
    person = models.ForeignKey(Person, models.CASCADE, related_name="inductions")
    at = models.DateTimeField(default=timezone.now)
    # How, where somebody else writes it down: "came to the evening at the library".
    how = models.CharField(_("how"), max_length=120, blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fund", "person"], name="nobody_is_inducted_twice"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} knows how {self.fund_id} decides"


class Share(models.Model):
    """One idea given to one decider to read, and what they made of it."""

    idea = models.ForeignKey(Idea, models.CASCADE, related_name="shares")
    decider = models.ForeignKey(Person, models.CASCADE, related_name="reading_shares")
    given_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True, blank=True)
    # 1 to 5; None with `scored_at`: they don't know.
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = SealedTextField(_("why"), max_length=800, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["idea", "decider"], name="an_idea_is_read_once_each"),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__range=(1, 5), scored_at__isnull=False),
                name="a_mark_is_1_to_5",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decider_id} reads {self.idea_id}"


class Talk(models.Model):
    """Something said in the deciders' room, about the fund or one idea."""

    fund = models.ForeignKey(Fund, models.CASCADE, related_name="talk")
    idea = models.ForeignKey(Idea, models.CASCADE, null=True, blank=True, related_name="talk")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    text = SealedTextField(max_length=1000)
    said_at = models.DateTimeField(default=timezone.now)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    class Meta:
        indexes = [models.Index(fields=["fund", "id"])]

    def __str__(self) -> str:
        return f"said in {self.fund_id}"


class Enquiry(models.Model):
    """A question to the applicants; every decider reads the answer."""

    idea = models.ForeignKey(Idea, models.CASCADE, related_name="enquiries")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    question = SealedCharField(max_length=400)
    asked_at = models.DateTimeField(default=timezone.now)
    answer = SealedTextField(max_length=1500, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    def __str__(self) -> str:
        return self.question


class Hours(models.Model):
    """Time a decider gave, for which they are paid."""

    fund = models.ForeignKey(Fund, models.CASCADE, related_name="hours")
    person = models.ForeignKey(Person, models.PROTECT, related_name="decider_hours")
    on = models.DateField(_("which day"))
    minutes = models.PositiveIntegerField(_("how many minutes"))
    what = models.CharField(_("what you did"), max_length=120)
    rate_pence = models.PositiveIntegerField()
    agreed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True, blank=True)
    # Until it was put in a payment file.
    sent_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__range=(1, 24 * 60)), name="a_day_has_24_hours"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minutes} minutes of {self.person_id}"

    @property
    def pence(self) -> int:
        """What it comes to, half a penny up."""
        return (self.minutes * self.rate_pence + 30) // 60


# --- Voting ------------------------------------------------------------------------------------


class Voted(models.Model):
    """That somebody voted; never how. Their ballot has no name and no time."""

    fund = models.ForeignKey(Fund, models.CASCADE, related_name="voted")
    person = models.ForeignKey(Person, models.CASCADE, related_name="votes_cast")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fund", "person"], name="one_vote_each"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} voted in {self.fund_id}"


class Sheet(models.Model):
    """A paper ballot, printed with a serial number that is nobody's."""

    fund = models.ForeignKey(Fund, models.CASCADE, related_name="sheets")
    serial = models.CharField(max_length=12)
    printed_at = models.DateTimeField(default=timezone.now)
    # Why it isn't counted: torn, empty, over budget …
    spoilt = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fund", "serial"], name="a_serial_is_printed_once"),
        ]

    def __str__(self) -> str:
        return self.serial


class Entry(models.Model):
    """One person's typing of one paper ballot. Two people type each; both must read the same."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="entries")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    # [[idea's key, points], …]
    choices = models.JSONField(default=list, blank=True)
    # What it says after all, where two read it differently; two people who agree settle it.
    settles = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "by", "settles"], name="nobody_reads_a_ballot_twice"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id} typed by {self.by_id}"


class Ballot(models.Model):
    """A vote in the box. Its key is drawn, so that not even the order says whose it is."""

    class Way(models.TextChoices):
        ONLINE = "online", _("online")
        PAPER = "paper", _("on paper")
        HANDS = "hands", _("by a show of hands")

    key = models.CharField(max_length=20, primary_key=True, default=keys.new_key)
    fund = models.ForeignKey(Fund, models.CASCADE, related_name="box")
    way = models.CharField(max_length=6, choices=Way)
    sheet = models.OneToOneField(
        Sheet, models.PROTECT, null=True, blank=True, related_name="ballot"
    )
    # [[idea's key, points], …], best first.
    choices = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(way="paper", sheet__isnull=False) | (~Q(way="paper") & Q(sheet=None)),
                name="a_paper_ballot_has_its_sheet",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Pitch(models.Model):
    """An idea's turn on the day."""

    fund = models.ForeignKey(Fund, models.CASCADE, related_name="pitches")
    idea = models.OneToOneField(Idea, models.CASCADE, related_name="pitch")
    turn = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField(default=3)
    began_at = models.DateTimeField(null=True, blank=True)
    # How many hands went up, where hands are counted.
    hands = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["turn", "id"]

    def __str__(self) -> str:
        return f"{self.turn}: {self.idea_id}"


# --- Money -------------------------------------------------------------------------------------


class Award(models.Model):
    """Money promised to an idea."""

    idea = models.OneToOneField(Idea, models.PROTECT, related_name="award")
    amount_pence = models.PositiveBigIntegerField()
    awarded_on = models.DateField()
    # What both sides agree to, and when each said yes.
    agreement = models.TextField(max_length=3000, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_how = models.CharField(max_length=120, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_pence__gt=0), name="an_award_is_money"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_pence} to {self.idea_id}"


class Payment(models.Model):
    """Money that moves: a stage of an award, planned then paid, or money that comes back."""

    class Kind(models.TextChoices):
        STAGE = "stage", _("paid to the idea")
        BACK = "back", _("came back to the pot")

    award = models.ForeignKey(Award, models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.STAGE)
    amount_pence = models.PositiveBigIntegerField()
    due_on = models.DateField(null=True, blank=True)
    paid_on = models.DateField(null=True, blank=True)
    what = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_pence__gt=0), name="a_payment_is_money"),
            models.CheckConstraint(
                condition=Q(kind="stage") | Q(paid_on__isnull=False),
                name="money_that_came_back_came_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.amount_pence}"


class Update(models.Model):
    """How it is going, told as a story."""

    award = models.ForeignKey(Award, models.CASCADE, related_name="updates")
    story = models.OneToOneField(Story, models.CASCADE, related_name="of_award")
    told_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"update of {self.award_id}"
