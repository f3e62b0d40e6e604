"""Generated worlds: the rule of the record page told twice, and unusual reading counted once."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import local, now
from doorstep.people.models import OddReading, Person, Reading, RoleHolding
from doorstep.people.readings import chains, odd, verify
from doorstep.people.readings.actions import log_read
from doorstep.people.records import rules

pytestmark = pytest.mark.django_db
QUIET = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PLACES = st.sampled_from(("borough", "locality", "ward", "far_ward", None))
AGES = st.sampled_from((None, 9, 17, 18, 40))


@st.composite
def worlds(draw):
    people = draw(
        st.lists(st.tuples(PLACES, AGES, st.sampled_from(Person.State.values)), max_size=5)
    )
    held = draw(
        st.lists(
            st.tuples(
                st.sampled_from(RoleHolding.Role.values),
                st.sampled_from(("borough", "locality", "ward", "far_ward")),
                st.sampled_from((-1, 0, 1)),  # ended, held, not begun
            ),
            max_size=3,
            unique_by=lambda row: row[:2],
        )
    )
    return people, held


@QUIET
@given(world=worlds())
def test_the_rule_and_the_query_tell_the_same(world, cast, borough):
    people, held = world
    Person.objects.exclude(pk=cast.bryn.pk).delete()
    RoleHolding.objects.all().delete()
    at = now()
    viewer = Person.objects.get(pk=cast.bryn.pk)
    for role, area, when in held:
        RoleHolding.objects.create(
            person=viewer,
            role=role,
            area=getattr(borough, area),
            starts_at=at + dt.timedelta(days=1 if when == 1 else -9),
            ends_at=at - dt.timedelta(days=1) if when == -1 else None,
        )
    for number, (place, age, state) in enumerate(people):
        born = at.date() - dt.timedelta(days=round((age + 0.5) * 365.25)) if age else None
        Person.objects.create(
            known_as=f"Person {number}",
            home=getattr(borough, place) if place else None,
            born_on=born,
            state=state,
        )
    everybody = Person.objects.select_related("home")
    told_once = {one.pk for one in everybody if rules.can_open_record(viewer, one)}
    told_again = set(
        rules.records_visible_to(Person.objects.all(), viewer).values_list("pk", flat=True)
    )
    assert told_once == told_again
    assert rules.records_visible_to(Person.objects.all(), None).count() == 0


@settings(parent=QUIET, max_examples=25)
@given(
    looks=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 24), st.integers(0, 47)), max_size=60
    ),
    cuts=st.lists(st.integers(0, 60), max_size=3),
)
def test_unusual_reading_is_found_once_however_often_and_whenever_it_is_looked_for(
    looks, cuts, borough
):
    """Looking after every few rows lists the same as looking once at the end."""
    if Person.objects.count() < 27:
        for number in range(27):
            Person.objects.create(known_as=f"P{number}", home=borough.ward)
    people = list(Person.objects.order_by("pk")[:27])
    start = local(now()).replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=2)

    def listed(cuts):
        OddReading.objects.all().delete()
        for index, (reader, subject, hours) in enumerate(looks):
            if index in cuts:
                odd.find(at=now())
            log_read(
                by=people[reader],
                about=people[2 + subject],
                what="record",
                reason="contact",
                role="officer",
                at=start + dt.timedelta(hours=hours),
            )
        odd.find(at=now())
        odd.find(at=now())
        return sorted(OddReading.objects.values_list("key", "count"))

    from django.db import transaction

    found = []
    for some in ((), cuts):
        with transaction.atomic():
            found.append(listed(some))
            assert list(verify.verify()) == []
            transaction.set_rollback(True)
    chains.forget()
    assert Reading.objects.count() == 0
    assert found[0] == found[1]
