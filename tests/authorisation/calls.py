"""Calls: whoever walks alongside writes one; those it went to answer; nobody reads for whom."""

from doorstep.base.time import now
from doorstep.connect import rules as connect_rules
from doorstep.connect.calls import rules
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.models import Relationship
from doorstep.organisations.models import Organisation, Position
from doorstep.teams.models import Membership
from tests.authorisation.answers import BY_GET, DONE, Each, members, seen_by, within
from tests.authorisation.world import World

ORDER = 46


def furnish(world: World) -> None:
    at = now()
    row = Relationship.objects.get(person=world.owner)
    house = Organisation.objects.create(name="Needle House", slug="needle-house")
    Position.objects.create(organisation=house, person=world.resident, role="staff", accepted_at=at)
    # Where they help themselves: it must not show there.
    own = Organisation.objects.create(name="Where they help", slug="where-they-help")
    Position.objects.create(organisation=own, person=world.owner, role="staff", accepted_at=at)
    Position.objects.create(organisation=own, person=world.elsewhere, role="staff", accepted_at=at)
    team = Membership.objects.get(person=world.other_host, role="host").team
    out = Call.objects.create(
        relationship=row, made_by=world.catalyst, words="Sewing.", state="out", sent_at=at
    )
    draft = Call.objects.create(
        relationship=row, made_by=world.catalyst, written="Sewing.", marks=[]
    )
    asked = CallAsk.objects.create(
        call=out, kind="person", key="person:1", person=world.member, sent_at=at
    )
    CallAsk.objects.create(
        call=out, kind="person", key="person:2", person=world.blocked, sent_at=at
    )
    CallAsk.objects.create(call=out, kind="person", key="person:3", person=world.host)
    by_house = CallAsk.objects.create(
        call=out, kind="offer", key="offer:1", organisation=house, sent_at=at
    )
    CallAsk.objects.create(call=out, kind="offer", key="offer:2", organisation=own, sent_at=at)
    by_team = CallAsk.objects.create(call=out, kind="team", key="team:1", team=team, sent_at=at)
    world.put("call_for", ref=row.ref)
    world.put("call_out", ref=out.ref)
    world.put("call_draft", ref=draft.ref)
    world.put("call_asked", code=asked.code)
    world.put("call_at_house", code=by_house.code)
    world.put("call_of_team", code=by_team.code)


rows = within("connect")
ROWS = [
    *rows("calls", get=members(), post=BY_GET),
    *rows("new_call", "call_for", get=seen_by("catalyst")),
    *rows("call", "call_out", get=seen_by("catalyst")),
    *rows("call", "call_draft", get=seen_by("catalyst")),
    *rows("asked", "call_asked", get=seen_by("member"), post=seen_by("member", page=DONE)),
    *rows("asked", "call_at_house", get=seen_by("resident"), post=seen_by("resident", page=DONE)),
    *rows("asked", "call_of_team", get=seen_by("other_host"),
          post=seen_by("other_host", page=DONE)),
]  # fmt: skip

EACH = [
    Each(
        "connect:new_call",
        lambda: Relationship.objects.select_related("person"),
        connect_rules.can_see,
        lambda row: {"ref": row.ref},
    ),
    Each(
        "connect:call",
        lambda: Call.objects.select_related("relationship__person"),
        rules.can_see_call,
        lambda row: {"ref": row.ref},
    ),
    Each(
        "connect:asked",
        lambda: CallAsk.objects.select_related("call__relationship__person", "organisation"),
        rules.can_see_ask,
        lambda row: {"code": row.code},
    ),
]
