"""Teams for tests."""

import factory

from doorstep.places.models import Area
from doorstep.teams.models import Membership, Team


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")
    slug = factory.Sequence(lambda n: f"team-{n}")
    purpose = "We mend things together."
    area = factory.LazyFunction(lambda: Area.objects.filter(kind="ward").first())
    state = Team.State.LIVE


def add_member(team, person, role="member"):
    return Membership.objects.create(
        team=team, person=person, role=role, agreed_version=team.agreement_version
    )
