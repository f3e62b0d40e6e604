"""Where funds hang in the house."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from doorstep.base.awards import Awards, awards
from doorstep.base.registry import Panel, Tick, ticks
from doorstep.base.time import today
from doorstep.design import navigation
from doorstep.grants import cards, rules, tasks
from doorstep.grants.models import Fund, Idea, Stage
from doorstep.notices.kinds import Kind, kinds
from doorstep.people.models import Person, record_panels
from doorstep.people.readings.kinds import Readable, Reason, readables, reasons
from doorstep.people.roles.kinds import Opens, offered
from doorstep.people.roles.scopes import Scope, scopes

# For the log of who heard whose recording, and why.
RECORDING, KEEPING = "grants-recording", "grants"


def _fund(key: str) -> Fund | None:
    return Fund.objects.filter(pk=key).first() if key.isdigit() else None


def _name_of(key: str) -> str:
    found = _fund(key)
    return found.name if found else ""


def _path_of(key: str) -> str:
    found = _fund(key)
    return found.get_absolute_url() if found else ""


def _may_grant(person: Person, key: str) -> bool:
    found = _fund(key)
    return found is not None and rules.can_keep(person, found)


def record_panel(request: HttpRequest, person: Person) -> str:
    """Somebody's ideas, and the way to type one in for them."""
    me: Person = request.user.person  # type: ignore[union-attr]
    if not rules.can_type_for(me):
        return ""
    day = today()
    funds = [one for one in Fund.objects.filter(stage=Stage.IDEAS) if one.takes_ideas(day)]
    ideas = list(
        Idea.objects.visible_to(me)
        .filter(applicant=person)
        .select_related("fund")
        .order_by("-made_at")[:10]
    )
    if not funds and not ideas:
        return ""
    return render_to_string(
        "grants/_record.html", {"person": person, "funds": funds, "ideas": ideas}, request
    )


def register() -> None:
    """Hang everything up; called once when the app is ready."""
    navigation.add(
        navigation.MenuItem(
            section="grants",
            label=_("Ideas fund"),
            url_name="grants:funds",
            icon="sprout",
            shop="grants",
            order=50,
            on_signboard=False,
        )
    )
    offered.add("steward", Opens(_("start funds that neighbours decide on, and look after them")))
    scopes.add(
        rules.SCOPE,
        Scope(
            _("Fund"),
            name_of=_name_of,
            may_grant=_may_grant,
            path_of=_path_of,
            roles=frozenset({rules.STEWARD.value, rules.DECIDER.value}),
        ),
    )
    kinds.add("grants-idea", Kind(_("News of an idea I sent to a fund"), by_email=True))
    kinds.add("grants-deciding", Kind(_("Ideas to read, and answers, where I decide"), True))
    awards.add("grants", Awards(cards.find, cards.get))
    record_panels.add("grants", Panel(_("Ideas for a fund"), record_panel), order=60)
    ticks.add("grants: what would have changed it", Tick(tasks.tick, 15 * 60))
    readables.add(
        RECORDING, Readable(_("a recording of your idea"), _("a recording of an idea for a fund"))
    )
    reasons.add(
        KEEPING,
        Reason(
            _("To get it ready to be read"),
            _("they look after the fund, and wrote down what is said"),
            offered=False,
        ),
    )
