"""The sixth long journey: the switch is flipped, much comes at once, and it stands down again.

Nobody here calls a verb: each step is a link or a button on the page that the person of that step
sees, without script. A whole day of it is played by `doorstep bench surge`; here it is small.
"""

from __future__ import annotations

import pytest

from doorstep.base.time import today
from doorstep.notices.models import Notice
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.crisis import banner
from doorstep.support.models import OutreachRow, Request, Surge, Volunteer
from doorstep.support.tests.desk import make_desk
from doorstep.support.tests.helping import ALL, volunteer_for
from tests.journeys.browser import Hands, Upload
from tests.journeys.walking import DAY, told, worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("long_walk")]

LIST = (
    "name,phone,postcode,address\n"
    "Peg Cole,07700900001,RM10 7FH,1 Dock Road\n"
    "No Number,,RM10 7FH,2 Dock Road\n"
)


@pytest.fixture
def loud(monkeypatch):
    """Pages look for a banner, as they do where the site is served."""
    monkeypatch.setattr(banner, "watches", lambda: True)
    banner.forget()
    yield
    banner.forget()


def test_surge(borough, loud):
    """By night it is in hand; when it stands down each volunteer knows what they did, and next."""
    for ward in (borough.ward, borough.other_ward, borough.far_ward):
        ward.latitude, ward.longitude = 51.5461, 0.1472
        ward.save(update_fields=["latitude", "longitude"])
    desk = make_desk(borough)
    dorina, ines = (PersonFactory(known_as=one, home=borough.ward) for one in ("Dorina", "Ines"))
    volunteer_for(dorina, *ALL)

    # At nine the borough flips the switch: everybody reads what to do, and every desk hears.
    officer = Hands(desk.officer).open("/support/desk/").follow("Crisis switch")
    officer.reads("The crisis switch is off").follow("The flood")
    officer.press("Switch it on for everybody").reads("The crisis switch is on")
    assert "Stay away from the water." in Hands().open("/").page.text
    hub = Hands(desk.organiser).open(told(desk.organiser))
    assert hub.path == "/support/desk/"

    # Short questions, straight to the hub; on the phone the same, with what to say.
    asks = Hands().open("/support/ask/").press("Carry on", words="The cellar is full of water")
    asks.press("Ask for help", called="Ada", phone="07700 900123", postcode="RM10 7FH")
    asks.reads("Thank you. We have it.", "Somebody looks at it by")
    call = officer.open("/support/calls/").press("A call").reads("Is water in your home?")
    call.press("Send it", words="I can't get out for bread.", called="Maureen Tully",
               phone="020 7946 0321", postcode="RM10 7FH", address="14 Valence Avenue")  # fmt: skip
    bread = call.path
    assert set(Request.objects.values_list("state", flat=True)) == {"hub"}

    # New volunteers sign up, and are greeted.
    offers = Hands(ines).open("/lend-a-hand/").follow("Lend a hand regularly")
    offers.press("Count me in", travel="foot", is_grown_up=True).reads("within two days")
    newcomer = Volunteer.objects.get(person=ines).get_absolute_url()
    hub.open("/support/volunteers/").reads("Ines", "say hello")
    hub.open(newcomer).press("I've greeted them")

    # Everybody on the list is rung, or is on a list of those whom nobody has reached.
    officer.open("/support/outreach/").press(
        "Bring it in", name="Riverside, by the water", script="Is water in your home?",
        file=Upload("list.csv", LIST.encode(), "text/csv"),
    )  # fmt: skip
    rung = officer.path
    worker()
    officer.open(rung).follow("Ring the next").reads("Peg Cole", "Is water in your home?")
    officer.press("Save, and the next", outcome="spoke")
    officer.open(rung).reads("Not reached yet", "No Number", "2 Dock Road")
    assert set(OutreachRow.objects.values_list("state", flat=True)) == {"done", "unusable"}

    # The hub takes it in hand, Dorina shops, and a letter says how far it has got.
    hub.open(bread).press("We can do this").press(
        "Make it", kind="shopping", what="Bread", pounds="10", weeks="0",
        on=(today() + DAY).isoformat(),
    )  # fmt: skip
    hub.follow("Shopping").press("Save", why="care").press("Ask Dorina")
    Hands(dorina).open(told(dorina)).press("I can do this").press("All done", minutes="40")
    hub.open(bread).follow("Letter").reads("Maureen Tully")

    # It stands down: what is done is closed, the rest goes on, and each volunteer hears.
    officer.open("/support/crisis/").reads("2 requests so far", "Stand down")
    officer.press("Stand down", thanks="Four streets stayed dry because of you.")
    officer.reads("The crisis switch is off", "1 closed, 1 went on")
    assert "Stay away from the water." not in Hands().open("/").page.text
    assert sorted(Request.objects.values_list("state", flat=True)) == ["done", "hub"]
    shopper = Hands(dorina).open("/notices/").reads("Four streets stayed dry because of you.")
    shopper.open(told(dorina)).reads("1 task done", "Nothing needs you just now")
    waited = Hands(ines).open("/notices/").reads("Thank you for standing by")
    waited.open(told(ines)).reads("Nothing needs you just now")
    assert Surge.objects.get().told == 2
    assert not [one for one in Notice.objects.all() if "Tully" in one.title + str(one.body)]
