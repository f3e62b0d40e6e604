"""Posts, replies, photos, stories and moderation."""

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from doorstep.base.time import now
from doorstep.feed import moderation as moderating
from doorstep.feed import rules
from doorstep.feed.models import (
    Appeal,
    Comment,
    Decision,
    Draft,
    Edit,
    Flag,
    Noticed,
    Photo,
    Post,
    Readers,
    Rule,
    Story,
)  # fmt: skip
from doorstep.feed.tests.factories import CommentFactory, PostFactory, area_channel, team_channel
from doorstep.feed.views.photos import can_see_photo
from doorstep.people.rules import blocked_ids
from doorstep.places.models import Area
from doorstep.teams.models import Team
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    MISSING,
    ON,
    REFUSED,
    Each,
    NotSwept,
    each,
    everyone,
    members,
    only,
    seen_by,
    within,
)
from tests.authorisation.world import World

NAME = "feed/matrix.webp"


ORDER = 40


def furnish(world: World) -> None:
    default_storage.save(NAME, ContentFile(b"RIFF"))
    area, inner = area_channel(world.borough.borough), team_channel(world.private_team)
    places = {
        "post": (area, Readers.MEMBERS, Post.State.LIVE),
        "open_post": (area, Readers.EVERYONE, Post.State.LIVE),
        "team_post": (inner, Readers.TEAM, Post.State.LIVE),
        "removed_post": (area, Readers.EVERYONE, Post.State.REMOVED),
        "hidden_post": (area, Readers.EVERYONE, Post.State.HIDDEN),
    }
    noticed = Noticed.objects.create(
        target_kind="post", target_id=0, author=world.owner, verdict="flag", gravity=1
    )
    world.put("noticed", pk=noticed.pk)
    for name, (channel, readers, state) in places.items():
        post = PostFactory(
            channel=channel, author=world.owner, readers=readers, state=state, kind="ask"
        )
        reply = CommentFactory(post=post, author=world.owner)
        Edit.objects.create(post=post, text="What it said before.", by=world.owner)
        Edit.objects.create(post=post, comment=reply, text="What it said before.", by=world.owner)
        photo = Photo.objects.create(
            post=post, owner=world.owner, name=NAME, small_name=NAME, width=960, height=640,
            description="A green table",
        )  # fmt: skip
        world.put(name, pk=post.pk)
        world.put(f"{name}_reply", pk=reply.pk)
        world.put(f"{name}_photo", key=photo.key, size=960)
        world.put(f"{name}_flag", kind="post", pk=post.pk)
        for kind in ("article",):
            article = PostFactory(
                channel=channel, author=world.owner, readers=readers, state=state, kind=kind,
                title="A day out", slug="a-day-out",
            )  # fmt: skip
            world.put(f"{name}_article", pk=article.pk, slug="a-day-out")
            world.put(f"{name}_article_pk", pk=article.pk)
    Draft.objects.create(person=world.owner, place="home", content={"text": "Half a thought"})
    story = Story.objects.create(
        teller=world.owner, area=world.borough.borough, text="We painted it.", told_by="Owner"
    )
    world.put("story", pk=story.pk)
    world.put("as_csv", form="csv")
    waiting = Photo.objects.create(
        owner=world.owner, name=NAME, small_name=NAME, width=960, height=640, description="A boat"
    )
    world.put("waiting_photo", key=waiting.key, size=960)
    moderation(world)


def moderation(world: World) -> None:
    flagged = world.things["post"]["pk"]
    Flag.objects.create(
        target_kind="post", target_id=flagged, author=world.owner, rule=Rule.values[0],
        flagged_by=world.member, snapshot={"text": "As it was"},
    )  # fmt: skip
    world.put("case", kind="post", pk=flagged)
    for name, appealed in (("decision", False), ("appealed", True)):
        target = world.things["hidden_post" if not appealed else "hidden_post_article"]["pk"]
        row = Decision.objects.create(
            target_kind="post", target_id=target, author=world.owner, rule=Rule.values[0],
            outcome=Decision.Outcome.HIDE, reason="It named a neighbour.", by=world.administrator,
            at=now(),
        )  # fmt: skip
        Flag.objects.create(
            target_kind="post", target_id=target, author=world.owner, rule=Rule.values[0],
            flagged_by=world.member, state=Flag.State.DECIDED, decision=row,
        )  # fmt: skip
        world.put(name, pk=row.pk)
        if appealed:
            appeal = Appeal.objects.create(decision=row, by=world.owner, text="It was not so.")
            world.put("appeal", pk=appeal.pk)


INSIDE = ("owner", "member", "host", "team_mentor")

rows = within("feed")
ROWS = [
    *rows("write tell", get=members()),
    *rows("draft", get=seen_by(), post=members(DONE)),
    *rows("post history", "post", get=members(visitor=MISSING, blocked=MISSING), post=BY_GET),
    *rows("post history", "open_post", get=everyone(blocked=MISSING), post=BY_GET),
    *rows("post history", "team_post", get=seen_by(*INSIDE, visitor=MISSING), post=BY_GET),
    *rows("post", "removed_post", get=seen_by(visitor=MISSING), post=BY_GET),
    *rows("post", "hidden_post", get=seen_by("owner", page=ON, visitor=MISSING), post=BY_GET),
    *rows(
        "comment",
        ("post", "open_post"),
        get=BY_POST,
        post=members(DONE, blocked=MISSING, teenager=REFUSED),
    ),
    *rows("comment", "team_post", get=BY_POST, post=seen_by(*INSIDE, page=DONE)),
    *rows(
        "comment thank met",
        ("removed_post", "hidden_post"),
        get=BY_POST,
        post=seen_by(),
    ),
    *rows(
        "thank",
        ("post", "open_post"),
        get=BY_POST,
        post=members(DONE, owner=REFUSED, blocked=MISSING, teenager=REFUSED),
    ),
    *rows(
        "thank",
        "team_post",
        get=BY_POST,
        post=seen_by("member", "host", "team_mentor", page=DONE, owner=REFUSED),
    ),
    *rows("change remove", ("post", "open_post"), get=only("owner", blocked=MISSING)),
    *rows(
        "change",
        "team_post",
        get=seen_by("owner", **each(REFUSED, "member", "host", "team_mentor")),
    ),
    *rows("change remove", ("removed_post", "hidden_post"), get=seen_by()),
    *rows("history", ("removed_post", "hidden_post"), get=seen_by(visitor=MISSING), post=BY_GET),
    *rows(
        "remove",
        "team_post",
        get=seen_by("owner", "host", member=REFUSED, team_mentor=REFUSED),
    ),
    *rows(
        "met",
        ("post", "open_post"),
        get=BY_POST,
        post=only("owner", page=DONE, blocked=MISSING),
    ),
    *rows(
        "met",
        "team_post",
        get=BY_POST,
        post=seen_by("owner", page=DONE, **each(REFUSED, "member", "host", "team_mentor")),
    ),
    *rows(
        "change_reply remove_reply",
        ("post_reply", "open_post_reply"),
        get=only("owner", blocked=MISSING),
    ),
    *rows(
        "change_reply",
        "team_post_reply",
        get=seen_by("owner", **each(REFUSED, "member", "host", "team_mentor")),
    ),
    *rows(
        "change_reply remove_reply",
        ("removed_post_reply", "hidden_post_reply"),
        get=seen_by(),
    ),
    *rows(
        "remove_reply",
        "team_post_reply",
        get=seen_by("owner", "host", member=REFUSED, team_mentor=REFUSED),
    ),
    *rows(
        "reply_history",
        "post_reply",
        get=members(visitor=MISSING, blocked=MISSING),
        post=BY_GET,
    ),
    *rows("reply_history", "open_post_reply", get=everyone(blocked=MISSING), post=BY_GET),
    *rows("reply_history", "team_post_reply", get=seen_by(*INSIDE, visitor=MISSING), post=BY_GET),
    *rows(
        "reply_history",
        ("removed_post_reply", "hidden_post_reply"),
        get=seen_by(visitor=MISSING),
        post=BY_GET,
    ),
    *rows("photo", "post_photo", get=members(visitor=MISSING, blocked=MISSING), post=BY_GET),
    *rows("photo", "open_post_photo", get=everyone(blocked=MISSING), post=BY_GET),
    *rows("photo", "team_post_photo", get=seen_by(*INSIDE, visitor=MISSING), post=BY_GET),
    *rows(
        "photo",
        ("removed_post_photo", "hidden_post_photo"),
        get=seen_by(visitor=MISSING),
        post=BY_GET,
    ),
    *rows("photo", "waiting_photo", get=seen_by("owner", visitor=MISSING), post=BY_GET),
    *rows("stories rules", get=everyone(), post=BY_GET),
    *rows("told", "story", get=seen_by("owner")),
    *rows("article_write", get=seen_by()),
    *rows(
        "article_change",
        ("post_article_pk", "open_post_article_pk"),
        get=only("owner", blocked=MISSING),
    ),
    *rows(
        "article_change",
        "team_post_article_pk",
        get=seen_by("owner", **each(REFUSED, "member", "host", "team_mentor")),
    ),
    *rows("article_change", ("removed_post_article_pk", "hidden_post_article_pk"), get=seen_by()),
    *rows("queue", get=only("editor"), post=BY_GET),
    *rows("queue_story", "story", get=only("editor")),
    *rows("queue_undo", "story", get=BY_POST, post=only("editor", page=DONE)),
    *rows("article", "post_article", get=members(visitor=MISSING, blocked=MISSING), post=BY_GET),
    *rows("article", "open_post_article", get=everyone(blocked=MISSING), post=BY_GET),
    *rows("article", "team_post_article", get=seen_by(*INSIDE, visitor=MISSING), post=BY_GET),
    *rows("article", "removed_post_article", get=seen_by(visitor=MISSING), post=BY_GET),
    *rows(
        "article",
        "hidden_post_article",
        get=seen_by("owner", page=ON, visitor=MISSING),
        post=BY_GET,
    ),
    *rows("atom_area", "area", get=everyone(), post=BY_GET),
    *rows("atom_team", ("team", "over"), get=everyone(), post=BY_GET),
    *rows("atom_team", "private_team", get=seen_by(visitor=MISSING), post=BY_GET),
    *rows("flag", "post_flag", get=members(visitor=MISSING, owner=REFUSED, blocked=MISSING)),
    *rows("flag", "open_post_flag", get=everyone(owner=REFUSED, blocked=MISSING)),
    *rows(
        "flag",
        "team_post_flag",
        get=seen_by("member", "host", "team_mentor", visitor=MISSING, owner=REFUSED),
    ),
    *rows("flag", ("removed_post_flag", "hidden_post_flag"), get=seen_by(visitor=MISSING)),
    *rows(
        "decision",
        ("decision", "appealed"),
        get=seen_by("owner", "member", "moderator"),
        post=BY_GET,
    ),
    *rows("appeal", "decision", get=seen_by("owner", member=ON, moderator=ON)),
    *rows("appeal", "appealed", get=seen_by("owner", "member", "moderator", page=ON)),
    *rows("moderation moderation_log", get=only("moderator"), post=BY_GET),
    *rows("moderation_export", "as_csv", get=only("moderator"), post=BY_GET),
    *rows("noticed_looked", "noticed", get=BY_POST, post=only("moderator", page=DONE)),
    *rows("hear", "appeal", get=only("moderator")),
    *rows("case harm", "case", get=only("moderator")),
]


def sees_or_wrote(me: Any, post: Post) -> bool:
    """Its page, or the way to the decision for who wrote what moderators took down."""
    hidden = post.state == Post.State.HIDDEN
    return rules.can_see_post(me, post) or (
        hidden and me is not None and bool(moderating.path_for_author(me, post))
    )


def sees_reply(me: Any, reply: Comment) -> bool:
    return (
        reply.state == Comment.State.LIVE
        and rules.can_see_post(me, reply.post)
        and reply.author_id not in blocked_ids(me)
    )


def _articles() -> Any:
    return Post.objects.filter(kind="article")


EACH = [
    Each("feed:post", Post.objects.all, sees_or_wrote),
    Each("feed:article", _articles, sees_or_wrote, lambda post: {"pk": post.pk, "slug": post.slug}),
    Each("feed:article_change", _articles, rules.can_see_post),
    Each("feed:history", lambda: Post.objects.filter(kind="ask"), rules.can_see_post),
    *(Each(f"feed:{name}", Post.objects.all, rules.can_see_post) for name in ("change", "remove")),
    *(
        Each(f"feed:{name}", Post.objects.all, rules.can_see_post, post=True)
        for name in ("comment", "thank", "met")
    ),
    *(
        Each(f"feed:{name}", Comment.objects.all, sees_reply)
        for name in ("change_reply", "remove_reply", "reply_history")
    ),
    Each("feed:photo", Photo.objects.all, can_see_photo, lambda row: {"key": row.key, "size": 960}),
    Each("feed:told", Story.objects.all, lambda me, row: me is not None and row.teller_id == me.pk),
    Each("feed:queue_story", Story.objects.all, lambda me, _row: rules.can_edit_stories(me)),
    Each(
        "feed:queue_undo",
        Story.objects.all,
        lambda me, _row: rules.can_edit_stories(me),
        post=True,
    ),
    Each(
        "feed:atom_area",
        lambda: Area.objects.all()[:2],
        lambda *_any: True,
        lambda row: {"slug": row.slug},
    ),
    Each(
        "feed:atom_team",
        Team.objects.all,
        lambda _me, team: not team.is_private,
        lambda row: {"slug": row.slug},
    ),
    Each(
        "feed:flag",
        Post.objects.all,
        rules.can_see_post,
        lambda row: {"kind": "post", "pk": row.pk},
    ),
    *(
        Each(f"feed:{name}", Decision.objects.all, moderating.can_read_decision)
        for name in ("decision", "appeal")
    ),
    Each("feed:hear", Appeal.objects.all, lambda me, _row: rules.can_decide_flags(me)),
    Each(
        "feed:noticed_looked",
        Noticed.objects.all,
        lambda me, _row: rules.can_decide_flags(me),
        post=True,
    ),
    *(
        Each(
            name,
            lambda: Flag.objects.filter(state="open"),
            lambda me, _row: rules.can_decide_flags(me),
            lambda row: {"kind": row.target_kind, "pk": row.target_id},
        )
        for name in ("feed:case", "feed:harm")
    ),
]
NOT_SWEPT = [NotSwept("a file format, csv or json", ("feed:moderation_export",))]
