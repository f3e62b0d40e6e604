"""What search holds, and the safety records."""

from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import DELETE, KEEP, Basis, Holding, Kept, about_nobody, declare
from doorstep.web.models import Complaint, Review, SearchWord, WordsChange

about_nobody(
    SearchWord,
    "Single words of posts, teams and gatherings that any member may read, with how often each "
    "is used; made anew every half hour, so a word goes when the last post with it goes.",
)

declare(
    Complaint,
    Holding(
        label=_("Complaints you made about us"),
        activity="moderation",
        purpose=_("So that somebody looks at what we got wrong, and answers you."),
        basis=Basis.OBLIGATION,
        subjects=("by",),
        shown={
            "what": _("What it was about"),
            "text": _("What you wrote"),
            "contact": _("How we could answer you"),
            "how": _("How it came"),
            "answer": _("Our answer"),
        },
        neighbours={"answered_by": _("somebody who answers complaints")},
        internal=("key", "client_key"),
        kept=Kept.for_days(
            3 * 365,
            after="answered_at",
            because=_("We must be able to show how complaints were dealt with."),
        ),
        erase=DELETE,
    ),
)
declare(
    Review,
    Holding(
        label=_("Safety records you reviewed"),
        activity="moderation",
        purpose=_("So that it can be seen who looked at the risks, and when."),
        basis=Basis.OBLIGATION,
        subjects=("by",),
        internal=("key", "number"),
        shown={
            "why": _("Why"),
            "measures": _("What we do"),
            "owner": _("Who answers for it"),
            "what_changed": _("What is new"),
        },
        kept=Kept.with_parent(_("The law asks for every version of these records.")),
        erase=KEEP,
        kept_because=_("The law asks for a record of who made it (Online Safety Act 2023)."),
    ),
)
declare(
    WordsChange,
    Holding(
        label=_("Changes of our pages that you wrote down"),
        activity="running",
        purpose=_("So that people can see what changed."),
        basis=Basis.TASK,
        subjects=("by",),
        internal=("client_key",),
        shown={"text": _("What is new")},
        kept=Kept.with_parent(_("What we told everybody stays readable.")),
        erase=KEEP,
        kept_because=_("It says what we told everybody; your name is on no page of it."),
    ),
)
