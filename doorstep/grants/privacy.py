"""What is held about people who send in ideas, who decide, and who vote."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    EMPTY,
    KEEP,
    Activity,
    Basis,
    Holding,
    Kept,
    Measure,
    Risk,
    about_nobody,
    activities,
    declare,
    risks,
)
from doorstep.base.private_files import private_files
from doorstep.grants import erasing
from doorstep.grants.models import (
    Award,
    Ballot,
    CoApplicant,
    Enquiry,
    Entry,
    Fund,
    FundEvent,
    Hours,
    Idea,
    Induction,
    Interest,
    Payment,
    Pitch,
    Share,
    Sheet,
    Talk,
    Update,
    Voted,
)
from doorstep.people.models import Person
from doorstep.people.rights.redacting import companions

activities.add(
    "grants",
    Activity(
        _("Money that neighbours decide on"),
        _("So that small ideas get money, fairly, and everybody can see why."),
        _("people who send in ideas, deciders, voters"),
    ),
    order=46,
)


def _met(person: Person) -> set[int]:
    """Those they share an idea with, and those they decide with."""
    together = Q(co_applicants__person=person) | Q(applicant=person)
    ideas = Idea.objects.filter(together)
    found = set(ideas.values_list("applicant_id", flat=True))
    found |= set(CoApplicant.objects.filter(idea__in=ideas).values_list("person_id", flat=True))
    funds = Share.objects.filter(decider=person).values("idea__fund")
    found |= set(Share.objects.filter(idea__fund__in=funds).values_list("decider_id", flat=True))
    return {pk for pk in found if pk}


companions.add("grants", _met)
about_nobody(Sheet, "A paper ballot's serial number, which is nobody's.")
about_nobody(Ballot, "A vote without a name, a time or an order.")
about_nobody(Pitch, "When an idea has its turn; people are in the idea.")
about_nobody(Award, "Money promised to an idea; people are in the idea.")
about_nobody(Update, "Which story tells of which award; the story is declared in the feed.")

_FAIR = _("So that money is shared out fairly, and everybody can check it.")
_MONEY = _("Public money must be accounted for.")

declare(
    Fund,
    Holding(
        label=_("Funds you started"),
        activity="grants",
        purpose=_FAIR,
        basis=Basis.TASK,
        subjects=("made_by",),
        shown={"name": _("Fund")},
        internal=("client_key", "outcome", "lot", "slug"),
        withheld={
            name: _("It says how the fund works; everybody reads it on the fund's page.")
            for name in ("purpose", "who_applies", "who_decides", "guidelines", "designed_with")
        },
        kept=Kept(until=_("as long as the borough has funds"), because=_MONEY),
        erase=KEEP,
        kept_because=_MONEY,
        order=1,
    ),
)
declare(
    FundEvent,
    Holding(
        label=_("What you did in a fund"),
        activity="grants",
        purpose=_("So that anybody can see later what was done, and by whom."),
        basis=Basis.TASK,
        subjects=("by",),
        shown={"facts": _("What"), "what": _("What it said"), "fund__name": _("Fund")},
        recipients=(_("the stewards of the fund"),),
        kept=Kept.for_days(7 * 365, after="at", because=_MONEY),
        erase=KEEP,
        kept_because=_MONEY,
        order=9,
    ),
)
declare(
    Idea,
    Holding(
        label=_("Ideas you sent in"),
        activity="grants",
        purpose=_FAIR,
        basis=Basis.CONTRACT,
        subjects=("applicant",),
        shown={
            "fund__name": _("Fund"),
            "title": _("What it's called"),
            "words": _("Your idea"),
            "link": _("Your recording or film"),
            "language": _("Language"),
            "in_english": _("In English"),
            "fair_title": _("What it's called, as others read it"),
            "fair_words": _("What others read"),
            "to_mend": _("What you were asked to put right"),
            "why_facts": _("Why it was funded, or wasn't"),
            "nearer_facts": _("What a little more or less would have changed"),
            "fair_own": _("What others read, in your language"),
            "budget": _("What the money is for"),
        },
        neighbours={
            "typed_by": _("whoever typed it in for you"),
            "translated_by": _("a steward"),
            "made_fair_by": _("a steward"),
        },
        files=("recording",),
        files_from=lambda: private_files,
        # `why` and `nearer` are older words for the same facts, and part of them (`models.Idea`).
        internal=("key", "client_key", "tie_id", "recording_type", "why", "nearer"),
        recipients=(_("stewards; deciders and everybody read it without your name"),),
        kept=Kept(
            until=_("drafts a year, what was sent as long as the borough has funds"),
            because=_MONEY,
        ),
        erase=EMPTY,
        erase_with=erasing.ideas,
        order=2,
    ),
)
declare(
    CoApplicant,
    Holding(
        label=_("Ideas you do with others"),
        activity="grants",
        purpose=_FAIR,
        basis=Basis.CONSENT,
        subjects=("person",),
        shown={"idea__title": _("Idea"), "name": _("Name, as it was typed")},
        recipients=(_("the stewards of the fund"),),
        kept=Kept.with_parent(),
        order=3,
    ),
)
declare(
    Interest,
    Holding(
        label=_("Ideas you said you are close to"),
        activity="grants",
        purpose=_("So that nobody decides about their own friends."),
        basis=Basis.TASK,
        subjects=("person",),
        shown={"idea__number": _("Number of the idea"), "why": _("How you know them")},
        recipients=(_("the stewards of the fund"),),
        kept=Kept.for_days(7 * 365, after="declared_at", because=_MONEY),
        erase=DELETE,
        order=4,
    ),
)
declare(
    Induction,
    Holding(
        label=_("Funds where you know what deciding means"),
        activity="grants",
        purpose=_("So that nobody decides about others' ideas without knowing how."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={"fund__name": _("Fund"), "how": _("How")},
        neighbours={"by": _("a steward, or you")},
        recipients=(_("the stewards of the fund"),),
        kept=Kept.for_days(2 * 365, after="at", because=_("To learn from it next time.")),
        order=5,
    ),
)
declare(
    Share,
    Holding(
        label=_("Ideas you read and marked"),
        activity="grants",
        purpose=_FAIR,
        basis=Basis.CONTRACT,
        subjects=("decider",),
        shown={
            "idea__fair_title": _("Idea"),
            "score": _("Your mark"),
            "reason": _("Your reason"),
        },
        recipients=(_("the deciders and stewards of the fund"),),
        kept=Kept.for_days(2 * 365, after="given_at", because=_("To learn from it next time.")),
        order=5,
    ),
)
declare(
    Talk,
    Holding(
        label=_("What you said in the deciders' room"),
        activity="grants",
        purpose=_("So that those who decide can think together."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={"text": _("Your words"), "fund__name": _("Fund")},
        internal=("client_key",),
        recipients=(_("the deciders and stewards of the fund"),),
        kept=Kept.for_days(365, after="said_at", because=_("So that it can be looked up.")),
        order=6,
    ),
)
declare(
    Enquiry,
    Holding(
        label=_("Questions you asked about an idea"),
        activity="grants",
        purpose=_FAIR,
        basis=Basis.CONTRACT,
        subjects=("by",),
        shown={"question": _("Your question"), "idea__fair_title": _("Idea")},
        withheld={"answer": _("It is the applicants' answer.")},
        internal=("client_key",),
        recipients=(_("the applicants, who don't learn who asks, and the deciders"),),
        kept=Kept.for_days(2 * 365, after="asked_at", because=_("It explains what was decided.")),
        order=7,
    ),
    Holding(
        label=_("Questions about your idea, and your answers"),
        activity="grants",
        purpose=_FAIR,
        basis=Basis.CONTRACT,
        subjects=("idea__applicant",),
        shown={"question": _("Question"), "answer": _("Your answer")},
        neighbours={"by": _("a decider")},
        internal=("client_key",),
        kept=Kept.with_parent(),
        order=7,
    ),
)
declare(
    Hours,
    Holding(
        label=_("Hours you gave to deciding"),
        activity="grants",
        purpose=_("So that deciders are paid."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={"what": _("What you did"), "fund__name": _("Fund")},
        neighbours={"agreed_by": _("a steward")},
        internal=("client_key",),
        recipients=(_("the stewards, and whoever pays you"),),
        kept=Kept.for_days(6 * 365, after="on", because=_("Tax law asks for payments so long.")),
        erase=KEEP,
        kept_because=_("Tax law asks for payments so long."),
        order=8,
    ),
)
declare(
    Voted,
    Holding(
        label=_("Funds you voted in"),
        activity="grants",
        purpose=_("So that everybody votes once. How you voted is nowhere."),
        basis=Basis.TASK,
        subjects=("person",),
        shown={"fund__name": _("Fund")},
        kept=Kept.for_days(365, after="at", because=_("Until nobody doubts the count any more.")),
        order=8,
    ),
)
declare(
    Entry,
    Holding(
        label=_("Paper ballots you typed in"),
        activity="grants",
        purpose=_("So that two people read each paper, and nobody types one in twice."),
        basis=Basis.TASK,
        subjects=("by",),
        shown={"sheet__serial": _("Number on the paper")},
        withheld={"choices": _("They are somebody's vote, and whose, nobody knows.")},
        kept=Kept.for_days(365, after="at", because=_("Until nobody doubts the count any more.")),
        order=9,
    ),
)
declare(
    Payment,
    Holding(
        label=_("Payments you wrote down"),
        activity="grants",
        purpose=_("So that every pound is accounted for."),
        basis=Basis.TASK,
        subjects=("by",),
        shown={"what": _("What for")},
        internal=("client_key",),
        kept=Kept(until=_("as long as the borough has funds"), because=_MONEY),
        erase=KEEP,
        kept_because=_MONEY,
        order=9,
    ),
)
risks.add(
    "a-ballot-leads-back-to-somebody",
    Risk(
        activity="grants",
        what="Published ballots are matched with who voted when, or with who was there.",
        hurts="Voters whose choice becomes known; deciders under pressure.",
        chance="low",
        harm="medium",
        measures=(
            Measure(
                "A ballot has no name and no time, and stands under a drawn key.",
                "doorstep/grants/models.py",
            ),
            Measure(
                "Ballots are published only once all are counted.",
                "doorstep/grants/views/funds.py",
            ),
        ),
    ),
)
risks.add(
    "an-idea-says-who-is-poor-or-ill",
    Risk(
        activity="grants",
        what="An idea tells of somebody's health or money, and everybody reads it.",
        hurts="People who send in ideas, and those they write about.",
        chance="medium",
        harm="medium",
        measures=(
            Measure(
                "A steward makes each idea fair to read first, and private details are refused.",
                "doorstep/grants/actions/ideas.py",
            ),
            Measure(
                "Names show only where the applicants said so.",
                "doorstep/grants/actions/awards.py",
            ),
        ),
    ),
)
