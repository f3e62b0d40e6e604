"""Where a first step may lead: gatherings, met by a greeter (see `connect.first_steps`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.connect import first_steps
from doorstep.connect.first_steps import FullUp, Place, Provider
from doorstep.gatherings.actions import welcomes
from doorstep.gatherings.models import Gathering, JobTaken, Session
from doorstep.people.models import Person

AHEAD = dt.timedelta(days=28)
MOST = 12


def _open(viewer: Person, at: dt.datetime):  # type: ignore[no-untyped-def]
    return Session.objects.filter(
        gathering__in=Gathering.objects.visible_to(viewer),
        starts_at__gt=at,
        starts_at__lt=at + AHEAD,
        is_called_off=False,
        gathering__state=Gathering.State.ON,
    ).select_related("gathering", "gathering__area")


def _place(session: Session) -> Place:
    return Place(
        str(session.pk),
        session.gathering.title,
        session.starts_at,
        session.get_absolute_url(),
    )


def places(person: Person, viewer: Person, at: dt.datetime) -> Sequence[Place]:
    """Return gatherings to come that the catalyst may see: the person's own ward first."""
    home = person.home.path if person.home is not None else ""
    locality = "/".join(home.rstrip("/").split("/")[:-1])
    found = list(_open(viewer, at).order_by("starts_at", "pk")[:200])

    def far(session: Session) -> int:
        area = session.gathering.area
        path = area.path if area is not None else ""
        if home and path.startswith(home):
            return 0
        return 1 if locality and path.startswith(locality) else 2

    seen: set[int] = set()
    made = []
    for session in sorted(found, key=lambda one: (far(one), one.starts_at)):
        # The next time of each gathering is enough to choose from.
        if session.gathering_id not in seen:
            seen.add(session.gathering_id)
            made.append(_place(session))
    return made[:MOST]


def expect(
    key: str,
    *,
    person: Person,
    by: Person,
    at: dt.datetime,
    name: str,
    wishes: str,
    phone: str,
    client_key: str,
) -> Place:
    """Put the person on the list, to be met by a greeter. Raises FullUp."""
    session = _open(by, at).filter(pk=key).first() if key.isdigit() else None
    if session is None:
        raise FullUp(_("That one has gone. Choose another."))
    try:
        welcomes.expect_a_caller(
            session, by=by, at=at, name=name, wishes=wishes, phone=phone, key=client_key
        )
    except welcomes.Full:
        raise FullUp(_("There is no place left. Choose another.")) from None
    return _place(session)


def gives(person: Person) -> list[str]:
    """Return what the person does at gatherings now, in sentences: hosting, taking jobs."""
    hosts = Gathering.objects.filter(host=person, state=Gathering.State.ON)
    jobs = JobTaken.objects.filter(person=person)
    # One query for both: it stands on a page with much else.
    rows = hosts.values_list("title", Value(""), "pk").union(
        jobs.values_list("job__gathering__title", "job__name", "pk"), all=True
    )
    does = sorted(rows, key=lambda row: (bool(row[1]), -row[2] if row[1] else row[2]))
    hosted = [_("Hosts %(what)s") % {"what": title} for title, job, _pk in does if not job]
    taken = [
        _("%(job)s at %(what)s") % {"job": job, "what": title} for title, job, _pk in does if job
    ]
    return hosted[:5] + list(dict.fromkeys(taken[:5]))


def register() -> None:
    """Hang gatherings up; called once when the app is ready."""
    first_steps.providers.add(
        "gatherings", Provider(gettext_lazy("Gatherings"), places, expect, gives)
    )
