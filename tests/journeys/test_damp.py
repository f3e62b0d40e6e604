"""The fourth long journey: six small worries from one estate, and what came of them.

Nobody here calls a verb: each step is a link or a button on the page that the person of that step
sees, without script. The year before is put there; the worker is let do what it would do.
"""

from __future__ import annotations

import re

import pytest
from django.core import mail

from doorstep.base.time import local, now, today
from doorstep.notices.models import Notice
from doorstep.people.tests.factories import PersonFactory
from doorstep.watch.models import Concern
from doorstep.watch.tests.factories import make, theme
from tests.journeys.browser import Hands
from tests.journeys.walking import DAY, told, worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("long_walk")]

SAID = (
    "The bedroom wall is wet up to the window.",
    "Water runs down inside our front door.",
    "Black mould on the stairs, on three floors.",
    "The landing ceiling drips when it rains.",
    "The whole hall smells of damp.",
    "The wall by the lift is soft to the touch.",
)


@pytest.fixture
def a_usual_year(borough):
    """A concern now and then, in two wards, all of them looked into."""
    for week in range(3, 52, 3):
        area = (borough.ward, borough.far_ward)[week % 2]
        for slug, days in (("damp", 7 * week), ("dumping", 7 * week - 3)):
            at = now() - days * DAY
            Concern.objects.create(
                theme=theme(slug), area=area, what="Something.", seen_on=local(at).date(),
                logged_at=at, state="closed", closed_at=at, outcome="put_right",
            )  # fmt: skip


def test_damp(borough, a_usual_year):
    """A signal; a human joins them; housing is told; a diary is kept; “you said, we did”."""
    ola = make("organiser", borough.locality, "Ola")
    officer = make("officer", borough.borough, "Oona")
    begum = PersonFactory(known_as="Mrs Begum", home=borough.ward)

    # Six tell in eleven days, none of it alarming: at a kitchen table, on a bus, by telephone.
    letters = ""
    for number, words in enumerate(SAID):
        on = today() - (11 - 2 * number) * DAY
        said = {"theme": "damp", "what": words, "where": "Linton Road", "area": borough.ward.slug,
                "seen_on": on.isoformat(), "sure": "saw"}  # fmt: skip
        if number == 5:
            desk = Hands(ola).open("/watch/desk/").follow("Write one down")
            desk.press("Send it", **said, came_by="phone", reach="07700 900555")
            desk.reads("Read these letters out to whoever told you")
        elif number == 3:
            visitor = Hands(line=number).open("/watch/").follow("Tell us what you saw")
            visitor.press(
                "Send it", **said, about="person", agreed="not_asked",
                person_words="the lady on the top floor", safe_contact="Mornings.",
            )  # fmt: skip
            visitor.reads("Thank you for noticing")
        elif number == 4:
            neighbour = Hands(begum).open("/watch/").follow("Tell us what you saw")
            neighbour.press("Send it", **said).reads("What you told us")
        else:
            visitor = Hands(line=number).open("/watch/").follow("Tell us what you saw")
            visitor.press("Send it", **said).reads("Thank you for noticing", "Somebody looks at")
            letters = letters or visitor.page.html.find(class_="code").get_text(strip=True)
    assert Concern.objects.open().count() == 6

    # At night the scan finds it; whoever looks after the area reads it, and joins what is one.
    Hands(officer).open("/watch/signals/").press("Look now")
    worker()
    kinds = Notice.objects.filter(person=ola).values_list("kind", flat=True)
    assert "signal" in kinds
    desk = Hands(ola).open("/watch/signals/").follow("Damp")
    desk.reads("How unusual?", SAID[5], "It is about a place, never about a person.")
    signal = desk.path
    desk.press("Join them", reason="One gutter over all six flats.", near="What do they mean")
    desk.reads("Joined.", "It means something")
    first = re.search(r"/watch/concern/[a-z0-9]+/", desk.page.text)[0]

    # One is taken; those that tell the same are joined with it.
    desk.open(first).follow("Take it, or give it to somebody").press("Write it down", to="me")
    desk.reads("Ola", "looks into it.")
    for _other in range(4):
        desk.open(first)
        near = desk.page.html.find(id="alike")
        if near is None:
            break
        other = near.find_parent("section").find("li").find("a")["href"]
        desk.open(other).follow("It's the same as another")
        desk.press("Join them", other=first.split("/")[3]).reads("Joined.")
    # One that was something else after all is parted again, and joined once more.
    desk.open(other).reads("Joined with another").follow("Part it from the other again")
    desk.press("Part them").reads("They stand by themselves again.")
    desk.follow("It's the same as another").press("Join them", other=first.split("/")[3])
    desk.open(first).reads("Told by others too")

    # Housing reads what was seen, and never who told it; their answer comes back.
    desk.follow("Pass it to a service").press("Pass it on", status=422).reads("Say to whom")
    desk.press("Pass it on", to="Housing repairs", to_email="repairs@example.org")
    worker()
    letter = next(one for one in mail.outbox if one.to == ["repairs@example.org"])
    housing = Hands().open(re.search(r"https?://\S+/watch/answer/\S+", letter.body)[0])
    housing.reads_not("Linton Road").press("Open it").reads("Linton Road")
    housing.reads_not("Begum", "Ola", "900555")
    housing.press("Send your answer", status=422)
    housing.press("Send your answer", answer="done", words="New gutter on Thursday.")
    Hands(ola).open(told(ola)).reads("New gutter on Thursday.")

    # The one about a person goes to nobody without her yes. Somebody knocks, and asks her.
    hers = Concern.objects.get(about="person").get_absolute_url()
    desk.open(hers).reads("About a person", "Until they say yes, this goes to nobody else")
    desk.follow("Pass it to a service")
    desk.press("Pass it on", status=422, to="Housing repairs", to_email="repairs@example.org")
    desk.open(hers).follow("They said yes").press("Write it down", words="At the door: yes.")
    desk.follow("Pass it to a service").press("Pass it on", to="Housing repairs")
    desk.reads("At the door: yes.", "Nothing back yet")

    # Meanwhile a resident writes down what happens, the day it happens; it is hers alone.
    diary = Hands(begum).open("/connect/mine/").follow("My evidence diary")
    diary.press("Begin", problem="repairs", title="The landing drips.")
    diary.follow("Something happened").press("Write it down", facts="The bucket was full by six.")
    diary.reads("The bucket was full by six.", "for you alone")
    Hands(ola).open(diary.path, 404)

    # It is put right: whoever told hears so, and everybody reads it on the area's page.
    desk.open(first).follow("Put it away").press("Put it away", status=422)
    desk.press(
        "Put it away", outcome="put_right", words="Seen dry.", say="put_right",
        we_did="A new gutter keeps the stairs of the Linton Road flats dry.",
    )  # fmt: skip
    Hands().open("/watch/").press("What came of it?", ref=letters).reads("it was put right")
    area = Hands().open(f"/places/{borough.ward.slug}/").follow("You said, we did")
    area.reads("A new gutter keeps the stairs of the Linton Road flats dry.")
    area.reads_not("Begum", "Ola", "New gutter on Thursday", *SAID)
    desk.open(signal).reads("It means something", "One gutter over all six flats.")
    desk.open(hers).follow("Put it away").press(
        "Put it away", outcome="helped", words="Her landing is dry.", say="looked"
    )
    Hands(begum).open("/watch/").reads("looked into it").reads_not("Her landing is dry.")
    assert not Concern.objects.open().exists()
    assert not any("Begum" in one.title + one.body for one in Notice.objects.all())
