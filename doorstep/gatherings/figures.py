"""What a gathering's hosts learn from it: who came back, how people left, who contributed.

Definitions, exactly:

- A session is *held* when it wasn't called off, is over, and its register has at least one
  person who came. A register nobody filled in says nothing, so it counts neither for nor
  against anybody's coming back.
- A *cohort* is the people (with a Person record; a bare name on the register can't come back
  as the same name) whose first held session that they came to began in that month, in London.
- *Came back within k*: of the next k held sessions after their first, they came to at least
  one. Only people whose first is followed by k held sessions are counted, in both the number
  and what it is out of; the others are *too early to say*.
- *Faces* count per session and moment once nobody is asked any more, when there are at least 5,
  and none or at least 5 of them came otherwise than from paper (whoever typed the paper knows
  it). The gathering's figures add up only sessions where both moments count, so that no
  difference between two tables shows a smaller group.
- *Change* is the mean face leaving minus the mean face arriving, from 1 (low) to 5 (great).
- A *newcomer* came to a held session, flagged as there for the first time, and to none before.
  *Asked* for a welcome; was *expected* (a greeter promised); *met*; and *called* afterwards.
- *Contributed*: jobs taken at held sessions, registers kept (sessions on which they marked
  somebody), newcomers met, and posts that are up in the gathering's channel.
- *Went without*: still on the waiting list of a held session, and not marked as having come.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Count, Q

from doorstep.base.time import local, now
from doorstep.feed.models import Post
from doorstep.gatherings.models import Feeling, Gathering, JobTaken, Place, Session, Welcome
from doorstep.gatherings.rules import LEAVING_UNTIL
from doorstep.people.models import Person

FEWEST = 5  # faces below this number are never shown
WITHIN = (4, 8)


# --- Who came back ---------------------------------------------------------------------------


@dataclass
class Rate:
    """`count` of `out_of`; `share` is whole per cent, or None of nobody."""

    count: int = 0
    out_of: int = 0

    @property
    def share(self) -> int | None:
        return round(100 * self.count / self.out_of) if self.out_of else None


@dataclass
class Cohort:
    """People whose first time was in `month` (its first day)."""

    month: dt.date
    people: list[int] = field(default_factory=list)
    within: dict[int, Rate] = field(default_factory=lambda: {k: Rate() for k in WITHIN})

    @property
    def within_4(self) -> Rate:
        return self.within[4]

    @property
    def within_8(self) -> Rate:
        return self.within[8]

    @property
    def key(self) -> str:
        return f"{self.month:%Y-%m}"


def cohorts(held: Sequence[tuple[int, dt.date]], came: Iterable[tuple[int, int]]) -> list[Cohort]:
    """Return the cohorts, oldest first.

    `held` is (session, first day of its month) in the order they took place; `came` is
    (person, session) for everyone who came to one of them.
    """
    order = {session: index for index, (session, _month) in enumerate(held)}
    attended: dict[int, set[int]] = defaultdict(set)
    for person, session in came:
        if session in order:
            attended[person].add(order[session])
    found: dict[dt.date, Cohort] = {}
    for person, indexes in attended.items():
        first = min(indexes)
        month = held[first][1]
        cohort = found.setdefault(month, Cohort(month))
        cohort.people.append(person)
        for k, rate in cohort.within.items():
            if first + k < len(held):
                rate.out_of += 1
                rate.count += any(first < index <= first + k for index in indexes)
    return [found[month] for month in sorted(found)]


# --- Faces -----------------------------------------------------------------------------------


@dataclass
class Faces:
    """How many of each face at one moment; `counts` is None while it may not be shown."""

    counts: list[int] | None = None

    @property
    def total(self) -> int:
        return sum(self.counts or [])

    @property
    def mean(self) -> float | None:
        if not self.counts:
            return None
        return sum(face * count for face, count in enumerate(self.counts, 1)) / self.total

    @property
    def mean_said(self) -> str:
        return "" if self.mean is None else f"{self.mean:.1f}"


def showable(paper: Sequence[int], others: Sequence[int]) -> list[int] | None:
    """Return the sum of both, or None where it would show a group smaller than 5."""
    taps = sum(others)
    if sum(paper) + taps < FEWEST or 0 < taps < FEWEST:
        return None
    return [one + other for one, other in zip(paper, others, strict=True)]


def _faces(session_ids: Iterable[int]) -> dict[tuple[int, str], list[int] | None]:
    raw: dict[tuple[int, str], dict[bool, list[int]]] = defaultdict(
        lambda: {True: [0] * 5, False: [0] * 5}
    )
    rows = (
        Feeling.objects.filter(session__in=list(session_ids))
        .values_list("session_id", "moment", "way", "face")
        .annotate(count=Count("id"))
        .order_by()
    )
    for session, moment, way, face, count in rows:
        raw[session, moment][way == Feeling.Way.PAPER][face - 1] += count
    return {key: showable(ways[True], ways[False]) for key, ways in raw.items()}


def asked_until(moment: str, ends_at: dt.datetime) -> dt.datetime:
    """When the last face of this moment can have been given."""
    return ends_at if moment == Feeling.Moment.ARRIVING else ends_at + LEAVING_UNTIL


def faces_of_session(session: Session) -> dict[str, Faces]:
    """Return the faces of one session that may be shown now: {"arriving": …, "leaving": …}."""
    found = _faces([session.pk])
    return {
        str(moment): Faces(
            found.get((session.pk, moment))
            if now() >= asked_until(moment, session.ends_at)
            else None
        )
        for moment in Feeling.Moment.values
    }


# --- The host's page -------------------------------------------------------------------------


@dataclass
class HeldSession:
    """One held session and what its register says."""

    pk: int
    starts_at: dt.datetime
    people: int = 0
    guests: int = 0
    newcomers: int = 0
    went_without: int = 0
    arriving: Faces = field(default_factory=Faces)
    leaving: Faces = field(default_factory=Faces)

    @property
    def in_all(self) -> int:
        return self.people + self.guests


@dataclass
class Contribution:
    """What one person gave."""

    person: Person
    jobs: int = 0
    registers: int = 0
    met: int = 0
    posts: int = 0

    @property
    def in_all(self) -> int:
        return self.jobs + self.registers + self.met + self.posts


class GatheringFigures:
    """All figures of one gathering, from seven queries however long it has been running."""

    def __init__(self, gathering: Gathering, *, hide: set[int] | None = None) -> None:
        """`hide` are people the reader may not see (blocks); numbers still count them."""
        self.gathering = gathering
        self.hide = hide or set()
        self.at = now()
        # A register that was closed says that everybody is in, also while the kettle is still on.
        is_over = Q(ends_at__lte=self.at) | Q(closed_at__isnull=False)
        over = list(
            Session.objects.filter(is_over, gathering=gathering, is_called_off=False)
            .order_by("starts_at", "id")
            .values_list("id", "starts_at", "ends_at")
        )
        self.places = list(
            Place.objects.filter(session__in=[row[0] for row in over]).order_by("id")
        )
        came = {place.session_id for place in self.places if place.came}
        self.sessions = [
            HeldSession(pk, starts_at) for pk, starts_at, _ends_at in over if pk in came
        ]
        self._by_id = {row.pk: row for row in self.sessions}
        self._ends = {pk: ends_at for pk, _starts_at, ends_at in over}
        self.places = [place for place in self.places if place.session_id in self._by_id]
        for place in self.places:
            row = self._by_id[place.session_id]
            if place.came:
                row.people += 1
                row.guests += place.guests_came
            elif place.state == Place.State.WAITING:
                row.went_without += 1
        for place in self.newcomers:
            self._by_id[place.session_id].newcomers += 1
        self._add_faces()

    def _add_faces(self) -> None:
        for (session, moment), counts in _faces(self._by_id).items():
            if self.at < asked_until(moment, self._ends[session]):
                continue
            setattr(self._by_id[session], moment, Faces(counts))

    @cached_property
    def cohorts(self) -> list[Cohort]:
        held = [(row.pk, local(row.starts_at).date().replace(day=1)) for row in self.sessions]
        return cohorts(
            held,
            [
                (place.person_id, place.session_id)
                for place in self.places
                if place.came and place.person_id is not None
            ],
        )

    @cached_property
    def faces(self) -> dict[str, Faces]:
        """The faces of all sessions where both moments may be shown, added up."""
        both = [row for row in self.sessions if row.arriving.counts and row.leaving.counts]
        if not both:
            return {"arriving": Faces(), "leaving": Faces()}
        return {
            moment: Faces(
                [
                    sum(column)
                    for column in zip(*(getattr(row, moment).counts for row in both), strict=True)
                ]
            )
            for moment in ("arriving", "leaving")
        }

    @property
    def sessions_with_faces(self) -> int:
        return sum(bool(row.arriving.counts and row.leaving.counts) for row in self.sessions)

    @property
    def change(self) -> float | None:
        arriving, leaving = self.faces["arriving"].mean, self.faces["leaving"].mean
        return None if arriving is None or leaving is None else leaving - arriving

    @cached_property
    def welcomes(self) -> dict[int, Welcome]:
        """The welcome of each newcomer's place."""
        return {
            row.place_id: row
            for row in Welcome.objects.filter(
                place__session__in=self._by_id, place__came=True, place__is_first_time=True
            ).select_related("greeter")
        }

    @cached_property
    def newcomers(self) -> list[Place]:
        first: dict[int, int] = {}
        for row in self.sessions:
            for place in self._came_to.get(row.pk, []):
                if place.person_id is not None:
                    first.setdefault(place.person_id, row.pk)
        return [
            place
            for place in self.places
            if place.came
            and place.is_first_time
            and (place.person_id is None or first[place.person_id] == place.session_id)
        ]

    @cached_property
    def _came_to(self) -> dict[int, list[Place]]:
        found: dict[int, list[Place]] = defaultdict(list)
        for place in self.places:
            if place.came:
                found[place.session_id].append(place)
        return found

    def newcomers_who(self, what: str) -> list[Place]:
        """The newcomers who asked, were expected, met or called."""
        tests = {
            "newcomers": lambda welcome: True,
            "asked": lambda welcome: welcome is not None,
            "expected": lambda welcome: welcome is not None and welcome.promised_at is not None,
            "met": lambda welcome: welcome is not None and welcome.met_at is not None,
            "called": lambda welcome: welcome is not None and welcome.called_at is not None,
        }
        return [place for place in self.newcomers if tests[what](self.welcomes.get(place.pk))]

    @cached_property
    def went_without(self) -> list[Place]:
        return [
            place for place in self.places if place.state == Place.State.WAITING and not place.came
        ]

    @cached_property
    def waiting_now(self) -> list[Place]:
        """People on the waiting list of a session still to come, first in line first."""
        return list(
            Place.objects.filter(
                session__gathering=self.gathering,
                session__is_called_off=False,
                session__ends_at__gt=self.at,
                state=Place.State.WAITING,
            )
            .select_related("person", "session")
            .order_by("session__starts_at", "asked_at", "id")
        )

    @cached_property
    def contributions(self) -> list[Contribution]:
        """Everyone who gave something, the most first; people the reader may not see left out."""
        jobs = Counter(
            dict(
                JobTaken.objects.filter(session__in=self._by_id, job__gathering=self.gathering)
                .values_list("person_id")
                .annotate(count=Count("id"))
                .order_by()
            )
        )
        posts = Counter(
            dict(
                Post.objects.live()
                .filter(channel=self.gathering.channel_id)
                .values_list("author_id")
                .annotate(count=Count("id"))
                .order_by()
            )
        )
        kept: dict[int, set[int]] = defaultdict(set)
        for place in self.places:
            if place.marked_by_id:
                kept[place.marked_by_id].add(place.session_id)
        met = Counter(
            row.greeter_id
            for row in self.welcomes.values()
            if row.met_at is not None and row.greeter_id
        )
        ids = (set(jobs) | set(posts) | set(kept) | set(met)) - self.hide
        rows = [
            Contribution(
                person, jobs[person.pk], len(kept[person.pk]), met[person.pk], posts[person.pk]
            )
            for person in Person.objects.filter(pk__in=ids)
        ]
        return sorted(rows, key=lambda row: (-row.in_all, row.person.known_as, row.person.pk))


# --- Charts and tables -----------------------------------------------------------------------


def bars(
    values: Sequence[tuple[str, float | None]], *, width: int = 360, most: float | None = None
) -> dict[str, object]:
    """Lay out a bar chart: {"width", "bars": [{x, y, w, h, mid, label, value}]}.

    Heights are in the chart's own units (0 at the bottom, 110 at `most`).
    """
    top = most or max([value or 0 for _label, value in values], default=0) or 1
    step = (width - 40) / max(len(values), 1)
    wide = min(56.0, step * 0.72)
    drawn = []
    for index, (label, value) in enumerate(values):
        height = round(110 * (value or 0) / top, 1)
        x = round(20 + step * index + (step - wide) / 2, 1)
        drawn.append(
            {
                "x": x,
                "y": round(150 - height, 1),
                "w": round(wide, 1),
                "h": height,
                "mid": round(x + wide / 2, 1),
                "over": round(142 - height, 1),
                "label": label,
                "value": value,
            }
        )
    return {"width": width, "line": width - 40, "bars": drawn}


def safe_cell(value: object) -> str:
    """Return a cell of a CSV file that no spreadsheet takes for a formula."""
    words = "" if value is None else str(value)
    risky = words.lstrip()[:1] in ("=", "+", "-", "@") or words[:1] in ("\t", "\r", "\n")
    if risky and not _is_number(words):
        return f"'{words}"
    return words


def _is_number(words: str) -> bool:
    try:
        float(words)
    except ValueError:
        return False
    return words.strip() == words and words[:1] != "+"


def table(figures: GatheringFigures, name: str) -> tuple[list[str], list[Mapping | list]]:
    """Return (headings, rows) of one table for export. Raises KeyError for no such table."""
    if name == "sessions":
        return ["session", "people", "guests", "first_time", "went_without"], [
            [
                f"{local(row.starts_at):%Y-%m-%d %H:%M}",
                row.people,
                row.guests,
                row.newcomers,
                row.went_without,
            ]
            for row in figures.sessions
        ]
    if name == "came-back":
        return (
            [
                "first_time_in",
                "people",
                "within_4",
                "within_4_out_of",
                "within_8",
                "within_8_out_of",
            ],
            [
                [
                    row.key,
                    len(row.people),
                    row.within_4.count,
                    row.within_4.out_of,
                    row.within_8.count,
                    row.within_8.out_of,
                ]
                for row in figures.cohorts
            ],
        )
    if name == "faces":
        return ["session", "moment", "low", "a_bit_low", "so_so", "good", "great", "mean"], [
            [f"{local(row.starts_at):%Y-%m-%d %H:%M}", moment, *faces.counts, faces.mean_said]
            for row in figures.sessions
            for moment, faces in (("arriving", row.arriving), ("leaving", row.leaving))
            if faces.counts
        ]
    if name == "contributed":
        return ["name", "jobs", "registers", "newcomers_met", "posts"], [
            [row.person.known_as, row.jobs, row.registers, row.met, row.posts]
            for row in figures.contributions
        ]
    raise KeyError(name)
