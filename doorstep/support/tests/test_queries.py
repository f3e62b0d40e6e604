"""Pages of the desk and of volunteers: a handful of queries, however long the lists."""

import datetime as dt

import pytest

from doorstep.base.time import now
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.models import Reach, Repeat
from doorstep.support.requests import working
from doorstep.support.tasks import actions as tasks
from doorstep.support.tests.desk import afresh, ask, make_desk
from doorstep.support.tests.helping import ALL, request_for, task_of, volunteer_for, world

pytestmark = pytest.mark.django_db


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
    # One of them asks for the localities, once a minute where it isn't a test.
    page = _asked(client, "/support/desk/?q=new", 10, django_assert_max_num_queries)
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
    page = _asked(client, made.get_absolute_url(), 14, django_assert_max_num_queries)
    assert page.count("<strong>Note</strong>") == rows


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
def test_volunteers(rows, borough, client, django_assert_max_num_queries):
    w = world(borough)
    for _number in range(rows):
        volunteer_for(PersonFactory(home=w.borough.ward), *ALL)
    client.force_login(w.kwame.account)
    _asked(client, "/support/volunteers/", 11, django_assert_max_num_queries)
    _asked(client, f"/support/volunteers/{w.dorina.handle}/", 11, django_assert_max_num_queries)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_volunteers_own_page_and_a_task(rows, borough, client, django_assert_max_num_queries):
    w = world(borough)
    for _number in range(rows):
        one = task_of(request_for(PersonFactory(home=w.borough.ward), borough.locality))
        offer = tasks.offer(one, w.helper, by=w.kwame, at=now())
        tasks.accept(offer, by=w.dorina, at=now())
    client.force_login(w.dorina.account)
    _asked(client, "/support/volunteering/", 11, django_assert_max_num_queries)
    client.force_login(afresh(w.kwame).account)
    _asked(client, w.task.get_absolute_url(), 14, django_assert_max_num_queries)
