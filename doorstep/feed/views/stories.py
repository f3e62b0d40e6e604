"""The blog of borough, areas and teams; and telling a story to its editors."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorstep.base.kept_pages import kept_page
from doorstep.base.pages import read_key
from doorstep.base.text import markdown_to_html, to_html
from doorstep.base.time import now
from doorstep.feed import (
    actions,
    agreeing,
    cards,
    composing,
    noticing,
    reading,
    storytelling,
    threads,
)
from doorstep.feed.forms import ArticleForm, DeclineForm, EditStoryForm, TellForm
from doorstep.feed.models import AboutSomebody, Channel, Post, Readers, Story
from doorstep.feed.rules import can_edit, can_write_article
from doorstep.feed.views import moderation
from doorstep.feed.views.posts import say_posted, show
from doorstep.kindness.asking import NOTHING_NOTICED, ask
from doorstep.people.consents.actions import NotAgreed
from doorstep.people.models import Person
from doorstep.people.rules import can_edit_stories


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


@login_not_required
@require_safe
def stories(request: HttpRequest) -> HttpResponse:
    """What neighbours have been doing: the borough's blog."""
    viewer: Person | None = getattr(request.user, "person", None)
    top = storytelling.borough()
    channel = (
        Channel.objects.filter(area=top, team=None, about="").first() if top is not None else None
    )
    before = read_key(request.GET.get("before"))
    page = reading.feed_page(
        viewer, [channel.pk] if channel else [], before, limit=12, kinds=[Post.Kind.ARTICLE]
    )
    return render(
        request,
        "feed/stories.html",
        {
            "cards": cards.render_cards(page.items, viewer),
            "older": page.next_before,
            "before": before,
            "borough_area": top,
            "thank_form": cards.thank_form(request),
            "may_edit_stories": can_edit_stories(viewer),
            "waiting": Story.objects.filter(
                state__in=[Story.State.SENT, Story.State.EDITING]
            ).count()
            if can_edit_stories(viewer)
            else 0,
            # What `can_write_article` says of the borough's channel, which may not be there yet.
            "may_write": can_edit_stories(viewer) and top is not None,
        },
    )


# --- Articles ----------------------------------------------------------------------------------


@login_not_required
@require_safe
@kept_page
def article(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """A story on its own page."""
    viewer: Person | None = getattr(request.user, "person", None)
    post = threads.find_post(viewer, pk)
    if post is None:
        return moderation.to_the_decision(viewer, pk)
    if post.kind != Post.Kind.ARTICLE:
        raise Http404
    if slug != (post.slug or "story"):
        return redirect(post, permanent=True)
    return show(request, post)


def _reader_choices(channel: Channel) -> list[tuple[str, Any]]:
    """Return who may be chosen to read a team's story; nothing to choose elsewhere."""
    team = channel.team
    if team is None or team.is_private:
        return []
    return [
        (Readers.EVERYONE, Readers.EVERYONE.label),
        (Readers.MEMBERS, Readers.MEMBERS.label),
        (Readers.TEAM, Readers.TEAM.label),
    ]


def article_write(request: HttpRequest) -> HttpResponse:
    """Write a story for a team's or an area's blog: save it, look at it, publish it."""
    me = _me(request)
    place = (request.POST if request.method == "POST" else request.GET).get("channel", "")
    channel = composing.find_channel(me, place)
    if channel is None:
        raise Http404
    if not can_write_article(me, channel):
        raise PermissionDenied
    draft_place = f"article:{place}"
    choices = _reader_choices(channel)
    if request.method == "POST":
        twin = Post.objects.filter(client_key=request.POST.get("client_key", ""), author=me).first()
        if twin is not None:
            return say_posted(HttpResponseRedirect(twin.get_absolute_url()), twin.client_key)
        form = ArticleForm(request.POST, request.FILES, person=me, reader_choices=choices)
        wish = request.POST.get("do", "publish")
        if wish == "save":
            _save_article_draft(me, draft_place, form)
            messages.success(request, _("Saved. You can carry on any time."))
            return redirect(request.get_full_path().split("?")[0] + f"?channel={place}")
        if form.is_valid():
            if wish == "look":
                _save_article_draft(me, draft_place, form)
                return _article_form_page(request, form, channel, place, preview=True)
            given = form.cleaned_data
            asked = ask(request, given["title"], given["text"], kept=form.kept_fields())
            if asked.page is not None:
                return asked.page
            if asked.wants_change:
                return _article_form_page(request, form, channel, place)
            post = actions.put_up(
                channel,
                by=me,
                at=now(),
                text=given["text"],
                title=given["title"],
                kind=Post.Kind.ARTICLE,
                readers=given.get("readers") or None,
                photos=form.photos,
                client_key=given["client_key"],
                draft=draft_place,
            )
            noticing.keep("post", post, asked.reading, by=me, at=now())
            messages.success(request, _("Your story is up."))
            return say_posted(HttpResponseRedirect(post.get_absolute_url()), post.client_key)
        return _article_form_page(request, form, channel, place, status=422)
    draft = actions.draft_of(me, draft_place)
    initial: dict[str, Any] = {"readers": Readers.EVERYONE} | (draft.content if draft else {})
    already = actions.waiting_photos(me, draft.content.get("photos", "").split()) if draft else ()
    form = ArticleForm(person=me, reader_choices=choices, initial=initial, already=already)
    return _article_form_page(request, form, channel, place, draft=draft)


def _save_article_draft(me: Person, draft_place: str, form: ArticleForm) -> None:
    """Keep what is written so far, photos that came well included."""
    form.is_valid()
    content = {name: form.data.get(name, "") for name in ("title", "text", "readers", "client_key")}
    content["photos"] = " ".join(key for n in range(1, 5) if (key := form.kept_key(n)))
    actions.keep_draft(me, draft_place, content, at=now(), longest=41_000)


def _article_form_page(
    request: HttpRequest,
    form: ArticleForm,
    channel: Channel,
    place: str,
    *,
    preview: bool = False,
    draft: Any = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "feed/article_write.html",
        {
            "form": form,
            "channel": channel,
            "place": place,
            "draft": draft,
            "preview": markdown_to_html(form.cleaned_data["text"]) if preview else "",
            "preview_title": form.cleaned_data["title"] if preview else "",
            "preview_photos": form.photos if preview else (),
        },
        status=status,
    )


def article_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's own story."""
    me = _me(request)
    post = threads.find_post(me, pk)
    if post is None or post.kind != Post.Kind.ARTICLE:
        raise Http404
    if not can_edit(me, post):
        raise PermissionDenied
    sent = request.method == "POST"
    form = ArticleForm(
        request.POST if sent else None,
        request.FILES if sent else None,
        person=me,
        post=post,
        already=list(post.photos.all()),
        initial={"title": post.title, "text": post.text},
    )
    preview = wants_change = False
    if sent and form.is_valid():
        given = form.cleaned_data
        wish = request.POST.get("do")
        asked = (
            NOTHING_NOTICED
            if wish == "look"
            else ask(request, given["title"], given["text"], kept=form.kept_fields())
        )
        if asked.page is not None:
            return asked.page
        wants_change = asked.wants_change
        if wish == "look":
            preview = True
        elif not wants_change:
            actions.change(
                post,
                by=me,
                at=now(),
                title=form.cleaned_data["title"],
                text=form.cleaned_data["text"],
                photos=form.photos,
            )
            noticing.keep("post", post, asked.reading, by=me, at=now())
            messages.success(request, _("Changed. People can see what it said before."))
            return redirect(post)
    return render(
        request,
        "feed/article_write.html",
        {
            "form": form,
            "channel": post.channel,
            "post": post,
            "preview": markdown_to_html(form.cleaned_data["text"]) if preview else "",
            "preview_title": form.cleaned_data["title"] if preview else "",
            "preview_photos": form.photos if preview else (),
        },
        status=422 if sent and not preview and not wants_change else 200,
    )


# --- Telling -----------------------------------------------------------------------------------


def tell(request: HttpRequest) -> HttpResponse:
    """“Tell us what you have been doing”."""
    me = _me(request)
    if storytelling.borough() is None:
        raise Http404
    if request.method == "POST":
        twin = Story.objects.filter(
            client_key=request.POST.get("client_key", ""), teller=me
        ).first()
        if twin is not None:
            return say_posted(redirect("feed:told", pk=twin.pk), twin.client_key)
        form = TellForm(request.POST, request.FILES, person=me, known=agreeing.known_to(me))
        asked = NOTHING_NOTICED
        if form.is_valid():
            given = form.cleaned_data
            asked = ask(request, given["title"], given["text"], kept=form.kept_fields())
            if asked.page is not None:
                return asked.page
        if form.is_valid() and not asked.wants_change:
            try:
                story = storytelling.tell(
                    by=me,
                    at=now(),
                    text=given["text"],
                    title=given["title"],
                    told_by=given["told_by"],
                    photos=form.photos,
                    about=given["person"],
                    about_name=given["about_name"],
                    about_words=given["about_words"],
                    client_key=given["client_key"],
                )
            except actions.NotYours:
                raise PermissionDenied from None
            return say_posted(redirect("feed:told", pk=story.pk), story.client_key)
    else:
        draft = actions.draft_of(me, "story")
        form = TellForm(
            person=me,
            known=agreeing.known_to(me),
            initial={"whose": "mine", "told_by": me.known_as} | (draft.content if draft else {}),
        )
    return render(
        request,
        "feed/tell.html",
        {"form": form, "bare": True},
        status=422 if form.is_bound and form.errors else 200,
    )


def told(request: HttpRequest, pk: int) -> HttpResponse:
    """What becomes of a story, for its teller: sent, published, or a kind word."""
    me = _me(request)
    story = get_object_or_404(Story.objects.select_related("article", "editor"), pk=pk, teller=me)
    if request.method == "POST":
        try:
            storytelling.take_back(story, by=me)
        except storytelling.AlreadyDecided:
            messages.info(request, _("We have read it already. Write to us if it should go."))
            return redirect("feed:told", pk=pk)
        messages.success(request, _("We threw your story away, photos too."))
        return redirect("feed:stories")
    return render(request, "feed/told.html", {"story": story, "body": to_html(story.text)})


# --- Editors -----------------------------------------------------------------------------------


def _editor(request: HttpRequest) -> Person:
    me = _me(request)
    if not can_edit_stories(me):
        raise PermissionDenied
    return me


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Stories waiting to be read, and those decided lately."""
    _editor(request)
    rows = Story.objects.select_related("teller", "area", "editor", "article")
    return render(
        request,
        "feed/queue.html",
        {
            "waiting": rows.filter(state__in=[Story.State.SENT, Story.State.EDITING]).order_by(
                "id"
            )[:50],
            "decided": rows.filter(
                state__in=[Story.State.PUBLISHED, Story.State.DECLINED]
            ).order_by("-decided_at")[:10],
        },
    )


def queue_story(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a story, put it right, then publish it or say why not."""
    me = _editor(request)
    story = get_object_or_404(
        Story.objects.select_related("teller", "area", "article", "area_article"), pk=pk
    )
    is_waiting = story.state in (Story.State.SENT, Story.State.EDITING)
    decline = DeclineForm()
    form = None
    status = 200
    if is_waiting:
        sent = request.method == "POST" and request.POST.get("do") != "decline"
        form = EditStoryForm(
            request.POST if sent else None,
            request.FILES if sent else None,
            person=story.teller,
            already=list(story.photos.order_by("pk")),
            initial={"title": story.title, "text": story.text, "told_by": story.told_by},
        )
        if request.method == "POST":
            try:
                if not sent:
                    decline = DeclineForm(request.POST)
                    if decline.is_valid():
                        storytelling.decline(story, by=me, at=now(), **decline.cleaned_data)
                        messages.success(request, _("We have told them, in your words."))
                        return redirect("feed:queue")
                elif form.is_valid():
                    given = form.cleaned_data
                    storytelling.edit(
                        story,
                        by=me,
                        at=now(),
                        title=given["title"],
                        text=given["text"],
                        told_by=given["told_by"],
                        photos=form.photos,
                    )
                    if request.POST.get("do") == "publish":
                        post = storytelling.publish(story, by=me, at=now())
                        messages.success(
                            request,
                            format_html(
                                '{} <a href="{}">{}</a>',
                                _("Published, and we told them."),
                                post.get_absolute_url(),
                                _("Have a look"),
                            ),
                        )
                        return redirect("feed:queue_story", pk=pk)
                    messages.success(request, _("Saved. Nobody sees it yet."))
                    return redirect("feed:queue_story", pk=pk)
            except storytelling.AlreadyDecided:
                messages.info(request, _("Another editor was a moment faster."))
                return redirect("feed:queue_story", pk=pk)
            except NotAgreed as problem:
                messages.error(request, str(problem))
                return redirect("feed:queue_story", pk=pk)
            status = 422
    return render(
        request,
        "feed/queue_story.html",
        {
            "story": story,
            "is_waiting": is_waiting,
            "about": AboutSomebody.objects.filter(story=story).select_related("person").first(),
            "is_agreed": agreeing.is_agreed(story, at=now()),
            "form": form if form is not None and form.is_bound else decline,
            "edit_form": form,
            "decline_form": decline,
            "body": markdown_to_html(story.text),
        },
        status=status,
    )


@require_POST
def queue_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a decision."""
    me = _editor(request)
    story = get_object_or_404(Story, pk=pk)
    try:
        storytelling.think_again(story, by=me, at=now())
    except storytelling.AlreadyDecided:
        pass  # pressed twice: it is back already
    else:
        messages.success(request, _("It's back in the queue, and off the blog."))
    return redirect("feed:queue_story", pk=pk)
