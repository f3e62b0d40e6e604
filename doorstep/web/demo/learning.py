"""Three learning communities with a living chain, in every state it can be in.

Everything is told through the app's own verbs, on days before the demo's day.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count

from doorstep.base.time import LONDON
from doorstep.gatherings.models import Gathering
from doorstep.learning import likeness
from doorstep.learning.actions import booklets, carrying, chain, communities, meetings, stories
from doorstep.learning.models import Community, Member, Telling, Thing
from doorstep.notices.models import Delivery
from doorstep.organisations.models import Organisation
from doorstep.people.models import Person, RoleHolding
from doorstep.people.roles.actions import grant_role
from doorstep.places.models import Area
from doorstep.web.demo.cast import CAST

_Whose = Telling.Whose


class _Told:
    """The tale, and who takes part in it."""

    def __init__(self, cast: dict[str, Person], noon: dt.datetime) -> None:
        self.cast, self.noon, self.number = cast, noon, 0

    def at(self, days: int, hours: int = 0) -> dt.datetime:
        return self.noon - dt.timedelta(days=days, hours=-hours)

    def key(self) -> str:
        self.number += 1
        return f"demo-learning-{self.number}"

    def add(
        self, where: Community, kind: str, who: str, days: int, title: str, words: str = "",
        *, after: Thing | None = None, **more: Any,
    ) -> Thing:  # fmt: skip
        return chain.add(
            where, kind=kind, title=title, words=words, by=self.cast[who], at=self.at(days),
            client_key=self.key(), after=after, **more,
        )  # fmt: skip

    def story(
        self, where: Community, who: str, reader: str, days: int, title: str, words: str,
        *, after: Thing | None = None, allows: tuple[str, ...] = ("carried", "printed"),
    ) -> Thing:  # fmt: skip
        told = stories.tell(
            where, title=title, words=words, whose=_Whose.OFFLINE, by=self.cast[who],
            at=self.at(days), client_key=self.key(), teller_name="A neighbour from the hall",
            said="“Yes, if it helps somebody else. Not my name.” Said at the door, on a Tuesday.",
            allows=allows, after=after,
        )  # fmt: skip
        stories.send(
            told, reader=self.cast[reader], kept_marks=(), by=self.cast[who], at=self.at(days, 1)
        )
        stories.pass_on(told, by=self.cast[reader], at=self.at(days, 2))
        return told


def fill(*, day: dt.date) -> int:
    """Write it all down; return how many things. The same day gives the same ones."""
    noon = dt.datetime.combine(day, dt.time(12), LONDON)
    keys = {part.email: part.key for part in CAST}
    found = Person.objects.filter(account__email__in=list(keys)).select_related("account")
    cast = {keys[str(person.account.email)]: person for person in found}
    needed = {"organiser", "mentor", "host", "neighbour", "editor", "officer"}
    if not needed <= cast.keys() or Community.objects.exists():
        return 0
    tale = _Told(cast, noon)
    core, hoods, dots = _communities(tale)
    _hoods(tale, hoods, core, dots)
    _dots(tale, dots, hoods)
    _core(tale, core, hoods)
    likeness.read_new()
    # No e-mail is queued by a demo.
    Delivery.objects.filter(notice__kind__startswith="learning").delete()
    return Thing.objects.count()


def _communities(tale: _Told) -> tuple[Community, Community, Community]:
    cast = tale.cast
    borough = Area.objects.get(kind=Area.Kind.BOROUGH)
    for key in ("organiser", "mentor", "officer"):
        grant_role(
            RoleHolding.Role.FACILITATOR, to=cast[key], area=borough, by=None, at=tale.at(200)
        )
    houses = list(Organisation.objects.filter(state="live").order_by("pk")[:6])
    made: list[Community] = []
    for name, purpose, who, others in (
        ("Core", "How we work together across the borough, and what gets in the way.",
         "officer", ("organiser", "mentor", "editor")),
        ("Neighbourhoods", "What makes a stranger come a second time, and a neighbour stay.",
         "mentor", ("host", "neighbour", "organiser", "editor")),
        ("Connecting the dots", "Problems that stay stuck because each of us holds one piece.",
         "organiser", ("officer", "host", "mentor")),
    ):  # fmt: skip
        one = communities.start(
            name=name, purpose=purpose, by=cast[who], at=tale.at(190), client_key=tale.key()
        )
        for number, key in enumerate((who, *others)):
            communities.add(one, person=cast[key], organisation=None, by=cast[who], at=tale.at(189))
            if houses:
                Member.objects.filter(community=one, person=cast[key], organisation=None).update(
                    organisation=houses[(number + len(made)) % len(houses)]
                )
        made.append(one)
    return made[0], made[1], made[2]


def _meet(
    tale: _Told, where: Community, who: str, days: int, title: str, agenda: str, minutes: str = ""
) -> Any:
    row = meetings.plan(
        where, title=title, starts_at=tale.at(days).replace(hour=18), minutes_long=90,
        where="The Old Laundry, upstairs, or ring in", agenda=agenda, by=tale.cast[who],
        at=tale.at(days + 9), client_key=tale.key(),
    )  # fmt: skip
    if minutes:
        there = [
            row.person for row in Member.objects.filter(community=where).select_related("person")
        ]
        meetings.attend(row, people=there[:4], guests=["A neighbour from the hall"], by=there[0])
        meetings.write_minutes(
            row, minutes=minutes, minutes_from="", by=tale.cast[who], at=tale.at(days - 1)
        )
    return row


def _hoods(tale: _Told, hoods: Community, core: Community, dots: Community) -> None:
    cast = tale.cast
    ask = tale.add(
        hoods, "question", "mentor", 160, "What keeps people coming back?",
        "Half of those who come once are never seen again. Nobody is unkind. So what is it?",
    )  # fmt: skip
    first = tale.story(
        hoods, "host", "mentor", 150, "The chair by the door",
        "I came in and everybody was already sitting. They smiled, and went on talking. I had my "
        "coat on the whole time. There was a chair by the door and I sat on that, so that I could "
        "leave. Nobody did anything wrong. I only never knew when it was my turn to speak.",
        after=ask,
    )  # fmt: skip
    second = tale.story(
        hoods, "neighbour", "host", 141, "Somebody remembered the sugar",
        "The second week a man said: two sugars, isn't it? He had remembered. I went home and "
        "told my daughter. I have been every week since, and now I make the tea myself.",
        after=ask,
    )  # fmt: skip
    insight = tale.add(
        hoods, "insight", "mentor", 130, "People stay where somebody expects them",
        "In both stories it wasn't the programme. It was whether anybody noticed who was new, and "
        "remembered one small thing about them.",
        after=first,
    )  # fmt: skip
    chain.link(second, insight, by=cast["mentor"], at=tale.at(130))
    chain.quote(insight, second, words="He had remembered.", by=cast["mentor"], at=tale.at(129))
    kettle = tale.add(
        hoods, "experiment", "host", 120, "A kettle by the door, for six Tuesdays",
        "The tea moves from the back to the door. Whoever pours asks one question and remembers "
        "the answer.",
        after=insight,
        wonder="Does a job in their hands make it easier to stay?",
        smallest="One kettle, one table, one person pouring.",
        cost_pence=1_850, starts_on=tale.at(118).date(), ends_on=tale.at(78).date(),
        owner=cast["host"],
    )  # fmt: skip
    chain.change_experiment(
        kettle, by=cast["host"], at=tale.at(76), stage="done",
        happened="Eleven came for the first time. Eight came again within a month; before, it was "
        "three or four.",
        learned="Pouring is the easiest way to talk to everybody. But somebody has to stand there "
        "from ten to, not from the hour.",
        what_next="Every gathering of ours pours at the door from now on.",
    )  # fmt: skip
    change = tale.add(
        hoods, "change", "host", 60, "Every gathering pours at the door",
        "Since October all four halls do it. Newcomers say they were spoken to before they sat "
        "down.",
        after=kettle,
    )  # fmt: skip
    again = tale.add(
        hoods, "question", "neighbour", 40, "How do we reach those who can't leave the house?",
        "We pour at the door. What about those who never get to a door?", after=change,
    )  # fmt: skip
    tale.add(
        hoods, "experiment", "neighbour", 20, "A table on the telephone, on Thursday mornings",
        "Six people ring in at ten, with their own cup of tea.", after=again,
        wonder="Is a voice every week enough to be expected?",
        smallest="One number, three people, half an hour.", cost_pence=0,
        starts_on=tale.at(12).date(), ends_on=tale.at(-30).date(), owner=cast["neighbour"],
        stage="running",
    )  # fmt: skip
    _travel(tale, ask, again, insight, core, dots)
    met = _meet(
        tale, hoods, "mentor", 27, "Who came back, and who didn't",
        "Look at the figures together\nTwo stories\nWhat do we try next?",
        "We looked at who came back. The stories say the same as the figures: it is being "
        "expected. Agreed to try a table on the telephone, and to ask Connecting the dots about "
        "people who can't leave the house.",
    )  # fmt: skip
    gathering = (
        Gathering.objects.filter(sessions__places__came=True)
        .annotate(came=Count("sessions__places"))
        .order_by("-came", "pk")
        .first()
    )
    if gathering is not None:
        meetings.bring(
            met, gathering, question="What keeps people coming back?", by=cast["mentor"],
            at=tale.at(27),
        )  # fmt: skip
    for what, who, due in (
        ("Ask the library for a quiet corner with a telephone", "neighbour", -4),
        ("Write down what the pourers ask", "host", 5),
    ):
        meetings.add_action(
            met, what=what, owner=cast[who], due_on=tale.at(due).date(), by=cast["mentor"],
            at=tale.at(26), client_key=tale.key(),
        )  # fmt: skip
    _meet(tale, hoods, "mentor", -6, "The telephone table: how does it go?", "What did we hear?")
    # One that waits for a second reader, and one that is still a draft.
    waiting = stories.tell(
        hoods, title="Nobody told me it had moved",
        words="I stood at the hall with my daughter and it was dark. It had moved to the church, "
        "and everybody knew but us. I didn't go again for a year.",
        whose=_Whose.MINE, by=cast["host"], at=tale.at(2), client_key=tale.key(),
        allows=("carried",),
    )  # fmt: skip
    stories.send(waiting, reader=None, kept_marks=(), by=cast["host"], at=tale.at(2, 1))
    stories.tell(
        hoods, title="The bus that doesn't stop",
        words="Mrs Alder at 14 Chapel Road told me she rings 020 8227 3456 every time the 62 "
        "drives past her. She has stopped coming on Tuesdays.",
        whose=_Whose.OFFLINE, by=cast["neighbour"], at=tale.at(1), client_key=tale.key(),
        teller_name="A lady from the bus stop",
        said="“Tell them, somebody should know.” At the stop, on Monday.",
    )  # fmt: skip
    made = booklets.begin(
        hoods, title="A summer of cups of tea", starts_on=tale.at(165).date(),
        ends_on=tale.at(30).date(), by=cast["mentor"], at=tale.at(14), client_key=tale.key(),
        opening="You told us about chairs by the door, and about sugar. This is what we did.",
    )  # fmt: skip
    booklets.make(made.pk, at=tale.at(14))


def _travel(
    tale: _Told, ask: Thing, again: Thing, insight: Thing, core: Community, dots: Community
) -> None:
    cast = tale.cast
    there = carrying.carry(
        ask, to=core, why="You see all the halls. Do you know one where people do come back?",
        by=cast["mentor"], at=tale.at(155), client_key=tale.key(),
    )  # fmt: skip
    carrying.answer(
        there, words="The sewing group keeps nearly everybody. They ring a newcomer the day after.",
        answer_from="", by=cast["officer"], at=tale.at(148),
    )  # fmt: skip
    carrying.say_what_came(
        there, words="We went to see them, and took the call along into our own welcome.",
        by=cast["host"], at=tale.at(110),
    )  # fmt: skip
    carrying.carry(
        again, to=dots, why="You know who sits at home because a lift is broken, or a form.",
        by=cast["neighbour"], at=tale.at(24), client_key=tale.key(),
    )  # fmt: skip
    carrying.carry(
        insight, to=dots, why="Perhaps it holds for a surgery's waiting room too.",
        by=cast["mentor"], at=tale.at(9), client_key=tale.key(),
    )  # fmt: skip


def _dots(tale: _Told, dots: Community, hoods: Community) -> None:
    ask = tale.add(
        dots, "question", "organiser", 100, "Why does the same lift break every month?",
        "Three of us have had the same call. Each of us holds one piece of it.",
    )  # fmt: skip
    story = tale.story(
        dots, "officer", "organiser", 92, "Four flights with the shopping",
        "The lift was out again. I left the heavy bag at the bottom and went up twice. On the "
        "second way up I sat down on the stairs and thought: nobody knows that I am here.",
        after=ask, allows=("printed",),
    )  # fmt: skip
    insight = tale.add(
        dots, "insight", "organiser", 80, "Nobody owns the time between two repairs",
        "Housing mends it, health sees the fall, the hub brings the shopping. In between it is "
        "nobody's.",
        after=story,
    )  # fmt: skip
    tale.add(
        dots, "experiment", "organiser", 45, "One name on the lift, and a number",
        "When it is out, a person answers, and rings back within the hour.", after=insight,
        wonder="Is it the lift, or not knowing?", smallest="One block, one month.",
        cost_pence=4_000, starts_on=tale.at(30).date(), ends_on=tale.at(-2).date(),
        owner=tale.cast["officer"], stage="running",
    )  # fmt: skip
    _meet(
        tale, dots, "organiser", 48, "The lift", "What each of us knows\nOne small thing",
        "Each of us told what we know of it. Housing didn't know of the falls. One block will "
        "have a name and a number for a month.",
    )  # fmt: skip
    gone = tale.story(
        dots, "host", "officer", 70, "The letter with the red line",
        "A letter came with a red line on it. I put it behind the clock. There were eleven more "
        "behind the clock when my niece found them in the spring.",
        after=ask,
    )  # fmt: skip
    chain.quote(
        insight, gone, words="There were eleven more behind the clock",
        by=tale.cast["organiser"], at=tale.at(66),
    )  # fmt: skip
    stories.withdraw(
        gone, by=tale.cast["host"], at=tale.at(35), words="She rang: her niece would know it."
    )


def _core(tale: _Told, core: Community, hoods: Community) -> None:
    ask = tale.add(
        core, "question", "officer", 85, "Who hears first when somebody stops coming?",
        "We count who comes. Nobody counts who has stopped.",
    )  # fmt: skip
    tale.add(
        core, "insight", "editor", 50, "The caretaker knows before any of us",
        "In every hall it is whoever locks up who notices that somebody is missing.", after=ask,
    )  # fmt: skip
    _meet(tale, core, "officer", -11, "What we carry to each other", "What came home\nWhat next?")
