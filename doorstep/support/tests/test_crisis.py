"""The crisis switch: on by the borough's lead, short questions, straight to hubs, and off again."""

import pytest

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.models import Person
from doorstep.support.crisis import actions, banner, rules
from doorstep.support.models import Request, Surge
from doorstep.support.requests import working
from doorstep.support.tests.desk import afresh, at_hub, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(borough):
    return make_desk(borough)


def _on(desk, **more):
    given = {"name": "The flood", "banner": "Stay away from the water."} | more
    return actions.switch_on(by=afresh(desk.officer), at=now(), **given)


def test_only_the_boroughs_lead_flips_the_switch_and_only_once(desk):
    with pytest.raises(actions.NotYours):
        actions.switch_on(by=afresh(desk.organiser), at=now(), name="x", banner="y")
    _on(desk)
    with pytest.raises(actions.Already):
        _on(desk)
    assert Notice.objects.filter(person=desk.organiser, kind="support-crisis").count() == 1


def test_in_a_crisis_the_questions_are_short_and_it_goes_straight_to_the_hub(desk, client):
    _on(desk)
    page = client.post("/support/ask/", {"step": "words", "words": "Sandbags", "whom": "me"})
    text = page.content.decode()
    assert 'name="kinds"' not in text
    assert 'name="address"' not in text
    client.post("/support/ask/", {"step": "send", "words": "Sandbags", "whom": "me",
                "called": "Ada", "phone": "07700900123", "postcode": "RM10 7FH",
                "client_key": "c" * 20})  # fmt: skip
    assert Request.objects.get().state == "hub"


def test_a_full_hub_gets_no_more_the_borough_keeps_it(desk, monkeypatch):
    surge = _on(desk, hub_holds=1)
    for _number in range(2):
        at_hub(desk)
    assert not rules.hub_holds(desk.borough.locality, surge)


def test_the_banner_is_on_every_page_while_it_is_on(desk, client, monkeypatch):
    monkeypatch.setattr(banner, "watches", lambda: True)
    banner.forget()
    assert b"Stay away" not in client.get("/support/ask/").content
    surge = _on(desk)
    banner.forget()
    assert b"Stay away" in client.get("/support/status/").content
    actions.stand_down(surge, by=afresh(desk.officer), at=now())
    banner.forget()
    assert b"Stay away" not in client.get("/support/status/").content
    banner.forget()


def test_standing_down_closes_what_is_done_and_lets_the_rest_go_on(desk):
    surge = _on(desk)
    done, rest = at_hub(desk), at_hub(desk)
    task = working.add_task(done, by=desk.organiser, at=now(), kind="shopping")
    type(task).objects.filter(pk=task.pk).update(state="done", ended_at=now())
    ended = actions.stand_down(surge, by=afresh(desk.officer), at=now(), thanks="Thank you all.")
    for one in (done, rest):
        one.refresh_from_db()
    assert (done.state, rest.state) == ("done", "hub")
    assert (ended.closed, ended.converted) == (1, 1)
    assert actions.stand_down(surge, by=afresh(desk.officer), at=now()).closed == 1


def test_a_drill_tells_nobody_outside_and_leaves_nothing_behind(desk, client):
    before = Person.objects.count()
    surge = _on(desk, is_drill=True)
    assert rules.current() is None
    assert actions.made_up_calls(surge, by=afresh(desk.officer), at=now(), many=7) == 7
    made = Request.objects.filter(is_drill=True).first()
    working.route(made, by=desk.officer, at=now())
    assert not Notice.objects.filter(kind="support-waits").exists()
    client.force_login(desk.officer.account)
    assert "Drill" in client.get("/support/desk/").content.decode()
    ended = actions.stand_down(surge, by=afresh(desk.officer), at=now())
    assert (ended.closed, Request.objects.count(), Person.objects.count()) == (7, 0, before)
    assert Surge.objects.get().is_drill


def test_the_same_form_again_never_sends_on_what_a_hub_gave_back(desk, client):
    _on(desk)
    form = {"step": "send", "words": "Sandbags", "whom": "me", "called": "Ada",
            "phone": "07700900123", "postcode": "RM10 7FH", "client_key": "d" * 20}  # fmt: skip
    client.post("/support/ask/", form)
    made = Request.objects.get()
    working.decline(made, by=desk.organiser, at=now(), words="No boat")
    assert client.post("/support/ask/", form).status_code == 200
    assert Request.objects.get().state == "new"


def test_of_two_who_send_one_form_at_once_neither_meets_an_error(desk, monkeypatch):
    surge = _on(desk)
    made = working.ask(words="Sandbags", at=now(), client_key="e" * 20, postcode="RM10 7FH")
    late = Request.objects.get()
    rules.send_on(made, at=now())
    rules.send_on(late, at=now())
    assert (surge.name, late.state) == ("The flood", "hub")
    assert late.steps.filter(kind="routed").count() == 1


def test_a_drill_has_a_button_of_its_own_and_the_public_hears_nothing(desk, client):
    client.force_login(desk.officer.account)
    words = {"name": "The flood", "banner": "Stay dry.", "hub_holds": "400"}
    page = client.get("/support/crisis/").content.decode()
    assert "Begin a drill" in page
    assert "Switch it on for everybody" in page
    client.post("/support/crisis/", words | {"then": "drill"})
    assert Surge.objects.get().is_drill
    page = client.get("/support/crisis/").content.decode()
    assert "Begin a drill" not in page
    client.post("/support/crisis/", words | {"then": "on", "is_drill": "on"})
    assert sorted(Surge.objects.values_list("is_drill", flat=True)) == [False, True]


def test_in_a_crisis_a_call_asks_first_what_every_call_needs(desk, client):
    client.force_login(desk.officer.account)
    _on(desk)
    to = client.post("/support/calls/", {"came_by": "phone"}).headers["Location"]
    assert "<summary" in client.get(to).content.decode().split("What would help?")[1]
    answer = client.post(to, {"then": "send", "words": "Milk", "priority": "3",
                              "relation": "neighbour"})  # fmt: skip
    assert answer.status_code == 422
    assert '<details class="more" open' in answer.content.decode().split("What would help?")[1]
