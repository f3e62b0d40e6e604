"""Flagging something, deciding about it, asking for a second look, and the record of it all."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import now
from doorstep.feed import moderation, noticing
from doorstep.feed.models import Appeal, Decision, Flag, Noticed, Post, Rule
from doorstep.feed.moderation_forms import AppealForm, DecisionForm, FlagForm, HearingForm
from doorstep.feed.rules import can_decide_flags
from doorstep.people.models import Person
from doorstep.safeguarding.things import about_address

PAGE = 30
FLAGS_AN_HOUR = {"visitor": 5, "person": 30}


def _me(request: HttpRequest) -> Person | None:
    return getattr(request.user, "person", None)


def _moderator(request: HttpRequest) -> Person:
    me = _me(request)
    if me is None or not can_decide_flags(me):
        raise PermissionDenied
    return me


# --- For everybody ----------------------------------------------------------------------------


@login_not_required
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The rules of the neighbourhood, in plain words."""
    rows = [
        (Rule(rule).label, words)
        for rule, (_level, words) in moderation.RULES.items()
        if rule != Rule.SAFETY  # a worry, not something anybody did wrong
    ]
    context = {"rules": rows, "moderates": can_decide_flags(_me(request))}
    return render(request, "feed/moderation/rules.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def flag(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Tell the moderators about something. Visitors may too, for what they can see."""
    me = _me(request)
    known = moderation.flaggable.get(kind)
    thing = known.fetch(me, pk) if known else None
    if known is None or thing is None:
        raise Http404
    if not moderation.can_flag(me, kind, thing):
        raise PermissionDenied
    form = FlagForm(request.POST or None)
    context: dict[str, Any] = {
        "form": form,
        "label": known.label,
        "snapshot": known.snapshot(thing),
        "author": known.author(thing),
        "back": known.path(thing),
        "is_visitor": me is None,
        "worried": about_address(kind, thing.pk),
    }
    if form.is_valid():
        if _too_many(request, me):
            context["too_many"] = True
            return render(request, "feed/moderation/flag.html", context, status=429)
        moderation.flag(
            kind,
            thing,
            by=me,
            rule=form.cleaned_data["rule"],
            note=form.cleaned_data["note"],
            at=now(),
        )
        context["is_safety"] = form.cleaned_data["rule"] == Rule.SAFETY
        return render(request, "feed/moderation/flagged.html", context)
    return render(request, "feed/moderation/flag.html", context, status=422 if form.errors else 200)


def _too_many(request: HttpRequest, me: Person | None) -> bool:
    """Whether this person, or this visitor's connection, has flagged too often within the hour."""
    from allauth.account.adapter import get_adapter

    sort = "person" if me else "visitor"
    who = f"person:{me.pk}" if me else f"ip:{get_adapter().get_client_ip(request)}"
    # Only a keyed digest of the address is kept, and only for the hour.
    key = f"flags:{salted_hmac('feed.flag', who).hexdigest()[:32]}:{now():%Y%m%d%H}"
    cache = caches["shared"]
    count = cache.get(key, 0)
    if count >= FLAGS_AN_HOUR[sort]:
        return True
    cache.set(key, count + 1, 3600)
    return False


@never_cache
@require_safe
def decision(request: HttpRequest, pk: int) -> HttpResponse:
    """What was decided and why, for the two sides (and moderators)."""
    me = _me(request)
    row = _decision_or_404(me, pk)
    return render(request, "feed/moderation/decision.html", _decision_context(me, row))


def _decision_or_404(me: Person | None, pk: int) -> Decision:
    found = Decision.objects.select_related("appeal").filter(pk=pk).first()
    # What was never there is asked about too, so that hidden and missing take as long.
    may = moderation.can_read_decision(me, found or Decision(pk=0))
    if found is None or not may:
        raise Http404
    return found


def _decision_context(me: Person | None, row: Decision) -> dict[str, Any]:
    is_author = me is not None and row.author_id == me.pk
    flags = list(row.flags.order_by("id"))
    mine = [one for one in flags if me is not None and one.flagged_by_id == me.pk]
    shown = (mine or flags)[:1]
    known = moderation.flaggable.get(row.target_kind)
    return {
        "decision": row,
        "appeal": getattr(row, "appeal", None),
        "is_author": is_author,
        "is_by_host": not row.rule,
        "label": known.label if known else "",
        "snapshot": shown[0].snapshot if shown else {},
        "can_appeal": moderation.can_appeal(me, row),
        "moderates": can_decide_flags(me),
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody else to look again, once."""
    me: Person = request.user.person  # type: ignore[union-attr]
    row = _decision_or_404(me, pk)
    if not moderation.can_appeal(me, row):
        messages.info(request, _("This decision can't be looked at again."))
        return redirect("feed:decision", row.pk)
    form = AppealForm(request.POST or None)
    if form.is_valid():
        try:
            moderation.appeal(row, by=me, text=form.cleaned_data["text"], at=now())
        except moderation.NotNow:
            messages.info(request, _("Somebody has asked about this already."))
        else:
            messages.success(
                request, _("Thank you. Someone else will look, and we'll tell you what they find.")
            )
        return redirect("feed:decision", row.pk)
    context = {**_decision_context(me, row), "form": form}
    return render(
        request, "feed/moderation/appeal.html", context, status=422 if form.errors else 200
    )


def to_the_decision(viewer: Person | None, pk: int) -> HttpResponse:
    """Lead the author of a hidden post to why it came down; for others it isn't there."""
    post = Post.objects.filter(pk=pk, state=Post.State.HIDDEN).first() if viewer else None
    path = moderation.path_for_author(viewer, post) if post else ""
    if not path:
        raise Http404
    return redirect(path)


# --- For moderators ---------------------------------------------------------------------------


@never_cache
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, most serious first."""
    me = _moderator(request)
    appeals = list(
        Appeal.objects.filter(state=Appeal.State.OPEN)
        .select_related("decision__by")
        .prefetch_related("decision__flags")
        .order_by("id")[:50]
    )
    waiting = moderation.queue()
    noticed = noticing.waiting()
    context = {
        "waiting": [(one, _hands_off(me, one)) for one in waiting],
        "appeals": [(row, moderation.can_hear(me, row)) for row in appeals],
        "dangers": [row for row in noticed if row.noticed.gravity > 1],
        "noticed": [row for row in noticed if row.noticed.gravity <= 1],
        "at": now(),
    }
    return render(request, "feed/moderation/queue.html", context)


@require_POST
def noticed_looked(request: HttpRequest, pk: int) -> HttpResponse:
    """A moderator has looked at what the reader noticed, and it may stay."""
    me = _moderator(request)
    row = get_object_or_404(Noticed, pk=pk)
    if row.author_id == me.pk:
        raise PermissionDenied
    noticing.looked(row, by=me, at=now())
    messages.success(request, _("Thank you for looking. It stays up."))
    return redirect("feed:moderation")


def _hands_off(me: Person, one: moderation.Waiting) -> bool:
    return any(me.pk in (row.author_id, row.flagged_by_id) for row in one.flags)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """One thing that was flagged: as it was, as it is, who says what, and the decision."""
    me = _moderator(request)
    known = moderation.flaggable.get(kind)
    flags = list(
        Flag.objects.filter(target_kind=kind, target_id=pk, state=Flag.State.OPEN)
        .select_related("flagged_by", "author")
        .order_by("id")
    )
    if known is None or not (
        flags or Decision.objects.filter(target_kind=kind, target_id=pk).exists()
    ):
        raise Http404
    if not flags:
        last = moderation.latest_decision(kind, pk)
        messages.info(request, _("Someone has decided about this already."))
        return redirect("feed:decision", last.pk)  # type: ignore[union-attr]
    may = moderation.can_decide(me, kind, pk)
    gravest = min(flags, key=lambda row: moderation.seriousness(row.rule)).rule
    form = DecisionForm(request.POST or None, initial={"rule": gravest})
    if request.method == "POST" and not may:
        raise PermissionDenied
    if form.is_valid():
        try:
            moderation.decide(kind, pk, by=me, at=now(), **form.cleaned_data)
        except moderation.AlreadyDecided:
            messages.info(request, _("Someone else was first. Here is what they decided."))
        except moderation.NotYours:
            raise PermissionDenied from None
        else:
            messages.success(request, _("Done. Both sides have been told."))
        return redirect("feed:moderation")
    thing = known.get(pk)
    before = flags[0].snapshot
    after = known.snapshot(thing) if thing is not None else None
    context = {
        "form": form,
        "flags": flags,
        "kind": kind,
        "label": known.label,
        "author": flags[0].author,
        "before": before,
        "now": after,
        "has_changed": after is not None
        and any(before.get(part) != after.get(part) for part in ("title", "text", "photos")),
        "is_up": after is not None and after.get("state") == "live",
        "path": known.path(thing) if thing is not None else "",
        "earlier": Decision.objects.filter(author_id=flags[0].author_id)
        .exclude(author=None)
        .select_related("by")[:5],
        "may": may,
        "is_safety": any(row.rule == Rule.SAFETY for row in flags),
    }
    return render(request, "feed/moderation/case.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hear(request: HttpRequest, pk: int) -> HttpResponse:
    """A second look, by somebody else."""
    me = _moderator(request)
    row = get_object_or_404(
        Appeal.objects.select_related("decision__by", "decision__author", "by"), pk=pk
    )
    if row.state != Appeal.State.OPEN:
        return redirect("feed:decision", row.decision_id)
    may = moderation.can_hear(me, row)
    if request.method == "POST" and not may:
        raise PermissionDenied
    form = HearingForm(request.POST or None)
    if form.is_valid():
        try:
            moderation.hear(
                row,
                by=me,
                overturned=form.cleaned_data["outcome"] == "overturned",
                reason=form.cleaned_data["reason"],
                at=now(),
            )
        except moderation.AlreadyDecided:
            messages.info(request, _("Someone else was first. Here is what they found."))
        else:
            messages.success(request, _("Done. Both sides have been told."))
        return redirect("feed:moderation")
    context = {**_decision_context(me, row.decision), "form": form, "appeal": row, "may": may}
    return render(request, "feed/moderation/hear.html", context, status=422 if form.errors else 200)


def _record():  # type: ignore[no-untyped-def]
    return (
        Decision.objects.select_related("appeal__heard_by", "by", "author")
        .prefetch_related("flags")
        .order_by("-id")
    )


@never_cache
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Every decision, newest first."""
    _moderator(request)
    rows = _record()
    before = read_key(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    context = {
        "decisions": shown,
        "next_before": shown[-1].pk if len(found) > PAGE else None,
        "is_first": before is None,
    }
    return render(request, "feed/moderation/log.html", context)


class _Echo:
    """A file that hands back what is written, a line at a time."""

    def write(self, line: str) -> str:
        return line


def guarded(value: Any) -> Any:
    """Return a value no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


@never_cache
@require_safe
def export(request: HttpRequest, form: str) -> HttpResponse | StreamingHttpResponse:
    """The whole record as CSV or JSON, for the Online Safety Act."""
    _moderator(request)
    rows = moderation.log_rows(_record().iterator(chunk_size=500))
    name = f"moderation-{now():%Y-%m-%d}"
    if form == "json":
        answer: HttpResponse | StreamingHttpResponse = JsonResponse(
            {"made_at": now().isoformat(), "decisions": list(rows)},
            json_dumps_params={"ensure_ascii": False, "indent": 1},
        )
    else:
        writer = csv.writer(_Echo())

        def lines():  # type: ignore[no-untyped-def]
            head = False
            for row in rows:
                if not head:
                    yield "\ufeff" + writer.writerow(row)
                    head = True
                yield writer.writerow([guarded(value) for value in row.values()])
            if not head:
                yield "\ufeffdecision\r\n"

        answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer
