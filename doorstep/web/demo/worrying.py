"""Small worries in every state: told, taken, joined, passed on, answered, looked into, run out."""

from __future__ import annotations

import datetime as dt
from functools import partial

from doorstep.base.time import LONDON, local
from doorstep.organisations.models import Organisation, Position
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.watch.actions import arranging, care, nightly, passing, telling
from doorstep.watch.models import Concern, Office, Theme
from doorstep.web.demo.cast import CAST


def fill(*, day: dt.date) -> int:
    """Write them; return how many. The same day gives the same ones."""
    keys = {part.email: part.key for part in CAST}
    found = Person.objects.filter(account__email__in=list(keys)).select_related("account", "home")
    cast = {keys[str(person.account.email)]: person for person in found}
    officer, organiser = cast.get("officer"), cast.get("organiser")
    neighbour, host, aide = cast.get("neighbour"), cast.get("host"), cast.get("editor")
    wards = {ward.name: ward for ward in Area.objects.filter(kind=Area.Kind.WARD)}
    themes = {theme.slug: theme for theme in Theme.objects.in_use().leaves()}
    if (
        None in (officer, organiser, neighbour, host, aide)
        or Office.objects.exists()
        or not {"Gascoigne", "Valence"} <= wards.keys()
        or len(themes) < 5
    ):
        return 0
    assert officer and organiser and neighbour and host and aide  # noqa: S101, PT018 - said above
    noon = dt.datetime.combine(day, dt.time(12), LONDON)

    def ago(days: int, hours: int = 0) -> dt.datetime:
        return noon - dt.timedelta(days=days, hours=hours)

    def tell(slug: str, ward: str, what: str, days: int, **more):  # type: ignore[no-untyped-def]
        at = ago(days, 3)
        told = {"by": None, "where": "", "seen_on": local(at).date(), "at": at, **more}
        return telling.tell(theme=themes[slug], area=wards[ward], what=what, **told)[0]

    give = partial(arranging.give_duty, by=officer, at=ago(90))
    locality = organiser.home.parent if organiser.home else None
    if locality is not None:
        give(theme=None, area=locality, person=organiser)
    give(theme=themes["scams"], area=Area.objects.get(kind="borough"), person=officer)
    office = _office(officer, aide, ago(80))

    # What the neighbour told, in four states.
    light = tell(
        "roads", "Valence", "The light by the bus stop has been out for a week.", 20,
        by=neighbour, where="Becontree Avenue, by the bus stop",
    )  # fmt: skip
    care.give(light, to=officer, by=officer, at=ago(19))
    passed = passing.pass_on(
        light, to="Street lighting team", sent=passing.draft(light), by=officer, at=ago(19)
    )
    passed.concern = light
    passing.came_back(passed, answer="done", words="New lamp fitted.", by=officer, at=ago(12))
    care.close(
        light, outcome="put_right", words="Went by after dark: it shines.", by=officer, at=ago(11),
        say="put_right", we_did="The light by the bus stop on Becontree Avenue shines again.",
    )  # fmt: skip
    tell(
        "scams", "Valence", "A man said he was from the water board and asked to come in.", 2,
        by=neighbour, where="Green Lane", sure="told",
    )  # fmt: skip
    alone = tell(
        "isolation", "Valence", "She used to wave from her window each morning. Not for ten days.",
        9, by=neighbour, about="person", agreed="yes", person_words="Mrs Ogden, top floor",
        relation="I deliver her paper", safe_contact="Knock, don't ring. Mornings.",
    )  # fmt: skip
    care.give(alone, to=officer, by=officer, at=ago(8))
    care.add_step(
        alone, kind="visit", words="She has a bad hip and a new television. Glad of a visit.",
        by=officer, at=ago(7),
    )  # fmt: skip
    care.close(
        alone, outcome="helped", words="A friendly call every week.", by=officer, at=ago(3)
    )  # fmt: skip

    # Two that tell the same; joined, and waiting for the landlord.
    one = tell(
        "damp", "Gascoigne", "Black mould up the stairs of our block, on three floors.", 8,
        where="Linton Road flats", by=host,
    )  # fmt: skip
    two = tell(
        "damp", "Gascoigne", "The stairs of the flats are black with mould.", 6,
        where="Linton Road", reach="07700 900321",
    )  # fmt: skip
    care.give(one, to=officer, by=officer, at=ago(5))
    care.join(two, other=one, by=officer, at=ago(5))
    passing.pass_on(
        one, to="Housing repairs", sent=passing.draft(one), by=officer, at=ago(4),
        to_email="repairs@example.org",
    )  # fmt: skip
    tell("damp", "Gascoigne", "Mould on the stairs, worse than last week.", 1,
         where="Linton Road flats")  # fmt: skip

    # One waits too long, one came by phone, one isn't asked about, one came thirteen times.
    tell("access", "Gascoigne", "The phone at the clinic rings out, three days running.", 16)
    tell(
        "food", "Valence", "Three families at the door of the hall before it opened.", 1,
        by=officer, came_by="phone", reach="07700 900654",
    )  # fmt: skip
    tell(
        "wellbeing", "Gascoigne", "He sits on the bench all day since his wife died.", 2,
        about="person", agreed="not_asked", person_words="the man with the green cap", sure="think",
    )  # fmt: skip
    mark = telling.sender_mark(None, "192.0.2.1")
    for _time in range(13):
        tell("antisocial", "Valence", "Motorbikes. Every. Single. Night.", 3, sender=mark)
    gone = tell("rumours", "Gascoigne", "People say the library shuts at Christmas.", 60, by=host)
    care.add_step(gone, kind="note", words="It isn't true. Asked the library.", by=officer,
                  at=ago(58))  # fmt: skip

    # From the MP's office.
    came = {"by": aide, "office": office, "came_by": "office"}
    cold = tell(
        "housing", "Gascoigne", "No heating since October, with a baby.", 14, about="person",
        agreed="yes", person_words="A constituent", safe_contact="Through our office", **came,
    )  # fmt: skip
    care.give(cold, to=officer, by=officer, at=ago(13))
    care.close(
        cold, outcome="elsewhere", words="Repairs came the next day.", by=officer, at=ago(10)
    )  # fmt: skip
    tell("dumping", "Valence", "Three sofas behind the shops, told at our surgery.", 4, **came)
    nightly.tick(noon)
    return Concern.objects.count()


def _office(officer: Person, aide: Person, at: dt.datetime) -> Office:
    organisation, _made = Organisation.objects.get_or_create(
        slug="office-of-the-mp",
        defaults={
            "name": "Office of the Member of Parliament",
            "description": "Surgeries on Fridays. A made-up office.",
        },
    )
    Position.objects.get_or_create(
        organisation=organisation,
        person=aide,
        ended_at=None,
        defaults={"role": Position.Role.STAFF, "title": "Caseworker", "accepted_at": at},
    )
    return arranging.open_office(
        organisation=organisation, kind=Office.Kind.MP, by=officer, at=at,
        areas=Area.objects.filter(kind=Area.Kind.BOROUGH),
    )  # fmt: skip
