"""The third long journey: a kit, a mentor, tea for thirteen, a story, and £180 asked for.

Nobody here calls a verb: each step is a link or a button on the page that the person of that step
sees, without script. Only the clock is moved.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest

from doorstep.base.time import now, today
from doorstep.gatherings.models import Session
from doorstep.grants.models import Idea
from doorstep.grants.tests.factories import WORDS, a_fund, at_stage, steward_of
from doorstep.people.models import RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.places.tests.factories import VenueFactory
from doorstep.teams.actions import load_kits
from tests.journeys.browser import Hands
from tests.journeys.walking import told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("long_walk")]
MARK = re.compile(r"^mark-\d+$")


def test_a_street_starts(borough):
    """June finds two neighbours and a mentor; thirteen come to tea, four of them by telephone."""
    load_kits()
    june, bo, kofi, guide, stella = (
        PersonFactory(known_as=name, home=borough.ward)
        for name in ("June", "Bo", "Kofi", "Guide", "Stella")
    )
    RoleHolding.objects.create(person=guide, role="mentor", area=borough.borough)
    stella = steward_of(borough.borough, stella)
    fund = at_stage(a_fund(stella, borough.borough), "ideas")
    hall = VenueFactory(area=borough.ward, name="The old laundry")

    # She picks a kit; nothing of it is empty when she begins.
    host = Hands(june).open("/teams/").follow("Look at the kits").follow("Tea and toast")
    host.reads("The first three times", "Bring").follow("Start with this kit")
    host.press("Start the team", name="Valence Street tea", wants_mentor=True)
    host.reads("Valence Street tea", "Needs 2 more neighbours")
    host.reads("What do you have on your toast?")  # words to begin with, where none are yet
    team = host.path

    # A mentor hears of it, and comes along.
    mentor = Hands(guide).open(told(guide)).reads("Asking for a mentor", "Valence Street tea")
    mentor.press("I'll be their mentor").reads("You're their mentor")
    mentor.press("Note it", note="Rang her, all well").reads("Rang her, all well")
    Hands(june).open(told(june))

    # Two neighbours: one by the link, one by the slip through the letterbox. Now it is a team.
    host.open(team).follow("Invite").press("Make it", label="Our street")
    link = host.page.html.find(id="link")["value"]
    host.follow("Slips to print").reads("Valence Street tea")
    Hands().open(link).reads("You're invited", "Valence Street tea")
    for neighbour in (bo, kofi):
        door = Hands(neighbour).open(link)
        door.press("Join the team", status=422).reads("Tick the box")
        door.press("Join the team", agrees=True)
    host.open(team).reads("3 people").reads_not("more neighbour")

    # Tea in the hall, with a number to ring.
    host.follow("Gatherings").follow("Plan a gathering").press(
        "Put it on", title="Tea in the laundry", description="The kettle is on.", venue=hall.pk,
        day=(today() + dt.timedelta(days=3)).isoformat(), clock="15:00",
        dial_in="020 7946 0123",
    )  # fmt: skip
    host.reads("Tea in the laundry").follow("Print a poster").reads("020 7946 0123")
    session = Session.objects.get()
    at_tea = session.get_absolute_url()
    for neighbour in (june, bo, kofi):
        Hands(neighbour).open(at_tea).press("I'm coming", how="room").reads("You're coming")
    for name in ("Mrs Adeyemi", "Mr Cole", "Peg", "Old Tom"):
        host.open(at_tea).follow("Who is new").follow("Add someone who rang")
        host.press("Put them on the list", name=name, how="phone")

    # At the door: those who said so are marked, six more walk in, and it took two saves.
    Session.objects.filter(pk=session.pk).update(
        starts_at=now() - dt.timedelta(minutes=20), ends_at=now() + dt.timedelta(minutes=70)
    )
    host.open(at_tea).follow("Take the register").reads("First time", "by telephone")
    marks = {box["name"]: "came" for box in host.page.html.find_all("input", {"name": MARK})}
    assert len(marks) == 7
    came = iter(("Ada", "Ben", "Cleo", "Dot", "Eve", "Fred"))
    walk_ins = {f"new-{row}-name": next(came) for row in range(3)}
    host.press("Save the register", **marks, **walk_ins).reads("10 here")
    walk_ins = {f"new-{row}-name": next(came) for row in range(3)}
    host.press("That's everyone: save and close", **walk_ins)
    host.reads("13 here", "0 to mark", "The register is closed").follow("See the figures")
    host.reads("How is it going?", "13")

    # What happened is told, where everybody on the street reads it.
    host.open(team).follow("Stories").follow("Write a story").press(
        "Put it up", title="Thirteen round one kettle",
        text="Four of us were on the telephone, in the middle of the table.",
    )  # fmt: skip
    Hands().open(host.path).reads("Thirteen round one kettle", "in the middle of the table")
    Hands(bo).open(team).follow("Stories").reads("Thirteen round one kettle")

    # And £180 for the next ones: as a draft first, and what became of it stands there.
    host.open(team).follow("Ideas fund").follow(fund.name).follow("I have an idea")
    host.press(
        "Keep it as a draft", title="A kettle for the laundry", words=WORDS, what_1="An urn",
        cost_1="120", what_2="Cups", cost_2="60",
    )  # fmt: skip
    host.reads("£180", "It has all it needs").follow("Send it in").press("Send it in")
    host.reads("It is in. Thank you for it.", "Idea 1")
    keeper = Hands(stella).open(fund.get_absolute_url()).follow("Keep this fund")
    keeper.reads("A kettle for the laundry", "£180", "to be checked")
    assert Idea.objects.get().cost_pence == 18_000
    host.open(team).follow("Ideas fund").reads("Your ideas", "A kettle for the laundry")
