"""What people do in the directory, besides proving that an entry is true (`freshness.actions`)."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base import keys, pictures
from doorstep.base.text import clean
from doorstep.base.time import local
from doorstep.notices.actions import send
from doorstep.notices.models import Channel
from doorstep.notices.safe import may_write_to
from doorstep.organisations import entries, history, rules
from doorstep.organisations.freshness import actions as freshness
from doorstep.organisations.models import (
    Confirmation,
    DoorPhoto,
    Location,
    Offer,
    Organisation,
    Position,
    Service,
    ServiceAtLocation,
    Source,
    State,
    Suggestion,
)
from doorstep.organisations.oruk.bringing_in import write_words
from doorstep.people.models import Person

KIND = "directory"
INVITATION_STANDS = dt.timedelta(days=14)
MOST_PHOTOS = 4


class CannotDo(Exception):
    """Why it can't be done, as a sentence."""


# --- Entries ---------------------------------------------------------------------------------


@transaction.atomic
def change_entry(
    service: Service,
    values: dict[str, Any],
    *,
    by: Person,
    at: dt.datetime,
    client_key: str | None = None,
    how: str = history.Change.How.EDITED,
) -> history.Change | None:
    """Write new values into an entry and keep what was there; None where nothing changed.

    Whoever changes an entry has read it: that confirms it too. Sent twice it counts once.
    """
    if client_key:
        twin = history.Change.objects.filter(client_key=client_key).first()
        if twin is not None:
            return twin
    # Two people may save at once: the second sees what the first wrote as the state before.
    service = Service.objects.select_for_update().get(pk=service.pk)
    before = {name: value for name, value in entries.values_of(service).items() if name in values}
    entries.write(service, values, at=at)
    write_words([service.pk])
    made = history.keep(service, before, values, by=by, at=at, how=how, client_key=client_key)
    proof = Confirmation.How.KEEPER if rules.is_keeper(by) else Confirmation.How.OWNER
    if how == history.Change.How.EDITED and not _is_for_another(by, service):
        freshness.confirm(service, how=proof, by=by, at=at)
    return made


def _is_for_another(by: Person, service: Service) -> bool:
    """Whether a keeper changes somebody else's entry: a mended word proves nothing."""
    return service.organisation_id not in rules.editable_ids(by)


@transaction.atomic
def undo_change(change: history.Change, *, by: Person, at: dt.datetime) -> None:
    """Put back what a change replaced, as a change of its own."""
    change_entry(
        change.service, change.values["before"], by=by, at=at, how=history.Change.How.UNDONE,
        client_key=f"undo-{change.pk}",
    )  # fmt: skip


def new_entry(
    organisation: Organisation | None, *, name: str, description: str, by: Person, at: dt.datetime
) -> Service:
    """Begin an entry that nobody else sees until it is shown. The same name again finds it."""
    twin = Service.objects.filter(organisation=organisation, name=name, state=State.DRAFT).first()
    if twin is not None:
        return twin
    slug = keys.slug_from(name, lambda slug: Service.objects.filter(slug=slug).exists())
    return Service.objects.create(
        organisation=organisation, name=name, description=description, slug=slug,
        state=State.DRAFT, changed_at=at,
    )  # fmt: skip


@transaction.atomic
def show_entry(service: Service, *, by: Person, at: dt.datetime) -> None:
    """Let everybody see an entry that was begun."""
    if Service.objects.filter(pk=service.pk, state=State.DRAFT).update(
        state=State.LIVE, changed_at=at
    ):
        write_words([service.pk])
        service.refresh_from_db()
        how = Confirmation.How.KEEPER if rules.is_keeper(by) else Confirmation.How.OWNER
        freshness.confirm(service, how=how, by=by, at=at)


def add_place(service: Service, location: Location, *, at: dt.datetime) -> None:
    """Say that a service is given at a place."""
    ServiceAtLocation.objects.get_or_create(service=service, location=location)
    Service.objects.filter(pk=service.pk).update(changed_at=at)


@transaction.atomic
def keep_place(
    service: Service,
    location: Location | None,
    values: dict[str, Any] | None,
    *,
    by: Person,
    at: dt.datetime,
    client_key: str,
) -> history.Change | None:
    """Add a place to an entry (`location` None), change one, or take it away (`values` None).

    A place that other organisations use too is theirs as well: where its address changes, this
    entry gets a place of its own. Kept in the history; sent twice it counts once.
    """
    twin = history.Change.objects.filter(client_key=client_key).first()
    if twin is not None:
        return twin
    service = Service.objects.select_for_update().get(pk=service.pk)
    if location is None:
        location = Location.objects.create(changed_at=at)
        name, before = f"{entries.PLACE}{location.pk}", None
    else:
        name, before = f"{entries.PLACE}{location.pk}", entries.place_values(location)
        if values is not None and entries.is_shared(location, service):
            moved = {one for one in entries.WHERE if values.get(one) != before[one]}
            if moved:
                own = Location.objects.create(changed_at=at)
                entries.write(service, {name: None}, at=at)
                name = f"{entries.PLACE}{own.pk}"
    entries.write(service, {name: values}, at=at)
    write_words([service.pk])
    return history.keep(
        service, {name: before}, {name: values}, by=by, at=at, client_key=client_key
    )


# --- Organisations ---------------------------------------------------------------------------


@transaction.atomic
def new_organisation(
    *, name: str, description: str, email: str, website: str, by: Person, at: dt.datetime
) -> tuple[Organisation, bool]:
    """Start an organisation; return it and whether it is new. The same name again finds it."""
    twin = Organisation.objects.filter(name__iexact=name).order_by("pk").first()
    if twin is not None:
        return twin, False
    slug = keys.slug_from(name, lambda slug: Organisation.objects.filter(slug=slug).exists())
    made = Organisation.objects.create(
        slug=slug, name=name, description=description, email=email, website=website,
        changed_at=at,
    )  # fmt: skip
    return made, True


@transaction.atomic
def change_organisation(
    organisation: Organisation,
    *,
    name: str,
    description: str,
    email: str,
    website: str,
    by: Person,
    at: dt.datetime,
) -> None:
    """Change what is said of an organisation; its entries are found by its new name."""
    Organisation.objects.filter(pk=organisation.pk).update(
        name=name, description=description, email=email, website=website, changed_at=at
    )
    if name != organisation.name:
        ids = list(organisation.services.values_list("pk", flat=True))
        write_words(ids)
        Service.objects.filter(pk__in=ids).update(changed_at=at)
    organisation.refresh_from_db()


# --- Lists of others that are read -----------------------------------------------------------


@transaction.atomic
def add_feed(*, place: str, by: Person, at: dt.datetime, **values: Any) -> tuple[Source, bool]:
    """Read a list from now on; return it and whether it is new. The first reading is due now."""
    made, is_new = Source.objects.get_or_create(
        place=place, defaults={**values, "made_at": at, "next_run_at": at}
    )
    return made, is_new


@transaction.atomic
def change_feed(source: Source, *, by: Person, at: dt.datetime, **values: Any) -> None:
    """Change what we hold of a list, and how often it is read."""
    source = Source.objects.select_for_update().get(pk=source.pk)
    before = source.every_hours
    for name, value in values.items():
        setattr(source, name, value)
    if source.every_hours != before:
        hours = source.every_hours
        start = source.last_run_at or at
        source.next_run_at = max(at, start + dt.timedelta(hours=hours)) if hours else None
        source.failures = 0
    source.save()


def ask_feed_soon(source: Source, *, by: Person, at: dt.datetime) -> None:
    """Have a list read at the worker's next round, even where it rested."""
    Source.objects.filter(pk=source.pk).update(next_run_at=at, is_paused=False, failures=0)


def pause_feed(source: Source, *, by: Person, at: dt.datetime) -> None:
    """Read a list no more for now."""
    Source.objects.filter(pk=source.pk).update(is_paused=True)


@transaction.atomic
def resume_feed(source: Source, *, by: Person, at: dt.datetime) -> None:
    """Read a list again, by the clock."""
    source = Source.objects.select_for_update().get(pk=source.pk)
    source.is_paused, source.failures = False, 0
    if source.every_hours and (source.next_run_at is None or source.next_run_at < at):
        source.next_run_at = at
    source.save()


# --- Photos of the door ----------------------------------------------------------------------


def add_photo(
    location: Location, upload: UploadedFile, *, description: str, by: Person, at: dt.datetime
) -> DoorPhoto:
    """Keep a photo of the door. Raises CannotDo, or base.pictures.BadPicture with what to do."""
    if location.photos.count() >= MOST_PHOTOS:
        raise CannotDo(_("There are four photos already. Take one away first."))
    kept = pictures.keep(upload, folder=f"doors/{at:%Y/%m}", most_bytes=settings.UPLOAD_BYTES)
    return DoorPhoto.objects.create(
        location=location, name=kept.name, small_name=kept.small_name, width=kept.width,
        height=kept.height, description=description, added_by=by, added_at=at,
    )  # fmt: skip


def remove_photo(photo: DoorPhoto) -> None:
    """Take a photo away, from the disk too."""
    from django.core.files.storage import default_storage

    names = (photo.name, photo.small_name)
    photo.delete()
    for name in names:
        transaction.on_commit(partial(default_storage.delete, name))


# --- Offers ----------------------------------------------------------------------------------


def make_offer(
    organisation: Organisation,
    *,
    by: Person,
    at: dt.datetime,
    client_key: str,
    service: Service | None = None,
    **values: Any,
) -> Offer:
    """Say what people can call on an organisation for. Sent twice it counts once."""
    try:
        with transaction.atomic():
            return Offer.objects.create(
                organisation=organisation, service=service, made_by=by, made_at=at, changed_at=at,
                client_key=client_key, **values,
            )  # fmt: skip
    except IntegrityError:
        return Offer.objects.get(client_key=client_key, organisation=organisation)


def change_offer(offer: Offer, *, by: Person, at: dt.datetime, **values: Any) -> None:
    """Change an offer's words or numbers."""
    Offer.objects.filter(pk=offer.pk).update(changed_at=at)
    for name, value in values.items():
        setattr(offer, name, value)
    offer.changed_at = at
    offer.save()


def set_offer(offer: Offer, state: str, *, by: Person, at: dt.datetime) -> None:
    """Pause an offer, open it again or close it."""
    Offer.objects.filter(pk=offer.pk).exclude(state=Offer.State.CLOSED).update(
        state=Offer.State(state), changed_at=at
    )
    offer.refresh_from_db()


# --- People of an organisation ---------------------------------------------------------------


@transaction.atomic
def invite(
    organisation: Organisation,
    *,
    email: str,
    role: str,
    title: str,
    by: Person,
    at: dt.datetime,
) -> Position:
    """Send somebody a link by which they take a position on. Again sends the link again."""
    open_one = Position.objects.filter(
        organisation=organisation, person=None, ended_at=None, invited_email=email
    ).first()
    if open_one is None:
        open_one = Position.objects.create(
            organisation=organisation, role=role, title=title, invited_email=email,
            invited_by=by, invited_at=at, code=keys.new_key(32),
        )  # fmt: skip
    else:
        Position.objects.filter(pk=open_one.pk).update(role=role, title=title, invited_at=at)
        open_one.refresh_from_db()
    path = reverse("directory:join", args=[open_one.code])
    words = _(
        "%(name)s asks you to help look after what %(organisation)s has in the %(borough)s "
        "directory.\n\nSay yes or no here, within 14 days:\n%(link)s\n\nNot you? Then do nothing, "
        "and nothing happens.\n\nRather talk to someone? Ring %(phone)s, free, 8am to 8pm."
    ) % {
        "name": by.known_as,
        "organisation": organisation.name,
        "borough": settings.BOROUGH,
        "link": f"{settings.SITE_URL}{path}",
        "phone": settings.HELP_PHONE,
    }
    mail = EmailMessage(
        _("An invitation from %(site)s") % {"site": settings.SITE_NAME},
        words,
        to=[email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    if may_write_to(email, Channel.EMAIL, at):
        transaction.on_commit(mail.send)
    return open_one


def invitation(code: str, at: dt.datetime) -> Position | None:
    """Return the position a link offers, None when it is over, taken or was never there."""
    if not 8 <= len(code) <= 40:
        return None
    return (
        Position.objects.select_related("organisation", "invited_by")
        .filter(code=code, person=None, ended_at=None, invited_at__gt=at - INVITATION_STANDS)
        .first()
    )


@transaction.atomic
def take_on(position: Position, *, by: Person, at: dt.datetime) -> None:
    """Take a position on. Raises CannotDo for a child, or somebody who holds one there."""
    if by.is_child or by.state != Person.State.ACTIVE:
        raise CannotDo(_("This is for grown-ups with an open account."))
    if (
        Position.objects.filter(organisation=position.organisation, person=by, ended_at=None)
        .exclude(pk=position.pk)
        .exists()
    ):
        raise CannotDo(_("You’re already one of them. Nothing more to do."))
    taken = Position.objects.filter(pk=position.pk, person=None, ended_at=None).update(
        person=by, accepted_at=at, invited_email=""
    )
    if not taken:
        raise CannotDo(_("Somebody was quicker with this link. Ask for another."))
    rules.forget(by)
    if position.invited_by is not None:
        send(
            KIND,
            position.invited_by,
            key=f"position-{position.pk}-taken",
            title=gettext_lazy("Your colleague said yes"),
            path=reverse("directory:ours"),
            about=by,
            at=at,
        )


@transaction.atomic
def end_position(position: Position, *, by: Person | None, at: dt.datetime) -> None:
    """End a position or take an invitation back; the last owner stays unless a keeper ends it."""
    if (
        position.role == Position.Role.OWNER
        and position.is_held
        and not rules.is_keeper(by)
        and not Position.objects.held()
        .filter(organisation=position.organisation, role=Position.Role.OWNER)
        .exclude(pk=position.pk)
        .select_for_update()
        .exists()
    ):
        raise CannotDo(_("You’re the last one with the keys. Give them to somebody first."))
    Position.objects.filter(pk=position.pk, ended_at=None).update(ended_at=at)
    Offer.objects.filter(
        organisation=position.organisation, answered_by__isnull=False,
        answered_by=position.person,
    ).update(answered_by=None)  # fmt: skip
    if position.person is not None:
        rules.forget(position.person)


# --- Suggestions -----------------------------------------------------------------------------


def suggest(
    *,
    kind: str,
    words: str,
    by: Person | None,
    at: dt.datetime,
    client_key: str,
    service: Service | None = None,
    organisation: Organisation | None = None,
    reach: str = "",
) -> Suggestion:
    """Tell the keepers what should change. Nothing shows before one of them has looked."""
    try:
        with transaction.atomic():
            return Suggestion.objects.create(
                kind=kind, words=clean(words), made_by=by, made_at=at, reach=reach,
                client_key=client_key, service=service, organisation=organisation,
            )  # fmt: skip
    except IntegrityError:
        return Suggestion.objects.get(client_key=client_key)


@transaction.atomic
def decide(
    suggestion: Suggestion, *, taken: bool, answer: str, by: Person, at: dt.datetime
) -> bool:
    """Answer a suggestion; whoever made it is told. False where somebody decided before."""
    state = Suggestion.State.TAKEN if taken else Suggestion.State.DECLINED
    if not Suggestion.objects.filter(pk=suggestion.pk, state=Suggestion.State.NEW).update(
        state=state, decided_by=by, decided_at=at
    ):
        return False
    suggestion.refresh_from_db()
    suggestion.answer = clean(answer)
    suggestion.save(update_fields=["answer"])
    if suggestion.made_by is not None:
        send(
            KIND,
            suggestion.made_by,
            key=f"suggestion-{suggestion.pk}",
            title=gettext_lazy("Thank you for what you told us about the directory")
            if taken
            else gettext_lazy("About what you told us for the directory"),
            body=answer,
            path=suggestion.service.get_absolute_url()
            if suggestion.service and suggestion.service.is_public
            else reverse("directory:find"),
            at=at,
        )
    return True


# --- What later floors ask -------------------------------------------------------------------


def offers_for(*, words: str = "", at: dt.datetime, limit: int = 20) -> list[Offer]:
    """Return offers that can be called on now, the freshest first, for calls around a person.

    `words` narrows to those that say one of them.
    """
    open_now = Offer.objects.open_on(local(at).date()).select_related(
        "organisation", "service", "answered_by"
    )
    if words:
        said: Q = Q(pk__in=[])
        for word in words.split()[:6]:
            if len(word) > 2:
                said |= (
                    Q(what__icontains=word)
                    | Q(details__icontains=word)
                    | Q(for_whom__icontains=word)
                )
        open_now = open_now.filter(said)
    return list(open_now.order_by("-changed_at", "pk")[:limit])
