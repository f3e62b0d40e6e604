"""What a notice says lies sealed from here on."""

from django.db import migrations

from doorstep.base import sealed_fields as sealed
from doorstep.base.sealing_migrations import HIDDEN, SealColumns, SealField


class Migration(migrations.Migration):
    # A batch at a time: whoever stops it goes on where it was.
    atomic = False

    dependencies = [
        ("notices", "0002_safe_contact"),
    ]

    operations = [
        SealField("notice", "title", sealed.SealedCharField(max_length=200)),
        SealField("notice", "body", sealed.SealedTextField(blank=True)),
        SealColumns("notices_notice", "notices.notice", {"title": HIDDEN, "body": HIDDEN}),
    ]
