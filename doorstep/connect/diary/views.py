"""The pages of evidence diaries: one's own, and those kept with or for somebody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base import playing
from doorstep.base.pages import read_key
from doorstep.base.private_files import answer
from doorstep.base.time import now, today
from doorstep.connect import links
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.diary import drawing, forms, rules, seals
from doorstep.connect.diary.actions import bundling, sharing, writing
from doorstep.connect.diary.models import Bundle, Diary, Entry, Exhibit, Share
from doorstep.connect.models import Relationship
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_listening, log_read
from doorstep.people.records.rules import can_open_record

PAGE = 30
_t = gettext_lazy
_WRITE = _t("Write it down")


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr, no-any-return]


def _reason(me: Person, diary: Diary) -> str:
    """Why somebody else looks: they walk alongside, or the person asked the hub."""
    return "walking" if diary.relationship is not None and not diary.is_with_hub else "contact"


def log_opening(me: Person, diary: Diary, what: str = "") -> None:
    """Write into the read log that somebody else opened it."""
    if me.pk != diary.person_id:
        log_read(
            by=me,
            about=diary.person,
            what="evidence",
            reason=_reason(me, diary),
            thing=what or diary.ref,
            at=now(),
        )


# --- Diaries of somebody -----------------------------------------------------------------------


def _whose(request: HttpRequest, me: Person) -> tuple[Person, Relationship | None]:
    """Return whose diaries, and within which relationship: mine, ?with= or ?for=."""
    if request.GET.get("with"):
        row = get_object_or_404(
            Relationship.objects.visible_to(me).select_related("person", "organisation"),
            ref=request.GET["with"],
        )
        return row.person, row
    if request.GET.get("for"):
        person = Person.objects.filter(handle=request.GET["for"]).select_related("home").first()
        if person is None or person.pk == me.pk or not can_open_record(me, person):
            raise Http404
        return person, None
    return me, None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def diaries(request: HttpRequest) -> HttpResponse:
    """The diaries of oneself, or of somebody whom one helps to keep them; begin another."""
    me = _me(request)
    person, relationship = _whose(request, me)
    is_own = person.pk == me.pk
    can_begin = rules.may_begin(me, person, relationship)
    form = forms.BeginForm(
        request.POST if request.method == "POST" else None, person=person, is_own=is_own
    )
    if request.method == "POST" and not can_begin:
        raise PermissionDenied
    if form.is_valid():
        data = form.values()
        together = data.pop("together", "")
        if is_own:
            relationship = _kept_with(person, together)
        try:
            made = writing.begin(
                person,
                by=me,
                at=now(),
                relationship=relationship,
                is_with_hub=together == "hub",
                client_key=form.cleaned_data["client_key"],
                **data,
            )
        except NotNow as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("It is begun. Write down the first thing."))
            return redirect(made)
    rows = Diary.objects.visible_to(me).filter(person=person).select_related("relationship")
    context = {
        "person": person,
        "is_own": is_own,
        "relationship": relationship if not is_own else None,
        "rows": list(rows),
        "can_begin": can_begin,
        "form": form,
        "bare": True,
    }
    return render(
        request, "connect/diary/diaries.html", context, status=422 if form.errors else 200
    )


def _kept_with(person: Person, together: str) -> Relationship | None:
    if together in ("", "hub"):
        return None
    return Relationship.objects.going_on().filter(person=person, ref=together).first()


# --- One diary ---------------------------------------------------------------------------------


def _find(request: HttpRequest, ref: str) -> tuple[Person, Diary]:
    me = _me(request)
    seen = Diary.objects.visible_to(me).select_related(
        "person__home", "relationship__person", "relationship__organisation"
    )
    return me, get_object_or_404(seen, ref=ref)


@never_cache
@require_safe
def diary(request: HttpRequest, ref: str) -> HttpResponse:
    """What was written, the newest first; days to keep; bundles, and who has one."""
    me, row = _find(request, ref)
    log_opening(me, row)
    at = now()
    entries = (
        row.entries.select_related("answers")  # type: ignore[attr-defined]
        .prefetch_related("said__by", "exhibits")
        .order_by("-happened_on", "-number")
    )
    before = read_key(request.GET.get("before"))
    if before is not None:
        last = row.entries.filter(number=before).first()  # type: ignore[attr-defined]
        if last is not None:
            from django.db.models import Q

            entries = entries.filter(
                Q(happened_on__lt=last.happened_on)
                | Q(happened_on=last.happened_on, number__lt=last.number)
            )
    shown = list(entries[: PAGE + 1])
    bundles = list(
        row.bundles.exclude(state=Bundle.State.GONE).prefetch_related("shares__openings")  # type: ignore[attr-defined]
    )
    deadlines = list(row.deadlines.all())  # type: ignore[attr-defined]
    context = {
        "diary": row,
        "person": row.person,
        "is_own": me.pk == row.person_id,
        "writes": rules.can_write(me, row),
        "entries": shown[:PAGE],
        "older": shown[PAGE - 1].number if len(shown) > PAGE else None,
        "is_first_page": before is None,
        "to_come": [one for one in deadlines if not one.outcome],
        "over": [one for one in deadlines if one.outcome],
        "bundles": [
            {
                "bundle": one,
                "newer": drawing.newer(one) if one.state == "ready" and at_top else 0,
                "shares": [
                    {
                        "share": share,
                        "live": share.is_live(at),
                        "openings": list(share.openings.all()),  # type: ignore[attr-defined]
                        "link": links.address("evidence", share.key) if share.is_live(at) else "",
                    }
                    for share in one.shares.all()  # type: ignore[attr-defined]
                ],
            }
            for at_top, one in ((number == 0, one) for number, one in enumerate(bundles))
        ],
        "is_making": any(one.state in ("waiting", "making") for one in bundles),
        "fingerprint": seals.fingerprint(seals.own_key()) if bundles else "",
        "back": _back(me, row),
        "asks_safe": "safe" in request.GET,
        "out_of_hours": settings.OUT_OF_HOURS_PHONE,
        "day": today(),
    }
    return render(request, "connect/diary/diary.html", context)


def _back(me: Person, row: Diary) -> str:
    if me.pk == row.person_id:
        return reverse("connect:diaries")
    if row.relationship is not None and not row.is_with_hub:
        return row.relationship.get_absolute_url()
    return f"{reverse('connect:diaries')}?for={row.person.handle}"


# --- One thing to do ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Verb:
    """One thing to do, on a page of its own: its words, form and act.

    `thing(row, key)` finds what it is about; `only_open`: not once the diary is closed.
    """

    label: Any
    form: Callable[..., forms.DiaryForm]
    act: Callable[..., Any]
    done: Any
    button: Any = _WRITE
    hint: Any = ""
    thing: Callable[[Diary, str], Any] | None = None
    only_open: bool = True
    only_own: bool = False


def _entry(row: Diary, key: str) -> Entry | None:
    return (
        row.entries.filter(ref=key).prefetch_related("said").select_related("diary__person").first()
    )  # type: ignore[attr-defined, no-any-return]


def _exhibit(row: Diary, key: str) -> Exhibit | None:
    return (
        Exhibit.objects.filter(entry__diary=row, ref=key, taken_back_at=None)
        .select_related("entry__diary__person")
        .first()
    )


def _deadline(row: Diary, key: str) -> Any:
    pk = read_key(key)
    return row.deadlines.filter(pk=pk, outcome="").first() if pk is not None else None  # type: ignore[attr-defined]


def _bundle(row: Diary, key: str) -> Bundle | None:
    found = Bundle.objects.filter(diary=row, ref=key).exclude(state=Bundle.State.GONE)
    return found.select_related("diary__person", "diary__relationship").first()


def _share(row: Diary, key: str) -> Share | None:
    found = Share.objects.filter(bundle__diary=row, key=key, stopped_at=None)
    return found.select_related("bundle__diary__person", "bundle__diary__relationship").first()


def _made(form: Callable[..., Any]) -> Callable[..., Any]:
    """A form that needs nothing but what was sent."""
    return lambda *args, **more: form(*args)


def _write_form(*args: Any, diary: Diary, kind: str, **more: Any) -> Any:
    return forms.EntryForm(*args[:1], diary=diary, kind=kind)


def _right_form(*args: Any, diary: Diary, thing: Entry, **more: Any) -> Any:
    return forms.EntryForm(*args[:1], diary=diary, kind=thing.kind, entry=thing)


def _together_form(*args: Any, diary: Diary, **more: Any) -> Any:
    return forms.TogetherForm(*args[:1], diary=diary)


def _share_form(*args: Any, diary: Diary, me: Person, **more: Any) -> Any:
    return forms.ShareForm(*args[:1], is_own=me.pk == diary.person_id)


def _keep_with(row: Diary, thing: Any, *, together: str, **more: Any) -> None:
    more.pop("client_key")
    writing.keep_with(
        row, relationship=_kept_with(row.person, together), is_with_hub=together == "hub", **more
    )


def _once(act: Callable[..., Any]) -> Callable[..., Any]:
    """An act about the diary, done once for each form."""
    return lambda row, thing, **more: act(row, **more)


def _on(act: Callable[..., Any]) -> Callable[..., Any]:
    """An act about the thing, done once for each form."""
    return lambda row, thing, **more: act(thing, **more)


def _plain(act: Callable[..., Any], *, on_thing: bool = True) -> Callable[..., Any]:
    """An act that may be done twice without harm."""

    def run(row: Diary, thing: Any, *, client_key: str, **more: Any) -> Any:
        return act(thing if on_thing else row, **more)

    return run


KINDS = {
    "happened": _t("Something happened"),
    "told": _t("Somebody was told"),
    "answer": _t("They answered"),
    "letter": _t("A letter came or went"),
}
_DONE = _t("Written down.")
VERBS: dict[str, Verb] = {
    "write": Verb(_t("Write it down"), _write_form, _once(writing.write), _DONE),
    "put-right": Verb(
        _t("Put an entry right"),
        _right_form,
        _plain(writing.put_right),
        _t("Put right. What stood there before is still shown."),
        button=_t("Put it right"),
        thing=_entry,
    ),
    "take-back": Verb(
        _t("Take an entry back"),
        _made(forms.StrikeForm),
        _plain(writing.strike),
        _t("Taken back."),
        button=_t("Take it back"),
        thing=_entry,
    ),
    "attach": Verb(
        _t("Add a photo, letter or sound"),
        _made(forms.ExhibitForm),
        _on(writing.attach),
        _t("Kept with the entry."),
        button=_t("Keep it"),
        thing=_entry,
    ),
    "take-away": Verb(
        _t("Take it away?"),
        _made(forms.NothingForm),
        _plain(writing.take_away),
        _t("Taken away. That there was one stays."),
        hint=_t("The file is gone for good. Bundles made before still hold it."),
        button=_t("Take it away"),
        thing=_exhibit,
    ),
    "day": Verb(
        _t("A day to keep"),
        _made(forms.DeadlineForm),
        _once(writing.add_deadline),
        _t("Written down. We remind you a week before, the day before, and that day."),
    ),
    "day-over": Verb(
        _t("What came of it?"),
        _made(forms.OutcomeForm),
        _plain(writing.end_deadline),
        _DONE,
        thing=_deadline,
    ),
    "bundle": Verb(
        _t("Make a bundle"),
        _made(forms.BundleForm),
        _once(bundling.begin),
        _t("It is being made. This page shows how far it is."),
        hint=_t(
            "A PDF with everything in order, the photos and letters, and a seal by which anybody "
            "can check that nothing was changed."
        ),
        button=_t("Make it"),
        only_open=False,
    ),
    "bundle-again": Verb(
        _t("Try again?"),
        _made(forms.NothingForm),
        _plain(bundling.again),
        _t("It is being made."),
        button=_t("Try again"),
        thing=_bundle,
        only_open=False,
    ),
    "bundle-away": Verb(
        _t("Throw this bundle away?"),
        _made(forms.NothingForm),
        _plain(bundling.throw_away),
        _t("It is gone, and every link to it is dead. Your diary stays."),
        hint=_t("Every link to it is dead at once. Your diary stays as it is."),
        button=_t("Throw it away"),
        thing=_bundle,
        only_open=False,
    ),
    "share": Verb(
        _t("Give it to somebody"),
        _share_form,
        _on(sharing.share),
        _t("The link is made. It stands with the bundle."),
        hint=_t(
            "They get a link that ends by itself. They say who they are before they open it, and "
            "you see when. You can stop it at any time."
        ),
        button=_t("Make the link"),
        thing=_bundle,
        only_open=False,
    ),
    "share-stop": Verb(
        _t("Stop this link?"),
        _made(forms.NothingForm),
        _plain(sharing.stop),
        _t("The link is dead."),
        hint=_t("From this moment it opens nothing. What they saved already we can’t take back."),
        button=_t("Stop it now"),
        thing=_share,
        only_open=False,
    ),
    "together": Verb(
        _t("Who keeps it with me"),
        _together_form,
        _keep_with,
        _t("Kept so."),
        hint=_t("They read all of it, and write in it with you. You can change this any day."),
        button=_t("Keep it so"),
        only_own=True,
        only_open=False,
    ),
    "close": Verb(
        _t("It is settled"),
        _made(forms.CloseForm),
        _plain(writing.close, on_thing=False),
        _t("Closed. Everything can still be read."),
        button=_t("Close the diary"),
    ),
    "open-again": Verb(
        _t("Open it again?"),
        _made(forms.NothingForm),
        _plain(writing.open_again, on_thing=False),
        _t("It is open again."),
        button=_t("Open it again"),
        only_open=False,
    ),
}


def _sounds_dangerous(values: dict[str, Any]) -> bool:
    """Whether what was written sounds as if somebody is in danger. Never stops the writing."""
    from doorstep.organisations.finding import danger

    words = f"{values.get('facts', '')} {values.get('feelings', '')}".strip()
    return bool(words) and bool(danger.of(words))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def do(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """One thing to do with a diary; `?about=` says with which part, `?kind=` of which kind."""
    me, row = _find(request, ref)
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    if chosen.only_own and me.pk != row.person_id:
        raise PermissionDenied
    if chosen.only_open and not rules.can_write(me, row):
        raise PermissionDenied
    thing = None
    if chosen.thing is not None:
        thing = chosen.thing(row, request.GET.get("about", ""))
        if thing is None:
            raise Http404
    kind = request.GET.get("kind", "happened")
    if verb == "write" and kind not in KINDS:
        raise Http404
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = chosen.form(*sent, diary=row, me=me, thing=thing, kind=kind)
    if form.is_valid():
        values = form.values()
        if verb == "write":
            values["kind"] = kind
        try:
            made = chosen.act(
                row, thing, by=me, at=now(), client_key=form.cleaned_data["client_key"], **values
            )
        except NotNow as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, str(chosen.done))
            if (
                "then_attach" in request.POST
                and isinstance(made, Entry)
                and not _sounds_dangerous(values)
            ):
                there = reverse("connect:diary_do", args=[row.ref, "attach"])
                return redirect(f"{there}?about={made.ref}")
            if not rules.can_see_diary(me, row):
                return redirect("connect:diaries")
            about = made if isinstance(made, (Entry, Exhibit)) else thing
            entry = about.entry if isinstance(about, Exhibit) else about
            if _sounds_dangerous(values):
                # The numbers first; what was written stands below them.
                return redirect(f"{row.get_absolute_url()}?safe=ask")
            there = f"#entry-{entry.number}" if isinstance(entry, Entry) else ""
            return redirect(f"{row.get_absolute_url()}{there}")
    context = {
        "diary": row,
        "verb": chosen,
        "name": verb,
        "label": KINDS[kind] if verb == "write" else chosen.label,
        "form": form,
        "thing": thing,
        "is_own": me.pk == row.person_id,
        "has_file": verb == "attach",
        "bare": True,
    }
    return render(request, "connect/diary/do.html", context, status=422 if form.errors else 200)


# --- Files -------------------------------------------------------------------------------------


@never_cache
@require_safe
def exhibit(request: HttpRequest, ref: str) -> HttpResponse:
    """A photo, letter or sound (`?small` a smaller photo)."""
    me = _me(request)
    row = get_object_or_404(
        Exhibit.objects.filter(
            taken_back_at=None, entry__diary__in=Diary.objects.visible_to(me)
        ).select_related("entry__diary__person", "entry__diary__relationship"),
        ref=ref,
    )
    if row.content_type.startswith("audio/"):
        return _listen(request, me, row)
    log_opening(me, row.entry.diary, row.ref)
    small = "small" in request.GET and bool(row.small_file)
    try:
        response = answer(
            row.small_file if small else row.file,
            called=f"{row.entry.number:04d}-{row.kind}{row.ending}",
        )
    except OSError:
        raise Http404 from None
    if row.content_type.startswith("image/"):
        response["Content-Disposition"] = "inline"
        response["Content-Type"] = row.content_type
    return response  # type: ignore[return-value]


def _listen(request: HttpRequest, me: Person, row: Exhibit) -> HttpResponse:
    """A sound, in the parts a player asks for; to keep, whole, with `?save`."""
    diary = row.entry.diary
    if me.pk != diary.person_id:
        log_listening(by=me, about=diary.person, what="evidence", reason=_reason(me, diary),
                      thing=row.ref, at=now())  # fmt: skip
    response = playing.answer(request, row.file, row.content_type)
    if "save" in request.GET and "Content-Disposition" in response:
        called = f"{row.entry.number:04d}-{row.kind}{row.ending}"
        response["Content-Disposition"] = f'attachment; filename="{called}"'
    return response  # type: ignore[return-value]


@never_cache
@require_safe
def bundle(request: HttpRequest, ref: str) -> HttpResponse:
    """A bundle to keep: the zip, or with `?pdf` the PDF by itself."""
    me = _me(request)
    row = get_object_or_404(
        Bundle.objects.filter(
            state=Bundle.State.READY, diary__in=Diary.objects.visible_to(me)
        ).select_related("diary__person", "diary__relationship"),
        ref=ref,
    )
    log_opening(me, row.diary, row.ref)
    try:
        return _hand_over(row, "pdf" if "pdf" in request.GET else "zip")
    except OSError:
        raise Http404 from None


def _hand_over(row: Bundle, what: str) -> HttpResponse:
    name = row.pdf_file if what == "pdf" else row.file
    return answer(name, called=f"evidence-{row.ref}.{what}")  # type: ignore[return-value]


# --- Without an account ------------------------------------------------------------------------


def shared(request: HttpRequest, token: str, key: str, dead: Callable[..., Any]) -> HttpResponse:
    """A bundle by its link: who are you, then the PDF or all of it. Opening it does nothing."""
    at = now()
    row = (
        Share.objects.filter(key=key)
        .select_related("bundle__diary__person", "bundle__diary__relationship")
        .first()
    )
    if row is None or not sharing.may_open(row, at):
        return dead(request)  # type: ignore[no-any-return]
    form = forms.OpenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        what = "pdf" if request.POST.get("what") == "pdf" else "zip"
        try:
            sharing.opened(row, name=form.cleaned_data["name"], what=what, at=at)
            return _hand_over(row.bundle, what)
        except (NotNow, OSError):
            return dead(request)  # type: ignore[no-any-return]
    context = {
        "share": row,
        "bundle": row.bundle,
        "form": form,
        "fingerprint": seals.fingerprint(seals.own_key()),
        "key": seals.own_key(),
        "bare": True,
    }
    response = render(
        request, "connect/diary/shared.html", context, status=422 if form.errors else 200
    )
    response["X-Robots-Tag"] = "noindex"
    return response
