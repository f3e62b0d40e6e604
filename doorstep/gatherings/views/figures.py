"""The host's page: who came back, how people left, who contributed; and the rows behind it."""

from __future__ import annotations

import csv
import re

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from doorstep.base.time import local
from doorstep.gatherings import figures as numbers
from doorstep.gatherings import rules
from doorstep.gatherings.models import Gathering
from doorstep.gatherings.views.feelings import FACES
from doorstep.gatherings.views.session_of import me_of
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids, can_see_person

SHOWN = 6  # sessions and months in a chart; the table has them all


def _mine(request: HttpRequest, slug: str) -> tuple[Gathering, numbers.GatheringFigures]:
    me = me_of(request)
    gathering = get_object_or_404(
        Gathering.objects.visible_to(me).select_related("team", "host"), slug=slug
    )
    if not rules.can_run(me, gathering):
        raise PermissionDenied
    return gathering, numbers.GatheringFigures(gathering, hide=blocked_ids(me))


@require_safe
def figures(request: HttpRequest, slug: str) -> HttpResponse:
    """All figures of a gathering on one page, each leading to its rows."""
    gathering, found = _mine(request, slug)
    steps = [
        ("newcomers", _("came for the first time")),
        ("asked", _("asked to be expected")),
        ("expected", _("were promised a greeter")),
        ("met", _("were met at the door")),
        ("called", _("were rung afterwards")),
    ]
    faces = found.faces
    change = found.change
    return render(
        request,
        "gatherings/during/figures.html",
        {
            "gathering": gathering,
            "found": found,
            "attendance": numbers.bars(
                [
                    (formats.date_format(local(row.starts_at), "j M"), row.in_all)
                    for row in found.sessions[-SHOWN:]
                ],
            ),
            "returns": numbers.bars(
                [
                    (formats.date_format(row.month, "M y"), row.within_4.share)
                    for row in found.cohorts[-SHOWN:]
                ],
                most=100,
            ),
            "face_bars": [
                (
                    label,
                    moment,
                    numbers.bars(
                        [
                            (str(name), (faces[moment].counts or [0] * 5)[face - 1])
                            for face, _icon, name in FACES
                        ]
                    ),
                )
                for moment, label in (("arriving", _("Arriving")), ("leaving", _("Leaving")))
            ],
            "face_rows": [
                (name, faces["arriving"].counts[face - 1], faces["leaving"].counts[face - 1])
                for face, _icon, name in FACES
            ]
            if faces["arriving"].counts and faces["leaving"].counts
            else [],
            "faces": faces,
            "change": None if change is None else f"{change:+.1f}".replace("-", "−"),
            "steps": [(name, label, len(found.newcomers_who(name))) for name, label in steps],
            "contributions": [
                (row, can_see_person(me_of(request), row.person)) for row in found.contributions
            ],
        },
    )


@require_safe
def rows(request: HttpRequest, slug: str, what: str) -> HttpResponse:
    """The rows behind one number, with names, for those who run the gathering."""
    gathering, found = _mine(request, slug)
    me = me_of(request)
    heading, people = _rows(found, what, me)
    hidden = blocked_ids(me)
    return render(
        request,
        "gatherings/during/figure_rows.html",
        {
            "gathering": gathering,
            "heading": heading,
            "rows": [row for row in people if row["person_id"] not in hidden],
        },
    )


def _rows(found: numbers.GatheringFigures, what: str, me: Person) -> tuple[str, list[dict]]:
    headings = {
        "newcomers": _("Came for the first time"),
        "asked": _("Asked to be expected"),
        "expected": _("Were promised a greeter"),
        "met": _("Were met at the door"),
        "called": _("Were rung afterwards"),
        "waiting": _("On the waiting list now"),
        "went-without": _("Wanted to come, and there was no place"),
    }
    if what in headings:
        if what == "waiting":
            places = found.waiting_now
        elif what == "went-without":
            places = found.went_without
        else:
            places = found.newcomers_who(what)
        names = _names([place.person_id for place in places if place.person_id])
        when = {row.pk: row.starts_at for row in found.sessions}
        return headings[what], [
            {
                "name": names[place.person_id].known_as if place.person_id else place.name,
                "person": names.get(place.person_id),
                "opens": place.person_id in names and can_see_person(me, names[place.person_id]),
                "person_id": place.person_id,
                "session_id": place.session_id,
                "starts_at": when.get(place.session_id) or place.session.starts_at,
                "welcome": found.welcomes.get(place.pk),
            }
            for place in places
        ]
    month = re.fullmatch(r"first-time-(\d{4}-\d{2})", what)
    for cohort in found.cohorts:
        if month and cohort.key == month[1]:
            names = _names(cohort.people)
            times = [place.person_id for place in found.places if place.came and place.person_id]
            return (
                _("First time in %(month)s") % {"month": formats.date_format(cohort.month, "F Y")},
                sorted(
                    (
                        {
                            "name": names[pk].known_as,
                            "person": names[pk],
                            "opens": can_see_person(me, names[pk]),
                            "person_id": pk,
                            "times": times.count(pk),
                        }
                        for pk in cohort.people
                    ),
                    key=lambda row: (str(row["name"]).casefold(), row["person_id"]),
                ),
            )
    raise Http404


def _names(ids: list[int]) -> dict[int | None, Person]:
    return dict(Person.objects.in_bulk(ids))


@require_safe
def export(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One table as CSV, safe to open in a spreadsheet."""
    gathering, found = _mine(request, slug)
    try:
        headings, lines = numbers.table(found, name)
    except KeyError:
        raise Http404 from None
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{gathering.slug}-{name}.csv"'
    writer = csv.writer(answer)
    writer.writerow(headings)
    for line in lines:
        writer.writerow([numbers.safe_cell(cell) for cell in line])
    return answer
