"""Awards as learning knows them: the money that helped an experiment, in a line."""

from __future__ import annotations

from django.db.models import QuerySet

from doorstep.base.awards import AwardCard
from doorstep.grants.models import Award, Idea
from doorstep.people.models import Person

MOST = 100


def _seen_by(viewer: Person | None) -> QuerySet[Award]:
    ideas = Idea.objects.visible_to(viewer).filter(state=Idea.State.FUNDED)
    return Award.objects.filter(idea__in=ideas).select_related("idea__fund")


def _card(award: Award) -> AwardCard:
    """What everybody may read of it: the idea as it was voted on, without names."""
    idea = award.idea
    label = f"{idea.fair_title or idea.title}, {idea.fund.name}"
    return AwardCard(idea.key, label, idea.get_absolute_url(), award.amount_pence)


def find(viewer: Person | None) -> list[AwardCard]:
    """Return the newest awards whose idea this person may see."""
    return [_card(one) for one in _seen_by(viewer).order_by("-awarded_on", "-pk")[:MOST]]


def get(viewer: Person | None, key: str) -> AwardCard | None:
    """Return the award to the idea of this key, where this person may see it."""
    found = _seen_by(viewer).filter(idea__key=key).first()
    return _card(found) if found is not None else None
