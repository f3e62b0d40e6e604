"""Journeys 12, 17, 28 and 29, walked by the hands they pass through, without script.

Nobody here calls a verb: each step is a link or a button on the page that the person of that step
sees.
"""

from __future__ import annotations

import re

import pytest
from django.core import mail

from doorstep.base.time import now, today
from doorstep.connect.tests.factories import catalyst, organisation, relationship
from doorstep.feed.tests.factories import PostFactory, area_channel
from doorstep.notices.models import Notice
from doorstep.organisations.models import Organisation, Position
from doorstep.people.models import RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.watch import trends
from doorstep.watch.models import Concern
from doorstep.watch.tests.factories import make, theme
from tests.journeys.browser import Hands
from tests.journeys.walking import DAY, choice, take_back_every_yes, told, worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("long_walk")]


# --- 12. A harmful post ------------------------------------------------------------------------


def test_journey_12_a_harmful_post_is_reported_decided_asked_about_again_and_on_record(
    cast, borough
):
    mia, noor = (PersonFactory(known_as=name, home=borough.ward) for name in ("Mia", "Noor"))
    for person in (mia, noor):
        RoleHolding.objects.create(person=person, role="moderator", area=borough.borough)
    harm = "The cough goes away with bleach."
    post = PostFactory(
        channel=area_channel(borough.ward), author=cast.bryn, readers="everyone", text=harm
    )

    # A host reports it: the rule first, and what a moderator should know.
    host = Hands(cast.dev).open(post.get_absolute_url()).follow("Something wrong?")
    host.press("Send to a moderator", status=422).reads("Choose what comes nearest")
    host.press("Send to a moderator", rule="health-misinformation", note="My aunt tried it.")
    host.reads("Thank you for telling us", "You'll get a notice")

    # One moderator decides, with the rule and a reason; both sides hear it.
    judge = Hands(mia).open("/feed/moderation/").follow("by Bryn").reads("My aunt tried it.")
    judge.press("Decide, and tell both", status=422)
    judge.press("Decide, and tell both", rule="health-misinformation", outcome="hide",
                reason="Bleach burns, and heals nothing.")  # fmt: skip
    Hands().open(post.get_absolute_url(), 404)
    Hands(cast.dev).open(told(cast.dev)).reads("It came down", "Bleach burns")

    # Its author asks once more; somebody else looks, and says why.
    author = Hands(cast.bryn).open(told(cast.bryn)).reads("Bleach burns").reads_not("Dev")
    author.follow("Ask for a second look")
    author.press("Ask someone else to look", text="I meant for the sink.")
    Hands(mia).open(told(noor)).reads("Someone else looks")
    second = Hands(noor).open(told(noor)).reads("I meant for the sink.", "Bleach burns")
    second.press("Answer, and tell both", outcome="upheld", reason="It says cough, not sink.")
    author.open(told(cast.bryn)).reads("The decision stands.", "It says cough, not sink.")
    author.reads_not("Ask for a second look")

    # The record keeps it for good, and can be taken out.
    log = Hands(noor).open("/feed/moderation/log/").reads("Bleach burns", "Mia")
    log.follow("As a spreadsheet (CSV)")
    assert "Bleach burns" in log.page.text
    Hands(cast.dev).open("/feed/moderation/log/", 403)


# --- 17. A case that nobody can move alone -----------------------------------------------------


def test_journey_17_help_is_convened_with_as_little_as_needed_and_actions_have_owners(borough):
    company = organisation()
    carys = catalyst(company)
    amina = PersonFactory(known_as="Amina Rahman", home=borough.ward)
    relationship(company, carys, person=amina, at=now() - 40 * DAY)

    # One question, one short story: what tells who it is has to come out first.
    walker = Hands(carys).open("/connect/").follow("Amina")
    here = walker.path
    walker.follow("Call services together")
    story = "She goes to the dentist by three buses, and the form asks for a letter each time."
    said = {"question": "Who can give the letter?", "agreed_words": "Yes, if it gets me there.",
            "meets_at": f"{today() + 3 * DAY}T10:00", "where": "The library"}  # fmt: skip
    walker.press("Write it down", status=422, **said, story=f"Ring her on 020 7946 0321. {story}")
    walker.reads("This may tell who it is", "020 7946 0321")
    walker.press("Write it down", story=story)

    # Each is asked for themselves, and sees as much as was agreed for them.
    for name, service, sees in (
        ("Dr Shah", "The surgery", "story"), ("Mr Poole", "Patient transport", "question"),
    ):  # fmt: skip
        walker.open(here).follow("Ask somebody to the table").press(
            "Write it down", name=name, service=service, sees=sees,
            email=f"{name[-4:].lower()}@example.org",
        )  # fmt: skip
    worker()
    tables = {}
    for to in ("shah@example.org", "oole@example.org"):
        letter = next(one for one in mail.outbox if one.to == [to])
        assert "Amina" not in letter.body + letter.subject
        tables[to] = Hands().open(re.search(r"https?://\S+/connect/link/\S+", letter.body)[0])
        tables[to].reads("Who can give the letter?").reads_not("Amina", "Carys")
    tables["shah@example.org"].reads("three buses")
    tables["oole@example.org"].reads_not("three buses")

    # Who does what by when; whoever did it says what came of it.
    on = today() + 10 * DAY
    walker.open(here).follow("Who does what")
    walker.press(
        "Write it down", owner=choice(walker, "owner", "Dr Shah"), due_on=on.isoformat(),
        words="One letter for the whole year.",
    )  # fmt: skip
    doctor = tables["shah@example.org"].open(tables["shah@example.org"].path)
    doctor.reads("One letter for the whole year.").press(
        "Write it down", action=choice(doctor, "action", "One letter"),
        outcome="It is in the post.", learned="We ask for the same letter nine times a year.",
    )  # fmt: skip
    walker.open(here).reads("One letter for the whole year.", "nine times a year")

    # She changes her mind: every link is dead at the next press.
    take_back_every_yes(amina)
    for one in tables.values():
        one.open(one.path, 410).reads_not("letter")


# --- 28 and 29. Early, rightly, and without names ----------------------------------------------


def test_journeys_28_and_29_an_office_passes_on_rightly_and_sees_its_ward_without_names(borough):
    officer = make("officer", borough.borough, "Olu")
    hall = Organisation.objects.create(slug="mp", name="Office of the MP")
    aide = PersonFactory(known_as="Aide")
    Position.objects.create(organisation=hall, person=aide, role="staff", accepted_at=now())
    month = trends.months_before(today(), 1)
    Concern.objects.bulk_create(
        Concern(theme=theme(slug), area=borough.ward, what="x", seen_on=month, due_on=month,
                expires_on=month, state="closed", closed_at=now(), outcome="put_right")
        for slug, many in (("damp", 12), ("food", 4)) for _one in range(many)
    )  # fmt: skip

    # The hub opens the office for its wards.
    desk = Hands(officer).open("/watch/").follow("Who looks after what").follow("Offices")
    desk.press("Open it", organisation="mp", kind="mp", areas=[borough.ward.slug])
    desk.reads("Office of the MP", "Quay")

    # Somebody rings the office. It is passed on only with a yes, and without a record of theirs.
    office = Hands(aide).open("/").follow("Noticed something?")
    office.follow("What your office passed on")
    office.reads("Nothing passed on yet").follow("Pass something on")
    office.press(
        "Send it", status=422, theme="damp", area=borough.ward.slug, where="Gale Street",
        what="The ceiling drips on the baby's cot.", seen_on=today().isoformat(), about="person",
        agreed="yes", person_words="Mrs Khan of Gale Street", safe_contact="Through us",
    )  # fmt: skip
    office.reads("Ask them first, then tick this").press("Send it", consent=True)
    office.reads("Thank you for noticing")

    # The hub sees it; what came of it goes back, and nothing of what was found.
    desk.open("/watch/desk/").follow("Damp and repairs, Quay")
    desk.reads("Office of the MP", "Through us", "Somebody told me")
    desk.follow("Write down what was done")
    desk.press("Write it down", kind="visit", words="Her son let me in.")
    desk.follow("Put it away")
    desk.press("Put it away", outcome="helped", words="Adult care has it.", say="looked")
    office.open("/watch/office/").reads("Answered", "looked into it")
    office.reads_not("Her son", "Adult care").follow("Damp").reads_not("Her son", "Adult care")

    # The ward is read early: twelve show, four never do, and nobody is named.
    office.open("/watch/office/").follow("Concerns by ward").reads("Quay", "A dash is a number")
    row = next(one for one in office.page.html.find_all("tr") if "Quay" in one.get_text())
    cells = [one.get_text(strip=True) for one in row.find_all("td")]
    assert "4" not in cells
    office.reads_not("Khan", "csv")
    # Closed, it reads nothing more.
    desk.open("/watch/desk/offices/").press("Close : Office of the MP")
    office.open("/watch/office/", 403)
    assert not any("Khan" in one.title + one.body for one in Notice.objects.all())
