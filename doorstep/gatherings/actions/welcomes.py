"""Be expected: a named greeter looks out for a named newcomer, and phones after."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from doorstep.gatherings.models import Gathering, Place, Session, Welcome, WelcomeQuerySet
from doorstep.notices.actions import send, send_to_all
from doorstep.notices.models import Notice
from doorstep.people.models import Block, Person
from doorstep.teams.models import Membership

ASK_HOSTS = dt.timedelta(hours=24)  # before: a newcomer nobody expects is the hosts' to meet
FORGET_AFTER = dt.timedelta(days=14)  # a call not made by then is not made


class AlreadyPromised(Exception):
    """Somebody else was quicker."""


class NotNow(Exception):
    """The welcome isn't in a state in which this can be done."""


# --- The newcomer ----------------------------------------------------------------------------


@transaction.atomic
def ask_to_be_expected(
    place: Place, *, by: Person, at: dt.datetime, wishes: str = "", phone: str = ""
) -> Welcome:
    """Ask for someone to look out for whoever has this place; asking again changes the words.

    `phone` is kept until the call afterwards is done, and shown to the greeter only.
    """
    welcome, is_new = Welcome.objects.get_or_create(
        place=place, defaults={"wishes": wishes, "phone": phone}
    )
    if is_new:
        _tell_greeters(welcome, at=at)
    elif welcome.state in (Welcome.State.HOPED, Welcome.State.PROMISED):
        welcome.wishes, welcome.phone = wishes, phone
        welcome.save(update_fields=["wishes", "phone"])
    return welcome


@transaction.atomic
def stop_being_expected(welcome: Welcome, *, by: Person, at: dt.datetime) -> None:
    """The newcomer would rather walk in alone: the promise and the number are gone."""
    if welcome.state not in (Welcome.State.HOPED, Welcome.State.PROMISED):
        raise NotNow
    greeter = welcome.greeter
    pk, place = welcome.pk, welcome.place
    welcome.delete()
    if greeter is not None:
        send(
            "gathering-welcome",
            greeter,
            key=f"welcome:{pk}:off",
            title=format_lazy(_("{name} doesn't need a welcome after all"), name=name_of(place)),
            body=_("Thank you for offering."),
            path=place.session.get_absolute_url(),
            about=place.person,
            at=at,
        )


@transaction.atomic
def expect_a_caller(
    session: Session,
    *,
    by: Person,
    at: dt.datetime,
    name: str,
    wishes: str = "",
    phone: str = "",
    guests: int = 0,
    how: str = Place.How.ROOM,
    key: str,
) -> Place:
    """Put a newcomer who rang up on the list, expected like anybody else.

    The same `key` again changes nothing. Raises Full when there is no place left.
    """
    already = Place.objects.filter(walk_in_key=key, session=session).first()
    if already:
        return already
    _take_seats(session, 1 + guests)
    place = Place.objects.create(
        session=session,
        name=name,
        guests=guests,
        how=how,
        is_first_time=True,
        asked_at=at,
        walk_in_key=key,
    )
    ask_to_be_expected(place, by=by, at=at, wishes=wishes, phone=phone)
    return place


class Full(Exception):
    """Every place is taken."""


def _take_seats(session: Session, count: int) -> None:
    free = Session.objects.filter(pk=session.pk)
    if session.gathering.capacity is not None:
        free = free.filter(seats_taken__lte=session.gathering.capacity - count)
    if not free.update(seats_taken=F("seats_taken") + count):
        raise Full


# --- The greeter -----------------------------------------------------------------------------


@transaction.atomic
def look_out_for_newcomers(place: Place, *, by: Person, at: dt.datetime, wanted: bool) -> None:
    """Offer, or stop offering, to greet newcomers at the session of one's own place."""
    Place.objects.filter(pk=place.pk).update(is_greeter=wanted)
    place.is_greeter = wanted


@transaction.atomic
def promise(welcome: Welcome, *, by: Person, at: dt.datetime, look_for: str = "") -> None:
    """`by` will look out for the newcomer; tells the newcomer who, and what to look for.

    Raises AlreadyPromised when someone else was first; one's own promise again is fine.
    """
    release_blocked(Welcome.objects.filter(pk=welcome.pk), at=at)
    # The state must be compared in the row itself: with a join PostgreSQL would compare it in a
    # subquery, and two who ask at once would both be first.
    still_coming = Place.objects.filter(pk=OuterRef("place"), state=Place.State.GOING)
    taken = Welcome.objects.filter(
        Exists(still_coming), pk=welcome.pk, state=Welcome.State.HOPED
    ).update(state=Welcome.State.PROMISED, greeter=by, promised_at=at, look_for=look_for)
    welcome.refresh_from_db()
    if not taken:
        if welcome.greeter_id == by.pk and welcome.state == Welcome.State.PROMISED:
            return
        raise AlreadyPromised
    place = welcome.place
    if place.person is not None:
        send(
            "gathering-welcome",
            place.person,
            key=f"welcome:{welcome.pk}:by:{by.pk}:{at:%Y%m%d%H%M%S}",
            title=format_lazy(_("{name} will look out for you"), name=by.known_as),
            body=format_lazy(
                _("At “{what}”. You won't walk in alone."), what=place.session.gathering.title
            ),
            path=place.session.get_absolute_url(),
            about=by,
            at=at,
        )


@transaction.atomic
def hand_back(welcome: Welcome, *, by: Person, at: dt.datetime) -> None:
    """The greeter can't after all; the newcomer is looked after by asking again."""
    freed = Welcome.objects.filter(pk=welcome.pk, state=Welcome.State.PROMISED, greeter=by).update(
        state=Welcome.State.HOPED, greeter=None, promised_at=None, look_for=""
    )
    welcome.refresh_from_db()
    if not freed:
        raise NotNow
    _ask_again(welcome, at=at, but=by)


@transaction.atomic
def mark_met(welcome: Welcome, *, by: Person, at: dt.datetime, met: bool) -> None:
    """They met at the door, or missed each other. Marking the same twice is fine."""
    wanted = Welcome.State.MET if met else Welcome.State.MISSED
    changed = Welcome.objects.filter(
        pk=welcome.pk,
        greeter=by,
        state__in=[Welcome.State.PROMISED, Welcome.State.MET, Welcome.State.MISSED],
    ).update(state=wanted, met_at=at if met else None)
    welcome.refresh_from_db()
    if not changed:
        raise NotNow


@transaction.atomic
def unmark(welcome: Welcome, *, by: Person, at: dt.datetime) -> None:
    """Undo `mark_met`, until the call is made."""
    changed = Welcome.objects.filter(
        pk=welcome.pk, greeter=by, state__in=[Welcome.State.MET, Welcome.State.MISSED]
    ).update(state=Welcome.State.PROMISED, met_at=None)
    welcome.refresh_from_db()
    if not changed and welcome.state != Welcome.State.PROMISED:
        raise NotNow


@transaction.atomic
def note_call(welcome: Welcome, *, by: Person, at: dt.datetime, note: str = "") -> None:
    """The call afterwards is done: keep what came of it, and forget the number for good."""
    called = Welcome.objects.filter(
        pk=welcome.pk, greeter=by, state__in=[Welcome.State.MET, Welcome.State.MISSED]
    ).update(state=Welcome.State.CALLED, called_at=at, call_note=note, phone="")
    welcome.refresh_from_db()
    if not called and not (welcome.state == Welcome.State.CALLED and welcome.greeter_id == by.pk):
        raise NotNow


# --- When something else happens -------------------------------------------------------------


def between_blocked() -> Exists:
    """As a condition on Welcome: a block stands between greeter and newcomer."""
    newcomer, greeter = OuterRef("place__person"), OuterRef("greeter")
    return Exists(
        Block.objects.filter(
            Q(blocker=newcomer, blocked=greeter) | Q(blocker=greeter, blocked=newcomer)
        )
    )


@transaction.atomic
def release_blocked(welcomes: WelcomeQuerySet, *, at: dt.datetime) -> int:
    """Take back promises between people who block each other, telling neither why.

    Before the meeting the welcome looks for a greeter again; after it the number is forgotten.
    The same when the greeter has left the neighbourhood.
    """
    cut = welcomes.filter(
        between_blocked() | Q(greeter=None) | ~Q(greeter__state=Person.State.ACTIVE)
    ).exclude(state=Welcome.State.HOPED)
    broken = list(
        cut.filter(state=Welcome.State.PROMISED)
        .select_related("place__person", "place__session__gathering__host")
        .select_for_update(of=("self",))
    )
    Welcome.objects.filter(pk__in=[row.pk for row in broken], state=Welcome.State.PROMISED).update(
        state=Welcome.State.HOPED, greeter=None, promised_at=None, look_for=""
    )
    cut.exclude(phone="").update(phone="")
    for welcome in broken:
        welcome.state, welcome.greeter, welcome.promised_at = Welcome.State.HOPED, None, None
        _ask_again(welcome, at=at)
    return len(broken)


@transaction.atomic
def place_given_up(place: Place, *, at: dt.datetime) -> None:
    """Somebody isn't coming after all: no welcome, no number, no promise to keep as greeter."""
    Place.objects.filter(pk=place.pk, is_greeter=True).update(is_greeter=False)
    welcome = Welcome.objects.filter(place=place).select_related("greeter").first()
    if welcome and welcome.state in (Welcome.State.HOPED, Welcome.State.PROMISED):
        stop_being_expected(welcome, by=place.person or place.session.gathering.host, at=at)
    if place.person_id is None:
        return
    for promised in Welcome.objects.filter(
        place__session=place.session_id, greeter=place.person_id, state=Welcome.State.PROMISED
    ).select_related("place__person", "place__session__gathering"):
        if place.person is not None:
            hand_back(promised, by=place.person, at=at)


# --- Ticks: each may run twice ---------------------------------------------------------------


def tick(at: dt.datetime | None = None) -> None:
    """Everything about welcomes that only the clock starts."""
    from doorstep.base.time import now

    moment = at or now()
    release_blocked(_lately(moment), at=moment)
    tell_hosts(at=moment)
    remind_to_call(at=moment)
    forget_numbers(at=moment)


def _lately(at: dt.datetime) -> WelcomeQuerySet:
    """Welcomes at sessions to come or not long over: all that the clock still has to do with."""
    return Welcome.objects.filter(
        place__session__starts_at__gt=at - FORGET_AFTER - dt.timedelta(days=4)
    )


def tell_hosts(*, at: dt.datetime) -> int:
    """A day before, give the hosts every newcomer nobody has promised to meet."""
    waiting = Welcome.objects.filter(
        state=Welcome.State.HOPED,
        place__state=Place.State.GOING,
        place__session__is_called_off=False,
        place__session__gathering__state=Gathering.State.ON,
        place__session__starts_at__gt=at,
        place__session__starts_at__lte=at + ASK_HOSTS,
    ).values_list("pk", "place__session__gathering__host_id", "place__session__gathering__team_id")
    told = 0
    rows = list(waiting.order_by("pk"))
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        hosts = _hosts_by_team({team for _pk, _host, team in some})
        told_already = _told(
            {person for _pk, host, team in some for person in (host, *hosts.get(team, ()))},
            [_unmet(pk) for pk, _host, _team in some],
        )
        untold = {
            pk
            for pk, host, team in some
            if any(
                (person, _unmet(pk)) not in told_already for person in (host, *hosts.get(team, ()))
            )
        }
        for welcome in Welcome.objects.filter(pk__in=untold).select_related(
            "place__person", "place__session__gathering__host"
        ):
            place = welcome.place
            told += len(
                send_to_all(
                    "gathering-newcomer",
                    hosts_of(place.session.gathering),
                    key=_unmet(welcome.pk),
                    title=format_lazy(
                        _("Nobody is looking out for {name} yet"), name=name_of(place)
                    ),
                    body=format_lazy(
                        _("They come to “{what}” for the first time. Could you meet them?"),
                        what=place.session.gathering.title,
                    ),
                    path=_welcomes_path(place.session),
                    about=place.person,
                    at=at,
                )
            )
    return told


# A tick looks at so many welcomes in one question, and past those that were told: a borough has
# thousands, of which hardly one is new since five minutes ago.
_AT_ONCE = 40


def _unmet(pk: int) -> str:
    return f"welcome:{pk}:unmet"


def _hosts_by_team(teams: set[int | None]) -> dict[int | None, list[int]]:
    """Return team -> the ids of its hosts."""
    found: dict[int | None, list[int]] = {}
    for team, person in Membership.objects.filter(
        team__in=teams - {None}, state=Membership.State.MEMBER, role=Membership.Role.HOST
    ).values_list("team_id", "person_id"):
        found.setdefault(team, []).append(person)
    return found


def _told(people: set[int], keys: list[str]) -> set[tuple[int, str]]:
    """Return which of these people have which of these notices."""
    return set(
        Notice.objects.filter(person__in=people, key__in=keys).values_list("person_id", "key")
    )


def _has_not(word: str) -> Q:
    """As a condition on Welcome: its greeter has no notice of it that ends with `word`."""
    key = Concat(Value("welcome:"), Cast(OuterRef("pk"), CharField()), Value(f":{word}"))
    return ~Q(Exists(Notice.objects.filter(person=OuterRef("greeter"), key=key)))


def remind_to_call(*, at: dt.datetime) -> int:
    """After the session ask each greeter how it went, and to ring where a number was left."""
    told = 0
    for welcome in (
        _lately(at)
        .filter(
            (Q(state=Welcome.State.PROMISED) & _has_not("met"))
            | (
                Q(state__in=[Welcome.State.MET, Welcome.State.MISSED])
                & ~Q(phone="")
                & _has_not("ring")
            ),
            greeter__isnull=False,
            place__state=Place.State.GOING,
            place__session__is_called_off=False,
            place__session__ends_at__lte=at,
            place__session__ends_at__gt=at - FORGET_AFTER,
        )
        .select_related("greeter", "place__person", "place__session__gathering")
    ):
        name = name_of(welcome.place)
        if welcome.greeter is None:
            continue
        if welcome.state == Welcome.State.PROMISED:
            key, title = "met", format_lazy(_("Did you meet {name}?"), name=name)
            body = _("Say whether you found each other.")
        elif welcome.phone:
            key, title = "ring", format_lazy(_("Ring {name}: how was it?"), name=name)
            body = _("Their number is on your list until you have called.")
        else:
            continue
        told += bool(
            send(
                "gathering-welcome",
                welcome.greeter,
                key=f"welcome:{welcome.pk}:{key}",
                title=title,
                body=body,
                path=_mine_path(),
                about=welcome.place.person,
                at=at,
            )
        )
    return told


def forget_numbers(*, at: dt.datetime) -> int:
    """Erase numbers that nobody will ring any more."""
    over = Q(place__session__ends_at__lte=at)
    return (
        Welcome.objects.exclude(phone="")
        .filter(
            Q(place__session__ends_at__lte=at - FORGET_AFTER)
            | Q(place__session__is_called_off=True)
            | Q(place__session__gathering__state=Gathering.State.CALLED_OFF)
            | Q(place__state=Place.State.CANCELLED)
            | (over & Q(greeter__isnull=True))
        )
        .update(phone="")
    )


# --- Helpers ---------------------------------------------------------------------------------


def name_of(place: Place) -> str:
    """What the newcomer is called."""
    return place.person.known_as if place.person else place.name


def hosts_of(gathering: Gathering) -> list[Person]:
    """The gathering's host and the hosts of its team."""
    # Two questions: joined, the database would walk through everybody there is.
    hosts = _hosts_by_team({gathering.team_id}).get(gathering.team_id, [])
    return list(Person.objects.filter(pk__in={gathering.host_id, *hosts}).order_by("pk"))


def _greeters_of(session: Session, newcomer: Person | None) -> list[Person]:
    hosts = hosts_of(session.gathering)
    if newcomer is not None and newcomer.is_child:
        return hosts
    offered = Person.objects.filter(
        places__session=session, places__state=Place.State.GOING, places__is_greeter=True
    )
    return [*hosts, *offered.exclude(pk__in=[host.pk for host in hosts])]


def _tell_greeters(
    welcome: Welcome, *, at: dt.datetime, again: bool = False, but: Person | None = None
) -> None:
    place = welcome.place
    people = _greeters_of(place.session, place.person)
    send_to_all(
        "gathering-newcomer",
        [person for person in people if person.pk != place.person_id and person != but],
        key=f"welcome:{welcome.pk}:looking" + (f":{at:%Y%m%d%H%M%S}" if again else ""),
        title=format_lazy(_("Will you look out for {name}?"), name=name_of(place)),
        body=format_lazy(
            _("They come to “{what}” for the first time."), what=place.session.gathering.title
        ),
        path=_welcomes_path(place.session),
        about=place.person,
        at=at,
    )


def _ask_again(welcome: Welcome, *, at: dt.datetime, but: Person | None = None) -> None:
    if welcome.place.session.ends_at > at:
        _tell_greeters(welcome, at=at, again=True, but=but)


def _welcomes_path(session: Session) -> str:
    from django.urls import reverse

    return reverse("gatherings:welcomes", args=[session.pk])


def _mine_path() -> str:
    from django.urls import reverse

    return reverse("gatherings:welcomes_mine")
