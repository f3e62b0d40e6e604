"""A gathering's figures as evidence for “what keeps people coming back?”.

Made by `gatherings.figures`, for people who were not there: sums over all its sessions, nobody
named, and no group smaller than five, neither the group nor what is left of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from doorstep.base.time import local
from doorstep.gatherings.figures import FEWEST, GatheringFigures, Rate
from doorstep.gatherings.models import Gathering


def figures_of(gathering: Gathering) -> dict[str, Any]:
    """Return {"sessions", "from", "to", "people", "back_4", "back_8", "faces", "gave"}.

    `back_k` is {"out_of", "count", "share"} or None, `faces` {"arriving", "leaving", "change",
    "sessions"} or None, `gave` {"people", "jobs", "posts", "met"} or None; each None where it
    would show fewer than five people.
    """
    found = GatheringFigures(gathering)
    days = [local(row.starts_at).date().isoformat() for row in found.sessions]
    return {
        "sessions": len(found.sessions),
        "from": days[0] if days else "",
        "to": days[-1] if days else "",
        "people": _shown(len({p.person_id for p in found.places if p.came and p.person_id})),
        "back_4": _rate(row.within_4 for row in found.cohorts),
        "back_8": _rate(row.within_8 for row in found.cohorts),
        "faces": _faces(found),
        "gave": _gave(found),
    }


def _shown(count: int) -> int | None:
    return count if count >= FEWEST else None


def _rate(rates: Iterable[Rate]) -> dict[str, int] | None:
    every = list(rates)
    count, out_of = sum(one.count for one in every), sum(one.out_of for one in every)
    # Who came back, and who did not: neither group may be a handful.
    if out_of < FEWEST or 0 < count < FEWEST or 0 < out_of - count < FEWEST:
        return None
    return {"count": count, "out_of": out_of, "share": round(100 * count / out_of)}


def _faces(found: GatheringFigures) -> dict[str, Any] | None:
    faces, change = found.faces, found.change
    if change is None:
        return None
    return {
        "arriving": round(faces["arriving"].mean or 0, 1),
        "leaving": round(faces["leaving"].mean or 0, 1),
        "change": round(change, 1),
        "sessions": found.sessions_with_faces,
    }


def _gave(found: GatheringFigures) -> dict[str, int] | None:
    rows = found.contributions
    if len(rows) < FEWEST:
        return None
    return {
        "people": len(rows),
        "jobs": sum(row.jobs for row in rows),
        "posts": sum(row.posts for row in rows),
        "met": sum(row.met for row in rows),
    }
