"""Posts, thanks and moderation of two records that become one."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from doorstep.feed.models import Post, Thanks
from doorstep.people.merging.actions import settlers
from doorstep.people.merging.movers import LAY_ASIDE, moves, stays
from doorstep.people.models import Merge

_WHO = "Who did it stays as it was written down."

moves("feed.Post", "author")
moves("feed.Comment", "author")
moves("feed.Thanks", "person", twin=LAY_ASIDE)
moves("feed.Photo", "owner")
moves("feed.Mention", "person", twin=LAY_ASIDE)
moves("feed.Edit", "by")
moves("feed.Draft", "person")
moves("feed.Story", "teller")
moves("feed.AboutSomebody", "person")
moves("feed.Flag", "author", "flagged_by")
moves("feed.Noticed", "author")
moves("feed.Decision", "author")
moves("feed.Appeal", "by")
stays("feed.Story", "editor", because=_WHO)
stays("feed.Noticed", "looked_by", because=_WHO)
stays("feed.Decision", "by", because=_WHO)
stays("feed.Appeal", "heard_by", because=_WHO)


def _count(merge: Merge) -> None:
    """Thanks given twice by one person are given once."""
    laid: list[dict[str, Any]] = [
        entry["values"] for entry in merge.laid_aside if entry["model"] == "feed.Thanks"
    ]
    if not laid:
        return
    ids = {values["post_id"] for values in laid}
    counts = dict(
        Thanks.objects.filter(post__in=ids)
        .values("post")
        .annotate(n=Count("pk"))
        .values_list("post", "n")
    )
    for pk in ids:
        Post.objects.filter(pk=pk).update(thanks_count=counts.get(pk, 0))


settlers.add("feed", _count)
