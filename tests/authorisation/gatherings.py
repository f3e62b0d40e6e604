"""Gatherings: one for everybody, one of the private team's own; both begin in a moment."""

import datetime as dt
from typing import Any

from doorstep.base.time import now
from doorstep.gatherings import rules
from doorstep.gatherings.actions import calendar_links
from doorstep.gatherings.actions.places import count_afresh
from doorstep.gatherings.models import (
    Gathering,
    Job,
    Place,
    Presence,
    RoomMessage,
    Session,
    Welcome,
)  # fmt: skip
from doorstep.gatherings.tests.factories import plan
from doorstep.gatherings.views.feelings import _table
from doorstep.places.models import Area
from doorstep.teams.models import Team
from doorstep.teams.rules import can_see_team
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    MISSING,
    ON,
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

ORDER = 45


def furnish(world: World) -> None:
    for name, words in (
        ("gathering", {}),
        ("team_gathering", {"team": world.private_team, "who": "team"}),
        ("hidden_gathering", {}),
    ):
        host = world.host if "team" in words else world.owner
        thing = plan(host, **words)
        if name == "hidden_gathering":
            Gathering.objects.filter(pk=thing.pk).update(state=Gathering.State.HIDDEN)
        session = thing.sessions.order_by("starts_at").first()
        begins = now() + dt.timedelta(minutes=10)
        Session.objects.filter(pk=session.pk).update(
            starts_at=begins, ends_at=begins + dt.timedelta(minutes=90)
        )
        greeter = Place.objects.create(session=session, person=world.member, is_greeter=True)
        new = Place.objects.create(session=session, person=world.team_mentor, is_first_time=True)
        walk_in = Place.objects.create(session=session, name="Passer-by", walk_in_key=f"w-{name}")
        count_afresh(session.pk)
        hoped = Welcome.objects.create(place=new, phone="+447700900001")
        promised = Welcome.objects.create(
            place=walk_in, greeter=world.member, state=Welcome.State.PROMISED, phone="+447700900002"
        )
        job = Job.objects.create(gathering=thing, name="Make the tea")
        said = RoomMessage.objects.create(session=session, person=world.member, text="Hello all")
        Presence.objects.create(session=session, person=world.member, seen_at=now())
        world.put(name, slug=thing.slug)
        world.put(f"{name}_rows", slug=thing.slug, what="newcomers")
        world.put(f"{name}_csv", slug=thing.slug, name="sessions")
        world.put(f"{name}_session", pk=session.pk)
        world.put(f"{name}_job", pk=session.pk, job=job.pk)
        world.put(f"{name}_walk_in", pk=session.pk, place=walk_in.pk)
        world.put(f"{name}_message", pk=session.pk, message=said.pk)
        world.put(f"{name}_hoped", pk=hoped.pk)
        world.put(f"{name}_promised", pk=promised.pk)
        world.put(f"{name}_table", token=_table.sign(str(session.pk)))
        assert greeter.pk
    world.put("forged_table", token="1:not-ours")
    world.put("calendar", key=calendar_links.link_of(world.owner, at=now()).key)
    world.put("no_calendar", key="nobodys-key")


IN_TEAM = ("owner", "member", "host")
INSIDE = ("owner", "member", "host", "team_mentor")
OWNER = only("owner", blocked=MISSING)
OWNER_DOES = only("owner", page=DONE, blocked=MISSING)
HOST_INSIDE = seen_by("host", **each(REFUSED, "owner", "member", "team_mentor"))
HOST_INSIDE_DOES = seen_by("host", page=DONE, **each(REFUSED, "owner", "member", "team_mentor"))
SEE_PRIVATE = ("owner", "member", "host", "team_mentor", "moderator")

rows = within("gatherings")
ROWS = [
    *rows("welcomes_mine", get=members(), post=BY_GET),
    *rows(
        "welcome_promise",
        "gathering_hoped",
        get=BY_POST,
        post=seen_by("owner", "member", page=DONE, team_mentor=REFUSED),
    ),
    *rows(
        "welcome_promise",
        "team_gathering_hoped",
        get=BY_POST,
        post=seen_by("member", "host", page=DONE, team_mentor=REFUSED),
    ),
    *rows(
        "welcome_promise welcome_back welcome_met welcome_missed welcome_unmark",
        "hidden_gathering_hoped",
        get=BY_POST,
        post=seen_by(team_mentor=REFUSED),
    ),
    *rows(
        "welcome_promise",
        "gathering_promised",
        get=BY_POST,
        post=seen_by("owner", "member", page=DONE),
    ),
    *rows(
        "welcome_promise",
        "team_gathering_promised",
        get=BY_POST,
        post=seen_by("member", "host", page=DONE),
    ),
    *rows(
        "welcome_promise welcome_back welcome_met welcome_missed welcome_unmark",
        "hidden_gathering_promised",
        get=BY_POST,
        post=seen_by(),
    ),
    *rows(
        "welcome_back welcome_met welcome_missed welcome_unmark",
        "gathering_hoped",
        get=BY_POST,
        post=seen_by(**each(REFUSED, "owner", "member", "team_mentor")),
    ),
    *rows(
        "welcome_back welcome_met welcome_missed welcome_unmark",
        "team_gathering_hoped",
        get=BY_POST,
        post=seen_by(**each(REFUSED, "member", "host", "team_mentor")),
    ),
    *rows(
        "welcome_back welcome_met welcome_missed welcome_unmark",
        "gathering_promised",
        get=BY_POST,
        post=seen_by("member", page=DONE, owner=REFUSED),
    ),
    *rows(
        "welcome_back welcome_met welcome_missed welcome_unmark",
        "team_gathering_promised",
        get=BY_POST,
        post=seen_by("member", page=DONE, host=REFUSED),
    ),
    *rows(
        "welcome_call",
        "gathering_hoped",
        get=seen_by(**each(REFUSED, "owner", "member", "team_mentor")),
    ),
    *rows(
        "welcome_call",
        "team_gathering_hoped",
        get=seen_by(**each(REFUSED, "member", "host", "team_mentor")),
    ),
    *rows("welcome_call", "hidden_gathering_hoped", get=seen_by(team_mentor=REFUSED)),
    *rows("welcome_call", "gathering_promised", get=seen_by("member", owner=REFUSED)),
    *rows("welcome_call", "team_gathering_promised", get=seen_by("member", host=REFUSED)),
    *rows("welcome_call", "hidden_gathering_promised", get=seen_by()),
    *rows(
        "welcomes",
        "gathering_session",
        get=only("owner", "member", blocked=MISSING),
        post=BY_GET,
    ),
    *rows(
        "welcomes",
        "team_gathering_session",
        get=seen_by("member", "host", owner=REFUSED, team_mentor=REFUSED),
        post=BY_GET,
    ),
    *rows(
        "welcomes register_paper room_now",
        "hidden_gathering_session",
        get=seen_by(),
        post=BY_GET,
    ),
    *rows("expect_me", "gathering_session", get=only("team_mentor", blocked=MISSING)),
    *rows(
        "expect_me",
        "team_gathering_session",
        get=seen_by("team_mentor", **each(REFUSED, *IN_TEAM)),
    ),
    *rows(
        "expect_me expect_a_caller jobs register faces room coming change_session call_off_session",
        "hidden_gathering_session",
        get=seen_by(),
    ),
    *rows(
        "stop_expecting_me not_coming",
        "gathering_session",
        get=BY_POST,
        post=members(DONE, blocked=MISSING),
    ),
    *rows(
        "stop_expecting_me room_say room_hand not_coming",
        "team_gathering_session",
        get=BY_POST,
        post=seen_by(*INSIDE, page=DONE),
    ),
    *rows(
        "stop_expecting_me look_out register_undo register_open feel room_say room_hand "
        "room_lower room_mute not_coming session_on_again",
        "hidden_gathering_session",
        get=BY_POST,
        post=seen_by(),
    ),
    *rows(
        "look_out",
        "gathering_session",
        get=BY_POST,
        post=only("member", "team_mentor", page=DONE, blocked=MISSING),
    ),
    *rows(
        "look_out",
        "team_gathering_session",
        get=BY_POST,
        post=seen_by("member", "team_mentor", page=DONE, owner=REFUSED, host=REFUSED),
    ),
    *rows(
        "expect_a_caller jobs register faces change_session call_off_session",
        "gathering_session",
        get=OWNER,
    ),
    *rows(
        "expect_a_caller jobs register faces change_session call_off_session",
        "team_gathering_session",
        get=HOST_INSIDE,
    ),
    *rows(
        "job_take",
        "gathering_job",
        get=BY_POST,
        post=only("owner", "member", "team_mentor", page=DONE, blocked=MISSING),
    ),
    *rows(
        "job_take",
        "team_gathering_job",
        get=BY_POST,
        post=seen_by("member", "host", "team_mentor", page=DONE, owner=REFUSED),
    ),
    *rows(
        "job_take job_leave job_remove",
        "hidden_gathering_job",
        get=BY_POST,
        post=seen_by(),
    ),
    *rows("job_leave", "gathering_job", get=BY_POST, post=members(DONE, blocked=MISSING)),
    *rows("job_leave", "team_gathering_job", get=BY_POST, post=seen_by(*INSIDE, page=DONE)),
    *rows("job_remove", "gathering_job", get=BY_POST, post=OWNER_DOES),
    *rows("job_remove", "team_gathering_job", get=BY_POST, post=HOST_INSIDE_DOES),
    *rows(
        "register_undo register_open room_lower session_on_again",
        "gathering_session",
        get=BY_POST,
        post=OWNER_DOES,
    ),
    *rows(
        "register_undo register_open room_lower session_on_again",
        "team_gathering_session",
        get=BY_POST,
        post=HOST_INSIDE_DOES,
    ),
    *rows("register_paper", "gathering_session", get=OWNER, post=BY_GET),
    *rows("register_paper", "team_gathering_session", get=HOST_INSIDE, post=BY_GET),
    *rows("register_remove", "gathering_walk_in", get=BY_POST, post=OWNER_DOES),
    *rows("register_remove", "team_gathering_walk_in", get=BY_POST, post=HOST_INSIDE_DOES),
    *rows("register_remove", "hidden_gathering_walk_in", get=BY_POST, post=seen_by()),
    *rows(
        "feel",
        "gathering_session",
        get=BY_POST,
        post=only("member", "team_mentor", page=DONE, blocked=MISSING),
        data={"moment": "arriving", "face": "3"},
    ),
    *rows(
        "feel",
        "team_gathering_session",
        get=BY_POST,
        post=seen_by("member", "team_mentor", page=DONE, owner=REFUSED, host=REFUSED),
        data={"moment": "arriving", "face": "3"},
    ),
    *rows(
        "face_table",
        ("gathering_table", "team_gathering_table"),
        get=everyone(),
        data={"moment": "arriving", "face": "3", "key": "eight-and-more"},
    ),
    *rows("face_table", "forged_table", get=seen_by(visitor=MISSING)),
    *rows(
        "room",
        "gathering_session",
        get=only("owner", "member", "team_mentor", blocked=MISSING),
    ),
    *rows("room", "team_gathering_session", get=seen_by(*INSIDE)),
    *rows(
        "room_now",
        "gathering_session",
        get=only("owner", "member", "team_mentor", blocked=MISSING),
        post=BY_GET,
    ),
    *rows("room_now", "team_gathering_session", get=seen_by(*INSIDE), post=BY_GET),
    *rows(
        "room_say room_hand",
        "gathering_session",
        get=BY_POST,
        post=only("owner", "member", "team_mentor", page=DONE, blocked=MISSING),
    ),
    *rows(
        "room_mute",
        "gathering_session",
        get=BY_POST,
        post=only("owner", page=DONE, blocked=MISSING),
        data={"person": "@member", "muted": "yes"},
    ),
    *rows(
        "room_mute",
        "team_gathering_session",
        get=BY_POST,
        post=HOST_INSIDE_DOES,
        data={"person": "@member", "muted": "yes"},
    ),
    *rows("room_hide", "gathering_message", get=BY_POST, post=OWNER_DOES),
    *rows("room_hide", "team_gathering_message", get=BY_POST, post=HOST_INSIDE_DOES),
    *rows("room_hide", "hidden_gathering_message", get=BY_POST, post=seen_by()),
    *rows("figures", "gathering", get=OWNER, post=BY_GET),
    *rows("figures", "team_gathering", get=HOST_INSIDE, post=BY_GET),
    *rows("figures", "hidden_gathering", get=seen_by(), post=BY_GET),
    *rows("figure_rows", "gathering_rows", get=OWNER, post=BY_GET),
    *rows("figure_rows", "team_gathering_rows", get=HOST_INSIDE, post=BY_GET),
    *rows("figure_rows", "hidden_gathering_rows", get=seen_by(), post=BY_GET),
    *rows("figures_csv", "gathering_csv", get=OWNER, post=BY_GET),
    *rows("figures_csv", "team_gathering_csv", get=HOST_INSIDE, post=BY_GET),
    *rows("figures_csv", "hidden_gathering_csv", get=seen_by(), post=BY_GET),
    *rows("whats_on", get=everyone()),
    *rows("start", get=members(teenager=REFUSED)),
    *rows("mine calendar", get=members()),
    *rows("my_ics", "calendar", get=everyone()),
    *rows("my_ics", "no_calendar", get=seen_by(visitor=MISSING)),
    *rows("team_ics", ("team", "over"), get=everyone()),
    *rows("team_ics", "private_team", get=seen_by(*SEE_PRIVATE, visitor=MISSING)),
    *rows("area_ics", "area", get=everyone()),
    *rows(
        "session session_ics",
        "gathering_session",
        get=everyone(blocked=MISSING),
    ),
    *rows(
        "session session_ics",
        "team_gathering_session",
        get=seen_by(*INSIDE, visitor=MISSING),
    ),
    *rows(
        "session session_ics",
        "hidden_gathering_session",
        get=seen_by(visitor=MISSING),
    ),
    *rows("coming", "gathering_session", get=members(ON, blocked=MISSING)),
    *rows("coming", "team_gathering_session", get=seen_by(*INSIDE, page=ON)),
    *rows(
        "gathering dates poster gathering_ics",
        "gathering",
        get=everyone(blocked=MISSING),
    ),
    *rows(
        "gathering dates poster gathering_ics",
        "team_gathering",
        get=seen_by(*INSIDE, visitor=MISSING),
    ),
    *rows(
        "gathering dates poster gathering_ics",
        "hidden_gathering",
        get=seen_by(visitor=MISSING),
    ),
    *rows("change call_off", "gathering", get=OWNER),
    *rows("change call_off", "team_gathering", get=HOST_INSIDE),
    *rows("change call_off", "hidden_gathering", get=seen_by()),
    *rows("on_again", "gathering", get=BY_POST, post=OWNER_DOES),
    *rows("on_again", "team_gathering", get=BY_POST, post=HOST_INSIDE_DOES),
    *rows("on_again", "hidden_gathering", get=BY_POST, post=seen_by()),
]


def _slug(thing: Gathering) -> dict[str, str]:
    return {"slug": thing.slug}


def sees_session(me: Any, session: Session) -> bool:
    return rules.can_see_gathering(me, session.gathering)


def _jobs() -> list[Any]:
    return [(s, job) for s in Session.objects.all() for job in s.gathering.jobs.all()]


_GATHERING = "gathering dates poster gathering_ics change call_off figures"
_SESSION = (
    "session session_ics change_session call_off_session coming welcomes expect_me "
    "expect_a_caller jobs register register_paper faces room room_now"
)
_SESSION_BY_POST = (
    "not_coming session_on_again stop_expecting_me look_out register_undo "
    "register_open feel room_say room_hand room_lower"
)
EACH = [
    *(
        Each(f"gatherings:{name}", Gathering.objects.all, rules.can_see_gathering, _slug)
        for name in _GATHERING.split()
    ),
    Each("gatherings:on_again", Gathering.objects.all, rules.can_see_gathering, _slug, post=True),
    Each(
        "gatherings:figure_rows",
        Gathering.objects.all,
        rules.can_see_gathering,
        lambda row: {"slug": row.slug, "what": "newcomers"},
    ),
    Each(
        "gatherings:figures_csv",
        Gathering.objects.all,
        rules.can_see_gathering,
        lambda row: {"slug": row.slug, "name": "sessions"},
    ),
    *(Each(f"gatherings:{name}", Session.objects.all, sees_session) for name in _SESSION.split()),
    *(
        Each(f"gatherings:{name}", Session.objects.all, sees_session, post=True)
        for name in _SESSION_BY_POST.split()
    ),
    *(
        Each(
            f"gatherings:welcome_{name}",
            Welcome.objects.all,
            rules.can_see_welcome,
            post=name != "call",
        )
        for name in ("promise", "back", "met", "missed", "unmark", "call")
    ),
    *(
        Each(
            f"gatherings:{name}",
            _jobs,
            lambda me, pair: sees_session(me, pair[0]),
            lambda pair: {"pk": pair[0].pk, "job": pair[1].pk},
            post=True,
        )
        for name in ("job_take", "job_leave", "job_remove")
    ),
    Each(
        "gatherings:register_remove",
        lambda: Place.objects.filter(person=None),
        lambda me, row: rules.can_keep_register(me, row.session) and sees_session(me, row.session),
        lambda row: {"pk": row.session_id, "place": row.pk},
        post=True,
        parts=True,
    ),
    Each(
        "gatherings:room_hide",
        RoomMessage.objects.all,
        lambda me, row: rules.can_run(me, row.session.gathering) and sees_session(me, row.session),
        lambda row: {"pk": row.session_id, "message": row.pk},
        post=True,
        parts=True,
    ),
    Each("gatherings:team_ics", Team.objects.all, can_see_team, lambda row: {"slug": row.slug}),
    Each(
        "gatherings:area_ics",
        lambda: Area.objects.all()[:2],
        lambda *_any: True,
        lambda row: {"slug": row.slug},
    ),
]
NOT_SWEPT = [
    NotSwept(
        "the secret in the address is the key", ("gatherings:my_ics", "gatherings:face_table")
    ),
    NotSwept(
        "whom it is about comes in the form; the session is swept beside it",
        ("gatherings:room_mute",),
    ),
]
