"""Teams: an open one, a private one, one that is over."""

import datetime as dt
from typing import Any

from doorstep.base.time import now
from doorstep.teams import actions, rules
from doorstep.teams.models import Invitation, Kit, Membership, Mentoring, Team
from doorstep.teams.tests.factories import TeamFactory, add_member, add_mentor
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    MISSING,
    ON,
    PAGE,
    REFUSED,
    Each,
    NotSwept,
    each,
    everyone,
    members,
    only,
    seen_by,
    within,
)
from tests.authorisation.world import World

ORDER = 30


def furnish(world: World) -> None:
    actions.load_kits()
    world.put("kit", slug=Kit.objects.filter(is_offered=True).first().slug)
    world.team = make(world, "open-team", is_private=False)
    world.private_team = make(world, "private-team", is_private=True, joining="invitation")
    theirs = TeamFactory(slug="another-team", area=world.borough.far_ward)
    add_member(theirs, world.other_host, role="host")
    over = make(world, "team-that-is-over", is_private=False)
    Team.objects.filter(pk=over.pk).update(state=Team.State.CLOSED)
    for name, team in (("team", world.team), ("private_team", world.private_team), ("over", over)):
        row = Membership.objects.get(team=team, person=world.member)
        asked = Membership.objects.create(
            team=team, person=world.asker, state=Membership.State.ASKED
        )
        mentoring = team.mentorings.get()
        invitation = Invitation.objects.create(
            team=team, code=f"code-of-{team.slug}"[:24], made_by=world.host,
            expires_at=now() + dt.timedelta(days=9),
        )  # fmt: skip
        world.put(name, slug=team.slug)
        world.put(f"{name}_tab", slug=team.slug, tab="about")
        world.put(f"{name}_member", slug=team.slug, pk=row.pk)
        world.put(f"{name}_asked", slug=team.slug, pk=asked.pk)
        world.put(f"{name}_mentoring", slug=team.slug, pk=mentoring.pk)
        world.put(f"{name}_invitation", slug=team.slug, pk=invitation.pk)
        world.put(f"{name}_code", code=invitation.code)


def make(world: World, slug: str, **words) -> Team:
    team = TeamFactory(slug=slug, area=world.borough.ward, **words)
    add_member(team, world.host, role="host")
    add_member(team, world.member)
    add_member(team, world.owner)
    add_mentor(team, world.team_mentor)
    return team


IN_TEAM = ("owner", "member", "host")
HOST = only("host")
HOST_DOES = only("host", page=DONE)
HOST_INSIDE = seen_by("host", **each(REFUSED, "owner", "member", "team_mentor", "moderator"))
HOST_INSIDE_DOES = seen_by(
    "host", page=DONE, **each(REFUSED, "owner", "member", "team_mentor", "moderator")
)
SEE_PRIVATE = ("owner", "member", "host", "team_mentor", "moderator")

rows = within("teams")
ROWS = [
    *rows("teams kits", get=everyone(), post=BY_GET),
    *rows("kit", "kit", get=everyone(), post=BY_GET),
    *rows("start", get=members(teenager=REFUSED)),
    *rows("mentors", get=only("team_mentor", "mentor"), post=BY_GET),
    *rows(
        "take_on step_back contact",
        ("team", "over"),
        get=BY_POST,
        post=only("team_mentor", "mentor", page=DONE),
    ),
    *rows(
        "take_on step_back contact",
        "private_team",
        get=BY_POST,
        post=only("team_mentor", page=DONE, mentor=MISSING),
    ),
    *rows(
        "invited",
        ("team_code", "private_team_code"),
        get=everyone(owner=ON, member=ON, host=ON),
    ),
    *rows("invited", "over_code", get=seen_by(visitor=MISSING)),
    *rows("team", ("team", "over"), get=everyone(), post=BY_GET),
    *rows("team", "private_team", get=seen_by(*SEE_PRIVATE, visitor=MISSING), post=BY_GET),
    *rows("join", "team", get=members(owner=ON, member=ON, host=ON, asker=ON)),
    *rows(
        "join agree",
        "private_team",
        get=seen_by(*IN_TEAM, page=ON, team_mentor=REFUSED, moderator=REFUSED),
    ),
    *rows("join", "over", get=only("owner", "member", "host", "asker", page=ON)),
    *rows("take_back", ("team", "over"), get=BY_POST, post=members(DONE)),
    *rows("take_back", "private_team", get=BY_POST, post=seen_by(*SEE_PRIVATE, page=DONE)),
    *rows("agree", ("team", "over"), get=only(*IN_TEAM, page=ON)),
    *rows("leave", ("team", "over"), get=members(ON, owner=PAGE, member=PAGE, host=PAGE)),
    *rows("leave", "private_team", get=seen_by(*IN_TEAM, team_mentor=ON, moderator=ON)),
    *rows("invitations", "team", get=only(*IN_TEAM)),
    *rows(
        "invitations words agreement questions pinned step_down end",
        "private_team",
        get=HOST_INSIDE,
    ),
    *rows(
        "invitations words agreement questions pinned step_down end",
        "over",
        get=only(),
    ),
    *rows(
        "invitation slips code",
        ("team_invitation", "private_team_invitation", "over_invitation"),
        get=seen_by("host"),
        post=BY_GET,
    ),
    *rows(
        "withdraw",
        ("team_invitation", "private_team_invitation", "over_invitation"),
        get=BY_POST,
        post=seen_by("host", page=DONE),
    ),
    *rows("host history", ("team", "over"), get=HOST, post=BY_GET),
    *rows("host host_people history", "private_team", get=HOST_INSIDE, post=BY_GET),
    *rows(
        "words agreement questions pinned step_down end",
        "team",
        get=HOST,
    ),
    *rows("host_people", "team", get=HOST, post=BY_GET),
    *rows("host_people", "over", get=only(), post=BY_GET),
    *rows("decide", "team_asked", get=BY_POST, post=HOST_DOES),
    *rows("decide", "private_team_asked", get=BY_POST, post=HOST_INSIDE_DOES),
    *rows("decide", "over_asked", get=BY_POST, post=only()),
    *rows("make_host", "team_member", get=BY_POST, post=HOST_DOES),
    *rows("make_host", "private_team_member", get=BY_POST, post=HOST_INSIDE_DOES),
    *rows("make_host", "over_member", get=BY_POST, post=only()),
    *rows("remove", "team_member", get=HOST),
    *rows("remove", "private_team_member", get=HOST_INSIDE),
    *rows("remove", "over_member", get=only()),
    *rows("ask_for_mentor", "team", get=BY_POST, post=HOST_DOES),
    *rows("ask_for_mentor", "private_team", get=BY_POST, post=HOST_INSIDE_DOES),
    *rows("ask_for_mentor", "over", get=BY_POST, post=only()),
    *rows("thank_mentor", "team_mentoring", get=BY_POST, post=HOST_DOES),
    *rows("thank_mentor", "private_team_mentoring", get=BY_POST, post=HOST_INSIDE_DOES),
    *rows("thank_mentor", "over_mentoring", get=BY_POST, post=only()),
    *rows("tab", ("team_tab", "over_tab"), get=everyone(), post=BY_GET),
    *rows("tab", "private_team_tab", get=seen_by(*SEE_PRIVATE, visitor=MISSING), post=BY_GET),
]


def _slug(team: Team) -> dict[str, str]:
    return {"slug": team.slug}


def _part(row: Any) -> dict[str, Any]:
    return {"slug": row.team.slug, "pk": row.pk}


def on_the_list(me: Any, team: Team) -> bool:
    return rules.can_be_mentor(me) and rules.teams_of_mentor(me).filter(pk=team.pk).exists()


_PAGES = (
    "team join agree leave invitations host words agreement questions pinned "
    "host_people step_down history end"
)
_PARTS = {
    "decide": (lambda: Membership.objects.filter(state="asked"), True),
    "make_host": (lambda: Membership.objects.filter(state="member"), True),
    "remove": (lambda: Membership.objects.filter(state="member"), False),
    "thank_mentor": (Mentoring.objects.all, True),
}
EACH = [
    Each("teams:kit", lambda: Kit.objects.all()[:2], lambda _me, kit: kit.is_offered, _slug),
    Each(
        "teams:tab",
        Team.objects.all,
        rules.can_see_team,
        lambda team: {"slug": team.slug, "tab": "about"},
    ),
    *(
        Each(f"teams:{name}", Team.objects.all, rules.can_see_team, _slug)
        for name in _PAGES.split()
    ),
    *(
        Each(f"teams:{name}", Team.objects.all, rules.can_see_team, _slug, post=True)
        for name in ("take_back", "ask_for_mentor")
    ),
    *(
        Each(f"teams:{name}", Team.objects.all, on_the_list, _slug, post=True)
        for name in ("take_on", "step_back", "contact")
    ),
    *(
        Each(
            f"teams:{name}",
            Invitation.objects.all,
            rules.can_withdraw,
            _part,
            post=name == "withdraw",
        )
        for name in ("invitation", "slips", "code", "withdraw")
    ),
    # What hangs on a team: 404 for who can't see the team, 403 for who can but isn't its host.
    *(
        Each(
            f"teams:{name}",
            things,
            lambda me, row: rules.can_run_team(me, row.team),
            _part,
            post=post,
            parts=True,
        )
        for name, (things, post) in _PARTS.items()
    ),
]
NOT_SWEPT = [NotSwept("the code in the address is the key", ("teams:invited",))]
