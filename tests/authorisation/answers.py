"""The words the matrix is written in: answers, rows, and what is swept."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

# Signed-in viewers who are always there; `world.py` says who each is. Every role that
# `RoleHolding.Role` knows is one more, by its own name, held in the whole borough.
NEIGHBOURS = (
    "owner",  # whose things they are: wrote it, hosts it, told it
    "resident",  # lives in the same ward, nothing more
    "elsewhere",  # lives in another locality
    "teenager",
    "member",  # of both teams; comes to both gatherings
    "host",  # of both teams
    "team_mentor",  # of both teams, and a mentor in the locality
    "other_host",  # of a team the others have nothing to do with
    "far_organiser",  # locality organiser of the other locality
    "asker",  # waits for an answer from both teams
    "blocked",  # blocked by `owner` and by `host`
)
# Answered as somebody who isn't signed in, always; so no row says it.
AS_VISITORS = ("suspended", "closed")


class Answer(enum.Enum):
    """What comes back."""

    PAGE = "a page or file (200)"
    ON = "led on to another page of ours (302)"
    SIGN_IN = "asked to sign in (302 to the sign-in page)"
    MISSING = "404, the same as for what was never there"
    REFUSED = "403 in a sentence: it is there, and not theirs to do"
    OTHER_WAY = "405: this address takes only the other of GET and POST"
    DONE = "taken in: done, or asked to put something right (200, 302, 400, 422)"
    CLOSED = "410: it was open once"
    AWAY = "led to another site, on purpose (302)"


PAGE, ON, SIGN_IN, MISSING, REFUSED, OTHER_WAY, DONE, CLOSED, AWAY = Answer
Answers = dict[str, Answer]


def viewers() -> tuple[str, ...]:
    """Everybody a row gives an answer for."""
    from doorstep.people.models import RoleHolding

    return ("visitor", *NEIGHBOURS, *RoleHolding.Role.values)


def only(
    *who: str, otherwise: Answer = REFUSED, visitor: Answer = SIGN_IN, page: Answer = PAGE,
    **more: Answer,
) -> Answers:  # fmt: skip
    """`who` get the page, a visitor signs in, everybody else is told it isn't theirs."""
    return _checked(
        dict.fromkeys(viewers(), otherwise) | {"visitor": visitor} | dict.fromkeys(who, page) | more
    )


def seen_by(*who: str, visitor: Answer = SIGN_IN, page: Answer = PAGE, **more: Answer) -> Answers:
    """`who` get the page; for everybody else there is nothing."""
    return only(*who, otherwise=MISSING, visitor=visitor, page=page, **more)


def members(page: Answer = PAGE, **more: Answer) -> Answers:
    """Everybody with an account gets the page; a visitor signs in."""
    return only(otherwise=page, **more)


def everyone(page: Answer = PAGE, **more: Answer) -> Answers:
    """The whole world gets the page."""
    return only(otherwise=page, visitor=page, **more)


def _checked(given: Answers) -> Answers:
    if unknown := given.keys() - set(viewers()):
        raise ValueError(f"no such viewer: {', '.join(sorted(unknown))}")
    return given


class _Only(enum.Enum):
    """For the way in which an address does not work."""

    BY_POST = "GET answers 405"
    BY_GET = "POST answers 405"


BY_POST, BY_GET = _Only


def each(answer: Answer, *who: str) -> Answers:
    """The same answer for several viewers: `**each(REFUSED, "owner", "member")`."""
    return dict.fromkeys(who, answer)


def rows(
    names: str, of: str | tuple[str, ...] = "", *, get: Any, post: Any = None, **more: Any
) -> list[Row]:
    """Return a row for each of `names` (with spaces between) and each thing it is `of`."""
    things = (of,) if isinstance(of, str) else of
    return [
        Row(name, thing, get=get, post=post, **more) for name in names.split() for thing in things
    ]


def within(app: str) -> Callable[..., list[Row]]:
    """Return `rows` for the names of one app, said without "app:"."""

    def of_app(names: str, *args: Any, **more: Any) -> list[Row]:
        return rows(" ".join(f"{app}:{name}" for name in names.split()), *args, **more)

    return of_app


@dataclass(frozen=True)
class Row:
    """One address, its thing, and who gets which answer.

    `name` is the address's name; `of` the thing in the world that fills its arguments ("" where
    it takes none). `get` may be BY_POST, `post` may be BY_GET; left out, whoever gets the page
    may also send the form. `data` is what a POST sends, nothing unless
    told; "@member" in it is that viewer's handle.
    """

    name: str
    of: str = ""
    get: Answers | _Only = field(default_factory=dict)
    post: Answers | _Only | None = None
    query: str = ""
    data: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}({self.of})" if self.of else self.name

    def get_of(self, viewer: str) -> Answer:
        if isinstance(self.get, dict):
            return self.get[viewer]
        return self._other_way(self.post, viewer)

    def post_of(self, viewer: str) -> Answer:
        if isinstance(self.post, dict):
            return self.post[viewer]
        if self.post is BY_GET:
            return self._other_way(self.get, viewer)
        answer = self.get_of(viewer)
        return DONE if answer in (PAGE, ON) else answer

    @staticmethod
    def _other_way(way: Any, viewer: str) -> Answer:
        # Sign-in is asked for before anything else, where it is asked for at all.
        return SIGN_IN if way["visitor"] is SIGN_IN and viewer == "visitor" else OTHER_WAY


@dataclass(frozen=True)
class Each:
    """Every thing of a kind, asked for by every viewer under one address.

    `things()` are all there are (of every owner, state and audience); `sees(viewer, thing)` is the
    rule, viewer None for a visitor. Where it says no, the answer must be the one for an id that
    was never given out, to the letter; where it says yes, anything but that. `args(thing)` fills
    the address, its pk unless told. `post` asks by POST. `parts`: who sees the whole but may not
    change its parts is told so (403) before the part is looked for.
    """

    name: str
    things: Callable[[], Iterable[Any]]
    sees: Callable[[Any, Any], bool]
    args: Callable[[Any], dict[str, Any]] = lambda thing: {"pk": thing.pk}
    post: bool = False
    parts: bool = False


@dataclass(frozen=True)
class NotSwept:
    """Addresses with arguments that name no row, or whose argument is itself the key."""

    why: str
    names: tuple[str, ...]
