"""Drafts, stories, earlier words, and what moderators keep and say lie sealed from here on."""

from django.db import migrations

from doorstep.base import sealed_fields as sealed
from doorstep.base.sealing_migrations import HIDDEN, SealColumns, SealField


class Migration(migrations.Migration):
    # A batch at a time: whoever stops it goes on where it was.
    atomic = False

    dependencies = [
        ("feed", "0007_what_is_told_of_somebody_is_sealed"),
    ]

    operations = [
        SealField(
            "decision",
            "reason",
            sealed.SealedTextField(max_length=1000, verbose_name="why, for both sides to read"),
        ),
        SealField("draft", "content", sealed.SealedJSONField(default=dict)),
        SealField("edit", "title", sealed.SealedCharField(blank=True, max_length=140)),
        SealField("edit", "text", sealed.SealedTextField()),
        SealField("flag", "snapshot", sealed.SealedJSONField(default=dict)),
        SealField(
            "story",
            "title",
            sealed.SealedCharField(blank=True, max_length=140, verbose_name="title"),
        ),
        SealField("story", "text", sealed.SealedTextField(verbose_name="your story")),
        SealField("story", "reply", sealed.SealedTextField(blank=True, max_length=1000)),
        SealColumns("feed_decision", "feed.decision", {"reason": HIDDEN}),
        SealColumns("feed_draft", "feed.draft", {"content": HIDDEN}),
        SealColumns("feed_edit", "feed.edit", {"title": HIDDEN, "text": HIDDEN}),
        SealColumns("feed_flag", "feed.flag", {"snapshot": HIDDEN}),
        SealColumns("feed_story", "feed.story", {"title": HIDDEN, "text": HIDDEN, "reply": HIDDEN}),
    ]
