"""Nobody waits in silence: why there is no task yet, when we write again; and what runs out.

All of it goes by the clock (`tick`), and may run twice.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from doorstep.base.time import local
from doorstep.notices.actions import send, send_to_all
from doorstep.people.models import RoleHolding
from doorstep.places.models import Area
from doorstep.support.models import Assignment, Check, Offer, Standby, Task, Volunteer
from doorstep.support.requests import working
from doorstep.support.tasks.actions import KIND_DESK
from doorstep.support.volunteers import lawful, skills
from doorstep.support.volunteers.actions import KIND_VOLUNTEERING, stand_still

# Whoever signs up hears within this; whoever has had no task for so long hears then.
FIRST_WORD = dt.timedelta(hours=48)
# The tick is early enough that a night without a worker breaks no promise.
_EARLY = dt.timedelta(hours=36)
QUIET_FOR = dt.timedelta(days=14)
AGAIN_IN = dt.timedelta(days=7)
WARN_AT = (60, 30, 7)  # days before a check runs out
MOST_AT_ONCE = 300


def why_none(volunteer: Volunteer, *, at: dt.datetime) -> list[dict[str, Any]]:
    """Return why there is no task for them, the plainest first, as [{"code", …}].

    Counted from what is open where they live; nothing is made up. "papers" carries what they
    miss for how many tasks; "turn" how many wait longer; "few" how many tasks there were.
    """
    home = volunteer.person.home
    tasks = Task.objects.filter(state__in=[Task.State.OPEN, Task.State.OFFERED])
    if home is not None:
        patch = home.parent if home.kind == Area.Kind.WARD and home.parent_id else home
        tasks = tasks.filter(locality__path__startswith=patch.path)  # type: ignore[union-attr]
        path = patch.path  # type: ignore[union-attr]
    else:
        path = ""
    rows = list(
        tasks.filter(request__is_drill=False).select_related(
            "request__person", "request__help_reason"
        )[:200]
    )
    if not rows:
        since = at - dt.timedelta(days=28)
        many = Task.objects.filter(created_at__gte=since, locality__path__startswith=path).count()
        return [{"code": "none", "n": many}]
    held = lawful.papers_until([volunteer.pk])[volunteer.pk]
    today = local(at).date()
    kinds = skills.kinds_bits(volunteer.kinds)
    lack: dict[int, int] = {}
    counts = {"papers": 0, "hours": 0, "skills": 0, "kinds": 0, "fits": 0}
    for task in rows:
        missing = lawful.missing(lawful.need_of_task(task), held, today)
        parts = skills.parts_between(task.starts_at, task.ends_at)
        wanted = skills.skill_bits(task.skills, asked=True)
        if not kinds & skills.kind_bit(task.kind):
            counts["kinds"] += 1
        elif missing:
            counts["papers"] += 1
            for bit in missing:
                lack[bit] = lack.get(bit, 0) + 1
        elif wanted & ~skills.skill_bits(volunteer.skills):
            counts["skills"] += 1
        elif parts and volunteer.availability and not parts & volunteer.availability:
            counts["hours"] += 1
        else:
            counts["fits"] += 1
    found: list[dict[str, Any]] = []
    if counts["papers"]:
        bits = sorted(lack, key=lambda bit: -lack[bit])[:2]
        found.append({"code": "papers", "n": counts["papers"], "bits": bits})
    if counts["fits"]:
        longer = (
            Volunteer.objects.helping()
            .filter(person__home__path__startswith=path)
            .exclude(pk=volunteer.pk)
            .filter(
                Q(last_task_at=None, signed_up_at__lt=volunteer.waiting_since)
                | Q(last_task_at__lt=volunteer.waiting_since)
            )
            .count()
        )
        found.append({"code": "turn", "n": longer})
    for code in ("hours", "skills", "kinds"):
        if counts[code]:
            found.append({"code": code, "n": counts[code]})
    return found[:3]


def in_words(reasons: list[dict[str, Any]]) -> list[str]:
    """Return the reasons in plain sentences, to the volunteer."""
    words = []
    for one in reasons:
        n = int(one.get("n") or 0)
        code = one.get("code")
        if code == "none" and n:
            words.append(
                ngettext(
                    "Nobody near you needs a hand today. There was %(n)d task in four weeks.",
                    "Nobody near you needs a hand today. There were %(n)d tasks in four weeks.",
                    n,
                )
                % {"n": n}
            )
        elif code == "none":
            words.append(_("Nobody near you needs a hand just now. It has been quiet for weeks."))
        elif code == "papers":
            what = lawful.in_words(int(bit) for bit in one.get("bits", ()))
            words.append(
                ngettext(
                    "%(n)d task near you needs something we haven't got from you: %(what)s.",
                    "%(n)d tasks near you need something we haven't got from you: %(what)s.",
                    n,
                )
                % {"n": n, "what": what}
            )
        elif code == "turn" and n:
            words.append(
                ngettext(
                    "It goes by turn, and %(n)d person near you has waited longer.",
                    "It goes by turn, and %(n)d people near you have waited longer.",
                    n,
                )
                % {"n": n}
            )
        elif code == "turn":
            words.append(_("You are next when something fits. Nobody near you has waited longer."))
        elif code == "hours":
            words.append(
                ngettext(
                    "%(n)d task is at a time you didn't tick.",
                    "%(n)d tasks are at times you didn't tick.",
                    n,
                )
                % {"n": n}
            )
        elif code == "skills":
            words.append(
                ngettext(
                    "%(n)d task asks for something you didn't tick.",
                    "%(n)d tasks ask for something you didn't tick.",
                    n,
                )
                % {"n": n}
            )
        elif code == "kinds":
            words.append(
                ngettext(
                    "%(n)d task is of a kind you would rather not do.",
                    "%(n)d tasks are of a kind you would rather not do.",
                    n,
                )
                % {"n": n}
            )
    return words


@transaction.atomic
def say(volunteer: Volunteer, *, at: dt.datetime) -> Standby | None:
    """Write the honest note and tell them; None where they have something to do."""
    busy = (
        Offer.objects.waiting().filter(volunteer=volunteer).exists()
        or Assignment.objects.live().filter(volunteer=volunteer).exists()
    )
    if busy:
        return None
    Standby.objects.filter(volunteer=volunteer, ended_at=None).update(ended_at=at)
    try:
        with transaction.atomic():
            row = Standby.objects.create(
                volunteer=volunteer, at=at, reasons=why_none(volunteer, at=at),
                next_on=local(at + AGAIN_IN).date(),
            )  # fmt: skip
    except IntegrityError:
        return None
    send(
        KIND_VOLUNTEERING, volunteer.person, key=f"standby:{row.pk}",
        title=gettext_lazy("No task for you yet: here is why, and when we write again"),
        path=reverse("support:volunteering"), at=at,
    )  # fmt: skip
    return row


# --- By the clock --------------------------------------------------------------------------------


def tick(at: dt.datetime) -> dict[str, int]:
    """Write what is due; end rests; warn of checks and let what ran out stand still."""
    return {
        "back": _end_rests(at),
        "standby": _standbys(at),
        "ungreeted": _ungreeted(at),
        "checks": checks(at),
    }


def _end_rests(at: dt.datetime) -> int:
    return Volunteer.objects.filter(
        state=Volunteer.State.RESTING, rests_until__lte=local(at).date()
    ).update(state=Volunteer.State.HERE, rests_until=None)


def _standbys(at: dt.datetime) -> int:
    """Whoever is new, or has had nothing for two weeks, or was promised a word today."""
    count = 0
    here = Volunteer.objects.helping().select_related("person__home__parent")
    new = here.filter(standbys=None, last_task_at=None, signed_up_at__lte=at - _EARLY)
    quiet = here.filter(last_task_at__lte=at - QUIET_FOR).exclude(standbys__ended_at=None)
    due = here.filter(standbys__ended_at=None, standbys__next_on__lte=local(at).date())
    seen: set[int] = set()
    for rows in (new, due, quiet):
        for volunteer in rows.distinct().order_by("signed_up_at")[:MOST_AT_ONCE]:
            if volunteer.pk not in seen and say(volunteer, at=at) is not None:
                count += 1
            seen.add(volunteer.pk)
    return count


def _ungreeted(at: dt.datetime) -> int:
    """Tell the organisers of whoever was promised a hello and hasn't had one in a day."""
    count = 0
    rows = (
        Volunteer.objects.helping()
        .filter(greeted_at=None, signed_up_at__lte=at - dt.timedelta(hours=24))
        .filter(signed_up_at__gt=at - dt.timedelta(days=7))
        .select_related("person__home")
    )
    for volunteer in rows[:MOST_AT_ONCE]:
        count += len(
            _tell_desk(
                volunteer,
                f"greet:{volunteer.pk}",
                gettext_lazy("A new volunteer waits for your hello"),
                at=at,
            )
        )
    return count


def _tell_desk(volunteer: Volunteer, key: str, title: Any, *, at: dt.datetime) -> list[Any]:
    home = volunteer.person.home
    role = RoleHolding.Role
    people = working.workers(role.ORGANISER, within=home) if home is not None else []
    people = people or working.workers(role.OFFICER, within=home)
    return send_to_all(
        KIND_DESK,
        [one for one in people if one.pk != volunteer.person_id],
        key=f"volunteer:{key}",
        title=title,
        path=volunteer.get_absolute_url(),
        at=at,
    )


def checks(at: dt.datetime) -> int:
    """Warn 60, 30 and 7 days before a check runs out; once it has, what needs it stands still."""
    today, count = local(at).date(), 0
    soon = (
        Check.objects.filter(state=Check.State.CLEAR)
        .filter(expires_on__lte=today + dt.timedelta(days=max(WARN_AT)))
        .exclude(warned=0)
        .exclude(volunteer__state=Volunteer.State.LEFT)
        .select_related("volunteer__person__home")
        .order_by("expires_on")
    )
    for row in soon[:1000]:
        left = (row.expires_on - today).days  # type: ignore[operator]
        step = 0 if left < 0 else next((one for one in reversed(WARN_AT) if left <= one), None)
        if step is None or (row.warned is not None and row.warned <= step):
            continue
        with transaction.atomic():
            if not Check.objects.filter(pk=row.pk, warned=row.warned).update(warned=step):
                continue
            renewed = (
                Check.objects.holding(today + dt.timedelta(days=max(left, 0) + 1))
                .filter(volunteer=row.volunteer_id, kind=row.kind)
                .exclude(pk=row.pk)
                .exists()
            )
            if renewed:
                continue
            _warn(row, step, at=at)
            if step == 0:
                stand_still(row.volunteer, at=at)
                # What the note gave as reasons isn't true any more.
                Standby.objects.filter(volunteer=row.volunteer, ended_at=None).update(
                    reasons=why_none(row.volunteer, at=at)
                )
            count += 1
    return count


def _warn(row: Check, step: int, *, at: dt.datetime) -> None:
    if step:
        mine = gettext_lazy("A check of yours runs out soon")
        theirs = gettext_lazy("A volunteer's check runs out soon")
    else:
        mine = gettext_lazy("A check of yours has run out: some tasks stand still")
        theirs = gettext_lazy("A volunteer's check has run out: some tasks stand still")
    send(
        KIND_VOLUNTEERING, row.volunteer.person, key=f"check:{row.pk}:{step}", title=mine,
        body=gettext_lazy("Friendly calls and the like go on. Have a look at what to do."),
        path=reverse("support:volunteering"), at=at,
    )  # fmt: skip
    _tell_desk(row.volunteer, f"check:{row.pk}:{step}", theirs, at=at)
