"""Makes the demo borough: the same seed, size and day give the same rows.

Everything hangs on `day`, the clock's day: posts reach back a year from its first minute and
gatherings lie on both sides of it. Each stage draws from a generator of its own, so that a
change to one leaves the others' people as they were.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.utils.text import slugify

from doorstep.base.models import Spot
from doorstep.base.time import LONDON, today
from doorstep.feed.models import (
    Appeal,
    Channel,
    Comment,
    Decision,
    Edit,
    Flag,
    Photo,
    Post,
    Story,
    Thanks,
)
from doorstep.gatherings.models import (
    Feeling,
    Gathering,
    Job,
    JobTaken,
    Place,
    RoomMessage,
    Session,
    Welcome,
)
from doorstep.notices.models import Notice
from doorstep.people.models import Account, Block, Person, RoleHolding
from doorstep.places.actions import load_borough
from doorstep.places.models import Area, Postcode, Venue
from doorstep.teams.actions import load_kits
from doorstep.teams.models import (
    Invitation,
    Kit,
    Membership,
    Mentoring,
    Question,
    Team,
    TeamEvent,
)
from doorstep.web.demo import names
from doorstep.web.demo.cast import CAST
from doorstep.web.demo.grammar import say
from doorstep.web.demo.loading import Loader, Progress
from doorstep.web.demo.talk import WORDS, Slots, Talk

DAY = 86_400
YEAR = 365
_QUESTIONS = (
    "What would you like to do with us?",
    "Is there anything that would make it easier to come?",
)
_LETTERS = "bcdfghjkmnpqrstvwxyz23456789"
_SPOTS = [str(value) for value in Spot.values]


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    members: int
    without_account: int
    teams: int
    gatherings: int
    posts: int
    photos: int
    venues: int
    stories: int
    flags: int

    @property
    def people(self) -> int:
        return self.members + self.without_account

    @property
    def rows(self) -> int:
        """About how many rows, for the bar."""
        return round(
            self.people * 3.3 + self.teams * 90 + self.gatherings * 45 + self.posts * 5.7 + 200
        )


SIZES = {
    "street": Size(190, 10, 14, 60, 1_000, 400, 60, 5, 4),
    "ward": Size(9_700, 300, 100, 900, 45_000, 1_500, 80, 20, 30),
    "borough": Size(220_000, 5_000, 2_000, 20_000, 1_000_000, 3_000, 400, 40, 90),
}
# Where most of a street's 200 people live; elsewhere they'd be ten to a ward.
STREET_WARDS = ["Valence", "Parsloes", "Becontree", "Gascoigne", "Heath", "Village"]


@dataclass
class _Team:
    """What the later stages need to know of a team."""

    id: int
    name: str
    slug: str
    state: str
    ward: int  # index into wards
    flavour: int
    started: int  # moment, in seconds
    private: bool
    channel: int = 0
    members: list[int] = field(default_factory=list)


@dataclass
class _Channel:
    """Where posts go: its widest readers and who writes there."""

    id: int
    readers: str
    ward: int | None
    writers: list[int]


def make(
    size_name: str,
    *,
    seed: int = 1,
    day: dt.date | None = None,
    out: TextIO | None = None,
    keep: Callable[[list[str]], None] = lambda statements: None,
    using: str = DEFAULT_DB_ALIAS,
) -> dict[str, int]:
    """Fill an empty database; return how many rows of each model, by its name."""
    size = SIZES[size_name]
    progress = Progress(size.rows, out)
    demo = _Demo(size_name, seed, day or today(), progress, using)
    tables = [model._meta.db_table for model in FILLED]
    load_borough()
    load_kits()
    with demo.loader.loading(tables, keep):
        demo.make()
    progress.end()
    return {model.__name__: many for model, many in demo.counted.items()}


# In the order they may be emptied: what points comes before what is pointed at.
FILLED: list[Any] = [
    Notice,
    Appeal,
    Flag,
    Decision,
    Story,
    RoomMessage,
    Feeling,
    JobTaken,
    Job,
    Welcome,
    Place,
    Session,
    Gathering,
    Edit,
    Photo,
    Thanks,
    Comment,
    Post,
    Channel,
    TeamEvent,
    Mentoring,
    Invitation,
    Question,
    Membership,
    Team,
    Block,
    RoleHolding,
    EmailAddress,
    Account,
    Person.follows.through,
    Person,
    Venue,
]


class _Demo:
    def __init__(
        self, size_name: str, seed: int, day: dt.date, progress: Progress, using: str
    ) -> None:
        self.size_name, self.size, self.seed, self.day = size_name, SIZES[size_name], seed, day
        self.progress = progress
        self.loader = Loader(progress, big=self.size.people > 5_000, using=using)
        self.counted: Counter[Any] = Counter()
        midnight = dt.datetime.combine(day, dt.time(), LONDON)
        # The demo's present: everything that has happened, happened before this moment.
        self.now = int(midnight.timestamp())
        zone = "" if self.loader.on_sqlite else "+00"
        self._days = [
            (dt.date(1970, 1, 1) + dt.timedelta(days=n)).isoformat() + " "
            for n in range(self.now // DAY + 900)
        ]
        self._clock = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}{zone}" for s in range(DAY)]
        self.talk = Talk(self.rng("talk"))
        # Filled by one stage for a later one: (channel, readers, ward, who writes there), what is
        # flagged, and whom an answer is told to.
        self.gathering_channels: list[tuple[int, str, int, list[int]]] = []
        self.flagged: list[tuple[str, int, int, str, str, bool]] = []
        self.told: list[tuple[int, int, int, int, str]] = []

    def rng(self, stage: str) -> random.Random:
        return random.Random(f"{self.seed} {self.size_name} {stage}")

    def moment(self, seconds: int) -> str:
        """Return a moment as the database stores it."""
        return self._days[seconds // DAY] + self._clock[seconds % DAY]

    def write(self, model: Any, names_: str, rows: Any) -> None:
        self.counted[model] += self.loader.write(model, names_.split(), rows)

    def make(self) -> None:
        """Make everything, in order."""
        self.places()
        self.people()
        self.teams()
        self.gatherings()
        self.feed()
        self.stories()
        self.moderation()
        self.notices()

    # --- Places ------------------------------------------------------------------------------

    def places(self) -> None:
        self.progress.stage("places")
        rng = self.rng("places")
        self.borough = Area.objects.get(kind=Area.Kind.BOROUGH)
        self.localities = list(Area.objects.filter(kind=Area.Kind.LOCALITY).order_by("id"))
        self.wards = list(Area.objects.filter(kind=Area.Kind.WARD).order_by("id"))
        self.hoods = list(Area.objects.filter(kind=Area.Kind.NEIGHBOURHOOD).order_by("id"))
        self.ward_index = {area.pk: index for index, area in enumerate(self.wards)}
        self.ward_named = {area.name: index for index, area in enumerate(self.wards)}
        self.postcodes: list[list[str]] = [[] for _ward in self.wards]
        self.places_in: list[list[tuple[str, float, float]]] = [[] for _ward in self.wards]
        for code, ward, lat, long in Postcode.objects.order_by("code").values_list(
            "code", "ward_id", "latitude", "longitude"
        ):
            index = self.ward_index[ward]
            self.postcodes[index].append(code)
            self.places_in[index].append((code, lat, long))
        self.slots_of: list[Slots] = [
            self.talk.slots.get(ward.name, self.talk.anywhere) for ward in self.wards
        ]

        # Venues have made-up names; streets and buses are real, and no address is anyone's.
        kinds = [
            "{} Community Hall", "St Alban's Hall, {}", "The {} Room", "{} Tenants' Hall",
            "{} Methodist Hall", "Kingsley Kitchen, {}", "The Old Laundry, {}", "{} Playgroup Room",
            "{} Mosque Hall", "The Bandstand, {}", "{} Gurdwara Kitchen", "The Signal Box, {}",
            "{} Scout Hut", "The Corner Studio, {}", "{} Sports Pavilion",
        ]  # fmt: skip
        ways = [
            "The blue door beside the launderette. Ring the bell marked Hall; somebody comes.",
            "Through the car park, then the ramp on your left. The front steps are for show.",
            "Green gate, follow the painted feet. Lights come on by themselves.",
            "Main doors. The lift is behind the desk and goes to the first floor.",
            "Side door on winter evenings, front door by day. We prop it open when we meet.",
            "Down the alley between the bakery and the chemist; we put a lamp out.",
        ]
        first = self.loader.ids(Venue, self.size.venues)
        rows, self.venues_in = [], [[] for _ward in self.wards]  # type: list[Any], list[list[int]]
        self.venue_names: dict[int, str] = {}
        for number in range(self.size.venues):
            ward = number % len(self.wards)
            slots = self.slots_of[ward]
            street = slots["street"][rng.randrange(len(slots["street"]))]
            code, lat, long = rng.choice(self.places_in[ward])
            name = kinds[(number // len(self.wards) * 7 + number) % len(kinds)].format(
                self.wards[ward].name if rng.random() < 0.6 else street
            )
            buses = ", ".join(sorted(rng.sample(slots["bus"], 2)))
            self.venues_in[ward].append(first + number)
            self.venue_names[first + number] = name
            rows.append(
                (
                    first + number, name, f"{street}, near {rng.choice(slots['spot'])}", code,
                    self.wards[ward].pk, lat, long, rng.random() < 0.75, rng.random() < 0.6,
                    rng.random() < 0.4, rng.random() < 0.35, rng.random() < 0.45, buses,
                    rng.choice(ways),
                )
            )  # fmt: skip
        self.write(
            Venue,
            "id name address postcode area_id latitude longitude is_step_free "
            "has_accessible_toilet has_hearing_loop has_quiet_room has_baby_change bus way_in",
            rows,
        )

        areas = [self.borough, *self.localities, *self.wards, *self.hoods]
        first = self.loader.ids(Channel, len(areas))
        self.channel_of_area = {area.pk: first + number for number, area in enumerate(areas)}
        self.write(
            Channel,
            "id area_id team_id about name path readers",
            [
                (
                    self.channel_of_area[area.pk], area.pk, None, "", area.name,
                    area.get_absolute_url(), "everyone",
                )
                for area in areas
            ],
        )  # fmt: skip

    # --- People ------------------------------------------------------------------------------

    def people(self) -> None:
        self.progress.stage("people")
        size, rng = self.size, self.rng("people")
        rnd = rng.random
        many = size.people
        self.first_person = self.loader.ids(Person, many)
        self.first_account = self.loader.ids(Account, size.members)
        self.loader.ids(EmailAddress, size.members)
        namer = names.Namer(rng)
        weights = list(range(len(self.wards)))
        if size.people < 1_000:
            weights = [self.ward_named[name] for name in STREET_WARDS] * 7 + weights
        # By person's place in order, not by id.
        self.ward_of: list[int] = []
        self.language_of: list[str] = []
        self.known_as: list[str] = []
        self.joined: list[int] = []
        self.writers_in: list[list[int]] = [[] for _ward in self.wards]
        self.speakers: dict[str, list[int]] = defaultdict(list)
        self.writers: list[int] = []
        self.person_of: dict[str, int] = {}
        accounts: list[tuple] = []

        def rows() -> Iterator[tuple]:
            for number in range(many):
                pk = self.first_person + number
                has_account = number < size.members
                if number < len(CAST):
                    yield self._cast_person(number, pk, accounts)
                    continue
                known, full, language = namer.person()
                ward = weights[int(rnd() * len(weights))]
                age = _age(rnd)
                born: str | None = None
                if age < 18 or rnd() < 0.35:
                    month, day = 1 + int(rnd() * 12), 1 + int(rnd() * 28)
                    born = f"{self.day.year - age}-{month:02}-{day:02}"
                joined = self.now - int(rnd() ** 1.4 * YEAR * DAY * 1.5) - 3600
                state = "active" if rnd() < 0.996 else ("away" if rnd() < 0.7 else "suspended")
                languages = '["en-gb"]' if language == "en-gb" else f'["{language}", "en-gb"]'
                codes = self.postcodes[ward]
                self.ward_of.append(ward)
                self.language_of.append(language)
                self.known_as.append(known)
                self.joined.append(joined)
                handle = _key(rnd, 10)
                if has_account:
                    first = slugify(full.split()[0]) or "neighbour"
                    accounts.append((number, pk, f"{first}.{handle}@example.org", joined))
                    if state == "active" and age >= 18:
                        self.writers.append(pk)
                        self.writers_in[ward].append(pk)
                        if language in self.talk.languages:
                            self.speakers[language].append(pk)
                adult = age >= 18
                yield (
                    pk, handle, known, full, born,
                    "" if has_account else f"07700 900{int(rnd() * 1000):03d}",
                    codes[int(rnd() * len(codes))], self.wards[ward].pk,
                    _one(names.ABOUTS, rnd) if adult and rnd() < 0.3 else "",
                    _one(names.SHARES, rnd) if adult and rnd() < 0.3 else "",
                    _one(names.LIKES, rnd) if adult and rnd() < 0.25 else "",
                    _one(names.ACCESS, rnd) if rnd() < 0.06 else "",
                    languages, language if language in ("ur", "ro") and rnd() < 0.4 else "en-gb",
                    _one(_SPOTS, rnd), state, self.moment(joined),
                    self.moment(self.now - int(rnd() * 5 * DAY)) if has_account else None,
                    self.moment(self.now - DAY * 9) if state == "away" else None,
                )  # fmt: skip

        self.write(
            Person,
            "id handle known_as full_name born_on phone postcode home_id about can_share "
            "would_like access_needs languages reads spot state created_at looked_at away_since",
            rows(),
        )
        self.progress.stage("accounts")
        # Nobody can sign in with a password that begins like this.
        self.write(
            Account,
            "id password person_id email phone joined_at",
            (
                (self.first_account + i, "!demo", pk, email, None, self.moment(joined))
                for i, pk, email, joined in accounts
            ),
        )
        self.write(
            EmailAddress,
            "user_id email verified primary",
            ((self.first_account + i, email, True, True) for i, _pk, email, _joined in accounts),
        )
        hoods_in: dict[int, list[int]] = defaultdict(list)
        for hood in self.hoods:
            hoods_in[hood.parent_id or 0].append(hood.pk)
        follows = []
        for number in range(size.members):
            if rnd() < 0.25:
                near = hoods_in[self.wards[self.ward_of[number]].pk]
                wanted = {near[int(rnd() * len(near))]} if near else set()
                if rnd() < 0.3:
                    wanted.add(self.wards[int(rnd() * len(self.wards))].pk)
                follows += [(self.first_person + number, area) for area in sorted(wanted)]
        self.write(Person.follows.through, "person_id area_id", follows)
        self._roles_and_blocks()

    def _cast_person(self, number: int, pk: int, accounts: list[tuple]) -> tuple:
        part = CAST[number]
        ward = self.ward_named[part.ward]
        language = "en-gb" if part.languages[0] in ("en-gb",) else part.languages[0]
        joined = self.now - (25 if part.life == "none" else 400) * DAY
        self.ward_of.append(ward)
        self.language_of.append(language)
        self.known_as.append(part.known_as)
        self.joined.append(joined)
        self.person_of[part.key] = pk
        if part.age >= 18 and part.life != "none":
            self.writers.append(pk)
            self.writers_in[ward].append(pk)
        accounts.append((number, pk, part.email, joined))
        return (
            pk, f"demo{part.key.replace('-', '')}"[:12], part.known_as, part.full_name,
            part.born_on(self.day).isoformat(), "", self.postcodes[ward][3],
            self.wards[ward].pk, part.about, part.can_share, part.would_like, "",
            json.dumps(part.languages), part.reads, part.spot, "active", self.moment(joined),
            self.moment(self.now - 2 * DAY), None,
        )  # fmt: skip

    def _roles_and_blocks(self) -> None:
        rng = self.rng("roles")
        rows = []
        for part in CAST:
            pk = self.person_of[part.key]
            for role in part.holds:
                area = self.borough.pk
                if part.scope == "locality":
                    area = self.wards[self.ward_named[part.ward]].parent_id or area
                rows.append((pk, str(role), area, None, self.moment(self.now - 300 * DAY), None))
        taken = {row[0] for row in rows}
        # A borough of any size has a mentor to every forty teams and a few more moderators.
        for role, many in (
            ("mentor", self.size.teams // 40),
            ("moderator", min(8, self.size.members // 4_000)),
            ("editor", min(4, self.size.members // 9_000)),
        ):
            for _turn in range(many):
                pk = rng.choice(self.writers[len(CAST) :])
                if pk not in taken:
                    taken.add(pk)
                    rows.append(
                        (pk, role, self.borough.pk, None, self.moment(self.now - 200 * DAY), None)
                    )
        self.mentors = [row[0] for row in rows if row[1] == "mentor"]
        self.moderators = [row[0] for row in rows if row[1] == "moderator"]
        self.write(
            RoleHolding,
            "person_id role area_id granted_by_id starts_at ends_at "
            "scope_kind scope_key offered_at accepted_at",
            [(*row, "area", "", row[4], row[4]) for row in rows],
        )
        pairs: set[tuple[int, int]] = set()
        while len(pairs) < max(3, self.size.members // 400):
            one, other = rng.choice(self.writers), rng.choice(self.writers)
            if one != other and (other, one) not in pairs:
                pairs.add((one, other))
        self.write(
            Block,
            "blocker_id blocked_id made_at",
            [
                (one, other, self.moment(self.now - rng.randrange(1, 200) * DAY))
                for one, other in sorted(pairs)
            ],
        )

    def _ward_of(self, person: int) -> int:
        return self.ward_of[person - self.first_person]

    def _name(self, person: int) -> str:
        return self.known_as[person - self.first_person]

    # --- Teams -------------------------------------------------------------------------------

    def teams(self) -> None:
        self.progress.stage("teams")
        size, rng = self.size, self.rng("teams")
        rnd = rng.random
        self.flavours = tomllib.loads((WORDS / "flavours.toml").read_text(encoding="utf-8"))[
            "flavour"
        ]
        kits = list(Kit.objects.order_by("id"))
        self.kit_of = [
            next((kit for kit in kits if flavour["kit"] in kit.slug), None)
            for flavour in self.flavours
        ]
        first = self.loader.ids(Team, size.teams)
        first_channel = self.loader.ids(Channel, size.teams)
        self.all_teams: list[_Team] = []
        rows, taken = [], set()
        states = ["live"] * 74 + ["quiet"] * 9 + ["gathering"] * 8 + ["idea"] * 4
        states += ["closed"] * 4 + ["handed_over"]
        wards = list(range(len(self.wards)))
        if size.people < 1_000:
            wards = [self.ward_named[name] for name in STREET_WARDS]
        agreement = (
            "We're kind. What's said here stays here. Nobody has to do anything. "
            "Photos only with a yes. If something worries you, tell a host."
        )
        memberships: dict[int, dict[int, tuple]] = {}
        events: list[tuple] = []
        for number in range(size.teams):
            pk = first + number
            # The first is the named host's own.
            index = 3 if number == 0 else int(rnd() * len(self.flavours))
            flavour = self.flavours[index]
            ward = self.ward_named["Parsloes"] if number == 0 else wards[int(rnd() * len(wards))]
            slots = self.slots_of[ward]
            spots = [*slots["street"], *slots["park"], self.wards[ward].name]
            where = spots[int(rnd() * len(spots))].removeprefix("the ")
            name = "Stitch Together" if number == 0 else _one(flavour["names"], rnd)
            name = name.replace("{place}", where)[:80]
            base = slug = slugify(name)[:70]
            turn = 1
            while slug in taken:
                turn += 1
                slug = f"{base}-{turn}"
            taken.add(slug)
            if turn > 1:
                name = f"{name} {turn}"[:80]
            state = states[number % len(states)] if size.teams > 100 else _street_state(number)
            old = 12 + int(rnd() * 28) if state in ("idea", "gathering") else 60 + int(rnd() * 420)
            started = self.now - old * DAY - int(rnd() * 40_000)
            private = number > 4 and rnd() < 0.07
            team = _Team(
                pk, name, slug, state, ward, index, started, private, first_channel + number
            )
            self.all_teams.append(team)
            host = self._pick(self.writers_in[ward], rnd)
            if number == 0:
                host = self.person_of["host"]
            active = self.now - int(rnd() * 6 * DAY)
            if state == "quiet":
                active = self.now - (45 + int(rnd() * 60)) * DAY
            ended = self.now - int(rnd() * 30 + 10) * DAY
            over = state in ("closed", "handed_over")
            if over:
                active = ended
            joining = (
                "invitation"
                if private and rnd() < 0.6
                else _one(["open", "open", "open", "ask"], rnd)
            )
            if number == 0:
                joining = "ask"
            live_at = started + 9 * DAY if state not in ("idea", "gathering") else None
            kit = self.kit_of[index]
            team_row = [
                pk, name, slug, kit.pk if kit else None,
                flavour["purpose"], flavour["why"], self.wards[ward].pk,
                self.venue_names[self._pick(self.venues_in[ward], rnd)][:120], state, joining,
                private, agreement, "How we do it" if rnd() < 0.5 else "", "", flavour["spot"],
                host, self.moment(started), self.moment(live_at) if live_at else None,
                self.moment(active), self.moment(ended) if over else None,
                "Our host moved away, and we'd done what we set out to do." if over else "",
            ]  # fmt: skip
            if team_row[12]:
                team_row[13] = (
                    f"## Welcome to {name}\n\n{flavour['what']}\n\n- Come as you are.\n"
                    "- Somebody will meet you at the door: look for the yellow badge.\n"
                    "- Can't come? Nobody will tell you off, but somebody might ring."
                )
            # Who belongs: neighbours from the ward for the most part.
            wanted = {"idea": 1, "gathering": 2}.get(state) or 5 + int(rnd() ** 2 * 60)
            if size.teams >= 2_000 and wanted > 5:
                wanted += int(rnd() * 55)
            own: dict[int, tuple] = {}
            memberships[pk] = own
            agreed = 1
            own[host] = ("member", "host", started, agreed, None, None)
            if wanted > 5 and rnd() < 0.4:
                second = self._pick(self.writers_in[ward], rnd)
                own.setdefault(second, ("member", "host", started + 5 * DAY, agreed, None, None))
            while len(own) < min(wanted, len(self.writers) // 3):
                pool = self.writers_in[ward] if rnd() < 0.8 else self.writers
                person = pool[int(rnd() * len(pool))]
                when = started + int(rnd() * max(DAY, self.now - started))
                how = rnd()
                fact: tuple
                if person in own:
                    pool = self.writers
                    person = pool[int(rnd() * len(pool))]
                if how < 0.93:
                    fact = ("member", "member", when, agreed, None, None)
                elif how < 0.985:
                    fact = ("left", "member", when, agreed, min(self.now, when + 30 * DAY), None)
                else:
                    fact = ("asked", "member", self.now - int(rnd() * 5 * DAY), 0, None, None)
                    if joining != "ask":
                        fact = ("member", "member", when, agreed, None, None)
                own.setdefault(person, fact)
            rows.append(team_row)
            events.append((pk, self.moment(started), host, "started", flavour["kit"]))
            if live_at:
                events.append((pk, self.moment(live_at), host, "live", ""))
            if state == "quiet":
                events.append((pk, self.moment(active + 30 * DAY), None, "quiet", ""))
            if over:
                events.append((pk, self.moment(ended), host, state, ""))
        self._cast_in_teams(memberships)
        for team, row in zip(self.all_teams, rows, strict=True):
            own = memberships[team.id]
            team.members = [person for person, fact in own.items() if fact[0] == "member"]
            row += [
                len(team.members), sum(fact[0] == "asked" for fact in own.values()),
                f"demo-team-{team.id}",
            ]  # fmt: skip
        self.write(
            Team,
            "id name slug kit_id purpose why area_id place state joining is_private agreement "
            "pinned_title pinned_text spot started_by_id started_at live_at active_at ended_at "
            "ended_why member_count asked_count client_key",
            rows,
        )
        self.write(
            Channel,
            "id area_id team_id about name path readers",
            [
                (
                    team.channel, self.wards[team.ward].pk, team.id, "", team.name,
                    f"/teams/{team.slug}/", "team" if team.private else "everyone",
                )
                for team in self.all_teams
            ],
        )  # fmt: skip
        first = self.loader.ids(Membership, sum(len(own) for own in memberships.values()))
        answers = [
            {"question": _QUESTIONS[0], "answer": "Learn, and meet people."},
            {"question": _QUESTIONS[1], "answer": "A lift home."},
        ]
        asking = {row[0] for row in rows if row[9] == "ask"}
        self.write(
            Membership,
            "id team_id person_id state role joined_at agreed_version left_at answers",
            (
                (
                    first + number, team, person, fact[0], fact[1], self.moment(fact[2]), fact[3],
                    self.moment(fact[4]) if fact[4] else None,
                    answers if fact[0] == "asked" else [],
                )
                for number, (team, person, fact) in enumerate(
                    (team, person, fact)
                    for team, own in memberships.items()
                    for person, fact in own.items()
                )
            ),
        )  # fmt: skip
        self.write(
            Question,
            "team_id text order",
            [(pk, text, order) for pk in sorted(asking) for order, text in enumerate(_QUESTIONS)],
        )
        self.write(TeamEvent, "team_id at by_id what detail", events)
        mentorings = []
        for number, team in enumerate(self.all_teams):
            if team.state in ("quiet", "gathering", "idea") or number % 3 == 0:
                mentor = self.mentors[number % len(self.mentors)]
                note = (
                    "Rang on Tuesday. They miss it and want a smaller room."
                    if (team.state == "quiet" and number % 2)
                    else ""
                )
                mentorings.append(
                    (
                        team.id, mentor, self.moment(team.started + DAY),
                        self.moment(self.now - 8 * DAY) if note else None, note,
                    )
                )  # fmt: skip
        self.write(
            Mentoring, "team_id mentor_id since last_contact_at last_contact_note", mentorings
        )
        self.write(
            Invitation,
            "team_id code made_by_id made_at expires_at uses_left",
            [
                (
                    team.id, _key(rnd, 14), team.members[0], self.moment(self.now - 5 * DAY),
                    self.moment(self.now + 25 * DAY), 40,
                )
                for team in self.all_teams
                if team.state in ("live", "gathering") and rnd() < 0.3
            ],
        )  # fmt: skip
        self.open_teams = [t for t in self.all_teams if t.state in ("live", "gathering")]

    def _cast_in_teams(self, memberships: dict[int, dict[int, tuple]]) -> None:
        """The busy ones of the cast belong to five teams that are up and running, some to two."""
        live = [team for team in self.all_teams if team.state == "live" and not team.private]
        for number, part in enumerate(CAST):
            many = {"none": 0, "some": 2, "much": 5, "host": 3}[part.life]
            person = self.person_of[part.key]
            if part.age < 18:
                many = 0
            near = sorted(live, key=lambda team: (team.ward != self.ward_named[part.ward], team.id))
            wanted = [live[0], *near[number % 3 :]] if part.life == "much" else near[number % 3 :]
            for team in wanted[:many]:
                when = max(team.started, self.now - 300 * DAY) + DAY
                memberships[team.id].setdefault(person, ("member", "member", when, 1, None, None))

    def _pick(self, among: list[int], rnd: Callable[[], float]) -> int:
        pool = among or self.writers
        return pool[int(rnd() * len(pool))]

    # --- Gatherings ----------------------------------------------------------------------------

    def gatherings(self) -> None:
        from doorstep.web.demo import meeting

        self.progress.stage("gatherings")
        meeting.make(self)

    # --- The feed ------------------------------------------------------------------------------

    def feed(self) -> None:
        from doorstep.web.demo import posting

        self.progress.stage("posts")
        posting.make(self)

    # --- Stories, flags, notices ---------------------------------------------------------------

    def stories(self) -> None:
        self.progress.stage("stories")
        rng = self.rng("stories")
        rows = []
        for number in range(self.size.stories):
            teller = rng.choice(self.writers[len(CAST) :])
            ward = self._ward_of(teller)
            memo: dict[str, str] = {}
            slots = self.slots_of[ward]
            title, text = self.talk.sent[number % len(self.talk.sent)]
            state = "sent" if number % 4 != 3 else "declined"
            sent = self.now - rng.randrange(1, 20) * DAY
            rows.append(
                (
                    teller, self.wards[ward].pk, say(title or ["A story"], slots, rng.random, memo),
                    say(text, slots, rng.random, memo), self._name(teller).split()[0], state,
                    self.moment(sent),
                    self.person_of["editor"] if state == "declined" else None,
                    self.moment(sent + DAY) if state == "declined" else None,
                    "Thank you. We've just printed one much like it; send us the next!"
                    if state == "declined" else "",
                    f"demo-story-{number}",
                )
            )  # fmt: skip
        self.write(
            Story,
            "teller_id area_id title text told_by state sent_at editor_id decided_at reply "
            "client_key",
            rows,
        )

    def moderation(self) -> None:
        """Flags: some waiting, some decided, an appeal open and one heard."""
        self.progress.stage("flags")
        rng = self.rng("moderation")
        first_flag = self.loader.ids(Flag, len(self.flagged))
        flags: list[tuple] = []
        decisions: list[tuple] = []
        appeals: list[tuple] = []
        notes = {
            "selling": "They put this up with a price every week.",
            "private-information": "That's my aunt. She'd never want her number here.",
            "harassment": "This is about me, everyone on the landing knows.",
            "scam": "They asked my mum for a code from her phone.",
            "spam": "Third time this week.",
            "safety": "I don't think she's all right. Could somebody look?",
        }
        first_decision = self.loader.ids(Decision, len(self.flagged))
        made = 0
        for number, (rule, target, author, words, path, hidden) in enumerate(self.flagged):
            kind = "post"
            flagger = rng.choice(self.writers)
            when = self.now - rng.randrange(2, 60) * 3600 - (20 * DAY if hidden else 0)
            snapshot = {
                "author": author,
                "title": "",
                "text": words,
                "path": path,
                "photos": [],
                "state": "live",
            }
            decided = hidden or rule == "safety"
            if decided:
                pk = first_decision + made
                made += 1
                moderator = self.person_of["moderator"]
                decisions.append(
                    (
                        pk, kind, target, author, rule, "hide" if hidden else "keep",
                        "We keep prices off the feed so that it stays neighbours, not a market."
                        if hidden
                        else "Thank you for asking. We rang: she's at her daughter's. It stays.",
                        moderator, self.moment(when + 7 * 3600),
                    )
                )  # fmt: skip
                if hidden:
                    heard = len(appeals) % 2 == 1
                    appeals.append(
                        (
                            pk, author,
                            "I wasn't selling it, I only asked what a fair price is. Look again.",
                            self.moment(when + 30 * 3600), "upheld" if heard else "open",
                            self.person_of["second-moderator"] if heard else None,
                            self.moment(when + 60 * 3600) if heard else None,
                            "I read it afresh: the price and the number to ring make it a sale."
                            if heard else "",
                        )
                    )  # fmt: skip
            flags.append(
                (
                    first_flag + number, kind, target, snapshot, author, rule, notes[rule], flagger,
                    self.moment(when), "decided" if decided else "open", pk if decided else None,
                )
            )  # fmt: skip
        self.write(
            Decision,
            "id target_kind target_id author_id rule outcome reason by_id at",
            decisions,
        )
        self.write(
            Flag,
            "id target_kind target_id snapshot author_id rule note flagged_by_id flagged_at state "
            "decision_id",
            flags,
        )
        self.write(
            Appeal, "decision_id by_id text made_at state heard_by_id heard_at reason", appeals
        )

    def notices(self) -> None:
        """Answers and thanks that people haven't looked at yet; the counter tells the same."""
        self.progress.stage("notices")
        rows, unseen = [], Counter()  # type: list[tuple], Counter[int]
        # Whom one may be in the demo has something to look at, however quiet their posts were.
        latest = {
            author: number
            for number, (_post, author, _who, _when, _title) in sorted(
                enumerate(self.told), key=lambda row: row[1][3]
            )
            if author in set(self.person_of.values())
        }
        for number, (post, author, who, when, title) in enumerate(self.told):
            seen = when < self.now - 12 * DAY or (number % 4 == 0 and when < self.now - DAY)
            seen = seen and latest.get(author) != number
            rows.append(
                (
                    author, "feed-reply", f"demo-reply-{number}", title, f"/feed/{post}/", who,
                    self.moment(when), self.moment(when + 7200) if seen else None,
                )
            )  # fmt: skip
            if not seen:
                unseen[author] += 1
        self.write(Notice, "person_id kind key title path about_id created_at seen_at", rows)
        by_count: dict[int, list[int]] = defaultdict(list)
        for person, many in unseen.items():
            by_count[many].append(person)
        for many, people in sorted(by_count.items()):
            for start in range(0, len(people), 500):
                Person.objects.filter(pk__in=people[start : start + 500]).update(
                    unseen_notices=many
                )


def _street_state(number: int) -> str:
    return {5: "quiet", 8: "gathering", 10: "idea", 12: "closed"}.get(number, "live")


def _age(rnd: Callable[[], float]) -> int:
    throw = rnd()
    if throw < 0.05:
        return 13 + int(rnd() * 5)
    if throw < 0.75:
        return 18 + int(rnd() * 42)
    return 60 + int(rnd() ** 1.5 * 34)


def _key(rnd: Callable[[], float], length: int) -> str:
    return "".join([_LETTERS[int(rnd() * 28)] for _turn in range(length)])


def _one(among: list[str], rnd: Callable[[], float]) -> str:
    return among[int(rnd() * len(among))]


def once(*parts: object) -> str:
    """Return a fixed hash of the parts, for columns that hold one."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=20).hexdigest()


def media() -> Path:
    """Return the folder of uploads."""
    return Path(settings.MEDIA_ROOT)
