"""Alerts: anybody raises one, safeguarding leads with no part in it read it, nobody else."""

from doorstep.base.time import now
from doorstep.safeguarding import rules
from doorstep.safeguarding.actions import raise_alert
from doorstep.safeguarding.models import Alert
from tests.authorisation.answers import AWAY, BY_GET, Each, everyone, seen_by, within
from tests.authorisation.world import World

ORDER = 26


def furnish(world: World) -> None:
    about = raise_alert(by=world.resident, about=world.owner, what="She cries at night.", at=now())
    world.put("alert", ref=about.ref)
    world.put("alert_to_take", ref=about.ref, verb="take")
    near = raise_alert(by=None, about=world.safeguarding, what="A lead.", at=now())
    world.put("alert_about_the_lead", ref=near.ref)
    world.put("alert_about_the_lead_to_take", ref=near.ref, verb="take")


rows = within("safeguarding")
ROWS = [
    *rows("worried", get=everyone()),
    *rows("leave", get=everyone(AWAY), post=BY_GET),
    *rows("queue closed figures", get=seen_by("safeguarding"), post=BY_GET),
    *rows("alert", "alert", get=seen_by("safeguarding"), post=BY_GET),
    *rows("alert", "alert_about_the_lead", get=seen_by(), post=BY_GET),
    *rows("work", "alert_to_take", get=seen_by("safeguarding")),
    *rows("work", "alert_about_the_lead_to_take", get=seen_by()),
    *rows("around", "alert", get=seen_by("safeguarding")),
]

EACH = [
    Each(
        "safeguarding:alert",
        lambda: Alert.objects.select_related("about"),
        rules.can_see,
        lambda alert: {"ref": alert.ref},
    ),
    Each(
        "safeguarding:around",
        lambda: Alert.objects.select_related("about"),
        rules.can_see,
        lambda alert: {"ref": alert.ref},
    ),
    Each(
        "safeguarding:work",
        lambda: Alert.objects.select_related("about"),
        rules.can_see,
        lambda alert: {"ref": alert.ref, "verb": "take"},
    ),
]
