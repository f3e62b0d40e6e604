"""The partners' home, and what the people who look after an entry do with it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base.pictures import BadPicture
from doorstep.base.time import local, now
from doorstep.organisations import actions, entries, freshness, history, rules, showing
from doorstep.organisations.forms import (
    ROLE_WORDS,
    EntryForm,
    InviteForm,
    NewEntryForm,
    OfferForm,
    OrganisationForm,
    PhotoForm,
    TimesFormSet,
)
from doorstep.organisations.freshness import actions as proving
from doorstep.organisations.models import (
    Confirmation,
    DoorPhoto,
    Offer,
    Organisation,
    Position,
    Service,
)
from doorstep.organisations.views.entry import page_of, with_everything
from doorstep.organisations.waiting import waiting_for
from doorstep.people.models import Person

GET_AND_POST = ["GET", "HEAD", "POST"]


def me_of(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


def _organisation(request: HttpRequest, slug: str) -> Organisation:
    """Return an organisation this person looks after."""
    me = me_of(request)
    found = get_object_or_404(Organisation.objects.visible_to(me), slug=slug)
    if not rules.can_edit(me, found):
        raise PermissionDenied
    return found


def service_of(request: HttpRequest, slug: str) -> Service:
    """Return an entry this person may change."""
    me = me_of(request)
    found = get_object_or_404(
        Service.objects.visible_to(me).select_related("organisation"), slug=slug
    )
    if not rules.can_edit_service(me, found):
        raise PermissionDenied
    return found


@require_safe
def ours(request: HttpRequest) -> HttpResponse:
    """All that I look after, and what waits for us."""
    me, at = me_of(request), now()
    held = list(
        Position.objects.held()
        .filter(person=me)
        .select_related("organisation")
        .order_by("organisation__name", "pk")
    )
    ids = [one.organisation_id for one in held]
    entries_of: dict[int, list[Any]] = {pk: [] for pk in ids}
    for one in Service.objects.filter(organisation__in=ids).order_by("name", "pk"):
        entries_of[one.organisation_id].append(  # type: ignore[index]
            {"service": one, "fresh": freshness.state(one, at)}
        )
    offers_of: dict[int, list[Offer]] = {pk: [] for pk in ids}
    for offer in (
        Offer.objects.filter(organisation__in=ids)
        .exclude(state=Offer.State.CLOSED)
        .select_related("answered_by")
    ):
        offers_of[offer.organisation_id].append(offer)
    people_of: dict[int, list[Position]] = {pk: [] for pk in ids}
    for row in Position.objects.held().filter(organisation__in=ids).select_related("person"):
        people_of[row.organisation_id].append(row)
    for row in [*held, *(row for rows in people_of.values() for row in rows)]:
        row.role_words = ROLE_WORDS.get(row.role, "")  # type: ignore[attr-defined, call-overload]
    houses = [
        {
            "position": one,
            "organisation": one.organisation,
            "may_edit": one.role in Position.MAY_EDIT,
            "is_owner": one.role == Position.Role.OWNER,
            "entries": entries_of[one.organisation_id],
            "offers": offers_of[one.organisation_id],
            "people": people_of[one.organisation_id],
            "waiting": waiting_for(me, one.organisation),
            "today": local(at).date(),
        }
        for one in held
    ]
    return render(request, "organisations/ours.html", {"houses": houses, "me": me})


# --- Changing an entry -----------------------------------------------------------------------


@require_http_methods(GET_AND_POST)
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change an entry: look at it first, then show it to everybody."""
    service, me = service_of(request, slug), me_of(request)
    has_place = entries.place_of(service) is not None
    values = entries.values_of(service)
    if request.method != "POST":
        form = EntryForm(initial=values, has_place=has_place)
        times = TimesFormSet(initial=values["when"], prefix="times")
        return _edit_page(request, service, form, times)
    form = EntryForm(request.POST, has_place=has_place)
    times = TimesFormSet(request.POST, prefix="times")
    if not (form.is_valid() & times.is_valid()) or request.POST.get("again"):
        status = 200 if request.POST.get("again") and form.is_valid() else 422
        return _edit_page(request, service, form, times, status=status)
    new = {**form.values(), "when": [row for one in times if (row := one.row())]}
    if request.POST.get("sure"):
        actions.change_entry(
            service, new, by=me, at=now(), client_key=form.cleaned_data["client_key"]
        )
        messages.success(request, _("Done. Everybody sees it now."))
        return redirect("directory:service", slug=service.slug)
    return _preview(request, service, new, form, times)


def _edit_page(
    request: HttpRequest, service: Service, form: EntryForm, times: Any, *, status: int = 200
) -> HttpResponse:
    groups = (
        (_("What it is"), ("name", "description", "alert")),
        (_("Who it is for"), ("eligibility", "minimum_age", "maximum_age", "languages")),
        (_("What it costs"), ("is_free", "fees")),
        (_("How to get in touch"), ("application_process", "phone", "email", "url")),
        (_("The welcome"), ("first_visit", "who_meets_you")),
        (_("Getting there and in"), ("transportation", "way_in", "way_in_on_wheels")),
    )
    other_times = [
        words
        for one in entries.schedules_of(service)
        if not entries.is_plain(one) and (words := showing.when.in_words(one))
    ]
    return render(
        request,
        "organisations/edit.html",
        {
            "service": service,
            "form": form,
            "times": times,
            "groups": [
                (heading, [form[name] for name in names if name in form.fields])
                for heading, names in groups
                if any(name in form.fields for name in names)
            ],
            "other_times": other_times,
            "bare": True,
        },
        status=status,
    )


class _OnlyLooking(Exception):
    """Undoes what was written to look at it."""


def _preview(
    request: HttpRequest, service: Service, new: dict[str, Any], form: EntryForm, times: Any
) -> HttpResponse:
    """Show the entry as it would be: written, read, and taken back before anybody sees it."""
    context: dict[str, Any] = {}
    before = entries.values_of(service)
    try:
        with transaction.atomic():
            entries.write(service, new, at=now())
            found = with_everything().get(pk=service.pk)  # type: ignore[attr-defined]
            context = page_of(request, found)
            raise _OnlyLooking
    except _OnlyLooking:
        pass
    changed = [
        entries.LABELS[name] for name in new if before.get(name) != new[name] and name in before
    ]
    return render(
        request,
        "organisations/preview.html",
        {
            **context,
            "is_preview": True,
            "changed": changed,
            "kept": [
                (name, value)
                for name, values in request.POST.lists()
                if name not in ("csrfmiddlewaretoken", "sure", "again")
                for value in values
            ],
            "bare": True,
        },
    )


@require_safe
def changes(request: HttpRequest, slug: str) -> HttpResponse:
    """What was changed about an entry, and how it was proved."""
    service = service_of(request, slug)
    rows = []
    for one in service.changes_made.select_related("by")[:40]:  # type: ignore[attr-defined]
        lines = [
            {
                "label": _("A place")
                if name.startswith(entries.PLACE)
                else entries.LABELS.get(name, name),
                "before": _said(name, one.values["before"].get(name)),
                "after": _said(name, one.values["after"].get(name)),
            }
            for name in one.values.get("after", {})
        ]
        rows.append({"change": one, "lines": lines})
    return render(
        request,
        "organisations/changes.html",
        {
            "service": service,
            "rows": rows,
            "proofs": service.confirmations.select_related("by")[:40],
            "reasons": dict(proving_reasons()),
        },
    )


def proving_reasons() -> list[tuple[str, Any]]:
    from doorstep.organisations.forms import FailedForm

    return list(FailedForm.base_fields["reason"].choices)  # type: ignore[attr-defined]


def _said(name: str, value: Any) -> str:
    """Return a value of the history as people read it."""
    if name.startswith(entries.PLACE):
        return entries.place_in_words(value)
    if name == "when":
        from doorstep.organisations.forms import DAYS

        short = dict(DAYS)
        return "; ".join(
            " ".join(
                part
                for part in (
                    ", ".join(str(short.get(day, day)) for day in row.get("days", [])),
                    "–".join(time for time in (row.get("opens"), row.get("closes")) if time),
                    row.get("note", ""),
                )
                if part
            )
            for row in value or []
        )
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what a change replaced."""
    me = me_of(request)
    change = history.Change.objects.select_related("service__organisation").filter(pk=pk).first()
    if change is None or not rules.can_edit_service(me, change.service):
        raise Http404
    actions.undo_change(change, by=me, at=now())
    messages.success(request, _("It’s as it was before."))
    return redirect("directory:changes", slug=change.service.slug)


@require_http_methods(GET_AND_POST)
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin an entry."""
    organisation, me = _organisation(request, slug), me_of(request)
    form = NewEntryForm(request.POST or None)
    if form.is_valid():
        made = actions.new_entry(organisation, by=me, at=now(), **form.cleaned_data)
        messages.success(request, _("It’s begun. Nobody else sees it yet."))
        return redirect("directory:edit", slug=made.slug)
    return render(
        request,
        "organisations/new.html",
        {"form": form, "organisation": organisation, "bare": True},
        status=422 if form.errors else 200,
    )


@require_http_methods(GET_AND_POST)
def edit_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what is said of an organisation."""
    organisation, me = _organisation(request, slug), me_of(request)
    form = OrganisationForm(
        request.POST or None,
        organisation=organisation,
        initial={name: getattr(organisation, name) for name in OrganisationForm.HELD},
    )
    if form.is_valid():
        actions.change_organisation(organisation, by=me, at=now(), **form.values())
        messages.success(request, _("Done. Everybody sees it now."))
        return redirect(organisation)
    return render(
        request,
        "organisations/edit_organisation.html",
        {"form": form, "organisation": organisation, "bare": True},
        status=422 if form.errors else 200,
    )


@require_POST
def say(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what is true of an entry: right, over, going on again, or ready to be shown."""
    service, me, at = service_of(request, slug), me_of(request), now()
    keeper = rules.is_keeper(me)
    what = request.POST.get("what", "")
    if what == "right":
        how = Confirmation.How.PHONE if keeper else Confirmation.How.OWNER
        proving.confirm(service, how=how, by=me, at=at)
        messages.success(request, _("Thank you. It says so from now on."))
    elif what == "closed":
        how = Confirmation.How.PHONE if keeper else Confirmation.How.OWNER
        proving.close(service, how=how, by=me, at=at)
        messages.success(request, _("It has left the list. You can open it again from here."))
    elif what == "open":
        how = Confirmation.How.PHONE if keeper else Confirmation.How.OWNER
        proving.reopen(service, how=how, by=me, at=at)
        messages.success(request, _("It’s back on the list."))
    elif what == "show":
        actions.show_entry(service, by=me, at=at)
        messages.success(request, _("Everybody sees it now."))
    if request.POST.get("back") == "keeping" and keeper:
        return redirect("directory:keeping")
    return redirect("directory:service", slug=service.slug)


# --- Photos ----------------------------------------------------------------------------------


@require_http_methods(GET_AND_POST)
def photos(request: HttpRequest, slug: str) -> HttpResponse:
    """Photos of the door, each with the words for those who can’t see it."""
    service, me = service_of(request, slug), me_of(request)
    place = entries.place_of(service)
    form = PhotoForm(request.POST or None, request.FILES or None) if place else None
    if form is not None and place is not None and form.is_valid():
        try:
            actions.add_photo(
                place,
                form.cleaned_data["photo"],
                description=form.cleaned_data["description"],
                by=me,
                at=now(),
            )
        except (BadPicture, actions.CannotDo) as problem:
            form.add_error("photo", str(problem))
        else:
            messages.success(request, _("The door is on the page now."))
            return redirect("directory:photos", slug=service.slug)
    return render(
        request,
        "organisations/photos.html",
        {
            "service": service,
            "place": place,
            "photos": list(place.photos.all()) if place else [],
            "form": form,
        },
        status=422 if form is not None and form.errors else 200,
    )


@require_POST
def remove_photo(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Take a photo away."""
    service = service_of(request, slug)
    place = entries.place_of(service)
    found = get_object_or_404(DoorPhoto, key=key, location=place)
    actions.remove_photo(found)
    messages.success(request, _("The photo is gone."))
    return redirect("directory:photos", slug=service.slug)


# --- Offers ----------------------------------------------------------------------------------


@require_http_methods(GET_AND_POST)
def new_offer(request: HttpRequest, slug: str) -> HttpResponse:
    """“Call on us for…”"""
    organisation, me = _organisation(request, slug), me_of(request)
    # Whoever offers it answers, unless they say somebody else; a keeper isn't among those.
    form = OfferForm(request.POST or None, organisation=organisation, initial={"answered_by": me})
    if form.is_valid():
        actions.make_offer(
            organisation,
            by=me,
            at=now(),
            client_key=form.cleaned_data["client_key"],
            **form.values(),
        )
        messages.success(request, _("People can call on you for it now."))
        return redirect(organisation)
    return _offer_page(request, organisation, None, form)


@require_http_methods(GET_AND_POST)
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an offer, above all how many are left; or pause and close it."""
    me = me_of(request)
    found = Offer.objects.select_related("organisation").filter(pk=pk).first()
    if found is None or not rules.can_edit(me, found.organisation):
        raise Http404
    if request.POST.get("state") in Offer.State.values:
        actions.set_offer(found, request.POST["state"], by=me, at=now())
        messages.success(request, _("Done."))
        return redirect(found.organisation)
    form = OfferForm(
        request.POST or None, organisation=found.organisation, initial=OfferForm.initial_of(found)
    )
    if form.is_valid():
        actions.change_offer(found, by=me, at=now(), **form.values())
        messages.success(request, _("Changed."))
        return redirect(found.organisation)
    return _offer_page(request, found.organisation, found, form)


def _offer_page(
    request: HttpRequest, organisation: Organisation, found: Offer | None, form: OfferForm
) -> HttpResponse:
    return render(
        request,
        "organisations/offer.html",
        {"organisation": organisation, "offer": found, "form": form, "bare": True},
        status=422 if form.errors else 200,
    )


# --- People ----------------------------------------------------------------------------------


@require_http_methods(GET_AND_POST)
def staff(request: HttpRequest, slug: str) -> HttpResponse:
    """Who looks after the entries, and inviting a colleague."""
    me = me_of(request)
    organisation = get_object_or_404(Organisation.objects.visible_to(me), slug=slug)
    if not rules.can_manage_positions(me, organisation):
        raise PermissionDenied
    form = InviteForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        actions.invite(organisation, by=me, at=now(), **data)
        messages.success(request, _("We’ve sent %(email)s a link.") % {"email": data["email"]})
        return redirect("directory:staff", slug=organisation.slug)
    everybody = list(
        Position.objects.filter(organisation=organisation, ended_at=None)
        .select_related("person")
        .order_by("pk")
    )
    for one in everybody:
        one.role_words = ROLE_WORDS.get(one.role, "")  # type: ignore[attr-defined, call-overload]
    return render(
        request,
        "organisations/staff.html",
        {
            "organisation": organisation,
            "people": [one for one in everybody if one.is_held],
            "invited": [one for one in everybody if one.person_id is None],
            "form": form,
            "me": me,
        },
        status=422 if form.errors else 200,
    )


@require_POST
def end_position(request: HttpRequest, pk: int) -> HttpResponse:
    """End a colleague’s position, one’s own, or an invitation."""
    me = me_of(request)
    position = Position.objects.select_related("organisation", "person").filter(pk=pk).first()
    if position is None or not (
        position.person_id == me.pk or rules.can_manage_positions(me, position.organisation)
    ):
        raise Http404
    try:
        actions.end_position(position, by=me, at=now())
        messages.success(request, _("Done."))
    except actions.CannotDo as problem:
        messages.error(request, str(problem))
    if rules.can_manage_positions(me, position.organisation):
        return redirect("directory:staff", slug=position.organisation.slug)
    return redirect("directory:ours")
