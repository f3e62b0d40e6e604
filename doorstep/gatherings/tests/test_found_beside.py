"""Gatherings and teams in the directory's finding: only to those who may see them."""

import datetime as dt

import pytest

from doorstep.base.time import now
from doorstep.gatherings import beside as gatherings
from doorstep.gatherings.tests.factories import plan
from doorstep.teams import beside as teams
from doorstep.teams.models import Team
from doorstep.teams.tests.factories import add_member, start

pytestmark = pytest.mark.django_db


def ids(rows):
    return {one.pk for one in rows}


def test_a_private_team_and_what_it_does_are_found_by_its_members_alone(cast, borough):
    team = start(cast.dev, borough.ward, name="Sewing in secret")
    Team.objects.filter(pk=team.pk).update(is_private=True, state=Team.State.LIVE)
    team.refresh_from_db()
    add_member(team, cast.amina)
    gathering = plan(cast.dev, team=team, who="team", title="Sewing evening")
    assert team.pk in {row[0] for row in teams.entries()}
    assert gathering.pk in {row[0] for row in gatherings.entries()}
    for viewer, may in ((None, False), (cast.ewan, False), (cast.amina, True), (cast.dev, True)):
        assert ids(teams.show(viewer, [team.pk], now())) == ({team.pk} if may else set())
        found = ids(gatherings.show(viewer, [gathering.pk], now()))
        assert found == ({gathering.pk} if may else set())


def test_a_gathering_says_when_it_next_is_and_goes_when_it_is_over(cast, borough):
    gathering = plan(cast.dev, title="Tea and toast")
    (shown,) = gatherings.show(None, [gathering.pk], now())
    assert shown.title == "Tea and toast"
    assert any(letter.isdigit() for letter in shown.facts[0])
    later = now() + dt.timedelta(days=60)
    assert list(gatherings.show(None, [gathering.pk], later)) == []
    gathering.state = "called_off"
    gathering.save()
    assert gathering.pk not in {row[0] for row in gatherings.entries()}
    assert list(gatherings.show(None, [gathering.pk], now())) == []


def test_a_closed_team_is_not_found(cast, borough):
    team = start(cast.dev, borough.ward)
    Team.objects.filter(pk=team.pk).update(state=Team.State.CLOSED)
    assert team.pk not in {row[0] for row in teams.entries()}
    assert list(teams.show(cast.dev, [team.pk], now())) == []
