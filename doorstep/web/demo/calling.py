"""Calls for a hand: one being written, one that is out, one that led to a meeting, older ones."""

from __future__ import annotations

import datetime as dt

from doorstep.base.time import LONDON
from doorstep.connect.actions import referring
from doorstep.connect.calls import actions
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.calls.ranking import Fit
from doorstep.connect.calls.sources import sources
from doorstep.connect.models import Matter, Relationship
from doorstep.gatherings.models import Gathering
from doorstep.organisations.models import Offer
from doorstep.people.models import Person
from doorstep.teams.models import Team
from doorstep.web.demo.cast import CAST

DAY = dt.timedelta(days=1)
YES = "Ask, by all means. Only don't say it's me."

# Older ones: whose, words, days ago, days to a yes (None: nobody), what happened.
_OLDER = (
    ("Maureen Duffy", "Somebody to look at a sewing machine that skips.", 120, 2, "happened"),
    ("Maureen Duffy", "A lift to the eye clinic on a Monday morning.", 84, 1, "happened"),
    ("Abdul Karim", "A neighbour to walk by the river with, slowly.", 60, 6, "happened"),
    ("Abdul Karim", "Somebody who mends a heavy old radio.", 41, None, "nobody"),
    ("Maureen Duffy", "A spare curtain rail, and somebody to put it up.", 30, 3, "other"),
)


def fill(*, day: dt.date) -> int:
    """Write them; return how many calls. The same day gives the same ones."""
    noon = dt.datetime.combine(day, dt.time(12), LONDON) - DAY
    keys = {part.email: part.key for part in CAST}
    found = Person.objects.filter(account__email__in=list(keys)).select_related("account", "home")
    cast = {keys[str(person.account.email)]: person for person in found}
    rows = {
        row.person.known_as: row
        for row in Relationship.objects.select_related("person__home", "organisation").filter(
            person__account=None
        )
    }
    carys = cast.get("catalyst")
    if (
        carys is None
        or not {"Maureen Duffy", "Abdul Karim"} <= rows.keys()
        or Call.objects.exists()
    ):
        return 0
    for number, (whose, words, ago, days, what) in enumerate(_OLDER):
        _older(number, rows[whose], carys, words, noon - ago * DAY, days, what)
    _out(rows["Maureen Duffy"], carys, cast, noon)
    if "Halina Mazurek" in rows:
        # Being written: its marks are not decided.
        actions.write(
            rows["Halina Mazurek"],
            by=carys,
            at=noon,
            words="Halina cooks for one and doesn't like to. Somebody to eat with on Sundays, "
            "near Heathway, in Polish. Basia at the shop knows her. Ring 07700 900 122 first.",
            agreed_words="Tak, you can ask.",
            near=_around(rows["Halina Mazurek"]),
            client_key="demo-call-draft",
        )
    if "urdu" in cast:
        _met(cast["urdu"], carys, rows["Maureen Duffy"], cast, noon)
    return Call.objects.count()


def _around(row: Relationship):  # type: ignore[no-untyped-def]
    """The locality somebody lives in."""
    from doorstep.connect.calls.forms import places_around

    places = places_around(row.person.home)
    return places[1] if len(places) > 1 else None


def _fits(keys: list[tuple[str, int, str]], viewer: Person, at: dt.datetime) -> list[Fit]:
    """Return those of (kind, pk, why) that may be asked."""
    made = []
    for kind, pk, why in keys:
        source = sources.get(kind)
        one = source.fetch([pk], viewer, at).get(f"{kind}:{pk}") if source is not None else None
        if one is not None:
            made.append(Fit(one, 1.0, (why,)))
    return made


def _ready(
    row: Relationship, carys: Person, words: str, fits: list[Fit], at: dt.datetime, key: str,
    matter: Matter | None = None, size: int = 5,
) -> Call:  # fmt: skip
    """Write it, decide its marks (they may stay: nobody real is meant), and send the first wave."""
    call = actions.write(
        row, by=carys, at=at, words=words, agreed_words=YES, near=_around(row), matter=matter,
        client_key=key, wave_size=size,
    )  # fmt: skip
    for _again in range(3):
        marks = call.marks or []
        if call.words or actions.decide(
            call,
            by=carys,
            at=at,
            decisions=[(_kept(m["kind"]), "") for m in marks],
        ):
            break
    actions.choose(call, by=carys, at=at, fits=fits)
    actions.send_out(call, by=carys, at=at)
    return call


def _kept(kind: str) -> str:
    """Made-up rare details may stay; names never."""
    return "keep" if kind == "rare_detail" else "take"


def _offers(words: str, most: int) -> list[tuple[str, int, str]]:
    """Offers that say one of the words, the oldest entry first."""
    found: list[tuple[str, int, str]] = []
    for one in Offer.objects.filter(state=Offer.State.OPEN).order_by("pk"):
        text = f"{one.what} {one.details}".lower()
        said = [word for word in words.split() if word in text]
        if said and one.how_many_now != 0:
            found.append((CallAsk.Kind.OFFER, one.pk, f"says: {', '.join(said)}"))
    return found[:most]


def _older(
    number: int, row: Relationship, carys: Person, words: str, at: dt.datetime, days: int | None,
    what: str,
) -> None:  # fmt: skip
    at = max(at, row.started_at + DAY)
    fits = _fits(_offers("people over neighbours visit lift repair", 4), carys, at)
    if not fits:
        return
    call = _ready(row, carys, words, fits, at, f"demo-call-old-{number}")
    asks = list(call.asks.sent())  # type: ignore[attr-defined]
    end = at + 9 * DAY
    if days is not None:
        actions.answer(
            asks[0], at=at + days * DAY, answer="yes", how="link", name="The duty desk",
            reach="desk@example.org", words="Gladly.",
        )  # fmt: skip
    for ask in asks[1:2]:
        actions.answer(ask, at=at + DAY, answer="no", how="link")
    actions.close(call, by=carys, at=end, what=what)


def _out(row: Relationship, carys: Person, cast: dict[str, Person], noon: dt.datetime) -> None:
    """One that is out: somebody said yes, somebody knows someone, the rest hasn't answered."""
    at = noon - 6 * DAY
    wanted: list[tuple[str, int, str]] = []
    team = Team.objects.filter(name="Stitch Together").first()
    if team is not None:
        wanted.append((CallAsk.Kind.TEAM, team.pk, "says: sewing"))
    if "neighbour" in cast:
        wanted.append((CallAsk.Kind.PERSON, cast["neighbour"].pk, "says: lifts"))
    house = Offer.objects.filter(answered_by=cast.get("host")).first()
    if house is not None:
        wanted.append((CallAsk.Kind.OFFER, house.pk, "brought to the door"))
    gathering = Gathering.objects.filter(host=cast.get("host"), state="on", who="everyone").first()
    if gathering is not None:
        wanted.append((CallAsk.Kind.GATHERING, gathering.pk, "says: sewing"))
    wanted += _offers("lift transport minibus sew craft", 6)
    matter = row.matters.filter(kind=Matter.Kind.BARRIER).first()  # type: ignore[attr-defined]
    call = _ready(
        row,
        carys,
        "A woman in her seventies would like to sew with other people again. It is two buses, and "
        "her hip is bad. Could somebody ride with her the first time, or fetch her by car?",
        _fits(wanted, carys, at),
        at,
        "demo-call-out",
        matter,
        size=6,
    )
    said = {
        "neighbour": ("yes", "Bryn", "07700 900187", "Tuesdays I drive past there anyway."),
    }
    for ask in call.asks.sent():  # type: ignore[attr-defined]
        if ask.person is not None and ask.person == cast.get("neighbour"):
            answer, name, reach, words = said["neighbour"]
            actions.answer(
                ask, at=at + 2 * DAY, answer=answer, how="here", by=ask.person, name=name,
                reach=reach, words=words,
            )  # fmt: skip
        elif ask.email and ask.team is None and ask.person is None and ask.place % 2 == 0:
            actions.answer(
                ask, at=at + DAY, answer="knows", how="link", name="The duty desk",
                reach="desk@example.org",
                words="Try the Monday minibus: ask for Hal, he has room on the way back.",
            )  # fmt: skip


def _met(
    person: Person, carys: Person, other: Relationship, cast: dict[str, Person], noon: dt.datetime
) -> None:
    """Somebody with an account: walked alongside, and brought together with a neighbour."""
    start = noon - 70 * DAY
    sent = referring.refer(
        other.organisation, by=person, person=person, source="self", at=start,
        reach="07700 900140", hopes="باغبانی کے لیے کوئی ساتھی", agreed_words="جی ہاں",
        language="ur", client_key="demo-connect-urdu",
    )  # fmt: skip
    referring.accept(sent, by=carys, at=start + 2 * DAY)
    row = referring.take_on(
        sent, by=carys, to=carys, at=start + 5 * DAY, next_step="Ring about the allotment",
        next_on=(noon + 5 * DAY).date(),
    )  # fmt: skip
    at = noon - 12 * DAY
    wanted: list[tuple[str, int, str]] = []
    if "host" in cast:
        wanted.append((CallAsk.Kind.PERSON, cast["host"].pk, "says: patience"))
    wanted += _offers("garden gardening grow allotment", 3)
    fits = _fits(wanted, carys, at)
    if not fits:
        return
    call = _ready(
        row, carys,
        "A woman who loves gardening has no garden. Somebody to share a plot with, an hour a week?",
        fits, at, "demo-call-met",
    )  # fmt: skip
    ask = call.asks.sent().first()  # type: ignore[attr-defined]
    if ask is None:
        return
    actions.answer(
        ask, at=at + 3 * DAY, answer="yes", how="here" if ask.person else "link", by=ask.person,
        name="Jean", reach="07700 900188", words="I have a plot, and half of it is thistles.",
    )  # fmt: skip
    ask.refresh_from_db()
    actions.introduce(
        ask, by=carys, at=at + 5 * DAY, agreed_words="جی، وہ فون کر سکتی ہیں۔",
        name="Amina", reach="07700 900140, after four",
    )  # fmt: skip
