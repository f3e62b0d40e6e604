"""The list of whom calls may go to is gone through again only when somebody on it changed."""

import pytest

from doorstep.base import stamps
from doorstep.connect.calls import index
from doorstep.connect.tests.factories import organisation
from doorstep.notices.models import Channel, Preference
from doorstep.organisations.models import Offer
from doorstep.people.models import Account, Person
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def olu(request, tmp_path, cast):
    request.getfixturevalue("settings").DATA = tmp_path
    stamps.mend()
    index.forget()
    olu = PersonFactory(known_as="Olu", home=cast.amina.home, can_share="I sew, and have a car.")
    index.rebuild()
    assert not index.rebuild()
    yield olu
    index.forget()


def test_a_look_at_rest_asks_little_and_lists_nobody(olu, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        assert not index.rebuild()
    PersonFactory.create_batch(3, can_share="I bake.")
    assert index.rebuild()
    with django_assert_max_num_queries(7):
        assert not index.rebuild()


CHANGES = {
    "words": lambda olu: Person.objects.filter(pk=olu.pk).update(can_share="I bake."),
    "no account": lambda olu: Account.objects.filter(person=olu).update(is_active=False),
    "wants no calls": lambda olu: Preference.objects.create(
        person=olu, kind="connect-call", channel=Channel.IN_APP, is_wanted=False
    ),
    "somebody new": lambda olu: PersonFactory(can_share="I lay bricks."),
    "an offer": lambda olu: Offer.objects.create(
        organisation=organisation("Wheels"), what="A lift", answer_email="a@example.org"
    ),
    "a name of the ground": lambda olu: (
        type(olu.home).objects.filter(pk=olu.home_id).update(name="Elsewhere")
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_found_at_the_next_look(olu, change):
    CHANGES[change](olu)
    assert index.rebuild()
    assert not index.rebuild()
