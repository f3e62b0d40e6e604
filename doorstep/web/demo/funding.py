"""Three funds: one open for ideas, one being voted on, one decided, with its awards and ledger.

All of it is made up for this project (CC0 1.0).
"""

from __future__ import annotations

import datetime as dt
import random

from doorstep.base.time import LONDON
from doorstep.grants import explain, rules
from doorstep.grants.actions import awards, deciding, funds, ideas, voting
from doorstep.grants.models import Ballot, Fund, Idea, Induction, Share
from doorstep.people.models import Person, RoleHolding
from doorstep.places.models import Area
from doorstep.web.demo.cast import CAST

# title, words, [(what for, pounds)]
_IDEAS = (
    (
        "A repair table at the laundry",
        "On the first Saturday of each month we put four tables out by the old laundry and mend "
        "lamps, toasters and trousers together. Two of us know how, everybody else learns. There "
        "is tea, and a corner where children may take things apart. Last year we tried it three "
        "times and forty people came with a broken thing and went home with a working one, and "
        "with somebody's name. We'd like tools of our own, so that we needn't borrow.",
        (("Tools", 240), ("Tables", 120), ("Tea and biscuits", 60)),
    ),
    (
        "Benches on the way to the shops",
        "From the estate to the shops it is a mile uphill and there is nowhere to sit. My mother "
        "is eighty and stopped going. We'd put two benches where the road turns, made by the "
        "joinery class of the college, with arms to push yourself up on. The council has said yes "
        "to both places. Whoever sits there will look after them: we have six names already.",
        (("Wood and fittings", 680), ("Putting them up", 220)),
    ),
    (
        "Wednesday suppers",
        "A hot supper for anybody, every Wednesday in the dark months, in the hall behind the "
        "church. We cook what there is, from four until it's gone. Some come for the food and some "
        "for the washing-up, which is where people talk. We did it with our own money last winter "
        "and it got too dear. Nobody asks who needs it.",
        (("Food for sixteen weeks", 640), ("Hall", 160)),
    ),
    (
        "Football that doesn't cost",
        "Our boys and girls kick a ball about by the garages and get shouted at. Three dads and an "
        "auntie will run an hour of football on Sunday mornings on the school's pitch. We need "
        "goals that fold up, bibs and two balls. No club, no fees, no shouting.",
        (("Two folding goals", 180), ("Bibs and balls", 70)),
    ),
    (
        "Learn to ride at forty",
        "Nine women of our class never learned to ride a bicycle. A teacher will show us, in the "
        "park, early, when nobody looks. Then we ride to the river together. Bicycles can be "
        "borrowed; the teacher can't.",
        (("Teacher, eight mornings", 320),),
    ),
    (
        "A street party for the new flats",
        "Two hundred people moved into the new flats and nobody knows anybody. We'd close the road "
        "for an afternoon, put out every table we have, and ask each staircase to bring one dish.",
        (("Road closing and bins", 150), ("Tables and music", 190)),
    ),
)  # fmt: skip
_OPEN = (
    ("Homework by the warm radiator",
     "Two evenings a week the library keeps its back room open for children with no quiet place "
     "at home. Four of us sit with them: not teachers, just people who can say have you eaten and "
     "what does it ask for. We'd like lamps, pencils and a kettle.",
     (("Lamps", 120), ("Paper and pencils", 60))),
    ("Garden in the gap",
     "Between numbers 40 and 46 there is a gap with nettles. The owner lets us have it for five "
     "years. Six neighbours would dig, and everybody may pick.",
     (("Soil and fruit bushes", 260), ("Fence", 140))),
)  # fmt: skip
_VOTED_ON = (
    ("Lanterns down to the river",
     "On the shortest day we walk down to the river with lanterns the children made. Last year "
     "there were thirty of us and a drum. We'd like paper, glue and lights for two hundred, and "
     "soup at the end for whoever has come along.",
     (("Paper, glue and lights", 280), ("Soup", 120))),
    ("A choir for people who were told not to sing",
     "Every Thursday at seven, in the room over the library. Nobody auditions and nobody reads "
     "music. Somebody who knows how will teach us three songs a term, and in June we sing them "
     "outside the station.",
     (("Somebody to lead it, twelve evenings", 600), ("Room", 96))),
    ("Mend the path by the school",
     "The short cut to the school is mud from October to March, so prams go by the main road. "
     "Eleven of us have spades. We need two loads of gravel and somebody's tipper for a day.",
     (("Gravel", 340), ("Tipper, one day", 110))),
    ("Tea with the ambulance crew",
     "Once a month two of the crew tell us what to do until they come: a fall, a choking, a "
     "stroke. In Urdu, Romanian and English, with a dummy to practise on.",
     (("A dummy", 160), ("Tea and interpreters", 140))),
    ("Seeds to swap",
     "A chest of drawers in the market, with seeds in it. Take some, bring some.",
     (("Chest of drawers, envelopes", 85),)),
)  # fmt: skip


def fill(*, day: dt.date) -> int:
    """Write the funds; return how many ideas there are. The same day gives the same ones."""
    noon = dt.datetime.combine(day, dt.time(12), LONDON)
    keys = {part.email: part.key for part in CAST}
    found = Person.objects.filter(account__email__in=list(keys)).select_related("account")
    cast = {keys[str(person.account.email)]: person for person in found}
    keeper = cast.get("organiser")
    borough = Area.objects.filter(kind=Area.Kind.BOROUGH).order_by("pk").first()
    if keeper is None or borough is None or Fund.objects.exists():
        return 0
    RoleHolding.objects.get_or_create(
        person=keeper, role=RoleHolding.Role.STEWARD, area=borough,
        defaults={"starts_at": noon - dt.timedelta(days=200),
                  "offered_at": noon - dt.timedelta(days=200),
                  "accepted_at": noon - dt.timedelta(days=200)},
    )  # fmt: skip
    keeper = Person.objects.get(pk=keeper.pk)
    others = list(
        Person.objects.active()
        .exclude(account=None)
        .exclude(pk__in=[person.pk for person in cast.values()])
        .filter(born_on__lt=dt.date(day.year - 20, 1, 1))
        .order_by("pk")[:24]
    )
    if len(others) < 20:
        return 0
    _decided(keeper, cast, others, borough, noon)
    _voted_on(keeper, cast, others, borough, noon)
    _open(keeper, cast, others, borough, noon)
    return Idea.objects.count()


def _decider(fund: Fund, person: Person, keeper: Person, at: dt.datetime) -> Person:
    holding = funds.invite(fund, by=keeper, at=at, person=person, role=rules.DECIDER)
    RoleHolding.objects.filter(pk=holding.pk).update(accepted_at=at)
    Induction.objects.get_or_create(fund=fund, person=person, defaults={"by": person, "at": at})
    return Person.objects.get(pk=person.pk)


def _decided(
    keeper: Person, cast: dict[str, Person], others: list[Person], borough: Area, noon: dt.datetime
) -> None:
    start = noon - dt.timedelta(days=120)

    def after(days: int) -> dt.datetime:
        return start + dt.timedelta(days=days)

    fund = funds.start(
        by=keeper, at=start, client_key="demo-fund-1", name="Winter Warmth fund", area=borough,
        pot_pence=200_000, most_pence=100_000,
        purpose="For things that bring neighbours together in the dark months.",
        who_applies="Anybody who lives in the borough, alone or with others. You needn't be a "
        "charity or have a bank account.",
        who_decides="Seven neighbours, drawn from those who put their name in the hat. They are "
        "paid £13.50 an hour.",
        guidelines="Free to come to, and open to whoever turns up. It begins within three months. "
        "What you buy stays in the neighbourhood.",
        designed_with="Fourteen of us at two suppers in the hall, and nine more by telephone.",
        opens_on=after(5).date(), ideas_until=after(35).date(), read_until=after(50).date(),
        decided_by=after(60).date(), rate_pence=1350, voters=Fund.Voters.NEIGHBOURS,
    )  # fmt: skip
    funds.move_on(fund, by=keeper, at=after(5))
    fund.refresh_from_db()
    sent = []
    for n, (title, words, budget) in enumerate(_IDEAS):
        idea = ideas.write(
            fund, by=others[n], at=after(8 + n), client_key=f"demo-idea-{n}", title=title,
            words=words, budget=[[what, pounds * 100] for what, pounds in budget],
            shows_names=n % 2 == 0,
        )  # fmt: skip
        ideas.send(idea, by=others[n], at=after(9 + n))
        idea.refresh_from_db()
        ideas.make_fair(idea, by=keeper, at=after(20 + n), fair_title=title, fair_words=words)
        sent.append(idea)
    people = [cast["host"], *others[8:12]]
    readers = [_decider(fund, person, keeper, after(30)) for person in people]
    funds.move_on(fund, by=keeper, at=after(36))
    fund.refresh_from_db()
    ideas.declare(sent[4], by=readers[1], at=after(37), why="She is my cousin")
    deciding.share_out(fund, by=keeper, at=after(37))
    rnd = random.Random(7)
    for share in Share.objects.filter(idea__fund=fund).order_by("pk"):
        score = None if rnd.random() < 0.15 else rnd.choice([3, 4, 4, 5])
        Share.objects.filter(pk=share.pk).update(
            score=score, opened_at=after(40), scored_at=after(40)
        )
    for n, reader in enumerate(readers):
        deciding.log_hours(
            fund, by=reader, at=after(41), on=after(40).date(), minutes=90 + 15 * n,
            what="Read my share", client_key=f"demo-hours-{n}",
        )  # fmt: skip
    deciding.agree_hours(fund, by=keeper, at=after(45))
    for n, words in enumerate(
        ("I know that hill. The benches would change my week.",
         "The suppers ask for a lot. But look at what sixteen weeks cost.")
    ):  # fmt: skip
        deciding.say(fund, by=readers[n + 1], at=after(44), text=words, client_key=f"demo-talk-{n}")
    funds.move_on(fund, by=keeper, at=after(51), lot="demo")
    fund.refresh_from_db()
    rows = []
    for n in range(64):
        likes = [sent[0], sent[1], sent[2]] if n % 8 < 4 else [sent[3], sent[4], sent[5]]
        rnd.shuffle(likes)
        named = likes[: rnd.randint(1, 3)] + ([sent[2]] if rnd.random() < 0.3 else [])
        choices = [[key, 1] for key in dict.fromkeys(idea.key for idea in named)]
        key = "".join(rnd.choice("bcdfghjkmnpqrstvwxyz") for _ in range(10))
        rows.append(Ballot(key=key, fund=fund, way=Ballot.Way.ONLINE, choices=choices))
    Ballot.objects.bulk_create(rows)
    voting.decide(fund, by=keeper, at=after(60))
    fund.refresh_from_db()
    explain.work_out(fund, at=after(60))
    _money(fund, keeper, after)


def _voted_on(
    keeper: Person, cast: dict[str, Person], others: list[Person], borough: Area, noon: dt.datetime
) -> None:
    """A ballot that is open: to vote on, on paper and online, as whoever lives here."""
    start = noon - dt.timedelta(days=60)

    def after(days: int) -> dt.datetime:
        return start + dt.timedelta(days=days)

    fund = funds.start(
        by=keeper, at=start, client_key="demo-fund-3", name="Light evenings fund", area=borough,
        pot_pence=120_000, most_pence=80_000,
        purpose="For things to come out for while the evenings are dark.",
        who_applies="Anybody who lives in the borough.",
        who_decides="Everybody who lives here, after four neighbours have read each idea.",
        guidelines="Anybody can come. It costs nothing to join in.",
        designed_with="The people who decided last time.",
        opens_on=after(1).date(), ideas_until=after(30).date(), read_until=after(50).date(),
        decided_by=after(70).date(), rate_pence=1350, voters=Fund.Voters.NEIGHBOURS,
        most_choices=3,
    )  # fmt: skip
    funds.move_on(fund, by=keeper, at=after(1))
    fund.refresh_from_db()
    for n, (title, words, budget) in enumerate(_VOTED_ON):
        who = others[15 + n]
        idea = ideas.write(
            fund, by=who, at=after(3 + n), client_key=f"demo-voted-{n}", title=title, words=words,
            budget=[[what, pounds * 100] for what, pounds in budget],
        )  # fmt: skip
        ideas.send(idea, by=who, at=after(4 + n))
        idea.refresh_from_db()
        ideas.make_fair(idea, by=keeper, at=after(12 + n), fair_title=title, fair_words=words)
    readers = [
        _decider(fund, person, keeper, after(20)) for person in (cast["host"], *others[8:11])
    ]
    funds.move_on(fund, by=keeper, at=after(31))
    fund.refresh_from_db()
    deciding.share_out(fund, by=keeper, at=after(32))
    Share.objects.filter(idea__fund=fund).update(score=4, opened_at=after(40), scored_at=after(40))
    funds.move_on(fund, by=keeper, at=after(51), lot="demo")
    fund.refresh_from_db()
    voting.draw_order(fund, by=keeper, at=after(52), minutes=3)
    on = voting.on_ballot(fund)
    for n, reader in enumerate(readers[1:]):
        choices = [[idea.key, 1] for idea in on[n : n + 2]]
        voting.vote(fund, by=reader, at=after(53), choices=choices)


def _money(fund: Fund, keeper: Person, after) -> None:  # type: ignore[no-untyped-def]
    winners = list(
        Idea.objects.filter(fund=fund, state=Idea.State.FUNDED)
        .select_related("award", "applicant", "fund")
        .order_by("number")
    )
    for n, idea in enumerate(winners):
        award = idea.award  # type: ignore[attr-defined]
        first = award.amount_pence // 2
        awards.offer(
            award, by=keeper, at=after(62), agreement="We do what the idea says, keep the "
            "receipts, and tell the neighbourhood how it goes. What isn't spent goes back.",
            stages=[("At the start", first, after(65).date()),
                    ("Half-way", award.amount_pence - first, after(100).date())],
        )  # fmt: skip
        if n == 3:
            continue
        awards.agree(award, by=idea.applicant, at=after(63))
        stages = list(award.payments.order_by("pk"))
        awards.pay(stages[0], by=keeper, at=after(66), paid_on=after(66).date())
        if n == 0:
            awards.pay(stages[1], by=keeper, at=after(100), paid_on=after(100).date())
            awards.give_back(
                award, by=keeper, at=after(110), pence=3_650, on=after(110).date(),
                client_key="demo-back",
            )  # fmt: skip
            awards.finish(award, by=keeper, at=after(111))


def _open(
    keeper: Person, cast: dict[str, Person], others: list[Person], borough: Area, noon: dt.datetime
) -> None:
    at = noon - dt.timedelta(days=12)
    day = noon.date()
    fund = funds.start(
        by=keeper, at=at, client_key="demo-fund-2", name="Spring on our street", area=borough,
        pot_pence=350_000, most_pence=80_000,
        purpose="Small things that make a street a better place to live on.",
        who_applies="Anybody who lives in the borough. Children with a grown-up.",
        who_decides="Nine neighbours, and everybody who lives here has a vote on the day.",
        guidelines="It happens outside or in a place anybody can walk into. Neighbours do it "
        "themselves. It costs nothing to join in.",
        designed_with="The people who decided last time, and four who got nothing.",
        opens_on=at.date(), ideas_until=day + dt.timedelta(days=18),
        read_until=day + dt.timedelta(days=30), decided_by=day + dt.timedelta(days=40),
        rate_pence=1350, voters=Fund.Voters.NEIGHBOURS, most_choices=4,
    )  # fmt: skip
    funds.move_on(fund, by=keeper, at=at)
    fund.refresh_from_db()
    _decider(fund, cast["host"], keeper, at)
    for n, (title, words, budget) in enumerate(_OPEN):
        who = cast["neighbour"] if n == 0 else others[14 + n]
        idea = ideas.write(
            fund, by=who, at=at + dt.timedelta(days=2 + n), client_key=f"demo-open-{n}",
            title=title, words=words, budget=[[what, pounds * 100] for what, pounds in budget],
        )  # fmt: skip
        ideas.send(idea, by=who, at=at + dt.timedelta(days=3 + n))
    ideas.write(
        fund, by=cast["neighbour"], at=noon - dt.timedelta(days=1), client_key="demo-draft",
        title="Chalk for the pavement", words="A bucket of chalk at each end of the street.",
        budget=[["Chalk", 2_500]],
    )  # fmt: skip
