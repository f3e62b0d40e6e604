"""A query compiled once answers as the ORM does, every time."""

import datetime as dt

import pytest
from django.db.models import Exists, OuterRef
from django.db.models.signals import post_init

from doorstep.base.prepared import Ids, Prepared
from doorstep.people.models import Block, Person
from doorstep.people.tests.factories import PersonFactory
from doorstep.places.tests.factories import small_borough


@pytest.fixture
def people(db):
    return PersonFactory.create_batch(5)


def test_instances_are_those_of_the_orm_with_relations_and_annotations(people):
    Block.objects.create(blocker=people[0], blocked=people[1])

    def build(name):
        return (
            Person.objects.filter(known_as=name)
            .select_related("home")
            .annotate(blocks=Exists(Block.objects.filter(blocker=OuterRef("pk"))))
        )

    prepared = Prepared(build, name=str)
    for person in people:
        ours, theirs = prepared.first(name=person.known_as), build(person.known_as).get()
        assert ours == theirs
        assert ours.__dict__.keys() == theirs.__dict__.keys()
        assert (ours.blocks, ours.created_at, ours.languages) == (
            theirs.blocks,
            theirs.created_at,
            theirs.languages,
        )


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5])
def test_a_list_of_any_length_finds_just_its_members(people, size):
    prepared = Prepared(
        lambda ids: Person.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "known_as"),
        ids=Ids,
    )
    wanted = people[:size]
    assert prepared(ids=[p.pk for p in wanted]) == [(p.pk, p.known_as) for p in wanted]


def test_a_moment_is_compared_as_the_orm_compares_it(people):
    prepared = Prepared(lambda at: Person.objects.filter(created_at__lte=at), at=dt.datetime)
    moment = people[2].created_at
    assert set(prepared(at=moment)) == set(Person.objects.filter(created_at__lte=moment))


def test_a_second_run_asks_once_and_compiles_nothing(people, django_assert_num_queries):
    prepared = Prepared(lambda pk: Person.objects.filter(pk=pk), pk=int)
    prepared.first(pk=people[0].pk)
    with django_assert_num_queries(1):
        assert prepared.first(pk=people[1].pk) == people[1]
    assert prepared.first(pk=0) is None


def test_a_parameter_the_query_does_not_use_is_a_mistake_that_says_so(db):
    with pytest.raises(TypeError, match="does not use"):
        Prepared(lambda pk: Person.objects.all(), pk=int).first(pk=1)


def test_a_missing_parameter_is_a_mistake_that_says_so(db):
    with pytest.raises(TypeError, match="takes"):
        Prepared(lambda pk: Person.objects.filter(pk=pk), pk=int).first()


def test_what_came_prepared_is_deferred_changed_and_saved_as_the_orms(people):
    ground = small_borough()
    home = ground.ward
    person = people[0]
    Person.objects.filter(pk=person.pk).update(home=home)
    prepared = Prepared(
        lambda pk: Person.objects.select_related("home").defer("about").filter(pk=pk), pk=int
    )
    found = prepared.first(pk=person.pk)
    assert found.get_deferred_fields() == {"about"}
    assert (found._state.adding, found._state.db) == (False, "default")
    assert found.home == home
    other = ground.other_ward
    found.home_id = other.pk
    assert found.home == other
    found.known_as = "Somebody"
    found.save()
    person.refresh_from_db()
    assert (person.known_as, person.home) == ("Somebody", other)


def test_a_model_that_does_more_when_it_is_made_is_made_as_django_does(people):
    seen = []

    def hear(sender, instance, **kwargs):
        seen.append(instance.pk)

    post_init.connect(hear, sender=Person)
    try:
        Prepared(lambda pk: Person.objects.filter(pk=pk), pk=int).first(pk=people[0].pk)
    finally:
        post_init.disconnect(hear, sender=Person)
    assert seen == [people[0].pk]
