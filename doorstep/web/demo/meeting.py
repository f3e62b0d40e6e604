"""Gatherings of the demo: what happens when, who comes, who came back, how people felt."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils.text import slugify

from doorstep.base.time import LONDON
from doorstep.feed.models import Channel
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
from doorstep.gatherings.recurrence import AHEAD, WEEKDAYS

if TYPE_CHECKING:
    from doorstep.web.demo.making import _Demo

CHUNK = 500
DAY = 86_400
_WALK_IN = [
    "Somebody in a yellow badge is at the door. The tables are in a square, coats go on the rail, "
    "and there's a chair with nobody's bag on it for you.",
    "You'll hear us before you see us. Straight in, sit anywhere. The quiet end is by the window.",
    "The hall looks shut and isn't. Push the door hard. Tea is on your left, toilets opposite.",
    "Shoes on or off, as you like. Children's corner at the back. Someone will say hello twice.",
    "We meet by the gate and wait ten minutes for late ones. Look for the orange hat.",
]
_COSTS = ["", "", "", "", "", "£1 for the tea", "Pay what you can"]
_ROOM = [
    "Can everyone hear me?",
    "Hello from the kitchen",
    "My picture has frozen but I'm here",
    "Lovely to see you all",
    "Kettle's on, back in a minute",
    "Could you say that again, please?",
    "Who has the recipe?",
    "I'll post it in the feed",
    "Sorry I'm late, the bus",
    "Same time next week?",
    "Thank you, that helped",
    "Goodnight all",
]
_WALK_INS = ["Mrs P.", "Ken from the flats", "A lady with a pram", "Mo", "Irena's friend"]
# Faces as people arrive and as they leave; the second a little brighter.
_ARRIVING = [1, 2, 2, 3, 3, 3, 4, 4, 5]
_LEAVING = [2, 3, 4, 4, 4, 5, 5, 5]


def make(demo: _Demo) -> None:
    """Make the gatherings with all that belongs to them, a few hundred at a time."""
    rng = demo.rng("gatherings")
    taken: set[str] = set()
    many = demo.size.gatherings
    first = demo.loader.ids(Gathering, many)
    for start in range(0, many, CHUNK):
        batch = _Batch(demo, rng.random, taken)
        for number in range(start, min(start + CHUNK, many)):
            batch.add(number, first + number)
        batch.write()


class _Batch:
    def __init__(self, demo: _Demo, rnd: Any, taken: set[str]) -> None:
        self.demo, self.rnd, self.taken = demo, rnd, taken
        self.rows: dict[Any, list[tuple]] = {
            model: []
            for model in (
                Channel, Gathering, Session, Job, JobTaken, Place, Welcome, Feeling, RoomMessage,
            )
        }  # fmt: skip

    def one(self, among: Any) -> Any:
        return among[int(self.rnd() * len(among))]

    def add(self, number: int, pk: int) -> None:
        demo, rnd = self.demo, self.rnd
        team = None
        if rnd() < 0.8 or number < len(demo.open_teams):
            team = demo.open_teams[number % len(demo.open_teams)]
        flavour = demo.flavours[team.flavour if team else int(rnd() * len(demo.flavours))]
        ward = team.ward if team else int(rnd() * len(demo.wards))
        if not team and demo.size.people < 1_000:
            ward = demo.ward_named[self.one(["Valence", "Parsloes", "Becontree", "Heath"])]
        pool = team.members if team else demo.writers_in[ward]
        pool = pool or demo.writers
        host = team.members[0] if team else self.one(pool)
        title = self.one(flavour["gatherings"])
        if rnd() < 0.3:
            title = f"{title} at {self.one(demo.slots_of[ward]['spot'])}"
        slug = base = slugify(title)[:70]
        turn = 1
        while slug in self.taken:
            turn += 1
            slug = f"{base}-{turn}" if turn < 4 else f"{base}-{pk}"
        self.taken.add(slug)
        only_team = team is not None and (team.private or rnd() < 0.08)
        online = bool(flavour.get("online")) or rnd() < 0.08
        phone = online and rnd() < 0.6
        venue = None if flavour.get("online") else demo._pick(demo.venues_in[ward], rnd)
        rule, starts = self._when(number)
        length = self.one([60, 90, 90, 120, 120, 150])
        capacity = None if rnd() < 0.3 else self.one([8, 10, 12, 14, 16, 20, 30])
        # A few fill up, so that somebody waits.
        overfull = rnd() < 0.12 and len(pool) > 8
        if overfull:
            capacity = 6
        off = rnd() < 0.01
        channel = demo.loader.ids(Channel)
        path = f"/whats-on/{slug}/"
        self.rows[Channel].append(
            (
                channel, demo.wards[ward].pk, team.id if team else None, f"gathering:{pk}", title,
                path, "team" if only_team else "members",
            )
        )  # fmt: skip
        made = demo.now - 200 * DAY if starts[0] > demo.now - 190 * DAY else starts[0] - 10 * DAY
        if team:
            made = max(min(made, starts[0] - DAY), min(team.started, starts[0] - DAY))
        horizon = dt.datetime.fromtimestamp(demo.now, LONDON) + AHEAD
        self.rows[Gathering].append(
            (
                pk, title, slug, f"demo-{pk}@doorstep", team.id if team else None, host,
                demo.wards[ward].pk, channel, "team" if only_team else "everyone",
                flavour["what"], self.one(_WALK_IN), venue, online,
                "", "020 7946 0" + f"{int(rnd() * 1000):03d}" if phone else "",
                f"{int(rnd() * 9000) + 1000}" if phone else "", self.one(_COSTS),
                rnd() < 0.5, demo.moment(starts[0]), length, rule, capacity,
                self.one([0, 1, 1, 2]), "called_off" if off else "on",
                max(horizon.date(), _day(starts[0])).isoformat(), team_spot(flavour),
                demo.moment(made), demo.moment(made), f"demo-gathering-{pk}",
            )
        )  # fmt: skip
        jobs = []
        if rnd() < 0.7:
            for name in flavour["jobs"]:
                job = demo.loader.ids(Job)
                jobs.append(job)
                self.rows[Job].append((job, pk, name, self.one([1, 1, 2])))
        writers = [person for person in pool if person != host]
        demo.gathering_channels.append(
            (channel, "team" if only_team else "members", ward, [host, *writers[:40]])
        )
        self._sessions(pk, starts, length, capacity, off, host, writers, jobs, online, overfull)

    def _when(self, number: int) -> tuple[str, list[int]]:
        """Return the rule ("" for once) and every start, as moments in seconds."""
        demo, rnd = self.demo, self.rnd
        hour = self.one([9, 10, 10, 11, 11, 12, 13, 14, 15, 16, 17, 18, 18, 19])
        minute = self.one([0, 0, 30])
        today = demo.day
        last = (dt.datetime.fromtimestamp(demo.now, LONDON) + AHEAD).date()
        often = rnd()
        small = demo.size.people < 1_000
        weekly, fortnightly, monthly = (0.4, 0.5, 0.6) if small else (0.14, 0.22, 0.3)

        def at(day: dt.date) -> int:
            return int(
                dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON).timestamp()
            )

        if often < fortnightly:
            weeks = 1 if often < weekly else 2
            back = 3 + int(rnd() * 10)
            first = today - dt.timedelta(days=back * 7 - int(rnd() * 7))
            day = WEEKDAYS[first.weekday()]
            rule = (
                f"FREQ=WEEKLY;BYDAY={day}" if weeks == 1 else f"FREQ=WEEKLY;INTERVAL=2;BYDAY={day}"
            )
            days = []
            while first <= last:
                days.append(first)
                first += dt.timedelta(days=7 * weeks)
            return rule, [at(day) for day in days]
        if often < monthly:
            nth, weekday = 1 + int(rnd() * 3), int(rnd() * 7)
            first = (today.replace(day=1) - dt.timedelta(days=90 + int(rnd() * 60))).replace(day=1)
            days = []
            while first <= last:
                offset = (weekday - first.weekday()) % 7 + 7 * (nth - 1)
                days.append(first + dt.timedelta(days=offset))
                first += dt.timedelta(days=calendar.monthrange(first.year, first.month)[1])
            days = [day for day in days if day <= last]
            return f"FREQ=MONTHLY;BYDAY={nth}{WEEKDAYS[weekday]}", [at(day) for day in days]
        ahead = rnd() < (0.45 if small else 0.2)
        distance = 1 + int(rnd() * 40) if ahead else -1 - int(rnd() ** 1.5 * 300)
        if number % 25 == 3:
            distance = 0  # something today, whatever the day
        return "", [at(today + dt.timedelta(days=distance))]

    def _sessions(
        self,
        gathering: int,
        starts: list[int],
        length: int,
        capacity: int | None,
        off: bool,
        host: int,
        pool: list[int],
        jobs: list[int],
        online: bool,
        overfull: bool,
    ) -> None:
        demo, rnd = self.demo, self.rnd
        now = demo.now
        past = sum(start + length * 60 <= now for start in starts)
        begin = int(rnd() * max(1, len(pool)))
        many = min(len(pool), 3 + int(rnd() ** 1.5 * 14))
        regulars = [pool[(begin + turn) % len(pool)] for turn in range(many)] if pool else []
        # From which session on somebody came; who comes once is not always seen again.
        since = {person: int(rnd() ** 2 * max(1, past)) for person in regulars}
        faithful = {person: 0.25 + 0.7 * rnd() for person in regulars}
        have_come: set[int] = set()
        first_id = demo.loader.ids(Session, len(starts))
        for index, start in enumerate(starts):
            pk, ends = first_id + index, start + length * 60
            is_past = ends <= now
            seats = waiting = 0
            called_off = off or (is_past and rnd() < 0.02)
            limit = capacity
            coming: list[tuple[int, int]] = []
            if is_past:
                for person in regulars:
                    if index >= since[person] and (
                        index == since[person] or rnd() < faithful[person]
                    ):
                        coming.append((person, 1 if rnd() < 0.07 else 0))
            elif start < now + 22 * DAY:
                near = 0.75 if start < now + 8 * DAY else 0.35
                coming = [
                    (person, 1 if rnd() < 0.07 else 0)
                    for person in regulars
                    if rnd() < near * faithful[person] + 0.1
                ]
                if overfull and index == past and capacity and len(coming) < len(pool):
                    # Enough people for a waiting list.
                    extra = (person for person in pool if person not in regulars)
                    for person in extra:
                        if len(coming) >= capacity + 3:
                            break
                        coming.append((person, 0))
            marked = is_past and rnd() < 0.9
            for person, guests in coming:
                place = demo.loader.ids(Place)
                state = "going"
                if limit is not None and seats + 1 + guests > limit:
                    guests = 0
                    if seats + 1 > limit:
                        if is_past:
                            continue
                        state = "waiting"
                if state == "going":
                    seats += 1 + guests
                else:
                    waiting += 1
                new = person not in have_come
                came = None
                if marked and not called_off:
                    came = rnd() < (0.9 if new else 0.86)
                    if came:
                        have_come.add(person)
                asked = min(now, start) - int(rnd() * 6 * DAY) - 600
                how = "online" if online and rnd() < 0.6 else "room"
                self.rows[Place].append(
                    (
                        place, pk, person, "", guests, how, state, new,
                        not new and rnd() < 0.2, demo.moment(asked), came,
                        guests if came else 0, host if came is not None else None,
                        demo.moment(start + 1800) if came is not None else None,
                    )
                )  # fmt: skip
                if new and state == "going" and not called_off and rnd() < 0.35:
                    self._welcome(place, person, host, regulars, is_past, came, start, asked)
                if came and rnd() < 0.35:
                    self._feel(pk, place, "arriving", _ARRIVING)
                if came and rnd() < 0.3:
                    self._feel(pk, place, "leaving", _LEAVING)
            if marked and not called_off and rnd() < 0.15 and (limit is None or seats < limit):
                seats += 1
                self.rows[Place].append(
                    (
                        demo.loader.ids(Place), pk, None, self.one(_WALK_INS), 0, "room", "going",
                        True, False, demo.moment(start + 300), True, 0, host,
                        demo.moment(start + 300),
                    )
                )  # fmt: skip
            if coming and jobs and not called_off:
                for job in jobs:
                    if rnd() < 0.5:
                        person = self.one(coming)[0]
                        self.rows[JobTaken].append(
                            (job, pk, person, demo.moment(min(now, start) - 3 * DAY))
                        )
            if online and is_past and coming and index >= past - 2:
                said = 4 + int(rnd() * 8)
                for line in range(said):
                    self.rows[RoomMessage].append(
                        (
                            pk, self.one(coming)[0], self.one(_ROOM),
                            demo.moment(start + 60 + line * 240), f"demo-room-{pk}-{line}",
                        )
                    )  # fmt: skip
            self.rows[Session].append(
                (
                    pk, gathering, demo.moment(start), demo.moment(start), demo.moment(ends),
                    "We're in the small room this time." if rnd() < 0.02 else "",
                    called_off, seats, waiting,
                    demo.moment(now) if start < now + 3 * DAY else None,
                    demo.moment(ends + 3600) if marked and not called_off else None,
                )
            )  # fmt: skip

    def _welcome(
        self,
        place: int,
        person: int,
        host: int,
        regulars: list[int],
        is_past: bool,
        came: bool | None,
        start: int,
        asked: int,
    ) -> None:
        demo, rnd = self.demo, self.rnd
        greeter = self.one([host, *[other for other in regulars if other != person][:3]])
        promised = demo.moment(asked + 1200)
        wishes = self.one(
            [
                "I'm a bit shy.",
                "I'll have a pushchair.",
                "My English is slow.",
                "I use a frame.",
                "",
            ]
        )
        phone = f"07700 900{int(rnd() * 1000):03d}"
        row: tuple
        if not is_past:
            if rnd() < 0.4:
                row = (place, None, wishes, phone, "hoped", None, None, None, "")
            else:
                row = (place, greeter, wishes, phone, "promised", promised, None, None, "")
        elif came:
            met = demo.moment(start + 120)
            if rnd() < 0.7:
                row = (
                    place, greeter, wishes, "", "called", promised, met,
                    demo.moment(min(demo.now - 60, start + DAY)),
                    self.one(["Loved it, coming again.", "Bit loud, will sit by the window.", ""]),
                )  # fmt: skip
            else:
                row = (place, greeter, wishes, phone, "met", promised, met, None, "")
        else:
            row = (place, greeter, wishes, phone, "missed", promised, None, None, "")
        self.rows[Welcome].append(row)

    def _feel(self, session: int, place: int, moment: str, faces: list[int]) -> None:
        from doorstep.web.demo.making import once

        self.rows[Feeling].append(
            (session, moment, self.one(faces), once(self.demo.seed, place, moment))
        )

    def write(self) -> None:
        """Write what was gathered, what is pointed at first."""
        columns = {
            Channel: "id area_id team_id about name path readers",
            Gathering: "id title slug uid team_id host_id area_id channel_id who description "
            "when_you_walk_in venue_id is_online online_url dial_in dial_in_code cost "
            "is_good_with_children starts_at duration_minutes rrule capacity guests_each state "
            "made_until spot created_at changed_at client_key",
            Session: "id gathering_id rule_starts_at starts_at ends_at note is_called_off "
            "seats_taken waiting_count reminded_at closed_at",
            Job: "id gathering_id name people_needed",
            JobTaken: "job_id session_id person_id taken_at",
            Place: "id session_id person_id name guests how state is_first_time is_greeter "
            "asked_at came guests_came marked_by_id marked_at",
            Welcome: "place_id greeter_id wishes phone state promised_at met_at called_at "
            "call_note",
            Feeling: "session_id moment face once",
            RoomMessage: "session_id person_id text said_at client_key",
        }
        for model, names in columns.items():
            self.demo.write(model, names, self.rows[model])


def team_spot(flavour: dict[str, Any]) -> str:
    """Return the ink of a kind of team."""
    return str(flavour["spot"])


def _day(seconds: int) -> dt.date:
    return dt.datetime.fromtimestamp(seconds, LONDON).date()
