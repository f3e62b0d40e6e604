"""How far and how often somebody goes counts for a round as for a single task."""

import datetime as dt

import pytest
from django.urls import reverse

from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.matching.ranking import loads
from doorstep.support.models import Kind, Request, Task, Volunteer
from doorstep.support.rounds import actions, outing, wording
from doorstep.support.tasks import actions as tasks
from doorstep.support.tests.helping import PLAIN, request_for, task_of, volunteer_for
from doorstep.support.tests.test_rounds import make, place, taken  # noqa: F401


def said(plan):
    return {wording.why_left(stop) for stop in plan.stops.filter(round=None)}


def test_nobody_is_sent_further_than_they_said(place):  # noqa: F811
    # Two doors a mile to the north; both who come go half a mile.
    Volunteer.objects.update(radius_metres=500)
    far = [task.pk for task in place.tasks[:2]]
    Task.objects.exclude(pk__in=far).update(latitude=51.5405, longitude=0.131)
    Task.objects.filter(pk__in=far).update(latitude=51.555)
    plan = make(place)
    assert set(plan.stops.filter(round=None).values_list("task", flat=True)) == set(far)
    assert said(plan) == {"It is further than anybody who could bring it wants to go."}
    # One of them says that a mile is fine after all.
    Volunteer.objects.filter(pk=place.helper.pk).update(radius_metres=3_000)
    plan = make(place, key="l" * 20)
    assert not plan.stops.filter(round=None).exists()
    by = {stop.task_id: stop.round.volunteer_id for stop in plan.stops.select_related("round")}
    assert {by[pk] for pk in far} == {place.helper.pk}


def test_whoever_starts_too_far_away_gets_nothing_and_the_page_says_why(place, client):  # noqa: F811
    place.depot.latitude = 51.58
    place.depot.save()
    Volunteer.objects.filter(pk=place.helper.pk).update(travel="car")
    place.helper.refresh_from_db()
    Volunteer.objects.filter(pk=place.second.pk).update(radius_metres=1_500)
    plan = make(place)
    assert {stop.round.volunteer_id for stop in plan.stops.all()} == {place.helper.pk}
    client.force_login(place.kwame.account)
    page = client.get(plan.get_absolute_url()).content.decode()
    assert "the place to start from is further than they want to go" in page


def test_a_round_is_one_time_of_the_week_however_many_doors_it_has(place):  # noqa: F811
    one = taken(place)
    assert one.stops.count() == 6
    day = dt.datetime.combine(place.day, dt.time(12), dt.UTC)
    assert loads([place.helper.pk], day) == {place.helper.pk: 1}


def test_whoever_said_yes_often_enough_is_left_alone_that_week(place, client):  # noqa: F811
    Volunteer.objects.update(weekly_cap=1)
    noon = dt.datetime.combine(place.day, dt.time(10), dt.UTC)
    other = task_of(request_for(place.maureen, place.borough.locality), Kind.OTHER)
    tasks.give(other, place.helper, by=place.kwame, at=noon)
    plan = make(place)
    assert {stop.round.volunteer_id for stop in plan.stops.all()} == {place.second.pk}
    Volunteer.objects.filter(pk=place.second.pk).update(radius_metres=500)
    Task.objects.filter(pk=place.tasks[0].pk).update(latitude=51.56)
    plan = make(place, key="l" * 20)
    assert said(plan) == {"Whoever could bring it has said yes as often as they want that week."}
    # The form tells it before anybody ticks, and ticks the others only.
    client.force_login(place.kwame.account)
    Volunteer.objects.update(availability=(1 << 21) - 1)
    Task.objects.filter(pk=place.tasks[0].pk).update(state="open")
    actions.drop(plan, by=place.kwame, at=now())
    for row in actions.RoundPlan.objects.all():
        actions.drop(row, by=place.kwame, at=now())
    page = client.get(
        f"{reverse('support:round_new')}?area={place.borough.locality.pk}&day={place.day}"
    )
    assert page.context["form"].initial["volunteers"] == [place.second.pk]
    assert "Dorina · On foot · has enough that week" in page.content.decode()


def test_a_yes_given_after_planning_keeps_the_round_from_going_out(place):  # noqa: F811
    Volunteer.objects.update(weekly_cap=1)
    plan = make(place, volunteers=[place.helper])
    noon = dt.datetime.combine(place.day, dt.time(10), dt.UTC)
    other = task_of(request_for(place.maureen, place.borough.locality), Kind.OTHER)
    tasks.give(other, place.helper, by=place.kwame, at=noon)
    with pytest.raises(actions.CannotPlan, match="Dorina said yes as often"):
        actions.send_out(plan, by=place.kwame, version=plan.version, at=now())
    plan.refresh_from_db()
    assert plan.state == "ready"


def test_the_hub_plans_the_whole_borough_and_names_what_nobody_can_bring(place):  # noqa: F811
    here = place.borough
    for one in (here.far_ward, here.far_locality):
        one.latitude, one.longitude = 51.57, 0.13
        one.save(update_fields=["latitude", "longitude"])
    there = PersonFactory(known_as="Up on the hill", home=here.far_ward)
    cara = PersonFactory(known_as="Cara", home=here.far_ward)
    volunteer_for(cara, *PLAIN, radius_metres=12_000, travel="car")
    up = task_of(request_for(there, here.far_locality), Kind.PARCEL, latitude=51.57, longitude=0.13)
    saima = Person.objects.get(pk=place.saima.pk)
    open_ones = list(actions.open_tasks(here.borough, place.day, saima))
    assert up in open_ones
    assert len(open_ones) == 7
    helpers = list(actions.could_come(here.borough, saima))
    assert len(helpers) == 3
    Volunteer.objects.filter(person=place.bilal).update(weekly_cap=1)
    plan = actions.make_plan(
        here.borough, day=place.day, starts_at=dt.time(9), ends_at=dt.time(13),
        volunteers=helpers, tasks=open_ones, by=saima, at=now(), client_key="b" * 20,
        enqueue=False,
    )  # fmt: skip
    actions.plan_now(plan.pk, at=now())
    assert not plan.stops.filter(round=None).exists()
    stop = plan.stops.select_related("round__volunteer").get(task=up)
    # Only the one with the car said that they go anywhere in the borough.
    assert stop.round.volunteer.person == cara
    assert Request.objects.filter(pk=up.request_id).exists()


def test_a_stop_moved_by_hand_to_somebody_it_is_too_far_for_is_not_sent(place):  # noqa: F811
    Task.objects.filter(pk=place.tasks[0].pk).update(latitude=51.565)
    Volunteer.objects.filter(pk=place.helper.pk).update(radius_metres=12_000)
    Volunteer.objects.filter(pk=place.second.pk).update(radius_metres=1_500)
    plan = make(place)
    stop = plan.stops.get(task=place.tasks[0])
    mine = plan.rounds.get(volunteer=place.second)
    codes = actions.move(plan, stop, mine, by=place.kwame, version=plan.version)
    assert "reach" in codes
    assert "further than this volunteer wants to go" in wording.faults(codes)
    plan.refresh_from_db()
    with pytest.raises(actions.CannotPlan):
        actions.send_out(plan, by=place.kwame, version=plan.version, at=now())
    assert outing.mark_of(stop) == ""
