"""What is held about people in teams."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    EMPTY,
    KEEP,
    Basis,
    Holding,
    Kept,
    Measure,
    Risk,
    about_nobody,
    declare,
    risks,
)
from doorstep.people.models import Person
from doorstep.people.rights.redacting import companions
from doorstep.teams.models import (
    Invitation,
    Kit,
    Membership,
    Mentoring,
    Question,
    Team,
    TeamEvent,
)


def _team_mates(person: Person) -> set[int]:
    teams = Membership.objects.filter(person=person).values("team")
    mates = Membership.objects.filter(team__in=teams).values_list("person_id", flat=True)
    mentors = Mentoring.objects.filter(team__in=teams).values_list("mentor_id", flat=True)
    return {*mates, *mentors}


companions.add("teams", _team_mates)
about_nobody(Kit, "Templates to start a team from, the same for everybody.")
about_nobody(Question, "What a team asks people who want to join.")

_TEAM_HISTORY = _("The team's history belongs to everybody in it; your name goes from it.")


def _history_without(person, erasure) -> int:  # type: ignore[no-untyped-def]
    """What a person wrote into a team's history goes; that something happened stays."""
    return TeamEvent.objects.filter(by=person).exclude(detail="").update(detail="")


declare(
    Membership,
    Holding(
        label=_("Teams you are in, were in, or asked to join"),
        activity="teams",
        purpose=_("So that a team knows who is in it."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={
            "team__name": _("Team"),
            "answers": _("What you answered when you asked to join"),
            "decided_why": _("What you were told"),
        },
        neighbours={"decided_by": _("a host")},
        internal=("seen_post_id",),
        recipients=(_("people in the team"),),
        kept=Kept.for_days(
            2 * 365, after="left_at", because=_("So that you can come back, and hosts remember.")
        ),
        erase=DELETE,
        order=1,
    ),
)
declare(
    Team,
    Holding(
        label=_("Teams you started"),
        activity="teams",
        purpose=_("So that neighbours see who began it."),
        basis=Basis.CONTRACT,
        subjects=("started_by",),
        shown={"name": _("Team"), "purpose": _("What it does")},
        internal=(
            "slug",
            "why",
            "place",
            "agreement",
            "first_gathering",
            "pinned_title",
            "pinned_text",
            "ended_why",
            "client_key",
        ),
        kept=Kept(until=_("as long as the borough has teams"), because=_TEAM_HISTORY),
        erase=KEEP,
        kept_because=_(
            "A team belongs to all its members, and holds nothing about you once you have left."
        ),
        order=2,
    ),
)
declare(
    Invitation,
    Holding(
        label=_("Invitations you made"),
        activity="teams",
        purpose=_("To let somebody into a team."),
        basis=Basis.CONTRACT,
        subjects=("made_by",),
        shown={"team__name": _("Team"), "label": _("Who it was for")},
        secret=("code",),
        kept=Kept.for_days(365, after="expires_at", because=_("To see which ones worked.")),
        order=3,
    ),
)
declare(
    Mentoring,
    Holding(
        label=_("Teams you mentor"),
        activity="teams",
        purpose=_("So that a team knows whom to ask."),
        basis=Basis.CONTRACT,
        subjects=("mentor",),
        shown={"team__name": _("Team"), "last_contact_note": _("Your last note")},
        kept=Kept.for_days(2 * 365, after="ended_at", because=_("To see what helped teams.")),
        order=4,
    ),
)
declare(
    TeamEvent,
    Holding(
        label=_("What you did in the history of a team"),
        activity="teams",
        purpose=_("So that a team knows its own story."),
        basis=Basis.CONTRACT,
        subjects=("by",),
        shown={"team__name": _("Team"), "detail": _("More")},
        kept=Kept.with_parent(_TEAM_HISTORY),
        erase=EMPTY,
        erase_with=_history_without,
        order=5,
    ),
)
risks.add(
    "a-team-shows-where-somebody-is",
    Risk(
        activity="teams",
        what="Being in a team tells something people want to keep: their faith, health or past.",
        hurts="Members of teams about grief, illness, faith or fleeing.",
        chance="medium",
        harm="medium",
        measures=(
            Measure(
                "A team can be private: only members and its mentor know that it exists.",
                "doorstep/teams/rules.py",
            ),
        ),
    ),
)
