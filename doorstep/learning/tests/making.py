"""Learning for tests, made by the same verbs people use."""

from itertools import count

from doorstep.base.time import now
from doorstep.learning.actions import chain, communities, meetings, stories
from doorstep.learning.models import Telling
from doorstep.people.models import Person, RoleHolding

_numbers = count(1)
GATE = (
    "The gate behind the laundry was locked for three winters and nobody rang us. My mother "
    "walked the long way round with her stick, and one day she stopped going at all."
)


def key():
    return f"learning-test-{next(_numbers)}"


def afresh(*people):
    """Return people without anything remembered about what they may do."""
    found = [Person.objects.select_related("account").get(pk=one.pk) for one in people]
    return found[0] if len(found) == 1 else found


def facilitator(person, area):
    """Let somebody begin communities."""
    RoleHolding.objects.create(person=person, role=RoleHolding.Role.FACILITATOR, area=area)
    return afresh(person)


def community(by, *members, name="Neighbourhoods"):
    """Return a community that `by` facilitates."""
    one = communities.start(
        name=name, purpose="What makes a stranger stay.", by=by, at=now(), client_key=key()
    )
    for person in members:
        communities.add(one, person=person, organisation=None, by=by, at=now())
    return one


def thing(where, by, kind="question", title="What keeps people coming back?", words="", **more):
    return chain.add(
        where, kind=kind, title=title, words=words, by=by, at=now(), client_key=key(), **more
    )


def draft(where, by, *, words=GATE, title="The locked gate", **more):
    more.setdefault("whose", Telling.Whose.OFFLINE)
    if more["whose"] == Telling.Whose.OFFLINE:
        more.setdefault("said", "“Yes, if it helps.” On the stairs, on Monday.")
        more.setdefault("teller_name", "Mrs Alder")
    more.setdefault("allows", ["carried", "printed"])
    return stories.tell(where, title=title, words=words, by=by, at=now(), client_key=key(), **more)


def story(where, by, reader, **more):
    """Return a story that its community may read: told by `by`, read first by `reader`."""
    one = draft(where, by, **more)
    stories.send(one, reader=reader, kept_marks=(), by=by, at=now())
    stories.pass_on(one, by=reader, at=now())
    return one


def meeting(where, by, *, starts_at=None, **more):
    more.setdefault("title", "Who came back")
    return meetings.plan(
        where, starts_at=starts_at or now(), minutes_long=90, where="The hall", agenda="Tea",
        by=by, at=now(), client_key=key(), **more,
    )  # fmt: skip
