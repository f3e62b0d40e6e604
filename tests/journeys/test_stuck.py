"""The fifth long journey: a case that goes nowhere, a story, an answer that comes home, a booklet.

Nobody here calls a verb: each step is a link or a button on the page that the person of that step
sees, without script. Only the fund's clock is moved, and the worker is let do what it would do.
"""

from __future__ import annotations

import pytest

from doorstep.base.time import now, today
from doorstep.connect.tests.factories import catalyst, organisation, relationship
from doorstep.grants.models import Idea
from doorstep.grants.tests.factories import WORDS, a_fund, at_stage, steward_of
from doorstep.learning.models import Carry, Thing
from doorstep.learning.tests.making import facilitator
from doorstep.people.tests.factories import PersonFactory
from tests.journeys.browser import Hands
from tests.journeys.walking import DAY, choice, told, worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("long_walk")]

STORY = (
    "Somebody rang eleven times in one winter about the noise under her floor. Each time another "
    "office said that it was for the one before."
)


def test_stuck(borough):
    """Facts with a resident, a story without her name, a question that travels, a funded try."""
    company = organisation()
    carys = catalyst(company)
    amina, fay, noor, bryn, stella = (
        PersonFactory(known_as=name, home=borough.ward)
        for name in ("Amina Rahman", "Fay", "Noor", "Bryn", "Stella")
    )
    relationship(company, carys, person=amina, at=now() - 40 * DAY)
    fay, noor = facilitator(fay, borough.borough), facilitator(noor, borough.borough)

    # Catalyst and resident write down facts: what happened, who was told, what they said.
    walker = Hands(carys).open("/connect/").follow("Amina").follow("Begin one")
    walker.press("Begin", problem="antisocial", title="The noise under the floor.")
    diary = walker.path
    walker.follow("Something happened").press("Write it down", facts="Drums from one to three.")
    walker.open(diary).follow("Somebody was told")
    walker.press("Write it down", who="The noise team", facts="It was loud again.",
                 reference="N-411")  # fmt: skip
    walker.open(diary).follow("They answered")
    walker.press("Write it down", who="Mr Lee", facts="It is for the landlord.")
    Hands(amina).open(diary).reads("Drums from one to three.", "N-411", "as told to Carys")

    # Two communities begin, and people of several houses are brought in.
    dots = Hands(fay).open("/learning/").follow("Begin one")
    dots.press("Begin it", name="Connecting the dots", purpose="Where people fall between us.")
    for person in (carys, bryn):
        dots.press("Bring them in", who=person.account.email)
    home = dots.follow("Connecting the dots").path
    hoods = Hands(noor).open("/learning/").follow("Begin one")
    hoods.press("Begin it", name="Neighbourhoods", purpose="What neighbours can do themselves.")

    # Her story is told without her name: marked words go, she is asked, a second person reads.
    walker.open(told(carys)).reads("Where people fall between us.")
    walker.open(home).follow("Ask a question").press("Write it down", title="Whose is a noise?")
    question = walker.path
    walker.follow("Tell a story")
    walker.press(
        "Keep it as a draft", title="Eleven calls", whose="theirs", teller=amina.account.email,
        words=f"Amina Rahman of 14 Chapel Road knows it. {STORY}", allows=["carried", "printed"],
    )  # fmt: skip
    story = walker.path
    walker.reads("Could somebody tell who it is?", "14 Chapel Road")
    walker.follow("Send it to a second reader").press("Send it", status=422)
    walker.open(story).follow("Put it in other words").press("Keep it", words=STORY)
    walker.follow("Send it to a second reader").press("Send it")
    reader = Hands(fay).open("/learning/").reads("Waiting for your eyes").follow("Eleven calls")
    reader.reads("It waits for their yes.").follow("Say what you see")
    reader.press("Say so", verdict="yes", status=422)  # she was asked, and hasn't answered
    person = Hands(amina).open(told(amina)).reads("Eleven calls")
    person.press("Yes, they may")
    reader.open(story).follow("Say what you see").press("Say so", verdict="yes")
    member = Hands(bryn).open(home).follow("Eleven calls").reads("Somebody rang eleven times")
    member.reads_not("Amina", "Chapel Road")

    # A meeting hears it: who came, what was said, who does what.
    dots.open(home).follow("Plan a meeting").press(
        "Plan it", title="The dots in November", day=today().isoformat(), time="18:00",
        where="The library", agenda="Eleven calls",
    )  # fmt: skip
    meeting = dots.path
    Hands(bryn).open(told(bryn)).reads("The dots in November", "Whose is a noise?")
    dots.follow("Who came?").press("Write it down", guests="Mrs Osei, who has no telephone")
    dots.open(meeting).follow("Write the minutes")
    dots.press(
        "Keep the minutes", minutes="Nobody knew whose it was. We ask the neighbourhoods group."
    )
    dots.open(meeting).follow("Write down who does what")
    dots.press("Write it down", what="Ask at the Neighbourhoods meeting.", owner=carys.handle)
    dots.reads("Ask at the Neighbourhoods meeting.", "Mrs Osei")

    # The question travels with a note of why; the story stays at home. An answer comes back.
    walker.open(question).follow("Carry it to another community")
    walker.press("Carry it", to=choice(walker, "to", "Neighbourhoods"),
                 why="You know the caretakers.")  # fmt: skip
    hoods.open(told(noor)).reads("You know the caretakers.", "Whose is a noise?")
    carry = hoods.path
    hoods.reads_not("Eleven calls", "Amina").press(
        "Send it home", words="Ours holds a mediation evening. Both sides came.",
        answer_from="Mr Cole, by telephone",
    )  # fmt: skip
    walker.open(told(carys)).reads("Both sides came.", "Mr Cole, by telephone")
    Hands(noor).open(story, 404)

    # A small experiment, and money that neighbours decided on helps it.
    stella = steward_of(borough.borough, stella)
    fund = at_stage(a_fund(stella, borough.borough, voters="neighbours"), "ideas")
    member.follow("Ideas fund").follow(fund.name).follow("I have an idea")
    member.press("Keep it as a draft", title="Two evenings of tea and talk", words=WORDS,
                 what_1="Hall", cost_1="80")  # fmt: skip
    member.follow("Send it in").press("Send it in")
    idea = member.path
    keeper = Hands(stella).open(idea).follow("Make it fair to read").press("Keep it")
    for _stage in ("reading", "voting"):
        keeper.open(fund.get_absolute_url()).follow("Keep this fund")
        keeper.follow("Go on to the next stage").press("Go on")
    for voter in (fay, noor):
        ballot = Hands(voter).open(fund.get_absolute_url()).follow("Vote")
        ballot.press("Put it in the box", **{f"i_{Idea.objects.get().key}": True})
    keeper.open(fund.get_absolute_url()).follow("Keep this fund").follow("Count the ballots")
    keeper.press("Count them")
    member.open(idea).reads("Why it was funded", "£80")
    walker.open(question).follow("Plan an experiment")
    walker.press(
        "Write it down", title="Two evenings with both sides", owner=bryn.handle, cost="80",
        starts_on=today().isoformat(), ends_on=(today() + 14 * DAY).isoformat(),
        award_key=choice(walker, "award_key", "Two evenings of tea and talk"),
    )  # fmt: skip
    experiment = walker.reads("Money that helped", "Two evenings of tea and talk", "£80").path
    walker.follow("Two evenings of tea and talk").reads("Why it was funded")

    # What was learned goes home to whoever answered, and is printed for those it came from.
    member.open(told(bryn)).reads("Two evenings with both sides")
    member.open(experiment).follow("Say how it goes").press("Write it down", stage="done",
                                                            status=422)  # fmt: skip
    member.press("Write it down", learned="They had never met.", happened="Nine came.")
    walker.open(carry).press("Tell them", words="They had never met. Now they have tea.")
    hoods.open(told(noor)).reads("Now they have tea.")
    walker.open(experiment).follow("Write down a change")
    walker.press("Write it down", title="The noise team rings both sides first")
    walker.follow("See it on the map").follow("Table")
    walker.reads("Whose is a noise?", "Two evenings with both sides")
    dots.open(home).follow("Booklets").press(
        "Put it together", title="A winter of noise", opening="You told us of a noise.",
        ends_on=today().isoformat(),
    )  # fmt: skip
    booklet = dots.path
    worker()
    dots.open(booklet).reads(
        "You told us of a noise.", "Somebody rang eleven times", "Both sides came.",
        "They had never met.", "The noise team rings both sides first",
    )  # fmt: skip
    dots.reads_not("Amina", "Chapel Road", "Carys")
    dots.follow("Save the PDF")
    assert dots.page.body.startswith(b"%PDF-")
    assert Carry.objects.get().came_of_it
    assert Thing.objects.filter(kind="change").count() == 1

    # She sees her story where she is, and where copies went: hers to take back at any moment.
    person.open("/learning/").follow("Eleven calls").reads("This is your story.", "PDF")
