"""Who keeps an entry: people with a position, and the keepers of the directory."""

import pytest

from doorstep.base.time import now
from doorstep.organisations import rules
from doorstep.organisations.models import Organisation, Position, Service, State
from doorstep.people.roles import scopes

pytestmark = pytest.mark.django_db


@pytest.fixture
def club():
    return Organisation.objects.create(name="Lunch Club", slug="lunch-club", state=State.DRAFT)


def test_a_draft_is_seen_only_by_those_who_may_change_it(cast, club):
    draft = Service.objects.create(name="Lunch", slug="lunch", state="draft", organisation=club)
    Position.objects.create(organisation=club, person=cast.dev, role="editor", accepted_at=now())
    for model, thing in ((Organisation, club), (Service, draft)):
        for person in (cast.ewan, None):
            assert not model.objects.visible_to(person).filter(pk=thing.pk).exists()
        assert model.objects.visible_to(cast.dev).get() == thing


@pytest.mark.parametrize(
    ("role", "is_taken_on", "is_over", "may"),
    [
        ("owner", True, False, True),
        ("editor", True, False, True),
        ("staff", True, False, False),
        ("owner", False, False, False),
        ("owner", True, True, False),
    ],
)
def test_a_position_opens_from_the_yes_to_the_end(cast, club, role, is_taken_on, is_over, may):
    Position.objects.create(
        organisation=club,
        person=cast.dev,
        role=role,
        accepted_at=now() if is_taken_on else None,
        ended_at=now() if is_over else None,
    )
    assert rules.can_edit(cast.dev, club) is may


def test_an_organisation_is_a_place_where_roles_are_held(cast, club):
    Position.objects.create(organisation=club, person=cast.dev, role="owner", accepted_at=now())
    scope = scopes.scopes.get("organisation")
    assert scopes.name_of("organisation", str(club.pk)) == "Lunch Club"
    assert scope.may_grant(cast.dev, str(club.pk))
    assert not scope.may_grant(cast.ewan, str(club.pk))
    rows = [row for give in scopes.holdings for row in give("Dev")]
    assert [(row.person, row.where) for row in rows] == [(cast.dev, "Lunch Club")]
