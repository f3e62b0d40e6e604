"""Signals: hub officers, and the organisers of the area; the threshold also administrators."""

import datetime as dt

from doorstep.base.time import local, now
from doorstep.watch.actions.telling import tell
from doorstep.watch.models import Signal, Theme
from doorstep.watch.signals import rules
from tests.authorisation.answers import DONE, Each, only, seen_by, within
from tests.authorisation.world import World

ORDER = 61


def furnish(world: World) -> None:
    today = local(now()).date()
    ward = world.borough.ward
    rows = [
        tell(
            theme=Theme.objects.get(slug="damp"), area=ward, what=f"Mould on floor {number}.",
            seen_on=today - dt.timedelta(days=number), by=None, at=now(),
        )[0]
        for number in range(4)
    ]  # fmt: skip
    signal = Signal.objects.create(
        theme=rows[0].theme, area=ward, begins_on=today - dt.timedelta(days=3), until=today,
        how=Signal.How.LEVEL, observed=4, expected=0.4, usual_at_most=2, p=0.0008,
    )  # fmt: skip
    signal.areas.add(ward)
    signal.concerns.add(*rows)
    world.put("signal", ref=signal.ref)


rows = within("watch")
READERS = ("officer", "organiser", "far_organiser")
ROWS = [
    *rows("signals", get=only(*READERS), post=only(*READERS, page=DONE)),
    *rows("join_concerns", get=only(*READERS), post=only(*READERS, page=DONE)),
    *rows(
        "sensitivity",
        get=only(*READERS, "administrator"),
        post=only("officer", "administrator", page=DONE),
    ),
    *rows("signal", "signal", get=seen_by("officer", "organiser")),
]

EACH = [
    Each(
        "watch:signal",
        lambda: Signal.objects.select_related("area"),
        rules.can_see,
        lambda signal: {"ref": signal.ref},
    )
]

# How sensitive the scan is, is a setting; it tells nothing of any concern.
FOR_ADMINISTRATORS = ["watch:sensitivity"]
