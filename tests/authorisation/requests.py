"""The front door is open to all; the desk to officers, and to organisers for their own patch."""

from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.people.records.rules import can_open_record
from doorstep.support.models import CallDraft, Outreach, Request
from doorstep.support.requests import rules, working
from tests.authorisation.answers import BY_GET, ON, Each, everyone, members, only, seen_by, within
from tests.authorisation.world import World

ORDER = 60


def _ask(world: World, name: str, ward: object, **more: object) -> Request:
    made = working.ask(
        words="Bread and milk.",
        at=now(),
        client_key=f"matrix-{name}",
        person=world.owner,
        **more,  # type: ignore[arg-type]
    )
    Request.objects.filter(pk=made.pk).update(ward=ward, locality=ward.parent if ward else None)  # type: ignore[attr-defined]
    made.refresh_from_db()
    return made


def furnish(world: World) -> None:
    new = _ask(world, "new", world.borough.ward)
    near = _ask(world, "near", world.borough.ward)
    working.route(near, by=None, at=now())
    far = _ask(world, "far", world.borough.far_ward)
    working.route(far, by=None, at=now())
    world.put("request_new", ref=new.ref)
    world.put("request_near", ref=near.ref)
    world.put("request_far", ref=far.ref)
    world.put("request_to_take", ref=near.ref, verb="take")
    draft = CallDraft.objects.create(key="b" * 20, by=world.officer)
    CallDraft.objects.create(key="c" * 20, by=world.organiser)
    world.put("call_of_the_officer", key=draft.key)
    world.put("history_of_the_owner", handle=world.owner.handle)
    listed = Outreach.objects.create(name="Winter", state="ready", made_by=world.officer)
    listed.rows.create(number=1, name="A", phone="+447700900001", locality=world.borough.locality)
    world.put("list_of_people", pk=listed.pk)
    for name, state, area in (
        ("Far away", "ready", world.borough.far_locality),
        ("Unread", "failed", world.borough.locality),
    ):
        other = Outreach.objects.create(name=name, state=state, made_by=world.officer)
        other.rows.create(number=1, name="B", phone="+447700900002", locality=area)


_WORKERS = ("officer", "organiser", "far_organiser")


def _at_the_desk(*who: str, **more: object) -> dict:
    """Those who see it; other workers meet nothing, everybody else is no worker at all."""
    missing = {one: seen_by()["resident"] for one in _WORKERS if one not in who}
    return only(*who, **{**missing, **more})  # type: ignore[arg-type]


rows = within("support")
ROWS = [
    *rows("ask status", get=everyone()),
    *rows("mine", get=members(), post=BY_GET),
    *rows("my_request", "request_new", get=seen_by("owner")),
    *rows("desk calls", get=only(*_WORKERS)),
    *rows("desk_now handover", get=only(*_WORKERS), post=BY_GET),
    *rows("call", "call_of_the_officer", get=_at_the_desk("officer")),
    *rows("request letter", "request_new", get=_at_the_desk("officer"), post=BY_GET),
    *rows("request_now", "request_near", get=_at_the_desk("officer", "organiser"), post=BY_GET),
    *rows("request", "request_near", get=_at_the_desk("officer", "organiser"), post=BY_GET),
    *rows("request", "request_far", get=_at_the_desk(*_WORKERS), post=BY_GET),
    *rows("work", "request_to_take", get=_at_the_desk("officer", "organiser", page=ON)),
    *rows("history", "history_of_the_owner", get=_at_the_desk("officer", "organiser", page=ON),
          post=BY_GET),
    *rows("contacts", get=only(*_WORKERS)),
    *rows("outreach", get=only(*_WORKERS), post=only("officer")),
    *rows("outreach_list outreach_ring", "list_of_people",
          get=_at_the_desk("officer", "organiser")),
    *rows("crisis", get=only("officer")),
]  # fmt: skip


def _requests():  # type: ignore[no-untyped-def]
    return Request.objects.select_related("person", "locality")


def _asked(me: Person | None, one: Request) -> bool:
    return me is not None and me.pk in (one.person_id, one.asked_by_id)


def _rings_from(me: Person | None, one: Outreach) -> bool:
    """Officers see every list; a hub those that name its own people, once they can be rung."""
    if rules.is_officer(me):
        return True
    here = tuple(rules.paths_of(me, rules.Role.ORGANISER))
    areas = [row.locality for row in one.rows.select_related("locality")]
    return one.state != Outreach.State.FAILED and any(
        area is not None and area.path.startswith(here) for area in areas
    )


EACH = [
    *(
        Each(f"support:{name}", _requests, rules.can_see, lambda one: {"ref": one.ref})
        for name in ("request", "request_now", "letter")
    ),
    Each(
        "support:work",
        _requests,
        rules.can_see,
        lambda one: {"ref": one.ref, "verb": "take"},
        post=True,
    ),
    Each("support:my_request", _requests, _asked, lambda one: {"ref": one.ref}),
    Each(
        "support:call",
        CallDraft.objects.all,
        lambda me, draft: rules.is_worker(me) and me.pk == draft.by_id,
        lambda draft: {"key": draft.key},
    ),
    Each(
        "support:history",
        lambda: Person.objects.select_related("home"),
        lambda me, one: rules.is_worker(me) and can_open_record(me, one),
        lambda one: {"handle": one.handle},
    ),
    *(
        Each(f"support:{name}", Outreach.objects.all, _rings_from)
        for name in ("outreach_list", "outreach_ring")
    ),
]
