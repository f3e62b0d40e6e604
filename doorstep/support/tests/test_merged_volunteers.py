"""Two helping records of one person become one without loss, and two again."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import now
from doorstep.people.merging import actions as merging
from doorstep.people.models import Person
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.models import Assignment, Check, Reference, Training, Volunteer
from doorstep.support.tasks import actions
from doorstep.support.tests.helping import DAY, HOUR, request_for, task_of, volunteer_for, world
from doorstep.support.volunteers import lawful

QUIET = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def w(borough):
    made = world(borough)
    # Neither signs in, so the officer's decision is enough.
    made.dorina.account.delete()
    made.dorina = Person.objects.get(pk=made.dorina.pk)
    made.other = PersonFactory(known_as="Rina", home=borough.ward, account=False)
    return made


def join(w, key="1"):
    made = merging.join(
        w.dorina, w.other, by=w.saima, at=now(), why="Rang twice", known_by="I know her voice",
        client_key=f"join-{key}",
    )  # fmt: skip
    assert made.state == "done"
    return made


def part(w, merge):
    merging.part(merge, by=w.saima, at=now(), why="Two after all")


def everything():
    """Every row that names a volunteer, and what each volunteer said: to be the same again."""
    rows = {
        (model.__name__, pk): volunteer
        for model in (Check, Reference, Training, Assignment)
        for pk, volunteer in model.objects.values_list("pk", "volunteer_id")
    }
    said = {
        row.pk: {
            name: getattr(row, name)
            for name in (
                "person_id", "state", "rests_until", "left_at", "skills", "more_skills", "kinds",
                "availability", "travel", "radius_metres", "weekly_cap", "note", "signed_up_at",
                "greeted_at", "last_task_at",
            )
        }
        for row in Volunteer.objects.all()
    }  # fmt: skip
    return rows, said


def test_hours_checks_tasks_and_times_come_together_and_part_again(w):
    second = volunteer_for(
        w.other, "calls", "identity", "start", "good", availability=0b110, skills=["dogs"],
        note="Has a van key", radius_metres=1_500, weekly_cap=1,
    )  # fmt: skip
    Volunteer.objects.filter(pk=w.helper.pk).update(availability=0b011, skills=["cooking"])
    w.helper.refresh_from_db()
    done = actions.give(w.task, w.helper, by=w.kwame, at=now() - 2 * HOUR)
    actions.finish(done, by=w.dorina, at=now() - HOUR, minutes=40)
    dog = task_of(request_for(w.maureen, w.borough.locality), "dog")
    walked = actions.give(dog, second, by=w.kwame, at=now() - 2 * HOUR)
    actions.finish(walked, by=w.other, at=now() - HOUR, minutes=30)
    bins = task_of(request_for(w.maureen, w.borough.locality), "other")
    live = actions.give(bins, second, by=w.kwame, at=now())
    before = everything()

    merge = join(w)
    one = Volunteer.objects.get(person=w.dorina)
    mine = Assignment.objects.filter(volunteer=one)
    assert sum(row.minutes or 0 for row in mine) == 70
    assert (one.availability, one.skills) == (0b111, ["cooking", "dogs"])
    assert (one.radius_metres, one.weekly_cap) == (1_500, 1)
    assert one.note == "Has a van key"
    assert one.checks.filter(kind="identity").count() == 2
    assert one.training.filter(module="calls").count() == 1
    live.refresh_from_db()
    assert live.volunteer == one  # the task under way is hers, in the record that signs in
    assert actions.open_address(
        Assignment.objects.select_related("volunteer__person", "task__request__person").get(
            pk=live.pk
        ),
        by=w.dorina,
        at=now(),
    )["address"]
    assert not Volunteer.objects.helping().filter(person=w.other).exists()

    part(w, merge)
    assert everything() == before


def test_the_stricter_standing_wins(w):
    second = volunteer_for(w.other, "identity")
    Check.objects.create(
        volunteer=second, kind="barred", state="unfit", seen_on=now().date(), seen_by=w.saima
    )
    need = lawful.need_of_task(w.task)
    today = now().date()
    assert not lawful.missing(need, lawful.papers_until([w.helper.pk])[w.helper.pk], today)
    Volunteer.objects.filter(pk=second.pk).update(state="resting", rests_until=today + 9 * DAY)
    merge = join(w)
    one = Volunteer.objects.get(person=w.dorina)
    assert (one.state, one.rests_until) == ("resting", today + 9 * DAY)
    # Seen and not fine under the other record: the older yes of this one counts no more.
    assert lawful.missing(need, lawful.papers_until([one.pk])[one.pk], today)
    assert "isn't helping" in actions.unfit(one, w.task, now())
    part(w, merge)
    one.refresh_from_db()
    assert one.state == "here"
    assert not lawful.missing(need, lawful.papers_until([one.pk])[one.pk], today)


def test_one_referee_named_twice_is_one_good_word(w):
    Reference.objects.filter(volunteer=w.helper).delete()
    second = volunteer_for(w.other)
    for volunteer, reach in ((w.helper, "020 7946 0000"), (second, "02079460000")):
        Reference.objects.create(
            volunteer=volunteer, name="Ann", reach=reach, state="good", answered_at=now()
        )
    merge = join(w)
    one = Volunteer.objects.get(person=w.dorina)
    assert lawful.REFERENCES not in lawful.papers_until([one.pk])[one.pk]
    assert Reference.objects.count() == 2  # nothing is lost
    part(w, merge)
    assert list(second.references.values_list("reach", flat=True)) == ["02079460000"]


def test_who_helped_under_the_other_record_alone_helps_under_the_one_that_stays(w):
    w.helper.delete()
    second = volunteer_for(w.other, "identity")
    merge = join(w)
    second.refresh_from_db()
    assert (second.person, second.state) == (w.dorina, "here")
    part(w, merge)
    second.refresh_from_db()
    assert second.person == w.other


def test_what_is_done_while_they_are_one_stays_with_the_one_and_nothing_is_undone_twice(w):
    second = volunteer_for(w.other, "identity")
    merge = join(w)
    one = Volunteer.objects.get(person=w.dorina)
    since = actions.give(w.task, one, by=w.kwame, at=now())
    Volunteer.objects.filter(pk=one.pk).update(weekly_cap=9)  # said since: stays said
    part(w, merge)
    part(w, merge)
    since.refresh_from_db()
    one.refresh_from_db()
    second.refresh_from_db()
    assert since.volunteer == one
    assert one.weekly_cap == 9
    assert (second.state, second.left_at) == ("here", None)


def test_two_rounds_of_one_day_are_not_joined_away(w):
    from doorstep.support.models import Depot, Round, RoundPlan

    second = volunteer_for(w.other, "identity")
    depot = Depot.objects.create(
        name="Hall", address="1 Quay", area=w.borough.locality, latitude=51.54, longitude=0.13
    )
    plan = RoundPlan.objects.create(
        area=w.borough.locality, day=now().date(), starts_at=dt.time(9), ends_at=dt.time(12),
        state="sent", by=w.kwame,
    )  # fmt: skip
    for volunteer in (w.helper, second):
        Round.objects.create(
            plan=plan, volunteer=volunteer, depot=depot, state="taken", mode="foot",
            opens_at=dt.time(9), closes_at=dt.time(12),
        )  # fmt: skip
    with pytest.raises(merging.CannotJoin, match="two rounds of one day"):
        join(w)
    assert Volunteer.objects.filter(person=w.other, state="here").exists()


STANDS = st.sampled_from(("here", "resting", "left"))
SAID = st.fixed_dictionaries({
    "state": STANDS,
    "availability": st.integers(0, (1 << 21) - 1),
    "radius_metres": st.sampled_from((500, 1_500, 12_000)),
    "weekly_cap": st.integers(1, 20),
    "kinds": st.lists(st.sampled_from(("dog", "call", "parcel")), unique=True),
    "note": st.sampled_from(("", "Left leg", "Ring first")),
})  # fmt: skip
PAPERS = st.lists(st.sampled_from(("identity", "barred", "start", "calls", "good")), unique=True)


@QUIET
@given(SAID, SAID, PAPERS, PAPERS)
def test_however_two_helped_joining_asks_for_no_more_and_parting_gives_all_back(
    w, mine, theirs, my_papers, their_papers
):
    from django.db import transaction

    with transaction.atomic():
        w.helper.checks.all().delete()
        w.helper.training.all().delete()
        w.helper.references.all().delete()
        volunteer_for(w.other, *their_papers)
        from doorstep.support.tests.helping import give as hand

        hand(w.helper, *my_papers)
        for person, said in ((w.dorina, mine), (w.other, theirs)):
            row = Volunteer.objects.get(person=person)
            for name, value in said.items():
                setattr(row, name, value)
            row.left_at = now() if row.state == "left" else None
            row.save()
        before = everything()
        merge = join(w, key=str(now().timestamp()))
        one = Volunteer.objects.get(person=w.dorina)
        standings = {mine["state"], theirs["state"]}
        assert (one.state == "here") == (standings == {"here"})
        assert one.weekly_cap <= min(mine["weekly_cap"], theirs["weekly_cap"])
        assert one.radius_metres <= min(mine["radius_metres"], theirs["radius_metres"])
        assert Volunteer.objects.helping().filter(person__in=[w.dorina, w.other]).count() == (
            standings == {"here"}
        )
        part(w, merge)
        assert everything() == before
        transaction.set_rollback(True)
