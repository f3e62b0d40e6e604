"""Journeys 7, 18 and 22, walked through the pages: somebody with a skill who comes to give, months
alongside somebody, and an organisation that takes a referral knowingly."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.core import mail

from doorstep.base.time import today
from doorstep.connect.models import FirstStep, Referral, Relationship
from doorstep.connect.tests.factories import catalyst, lead, organisation, relationship
from doorstep.gatherings.models import Gathering, Welcome
from doorstep.gatherings.tests.factories import plan
from doorstep.notices.models import Notice
from doorstep.people.models import Person, Reading
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
AT = dt.datetime.now(tz=dt.UTC)


class Walk:
    """The same browser in different hands; a form is sent as it is offered, with what is said."""

    def __init__(self, client):
        self.client = client

    def as_(self, person):
        self.client.logout()
        if person is not None:
            self.client.force_login(Person.objects.get(pk=person.pk).account)
        return self

    def see(self, url, status=200):
        answer = self.client.get(url)
        assert answer.status_code == status, (url, answer.status_code)
        self.context = answer.context
        self.page = unescape(answer.content.decode())
        return self.page

    def fill(self, url, status=302, form="form", **said):
        """Open the page, and send its form with what stands in it and what is said."""
        self.see(url)
        offered = self.context[form]
        data = {}
        for name in offered.fields:
            value = offered[name].value()
            if value not in (None, ""):
                data[offered.add_prefix(name)] = value
        answer = self.client.post(url, {**data, **said})
        self.to = answer.headers.get("Location", "")
        self.page = unescape(answer.content.decode())
        assert answer.status_code == status, self.page[:3000]
        return self.page


@pytest.fixture
def walk(client, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    return Walk(client)


@pytest.fixture
def company(borough):
    return organisation()


# --- 7. She used to sew, and a year on she hosts ----------------------------------------------


def test_journey_7_somebody_who_was_helped_gives_and_it_shows(walk, cast, borough, company):
    carys = catalyst(company)
    row = relationship(company, carys, person=cast.amina, at=AT - dt.timedelta(days=40))
    holly = PersonFactory(known_as="Holly", home=borough.ward)
    sewing = plan(holly, area=borough.ward, title="Sewing on Tuesdays")
    here = row.get_absolute_url()

    # What she can give is written down beside what matters, in her words.
    walk.as_(carys).fill(f"{here}matter/", kind="matter", words="I used to sew for the theatre.")
    walk.fill(f"{here}matter/", kind="gift", words="I can teach anybody to put in a zip.")
    page = walk.see(here)
    assert "I can teach anybody to put in a zip." in page
    assert "What they give now" not in page

    # She is expected: a greeter is there, the way is sorted out.
    walk.see(f"{here}first-step/")
    place = walk.context["form"].fields["place"].choices[0][0]
    gift = row.matters.get(kind="gift").ref
    walk.fill(f"{here}first-step/", place=place, matter=gift, travel="Dev collects her at ten")
    welcome = Welcome.objects.get()
    assert welcome.place.session.gathering == sewing
    step = FirstStep.objects.get()
    walk.fill(f"{here}called/?about={step.pk}", state="went", words="They asked me to come again.")
    assert "They asked me to come again." in walk.see(here)

    # She reads the same herself, and says anew what she can give.
    walk.as_(cast.amina)
    page = walk.see("/connect/mine/")
    assert "I can teach anybody to put in a zip." in page
    assert "Sewing on Tuesdays" in page

    # A year on she hosts, through the same page as everybody.
    day = today() + dt.timedelta(days=9)
    walk.fill(
        "/whats-on/start/", title="Mending evening", description="Bring what is torn.",
        day=day.isoformat(), clock="18:30", duration_minutes="90", dial_in="020 7946 0123",
        cost="Free", guests_each="1",
    )  # fmt: skip
    assert Gathering.objects.get(title="Mending evening").host == cast.amina
    page = walk.as_(carys).see(here)
    assert "What they give now" in page
    assert "Hosts Mending evening" in page
    # And she reads it of herself.
    assert "Hosts Mending evening" in walk.as_(cast.amina).see("/connect/mine/")


# --- 18. Months alongside: her words, what she wants, who is around her -----------------------


def test_journey_18_months_alongside_what_matters_is_there_in_her_words(walk, cast, company):
    carys, colleague = catalyst(company), catalyst(company, "Dilys")
    chief = lead(company)
    row = relationship(company, carys, person=cast.amina, at=AT - dt.timedelta(days=90))
    here = row.get_absolute_url()

    # On the bus: a few words spoken into the phone, kept as a draft; finished at the desk.
    walk.as_(carys).fill(f"{here}talk/", words="she said the nights are long")
    draft = row.conversations.get()
    assert draft.final_at is None
    assert "the nights are long" not in walk.as_(colleague).see(here, 404)
    walk.as_(carys).fill(
        f"{here}draft/?about={draft.pk}",
        words="She said the nights are long.", readers="person", is_final="yes",
    )  # fmt: skip
    draft.refresh_from_db()
    assert draft.final_at is not None

    # What matters, in her words; said anew it keeps what stood there.
    walk.fill(f"{here}matter/", kind="matter", words="I want my sister back.")
    walk.fill(f"{here}matter/", kind="barrier", words="I can't do stairs any more.")
    matter = row.matters.get(kind="matter")
    walk.fill(f"{here}say/?about={matter.ref}", words="I want to ring my sister on Sundays.")
    page = walk.see(here)
    assert page.index("I want to ring my sister on Sundays.") < page.index("I want my sister back.")

    # Who is around her: drawn, and the same in a table.
    walk.fill(
        f"{here}circle/", name="Her sister Bridie", does="rings on Sundays", near="1",
        said="You can put Bridie down.",
    )  # fmt: skip
    page = walk.see(here)
    assert page.count("Her sister") >= 2
    assert "<svg" in page
    # The next small step; by the lead's page it shows as overdue once its day has gone.
    on = today() + dt.timedelta(days=2)
    walk.fill(f"{here}next/", words="Ring Bridie with her.", whose="together", on=on.isoformat())
    Relationship.objects.filter(pk=row.pk).update(next_on=today() - dt.timedelta(days=1))

    # A colleague is asked in and reads what is meant for both; each opening is in her log.
    walk.fill(f"{here}join/", **{_only(walk, f"{here}join/"): colleague.handle})
    page = walk.as_(colleague).see(here)
    assert "She said the nights are long." in page
    assert Reading.objects.filter(subject=cast.amina, reader=colleague).exists()

    # The lead sees who has whom and what is overdue; not a word of it.
    page = walk.as_(chief).see("/connect/")
    assert cast.amina.known_as in page
    assert "nights" not in page
    assert "Bridie" not in page
    walk.see(here, 404)

    # She reads her own page, on screen and in large print, and takes somebody out.
    page = walk.as_(cast.amina).see("/connect/mine/")
    assert "I want to ring my sister on Sundays." in page
    assert "She said the nights are long." in page
    # What she may answer herself is told apart by its name.
    assert page.count("Three questions about feeling connected (UCLA) (") == 1
    letter = walk.see("/connect/mine/paper/")
    assert "Her sister Bridie" in letter


def _only(walk, url):
    """The name of the form's one field beside its key."""
    walk.see(url)
    return next(name for name in walk.context["form"].fields if name != "client_key")


# --- 22. A referral comes by e-mail to somebody without an account ------------------------------


def link_in(letter):
    return re.search(r"/connect/link/\S+", letter.body)[0]


def test_journey_22_a_referral_is_taken_knowingly_by_email_alone(
    walk, cast, borough, company, django_capture_on_commit_callbacks
):
    def send(url, **said):
        with django_capture_on_commit_callbacks(execute=True):
            return walk.client.post(url, said)

    catalyst(company)
    # A neighbour proposes her, with her yes, and what they hope.
    walk.as_(cast.dev)
    walk.see("/connect/refer/")
    key = walk.context["form"]["client_key"].initial
    answer = send(
        "/connect/refer/", client_key=key, organisation=company.pk, source="neighbour",
        name="Maureen Duffy", reach="07700 900123", hopes="Company on Sundays",
        is_agreed="yes", agreed_words="If they're nice.",
    )  # fmt: skip
    assert answer.status_code == 302
    row = Referral.objects.get()

    # The organisation reads what is asked of it, and fit and room, before it knows who.
    walk.as_(None)
    letter = mail.outbox[-1]
    assert letter.to == ["desk@example.org"]
    page = walk.see(link_in(letter))
    assert "Company on Sundays" in page
    assert "Maureen" not in page
    # A question first, answered by the sender; the old link is dead.
    old = link_in(letter)
    assert send(old, answer="ask").status_code == 422
    assert send(old, answer="ask", words="Does she manage stairs?").status_code == 302
    walk.as_(cast.dev)
    assert "Does she manage stairs?" in walk.see(row.get_absolute_url())
    send(row.get_absolute_url(), what="reply", words="With a rail, yes.")
    walk.as_(None).see(old, 410)
    new = link_in(mail.outbox[-1])
    assert "With a rail, yes." in walk.see(new)
    # No needs a reason, and the sender hears it.
    assert send(new, answer="decline").status_code == 422
    assert send(new, answer="decline", why="full", words="Try us in March.").status_code == 302
    page = walk.as_(cast.dev).see(row.get_absolute_url())
    assert "Try us in March." in page
    assert Notice.objects.filter(person=cast.dev, kind="connect-referral").count() >= 2

    # Sent to another one, which accepts and only then reads who she is.
    second = organisation("Kettle House")
    catalyst(second, "Kit")
    walk.see("/connect/refer/")
    key = walk.context["form"]["client_key"].initial
    send(
        "/connect/refer/", client_key=key, organisation=second.pk, source="neighbour",
        name="Maureen Duffy", reach="07700 900123", hopes="Company on Sundays",
        is_agreed="yes", agreed_words="If they're nice.",
    )  # fmt: skip
    url = link_in(mail.outbox[-1])
    walk.as_(None).see(url)
    with django_capture_on_commit_callbacks(execute=True):
        page = unescape(walk.client.post(url, {"answer": "accept"}, follow=True).content.decode())
    assert "Maureen Duffy" in page
    assert "07700 900123" in page or "+447700900123" in page.replace(" ", "")
    taken = Referral.objects.get(organisation=second)
    assert taken.state == "waiting"
    assert "accepted" in walk.as_(cast.dev).see(taken.get_absolute_url()).casefold()
