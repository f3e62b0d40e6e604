"""What is held about people who meet."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    EMPTY,
    Basis,
    Condition,
    Holding,
    Kept,
    Measure,
    Risk,
    about_nobody,
    declare,
    risks,
)
from doorstep.gatherings import erasing
from doorstep.gatherings.models import (
    CalendarLink,
    Feeling,
    Gathering,
    Job,
    JobTaken,
    Place,
    Presence,
    RoomMessage,
    Session,
    Welcome,
)
from doorstep.people.models import Person
from doorstep.people.rights.redacting import companions


def _met(person: Person) -> set[int]:
    """Hosts and greeters of where somebody went, newcomers they greeted, the room they were in."""
    sessions = Place.objects.filter(person=person).values("session")
    hosts = Gathering.objects.filter(sessions__in=sessions).values_list("host_id", flat=True)
    mine = Q(place__person=person) | Q(greeter=person)
    met = Welcome.objects.filter(mine).values_list("greeter_id", "place__person_id")
    rooms = RoomMessage.objects.filter(person=person).values("session")
    said = RoomMessage.objects.filter(session__in=rooms).values_list("person_id", flat=True)
    return {pk for pk in {*hosts, *(pk for pair in met for pk in pair), *said} if pk}


companions.add("gatherings", _met)
about_nobody(Session, "When a gathering happens; people are in its places.")
about_nobody(Job, "What wants doing at a gathering.")
about_nobody(
    Feeling,
    "An anonymous face. A keyed hash stops one person counting twice; it leads back to nobody.",
)

_MEET = _("So that people can meet, and a host knows who is coming.")

declare(
    Gathering,
    Holding(
        label=_("Gatherings you host"),
        activity="gatherings",
        purpose=_MEET,
        basis=Basis.CONTRACT,
        subjects=("host",),
        shown={
            "title": _("Gathering"),
            "description": _("What happens"),
            "when_you_walk_in": _("What you'll find when you walk in"),
            "venue__name": _("Where"),
            "online_url": _("Link to join online"),
            "dial_in": _("Number to ring"),
            "dial_in_code": _("Code to key in"),
            "cost": _("What it costs"),
        },
        internal=("slug", "uid", "rrule", "exdates", "client_key", "sequence", "made_until"),
        recipients=(_("neighbours; the number and link only those who are coming"),),
        kept=Kept(
            until=_("as long as the borough has gatherings"),
            because=_("What neighbours did together is everybody's history."),
        ),
        erase=EMPTY,
        erase_with=erasing.hosted,
        order=1,
    ),
)
declare(
    Place,
    Holding(
        label=_("Gatherings you said you'd come to"),
        activity="gatherings",
        purpose=_MEET,
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={
            "session__gathering__title": _("Gathering"),
            "session__starts_at": _("When"),
            "name": _("Name on the register"),
        },
        neighbours={"marked_by": _("a host")},
        internal=("walk_in_key",),
        recipients=(_("the hosts"),),
        kept=Kept.for_days(
            2 * 365,
            after="session__starts_at",
            because=_("To see who came back. The name of a walk-in goes after a year."),
            where=lambda: Q(person__isnull=False),
            also=Kept.for_days(
                365,
                after="session__starts_at",
                because="",
                where=lambda: Q(person=None, walk_in_key__isnull=False),
                empties={"name": "–", "walk_in_key": None},
            ),
        ),
        erase=EMPTY,
        erase_with=erasing.places_taken,
        order=2,
    ),
)
declare(
    Welcome,
    Holding(
        label=_("Where you asked to be expected"),
        activity="gatherings",
        purpose=_("So that a newcomer is met at the door and rung afterwards."),
        basis=Basis.CONSENT,
        special=Condition.EXPLICIT_CONSENT,
        subjects=("place__person",),
        shown={
            "place__session__gathering__title": _("Gathering"),
            "wishes": _("What would help"),
            "phone": _("Your number, until the call is made"),
            "call_note": _("What your greeter wrote after the call"),
        },
        neighbours={"greeter": _("your greeter"), "look_for": _("how to know your greeter")},
        recipients=(_("your greeter"),),
        kept=Kept.for_days(
            365,
            after="place__session__starts_at",
            because=_("To see whether welcomes help. Your number goes once you were rung."),
        ),
        erase=DELETE,
        erase_with=lambda person, erasure: Welcome.objects.filter(place__person=person).delete()[0],
        order=3,
    ),
    Holding(
        label=_("Newcomers you greeted"),
        activity="gatherings",
        purpose=_("So that a newcomer knows whom to look for."),
        basis=Basis.CONSENT,
        subjects=("greeter",),
        shown={
            "place__session__gathering__title": _("Gathering"),
            "look_for": _("How they would know you"),
        },
        neighbours={
            "place": _("a newcomer"),
            "wishes": _("a newcomer's"),
            "call_note": _("about a newcomer"),
        },
        withheld={"phone": _("It is the newcomer's number.")},
        kept=Kept.with_parent(_("Kept as above.")),
        erase=EMPTY,
        erase_with=erasing.welcomes_given,
        order=4,
    ),
)
declare(
    JobTaken,
    Holding(
        label=_("Jobs you took on at gatherings"),
        activity="gatherings",
        purpose=_("So that the tea gets made, and somebody says thank you."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={
            "job__name": _("Job"),
            "session__gathering__title": _("Gathering"),
            "session__starts_at": _("When"),
        },
        kept=Kept.for_days(
            2 * 365, after="session__starts_at", because=_("To see who contributed.")
        ),
        order=5,
    ),
)
declare(
    RoomMessage,
    Holding(
        label=_("What you said in a live room"),
        activity="gatherings",
        purpose=_("So that people who join online can talk."),
        basis=Basis.CONTRACT,
        special=Condition.MADE_PUBLIC,
        subjects=("person",),
        shown={"text": _("Your words"), "session__gathering__title": _("Gathering")},
        internal=("client_key",),
        recipients=(_("people in the room"),),
        kept=Kept.for_days(
            365, after="said_at", because=_("So that people can look up what was said.")
        ),
        order=6,
    ),
)
declare(
    Presence,
    Holding(
        label=_("Live rooms you were in"),
        activity="gatherings",
        purpose=_("To show who is here."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={"session__gathering__title": _("Gathering")},
        kept=Kept.for_days(
            30, after="seen_at", because=_("It is of no use once the room is empty.")
        ),
        order=7,
    ),
)
declare(
    CalendarLink,
    Holding(
        label=_("The secret address of your calendar"),
        activity="gatherings",
        purpose=_("To show your gatherings in your own calendar."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        secret=("key",),
        kept=Kept.with_account(),
        order=8,
    ),
)
risks.add(
    "a-meeting-place-is-used-to-find-somebody",
    Risk(
        activity="gatherings",
        what="Somebody uses a list of who is coming to wait for a person who is hiding from them.",
        hurts="People who were hurt by somebody; children.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "Only hosts see the register; a block hides both from each other.",
                "doorstep/gatherings/rules.py",
            ),
            Measure(
                "Newcomers' numbers go to one greeter, and are forgotten after the call.",
                "doorstep/gatherings/actions/welcomes.py",
            ),
        ),
    ),
)
