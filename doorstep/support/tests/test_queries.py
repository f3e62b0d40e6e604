"""Pages of the desk and of volunteers: a handful of queries, however long the lists.

Counted as in life: localities and postcodes are known for a minute. Three of them are the frame's:
the session with its account, the roles, and the line in the read log where a page writes one.
"""

import datetime as dt

import pytest

from doorstep.base import remembering
from doorstep.base.time import now
from doorstep.notices import safe
from doorstep.notices.models import Channel
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.matching import ranking
from doorstep.support.models import ContactAttempt, Looking, Reach, Repeat, Standby
from doorstep.support.requests import forms, working
from doorstep.support.tasks import actions as tasks
from doorstep.support.tests.desk import HOUR, afresh, ask, at_hub, make_desk
from doorstep.support.tests.helping import ALL, request_for, task_of, volunteer_for, world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_in_life(monkeypatch):
    """Keep what a process keeps for a minute, and forget it afterwards."""
    monkeypatch.setattr(remembering, "holds", lambda: True)
    known = (forms.localities, ranking.postcode_spots)
    for one in known:
        one.forget()
    yield
    for one in known:
        one.forget()


def _asked(client, path, most, django_assert_max_num_queries):
    client.get(path)  # warm: what is kept for a minute is there
    with django_assert_max_num_queries(most):
        answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_desk(rows, borough, client, django_assert_max_num_queries):
    desk = make_desk(borough)
    for _number in range(rows):
        ask(desk)
    client.force_login(desk.officer.account)
    page = _asked(client, "/support/desk/?q=new", 8, django_assert_max_num_queries)
    assert page.count('class="desk-box"') == rows
    _asked(client, "/support/desk/now/?q=new", 7, django_assert_max_num_queries)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_request(rows, borough, client, django_assert_max_num_queries):
    desk = make_desk(borough)
    made = ask(desk)
    for number in range(rows):
        working.add_task(made, by=desk.officer, at=now(), kind="shopping")
        working.note(made, by=desk.officer, at=now(), words=f"Note {number}")
        ask(desk, person=made.person)
    client.force_login(desk.officer.account)
    page = _asked(client, made.get_absolute_url(), 7, django_assert_max_num_queries)
    assert page.count("<strong>Note</strong>") == rows
    assert page.count("Also asked for") == 1
    # One more each where there is something rare: what comes again, rules, somebody else here.
    working.repeat(
        made, by=desk.officer, at=now(), kind="shopping", weekday=3,
        from_time=dt.time(9), to_time=dt.time(11),
    )  # fmt: skip
    safe.set_rules(made.person, by=desk.officer, at=now(), forbidden=[Channel.TEXT], windows=[])
    Looking.objects.create(request=made, person=desk.second_officer, seen_at=now())
    page = _asked(client, made.get_absolute_url(), 10, django_assert_max_num_queries)
    assert "Second Officer has this open too" in page


def test_what_is_open_comes_first_with_what_else_they_asked_for(borough, client):
    desk = make_desk(borough)
    made = ask(desk)
    old = ask(desk, person=made.person, words="The old one", at=now() - HOUR)
    over = ask(desk, person=made.person, words="The one that ended")
    working.close(over, by=desk.officer, at=now(), outcome="not_needed")
    client.force_login(desk.officer.account)
    page = client.get(made.get_absolute_url())
    assert [row.pk for row in page.context["others"]] == [old.pk, over.pk]


def test_a_request_still_tells_what_comes_again_and_who_cannot_be_reached(borough, client):
    desk = make_desk(borough)
    made = ask(desk)
    client.force_login(desk.officer.account)
    assert "Somebody should knock" not in client.get(made.get_absolute_url()).content.decode()
    Reach.objects.create(person=made.person, state=Reach.State.CHECK, due_at=now())
    nine, eleven = dt.time(9), dt.time(11)
    working.repeat(
        made, by=desk.officer, at=now(), kind="shopping", weekday=3, from_time=nine, to_time=eleven
    )
    page = client.get(made.get_absolute_url()).content.decode()
    assert "Somebody should knock" in page
    assert "No more of these" in page
    Repeat.objects.update(next_on=None)
    assert "No more of these" not in client.get(made.get_absolute_url()).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_pack_for_the_next_shift(rows, borough, client, django_assert_max_num_queries):
    desk = make_desk(borough)
    for number in range(rows):
        made = at_hub(desk, priority=1)
        working.note(made, by=desk.organiser, at=now(), words=f"Note {number}")
        ContactAttempt.objects.create(
            person=made.person, request=made, by=desk.organiser, outcome="call_back",
            call_back_at=now() + HOUR, at=now(),
        )  # fmt: skip
        Reach.objects.create(
            person=made.person, state=Reach.State.CHECK, due_at=now(), locality=borough.locality
        )
    client.force_login(desk.organiser.account)
    page = _asked(client, "/support/desk/handover/", 8, django_assert_max_num_queries)
    assert page.count('class="whole"') == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_volunteers(rows, borough, client, django_assert_max_num_queries):
    w = world(borough)
    for _number in range(rows):
        volunteer_for(PersonFactory(home=w.borough.ward), *ALL)
    client.force_login(w.kwame.account)
    _asked(client, "/support/volunteers/", 8, django_assert_max_num_queries)
    path = f"/support/volunteers/{w.dorina.handle}/"
    _asked(client, path, 8, django_assert_max_num_queries)
    # One more each for the note that they wait, for what they have, and for what they are asked.
    Standby.objects.create(volunteer=w.helper, next_on=now().date())
    _asked(client, path, 9, django_assert_max_num_queries)
    tasks.offer(w.task, w.helper, by=w.kwame, at=now())
    _asked(client, path, 10, django_assert_max_num_queries)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_volunteers_own_page_and_a_task(rows, borough, client, django_assert_max_num_queries):
    w = world(borough)
    for _number in range(rows):
        one = task_of(request_for(PersonFactory(home=w.borough.ward), borough.locality))
        offer = tasks.offer(one, w.helper, by=w.kwame, at=now())
        tasks.accept(offer, by=w.dorina, at=now())
        tasks.thank(w.helper, words="Thank you", by=w.maureen, at=now(), key=f"thanks-{_number}")
    client.force_login(w.dorina.account)
    page = _asked(client, "/support/volunteering/", 8, django_assert_max_num_queries)
    assert page.count('class="job job-soon"') == rows
    client.force_login(afresh(w.kwame).account)
    _asked(client, w.task.get_absolute_url(), 8, django_assert_max_num_queries)
    # Asked before, and taken before: one more each.
    gone = tasks.offer(w.task, w.helper, by=w.kwame, at=now())
    tasks.hand_back(tasks.accept(gone, by=w.dorina, at=now()), by=w.dorina, at=now())
    page = _asked(client, w.task.get_absolute_url(), 10, django_assert_max_num_queries)
    assert "Who has it, or had it" in page
