"""What is held to tell people things."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    PARENT,
    Basis,
    Condition,
    Holding,
    Kept,
    Measure,
    Risk,
    declare,
    risks,
)
from doorstep.notices.actions import recount
from doorstep.notices.models import (
    CallTry,
    Delivery,
    Notice,
    Preference,
    QuietHours,
    Relay,
    RelayUse,
    SafeContact,
)
from doorstep.people.models import Person


def _taken_back(person: Person, erasure: Any) -> int:
    """Messages to others about what somebody did go with them; the others' dots stay right."""
    rows = Notice.objects.filter(about=person)
    others = list(Person.objects.filter(notices__in=rows.filter(seen_at=None)).distinct())
    count = rows.count()
    rows.delete()
    for other in others:
        recount(other)
    return count


_NOT_WAITING = Q(deliveries__state=Delivery.State.WAITING)

declare(
    Notice,
    Holding(
        label=_("Notices you were sent"),
        activity="notices",
        purpose=_("To tell you what you want to hear about, and what you must know."),
        basis=Basis.TASK,
        subjects=("person",),
        shown={"kind": _("Kind"), "title": _("What it said"), "body": _("And then")},
        neighbours=("about",),
        internal=("key", "path"),
        kept=Kept.for_days(
            90,
            after="seen_at",
            because=_("So that you can look back. One you never opened stays two years."),
            where=lambda: ~_NOT_WAITING,
            also=Kept.for_days(
                2 * 365, after="created_at", because="", where=lambda: ~_NOT_WAITING
            ),
        ),
        order=1,
    ),
    Holding(
        label=_("Notices to others about something you did"),
        activity="notices",
        purpose=_("To tell neighbours that you answered or thanked them."),
        basis=Basis.TASK,
        subjects=("about",),
        neighbours=("person",),
        withheld={
            "title": _("It is somebody else's message."),
            "body": _("It is somebody else's message."),
        },
        internal=("key", "path", "kind"),
        withhold=_(
            "Messages we sent to others because of something you did belong to them. They say "
            "no more than what you wrote, which is in this file."
        ),
        kept=Kept.with_parent(_("They are kept like any other notice.")),
        erase_with=_taken_back,
        order=2,
    ),
)
declare(
    SafeContact,
    Holding(
        label=_("How to reach you safely"),
        activity="notices",
        purpose=_("So that no message or call of ours puts you in danger."),
        basis=Basis.VITAL,
        special=Condition.SAFEGUARDING,
        subjects=("person",),
        shown={
            "forbidden": _("Never this way"),
            "windows": _("Only at these times"),
            "say_as": _("When we ring, we say we are"),
            "via_name": _("Who may pass a message on"),
            "via_phone": _("Their number"),
            "words": _("What a caller must know"),
        },
        neighbours=("set_by", "ended_by"),
        sensitive={
            "forbidden": "",
            "windows": "",
            "say_as": "",
            "via_name": "",
            "via_phone": "",
            "words": "",
        },
        kept=Kept.for_days(
            2 * 365,
            after="ended_at",
            because=_("So that it can be asked why we did or didn't ring."),
        ),
        order=4,
    ),
)
declare(
    Relay,
    Holding(
        label=_("Whether somebody agreed to pass messages on to you"),
        activity="notices",
        purpose=_("So that nobody is rung for you who didn't say yes themselves."),
        basis=Basis.CONSENT,
        special=Condition.SAFEGUARDING,
        subjects=("person",),
        shown={
            "state": _("What they say"),
            "how": _("How they said it"),
            "said_at": _("When"),
            "agreed_at": _("When they said yes"),
        },
        withheld={
            "words": _("They are the words of the one who passes messages on."),
            "agreed_words": _("They are the words of the one who passes messages on."),
        },
        neighbours=("taken_by",),
        sensitive={"words": "", "agreed_words": ""},
        kept=Kept.for_days(
            2 * 365,
            after="said_at",
            where=lambda: Q(state__in=["no", "ended"]),
            because=_("So that it can be asked why we did or didn't ring them."),
        ),
        order=4,
    ),
)
declare(
    RelayUse,
    Holding(
        label=_("When somebody rang them"),
        activity="notices",
        purpose=_("So that whoever relied on their yes hears when it ends."),
        basis=Basis.CONSENT,
        subjects=("relay__person",),
        shown={"at": _("When")},
        neighbours=("by",),
        kept=Kept.with_parent(_("It goes with their yes.")),
        erase=PARENT,
        order=4,
    ),
)
declare(
    CallTry,
    Holding(
        label=_("When we rang you with a message"),
        activity="notices",
        purpose=_("So that a message for somebody without the internet isn't lost."),
        basis=Basis.TASK,
        subjects=("delivery__notice__person",),
        shown={"words": _("What was written down")},
        neighbours=("by",),
        sensitive={"words": ""},
        kept=Kept.with_parent(_("It goes with the message.")),
        erase=PARENT,
        order=5,
    ),
)
declare(
    Delivery,
    Holding(
        label=_("E-mails we sent you"),
        activity="notices",
        purpose=_("So that none is lost and none is sent twice."),
        basis=Basis.TASK,
        subjects=("notice__person",),
        shown={"notice__title": _("What about")},
        internal=("problem",),
        recipients=(_("the firm that carries our e-mail"),),
        kept=Kept.with_parent(_("It goes with its notice.")),
        erase=PARENT,
        order=3,
    ),
)
declare(
    Preference,
    Holding(
        label=_("How you want to hear from us"),
        activity="notices",
        purpose=_("To reach you the way you chose."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={"kind": _("Kind")},
        kept=Kept.with_account(),
        order=4,
    ),
)
declare(
    QuietHours,
    Holding(
        label=_("Your quiet hours"),
        activity="notices",
        purpose=_("To leave you alone when you want to be left alone."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        kept=Kept.with_account(),
        order=5,
    ),
)
risks.add(
    "a-message-tells-too-much",
    Risk(
        activity="notices",
        what="Somebody else reads a message: on a locked screen, or in a shared mailbox.",
        hurts="Above all people who live with somebody who hurts them.",
        chance="medium",
        harm="high",
        measures=(
            Measure(
                "The subject of an e-mail says what it is about, never who or what.",
                "doorstep/notices/tests/test_sending.py",
            ),
            Measure(
                "Every message goes through one door that keeps to quiet hours and blocks.",
                "doorstep/notices/actions.py",
            ),
        ),
    ),
)
