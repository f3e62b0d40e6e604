"""What is held about people themselves: who they are, and how they come in."""

from __future__ import annotations

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    EMPTY,
    KEEP,
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
from doorstep.people.models import Account, Block, Claim, Person, RoleEvent, RoleHolding, Session

_OPEN = "Meant to be read by neighbours; the person chooses by whom."

declare(
    Person,
    Holding(
        label=_("Who you are"),
        activity="people",
        purpose=_("To know one neighbour from another, and reach you the way you like."),
        basis=Basis.TASK,
        # Not a path through a foreign key: the row itself.
        subjects=("pk", "merged_into"),
        shown={
            "handle": _("Your short name in web addresses"),
            "known_as": _("What people call you"),
            "full_name": _("Your full name"),
            "born_on": _("Your date of birth"),
            "phone": _("Your phone number, as written down for you"),
            "email": _("Your e-mail, as written down for you"),
            "postcode": _("Your postcode"),
            "home__name": _("Your ward"),
            "follows": _("Places whose news you follow"),
            "about": _("A little about you"),
            "can_share": _("What you can share"),
            "would_like": _("What you would like"),
            "access_needs": _("What makes it easier to take part"),
            "languages": _("Languages you speak"),
            "reads": _("Language of these pages"),
            "shown_to": _("Who sees which part of your page"),
            "spot": _("Colour of your face"),
            "looked_at": _("When you last looked at the news"),
            "created_at": _("When you came"),
            "away_since": _("When you closed your account"),
            "restricted_at": _("Since when nobody uses your record"),
        },
        internal=("unseen_notices",),
        special=Condition.EXPLICIT_CONSENT,
        sensitive={
            "access_needs": "",
            "about": _OPEN,
            "can_share": _OPEN,
            "would_like": _OPEN,
        },
        recipients=(_("neighbours, as far as you let them see it"),),
        kept=Kept.with_account(
            _(
                "When you leave, it is all emptied. Only an empty row stays, so that what "
                "you wrote to neighbours does not fall apart."
            )
        ),
        erase=EMPTY,
        empties={
            "known_as": "A neighbour who left",
            "full_name": "",
            "phone": "",
            "email": "",
            "postcode": "",
            "about": "",
            "can_share": "",
            "would_like": "",
            "access_needs": "",
        },
        order=1,
    ),
)

declare(
    Account,
    Holding(
        label=_("How you sign in"),
        activity="people",
        purpose=_("So that only you open your own front door."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={"email": _("E-mail"), "phone": _("Mobile number")},
        secret=("password",),
        kept=Kept.with_account(_("An account nobody proved to be theirs goes after a day.")),
        order=2,
    ),
)
declare(
    EmailAddress,
    Holding(
        label=_("E-mails you have shown to be yours"),
        activity="people",
        purpose=_("So that nobody else can use your e-mail here."),
        basis=Basis.CONTRACT,
        subjects=("user__person",),
        shown={"email": _("E-mail")},
        kept=Kept.with_account(),
        order=3,
    ),
)
declare(
    EmailConfirmation,
    Holding(
        label=_("E-mails on their way to being proved"),
        activity="people",
        purpose=_("To check that an e-mail is yours."),
        basis=Basis.CONTRACT,
        subjects=("email_address__user__person",),
        secret=("key",),
        kept=Kept.for_days(3, after="created", because=_("A link that old opens nothing.")),
        order=4,
    ),
)
declare(
    Authenticator,
    Holding(
        label=_("Your passkeys and second locks"),
        activity="people",
        purpose=_("So that a stolen password is not enough to come in."),
        basis=Basis.CONTRACT,
        subjects=("user__person",),
        secret=("data",),
        kept=Kept.with_account(),
        order=5,
    ),
)
declare(
    Session,
    Holding(
        label=_("Where you are signed in"),
        activity="running",
        purpose=_("To keep you signed in, and let you sign a lost phone out."),
        basis=Basis.CONTRACT,
        subjects=("account__person",),
        shown={"user_agent": _("Browser"), "ip": _("Network address")},
        secret=("session_key", "session_data"),
        kept=Kept.for_days(
            0, after="expire_date", because=_("It ends 60 days after you last came.")
        ),
        order=1,
    ),
)
declare(
    RoleHolding,
    Holding(
        label=_("Roles you hold or held"),
        activity="records",
        purpose=_("So that only those whose work it is can do it, and we can show who could when."),
        basis=Basis.TASK,
        subjects=("person",),
        shown={"area__name": _("Where"), "scope_key": _("Where, if not in an area")},
        internal=("scope_kind",),
        neighbours={"granted_by": _("an administrator")},
        kept=Kept.for_days(
            6 * 365,
            after="ends_at",
            because=_("Claims about what was done in a role may come up for six years."),
        ),
        erase=KEEP,
        kept_because=_(
            "Who could open other people's records, and when, has to be shown for six years "
            "(Limitation Act 1980, and accountability in UK GDPR Article 5(2))."
        ),
    ),
)
declare(
    RoleEvent,
    Holding(
        label=_("What was done about your roles"),
        activity="records",
        purpose=_("So that we can show who gave a role to whom, when and why."),
        basis=Basis.TASK,
        subjects=("holding__person",),
        shown={"what": _("What"), "at": _("When"), "why": _("Why")},
        neighbours={"by": _("an administrator")},
        kept=Kept.with_parent(),
        erase=PARENT,
    ),
)
declare(
    Block,
    Holding(
        label=_("People you have blocked"),
        activity="people",
        purpose=_("So that two people don't meet each other here."),
        basis=Basis.INTERESTS,
        subjects=("blocker",),
        neighbours=("blocked",),
        kept=Kept.with_account(),
        order=10,
    ),
    Holding(
        label=_("Blocks somebody else made"),
        activity="people",
        purpose=_("So that two people don't meet each other here."),
        basis=Basis.INTERESTS,
        subjects=("blocked",),
        neighbours=("blocker",),
        withhold=_("Whether somebody has blocked you is theirs to know, so we don't tell it."),
        kept=Kept.with_account(),
        erase=DELETE,
        order=11,
    ),
)
declare(
    Claim,
    Holding(
        label=_("Your asking for a record somebody wrote down for you"),
        activity="people",
        purpose=_("So that a record goes to the right person, and nobody guesses their way in."),
        basis=Basis.INTERESTS,
        subjects=("person",),
        internal=("account",),
        kept=Kept.for_days(
            2 * 365,
            after="made_at",
            because=_("Wrong guesses count for good while the record can still be asked for."),
            where=lambda: Q(granted_at__isnull=False) | Q(declined_at__isnull=False),
        ),
        order=12,
    ),
)

# django-axes counts in the cache, so these stay empty; should somebody switch it, they are kept so.
for _model, _more in (
    (AccessAttempt, ("get_data", "post_data")),
    (AccessFailureLog, ()),
    (AccessLog, ("session_hash",)),
):
    declare(
        _model,
        Holding(
            label=_("Tries to sign in that failed"),
            activity="running",
            purpose=_("To stop somebody guessing passwords."),
            basis=Basis.INTERESTS,
            internal=("user_agent", "ip_address", "username", "http_accept", "path_info", *_more),
            kept=Kept.for_days(30, after="attempt_time", because=_("To see an attack as one.")),
            erase=PARENT,
            order=20,
        ),
    )
declare(
    AccessAttemptExpiration,
    Holding(
        label=_("When a lock after wrong passwords opens again"),
        activity="running",
        purpose=_("To stop somebody guessing passwords."),
        basis=Basis.INTERESTS,
        kept=Kept.with_parent(_("It goes with the failed try.")),
        erase=PARENT,
        order=21,
    ),
)

risks.add(
    "a-stranger-comes-in",
    Risk(
        activity="people",
        what="A stranger gets into somebody's account, or guesses who has one.",
        hurts="The person: what they wrote in private, where they go, who they know.",
        chance="low",
        harm="medium",
        measures=(
            Measure(
                "Codes and passwords can only be tried a few times, counted for everybody.",
                "doorstep/people/tests/test_signing_in.py",
            ),
            Measure(
                "Nothing on the way in tells whether somebody has an account.",
                "doorstep/people/tests/test_joining.py",
            ),
            Measure(
                "Whoever sees other people's records needs a second lock.",
                "doorstep/people/middleware.py",
            ),
        ),
    ),
)
risks.add(
    "a-record-goes-to-the-wrong-person",
    Risk(
        activity="people",
        what="Somebody claims the record a helper wrote down about another person.",
        hurts="People without an account, often the most vulnerable ones.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "The e-mail or number must be proved, and one question answered rightly. "
                "Wrong answers count for good.",
                "doorstep/people/actions.py",
            ),
        ),
    ),
)
