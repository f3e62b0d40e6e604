"""What is held about people in the directory. What organisations publish is about nobody else."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    EMPTY,
    Activity,
    Basis,
    Holding,
    Kept,
    Measure,
    Risk,
    about_nobody,
    about_table,
    activities,
    declare,
    risks,
)
from doorstep.organisations.models import (
    Accessibility,
    Address,
    Attribute,
    Change,
    Confirmation,
    Contact,
    CostOption,
    DoorPhoto,
    ImportRow,
    ImportRun,
    Language,
    Location,
    Offer,
    Organisation,
    Phone,
    Position,
    PrivateContact,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    Source,
    Suggestion,
    Taxonomy,
    TaxonomyTerm,
)

activities.add(
    "directory",
    Activity(
        _("The directory of what is here for people"),
        _("So that people find help and activities, and it is true today."),
        _("people who work for organisations, people who tell us what should change"),
    ),
    order=5,
)

_PUBLISHED = "What an organisation publishes about itself, for anybody to read."
for _model in (
    Organisation,
    Service,
    Location,
    Address,
    Accessibility,
    ServiceAtLocation,
    Schedule,
    CostOption,
    ServiceArea,
    Language,
    Attribute,
):
    about_nobody(_model, _PUBLISHED)
about_nobody(Contact, "Whom an organisation itself names to the public, in its own published list.")
about_nobody(Phone, "Numbers an organisation itself publishes.")
about_nobody(Taxonomy, "Public lists of terms.")
about_nobody(TaxonomyTerm, "Terms of public lists.")
about_nobody(Source, "Where published lists are brought in from.")
about_nobody(ImportRow, "What was wrong in a published list, and where.")

_PROOF = _("So that everybody can see how it became known.")

declare(
    Position,
    Holding(
        label=_("Your part in an organisation"),
        activity="directory",
        purpose=_("So that an organisation's own people keep its entry true."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={"organisation__name": _("Organisation"), "title": _("What you do there")},
        neighbours={"invited_by": _("who invited you")},
        withheld={"invited_email": _("It is the address somebody invited you by, yours by now.")},
        secret=("code",),
        sensitive={"invited_email": ""},
        kept=Kept.for_days(
            2 * 365, after="ended_at", because=_("So that it is known who changed what.")
        ),
        erase=DELETE,
        order=1,
    ),
)
declare(
    PrivateContact,
    Holding(
        label=_("How an organisation's people can be reached, not for the public"),
        activity="directory",
        purpose=_("So that keepers of the directory can ask whether an entry is still true."),
        basis=Basis.INTERESTS,
        subjects=("person",),
        shown={
            "organisation__name": _("Organisation"),
            "name": _("Name"),
            "phone": _("Number"),
            "email": _("E-mail"),
            "note": _("Note"),
        },
        neighbours={"added_by": _("who wrote it down")},
        sensitive={"name": "", "phone": "", "email": "", "note": ""},
        kept=Kept(
            until=_("as long as the organisation is in the directory"),
            because=_("So that its entry can be kept true."),
        ),
        erase=DELETE,
        order=2,
    ),
)
declare(
    Offer,
    Holding(
        label=_("Offers you answer for an organisation"),
        activity="directory",
        purpose=_("So that an organisation can be called on, and somebody answers."),
        basis=Basis.CONTRACT,
        subjects=("answered_by", "made_by"),
        shown={
            "organisation__name": _("Organisation"),
            "what": _("Call on us for"),
            "details": _("A few more words"),
            "for_whom": _("For whom"),
        },
        withheld={
            "answer_name": _("It may be somebody else of your organisation."),
            "answer_email": _("It may be somebody else of your organisation."),
        },
        internal=("client_key",),
        sensitive={"answer_name": "", "answer_email": ""},
        kept=Kept(
            until=_("as long as the organisation is in the directory"),
            because=_("It is the organisation's offer."),
        ),
        erase=EMPTY,
        erase_with=lambda person, erasure: (
            Offer.objects.filter(answered_by=person).update(
                answered_by=None, answer_name="", answer_email=""
            )
            + Offer.objects.filter(made_by=person).update(made_by=None)
        ),
        order=3,
    ),
)
declare(
    Confirmation,
    Holding(
        label=_("When you told that an entry is true, or that it isn't"),
        activity="directory",
        purpose=_PROOF,
        basis=Basis.INTERESTS,
        subjects=("by",),
        shown={"service__name": _("Entry"), "note": _("Note"), "reason": _("Why")},
        internal=("client_key",),
        sensitive={"note": ""},
        kept=Kept.for_days(3 * 365, after="at", because=_PROOF),
        erase=EMPTY,
        erase_with=lambda person, erasure: Confirmation.objects.filter(by=person).update(
            by=None, note=""
        ),
        order=4,
    ),
)
declare(
    Suggestion,
    Holding(
        label=_("What you suggested for the directory"),
        activity="directory",
        purpose=_("So that a keeper can look, change the entry and answer you."),
        basis=Basis.INTERESTS,
        subjects=("made_by",),
        shown={
            "service__name": _("Entry"),
            "words": _("What should change"),
            "reach": _("How to reach you"),
            "answer": _("What you were told"),
        },
        neighbours={"decided_by": _("a keeper of the directory")},
        internal=("ref", "client_key"),
        sensitive={"words": "", "reach": "", "answer": ""},
        kept=Kept.for_days(365, after="made_at", because=_("So that you can be answered.")),
        erase=DELETE,
        order=5,
    ),
)
declare(
    DoorPhoto,
    Holding(
        label=_("Pictures of doors you added"),
        activity="directory",
        purpose=_("So that somebody new knows the door."),
        basis=Basis.INTERESTS,
        subjects=("added_by",),
        shown={"description": _("What it shows")},
        internal=("key",),
        files=("name", "small_name"),
        kept=Kept(
            until=_("as long as the place is in the directory"),
            because=_("It shows a door, and nobody."),
        ),
        erase=EMPTY,
        erase_with=lambda person, erasure: DoorPhoto.objects.filter(added_by=person).update(
            added_by=None
        ),
        order=6,
    ),
)
declare(
    ImportRun,
    Holding(
        label=_("Lists you brought into the directory"),
        activity="directory",
        purpose=_PROOF,
        basis=Basis.INTERESTS,
        subjects=("by", "decided_by"),
        shown={"source__name": _("List"), "said": _("What came of it")},
        internal=("held",),
        kept=Kept.for_days(365, after="started_at", because=_PROOF),
        erase=EMPTY,
        erase_with=lambda person, erasure: (
            ImportRun.objects.filter(by=person).update(by=None)
            + ImportRun.objects.filter(decided_by=person).update(decided_by=None)
        ),
        order=7,
    ),
)
declare(
    Change,
    Holding(
        label=_("Entries of the directory you changed"),
        activity="directory",
        purpose=_("So that a change can be looked at and put back."),
        basis=Basis.INTERESTS,
        subjects=("by",),
        shown={"service__name": _("Entry")},
        withheld={"values": _("It is what the organisation says of itself.")},
        internal=("client_key",),
        kept=Kept.for_days(
            2 * 365, after="at", because=_("So that a change can be looked at and put back.")
        ),
        erase=EMPTY,
        erase_with=lambda person, erasure: Change.objects.filter(by=person).update(by=None),
        order=8,
    ),
)
risks.add(
    "directory: a private number is published",
    Risk(
        activity="directory",
        what="A number meant for keepers alone goes out with the entry to every other system.",
        hurts="People who work for small organisations from their own telephone.",
        chance="low",
        harm="medium",
        measures=(
            Measure(
                "Private contacts lie sealed in a table of their own, which no public page reads.",
                "doorstep/organisations/models.py",
            ),
        ),
    ),
)
about_table("organisations_service_fts", "Words of published services, to find them by.")
