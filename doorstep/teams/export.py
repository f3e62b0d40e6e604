"""A team's own history, to take home: a page to read and the same as data."""

from __future__ import annotations

import io
import json
import re
import zipfile

from django.template.loader import get_template

from doorstep.base.text import markdown_to_html, to_html
from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.people.rules import can_see_person
from doorstep.teams import rules
from doorstep.teams.models import Membership, Team, TeamEvent, team_exports


def history(team: Team, person: Person) -> dict:
    """Return {"team", "people", "events"} as the host `person` may read it.

    Names are the ones people are called by. Children, people who closed their account and
    people one of the two blocks are counted, not named.
    """
    rows = (
        Membership.objects.filter(team=team, state=Membership.State.MEMBER)
        .select_related("person")
        .order_by("joined_at", "id")
    )
    people, unnamed = [], 0
    for row in rows:
        if can_see_person(person, row.person):
            people.append(
                {
                    "name": row.person.known_as,
                    "role": row.role,
                    "joined_at": row.joined_at.isoformat(),
                }
            )
        else:
            unnamed += 1
    events = (
        TeamEvent.objects.filter(team=team, what__in=rules.events_to_show(person, team))
        .select_related("by")
        .order_by("id")
    )
    return {
        "team": {
            "name": team.name,
            "purpose": team.purpose,
            "why": team.why,
            "place": team.place,
            "area": team.area.name,
            "state": team.state,
            "started_at": team.started_at.isoformat(),
            "live_at": team.live_at.isoformat() if team.live_at else None,
            "ended_at": team.ended_at.isoformat() if team.ended_at else None,
            "ended_why": team.ended_why,
            "agreement": team.agreement,
            "pinned_title": team.pinned_title,
            "pinned_text": team.pinned_text,
            "questions": list(team.questions.values_list("text", flat=True)),
        },
        "people": people,
        "people_not_named": unnamed,
        "events": [
            {
                "at": event.at.isoformat(),
                "what": event.what,
                "words": str(event.get_what_display()),
                "by": event.by.known_as if event.by and can_see_person(person, event.by) else "",
                "detail": event.detail,
            }
            for event in events
        ],
        "taken_at": now().isoformat(),
    }


def history_zip(team: Team, person: Person) -> bytes:
    """Return a zip of `history.html`, `history.json` and what higher floors add."""
    data = history(team, person)
    page = get_template("teams/export.html").render(
        {
            "team": team,
            "data": data,
            "why": to_html(team.why) if team.why else "",
            "agreement": to_html(team.agreement) if team.agreement else "",
            "pinned": markdown_to_html(team.pinned_text) if team.pinned_text else "",
            "events": TeamEvent.objects.filter(
                team=team, what__in=rules.events_to_show(person, team)
            ).order_by("id"),
        }
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("history.html", page)
        pack.writestr("history.json", json.dumps(data, ensure_ascii=False, indent=2))
        for name, part in team_exports.items():
            made = part(team, person)
            if made is None:
                continue
            file_name, text = made
            # A name inside a zip must not climb out of the folder it is opened in.
            last = re.split(r"[/\\]", file_name)[-1]
            safe = re.sub(r"[^\w.-]+", "-", last).lstrip(".") or f"{name}.txt"
            pack.writestr(safe, text)
    return out.getvalue()
