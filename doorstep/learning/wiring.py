"""Where learning hangs its parts up in the house."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Tick, ticks
from doorstep.design import navigation
from doorstep.learning import agreeing, digest, rules, tasks
from doorstep.learning.models import Community
from doorstep.notices.kinds import Kind, kinds
from doorstep.people.models import Person
from doorstep.people.readings.kinds import Readable, Reason, readables, reasons
from doorstep.people.roles.kinds import Opens, offered
from doorstep.people.roles.scopes import Scope, scopes

STORY, RECORDING = "learning-story", "learning-recording"
LEARNING_FROM_IT = "learning"


def _community(key: str) -> Community | None:
    return Community.objects.filter(pk=key).first() if key.isdigit() else None


def _name_of(key: str) -> str:
    found = _community(key)
    return found.name if found else ""


def _may_grant(person: Person, key: str) -> bool:
    found = _community(key)
    return found is not None and rules.can_facilitate(person, found)


def _path_of(key: str) -> str:
    found = _community(key)
    return found.get_absolute_url() if found else ""


def register(label: Any) -> None:
    """Hang everything up; called once when the app is ready."""
    agreeing.register()
    navigation.wear("learning", "learn")
    navigation.add_link(
        navigation.Link("work", label, "learning:home", "lightbulb", 30, only_for=rules.is_learning)
    )
    # Members mostly hold no role: their way in is the menu.
    navigation.add_link(
        navigation.Link("sheet", label, "learning:home", "lightbulb", 60, signed_in=True)
    )
    scopes.add(
        rules.SCOPE,
        Scope(
            _("Learning community"),
            name_of=_name_of,
            may_grant=_may_grant,
            path_of=_path_of,
            roles=frozenset({rules.FACILITATOR}),
        ),
    )
    offered.add(
        "facilitator", Opens(_("begin learning communities, and look after the ones you are in"))
    )
    kinds.add(
        "learning",
        Kind(
            _("News of a story, a question or an answer in your learning community"),
            by_email=True,
            only_for=rules.is_learning,
        ),
    )
    kinds.add(
        "learning-meeting",
        Kind(_("When your learning community meets"), by_email=True, only_for=rules.is_learning),
    )
    kinds.add(
        "learning-action",
        Kind(
            _("What you said you would do at a learning meeting"),
            by_email=True,
            only_for=rules.is_learning,
        ),
    )
    kinds.add(
        digest.KIND,
        Kind(
            _("Each Monday: what your learning communities found out"),
            by_email=True,
            only_for=digest.is_for,
        ),
    )
    readables.add(STORY, Readable(_("a story you told"), _("a story before it was passed on")))
    readables.add(RECORDING, Readable(_("a recording of your story"), _("a recording of a story")))
    reasons.add(
        LEARNING_FROM_IT,
        Reason(
            _("To learn from it"),
            _("they read or heard it in a learning community"),
            offered=False,
        ),
    )
    ticks.add("learning", Tick(tasks.tick, 60 * 60))
    ticks.add("learning: the week", Tick(tasks.digest_tick, 30 * 60))
    ticks.add("learning: what things mean", Tick(tasks.meanings_tick, 60))
