"""Who may flip the switch, and what is different while it is on."""

from __future__ import annotations

import datetime as dt

from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import holds
from doorstep.places.models import Area
from doorstep.support.models import Request, Surge

# Open requests a hub takes in ordinary weeks before the borough keeps the rest.
HUB_HOLDS = 120


def can_flip(person: Person | None) -> bool:
    """A hub officer of the whole borough leads in a crisis."""
    if person is None or not holds(person, RoleHolding.Role.OFFICER):
        return False
    return any(
        role == RoleHolding.Role.OFFICER and path and path.count("/") == 1
        for role, path, _kind, _key in person.__dict__.get("_roles_where", ())
    )


def current() -> Surge | None:
    """Return the real surge that is on, or None. One small query."""
    return Surge.objects.filter(ended_at=None, is_drill=False).first()


def drill() -> Surge | None:
    """Return the drill that is on, or None."""
    return Surge.objects.filter(ended_at=None, is_drill=True).first()


def both() -> tuple[Surge | None, Surge | None]:
    """Return the surge that is on and the drill that is on, each or None; one small query."""
    rows = Surge.objects.filter(ended_at=None).select_related("started_by")
    on = {row.is_drill: row for row in rows}
    return on.get(False), on.get(True)


def hub_holds(locality: Area, surge: Surge | None) -> bool:
    """Whether this hub has room for one more open request."""
    most = surge.hub_holds if surge is not None else HUB_HOLDS
    return (
        Request.objects.filter(
            locality=locality, state__in=[Request.State.HUB, Request.State.IN_HAND], closed_at=None
        )[: most + 1].count()
        <= most
    )


def send_on(request: Request, *, at: dt.datetime) -> None:
    """In a crisis nobody triages by hand what has a postcode: it goes straight to its hub.

    What has none, speaks of danger, or meets a full hub stays at the borough's desk.
    """
    from doorstep.support.requests import working

    surge = current()
    if surge is None or request.locality is None or request.state != Request.State.NEW:
        return
    if request.version > 1:
        return  # the same form again, after somebody had it in hand: a hub may have given it back
    if request.priority == Request.Priority.TODAY or request.about_child:
        return
    if hub_holds(request.locality, surge):
        try:
            working.route(request, by=None, at=at)
        except working.NotNow:
            request.refresh_from_db()  # the same form twice at once: the other one sent it on
