"""The longer journeys across the house, walked by the hands they pass through.

Nobody here calls a verb: each step is a link or a button on the page that the person of that step
sees, without script. Only the clock is moved, and the worker is let do what it would do.
"""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.core import mail

from doorstep.base.time import now, today
from doorstep.connect.tests.factories import catalyst, organisation, relationship
from doorstep.gatherings.models import Session
from doorstep.gatherings.tests.factories import plan
from doorstep.notices.models import Notice
from doorstep.organisations.models import Offer
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.tests.desk import make_desk
from doorstep.support.tests.helping import ALL, volunteer_for
from tests.journeys.browser import Hands
from tests.journeys.walking import HOUR, take_back_every_yes, ticked, told, worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("long_walk")]


def test_the_kettle(borough):
    """Maureen, 78, no internet, rings about shopping; later she lends a hand there herself."""
    for ward in (borough.ward, borough.other_ward, borough.far_ward):
        ward.latitude, ward.longitude = 51.5461, 0.1472
        ward.save(update_fields=["latitude", "longitude"])
    desk = make_desk(borough)
    dorina = PersonFactory(known_as="Dorina", home=borough.ward)
    dev = PersonFactory(known_as="Dev", home=borough.ward)
    volunteer_for(dorina, *ALL)
    company = organisation()
    carys = catalyst(company)
    needle = organisation("Needle House")
    Offer.objects.create(
        organisation=needle, what="Sewing together on Tuesdays", answer_email="sew@example.org"
    )
    evening = plan(dev, title="Sewing and tea", description="We sew together.")

    # The officer logs it once; her ward's hub accepts.
    officer = Hands(desk.officer).open("/support/calls/").press("A call")
    officer.press(
        "Send it", called="Maureen Tully", phone="020 7946 0321", postcode="RM10 7FH",
        address="14 Valence Avenue", words="I can't get out for my shopping since the fall.",
    )  # fmt: skip
    officer.reads("Written down", "Riverside").press("Send to Riverside")
    hub = Hands(desk.organiser).open(told(desk.organiser)).press("We can do this")
    request = hub.path

    # Dorina shops every week.
    tomorrow = (today() + dt.timedelta(days=1)).isoformat()
    hub.press("Make it", kind="shopping", what="Bread, milk, tea bags", pounds="30", weeks="1",
              on=tomorrow)  # fmt: skip
    hub.reads("It comes again by itself").follow("Shopping").press("Save", why="care")
    hub.reads("regulated activity").press("Ask Dorina")
    shopper = Hands(dorina).open(told(dorina)).reads("less than 500 m from you")
    shopper.reads_not("Valence Avenue", "Tully")
    shopper.press("I can do this").reads("14 Valence Avenue", "020 7946 0321")
    shopper.press("All done", minutes="50").reads_not("Valence Avenue")

    # “She seems lonely.” Maureen says yes to a friendly call …
    shopper.press("Tell the hub", mood="4", words="She seems lonely.", more="call", said_yes="yes")
    shopper.open("/support/volunteering/").reads("Nothing needs you just now")
    hub.open(request).follow("A friendly call").press("They said yes by phone : Dorina")
    ring = hub.path
    hub.press("All done", how="phone", minutes="20")

    # … and, rung by the hub, to one organisation by name. Nothing has gone out before.
    hub.open(ring).follow("Write down how it was")
    hub.press("Tell the hub", mood="5", more="referral", more_words="I used to sew.")
    hub.press("They said yes: send it", organisation=company.pk,
              agreed_words="Go on then, give them my number.")  # fmt: skip

    # The catalyst sees fit and room first, her name and number after a yes.
    walker = Hands(carys).open("/connect/").follow("Somebody is proposed")
    walker.reads("I used to sew.").reads_not("Tully", "7946")
    walker.press("Send the answer", answer="accept").reads("Maureen Tully", "020 7946 0321")
    walker.press("Take them on", next_step="Ring her on Tuesday.")
    her_page = walker.path
    walker.follow("Add in their words")
    walker.press("Write it down", kind="matter", words="I used to sew. I made my girls' dresses.")

    # A call goes out that says nothing of who she is.
    ask = "A woman in her seventies used to sew and would like to sew with other people again."
    walker.open(her_page).follow("Call for a hand")
    walker.press("Look at what we mark", words=ask, agreed_words="If you don't say it's me.")
    call = walker.path
    walker.press("On to the second look", whom=ticked(walker, "whom"))
    walker.press("Send it", status=422).reads("Tick that you have looked")
    walker.press("Send it", looked=True)
    worker()
    letter = next(one for one in mail.outbox if one.to == ["sew@example.org"])
    assert "Maureen" not in letter.body + letter.subject
    link = re.search(r"https?://\S+/connect/link/\S+", letter.body)[0]
    sewers = Hands().open(link).reads(ask).reads_not("Maureen", "Tully", "Carys")
    sewers.press("Send my answer", answer="yes", status=422).reads("Your name")
    sewers.press("Send my answer", answer="yes", name="Ollie", reach="020 7946 0555",
                 words="Tuesdays at two. I meet her at the door.")  # fmt: skip
    walker.open(call).reads("Ollie", "First yes on the same day").follow("Bring them together")
    walker.press("They said yes: bring them together", name="Maureen",
                 reach="020 7946 0321, mornings", agreed_words="Yes. He sounds kind.")  # fmt: skip
    # A new link comes, and asks for what a forwarded one doesn't know; the old one is over.
    sewers.open(link, status=410).reads("This link is over")
    worker()
    letter = [one for one in mail.outbox if one.to == ["sew@example.org"]][-1]
    assert "Maureen" not in letter.body + letter.subject
    sewers.open(re.search(r"https?://\S+/connect/link/\S+", letter.body)[0])
    sewers.reads_not("Maureen", "7946")
    sewers.press("Open it", reach="020 7946 0555")
    sewers.reads("Maureen", "020 7946 0321, mornings").reads_not("Tully")

    # She is expected: a named greeter, the way there, a call afterwards.
    walker.open(her_page).follow("Be expected somewhere")
    walker.press(
        "Yes, expect them", place=ticked(walker, "place")[0], travel="Carys rides the 62 with her.",
        wishes="She brings her own scissors.", phone="020 7946 0321",
    )  # fmt: skip
    greeter = Hands(dev).open(told(dev)).reads("Maureen", "She brings her own scissors.")
    greeter.press("I'll look out for Maureen Tully", look_for="I have a red scarf.")
    session = Session.objects.get(gathering=evening)
    Session.objects.filter(pk=session.pk).update(starts_at=now() - 3 * HOUR, ends_at=now() - HOUR)
    greeter.follow("Go to my promises").press("We met").follow("Their number, and what to say")
    greeter.reads("020 7946 0321").press("I've rung: delete the number")
    greeter.reads_not("7946")

    # Later she gives there, and whoever walks alongside sees it.
    walker.open(her_page).follow("The call afterwards")
    walker.press("Write it down", state="gives", words="I take the beginners' table now.")
    walker.open(her_page).reads("Sewing and tea", "lends a hand there now")


def test_a_mind_is_changed(borough):
    """Calls stop, links die, whoever relied on it is told, and the log shows who had looked."""
    company = organisation()
    carys = catalyst(company)
    amina = PersonFactory(known_as="Amina Rahman", home=borough.ward, phone="+447700900123")
    relationship(company, carys, person=amina, at=now() - dt.timedelta(days=40))
    Offer.objects.create(
        organisation=organisation("Needle House"), what="Sewing together on Tuesdays",
        answer_email="sew@example.org",
    )  # fmt: skip

    # With her yes a call is out, and a bundle of her diary is with an adviser.
    walker = Hands(carys).open("/connect/").follow("Amina")
    her_page = walker.path
    walker.follow("Call for a hand").press(
        "Look at what we mark", agreed_words="Yes, ask around.",
        words="A woman in her seventies would like to sew with other people again.",
    )  # fmt: skip
    call = walker.path
    walker.press("On to the second look", whom=ticked(walker, "whom"))
    walker.press("Send it", looked=True)
    worker()
    letter = next(one for one in mail.outbox if one.to == ["sew@example.org"])
    asked = re.search(r"https?://\S+/connect/link/\S+", letter.body)[0]
    sewers = Hands().open(asked).reads("What do you say?")
    walker.open(her_page).follow("Begin one")
    walker.press("Begin", problem="repairs", title="Mould in the back bedroom.")
    diary = walker.path
    walker.follow("Something happened").press(
        "Write it down", facts="The wall is black behind the bed."
    )
    walker.reads_not("tel:999")  # a sad wall is no emergency
    walker.follow("Make a bundle").press("Make it")
    worker()
    walker.open(diary).follow("Give it to somebody").press(
        "Make the link", kind="organisation", name="Riverside Law Centre",
        email="advice@example.org", days="30", words="Yes, show it to the law centre.",
    )  # fmt: skip
    worker()
    letter = next(one for one in mail.outbox if one.to == ["advice@example.org"])
    assert "Amina" not in letter.body
    shown = re.search(r"https?://\S+/connect/link/\S+", letter.body)[0]
    adviser = Hands().open(shown)

    # She changes her mind about both, on one page, without saying why.
    person = Hands(amina).open("/people/me/").follow("What you have agreed to")
    person.reads("Yes, ask around.", "Riverside Law Centre")
    person = take_back_every_yes(amina)
    person.reads("Stopped. Whoever used it is told right now.")

    # At the next press everything is shut, and nobody learns more than that.
    sewers.open(asked, status=410).reads_not("Amina", "sew with other people")
    adviser.open(shown, status=410).reads_not("Amina", "wall", "Mould")
    walker.open(call).reads("They took their yes back", "Every link to it is dead")
    kinds = set(Notice.objects.filter(person=carys).values_list("kind", flat=True))
    assert {"connect-call", "consent-ended"} <= kinds

    # What is hers stays hers; she reads who had looked, and takes a copy of all that is held.
    person.open("/people/me/record/").reads("Carys looked at", "your evidence diary")
    person.open("/connect/mine/").reads("A woman in her seventies")
    person.open("/people/me/").follow("Your data, your say").follow("Get a copy of everything")
    person.press("Make me a copy")
    worker()
    person.open(person.path).follow("Only the page, to print")
    held = unescape(person.page.body.decode())
    for words in ("A woman in her seventies", "The wall is black", "Yes, ask around."):
        assert words in held
