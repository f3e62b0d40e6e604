"""Weak signs from routine contact, for a human to weigh up. A sign alone does nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from doorstep.people.models import Person
from doorstep.people.records import rules as records
from doorstep.people.signs import Sign, SignKind, signs
from doorstep.places.atlas import atlas
from doorstep.places.models import Area
from doorstep.watch import rules
from doorstep.watch.actions.telling import tell
from doorstep.watch.models import Concern, SignDecision, Theme

Decision = SignDecision.Decision


@dataclass(frozen=True)
class Shown:
    """A sign as one viewer sees it: `person` is None where they may not open that record."""

    sign: Sign
    kind: str
    area: Area | None
    person: Person | None
    decision: SignDecision | None = None


def _label(kind: str) -> str:
    return str(SignKind(kind).label) if kind in SignKind.values else kind


def for_viewer(viewer: Person, at: dt.datetime) -> list[Shown]:
    """Return what nobody has weighed up yet in the areas whose concerns are the viewer's work."""
    book = atlas()
    paths = rules.reach(viewer)
    inside = {
        pk for pk, area in book.areas.items() if any(area.path.startswith(path) for path in paths)
    }
    everywhere = "" in paths
    found = signs(at=at, areas=None if everywhere else inside)
    weighed = set(
        SignDecision.objects.filter(key__in=[sign.key for sign in found]).values_list(
            "key", flat=True
        )
    )
    waiting = [sign for sign in found if sign.key not in weighed and sign.person_id != viewer.pk]
    return _shown(waiting, viewer)


def _shown(found: list[Sign], viewer: Person) -> list[Shown]:
    book = atlas()
    ids = {sign.person_id for sign in found if sign.person_id}
    may = {
        person.pk: person
        for person in records.records_visible_to(Person.objects.filter(pk__in=ids), viewer)
    }
    return [
        Shown(
            sign,
            _label(sign.kind),
            book.areas.get(sign.area_id) if sign.area_id else None,
            may.get(sign.person_id) if sign.person_id else None,
        )
        for sign in found
    ]


def of_person(viewer: Person, person: Person, at: dt.datetime) -> list[Shown]:
    """Return the signs about one person, weighed up or not, for whoever may open their record."""
    if not rules.is_carer(viewer) or viewer.pk == person.pk:
        return []
    found = signs(at=at, people=[person.pk])
    decided = {row.key: row for row in SignDecision.objects.filter(person=person)}
    book = atlas()
    return [
        Shown(
            sign,
            _label(sign.kind),
            book.areas.get(sign.area_id) if sign.area_id else None,
            person,
            decided.get(sign.key),
        )
        for sign in found
    ]


@transaction.atomic
def decide(
    shown: Shown, *, decision: str, reason: str, by: Person, at: dt.datetime
) -> SignDecision | None:
    """Write down what a human made of it, once; None where somebody else was first.

    "concern" makes a concern of it: about being alone, in its area, with nobody's name. What was
    decided is forgotten when the sign runs out.
    """
    sign = shown.sign
    try:
        with transaction.atomic():
            row = SignDecision.objects.create(
                key=sign.key,
                person_id=sign.person_id,
                area_id=sign.area_id,
                decision=decision,
                reason=reason,
                decided_by=by,
                decided_at=at,
                forget_after=sign.expires_at,
            )
    except IntegrityError:
        return None
    theme = Theme.objects.in_use().leaves().filter(slug="isolation").first()
    theme = theme or Theme.objects.in_use().leaves().first()
    area = shown.area or atlas().borough
    if decision == Decision.CONCERN and theme is not None and area is not None:
        row.concern, _new = tell(
            theme=theme,
            area=area,
            what="\n".join(part for part in (str(sign.why), reason) if part),
            seen_on=sign.at.astimezone(dt.UTC).date(),
            by=by,
            at=at,
            sure=Concern.Sure.THINK,
            about=Concern.About.PERSON,
            agreed=Concern.Agreed.NOT_ASKED,
            person_words=_("somebody in %(area)s") % {"area": area.name},
            client_key=f"sign-{row.pk}-{at:%Y%m%d}",
        )
        row.save(update_fields=["concern"])
    return row


def choices() -> list[tuple[str, Any]]:
    return list(Decision.choices)
