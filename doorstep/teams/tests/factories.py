"""Teams for tests."""

import factory

from doorstep.base.time import now
from doorstep.places.models import Area
from doorstep.teams import actions, rules
from doorstep.teams.models import Membership, Mentoring, Team


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")
    slug = factory.Sequence(lambda n: f"team-{n}")
    purpose = "We mend things together."
    area = factory.LazyFunction(lambda: Area.objects.filter(kind="ward").first())
    state = Team.State.LIVE


def add_member(team, person, role="member"):
    row = Membership.objects.create(
        team=team, person=person, role=role, agreed_version=team.agreement_version
    )
    team.member_count += 1
    Team.objects.filter(pk=team.pk).update(member_count=team.member_count)
    rules.forget(person)
    return row


def add_mentor(team, person):
    rules.forget(person)
    return Mentoring.objects.create(team=team, mentor=person)


def start(by, area, key="a-key-of-its-own", **words):
    """Start a team the way the page does."""
    given = {"name": "Tea and toast", "purpose": "We put the kettle on."} | words
    return actions.start_team(by=by, at=now(), area=area, client_key=key, **given)
