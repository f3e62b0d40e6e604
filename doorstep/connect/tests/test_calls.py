"""A call: it names nobody, goes in waves to those who fit, and comes back as help."""

import datetime as dt

import pytest
from django.core import mail
from django.utils import timezone

from doorstep.base.time import now
from doorstep.connect import links
from doorstep.connect.calls import actions, index, rules
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.calls.ranking import rank
from doorstep.connect.tests.factories import catalyst, organisation, relationship
from doorstep.notices.models import Notice
from doorstep.organisations.models import Offer, Position
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
WORDS = "A woman in her seventies would like to sew with other people. A lift there would help."
YES = "You can ask, if you don't say it's me."


@pytest.fixture(autouse=True)
def _afresh(settings, tmp_path):
    settings.DATA = tmp_path
    index.forget()
    yield
    index.forget()


@pytest.fixture
def world(cast):
    """Carys walks alongside Maureen; two organisations and two neighbours offer something."""

    class World:
        pass

    w = World()
    w.at = now()
    w.org = organisation()
    w.carys = catalyst(w.org)
    w.person = PersonFactory(known_as="Maureen Duffy", phone="+447700900123", home=cast.amina.home)
    w.row = relationship(w.org, w.carys, person=w.person, at=w.at - 30 * DAY)
    w.sewing = organisation("Needle House")
    w.offer = Offer.objects.create(
        organisation=w.sewing, what="Sewing together on Tuesdays", answer_email="sew@example.org"
    )
    w.lifts = organisation("Wheels")
    w.lift = Offer.objects.create(organisation=w.lifts, what="A lift to a group and back")
    w.olu = PersonFactory(known_as="Olu", home=cast.amina.home, can_share="I sew, and have a car.")
    return w


def call_of(w, words=WORDS, **more):
    return actions.write(w.row, by=w.carys, at=w.at, words=words, agreed_words=YES, **more)


def ready(w, **more):
    """A call whose words are decided and that goes to all who fit."""
    call = call_of(w, **more)
    actions.decide(call, by=w.carys, at=w.at, decisions=[("take", "")] * len(call.marks))
    fits = rank(call, call.words, w.carys, at=w.at)
    actions.choose(call, by=w.carys, at=w.at, fits=fits)
    return call


def sent(w, **more):
    call = ready(w, **more)
    actions.send_out(call, by=w.carys, at=w.at)
    return Call.objects.get(pk=call.pk)


def link(ask):
    ask.refresh_from_db()
    return f"/connect/link/{links.token_for('call', ask.code, ask.link_number)}/"


def test_the_whole_way_on_screens(client, world, django_capture_on_commit_callbacks):
    w = world
    client.force_login(w.carys.account)
    page = client.get(f"/connect/calls/for/{w.row.ref}/")
    answer = client.post(
        f"/connect/calls/for/{w.row.ref}/",
        {
            "client_key": page.context["form"]["client_key"].initial,
            "words": "Maureen would like to sew with others. Ring her on 07700 900123.",
            "near": page.context["form"]["near"].initial,
            "agreed_words": YES,
            "wave_size": "2",
            "wave_days": "3",
        },
    )
    call = Call.objects.get()
    assert answer.status_code == 302
    page = client.get(call.get_absolute_url())
    marks = [call.written[m["start"] : m["end"]] for m in call.marks]
    assert "Maureen" in marks
    assert any("07700" in mark for mark in marks)
    # Undecided: nothing goes on.
    data = {"version": str(call.version)}
    assert client.post(f"{call.get_absolute_url()}?do=marks", data).status_code == 422
    for number, mark in enumerate(marks, 1):
        data[f"do_{number}"] = "say" if mark == "Maureen" else "take"
        data[f"say_{number}"] = "A neighbour" if mark == "Maureen" else ""
    assert client.post(f"{call.get_absolute_url()}?do=marks", data).status_code == 302
    page = client.get(call.get_absolute_url()).content.decode()
    assert "Whom shall we ask?" in page
    assert "Needle House" in page
    assert "900123" not in page
    keys = [f"offer:{w.offer.pk}", f"person:{w.olu.pk}"]
    assert client.post(f"{call.get_absolute_url()}?do=whom", {"whom": []}).status_code == 422
    client.post(f"{call.get_absolute_url()}?do=whom", {"whom": keys})
    page = client.get(call.get_absolute_url()).content.decode()
    assert "word for word" in page
    call.refresh_from_db()
    assert client.post(call.get_absolute_url(), {"version": call.version}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        client.post(call.get_absolute_url(), {"version": call.version, "looked": "yes"})
    call.refresh_from_db()
    assert (call.state, call.written, call.marks) == ("out", "", None)
    assert call.asks.sent().count() == 2
    assert "Maureen" not in mail.outbox[-1].body
    assert client.get(call.get_absolute_url()).status_code == 200
    # The neighbour is told, and answers.
    assert Notice.objects.filter(person=w.olu, kind="connect-call").count() == 1
    ask = call.asks.get(person=w.olu)
    client.force_login(w.olu.account)
    page = client.get(ask.get_absolute_url()).content.decode()
    assert "A neighbour would like to sew" in page
    assert "Maureen" not in page
    client.post(ask.get_absolute_url(), {"answer": "yes", "name": "Olu", "reach": "07700 900555"})
    ask.refresh_from_db()
    assert (ask.answer, ask.answered_by) == ("yes", w.olu)
    assert Notice.objects.filter(person=w.carys, title__contains="said yes").exists()
    # Brought together: both know now.
    client.force_login(w.carys.account)
    where = f"{call.get_absolute_url()}?do=introduce&about={ask.code}"
    form = client.get(where).context["form"]
    client.post(
        where,
        {
            "client_key": form["client_key"].initial,
            "name": "Maureen",
            "reach": "07700 900123, mornings",
            "agreed_words": "Yes, Olu can ring.",
        },
    )
    client.force_login(w.olu.account)
    assert "07700 900123, mornings" in client.get(ask.get_absolute_url()).content.decode()
    client.force_login(w.person.account)
    assert "07700 900555" in client.get("/connect/mine/").content.decode()
    client.force_login(w.carys.account)
    where = f"{call.get_absolute_url()}?do=close"
    form = client.get(where).context["form"]
    client.post(where, {"client_key": form["client_key"].initial, "what": "happened"})
    call.refresh_from_db()
    assert call.state == "closed"
    assert client.get(call.get_absolute_url()).status_code == 200
    assert timezone.is_aware(call.ended_at)
    assert CallAsk.objects.filter(call=call).exists()
    assert rules.introduction_stands(CallAsk.objects.get(pk=ask.pk), now())
    assert Position.objects.count() == 0
