"""One-to-one work: referrals that wait, four people walked alongside, circles, measures, an end."""

from __future__ import annotations

import datetime as dt

from doorstep.base.time import LONDON
from doorstep.connect.actions import circling, measuring, meeting, referring, walking
from doorstep.connect.models import Asking, Caseload, Matter, Relationship
from doorstep.organisations.models import Organisation, Position
from doorstep.people.models import Person, RoleHolding
from doorstep.web.demo.cast import CAST

DAY = dt.timedelta(days=1)

# Somebody referred and taken on: name, ward of the list, days ago, hopes, matters, circle.
_PEOPLE = (
    (
        "Maureen Duffy",
        210,
        "Somebody to sew with, and a laugh.",
        (
            (Matter.Kind.MATTER, ("I used to sew.", "I want to sew with other people again.")),
            (Matter.Kind.STRENGTH, ("I can turn a collar with my eyes shut.",)),
            (Matter.Kind.GIFT, ("I'd teach a young one to thread a machine.",)),
            (Matter.Kind.BARRIER, ("Two buses, and my hip.",)),
        ),
        (
            ("Dorina", "Shops on Thursdays", 1, False),
            ("Sheila, next door", "Has the spare key", 1, False),
            ("Dr Lim", "Her doctor", 3, True),
            ("Needle and Thread", "The sewing team", 2, False),
            ("Her sister Jean", "Rings on Sundays from Hull", 2, False),
        ),
    ),
    (
        "Abdul Karim",
        95,
        "Somebody to walk with. He misses the docks.",
        (
            (Matter.Kind.MATTER, ("To see the river again, on foot.",)),
            (Matter.Kind.STRENGTH, ("He tells a story so that you smell the tar.",)),
        ),
        (("His son Rafiq", "Comes on Fridays", 1, False), ("The mosque", "Friday lunch", 2, False)),
    ),
    (
        "Halina Mazurek",
        30,
        "Company in Polish, once a week.",
        ((Matter.Kind.MATTER, ("I cook for one. I don't like to.",)),),
        (("Basia at the shop", "Keeps bread for her", 2, False),),
    ),
)
_TALKS = (
    "Tea in the front room. She showed me the machine: a Singer, oiled every month, not used for "
    "six years. She said she'd be in the way at a group.",
    "Walked to the post office and back. Her hip is worse on the way home. She laughed about the "
    "pigeons.",
    "Rang. She had looked at the leaflet twice and put it in the drawer twice.",
    "Met her at the hall door. She stayed the whole two hours and threaded somebody's needle.",
)
_SCORES = ((8, 2, (4, 5, 4, 6), 2), (6, 3, (6, 6, 6, 4), 5), (5, 3, (7, 7, 6, 3), 7))


def fill(*, day: dt.date) -> int:
    """Write it; return how many relationships. The same day gives the same ones."""
    noon = dt.datetime.combine(day, dt.time(12), LONDON) - DAY
    keys = {part.email: part.key for part in CAST}
    found = Person.objects.filter(account__email__in=list(keys)).select_related("account", "home")
    cast = {keys[str(person.account.email)]: person for person in found}
    carys, mentor = cast.get("catalyst"), cast.get("mentor")
    neighbour, host = cast.get("neighbour"), cast.get("host")
    orgs = Organisation.objects.public().order_by("name")
    org = orgs.filter(name__iregex="befriend|companion|neighbour|wellbeing|friend").first()
    org = org or orgs.first()
    if carys is None or neighbour is None or org is None or Relationship.objects.exists():
        return 0
    Caseload.objects.create(person=carys, organisation=org, most=8, fits="sewing, walking, grief")
    RoleHolding.objects.create(
        person=carys,
        role=RoleHolding.Role.CATALYST,
        scope_kind="organisation",
        scope_key=str(org.pk),
        offered_at=noon - 400 * DAY,
        accepted_at=noon - 399 * DAY,
        starts_at=noon - 400 * DAY,
    )
    if mentor is not None:
        Position.objects.get_or_create(
            organisation=org,
            person=mentor,
            ended_at=None,
            defaults={"role": Position.Role.OWNER, "accepted_at": noon - 300 * DAY},
        )
    for at, row in enumerate(_PEOPLE):
        _walk(at, row, org, carys, neighbour, noon)
    if host is not None:
        _two_referrals(org, host, carys, noon)
    circling.add(
        neighbour,
        by=neighbour,
        at=noon - 9 * DAY,
        name="Carys Morgan",
        does="Rings on Mondays",
        near=2,
        person=carys,
        sees="who",
    )
    return Relationship.objects.count()


def _walk(
    number: int, row: tuple, org: Organisation, carys: Person, sender: Person, noon: dt.datetime
) -> None:
    name, ago, hopes, matters, circle = row
    start = noon - ago * DAY
    sent = referring.refer(
        org,
        by=sender,
        source="neighbour",
        name=name,
        reach=f"07700 90012{number}",
        safe_contact="Mornings, and let it ring" if number == 0 else "",
        hopes=hopes,
        agreed_words="Go on then, if they come in the morning.",
        language="pl" if number == 2 else "",
        area=sender.home,
        at=start,
        client_key=f"demo-connect-{number}",
    )
    referring.accept(sent, by=carys, at=start + 3 * DAY)
    made = referring.take_on(
        sent,
        by=carys,
        to=carys,
        at=start + (17 + 3 * number) * DAY if ago > 40 else start + 10 * DAY,
        next_step="Ring her about the bus" if number == 0 else "Call round for a cup of tea",
        next_on=(noon + (3 - 4 * (number == 1)) * DAY).date(),
    )
    begun = made.started_at
    for kind, words in matters:
        matter = walking.add_matter(made, by=carys, at=begun, kind=kind, words=words[0])
        for more, said in enumerate(words[1:], 1):
            walking.say_anew(matter, by=carys, at=begun + 40 * more * DAY, words=said)
    walking.add_matter(
        made,
        by=carys,
        at=begun,
        kind=Matter.Kind.DAY,
        words="Her wedding day" if number == 0 else "Birthday",
        on=dt.date(noon.year, 6, 12 + number),
    )
    for who, does, near, is_work in circle:
        circling.add(
            made.person, by=carys, at=begun, name=who, does=does, near=near, is_professional=is_work
        )
    step = max(7, (noon - begun).days // (len(_TALKS) + 1))
    for at, words in enumerate(_TALKS[: 4 - number]):
        when = min(begun + (at + 1) * step * DAY, noon - DAY)
        walking.write(
            made,
            by=carys,
            at=when,
            words=words,
            how=("visit", "out", "phone", "out")[at],
            readers="person" if at == 3 else "catalysts",
            is_final=at != 2 or number != 1,
            client_key=f"demo-talk-{number}-{at}",
        )
    for at, (ucla, lonely, four, people) in enumerate(_SCORES):
        point = (0, 3, 6)[at]
        if (noon - begun).days < point * 30:
            break
        when = begun + (point * 30 + 5) * DAY
        thirds = [ucla // 3 + (one < ucla % 3) for one in range(3)]
        answers = {
            "ucla3": dict(zip(("companionship", "left_out", "isolated"), thirds, strict=True)),
            "ons_lonely": {"lonely": lonely},
            "ons4": dict(zip(("satisfied", "worthwhile", "happy", "anxious"), four, strict=True)),
            "contacts": {"people": people},
        }
        for asking in Asking.objects.filter(relationship=made, point=point):
            if point == 3 and asking.instrument == "ons4":
                measuring.leave_out(asking, by=carys, at=when, why="declined")
            else:
                measuring.answer(
                    asking, by=carys, at=when, how="spoken", answers=answers[asking.instrument]
                )
    if number == 0:
        table = meeting.call_meeting(
            made,
            by=carys,
            at=noon - 5 * DAY,
            meets_at=noon + 6 * DAY,
            question="How does somebody with a bad hip get to a group two buses away?",
            story="A woman in her seventies would like to sew with others. The bus is the hurdle.",
            agenda="Hello. The question. What each of us can do. Who does it by when.",
            agreed_words="You can tell them about the buses.",
            client_key="demo-case-1",
        )
        guest = meeting.invite(
            table, by=carys, at=noon - 5 * DAY, name="Hal", service="Community transport"
        )
        meeting.agree_action(
            table,
            by=carys,
            at=noon - 4 * DAY,
            owner=guest,
            words="Look whether the minibus can go past on Tuesdays",
            due_on=(noon + 10 * DAY).date(),
        )


def _two_referrals(org: Organisation, host: Person, carys: Person, noon: dt.datetime) -> None:
    """One that nobody has answered, one on the waiting list, and a signpost."""
    for number, (name, hopes) in enumerate(
        (("Ernest Tallow", "Somebody for chess."), ("Folake Adeyemi", "A walk in the morning."))
    ):
        sent = referring.refer(
            org,
            by=host,
            source="professional",
            name=name,
            reach="07700 900130",
            hopes=hopes,
            about="Lives alone since the spring.",
            agreed_words="Yes please.",
            area=host.home,
            at=noon - (2 + 12 * number) * DAY,
            client_key=f"demo-connect-wait-{number}",
        )
        if number:
            referring.accept(sent, by=carys, at=noon - 9 * DAY)
    referring.refer(
        org, by=host, source="neighbour", at=noon - 6 * DAY, is_agreed=False,
        client_key="demo-connect-signpost",
    )  # fmt: skip
