"""Who reads signals, who decides what one means, and who decides about the threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import holds
from doorstep.watch import rules
from doorstep.watch.models import Concern, Signal, Threshold
from doorstep.watch.models.concerns import ConcernQuerySet

if TYPE_CHECKING:
    from doorstep.watch.models import SignalQuerySet

Role = RoleHolding.Role


def reads_signals(person: Person | None) -> bool:
    """Hub officers, and organisers of some area."""
    return rules.is_carer(person)


def can_see(viewer: Person | None, signal: Signal) -> bool:
    """Those whose work the area around it is, or one of the areas it touches."""
    reach = rules.reach(viewer)
    paths = [signal.area.path, *(area.path for area in signal.areas.all())]
    return any(path.startswith(one) for path in paths for one in reach)


def signals_visible_to(signals: SignalQuerySet, viewer: Person | None) -> SignalQuerySet:
    """`can_see` as a query."""
    reach = rules.reach(viewer)
    if not reach:
        return signals.none()
    if "" in reach:
        return signals
    wanted = Q(pk__in=[])
    for path in reach:
        wanted |= Q(area__path__startswith=path) | Q(areas__path__startswith=path)
    return signals.filter(pk__in=Signal.objects.filter(wanted).values("pk"))


def concerns_of(signal: Signal, viewer: Person) -> ConcernQuerySet:
    """Return those of its concerns that the viewer may open: never one about themselves."""
    return rules.cared_for_by(Concern.objects.filter(signals=signal), viewer)


def can_decide(viewer: Person | None, signal: Signal) -> bool:
    """Whoever may read it may say what it means."""
    return can_see(viewer, signal)


def can_look_now(person: Person | None) -> bool:
    """Those who read signals may ask for a scan."""
    return reads_signals(person)


def sees_threshold(person: Person | None) -> bool:
    """Hub officers and administrators; organisers read what is in force."""
    return rules.can_arrange(person) or reads_signals(person)


def can_propose(person: Person | None) -> bool:
    return holds(person, Role.OFFICER, Role.ADMINISTRATOR)


def can_agree(person: Person | None, threshold: Threshold) -> bool:
    """Somebody else than whoever proposed it."""
    return (
        person is not None
        and can_propose(person)
        and threshold.state == Threshold.State.WAITING
        and threshold.proposed_by_id != person.pk
    )
