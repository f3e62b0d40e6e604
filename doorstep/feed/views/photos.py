"""Photos, shown only to those who may read what they belong to."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from doorstep.base.pictures import WIDTHS
from doorstep.feed import photos
from doorstep.feed.models import Photo
from doorstep.feed.rules import can_see_post
from doorstep.people.models import Person
from doorstep.people.rules import can_edit_stories

ONE_WEEK = 60 * 60 * 24 * 7


@login_not_required
@require_safe
def photo(request: HttpRequest, key: str, size: int) -> HttpResponseBase:
    """Send a photo of a post the viewer may read, or one of their own that waits."""
    viewer: Person | None = getattr(request.user, "person", None)
    found = (
        Photo.objects.select_related("post__channel__team").filter(key=key).first()
        if size in WIDTHS
        else None
    )
    if found is None or not can_see_photo(viewer, found):
        raise Http404
    try:
        response = FileResponse(photos.open_file(found, size), content_type="image/webp")
    except OSError:
        raise Http404 from None
    # What a photo shows never changes under its key. The browser keeps it, no proxy does.
    response["Cache-Control"] = f"private, max-age={ONE_WEEK}, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    return response


def can_see_photo(viewer: Person | None, found: Photo) -> bool:
    """Who reads the post sees its photos; a waiting one its owner, a story's also an editor."""
    if found.post is not None:
        return can_see_post(viewer, found.post)
    if viewer is None:
        return False
    if found.owner_id == viewer.pk:
        return True
    return can_edit_stories(viewer) and found.stories.exists()
