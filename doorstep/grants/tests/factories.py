"""A fund in any stage, with its people and ideas."""

import datetime as dt

from doorstep.base import keys
from doorstep.base.time import now, today
from doorstep.grants import rules
from doorstep.grants.actions import funds
from doorstep.grants.models import Ballot, Idea, Induction, Stage
from doorstep.people.models import Person, RoleHolding

WORDS = (
    "On the first Saturday of each month we put four tables out by the old laundry and mend "
    "lamps, toasters and trousers together. Two of us know how, everybody else learns. There is "
    "tea, and a corner where children take things apart."
)


def steward_of(area, person):
    """Make somebody a grants steward of an area."""
    RoleHolding.objects.create(person=person, role=RoleHolding.Role.STEWARD, area=area)
    return Person.objects.get(pk=person.pk)


def a_fund(keeper, area, **more):
    """A fund in the making that has all it needs to open. `keeper` becomes its steward."""
    day = today()
    words = {
        "name": "Green Lanes fund",
        "pot_pence": 100_000,
        "purpose": "For things neighbours do together.",
        "who_applies": "Anybody who lives here.",
        "who_decides": "Seven neighbours.",
        "guidelines": "Free to come to. Open to everybody.",
        "designed_with": "Twelve of us at the library in March.",
        "opens_on": day,
        "ideas_until": day + dt.timedelta(days=20),
        "read_until": day + dt.timedelta(days=30),
        "decided_by": day + dt.timedelta(days=40),
        "rate_pence": 1350,
    } | more
    return funds.start(by=keeper, at=now(), area=area, client_key=keys.new_key(12), **words)


def at_stage(fund, stage):
    """Put a fund into a stage, whatever is missing (voting: with the places among equals)."""
    order = list(Stage)
    while fund.stage != stage:
        before = order.index(Stage(fund.stage))
        to = order[before + 1]
        if to == Stage.VOTING:
            funds._settle(fund, "lot")
        fund.stage = to
        if to == Stage.DECIDED:
            fund.decided_at = now()
        fund.save()
    return fund


def an_idea(fund, by, *, pence=20_000, state=Idea.State.SENT, **more):
    """An idea as it came in; ready ones are fair to read."""
    number = fund.ideas.count() + 1
    words = {"title": f"Repair evening {number}", "words": WORDS} | more
    idea = Idea(
        fund=fund,
        applicant=by,
        cost_pence=pence,
        budget=[["Everything", pence]],
        state=state,
        **words,
    )
    if state != Idea.State.DRAFT:
        idea.number, idea.sent_at = number, now()
    if state in rules.PUBLIC:
        idea.fair_title, idea.fair_words = idea.title, WORDS
    idea.save()
    return idea


def decides(fund, person, *, knows=True):
    """Make somebody a decider who has said yes, and (with `knows`) what it means."""
    RoleHolding.objects.create(
        person=person,
        role=rules.DECIDER,
        scope_kind=rules.SCOPE,
        scope_key=str(fund.pk),
    )
    if knows:
        Induction.objects.create(fund=fund, person=person, by=person)
    return Person.objects.get(pk=person.pk)


def in_the_box(fund, *ballots):
    """Put ballots in, each a list of ideas."""
    Ballot.objects.bulk_create(
        Ballot(fund=fund, way="online", choices=[[idea.key, 1] for idea in named])
        for named in ballots
    )
