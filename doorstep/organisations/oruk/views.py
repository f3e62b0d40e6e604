"""The read API of Open Referral UK, at /directory/api/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from doorstep.organisations.models import (
    Attribute,
    Organisation,
    Service,
    ServiceAtLocation,
    Taxonomy,
    TaxonomyTerm,
)
from doorstep.organisations.oruk import asking, describing, writing
from doorstep.organisations.oruk.answering import answer, open_to_machines, to_json
from doorstep.organisations.oruk.bulk import every_service

VERSION = "HSDS-UK-3.0"
PROFILE = "https://docs.openreferraluk.org/"
MOST_FULL = 50  # full entries in one page
MOST_MINIMAL = 100_000


def _url(name: str, *args: Any) -> str:
    return settings.SITE_URL.rstrip("/") + reverse(f"directory:{name}", args=args)


@open_to_machines
def root(request: HttpRequest) -> HttpResponseBase:
    """What this is, and where the rest is described."""
    return answer(
        request,
        {
            "version": VERSION,
            "profile": PROFILE,
            "openapi_url": _url("oruk_openapi"),
            "documentation": _url("oruk_about"),
            "bulk": {"json": _url("oruk_bulk_json"), "csv": _url("oruk_bulk_csv")},
        },
    )


@open_to_machines
def openapi(request: HttpRequest) -> HttpResponseBase:
    return answer(request, describing.openapi(_url("oruk_root").rstrip("/")))


@login_not_required
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """The same for people: what can be asked, how, and what may be done with it."""
    return render(
        request,
        "organisations/api.html",
        {
            "base": _url("oruk_root"),
            "paths": describing.for_people(),
            "parameters": describing.PARAMETERS,
        },
    )


def _list(
    request: HttpRequest,
    found: QuerySet[Any],
    told: Callable[[Any], Any],
    *,
    by: str = "pk",
    most: int = asking.MOST_PER_PAGE,
) -> HttpResponseBase:
    page = asking.page_of(found, request.GET, by=by, most=most)
    newest = max((row.changed_at for row in page.rows), default=None)
    response = answer(request, page.envelope([told(row) for row in page.rows]))
    if newest is not None and response.status_code == 200:
        response["Last-Modified"] = http_date(newest.timestamp())
    return response


def _one(rows: QuerySet[Any], uid: str) -> Any:
    try:
        row = rows.filter(uid=UUID(str(uid))).first()
    except ValueError:
        row = None
    if row is None:
        raise Http404
    return row


def _lines(rows: Iterable[Any]) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        for row in rows:
            yield to_json(row) + "\n"

    return StreamingHttpResponse(lines(), content_type="application/x-ndjson; charset=utf-8")


def _is_lines(request: HttpRequest) -> bool:
    form = request.GET.get("format", "json").lower()
    if form not in ("json", "ndjson", ""):
        raise asking.NotUnderstood("format", "json, ndjson")
    return form == "ndjson"


# --- Services --------------------------------------------------------------------------------


@open_to_machines
def services(request: HttpRequest) -> HttpResponseBase:
    # In words of its own, so that SQLite sees that the index of what shows holds all of them.
    found = asking.services(request.GET).extra(
        where=["organisations_service.state IN ('live', 'stale')"]
    )
    if _is_lines(request):
        return _lines(every_service(found))
    if asking.yes(request.GET, "minimal"):
        return _list(request, found, _minimal, most=MOST_MINIMAL)
    if asking.yes(request.GET, "full"):
        return _list(request, found.with_parts(), writing.service, most=MOST_FULL)  # type: ignore[attr-defined]
    return _list(request, found.select_related("organisation__parent"), writing.service_in_a_list)


def _minimal(row: Service) -> dict[str, str]:
    return {"id": str(row.uid), "modified_date": writing.moment(row.changed_at)}


@open_to_machines
def service(request: HttpRequest, uid: str) -> HttpResponseBase:
    row = _one(Service.objects.public().with_parts(), uid)
    return answer(request, writing.service(row), changed_at=_latest(row))


def _latest(row: Service) -> Any:
    """Return when anything in a full entry last changed."""
    moments = [row.changed_at]
    if row.organisation is not None:
        moments.append(row.organisation.changed_at)
    for one in row.at_locations.all():
        moments += [one.changed_at, one.location.changed_at]
    moments += [one.term.changed_at for one in row.attributes.all()]
    return max(moments)


@open_to_machines
def services_at_locations(request: HttpRequest) -> HttpResponseBase:
    found = asking.services_at_locations(request.GET)
    if asking.yes(request.GET, "full"):
        whole = Prefetch("service", Service.objects.with_parts())
        return _list(
            request,
            _at_locations(found).prefetch_related(whole),
            lambda row: writing.service_at_location(row, row.service),
            by="service",
            most=MOST_FULL,
        )
    return _list(
        request,
        found.select_related("location", "service__organisation__parent"),
        writing.service_at_location_in_a_list,
        by="service",
    )


def _at_locations(found: QuerySet[ServiceAtLocation]) -> QuerySet[ServiceAtLocation]:
    return found.select_related("location").prefetch_related(
        "location__addresses", "location__access", "location__attributes__term", "schedules"
    )


@open_to_machines
def service_at_location(request: HttpRequest, uid: str) -> HttpResponseBase:
    row = _one(_at_locations(asking.services_at_locations({})), uid)
    whole = Service.objects.with_parts().get(pk=row.service_id)
    return answer(
        request,
        writing.service_at_location(row, whole),
        changed_at=max(row.changed_at, row.location.changed_at, _latest(whole)),
    )


# --- Organisations and terms -----------------------------------------------------------------


@open_to_machines
def organisations(request: HttpRequest) -> HttpResponseBase:
    found = Organisation.objects.public().select_related("parent")
    if asking.yes(request.GET, "full_service"):
        return _list(request, _with_services(found), _whole, most=MOST_FULL)
    if asking.yes(request.GET, "full"):
        full = found.prefetch_related("attributes__term")
        return _list(
            request, full, lambda row: writing.organisation(row, full=True), most=MOST_FULL
        )
    return _list(request, found, writing.organisation)


def _with_services(found: QuerySet[Organisation]) -> QuerySet[Organisation]:
    return found.prefetch_related(
        "attributes__term",
        Prefetch("services", Service.objects.public().with_parts().order_by("pk")),
    )


def _whole(row: Organisation) -> dict[str, Any]:
    told = writing.organisation(row, full=True)
    if services := [writing.service(one, with_organisation=False) for one in row.services.all()]:
        told["services"] = services
    return told


@open_to_machines
def organisation(request: HttpRequest, uid: str) -> HttpResponseBase:
    row = _one(_with_services(Organisation.objects.public().select_related("parent")), uid)
    return answer(request, _whole(row))


@open_to_machines
def taxonomies(request: HttpRequest) -> HttpResponseBase:
    return _list(request, Taxonomy.objects.all(), writing.taxonomy)


@open_to_machines
def taxonomy(request: HttpRequest, uid: str) -> HttpResponseBase:
    row = _one(Taxonomy.objects.all(), uid)
    return answer(request, writing.taxonomy(row), changed_at=row.changed_at)


@open_to_machines
def terms(request: HttpRequest) -> HttpResponseBase:
    found = TaxonomyTerm.objects.select_related("taxonomy", "parent")
    if chosen := request.GET.get("taxonomy_id", "").strip():
        found = found.filter(asking._uids("taxonomy_id", chosen, "taxonomy__uid"))
    if request.GET.get("used") == "true":
        found = found.filter(pk__in=Attribute.objects.values("term"))
    return _list(request, found, writing.term)


@open_to_machines
def term(request: HttpRequest, uid: str) -> HttpResponseBase:
    row = _one(TaxonomyTerm.objects.select_related("taxonomy", "parent"), uid)
    return answer(request, writing.term(row), changed_at=row.changed_at)
