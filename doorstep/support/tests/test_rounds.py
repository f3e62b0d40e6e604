"""A day's rounds: planned by the worker, changed by hand, sent, walked, typed in from paper."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.urls import reverse

from doorstep.base.time import local, now
from doorstep.notices.models import Notice
from doorstep.people.models.readings import Reading
from doorstep.support.models import (
    Assignment,
    Depot,
    Kind,
    Round,
    RoundPlan,
    Stop,
    Task,
)
from doorstep.support.rounds import actions, inputs, outing, rules, wording
from doorstep.support.rounds.engine import planning
from doorstep.support.tests.helping import PLAIN, request_for, task_of, volunteer_for, world

DAY = dt.timedelta(days=1)


@pytest.fixture
def place(borough, monkeypatch, settings):
    """Kwame's locality the day after tomorrow: a hall, two who come, six parcels."""
    from doorstep.people.tests.factories import PersonFactory

    settings.REQUIRE_SECOND_FACTOR = False
    here = world(borough)
    here.task.delete()
    here.depot = Depot.objects.create(
        name="Parish hall", address="1 Quay", area=borough.locality, latitude=51.54, longitude=0.13
    )
    here.bilal = PersonFactory(known_as="Bilal", home=borough.ward)
    here.second = volunteer_for(here.bilal, *PLAIN)
    here.day = local(now()).date() + 2 * DAY
    here.people = [PersonFactory(known_as=f"Neighbour {n}", home=borough.ward) for n in range(6)]
    here.tasks = [
        task_of(
            request_for(person, borough.locality, address=f"{n} Secret Street"),
            Kind.PARCEL,
            minutes=5,
            latitude=51.54 + n / 500,
            longitude=0.13 + n % 2 / 200,
        )
        for n, person in enumerate(here.people)
    ]
    monkeypatch.setattr(planning, "plan", planning.quick)
    monkeypatch.setattr(actions.plan_now, "__kwdefaults__", {
        **actions.plan_now.__kwdefaults__, "search": planning.quick,
    })  # fmt: skip
    return here


def make(here, key="k" * 20, **more):
    plan = actions.make_plan(
        here.borough.locality,
        **{
            "day": here.day,
            "starts_at": dt.time(9),
            "ends_at": dt.time(13),
            "volunteers": [here.helper, here.second],
            "tasks": here.tasks,
            "by": here.kwame,
            "at": now(),
            "client_key": key,
            "enqueue": False,
            **more,
        },
    )
    actions.plan_now(plan.pk, at=now())
    plan.refresh_from_db()
    return plan


def taken(here):
    """A plan that was sent, and Dorina's (or whoever's) round said yes to."""
    plan = make(here, volunteers=[here.helper])
    actions.send_out(plan, by=here.kwame, version=plan.version, at=now())
    one = Round.objects.select_related("plan__by", "volunteer__person").get(plan=plan)
    outing.accept(one, by=here.dorina, at=now())
    return one


def test_a_plan_gives_every_parcel_to_somebody_within_their_hours(place):
    plan = make(place)
    assert plan.state == RoundPlan.State.READY
    assert plan.stops.exclude(round=None).count() == 6
    for stop in plan.stops.all():
        assert dt.time(9) <= local(stop.arrives_at).time() <= dt.time(13)
        assert local(stop.arrives_at).date() == place.day


def test_the_same_form_twice_makes_one_plan(place):
    make(place)
    make(place)
    assert RoundPlan.objects.count() == 1


def test_planning_twice_at_once_plans_once(place):
    plan = make(place)
    assert actions.plan_now(plan.pk, at=now()) is False


def test_a_plan_left_lying_by_a_worker_is_picked_up(place):
    plan = make(place)
    RoundPlan.objects.filter(pk=plan.pk).update(
        state="planning", begun_at=now() - dt.timedelta(minutes=9)
    )
    actions.pick_up(at=now())
    plan.refresh_from_db()
    assert plan.state == "ready"


def test_nobody_gets_a_parcel_they_may_not_bring(place):
    from doorstep.people.models import Block
    from doorstep.support.models import Check

    Check.objects.filter(volunteer=place.second).delete()
    Block.objects.create(blocker=place.people[0], blocked=place.dorina)
    plan = make(place)
    by_hand = {stop.task_id: stop for stop in plan.stops.select_related("round__volunteer")}
    assert by_hand[place.tasks[0].pk].round is None
    assert "checks" in wording.why_left(by_hand[place.tasks[0].pk])
    rest = {stop.round.volunteer for stop in by_hand.values() if stop.round}
    assert rest == {place.helper}


def test_what_stays_behind_says_why_on_the_page(place, client):
    Task.objects.filter(pk=place.tasks[0].pk).update(skills=["wheelchair"], language="ur")
    plan = make(place)
    client.force_login(place.kwame.account)
    page = client.get(plan.get_absolute_url()).content.decode()
    assert "Nobody who comes can do this" in page
    assert "Helping with a wheelchair" in page
    assert "Secret Street" not in page


def test_what_is_moved_by_hand_stays_when_planned_again(place):
    plan = make(place)
    stop = plan.stops.select_related("round").first()
    other = plan.rounds.exclude(pk=stop.round_id).get()
    actions.move(plan, stop, other, by=place.kwame, version=plan.version)
    plan.refresh_from_db()
    actions.plan_again(plan, by=place.kwame, version=plan.version, at=now())
    actions.plan_now(plan.pk, at=now())
    stop.refresh_from_db()
    assert stop.round_id == other.pk
    assert plan.stops.filter(round=None).count() == 0


def test_a_fixed_round_is_left_as_it_is(place):
    plan = make(place, volunteers=[place.helper])
    one = plan.rounds.get()
    before = list(one.stops.order_by("order").values_list("pk", "arrives_at"))
    actions.hold(plan, one, on=True, by=place.kwame, version=plan.version)
    plan.refresh_from_db()
    actions.plan_again(plan, by=place.kwame, version=plan.version, at=now())
    actions.plan_now(plan.pk, at=now())
    assert list(one.stops.order_by("order").values_list("pk", "arrives_at")) == before


def test_what_is_taken_out_stays_out_until_it_is_put_back(place):
    plan = make(place)
    stop = plan.stops.first()
    actions.take_out(plan, stop, by=place.kwame, version=plan.version)
    plan.refresh_from_db()
    actions.plan_again(plan, by=place.kwame, version=plan.version, at=now())
    actions.plan_now(plan.pk, at=now())
    stop.refresh_from_db()
    assert (stop.round, stop.is_out) == (None, True)
    plan.refresh_from_db()
    actions.put_back(plan, stop, by=place.kwame, version=plan.version)
    stop.refresh_from_db()
    assert stop.is_out is False


def test_a_change_on_an_older_plan_is_refused(place, client):
    plan = make(place)
    stop, seen = plan.stops.first(), plan.version
    actions.take_out(plan, stop, by=place.kwame, version=seen)
    with pytest.raises(actions.Stale):
        actions.put_back(plan, stop, by=place.saima, version=seen)
    client.force_login(place.kwame.account)
    address = reverse("support:round_work", args=[plan.ref, "send"])
    page = client.post(address, {"version": seen}, follow=True)
    assert "Somebody changed this plan meanwhile" in page.content.decode()
    plan.refresh_from_db()
    assert plan.state == "ready"


def test_a_round_that_no_longer_works_out_is_not_sent(place):
    plan = make(place, volunteers=[place.helper])
    one = plan.rounds.get()
    actions.change_round(
        plan,
        one,
        by=place.kwame,
        version=plan.version,
        closes_at=dt.time(9, 5),
        opens_at=dt.time(9),
    )
    plan.refresh_from_db()
    assert "over" in plan.figures["faults"][one.ref]
    with pytest.raises(actions.CannotPlan):
        actions.send_out(plan, by=place.kwame, version=plan.version, at=now())


def test_a_volunteer_sees_no_door_until_they_said_yes(place, client):
    plan = make(place, volunteers=[place.helper])
    actions.send_out(plan, by=place.kwame, version=plan.version, at=now())
    one = plan.rounds.get()
    assert Notice.objects.filter(person=place.dorina, path=one.get_absolute_url()).exists()
    client.force_login(place.dorina.account)
    page = client.get(one.get_absolute_url()).content.decode()
    assert "6 doors" in page
    assert "Secret Street" not in page
    assert client.get(reverse("support:round_sheet", args=[one.ref])).status_code == 403
    assert client.post(one.get_absolute_url(), {"then": "yes"}).status_code == 302
    page = client.get(one.get_absolute_url()).content.decode()
    assert page.count("Secret Street") == 6
    assert Assignment.objects.live().filter(volunteer=place.helper).count() == 6
    assert set(Task.objects.values_list("state", flat=True)) == {"accepted"}
    read = Reading.objects.filter(reader=place.dorina, what="address")
    assert {row.subject for row in read} == set(place.people)


def test_nobody_else_sees_the_round(place, client):
    one = taken(place)
    for person in (place.bilal, place.far, place.maureen):
        client.force_login(person.account)
        assert client.get(one.get_absolute_url()).status_code == 404
        assert client.get(reverse("support:round_sheet", args=[one.ref])).status_code == 404


def test_a_yes_by_phone_is_the_same_yes(place, client):
    plan = make(place, volunteers=[place.helper])
    actions.send_out(plan, by=place.kwame, version=plan.version, at=now())
    one = plan.rounds.get()
    client.force_login(place.kwame.account)
    client.post(reverse("support:round_work", args=[plan.ref, "yes"]), {"round": one.ref})
    one.refresh_from_db()
    assert one.state == "taken"
    assert Assignment.objects.live().count() == 6


def test_a_no_sets_its_stops_free(place):
    plan = make(place, volunteers=[place.helper])
    actions.send_out(plan, by=place.kwame, version=plan.version, at=now())
    one = Round.objects.select_related("plan__by", "volunteer__person").get(plan=plan)
    outing.decline(one, by=place.dorina, at=now())
    assert set(plan.stops.values_list("round", "why_left")) == {(None, "declined")}
    assert actions.open_tasks(place.borough.locality, place.day, place.kwame).count() == 6


def test_a_task_taken_meanwhile_comes_off_the_round(place):
    plan = make(place, volunteers=[place.helper])
    actions.send_out(plan, by=place.kwame, version=plan.version, at=now())
    Task.objects.filter(pk=place.tasks[0].pk).update(state="cancelled", ended_at=now())
    one = Round.objects.select_related("plan__by", "volunteer__person").get(plan=plan)
    assert len(outing.accept(one, by=place.dorina, at=now())) == 1
    assert one.stops.count() == 5


def test_marks_count_once_and_the_last_tap_wins(place):
    one = taken(place)
    stop = one.stops.first()
    at = now()
    later = at + dt.timedelta(seconds=30)
    assert (
        outing.save_marks(one, [outing.Mark(stop.pk, "no_answer")], by=place.dorina, at=later) == 1
    )
    assert outing.save_marks(one, [outing.Mark(stop.pk, "done")], by=place.dorina, at=at) == 0
    assert (
        outing.save_marks(one, [outing.Mark(stop.pk, "no_answer")], by=place.dorina, at=later) == 0
    )
    stop.refresh_from_db()
    assert (stop.state, stop.why) == ("not_done", "no_answer")


def test_a_mark_is_handed_on_after_some_minutes_and_once(place):
    one = taken(place)
    done, nobody, *_rest = one.stops.all()
    at = now()
    marks = [outing.Mark(done.pk, "done"), outing.Mark(nobody.pk, "no_answer")]
    outing.save_marks(one, marks, by=place.dorina, at=at)
    assert outing.hand_on(at=at) == 0
    assert outing.hand_on(at=at + outing.STANDS) == 2
    assert outing.hand_on(at=at + outing.STANDS) == 0
    done.task.refresh_from_db()
    nobody.task.refresh_from_db()
    assert (done.task.state, nobody.task.state) == ("done", "not_done")


def test_a_door_is_gone_once_its_mark_was_handed_on(place, client):
    one = taken(place)
    stop = one.stops.first()
    at = now()
    outing.save_marks(one, [outing.Mark(stop.pk, "done")], by=place.dorina, at=at)
    outing.hand_on(at=at + outing.STANDS)
    client.force_login(place.dorina.account)
    page = client.get(one.get_absolute_url()).content.decode()
    assert page.count("Secret Street") == 5


def test_ending_a_round_gives_back_what_was_not_reached(place, client):
    one = taken(place)
    stop = one.stops.first()
    client.force_login(place.dorina.account)
    answer = client.post(
        one.get_absolute_url(), {f"mark-{stop.pk}": "done", f"was-{stop.pk}": "", "close": "yes"}
    )
    assert answer.status_code == 302
    one.refresh_from_db()
    one.plan.refresh_from_db()
    assert (one.state, one.plan.state) == ("over", "over")
    assert sorted(Task.objects.values_list("state", flat=True)) == ["done"] + ["open"] * 5
    assert client.get(one.get_absolute_url()).status_code == 404
    # What was left can be planned again.
    assert actions.open_tasks(place.borough.locality, place.day, place.kwame).count() == 5


def test_a_phone_that_was_offline_is_answered_in_figures(place, client):
    one = taken(place)
    stop = one.stops.first()
    client.force_login(place.dorina.account)
    tapped = (now() - dt.timedelta(minutes=3)).isoformat()
    for _twice in range(2):
        answer = client.post(
            one.get_absolute_url(),
            {f"mark-{stop.pk}": "done", "at": tapped},
            headers={"accept": "application/json"},
        )
        assert answer.json() == {"said": "", "done": 1, "not_done": 0, "left": 5}
    stop.refresh_from_db()
    assert stop.marked_at < now() - dt.timedelta(minutes=2)


def test_paper_typed_in_leads_to_the_same(place, client):
    one = taken(place)
    client.force_login(place.kwame.account)
    fields = {f"mark-{stop.pk}": "done" for stop in one.stops.all()}
    client.post(
        reverse("support:round_work", args=[one.plan.ref, "paper"]),
        {"round": one.ref, "finish": "yes", **fields},
    )
    assert set(Task.objects.values_list("state", flat=True)) == {"done"}


def test_typing_paper_in_leaves_alone_what_was_marked_on_the_phone_meanwhile(place, client):
    one = taken(place)
    first, second = one.stops.all()[:2]
    client.force_login(place.kwame.account)
    page = client.get(one.plan.get_absolute_url()).content.decode()
    # Meanwhile, out on the street:
    outing.save_marks(one, [outing.Mark(first.pk, "done")], by=place.dorina, at=now())
    typed = {"round": one.ref}
    for stop in one.stops.all():
        assert f'name="was-{stop.pk}" value=""' in page
        typed |= {f"was-{stop.pk}": "", f"mark-{stop.pk}": ""}
    client.post(
        reverse("support:round_work", args=[one.plan.ref, "paper"]),
        typed | {f"mark-{second.pk}": "no_answer"},
    )
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("done", "not_done")


def test_a_number_that_does_not_fit_is_said_in_one_plain_sentence(place, client):
    plan = make(place)
    stop = plan.stops.exclude(round=None).first()
    client.force_login(place.kwame.account)
    answer = client.post(
        reverse("support:round_work", args=[plan.ref, "stop"]),
        {"version": plan.version, "stop": stop.pk, "size": "0", "cool_minutes": "0"},
    )
    assert answer.status_code == 422
    assert "Write a number from 1 to 40." in answer.content.decode()


def test_a_round_called_off_frees_what_was_not_done(place):
    one = taken(place)
    outing.call_off(one, by=place.kwame, at=now())
    assert set(Task.objects.values_list("state", flat=True)) == {"open"}
    with pytest.raises(outing.TooLate):
        outing.save_marks(
            one, [outing.Mark(Stop.objects.first().pk, "done")], by=place.dorina, at=now()
        )


def test_a_printed_sheet_is_written_down_as_read(place, client):
    one = taken(place)
    client.force_login(place.kwame.account)
    page = client.get(reverse("support:round_sheet", args=[one.ref]))
    assert page.content.decode().count("Secret Street") == 6
    assert Reading.objects.filter(reader=place.kwame, what="address").count() == 6


def test_a_place_in_another_patch_can_not_be_changed(place, client):
    client.force_login(place.far.account)
    assert client.get(f"{reverse('support:depots')}?place={place.depot.ref}").status_code == 404
    page = client.get(reverse("support:depots")).content.decode()
    assert "Parish hall" in page


def test_a_day_is_planned_from_the_form(place, client, django_capture_on_commit_callbacks):
    client.force_login(place.kwame.account)
    where = f"{reverse('support:round_new')}?area={place.borough.locality.pk}&day={place.day}"
    page = client.get(where)
    key = page.context["form"]["client_key"].value()
    data = {
        "client_key": key, "starts_at": "09:00", "ends_at": "13:00", "kinds": ["parcel"],
        "volunteers": [place.helper.pk], "cool_minutes": "60", "seconds": "5",
    }  # fmt: skip
    assert client.post(where, {**data, "ends_at": "08:00"}).status_code == 422
    assert client.post(where, {**data, "volunteers": []}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(where, data)
    plan = RoundPlan.objects.get()
    assert answer.url == plan.get_absolute_url()
    assert plan.state == "ready"
    assert set(plan.stops.values_list("cool_minutes", flat=True)) == {60}
    assert client.get(f"{reverse('support:round_new')}?area=999&day=yesterday").status_code == 422


def test_hours_follow_what_a_volunteer_said(place):
    monday = dt.date(2026, 11, 23)
    helper = SimpleNamespace(availability=0b001)
    hours = actions.hours_of(helper, monday, dt.time(9), dt.time(16))
    assert hours == (dt.time(9), dt.time(12))
    helper.availability = 0b011
    assert actions.hours_of(helper, monday, dt.time(9), dt.time(16)) == (dt.time(9), dt.time(16))
    helper.availability = 0
    assert actions.hours_of(helper, monday, dt.time(9), dt.time(16)) == (dt.time(9), dt.time(16))


def test_a_round_over_the_clock_change_keeps_londons_time():
    day = dt.date(2027, 3, 28)
    assert local(inputs.moment_of(day, 9 * 3600)).time() == dt.time(9)
    assert inputs.seconds_at(day, inputs.moment_of(day, 9 * 3600)) == 9 * 3600


@pytest.mark.parametrize("many", [1, 3])
def test_a_larger_plan_costs_no_more_queries(place, client, many, django_assert_max_num_queries):
    place.tasks = place.tasks[: 2 * many]
    plan = make(place)
    client.force_login(place.kwame.account)
    client.get(plan.get_absolute_url())
    with django_assert_max_num_queries(9):
        client.get(plan.get_absolute_url())


def test_a_volunteers_round_costs_no_more_queries(place, client, django_assert_max_num_queries):
    one = taken(place)
    client.force_login(place.dorina.account)
    client.get(one.get_absolute_url())
    with django_assert_max_num_queries(14):
        client.get(one.get_absolute_url())


def test_rounds_of_days_gone_by_are_closed(place):
    one = taken(place)
    outing.close_old(at=now() + 6 * DAY)
    one.refresh_from_db()
    assert one.state == "over"
    assert not rules.can_see_round(place.dorina, one)
