"""Planning gatherings: make one, change it, call it off, put it on again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef
from django.urls import Resolver404, resolve, reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base import keys
from doorstep.base.time import in_london, local, today
from doorstep.feed.models import Channel, Readers
from doorstep.gatherings import recurrence, wording
from doorstep.gatherings.actions import places
from doorstep.gatherings.models import Gathering, Job, JobTaken, Place, Session
from doorstep.notices import actions as notices
from doorstep.people.models import Person
from doorstep.places.models import Area, Venue
from doorstep.teams import actions as team_actions
from doorstep.teams.models import Team

# What a calendar on somebody's phone shows; a change of one of these is a new version.
_WORDS = (
    "title",
    "who",
    "description",
    "when_you_walk_in",
    "venue",
    "is_online",
    "online_url",
    "dial_in",
    "dial_in_code",
    "cost",
    "is_good_with_children",
    "capacity",
    "guests_each",
)


class TooLate(Exception):
    """The session has begun; what was, stays."""


class TooSmall(Exception):
    """More people are coming to some sessions than the new capacity: `sessions`."""

    def __init__(self, sessions: list[Session]) -> None:
        super().__init__("more people are coming than that")
        self.sessions = sessions


# --- Making ----------------------------------------------------------------------------------


@transaction.atomic
def plan_gathering(
    *,
    by: Person,
    at: dt.datetime,
    client_key: str,
    area: Area,
    team: Team | None = None,
    starts_at: dt.datetime,
    duration_minutes: int,
    rrule: str = "",
    left_out: Iterable[dt.date] = (),
    jobs: Iterable[tuple[str, int]] = (),
    new_venue: Mapping[str, Any] | None = None,
    **words: Any,
) -> Gathering:
    """Plan a gathering and make its sessions for the coming half year.

    The same `client_key` again returns the gathering already made. `left_out` are days the rule
    lands on but that are skipped; `jobs` are (name, people needed).
    Raises recurrence.BadRule with a sentence.
    """
    already = Gathering.objects.filter(client_key=client_key, host=by).first()
    if already is not None:
        return already
    rule = recurrence.check(rrule, starts_at)
    if team is not None and team.is_private:
        words["who"] = Gathering.Who.TEAM
    if new_venue:
        words["venue"] = Venue.objects.create(area=area, **new_venue)
    uid = keys.new_key(20)
    slug = keys.slug_from(words["title"], _is_taken)
    readers = Readers.TEAM if words.get("who") == Gathering.Who.TEAM else Readers.MEMBERS
    channel = Channel.objects.create(
        area=area,
        team=team,
        about=f"gathering:{uid}",
        name=words["title"],
        path=reverse("gatherings:gathering", args=[slug]),
        readers=readers,
    )
    gathering = Gathering.objects.create(
        slug=slug,
        uid=uid,
        team=team,
        host=by,
        area=area,
        channel=channel,
        starts_at=starts_at,
        duration_minutes=duration_minutes,
        rrule=rule,
        exdates=_exdates(starts_at, left_out),
        spot=team.spot if team else by.spot,
        created_at=at,
        changed_at=at,
        client_key=client_key,
        **words,
    )
    Channel.objects.filter(pk=channel.pk).update(about=f"gathering:{gathering.pk}")
    Job.objects.bulk_create(
        Job(gathering=gathering, name=name, people_needed=needed) for name, needed in jobs
    )
    make_sessions(gathering, at=at)
    if team is not None:
        team_actions.touch(team, at=at)
    return gathering


def _is_taken(slug: str) -> bool:
    """Whether a gathering or one of our own pages already has this address."""
    try:
        fixed = resolve(f"/whats-on/{slug}/").url_name != "gathering"
    except Resolver404:
        fixed = False
    return fixed or Gathering.objects.filter(slug=slug).exists()


def _exdates(starts_at: dt.datetime, days: Iterable[dt.date]) -> list[str]:
    """Return the starts (UTC, ISO) on `days` at the clock time of `starts_at`."""
    clock = local(starts_at).time()
    return sorted(
        {in_london(dt.datetime.combine(day, clock)).astimezone(dt.UTC).isoformat() for day in days}
    )


def left_out_days(gathering: Gathering) -> list[dt.date]:
    """Return the days the rule lands on but that are skipped."""
    return [local(dt.datetime.fromisoformat(moment)).date() for moment in gathering.exdates]


def starts_of(
    gathering: Gathering, *, after: dt.datetime | None, until: dt.datetime
) -> list[dt.datetime]:
    """Return the gathering's starts by its rule, without the days left out."""
    skipped = {dt.datetime.fromisoformat(moment) for moment in gathering.exdates}
    return [
        moment
        for moment in recurrence.occurrences(
            gathering.rrule, gathering.starts_at, after=after, until=until
        )
        if moment not in skipped
    ]


def make_sessions(gathering: Gathering, *, at: dt.datetime) -> int:
    """Make the sessions of the coming half year that aren't there yet; return how many.

    Running it twice changes nothing. A gathering has at most 400 sessions.
    """
    horizon = max(at + recurrence.AHEAD, gathering.starts_at)
    after = None
    if gathering.made_until is not None:
        after = in_london(
            dt.datetime.combine(gathering.made_until, dt.time()) - dt.timedelta(days=1)
        )
    starts = starts_of(gathering, after=after, until=horizon)
    room = recurrence.MOST_SESSIONS - Session.objects.filter(gathering=gathering).count()
    length = dt.timedelta(minutes=gathering.duration_minutes)
    have = set(
        Session.objects.filter(
            gathering=gathering, rule_starts_at__in=[moment.astimezone(dt.UTC) for moment in starts]
        ).values_list("rule_starts_at", flat=True)
    )
    fresh = [moment for moment in starts if moment not in have][: max(0, room)]
    Session.objects.bulk_create(
        [
            Session(
                gathering=gathering,
                rule_starts_at=moment,
                starts_at=moment,
                ends_at=moment + length,
            )
            for moment in fresh
        ],
        ignore_conflicts=True,
    )
    gathering.made_until = local(horizon).date()
    Gathering.objects.filter(pk=gathering.pk).update(made_until=gathering.made_until)
    return len(fresh)


# --- Changing --------------------------------------------------------------------------------


@transaction.atomic
def change_gathering(
    gathering: Gathering,
    *,
    by: Person,
    at: dt.datetime,
    starts_at: dt.datetime | None = None,
    duration_minutes: int | None = None,
    rrule: str | None = None,
    left_out: Iterable[dt.date] | None = None,
    jobs: Iterable[tuple[str, int]] | None = None,
    new_venue: Mapping[str, Any] | None = None,
    **words: Any,
) -> Gathering:
    """Change a gathering: its words, and all sessions still to come.

    `starts_at` is the new start of the next session (of the only one, where it was just once);
    None leaves the times alone. What has been stays as it was. Everybody coming hears of a new
    time or place. Raises recurrence.BadRule, and TooSmall for a capacity below those coming.
    """
    gathering = _lock(gathering)
    if new_venue:
        words["venue"] = Venue.objects.create(area=gathering.area, **new_venue)
    if gathering.team is not None and gathering.team.is_private and "who" in words:
        words["who"] = Gathering.Who.TEAM
    before = {name: getattr(gathering, name) for name in _WORDS}
    for name, value in words.items():
        setattr(gathering, name, value)
    changed = {name for name in _WORDS if before[name] != getattr(gathering, name)}
    coming = _to_come(gathering, at)
    if "capacity" in changed and gathering.capacity is not None:
        full = [one for one in coming if one.seats_taken > gathering.capacity]
        if full:
            raise TooSmall(full)
    if "venue" in changed:
        _pin_what_was(gathering, before["venue"], at)
    if "title" in changed or "who" in changed:
        Channel.objects.filter(pk=gathering.channel_id).update(
            name=gathering.title,
            readers=Readers.TEAM if gathering.who == Gathering.Who.TEAM else Readers.MEMBERS,
        )
    if jobs is not None:
        _set_jobs(gathering, list(jobs))
    moved: list[Session] = []
    off: list[Session] = []
    times = starts_at is not None and _times_differ(
        gathering, coming, starts_at, duration_minutes, rrule, left_out
    )
    if times and starts_at is not None:
        moved, off = _reschedule(
            gathering,
            coming,
            at=at,
            starts_at=starts_at,
            duration_minutes=duration_minutes or gathering.duration_minutes,
            rrule=gathering.rrule if rrule is None else rrule,
            left_out=left_out_days(gathering) if left_out is None else left_out,
        )
    if changed or times:
        _new_version(gathering, at)
    gathering.save()
    if changed & {"venue", "online_url", "dial_in", "dial_in_code", "is_online"}:
        moved = [session for session in coming if session not in off and session.pk]
    _say_moved(gathering, moved, by=by)
    _say_off(gathering, off, by=by, why="")
    if "capacity" in changed:
        for session in coming:
            places.let_in_from_the_list(session.pk, at=at)
    return gathering


def _lock(gathering: Gathering) -> Gathering:
    """Return the gathering afresh, so that two people changing it wait for each other."""
    return (
        Gathering.objects.select_for_update(of=("self",))
        .select_related("area", "team")
        .get(pk=gathering.pk)
    )


def _to_come(gathering: Gathering, at: dt.datetime) -> list[Session]:
    """Return sessions not begun, locked, so that nobody takes a seat meanwhile."""
    return list(
        gathering.sessions.select_for_update().filter(starts_at__gt=at).order_by("rule_starts_at")
    )


def _new_version(gathering: Gathering, at: dt.datetime) -> None:
    gathering.sequence += 1
    gathering.changed_at = at


def _pin_what_was(gathering: Gathering, venue: Venue | None, at: dt.datetime) -> None:
    """Sessions that have begun keep the venue they had."""
    if venue is not None:
        gathering.sessions.filter(starts_at__lte=at, venue=None).update(venue=venue)


def _set_jobs(gathering: Gathering, jobs: list[tuple[str, int]]) -> None:
    """Make the jobs those named; one that stays keeps who has taken it."""
    wanted = dict(jobs)
    for job in gathering.jobs.all():
        needed = wanted.pop(job.name, None)
        if needed is None and JobTaken.objects.filter(job=job).exists():
            # Who did it before is history: the job stays for that, and nobody is needed now.
            Job.objects.filter(pk=job.pk).update(people_needed=0)
        elif needed is None:
            job.delete()
        elif needed != job.people_needed:
            job.people_needed = needed
            job.save(update_fields=["people_needed"])
    Job.objects.bulk_create(
        Job(gathering=gathering, name=name, people_needed=needed) for name, needed in wanted.items()
    )


def _times_differ(
    gathering: Gathering,
    coming: list[Session],
    starts_at: dt.datetime,
    duration_minutes: int | None,
    rrule: str | None,
    left_out: Iterable[dt.date] | None,
) -> bool:
    if not coming or starts_at != coming[0].rule_starts_at:
        return True
    if duration_minutes is not None and duration_minutes != gathering.duration_minutes:
        return True
    if rrule is not None and rrule != rule_from(gathering, coming[0]):
        return True
    return left_out is not None and _exdates(starts_at, left_out) != gathering.exdates


def rule_from(gathering: Gathering, session: Session) -> str:
    """Return the gathering's rule as it reads from `session` on: fewer times are left."""
    if not gathering.rrule:
        return ""
    parts = recurrence.parse(gathering.rrule)
    if "COUNT" not in parts:
        return gathering.rrule
    gone = len(
        recurrence.occurrences(
            gathering.rrule,
            gathering.starts_at,
            until=session.rule_starts_at - dt.timedelta(seconds=1),
        )
    )
    return recurrence.with_count(gathering.rrule, max(1, int(parts["COUNT"]) - gone))


def _reschedule(
    gathering: Gathering,
    coming: list[Session],
    *,
    at: dt.datetime,
    starts_at: dt.datetime,
    duration_minutes: int,
    rrule: str,
    left_out: Iterable[dt.date],
    told: frozenset[int] = frozenset(),
) -> tuple[list[Session], list[Session]]:
    """Give `coming` the new times; return those moved and those called off.

    When it happens as often as before, the first goes to the first new time, the second to the
    second, and people keep their places; sessions in `told` go there even when they were moved by
    themselves before. When it happens more or less often, only sessions on a
    day that stays are kept: nobody's Tuesday becomes next month's by itself.
    """
    rule = recurrence.check(rrule, starts_at)
    as_often = _rhythm(rule) == _rhythm(gathering.rrule)
    longer = duration_minutes != gathering.duration_minutes
    gathering.starts_at = starts_at
    gathering.duration_minutes = duration_minutes
    gathering.rrule = rule
    gathering.exdates = _exdates(starts_at, left_out)
    gathering.made_until = None
    gathering.state = Gathering.State.ON
    length = dt.timedelta(minutes=duration_minutes)
    fresh = starts_of(gathering, after=None, until=max(at + recurrence.AHEAD, starts_at))
    goes_to: dict[int, dt.datetime] = {}
    if as_often:
        goes_to = {session.pk: new for session, new in zip(coming, fresh, strict=False)}
    else:
        # One session (the next) always goes where the planner put it.
        on_day = {local(moment).date(): moment for moment in fresh}
        for session in coming:
            new = on_day.pop(local(session.starts_at).date(), None)
            if new is not None:
                goes_to[session.pk] = new
        if coming and fresh and fresh[0] not in goes_to.values():
            goes_to[coming[0].pk] = fresh[0]
    moved, gone = [], []
    staying = [session for session in coming if session.pk in goes_to]
    # Out of the way first: two sessions of a gathering never share a place in the rule.
    for session in staying:
        Session.objects.filter(pk=session.pk).update(
            rule_starts_at=session.rule_starts_at - dt.timedelta(days=365 * 400)
        )
    for session in coming:
        if session.pk not in goes_to:
            gone.append(session)
            continue
        was = (session.starts_at, session.ends_at)
        new = goes_to[session.pk]
        if new != session.rule_starts_at or session.pk in told:
            session.starts_at, session.ends_at = new, new + length
        elif longer:
            # Moved by itself before, and the rule still has its day: it stays where it was put.
            session.ends_at = session.starts_at + length
        session.rule_starts_at = new
        if was != (session.starts_at, session.ends_at):
            moved.append(session)
            session.reminded_at = None
    off = _remove(gone)
    for session in staying:
        # A session called off long ago may still hold the new time; it gives way.
        Session.objects.filter(gathering=gathering, rule_starts_at=session.rule_starts_at).exclude(
            pk=session.pk
        ).update(rule_starts_at=F("rule_starts_at") - dt.timedelta(seconds=session.pk % 50 + 1))
        session.save(update_fields=["rule_starts_at", "starts_at", "ends_at", "reminded_at"])
    make_sessions(gathering, at=at)
    return [session for session in moved if not session.is_called_off], off


def _rhythm(rule: str) -> tuple[str, ...]:
    """Return how often a rule happens, without which day: moving Thursday to Friday keeps it."""
    if not rule:
        return ("once",)
    parts = recurrence.parse(rule)
    days = len(parts.get("BYDAY", "x").split(","))
    dates = len(parts.get("BYMONTHDAY", "x").split(","))
    return (parts["FREQ"], parts.get("INTERVAL", "1"), str(days), str(dates))


def _remove(gone: list[Session]) -> list[Session]:
    """Delete sessions nobody has a place at, call off the others; return those."""
    with_people = set(
        Place.objects.filter(session__in=gone).values_list("session_id", flat=True).distinct()
    )
    Session.objects.filter(
        pk__in=[session.pk for session in gone if session.pk not in with_people]
    ).delete()
    off = [session for session in gone if session.pk in with_people and not session.is_called_off]
    Session.objects.filter(pk__in=[session.pk for session in off]).update(is_called_off=True)
    return off


@transaction.atomic
def change_session(
    session: Session,
    *,
    by: Person,
    at: dt.datetime,
    starts_at: dt.datetime,
    duration_minutes: int,
    venue: Venue | None = None,
    note: str = "",
    and_later: bool = False,
) -> Session:
    """Move one session, or this one and all later ones; everybody coming hears of it.

    `venue` None means the gathering's own. Raises TooLate once it has begun.
    """
    gathering = _lock(session.gathering)
    session = Session.objects.select_for_update().get(pk=session.pk)
    if session.starts_at <= at:
        raise TooLate
    if and_later:
        return _change_from(gathering, session, by, at, starts_at, duration_minutes, venue, note)
    own_venue = None if venue is None or venue.pk == gathering.venue_id else venue
    ends_at = starts_at + dt.timedelta(minutes=duration_minutes)
    moved = (session.starts_at, session.ends_at, session.venue_id) != (
        starts_at,
        ends_at,
        own_venue.pk if own_venue else None,
    )
    if session.starts_at != starts_at:
        session.reminded_at = None
    noted = session.note != note
    session.starts_at, session.ends_at = starts_at, ends_at
    session.venue, session.note = own_venue, note
    session.save(
        update_fields=["starts_at", "ends_at", "venue", "note", "reminded_at"],
    )
    if moved or noted:
        _new_version(gathering, at)
        gathering.save(update_fields=["sequence", "changed_at"])
    if moved:
        _say_moved(gathering, [session], by=by)
    return session


def _change_from(
    gathering: Gathering,
    session: Session,
    by: Person,
    at: dt.datetime,
    starts_at: dt.datetime,
    duration_minutes: int,
    venue: Venue | None,
    note: str,
) -> Session:
    """Change `session` and all later ones. Earlier ones keep their own time and venue."""
    coming = list(
        gathering.sessions.filter(
            rule_starts_at__gte=session.rule_starts_at, starts_at__gt=at
        ).order_by("rule_starts_at")
    )
    earlier = (
        gathering.sessions.filter(rule_starts_at__lt=session.rule_starts_at, is_called_off=False)
        .order_by("-starts_at")
        .first()
    )
    if earlier is not None and starts_at <= earlier.starts_at:
        raise recurrence.BadRule(
            _("That's before the one on %(day)s. Choose a later day.")
            % {"day": recurrence.day_words(local(earlier.starts_at).date())}
        )
    rule = rule_from(gathering, session)
    if rule:
        parts = recurrence.parse(rule)
        old_day, new_day = local(session.rule_starts_at).date(), local(starts_at).date()
        every = recurrence.choice_of(rule, session.rule_starts_at)["every"]
        if old_day != new_day and every != "own":
            # The rule follows the day: every Thursday becomes every Friday.
            ends = {key: parts[key] for key in ("COUNT", "UNTIL") if key in parts}
            plain = recurrence.parse(recurrence.make_rule(every=str(every), first_day=new_day))
            rule = recurrence.join(plain | {str(key): value for key, value in ends.items()})
    old_venue = gathering.venue
    if venue is not None and venue.pk != gathering.venue_id:
        if old_venue is not None:
            gathering.sessions.filter(rule_starts_at__lt=session.rule_starts_at, venue=None).update(
                venue=old_venue
            )
        gathering.venue = venue
    moved, off = _reschedule(
        gathering,
        coming,
        at=at,
        starts_at=starts_at,
        duration_minutes=duration_minutes,
        rrule=rule,
        left_out=left_out_days(gathering),
        told=frozenset([session.pk]),
    )
    if gathering.venue != old_venue:
        moved = [one for one in coming if one not in off]
        Session.objects.filter(pk__in=[one.pk for one in moved]).update(venue=None)
    _new_version(gathering, at)
    gathering.save()
    session = next((one for one in coming if one.pk == session.pk), session)
    if note != session.note:
        session.note = note
        session.save(update_fields=["note"])
    _say_moved(gathering, moved, by=by)
    _say_off(gathering, off, by=by, why="")
    return session


# --- Calling off, and on again ---------------------------------------------------------------


@transaction.atomic
def call_off_session(session: Session, *, by: Person, at: dt.datetime, why: str = "") -> None:
    """Call one session off and tell everybody coming or waiting. Twice is once.

    Places are kept, so that it can be put on again. Raises TooLate once it has begun.
    """
    if session.starts_at <= at:
        raise TooLate
    gathering = _lock(session.gathering)
    if not Session.objects.filter(pk=session.pk, is_called_off=False).update(
        is_called_off=True, note=why
    ):
        return
    session.is_called_off, session.note = True, why
    _new_version(gathering, at)
    gathering.save(update_fields=["sequence", "changed_at"])
    _say_off(gathering, [session], by=by, why=why)


@transaction.atomic
def put_session_on_again(session: Session, *, by: Person, at: dt.datetime) -> None:
    """Take a calling-off back, before it would have begun; everybody hears of it."""
    if session.starts_at <= at:
        raise TooLate
    gathering = _lock(session.gathering)
    if not Session.objects.filter(pk=session.pk, is_called_off=True).update(
        is_called_off=False, note="", reminded_at=None
    ):
        return
    session.is_called_off, session.note = False, ""
    _new_version(gathering, at)
    gathering.save(update_fields=["sequence", "changed_at"])
    _say_on(gathering, [session], by=by)


@transaction.atomic
def call_off_gathering(gathering: Gathering, *, by: Person, at: dt.datetime, why: str = "") -> None:
    """Call the whole gathering off, from now on; everybody coming to any session hears of it."""
    locked = _lock(gathering)
    if locked.state == Gathering.State.CALLED_OFF:
        return
    locked.state = Gathering.State.CALLED_OFF
    _new_version(locked, at)
    locked.save(update_fields=["state", "sequence", "changed_at"])
    coming = [one for one in _to_come(locked, at) if not one.is_called_off]
    _say_off(locked, coming, by=by, why=why, all_of_it=True)


@transaction.atomic
def put_gathering_on_again(gathering: Gathering, *, by: Person, at: dt.datetime) -> None:
    """Take the calling-off of a whole gathering back."""
    locked = _lock(gathering)
    if locked.state != Gathering.State.CALLED_OFF:
        return
    locked.state = Gathering.State.ON
    _new_version(locked, at)
    locked.save(update_fields=["state", "sequence", "changed_at"])
    make_sessions(locked, at=at)
    _say_on(locked, [one for one in _to_come(locked, at) if not one.is_called_off], by=by)


# --- Telling people --------------------------------------------------------------------------


def people_of(sessions: Iterable[Session]) -> dict[int, list[Person]]:
    """Return those coming or waiting, by session."""
    rows = (
        Place.objects.filter(
            session__in=[session.pk for session in sessions],
            state__in=[Place.State.GOING, Place.State.WAITING],
            person__isnull=False,
        )
        .select_related("person", "person__account")
        .order_by("session__starts_at", "asked_at", "id")
    )
    found: dict[int, list[Person]] = {}
    for row in rows:
        if row.person is not None:
            found.setdefault(row.session_id, []).append(row.person)
    return found


def _say_to_each_once(
    kind: str,
    gathering: Gathering,
    sessions: list[Session],
    *,
    by: Person,
    key: str,
    title: Any,
    body: Any,
) -> None:
    """Tell everybody of these sessions, each about the first that concerns them."""
    by_session = people_of(sessions)
    told: set[int] = set()
    for session in sorted(sessions, key=lambda one: one.starts_at):
        people = [one for one in by_session.get(session.pk, []) if one.pk not in told]
        told |= {one.pk for one in people}
        if people:
            session.gathering = gathering
            notices.send_to_all(
                kind,
                people,
                key=f"{key}:{gathering.pk}:{gathering.sequence}",
                title=title(session),
                body=body(session),
                path=session.get_absolute_url(),
                about=by,
            )


def _say_moved(gathering: Gathering, sessions: list[Session], *, by: Person) -> None:
    _say_to_each_once(
        "gathering-changed",
        gathering,
        [one for one in sessions if not one.is_called_off],
        by=by,
        key="moved",
        title=lambda session: format_lazy(
            gettext_lazy("Changed: {title}, now {when}"),
            title=gathering.title,
            when=wording.when(session),
        ),
        body=partial(wording.where_and_how, link=False),
    )


def _say_off(
    gathering: Gathering, sessions: list[Session], *, by: Person, why: str, all_of_it: bool = False
) -> None:
    said = gettext_lazy("Called off: {title}, {when}")
    if all_of_it:
        said = gettext_lazy("Called off for good: {title}. It would have been {when}")
    _say_to_each_once(
        "gathering-called-off",
        gathering,
        sessions,
        by=by,
        key="off",
        title=lambda session: format_lazy(said, title=gathering.title, when=wording.when(session)),
        body=lambda session: why or gettext_lazy("Sorry. You don't need to do anything."),
    )


def _say_on(gathering: Gathering, sessions: list[Session], *, by: Person) -> None:
    _say_to_each_once(
        "gathering-called-off",
        gathering,
        sessions,
        by=by,
        key="on",
        title=lambda session: format_lazy(
            gettext_lazy("It's on after all: {title}, {when}"),
            title=gathering.title,
            when=wording.when(session),
        ),
        body=partial(wording.where_and_how, link=False),
    )


# --- The worker's ticks ----------------------------------------------------------------------


def extend_all(at: dt.datetime, *, batch: int = 1000) -> int:
    """Make sessions for gatherings whose half year has run a week short; return how many."""
    short = local(at + recurrence.AHEAD - dt.timedelta(days=7)).date()
    due = (
        Gathering.objects.filter(state=Gathering.State.ON, made_until__lt=short)
        .exclude(rrule="")
        .order_by("made_until", "id")[:batch]
    )
    made = 0
    for gathering in due:
        with transaction.atomic():
            made += make_sessions(_lock(gathering), at=at)
    return made


def end_what_is_over(at: dt.datetime) -> int:
    """Mark gatherings as ended that have no session left to come; return how many."""
    left = Session.objects.filter(gathering=OuterRef("pk"), ends_at__gt=at)
    return (
        Gathering.objects.filter(state=Gathering.State.ON, made_until__gte=today())
        .filter(~Exists(left))
        .update(state=Gathering.State.ENDED)
    )


def count_people(sessions: Iterable[Session]) -> int:
    """Return how many different people have a place at these sessions."""
    return Place.objects.filter(
        session__in=list(sessions), state__in=[Place.State.GOING, Place.State.WAITING]
    ).aggregate(people=Count("person", distinct=True))["people"]
