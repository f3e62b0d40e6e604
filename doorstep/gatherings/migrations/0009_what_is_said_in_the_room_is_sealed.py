"""What people say in the live room lies sealed from here on."""

from django.db import migrations

from doorstep.base import sealed_fields as sealed
from doorstep.base.sealing_migrations import HIDDEN, SealColumns, SealField


class Migration(migrations.Migration):
    # A batch at a time: whoever stops it goes on where it was.
    atomic = False

    dependencies = [
        ("gatherings", "0008_sealed"),
    ]

    operations = [
        SealField("roommessage", "text", sealed.SealedCharField(max_length=1000)),
        SealColumns("gatherings_roommessage", "gatherings.roommessage", {"text": HIDDEN}),
    ]
