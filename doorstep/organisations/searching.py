"""What the find page asks: words and filters in, cards with reasons out.

One small door, so that the page knows nothing of how entries are found.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat, Lower, Trim
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine
from doorstep.base.prepared import Ids, Prepared
from doorstep.base.time import local
from doorstep.organisations import freshness, showing, when
from doorstep.organisations.finding import finding, others
from doorstep.organisations.forms import DAYS
from doorstep.organisations.models import (
    PUBLIC_STATES,
    CostOption,
    Language,
    Location,
    Schedule,
    Service,
    ServiceAtLocation,
)
from doorstep.organisations.showing import Card
from doorstep.people.models import Person
from doorstep.places.atlas import atlas
from doorstep.places.forms import PostcodeField
from doorstep.places.models import Postcode

PAGE = 10
MOST = 120
_STOP = frozenset(
    re.findall(
        r"\w+",
        """a an and any are at be can could do for from get has have help i im in is it like
        looking me my near need of on or our please some somebody someone something somewhere that
        the there to want we who with you""",
    )
)


class FindForm(forms.Form):
    """Plain words, and what narrows them. Everything may be left out."""

    q = CleanLine(label=gettext_lazy("What’s going on?"), max_length=400, required=False)
    near = PostcodeField(label=gettext_lazy("Near which postcode?"), required=False)
    miles = forms.TypedChoiceField(
        label=gettext_lazy("How far?"), required=False, coerce=float, empty_value=None,
        choices=[
            ("", gettext_lazy("any distance")),
            ("0.5", gettext_lazy("10 minutes’ walk")),
            ("1", gettext_lazy("a mile")),
            ("3", gettext_lazy("3 miles")),
        ],
    )  # fmt: skip
    day = forms.ChoiceField(
        label=gettext_lazy("Which day?"), required=False,
        choices=[("", gettext_lazy("any day")), *DAYS],
    )  # fmt: skip
    time = forms.ChoiceField(
        label=gettext_lazy("What time?"), required=False,
        choices=[
            ("", gettext_lazy("any time")),
            ("morning", gettext_lazy("morning")),
            ("afternoon", gettext_lazy("afternoon")),
            ("evening", gettext_lazy("evening")),
        ],
    )  # fmt: skip
    age = forms.IntegerField(
        label=gettext_lazy("How old are they?"), required=False, min_value=0, max_value=120,
        widget=forms.NumberInput(attrs={"class": "w-s"}),
    )  # fmt: skip
    language = CleanLine(label=gettext_lazy("In which language?"), max_length=40, required=False)
    free = forms.BooleanField(label=gettext_lazy("Free"), required=False)
    step_free = forms.BooleanField(label=gettext_lazy("Step-free"), required=False)
    open = forms.BooleanField(label=gettext_lazy("Open now"), required=False)
    exact = forms.BooleanField(required=False)  # as typed, slips and all
    place = forms.SlugField(required=False, max_length=110)  # an area's slug, from its page


class _Shared(dict[str, forms.Field]):
    """Fields that no form changes: copying them for each takes longer than reading them."""

    def __deepcopy__(self, memo: dict[int, Any]) -> _Shared:
        return self


FindForm.base_fields = _Shared(FindForm.base_fields)

NARROWING = ("miles", "day", "time", "age", "language", "free", "step_free", "open", "place")


def narrows(data: dict[str, Any]) -> bool:
    """Whether a filter is on; somebody may be 0 years old."""
    return any(data.get(name) for name in NARROWING) or data.get("age") is not None


@dataclass
class Found:
    """What was found. `danger` is "emergency", "safeguarding" or ""."""

    cards: list[Card] = field(default_factory=list)
    total: int = 0
    danger: str = ""
    understood: list[str] = field(default_factory=list)
    corrected: str = ""
    # Offers, teams and gatherings that answer too; whether they answer better than any service.
    beside: list[others.Group] = field(default_factory=list)
    beside_first: bool = False


def look(data: dict[str, Any], *, viewer: Person | None, at: dt.datetime, first: int = 0) -> Found:
    """Find entries for the cleaned data of FindForm; a page of PAGE from `first` on.

    Best fit first; an entry not confirmed for long sinks, and so does one far from `near` (or from
    a postcode among the words).
    """
    words = data.get("q") or ""
    narrowed = narrows(data)
    # What filters let through may stand far down: then all that answers is asked for.
    heard = finding.find(words, viewer, at=at, everything=narrowed)
    found = Found(danger=heard.danger, understood=list(heard.understood.said))
    if words and not data.get("exact") and (mended := finding.mended(words)):
        again = finding.find(mended, viewer, at=at, everything=narrowed)
        if again.results:
            # Danger heard in either counts.
            heard, words, found.corrected = again, mended, mended
            found.danger = found.danger or again.danger
            found.understood = list(again.understood.said)
    near = data.get("near") or heard.understood.near
    is_rough = not isinstance(near, Postcode)
    why = {one.pk: one for one in heard.results}
    # What is public everybody may see: the same for any viewer.
    shown = Service.objects.public()
    far: dict[int, float | None] = {}
    if narrowed and not words:
        ids, far = _everything(data, near, at)
    else:
        fitting = _fitting(data, at, among_all=False) if narrowed else None
        proofs = _proofs(words, near, why, viewer, fitting)
        if near and narrowed:
            far = _distances([proof.id for proof in proofs], near, _most_metres(data))
            proofs = [proof for proof in proofs if proof.id in far]
        order = {
            proof.id: place + (1 - freshness.weight_of(proof, at)) * 10
            for place, proof in enumerate(proofs)
        }
        if not narrowed and not first:
            top = heard.results[0].score if heard.results else 0.0
            answers = finding.beside(words, top)
            found.beside = others.groups(answers, viewer, at)
            best = max((rows[0][1] for rows in answers.values()), default=0.0)
            found.beside_first = not heard.results or best > 1.15 * top
        if near and not narrowed:
            far = _distances(list(order), near)
        ids = sorted(order, key=lambda pk: order[pk] + _places_back(far.get(pk), is_rough))
    found.total = len(ids)
    cards = showing.cards(shown, ids[first : first + PAGE], at, are_seen=True)
    for one in cards:
        one.distance = showing.miles(far.get(one.service.pk), is_rough=is_rough)
    found.cards = [_with_reasons(one, data, why) for one in cards]
    return found


def _places_back(metres: float | None, is_rough: bool) -> float:
    """Return how many places an entry falls behind for being so far away.

    From the middle of an area or half a postcode the nearest mile says nothing, and the rest less.
    """
    if not metres:
        return 0.0
    return max(0.0, metres - showing.METRES_IN_A_MILE) / 1600 if is_rough else metres / 400


def _proofs(
    words: str,
    near: Any,
    why: dict[int, finding.Result],
    viewer: Person | None,
    fitting: Q | None,
) -> list[Proof]:
    """Return the proofs of what was found, best first; of what shares a word or is near."""
    if why:
        # By their ids alone, as _PROOFS.
        found = Service.objects.filter(pk__in=list(why)).values_list(*freshness.NEEDED).order_by()
        rows = _PROOFS(ids=list(why)) if fitting is None else found.filter(fitting)
        seen = {row[0]: Proof(*row) for row in rows}
        return [seen[pk] for pk in why if pk in seen and seen[pk].state in PUBLIC_STATES]
    services = [] if words else _around(near)
    return [
        Proof(*(getattr(one, name) for name in freshness.NEEDED))
        for one in services or _by_words(words, viewer, fitting)
    ]


@dataclass(slots=True)
class Proof:
    """The columns of an entry that tell how true it is (`freshness.NEEDED`)."""

    id: int
    state: str
    status: str
    confirmed_at: dt.datetime | None
    doubts: int
    changed_at: dt.datetime


# Found by their ids alone: told of the state and an order too, SQLite may well read every entry.
_PROOFS = Prepared(
    lambda ids: Service.objects.filter(pk__in=ids).values_list(*freshness.NEEDED).order_by(),
    ids=Ids,
)
_POINTS = Prepared(
    lambda ids: ServiceAtLocation.objects.filter(
        service__in=ids, location__location_type=Location.Kind.PHYSICAL,
        location__latitude__isnull=False,
    )
    .order_by("id")
    .values_list("service_id", "location__latitude", "location__longitude"),
    ids=Ids,
)  # fmt: skip


def _distances(ids: list[int], near: Any, most: float | None = None) -> dict[int, float | None]:
    """Return how far each entry is in metres, None for one that is nowhere: one query.

    Those further away than `most` are left out, and those that are nowhere.
    """
    found: dict[int, float | None] = dict.fromkeys(ids)
    for pk, latitude, longitude in _POINTS(ids=ids):
        metres = metres_between(near, (latitude, longitude))
        held = found[pk]
        found[pk] = metres if held is None or (metres is not None and metres < held) else held
    if most is None:
        return found
    return {pk: metres for pk, metres in found.items() if metres is not None and metres <= most}


def _most_metres(data: dict[str, Any]) -> float | None:
    return data["miles"] * showing.METRES_IN_A_MILE if data.get("miles") else None


def _with_reasons(one: Card, data: dict[str, Any], why: dict[int, finding.Result]) -> Card:
    result = why.get(one.service.pk)
    own = [_capital(reason) for reason in result.reasons] if result else []
    one.reasons = [*one.reasons, *own, *_reasons(one, data)]
    return one


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


# Degrees about a point that are looked through, some 4 km each way; and rows read there at most.
_AROUND, _MOST_AROUND = (0.036, 0.058), 4_000


def _around(near: Any) -> list[Service]:
    """Return what is nearest to a point: where somebody says where, and not what."""
    shown = Service.objects.public().only(*freshness.NEEDED)
    if near is None or near.latitude is None:
        return []
    up, across = _AROUND
    rows = (
        ServiceAtLocation.objects.filter(
            service__state__in=PUBLIC_STATES,
            location__location_type=Location.Kind.PHYSICAL,
            location__latitude__range=(near.latitude - up, near.latitude + up),
            location__longitude__range=(near.longitude - across, near.longitude + across),
        )
        .order_by()
        .values_list("service_id", "location__latitude", "location__longitude")
    )
    far = sorted(
        (metres_between(near, (latitude or 0.0, longitude or 0.0)) or 0.0, pk)
        for pk, latitude, longitude in rows[:_MOST_AROUND]
    )
    nearest = list(dict.fromkeys(pk for _metres, pk in far))[:MOST]
    return showing.in_order(shown, nearest)


def _everything(
    data: dict[str, Any], near: Any, at: dt.datetime
) -> tuple[list[int], dict[int, float | None]]:
    """Return every entry the filters let through, and how far each is in metres.

    Where nobody says what: the freshest first, of those the nearest, of those by name.
    """
    far: dict[int, float | None] = {}
    fitting = _fitting(data, at, among_all=True)
    services = Service.objects.public().filter(fitting).order_by("name", "id")
    rows = [Proof(*row) for row in services.values_list(*freshness.NEEDED)]
    if near is not None:
        most = _most_metres(data)
        found = _all_distances(near, most)
        rows = [one for one in rows if most is None or found.get(one.id, math.inf) <= most]
        far = {one.id: found.get(one.id) for one in rows}
    key = {one.id: (1 - freshness.weight_of(one, at)) * 10 for one in rows}
    if far:
        # As beside words: 400 metres count as much as one place, and nowhere comes last.
        key = {pk: sinks + _or_far(far[pk]) / 400 for pk, sinks in key.items()}
    return sorted(key, key=key.__getitem__), far


def _or_far(metres: float | None) -> float:
    return 1e7 if metres is None else metres


def _all_distances(near: Any, most: float | None) -> dict[int, float]:
    """Return how far every entry with a place is, or every one that may be within `most` metres."""
    places = ServiceAtLocation.objects.filter(
        service__state__in=PUBLIC_STATES,
        location__location_type=Location.Kind.PHYSICAL,
        location__latitude__isnull=False,
    )
    if most is not None:
        up = most / 111_000
        across = up / math.cos(math.radians(near.latitude))
        places = places.filter(
            location__latitude__range=(near.latitude - up, near.latitude + up),
            location__longitude__range=(near.longitude - across, near.longitude + across),
        )
    found: dict[int, float] = {}
    rows = places.order_by().values_list("service_id", "location__latitude", "location__longitude")
    for pk, latitude, longitude in rows:
        metres = metres_between(near, (latitude or 0.0, longitude or 0.0)) or 0.0
        if metres < found.get(pk, math.inf):
            found[pk] = metres
    return found


def _fitting(data: dict[str, Any], at: dt.datetime, *, among_all: bool) -> Q:
    """Return what the filters let through, but for the distance, as the database asks it.

    `among_all` where every entry is looked at: then it is quicker to list once all that have such
    a time, language or place than to ask it of each entry.
    """

    def having(parts: Any, column: str = "service") -> Q:
        if among_all:
            return Q(pk__in=parts.filter(**{f"{column}__isnull": False}).values(column))
        return Q(Exists(parts.filter(**{column: OuterRef("pk")})))

    def having_times(times: Q) -> Q:
        found = Schedule.objects.filter(times)
        return having(found) | having(found, "at_location__service")

    fits = Q()
    if data.get("free"):
        costs = CostOption.objects.filter(service=OuterRef("pk"))
        dear = costs.filter(Q(amount=None) | ~Q(amount=0))
        said = Service.objects.annotate(said=Lower(Trim("fees"))).filter(said__in=showing.FREE)
        if not among_all:
            said = said.filter(pk=OuterRef("pk"))
        free = Q(pk__in=said.values("pk")) if among_all else Q(Exists(said))
        fits &= (Exists(costs) & ~Exists(dear)) | (~Exists(costs) & free)
    if data.get("open"):
        fits &= having_times(_open_now(at))
    age = data.get("age")
    if age is not None:
        fits &= Q(minimum_age=None) | Q(minimum_age__lte=age)
        fits &= Q(maximum_age=None) | Q(maximum_age__gte=age)
    if data.get("language"):
        spoken = Language.objects.annotate(said=Concat("name", Value(" "), "code"))
        fits &= having(spoken.filter(said__icontains=data["language"]))
    if data.get("step_free"):
        fits &= having(ServiceAtLocation.objects.filter(_step_free()))
    area = atlas().by_slug.get(data.get("place") or "")
    if area is not None:
        there = ServiceAtLocation.objects.filter(location__area__path__startswith=area.path)
        fits &= having(there)
    weekday, time = data.get("day"), data.get("time")
    if weekday or time:
        on = Q(is_possible=True) & _not_over(local(at).date())
        if weekday:
            on &= Q(freq="DAILY") | Q(byday__contains=weekday)
        if time:
            start, end = _PARTS_OF_DAY[time]
            on &= Q(opens_at=None) | Q(opens_at__lt=end)
            on &= Q(closes_at=None) | Q(closes_at__gt=start)
        fits &= having_times(on)
    return fits


def _not_over(today: dt.date) -> Q:
    return Q(valid_to__gte=today) | (Q(valid_to=None) & (Q(until=None) | Q(until__gte=today)))


def _open_now(at: dt.datetime) -> Q:
    """Return the times that are on at this moment; `when.is_open` is asked about the odd ones."""
    here = local(at)
    now = (
        Q(is_possible=True, opens_at__lte=here.time(), closes_at__gt=here.time())
        & _not_over(here.date())
        & (Q(valid_from__lte=here.date()) | Q(valid_from=None))
    )
    day = DAYS[here.weekday()][0]
    started = Q(valid_from__isnull=False) | Q(dtstart=None) | Q(dtstart__lte=here.date())
    each_week = Q(freq="WEEKLY") & (Q(interval=None) | Q(interval__lte=1))
    plain = started & (Q(freq="DAILY") | (each_week & Q(byday__contains=day)))
    odd = Schedule.objects.filter(now).exclude(freq="DAILY").exclude(each_week)
    open_too = [one.pk for one in odd.iterator(500) if when.is_open([one], at)]
    return now & (plain | Q(pk__in=open_too[:10_000]))


def _step_free() -> Q:
    said = Q()
    for word in showing.STEP_FREE:
        said |= Q(location__way_in_on_wheels__icontains=word)
        said |= Q(location__access__description__icontains=word)
        said |= Q(location__access__details__icontains=word)
    return said


def _by_words(words: str, viewer: Person | None, fitting: Q | None) -> list[Service]:
    services = Service.objects.visible_to(viewer).public().filter(fitting or Q())
    asked = [word for word in words.casefold().split() if word.strip(".,?!") not in _STOP]
    asked = [word.strip(".,?!’'\"") for word in asked][:12]
    if not asked:
        return list(services.only(*freshness.NEEDED).order_by("name", "id")[:MOST])
    said: Q = Q(pk__in=[])
    for word in asked:
        stem = word[:-1] if len(word) > 4 and word.endswith("s") else word
        for name in ("name", "description", "eligibility", "found_by", "organisation__name"):
            said |= Q(**{f"{name}__icontains": stem})
    rows = services.filter(said)[: MOST * 2]

    def score(service: Service) -> float:
        text = " ".join((service.name, service.name, service.found_by)).casefold()
        body = " ".join((service.description, service.eligibility)).casefold()
        return -sum(2 * (word in text) + (word in body) for word in asked)

    return sorted(rows, key=lambda service: (score(service), service.name))[:MOST]


def metres_between(near: Any, point: tuple[float, float] | None) -> float | None:
    """Return how far a point (latitude, longitude) is from a postcode, in metres."""
    if near is None or point is None:
        return None
    latitude, longitude = point
    across = (longitude - near.longitude) * math.cos(math.radians(near.latitude))
    return math.hypot(latitude - near.latitude, across) * 111_320


_PARTS_OF_DAY = {
    "morning": (dt.time(6), dt.time(12)),
    "afternoon": (dt.time(12), dt.time(17)),
    "evening": (dt.time(17), dt.time(23)),
}


def _reasons(one: Card, data: dict[str, Any]) -> list[str]:
    reasons = []
    asked = [
        word.strip(".,?!").casefold()
        for word in (data.get("q") or "").split()
        if len(word) > 3 and word.casefold() not in _STOP
    ]
    said = f"{one.service.name} {one.service.description}".casefold()
    hits = [word for word in asked if word in said][:3]
    if hits:
        reasons.append(_("Says: %(words)s") % {"words": ", ".join(hits)})
    if data.get("language"):
        reasons.append(_("In your language"))
    if data.get("open"):
        reasons.append(_("Open now"))
    return reasons
