"""Journeys 3, 5, 10, 14, 15, 16, and the long one “Nobody answers”, walked through the pages.

Each step is a request as the browser sends it, by whoever's turn it is; nothing is done behind
the pages' back but the clock and the worker.
"""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.models import Person, Reading, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.safeguarding.models import Alert
from doorstep.support.contacts import reading
from doorstep.support.models import ContactAttempt, OutreachRow, Reach, Request, RequestStep
from doorstep.support.requests import working
from doorstep.support.tests.desk import make_desk
from doorstep.support.tests.helping import PLAIN, volunteer_for

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


class Walk:
    """The same browser in different hands: `walk.as_(person)`, or nobody's with None."""

    def __init__(self, client, desk):
        self.client, self.desk = client, desk

    def as_(self, person):
        self.client.logout()
        if person is not None:
            self.client.force_login(Person.objects.get(pk=person.pk).account)
        return self

    def see(self, url, status=200):
        answer = self.client.get(url)
        assert answer.status_code == status, (url, answer.status_code)
        self.page = unescape(answer.content.decode())
        return self.page

    def send(self, url, status=None, **said):
        """Send a form; a redirect is followed by hand: `.to` is where it led."""
        answer = self.client.post(url, said)
        self.status, self.to = answer.status_code, answer.headers.get("Location", "")
        self.page = unescape(answer.content.decode())
        if status is not None:
            assert self.status == status, self.page[:3000]
        return self.page

    def verb(self, row, verb, **said):
        return self.send(f"/support/requests/{row.ref}/{verb}/", 302, **said)


@pytest.fixture
def walk(client, borough, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    return Walk(client, make_desk(borough))


CALL = {"came_by": "phone", "priority": "3", "then": "send"}


def key(letter):
    return letter * 20


# --- 3. A neighbour is worried, and asks on somebody's behalf ------------------------------------


def test_journey_3_asking_for_a_neighbour_records_how_they_know_her_and_is_answered(walk, cast):
    desk = walk.desk
    # On a phone, without an account, without script: words first.
    walk.as_(None).see("/support/ask/?for=other")
    page = walk.send(
        "/support/ask/", 200, step="words", whom="other",
        words="My neighbour can't get out for her shopping since the fall",
    )  # fmt: skip
    assert "How do you know them?" in page
    assert "Do they know that you ask?" in page
    said = {
        "step": "send", "whom": "other", "client_key": key("a"), "called": "Mrs Holloway",
        "words": "My neighbour can't get out for her shopping since the fall",
        "postcode": "RM10 7FH", "asked_by_name": "Dev", "asked_by_reach": "07700 900456",
    }  # fmt: skip
    # Not saying how they know each other is asked for, and nothing typed is lost.
    page = walk.send("/support/ask/", 422, **said)
    assert "Choose how you know them." in page
    assert "Mrs Holloway" in page
    page = walk.send("/support/ask/", 200, **said, relation="neighbour", agreed="not_yet")
    made = Request.objects.get()
    assert made.reference in page  # acknowledged, with something to hold on to
    assert (made.relation, made.agreed, made.asked_by_name) == ("neighbour", "not_yet", "Dev")
    # Dev looks how far it got, with his own number; of her he learns nothing.
    page = walk.send("/support/status/", 200, ref=made.reference, known="07700 900456")
    assert made.reference in page
    # The officer sees who asked, and that she doesn't know yet; rings her before anything else.
    walk.as_(desk.officer)
    page = walk.see(f"/support/requests/{made.ref}/")
    assert "Dev" in page
    assert str(made.get_agreed_display()) in page
    walk.verb(
        made, "contact", **{
            "contact-client_key": key("b"), "contact-channel": "phone",
            "contact-direction": "out", "contact-outcome": "spoke",
            "contact-words": "She is glad he asked, and says yes.",
        },
    )  # fmt: skip
    walk.verb(made, "route")
    walk.as_(desk.organiser)
    walk.verb(made, "accept")
    page = walk.see(f"/support/requests/{made.ref}/")
    assert "She is glad he asked, and says yes." in page
    # In her log stands who opened it; Dev's words are hers to read, too.
    readers = set(Reading.objects.filter(subject=made.person).values_list("reader", flat=True))
    assert {desk.officer.pk, desk.organiser.pk} <= readers


def test_journey_3_by_telephone_leads_to_the_same(walk):
    desk = walk.desk
    walk.as_(desk.officer).send("/support/calls/", 302, came_by="phone")
    walk.send(
        walk.to, 302, **CALL, words="Her neighbour can't get out for shopping",
        called="Mrs Holloway", postcode="RM10 7FH", relation="neighbour", agreed="not_yet",
        asked_by_name="Dev", asked_by_reach="07700 900456",
    )  # fmt: skip
    made = Request.objects.get()
    assert (made.relation, made.agreed, made.asked_by_name, made.taken_by) == (
        "neighbour", "not_yet", "Dev", desk.officer,
    )  # fmt: skip


# --- 5. She rings once ---------------------------------------------------------------------------


def test_journey_5_she_tells_her_story_once(walk):
    """Safe call-back time, a letter, an interpreter; the line drops in between."""
    desk = walk.desk
    walk.as_(desk.officer).send("/support/calls/", 302, came_by="phone")
    call = walk.to
    told = {
        "called": "Shanaz Begum", "phone": "07700 900321", "postcode": "RM10 7FH",
        "address": "3 Dock Road", "language": "bn",
        "words": "My husband died in spring. I can't read the letters from the council.",
    }  # fmt: skip
    # The line drops: what was typed is there, also after the browser was closed.
    walk.client.post(call, CALL | told | {"then": "save"}, headers={"X-Part": "1"})
    walk.as_(desk.second_officer)
    assert "Shanaz" not in walk.see("/support/calls/")  # nobody else's draft
    walk.as_(desk.officer)
    assert "Shanaz Begum" in walk.see("/support/calls/")
    assert "I can't read the letters" in walk.see(call)
    walk.send(call, 302, **CALL | told)
    made = Request.objects.get()
    assert walk.to == f"/support/requests/{made.ref}/"
    page = walk.see(walk.to)
    assert "বাংলা" in page or "Bengali" in page  # find an interpreter
    # “Ring me on Tuesday at ten, when my son is out.”
    day = (now() + dt.timedelta(days=2)).date()
    walk.verb(
        made, "contact", **{
            "contact-client_key": key("c"), "contact-channel": "phone",
            "contact-direction": "in", "contact-outcome": "call_back",
            "contact-back_on": f"{day:%Y-%m-%d}", "contact-back_at": "10:00",
            "contact-words": "Her son is out then.",
        },
    )  # fmt: skip
    # A letter copy goes out.
    page = walk.see(f"/support/requests/{made.ref}/letter/")
    assert made.reference in page
    # On the day another officer rings back and knows all of it already.
    walk.as_(desk.second_officer)
    assert "Shanaz Begum" in walk.see("/support/contacts/")
    page = walk.see(f"/support/requests/{made.ref}/")
    assert "I can't read the letters" in page
    assert "Her son is out then." in page
    walk.verb(
        made, "contact", **{
            "contact-client_key": key("d"), "contact-channel": "phone",
            "contact-direction": "out", "contact-outcome": "spoke",
        },
    )  # fmt: skip
    assert not ContactAttempt.objects.filter(outcome="call_back", called_back_at=None).exists()
    assert Person.objects.filter(known_as="Shanaz Begum").count() == 1


# --- 10 and the long one: nobody answers ---------------------------------------------------------


def errand(walk, words="She needs her medicine"):
    """A request at the hub with a task that Bryn has taken, all through the pages."""
    desk = walk.desk
    walk.as_(desk.officer).send("/support/calls/", 302, came_by="phone")
    walk.send(
        walk.to, 302, **CALL, words=words, called="Maureen Tully", phone="07700 900001",
        postcode="RM10 7FH", address="14 Valence Avenue",
    )  # fmt: skip
    made = Request.objects.get()
    walk.verb(made, "route")
    walk.as_(desk.organiser)
    walk.verb(made, "accept")
    return made


def take(walk, made, bryn, letter):
    """One more task for Bryn; returns his page's address."""
    from doorstep.support.models import Assignment, Task

    walk.as_(walk.desk.organiser)
    walk.verb(
        made, "task", **{
            "task-client_key": key(letter), "task-kind": "other", "task-minutes": "30",
            "task-weeks": "0", "task-what": "Look in on her",
        },
    )  # fmt: skip
    task = Task.objects.filter(request=made, state="open").get()
    walk.send(f"/support/tasks/{task.ref}/", 302, volunteer=bryn.pk, do="give")
    return Assignment.objects.get(task=task).get_absolute_url()


def test_journey_10_no_answer_reaches_the_organiser_by_rule(walk):
    desk = walk.desk
    made = errand(walk)
    person = PersonFactory(known_as="Bryn", home=desk.borough.ward)
    bryn = volunteer_for(person, *PLAIN)
    for number, letter in enumerate("efg"):
        page = take(walk, made, bryn, letter)
        walk.as_(person)
        assert "14 Valence Avenue" in walk.see(page)
        # What to do is one press, and says so before it is pressed.
        walk.send(page, 302, do="not_done", why="no_answer", key=key(letter) + str(number))
        assert "Valence" not in walk.see(page)  # and with it the address is gone
        knocks = Notice.objects.filter(person=desk.organiser, kind="support-knock")
        if number < 2:
            assert not knocks.exists()
    # Three doors nobody opened: the organiser hears by name of nobody, and finds her on the list.
    notice = Notice.objects.get(person=desk.organiser, kind="support-knock")
    assert "Maureen" not in f"{notice.title} {notice.body}"
    walk.as_(desk.organiser)
    assert "Maureen Tully" in walk.see("/support/contacts/")
    # The volunteer never sees that list, and nobody of another patch sees her on theirs.
    walk.as_(person).see("/support/contacts/", 403)
    walk.as_(desk.far_organiser)
    assert "Maureen" not in walk.see("/support/contacts/")


def test_long_journey_2_nobody_answers_until_somebody_looks(walk):
    desk = walk.desk
    lead = PersonFactory(known_as="Lead", home=desk.borough.ward)
    RoleHolding.objects.create(
        person=lead, role=RoleHolding.Role.SAFEGUARDING, area=desk.borough.borough
    )
    made = errand(walk)
    # Somebody who always answers: spoken to three times.
    for number in range(3):
        attempt(walk, made, "spoke", f"h{number}")
    assert Reach.objects.get().state == "fine"
    # Then an unusual silence: two are enough.
    attempt(walk, made, "no_answer", "i1")
    assert Reach.objects.get().state == "trying"
    attempt(walk, made, "message", "i2")
    reach = Reach.objects.get()
    assert reach.state == "check"
    # The hub nearest is asked to knock, nobody else; the address is on the hub's own page.
    asked = Notice.objects.filter(kind="support-knock").values_list("person", flat=True)
    assert list(asked) == [desk.organiser.pk]
    walk.as_(desk.organiser)
    page = walk.see(f"/support/contacts/?open={reach.pk}")
    assert "14 Valence Avenue" in page
    # At the door: a note of what was found, and a worry that leads straight on, about her.
    walk.send(
        "/support/contacts/", 302, reach=reach.pk, client_key=key("k"), channel="visit",
        direction="out", outcome="seen_worry", words="Cold inside. Bruises on her arm.",
    )  # fmt: skip
    assert "/worried/?about=" in walk.to
    page = walk.see(walk.to)
    assert "Maureen Tully" in page
    about = re.search(r'name="about" value="([^"]+)"', page)[1]
    page = walk.send(
        "/worried/", 200, about=about, client_key=key("l"), urgency="today",
        about_words="Maureen Tully", what="Cold inside, and bruises she would not speak of.",
    )  # fmt: skip
    alert = Alert.objects.get()
    assert alert.about == made.person
    # In one place for the lead, and in none of the wrong hands.
    walk.as_(lead)
    assert "Maureen Tully" in walk.see(alert.get_absolute_url())
    for other in (desk.far_organiser, desk.officer, desk.second_officer):
        walk.as_(other).see(alert.get_absolute_url(), 404)
    # What was found at the door is on the request, for the hub and the borough only.
    walk.as_(desk.organiser)
    assert "Cold inside. Bruises on her arm." in walk.see(f"/support/requests/{made.ref}/")
    walk.as_(desk.far_organiser).see(f"/support/requests/{made.ref}/", 404)
    # The worry itself is on no page of the desk.
    assert "would not speak of" not in walk.as_(desk.officer).see(f"/support/requests/{made.ref}/")
    assert not [one for one in Notice.objects.all() if "Maureen" in one.title]


def attempt(walk, made, outcome, name):
    walk.as_(walk.desk.organiser)
    walk.verb(
        made, "contact", **{
            "contact-client_key": f"attempt-{name}-000", "contact-channel": "phone",
            "contact-direction": "out", "contact-outcome": outcome,
        },
    )  # fmt: skip


# --- 14. Overloaded ------------------------------------------------------------------------------


def test_journey_14_an_overloaded_hub_hands_over_and_nothing_is_ownerless(walk):
    desk = walk.desk
    made = errand(walk)
    # Both drivers are ill: over to the next hub, with the reason.
    walk.as_(desk.organiser)
    over = {"over-to": desk.borough.far_locality.pk, "over-words": "Both drivers are ill"}
    walk.verb(made, "hand-over", **over)
    walk.see(f"/support/requests/{made.ref}/", 404)  # it is not theirs any more
    assert Notice.objects.filter(person=desk.far_organiser, kind="support-waits").exists()
    # They can't either: without a reason that isn't taken, with one it is the borough's at once.
    walk.as_(desk.far_organiser)
    assert "Both drivers are ill" in walk.see(f"/support/requests/{made.ref}/")
    walk.send(f"/support/requests/{made.ref}/decline/", 422, **{"decline-words": ""})
    walk.verb(made, "decline", **{"decline-words": "We have nobody for medicine."})
    made.refresh_from_db()
    assert (made.state, made.due_at is not None) == ("new", True)
    walk.as_(desk.officer)
    assert "We have nobody for medicine." in walk.see(f"/support/requests/{made.ref}/")
    # Sent again, and left lying: the clock brings it back, and says so.
    walk.verb(made, "route")
    assert working.climb(now() + 400 * HOUR) == 1
    made.refresh_from_db()
    assert (made.state, made.climbs) == ("new", 1)
    # The next shift has all of it on paper.
    page = walk.see("/support/desk/handover/")
    assert made.reference in page
    kinds = list(RequestStep.objects.filter(request=made).values_list("kind", flat=True))
    for kind in ("handed_over", "declined", "climbed"):
        assert kind in kinds


# --- 15. A live call -----------------------------------------------------------------------------


def test_journey_15_one_call_one_screen_one_person(walk):
    desk = walk.desk
    from doorstep.people.merging import matching

    known = PersonFactory(
        known_as="Maureen", full_name="Maureen Tully", phone="+447700900001",
        home=desk.borough.ward, account=False,
    )  # fmt: skip
    matching.tick()
    walk.as_(desk.officer).send("/support/calls/", 302, came_by="phone")
    call = walk.to
    typed = CALL | {
        "words": "She needs bread and her tablets", "called": "Maureen Tully",
        "phone": "07700 900001", "postcode": "RM10 7FH",
    }  # fmt: skip
    beside = walk.client.post(call, typed | {"then": "save"}, headers={"X-Part": "1"})
    beside = beside.content.decode()
    # While she talks: who it may be and why, where it goes, what it sounds like.
    assert f'value="{known.handle}"' in beside
    assert "the hub of Riverside" in beside
    assert "It sounds like" in beside
    walk.send(call, 302, **typed, person=known.handle, kinds=["shopping", "prescription"])
    made = Request.objects.get()
    assert made.person == known
    assert Person.objects.filter(known_as__startswith="Maureen").count() == 1
    # The reference is read out, and it is triaged and sent in one press.
    page = walk.see(f"/support/requests/{made.ref}/")
    assert made.reference in page
    walk.send(
        f"/support/requests/{made.ref}/triage/", 302, version=made.version, gist="Bread, tablets",
        priority="2", kinds=["shopping"], postcode="RM10 7FH",
        locality=desk.borough.locality.pk, language="en-gb", then="route",
    )  # fmt: skip
    made.refresh_from_db()
    assert (made.state, made.priority, made.gist) == ("hub", 2, "Bread, tablets")
    assert Notice.objects.filter(person=desk.organiser, kind="support-waits").exists()


# --- 16. A list to be rung -----------------------------------------------------------------------


def test_journey_16_everybody_on_the_list_is_reached_or_named(walk):
    desk = walk.desk
    walk.as_(desk.officer)
    lines = "name,phone,postcode\n" + "".join(
        f"Person {n},0770090000{n},RM10 7FH\n" for n in range(1, 5)
    )
    lines += "No Number,,RM10 7FH\n"
    walk.send(
        "/support/outreach/", 302, client_key=key("m"), name="Winter",
        script="Ask whether the heating works.",
        file=SimpleUploadedFile("winter.csv", lines.encode("cp1252")),
    )  # fmt: skip
    page = walk.to
    reading.tick()
    assert "Winter" in walk.see(page)
    outcomes = ["spoke", "refused", "wrong", "need"]
    for number, outcome in enumerate(outcomes):
        held = re.search(r'name="row" value="(\d+)"', walk.see(f"{page}ring/"))[1]
        assert "Ask whether the heating works." in walk.page
        said = {"row": held, "client_key": key("n") + str(number)}
        if outcome == "need":
            walk.send(f"{page}ring/", 302, **said, then="need", words="No heating since Monday")
        else:
            walk.send(f"{page}ring/", 302, **said, outcome=outcome)
    # Whoever needs something became a call with all of it typed already.
    call = walk.to
    assert "No heating since Monday" in walk.see(call)
    walk.send(call, 302, **CALL | {"came_by": "outreach"}, words="No heating since Monday",
              called="Person 4", phone="07700 900004", postcode="RM10 7FH")  # fmt: skip
    assert Request.objects.get().came_by == "outreach"
    # Nobody disappears behind a wrong number: they are named on the list's page.
    states = dict(OutreachRow.objects.values_list("name", "state"))
    assert states == {
        "Person 1": "done", "Person 2": "refused", "Person 3": "wrong", "Person 4": "done",
        "No Number": "unusable",
    }  # fmt: skip
    assert "Person 3" in walk.see(page)
    assert "No Number" in walk.page
    # The right number is found: they are rung again.
    lost = OutreachRow.objects.get(number=3)
    walk.send(page, 302, then="again", row=lost.pk, phone="07700 900333")
    held = re.search(r'name="row" value="(\d+)"', walk.see(f"{page}ring/"))[1]
    assert int(held) == lost.pk
    walk.send(f"{page}ring/", 302, row=held, client_key=key("p"), outcome="spoke")
    lost.refresh_from_db()
    assert (lost.state, lost.phone) == ("done", "+447700900333")
    # An organiser of another patch sees none of these people.
    walk.as_(desk.far_organiser).see(page, 404)
