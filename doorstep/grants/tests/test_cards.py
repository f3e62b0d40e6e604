"""What learning reads of an award: public words and the amount, where the idea may be seen."""

import pytest

from doorstep.base import awards
from doorstep.base.time import today
from doorstep.grants.models import Award, Idea
from doorstep.grants.tests.factories import a_fund, an_idea, at_stage, steward_of
from doorstep.people.models import Block, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def awarded(cast, borough):
    """An idea of Amina's that got its money, beside one that didn't."""
    fund = a_fund(steward_of(borough.borough, cast.carys), borough.borough)
    won, lost = (an_idea(fund, cast.amina, state=Idea.State.READY) for _one in range(2))
    at_stage(fund, "decided")
    Idea.objects.filter(pk=won.pk).update(
        state=Idea.State.FUNDED, title="Amina's lamps", fair_title="Repair evenings"
    )
    Idea.objects.filter(pk=lost.pk).update(state=Idea.State.NOT_FUNDED)
    Award.objects.create(idea=won, amount_pence=20_000, awarded_on=today())
    return won


def test_an_experiment_can_name_the_award_that_helped_it(cast, awarded):
    ((key, card),) = awards.find(cast.dev)
    assert key == f"grants:{awarded.key}"
    assert (card.label, card.amount_pence) == ("Repair evenings, Green Lanes fund", 20_000)
    assert card.path == awarded.get_absolute_url()
    assert awards.get(cast.dev, key) == card
    assert awards.get(cast.dev, "grants:nothing-here") is None


def test_across_a_block_no_award_shows(cast, awarded):
    Block.objects.create(blocker=cast.amina, blocked=cast.dev)
    dev = Person.objects.get(pk=cast.dev.pk)
    assert awards.find(dev) == []
    assert awards.get(dev, f"grants:{awarded.key}") is None
