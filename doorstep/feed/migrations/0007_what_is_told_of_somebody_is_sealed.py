"""What people tell moderators of each other lies sealed from here on."""

from django.db import migrations

from doorstep.base import sealed_fields as sealed
from doorstep.base.sealing_migrations import HIDDEN, SealColumns, SealField


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0006_whose_story"),
    ]

    operations = [
        SealField(
            "flag",
            "note",
            sealed.SealedTextField(
                blank=True, max_length=1000, verbose_name="anything we should know"
            ),
        ),
        SealField(
            "appeal",
            "text",
            sealed.SealedTextField(max_length=2000, verbose_name="what you want us to know"),
        ),
        SealField("appeal", "reason", sealed.SealedTextField(blank=True, max_length=1000)),
        SealColumns("feed_flag", "feed.flag", {"note": HIDDEN}),
        SealColumns("feed_appeal", "feed.appeal", {"text": HIDDEN, "reason": HIDDEN}),
    ]
