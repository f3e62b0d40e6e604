"""What is held when somebody walks alongside somebody else."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    EMPTY,
    KEEP,
    PARENT,
    Activity,
    Basis,
    Condition,
    Holding,
    Kept,
    Measure,
    Risk,
    activities,
    declare,
    risks,
)
from doorstep.connect import erasing
from doorstep.connect.calls import erasing as calls_erasing
from doorstep.connect.models import (
    Asking,
    Call,
    CallAsk,
    CaseAction,
    CaseGuest,
    Caseload,
    CaseMeeting,
    CircleChange,
    CircleMember,
    Conversation,
    FirstStep,
    FollowUp,
    Matter,
    MatterWords,
    Referral,
    ReferralStep,
    Relationship,
    Walk,
)

activities.add(
    "connect",
    Activity(
        _("Walking alongside somebody, one to one"),
        _("So that somebody who is isolated has company, and a community around them."),
        _("people walked alongside, those around them, catalysts, those who refer"),
    ),
    order=35,
)

_SIX_YEARS = 6 * 365
_OURS: dict[str, Any] = {
    "activity": "connect",
    "basis": Basis.TASK,
    "special": Condition.SOCIAL_CARE,
}
_PART: dict[str, Any] = {**_OURS, "kept": Kept.with_parent(), "erase": PARENT}
_WITH = "relationship__person"
_THEIR_CIRCLE = _(
    "It is theirs, in their own words, and theirs to show you. When you leave, it stays with them "
    "as they wrote it, and no longer leads to you. If you would rather not stand in one, tell us, "
    "and somebody talks with them."
)
_TO_WALK = _("To walk alongside you, and to remember what matters to you.")

declare(
    Caseload,
    Holding(
        label=_("How many people you can walk alongside"),
        shown={
            "fits": _("Who it goes well with"),
        },
        activity="connect",
        purpose=_("So that nobody is given more people than they can be there for."),
        basis=Basis.TASK,
        subjects=("person",),
        kept=Kept.with_account(),
        erase=DELETE,
    ),
)
declare(
    Referral,
    Holding(
        label=_("Referrals about you, or sent by you"),
        shown={
            "name": _("Name"),
            "reach": _("How to reach you"),
            "safe_contact": _("When it is safe"),
            "about": _("More about you"),
            "hopes": _("What was hoped for"),
            "language": _("Language"),
            "agreed_words": _("What was agreed"),
        },
        purpose=_("So that the right organisation can get in touch with you, if you wish."),
        subjects=("person", "sender"),
        withheld={
            "sender_name": _("It says who somebody else is."),
            "sender_email": _("It says who somebody else is."),
        },
        internal=("ref", "client_key", "link_number"),
        recipients=(_("the organisation it is sent to"),),
        kept=Kept.for_days(
            2 * 365,
            after="ended_at",
            because=_("So that a refusal can be explained, and waits be counted."),
            where=lambda: Q(relationship=None),
        ),
        erase=DELETE,
        **_OURS,
    ),
)
declare(
    ReferralStep,
    Holding(
        label=_("What happened to a referral"),
        shown={
            "words": _("What was said"),
        },
        purpose=_("So that whoever sent it hears at each step."),
        neighbours=("by", "whom"),
        **_PART,
    ),
)
declare(
    Relationship,
    Holding(
        label=_("Where somebody walks alongside you"),
        shown={
            "next_step": _("The next small step"),
            "ending_words": _("How we say goodbye"),
        },
        purpose=_TO_WALK,
        subjects=("person",),
        internal=("ref",),
        kept=Kept.for_days(
            _SIX_YEARS,
            after="ended_at",
            because=_("So that what was done can be shown, and you can come back."),
        ),
        erase=DELETE,
        **_OURS,
    ),
)
declare(
    Walk,
    Holding(
        label=_("Who walks alongside"),
        purpose=_TO_WALK,
        neighbours={"person": _("a catalyst")},
        **_PART,
    ),
)
declare(
    Matter,
    Holding(
        label=_("What matters to you, what you can give, and what stands in the way"),
        purpose=_TO_WALK,
        subjects=(_WITH,),
        internal=("ref",),
        **_PART,
    ),
)
declare(
    MatterWords,
    Holding(
        label=_("Your words about what matters, each time you said them"),
        shown={
            "words": _("Your words"),
        },
        purpose=_TO_WALK,
        subjects=(f"matter__{_WITH}",),
        neighbours={"by": _("a catalyst")},
        **_PART,
    ),
)
declare(
    Conversation,
    Holding(
        label=_("Conversations with whoever walks alongside you"),
        shown={
            "words": _("What you talked about"),
        },
        purpose=_TO_WALK,
        subjects=(_WITH,),
        neighbours={"by": _("a catalyst")},
        internal=("client_key",),
        **_PART,
    ),
)
declare(
    CircleMember,
    Holding(
        label=_("Your circle"),
        shown={
            "name": _("Who"),
            "does": _("What they do"),
            "reach": _("How to reach them"),
        },
        purpose=_("So that you can see who is around you, and say who may know what."),
        subjects=("owner",),
        neighbours=("person", "added_by"),
        internal=("ref",),
        kept=Kept.for_days(
            365,
            after="changed_at",
            where=lambda: Q(state="gone"),
            because=_("Whoever you took out goes a year later."),
        ),
        erase=DELETE,
        **_OURS,
    ),
    Holding(
        label=_("Where somebody counts you to their own circle"),
        purpose=_("So that they can see who is around them, and say who may know what."),
        subjects=("person",),
        neighbours=("owner", "added_by"),
        withheld=dict.fromkeys(("name", "does", "reach"), _THEIR_CIRCLE),
        internal=("ref",),
        withhold=_THEIR_CIRCLE,
        kept=Kept(
            until=_("as long as it stands in their circle"),
            because=_("It is theirs, in their words."),
        ),
        erase=KEEP,
        kept_because=_THEIR_CIRCLE,
        erase_with=erasing.circles,
        **_OURS,
    ),
)
declare(
    CircleChange,
    Holding(
        label=_("Who changed your circle"),
        shown={"said": _("What you said")},
        purpose=_("So that you can see what was changed for you, and by whom."),
        subjects=("member__owner",),
        neighbours={"by": _("whoever wrote it down for you")},
        **_PART,
    ),
)
declare(
    Asking,
    Holding(
        label=_("What you answered about how life is"),
        shown={
            "instrument": _("Which questions"),
            "answers": _("Your answers"),
        },
        purpose=_("So that you and we see whether things get better."),
        subjects=(_WITH,),
        neighbours={"by": _("a catalyst")},
        **_PART,
    ),
)
declare(
    FollowUp,
    Holding(
        label=_("What you told us after an ending"),
        shown={
            "words": _("What you said"),
        },
        purpose=_("So that we know whether the connections are still there."),
        subjects=(_WITH,),
        neighbours={"by": _("a catalyst")},
        **_PART,
    ),
)
declare(
    FirstStep,
    Holding(
        label=_("Where you were expected"),
        shown={
            "label": _("Where"),
            "travel": _("The way there"),
            "call_words": _("What you said afterwards"),
        },
        purpose=_("So that somebody meets you, and rings you afterwards."),
        subjects=(_WITH,),
        neighbours={"made_by": _("a catalyst")},
        internal=("client_key", "key", "provider"),
        **_PART,
    ),
)
declare(
    CaseMeeting,
    Holding(
        label=_("Meetings of services about your question"),
        shown={
            "where": _("Where"),
            "question": _("The question"),
            "story": _("The story"),
            "agenda": _("Agenda"),
            "agreed_words": _("What you agreed to"),
        },
        purpose=_("So that services that each know a part act together, as you agreed."),
        subjects=(_WITH,),
        neighbours={"called_by": _("a catalyst")},
        internal=("ref", "client_key"),
        recipients=(_("the services you said yes to, one by one"),),
        **_PART,
    ),
)
declare(
    CaseGuest,
    Holding(
        label=_("Who was asked to such a meeting"),
        shown={
            "name": _("Who came"),
            "service": _("From which service"),
            "learned": _("What they learned"),
        },
        purpose=_("So that you can see who was told."),
        subjects=(f"meeting__{_WITH}",),
        internal=("key",),
        withheld={"email": _("It says how to reach somebody else.")},
        **_PART,
    ),
)
declare(
    CaseAction,
    Holding(
        label=_("What was agreed at such a meeting"),
        shown={
            "words": _("What was to be done"),
            "outcome": _("What came of it"),
        },
        purpose=_("So that somebody does it, by a day."),
        subjects=(f"meeting__{_WITH}",),
        **_PART,
    ),
)
risks.add(
    "connect: somebody else reads the notes",
    Risk(
        activity="connect",
        what="Notes of a long relationship are read by somebody who doesn't walk alongside.",
        hurts="What was told in trust is known by colleagues, neighbours or another service.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "Only who walks alongside opens it; a lead sees steps and days, no notes; each "
                "opening is logged.",
                "doorstep/connect/tests/test_relationships.py",
            ),
            Measure(
                "A colleague who is also the client is kept apart from lists of colleagues.",
                "doorstep/connect/tests/test_relationships.py",
            ),
        ),
    ),
)
risks.add(
    "connect: a link is passed on",
    Risk(
        activity="connect",
        what="The link of a referral or a meeting reaches somebody it wasn't meant for.",
        hurts="They learn that somebody is isolated.",
        chance="medium",
        harm="medium",
        measures=(
            Measure(
                "Links are signed, end by themselves and with the person's yes, and a referral's "
                "contact details show only once it is accepted.",
                "doorstep/connect/tests/test_referrals.py",
            ),
        ),
    ),
)
declare(
    Call,
    Holding(
        label=_("Where somebody was asked for you, without your name"),
        shown={
            "words": _("What they read"),
            "written": _("What was being written"),
            "agreed_words": _("What you said yes to"),
            "ended_words": _("What came of it"),
        },
        purpose=_("So that neighbours and organisations can help with what lies beyond us."),
        subjects=(_WITH,),
        neighbours={"made_by": _("a catalyst")},
        internal=("ref", "client_key", "version", "marks", "wave"),
        recipients=(_("those who were asked, who never read who you are"),),
        **_PART,
    ),
)
declare(
    CallAsk,
    Holding(
        label=_("Who was asked for you, and small asks you were sent"),
        shown={
            "answer_words": _("What was answered"),
            "meet_name": _("The name you let them know"),
            "meet_reach": _("How you let them reach you"),
        },
        purpose=_("So that those who said yes and you can meet, if you both wish."),
        subjects=(f"call__{_WITH}",),
        neighbours={
            "person": _("a neighbour who was asked"),
            "answered_by": _("a neighbour who answered"),
            "noted_by": _("a catalyst"),
            "introduced_by": _("a catalyst"),
        },
        withheld={
            "name": _("It says who somebody else is."),
            "email": _("It says who somebody else is."),
            "answer_name": _("It says who somebody else is."),
            "answer_reach": _("It says who somebody else is."),
        },
        internal=("code", "key", "place", "wave", "link_number", "reasons"),
        **{
            **_PART,
            "kept": Kept.for_days(
                182,
                after="call__ended_at",
                because=_("Half a year after a call, how to reach each other is forgotten here."),
                where=lambda: Q(link_number__gt=0),
                empties={
                    "name": "",
                    "email": "",
                    "answer_name": "",
                    "answer_reach": "",
                    "answer_words": "",
                    "meet_name": "",
                    "meet_reach": "",
                    "link_number": 0,
                },
            ),
        },
    ),
    Holding(
        label=_("Small asks you were sent, and what you answered"),
        shown={
            "name": _("Whom we asked"),
            "email": _("Where we wrote to"),
            "answer_name": _("The name you gave"),
            "answer_reach": _("How to reach you"),
            "answer_words": _("What you answered"),
        },
        purpose=_("So that those who said yes and somebody else can meet, if both wish."),
        subjects=("person", "answered_by"),
        neighbours={
            "noted_by": _("a catalyst"),
            "introduced_by": _("a catalyst"),
        },
        withheld={
            "meet_name": _("It says who somebody else is."),
            "meet_reach": _("It says who somebody else is."),
        },
        internal=("code", "key", "place", "wave", "link_number", "reasons"),
        **{**_PART, "erase": EMPTY, "erase_with": calls_erasing.receivers},
    ),
)
