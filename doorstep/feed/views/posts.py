"""Writing, reading, changing and thanking."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorstep.base.forms import cleaned
from doorstep.base.going import within
from doorstep.base.kept_pages import narrow
from doorstep.base.pages import read_key
from doorstep.base.time import now
from doorstep.design import frame
from doorstep.design.tokens import token_of
from doorstep.feed import actions, cards, composing, noticing, threads, words
from doorstep.feed.forms import ChangeForm, ChangeReplyForm, ReplyForm, WriteForm
from doorstep.feed.models import Channel, Comment, Post, Readers
from doorstep.feed.rules import (
    can_comment,
    can_edit,
    can_put_up_notice,
    can_see_post,
    can_take_down,
    can_thank,
)
from doorstep.feed.views import moderation
from doorstep.kindness.asking import ask
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids

DRAFT_PLACE = re.compile(r"home|story|(article:)?(area|team|channel|comment):\d{1,17}")

# The cookie that tells the page's script which draft it may forget.
POSTED = "doorstep_posted"


def back_to(request: HttpRequest, default: str) -> str:
    """Return the `next` a form names when it is a page of ours."""
    wanted = within(request, request.POST.get("next", ""), "")
    return wanted.split("#")[0] or default


def say_posted(response: HttpResponseRedirect, client_key: str) -> HttpResponseRedirect:
    """Let the page's script know that these words arrived, so it forgets its copy."""
    response.set_cookie(
        POSTED,
        client_key,
        max_age=600,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


# --- Writing -----------------------------------------------------------------------------------


def _kinds(person: Person, channel: Channel | None) -> list[tuple[str, Any]]:
    kinds = [Post.Kind(kind) for kind in composing.COMPOSER_KINDS]
    if channel is not None and can_put_up_notice(person, channel):
        kinds.append(Post.Kind.NOTICE)
    return [(kind.value, kind.label) for kind in kinds]


def write(request: HttpRequest) -> HttpResponse:
    """Write a post with all there is to it; also where the small box on other pages is sent."""
    me: Person = request.user.person  # type: ignore[union-attr]
    sent = request.POST if request.method == "POST" else None
    asked = (sent or request.GET).get("fixed") or request.GET.get("channel", "")
    if asked.isdigit():
        asked = f"channel:{asked}"
    fixed = composing.find_channel(me, asked) if asked else None
    if asked and fixed is None:
        raise Http404
    places = [(asked, str(fixed))] if fixed is not None else composing.places_of(me)
    if not places:
        return render(request, "feed/nowhere.html")
    draft_place = asked or "home"
    wanted = sent.get("place", "") if sent else (asked or places[0][0])
    channel = fixed or (composing.find_channel(me, wanted) if wanted in dict(places) else None)
    team = channel.team if channel else None
    options: dict[str, Any] = {
        "person": me,
        "kinds": _kinds(me, channel),
        "places": places,
        "may_choose_readers": team is not None and not team.is_private and not me.is_child,
    }
    if sent is not None and sent.get("add") == "photo":
        # The small box asks for room for a photo: keep its words and open the whole page.
        actions.keep_draft(me, draft_place, sent.dict(), at=now())
        response = redirect(_write_url(asked, sent.get("kind", ""), sent.get("place", "")))
        return response
    if sent is not None:
        twin = Post.objects.filter(client_key=sent.get("client_key", ""), author=me).first()
        if twin is not None:
            return say_posted(_after_posting(request, twin), twin.client_key)
        form = WriteForm(sent, request.FILES, **options)
        if form.is_valid() and channel is not None:
            given = form.cleaned_data
            told = ask(request, given["title"], given["text"], kept=form.kept_fields())
            if told.page is not None:
                return told.page
            if told.wants_change:
                return _write_page(request, form, fixed, draft_place)
            try:
                post = actions.put_up(
                    channel,
                    by=me,
                    at=now(),
                    text=given["text"],
                    kind=given["kind"],
                    title=given["title"],
                    readers=given.get("readers") or None,
                    photos=form.photos,
                    client_key=given["client_key"],
                    draft=draft_place,
                )
            except actions.NotYours:
                raise PermissionDenied from None
            noticing.keep("post", post, told.reading, by=me, at=now())
            messages.success(request, _("It's up. Thank you!"))
            return say_posted(_after_posting(request, post), post.client_key)
        return _write_page(request, form, fixed, draft_place, status=422)
    draft = actions.draft_of(me, draft_place)
    initial: dict[str, Any] = {"place": wanted, "readers": Readers.TEAM, "kind": Post.Kind.NOTE}
    if draft is not None:
        initial |= draft.content
    kind, place = request.GET.get("kind", ""), request.GET.get("place", "")
    if kind in dict(options["kinds"]):
        initial["kind"] = kind
    if place in dict(places):
        initial["place"] = place
    form = WriteForm(initial=initial, **options)
    return _write_page(request, form, fixed, draft_place, draft=draft)


def _write_url(fixed: str, kind: str, place: str) -> str:
    from urllib.parse import urlencode

    given = {"channel": fixed, "kind": kind, "place": place}
    return f"{reverse('feed:write')}?{urlencode({k: v for k, v in given.items() if v})}#photos"


def _write_page(
    request: HttpRequest,
    form: WriteForm,
    fixed: Channel | None,
    draft_place: str,
    *,
    draft: Any = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "feed/write.html",
        {
            "form": form,
            "fixed": fixed,
            "fixed_place": draft_place if fixed else "",
            "draft_place": draft_place,
            "draft": draft,
            "next": request.POST.get("next", ""),
            "bare": True,
        },
        status=status,
    )


def _after_posting(request: HttpRequest, post: Post) -> HttpResponseRedirect:
    default = post.get_absolute_url()
    where = back_to(request, default)
    return HttpResponseRedirect(where if where == default else f"{where}#post-{post.pk}")


def draft(request: HttpRequest) -> HttpResponse:
    """Keep words while they are written (POST), or let them go (an empty POST)."""
    if request.method != "POST":
        raise Http404
    me: Person = request.user.person  # type: ignore[union-attr]
    place = request.POST.get("draft", "")
    if not DRAFT_PLACE.fullmatch(place):
        return JsonResponse({"kept": False}, status=400)
    kept = actions.keep_draft(me, place, request.POST.dict(), at=now())
    if request.POST.get("leave"):
        actions.drop_draft(me, place)
        messages.success(request, _("We threw that draft away."))
        return redirect(back_to(request, reverse("feed:write")))
    return JsonResponse({"kept": kept is not None})


# --- Reading -----------------------------------------------------------------------------------


def _post_or_404(viewer: Person | None, pk: int) -> Post:
    post = threads.find_post(viewer, pk)
    if post is None:
        raise Http404
    return post


def show(
    request: HttpRequest, post: Post, form: ReplyForm | None = None, status: int = 200
) -> HttpResponse:
    """Show a post or an article with its replies; `form` is a reply that failed.

    Joined from kept parts, because the page of a story is read by many.
    """
    viewer: Person | None = getattr(request.user, "person", None)
    narrow(request, "feed_post", "channel", [post.channel_id])
    narrow(request, "feed_comment", "post", [post.pk])
    before = read_key(request.GET.get("before"))
    page = threads.replies(post, viewer, before)
    names = threads.names_in(post, page.items)
    is_thanked, thankers = threads.thankers(post, viewer)
    token = token_of(request) if viewer is not None else ""
    sheet = threads.sheet(post, viewer, names.get(None, {}))
    told = cards.Clock(get_language() or "")
    listed = threads.render_replies(post, page.items, viewer, names)
    main = cards.fill_gaps(
        sheet.pieces,
        {
            "changed": threads.changed_html(post, told),
            "links": "".join(threads.cards_for_links(post.text, viewer)),
            "mine": threads.mine_html(post, viewer, token),
            "acts": threads.acts_html(post, viewer, is_thanked=is_thanked, people=thankers),
            "thread": threads.thread_html(
                post, viewer, page, listed, form, token=token, is_paged=before is not None
            ),
            "thank_form": cards.thank_form(request),
        },
    )
    title = post.title or Truncator(post.text).chars(50)
    if form is not None and form.errors:
        title = f"{_('Problem:')} {title}"
    response = frame.page(request, title=title, main=main, head=sheet.head)
    response.status_code = status
    return response


@login_not_required
@require_safe
def post_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a post with its replies."""
    viewer: Person | None = getattr(request.user, "person", None)
    post = threads.find_post(viewer, pk)
    if post is None:
        # Its author reads why it came down; for everybody else there is nothing.
        return moderation.to_the_decision(viewer, pk)
    if post.kind == Post.Kind.ARTICLE:
        return redirect(post)
    return show(request, post)


@require_POST
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Reply to a post."""
    me: Person = request.user.person  # type: ignore[union-attr]
    post = _post_or_404(me, pk)
    if not can_comment(me, post):
        raise PermissionDenied
    given = cleaned(ReplyForm, request.POST)
    if given is None:
        form = ReplyForm(request.POST, auto_id="reply_%s")
        return show(request, post, form, status=422)
    asked = ask(request, given["text"])
    if asked.page is not None:
        return asked.page
    if asked.wants_change:
        return show(request, post, ReplyForm(request.POST, auto_id="reply_%s"))
    try:
        reply = actions.reply(post, by=me, at=now(), **given)
    except actions.NotYours:
        raise PermissionDenied from None
    noticing.keep("comment", reply, asked.reading, by=me, at=now())
    where = f"{post.get_absolute_url()}#reply-{reply.pk}"
    return say_posted(HttpResponseRedirect(where), reply.client_key)


@require_POST
def thank(request: HttpRequest, pk: int) -> HttpResponse:
    """Say thank you, or take it back; saying it twice is saying it once."""
    me: Person = request.user.person  # type: ignore[union-attr]
    post = _post_or_404(me, pk)
    if not can_thank(me, post):
        raise PermissionDenied
    if request.POST.get("thanks") == "no":
        actions.take_back_thanks(post, by=me)
    else:
        actions.thank(post, by=me, at=now())
    default = post.get_absolute_url()
    where = back_to(request, default)
    return HttpResponseRedirect(f"{where}#post-{post.pk}")


# --- Changing ----------------------------------------------------------------------------------


def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's own post."""
    me: Person = request.user.person  # type: ignore[union-attr]
    post = _post_or_404(me, pk)
    if not can_edit(me, post):
        raise PermissionDenied
    if post.kind == Post.Kind.ARTICLE:
        return redirect("feed:article_change", pk=pk)
    form = ChangeForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        person=me,
        post=post,
        already=list(post.photos.all()),
        initial={"title": post.title, "text": post.text},
    )
    wants_change = False
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        asked = ask(request, given["title"], given["text"], kept=form.kept_fields())
        if asked.page is not None:
            return asked.page
        wants_change = asked.wants_change
    if form.is_bound and form.is_valid() and not wants_change:
        try:
            actions.change(
                post,
                by=me,
                at=now(),
                text=given["text"],
                title=given["title"],
                photos=form.photos,
            )
        except actions.AlreadyGone:
            raise Http404 from None
        noticing.keep("post", post, asked.reading, by=me, at=now())
        messages.success(request, _("Changed. People can see what it said before."))
        return redirect(post)
    return render(
        request,
        "feed/change.html",
        {"form": form, "post": post},
        status=422 if form.is_bound and not wants_change else 200,
    )


@login_not_required
@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a post said before it was changed."""
    viewer: Person | None = getattr(request.user, "person", None)
    post = _post_or_404(viewer, pk)
    edits = list(post.edits.filter(comment=None).order_by("-id")[:50])
    if not edits:
        raise Http404
    is_article = post.kind == Post.Kind.ARTICLE
    return render(
        request,
        "feed/history.html",
        {
            "post": post,
            "edits": [
                (
                    edit,
                    threads.markdown_to_html(edit.text)
                    if is_article
                    else words.post_html(edit.text),
                )
                for edit in edits
            ],
        },
    )


@login_not_required
@require_safe
def reply_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a reply said before it was changed."""
    viewer: Person | None = getattr(request.user, "person", None)
    found = _reply_or_404(viewer, pk)
    edits = list(found.edits.order_by("-id")[:50])
    if not edits:
        raise Http404
    return render(
        request,
        "feed/history.html",
        {
            "post": found.post,
            "back": found.get_absolute_url(),
            "edits": [(edit, words.post_html(edit.text)) for edit in edits],
        },
    )


def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a post down, after asking once."""
    me: Person = request.user.person  # type: ignore[union-attr]
    post = _post_or_404(me, pk)
    if not can_take_down(me, post):
        raise PermissionDenied
    if request.method == "POST":
        try:
            actions.take_down(post, by=me, at=now())
        except actions.AlreadyGone:
            raise Http404 from None
        messages.success(request, _("Taken down. Nobody can read it any more."))
        return redirect(post.channel.path)
    return render(
        request, "feed/remove.html", {"thing": post, "post": post, "back": post.get_absolute_url()}
    )


@require_POST
def met(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one's ask or offer is sorted, or that it isn't after all."""
    me: Person = request.user.person  # type: ignore[union-attr]
    post = _post_or_404(me, pk)
    if not can_edit(me, post) or post.kind not in (Post.Kind.ASK, Post.Kind.OFFER):
        raise PermissionDenied
    is_met = request.POST.get("met") != "no"
    actions.set_met(post, by=me, at=now(), is_met=is_met)
    messages.success(
        request, _("Lovely. It says “Sorted” now.") if is_met else _("It's open again.")
    )
    return redirect(post)


def _reply_or_404(viewer: Person | None, pk: int) -> Comment:
    found = get_object_or_404(
        Comment.objects.filter(state=Comment.State.LIVE).select_related(
            "author", "post__author", "post__channel__team", "post__channel__area"
        ),
        pk=pk,
    )
    if not can_see_post(viewer, found.post) or found.author_id in blocked_ids(viewer):
        raise Http404
    return found


def change_reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's own reply."""
    me: Person = request.user.person  # type: ignore[union-attr]
    found = _reply_or_404(me, pk)
    if not can_edit(me, found):
        raise PermissionDenied
    form = ChangeReplyForm(
        request.POST if request.method == "POST" else None, initial={"text": found.text}
    )
    wants_change = False
    if form.is_bound and form.is_valid():
        asked = ask(request, form.cleaned_data["text"])
        if asked.page is not None:
            return asked.page
        wants_change = asked.wants_change
    if form.is_bound and form.is_valid() and not wants_change:
        try:
            actions.change_reply(found, by=me, at=now(), text=form.cleaned_data["text"])
        except actions.AlreadyGone:
            raise Http404 from None
        noticing.keep("comment", found, asked.reading, by=me, at=now())
        messages.success(request, _("Your reply is changed."))
        return redirect(f"{found.post.get_absolute_url()}#reply-{found.pk}")
    return render(
        request,
        "feed/change_reply.html",
        {"form": form, "comment": found, "post": found.post},
        status=422 if form.is_bound and not wants_change else 200,
    )


def remove_reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a reply down, after asking once."""
    me: Person = request.user.person  # type: ignore[union-attr]
    found = _reply_or_404(me, pk)
    if not can_take_down(me, found):
        raise PermissionDenied
    if request.method == "POST":
        try:
            actions.take_down_reply(found, by=me, at=now())
        except actions.AlreadyGone:
            raise Http404 from None
        messages.success(request, _("Taken down. Nobody can read it any more."))
        return redirect(f"{found.post.get_absolute_url()}#replies")
    return render(
        request,
        "feed/remove.html",
        {"thing": found, "post": found.post, "back": found.get_absolute_url(), "is_reply": True},
    )
