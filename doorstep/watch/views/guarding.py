"""The second step before somebody's concerns, for those whom a duty or an office brings there.

Roles that open cases ask for it on every page (`people.middleware`). Who looks after a theme in an
area, owns a concern, or works in an MP's office may hold no role at all: they are asked here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from doorstep.people.middleware import ask_second_step
from doorstep.watch import rules

View = TypeVar("View", bound=Callable[..., Any])


def second_step(view: View) -> View:
    """Ask those who read others' concerns for their second step before this page opens."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        me = getattr(request.user, "person", None)
        if me is not None and (rules.has_a_desk(me) or rules.has_an_office(me)):
            first = ask_second_step(
                request,
                _(
                    "You look after what others worry about, so we ask for a second step. Set one "
                    "up, then go on."
                ),
            )
            if first is not None:
                return first
        return view(request, *args, **kwargs)

    return cast("View", guarded)
