import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import now, today
from doorstep.people import rules
from doorstep.people.models import Block, Person, RoleHolding
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db

AGES = st.sampled_from([None, 12, 17, 18, 19, 80])
STATES = st.sampled_from(list(Person.State.values))
PERSON = st.tuples(AGES, STATES, st.booleans())  # age, state, moderator
WORLDS = st.lists(PERSON, min_size=2, max_size=5).flatmap(
    lambda people: st.tuples(
        st.just(people),
        st.sets(
            st.tuples(st.integers(0, len(people) - 1), st.integers(0, len(people) - 1)).filter(
                lambda pair: pair[0] != pair[1]
            ),
            max_size=4,
        ),
    )
)


def born(age: int | None) -> dt.date | None:
    """A birthday today, the hardest day to be right about."""
    if age is None:
        return None
    day = today()
    return day.replace(year=day.year - age, day=min(day.day, 28))


def make(world, borough) -> list[Person]:
    rows, blocks = world
    people = []
    for number, (age, state, moderates) in enumerate(rows):
        person = PersonFactory(account=False, known_as=f"P{number}", born_on=born(age), state=state)
        if moderates:
            RoleHolding.objects.create(person=person, role="moderator", area=borough.borough)
        people.append(person)
    for blocker, blocked in blocks:
        Block.objects.create(blocker=people[blocker], blocked=people[blocked])
    return people


def again(person: Person) -> Person:
    """The same person, without what was remembered about them."""
    return Person.objects.get(pk=person.pk)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(world=WORLDS)
def test_the_rule_and_the_query_say_the_same(borough, world):
    from django.db import transaction

    with transaction.atomic():
        people = make(world, borough)
        mine = Person.objects.filter(pk__in=[person.pk for person in people])
        for viewer in [None, *people]:
            looking = again(viewer) if viewer else None
            seen = {person.pk for person in mine.visible_to(looking)}
            assert seen == {
                person.pk
                for person in people
                if rules.can_see_person(again(viewer) if viewer else None, again(person))
            }
        transaction.set_rollback(True)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    world=WORLDS,
    part=st.sampled_from(sorted(rules.PARTS)),
    sees=st.sampled_from([*Person.Sees.values, "nonsense", None]),
)
def test_no_part_is_seen_by_who_may_not_see_the_person(borough, world, part, sees):
    from django.db import transaction

    with transaction.atomic():
        people = make(world, borough)
        for person in people:
            if sees is not None:
                person.shown_to = {part: sees}
            for viewer in people:
                if rules.can_see_part(again(viewer), person, part):
                    assert rules.can_see_person(again(viewer), person)
                    if viewer.pk != person.pk:
                        assert sees != Person.Sees.ME
                        assert not (person.is_child and sees is None)
        transaction.set_rollback(True)


def test_a_block_hides_both_ways(cast):
    Block.objects.create(blocker=cast.amina, blocked=cast.ewan)
    for viewer, person in ((cast.amina, cast.ewan), (cast.ewan, cast.amina)):
        assert not rules.can_see_person(again(viewer), person)


def test_a_child_is_found_by_no_unknown_adult(cast):
    kit = PersonFactory(known_as="Kit", born_on=born(14))
    assert not rules.can_see_person(cast.ewan, kit)
    assert kit not in Person.objects.visible_to(cast.ewan)
    assert rules.can_see_person(kit, kit)


def test_a_childs_page_never_opens_wider_than_their_teams():
    kit = PersonFactory.build(account=False, born_on=born(14), shown_to={"about": "members"})
    assert rules.sees_part(kit, "about") == Person.Sees.TEAMS


@pytest.fixture
def acquainted():
    """Let Amina and Bryn know each other, as teams would say it."""
    known = set()
    rules.acquaintances.add("test", lambda viewer, person: (viewer.pk, person.pk) in known)
    yield known
    rules.acquaintances._items.pop("test")


def test_what_is_for_teams_is_seen_by_team_mates_alone(cast, acquainted):
    cast.amina.shown_to = {"access_needs": "teams"}
    acquainted.add((cast.bryn.pk, cast.amina.pk))
    assert rules.can_see_part(cast.bryn, cast.amina, "access_needs")
    assert not rules.can_see_part(cast.ewan, cast.amina, "access_needs")


def test_a_role_that_ended_is_not_held(cast, borough):
    RoleHolding.objects.create(
        person=cast.dev,
        role="moderator",
        area=borough.borough,
        starts_at=now() - dt.timedelta(days=9),
        ends_at=now() - dt.timedelta(seconds=1),
    )
    assert not rules.can_moderate(cast.dev)
