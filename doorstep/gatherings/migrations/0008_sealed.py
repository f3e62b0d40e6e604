"""Numbers, and the names and needs of guests, lie sealed from here on."""

from django.db import migrations

from doorstep.base import sealed_fields as sealed
from doorstep.base.sealing_migrations import HIDDEN, SealColumns, SealField


class Migration(migrations.Migration):
    dependencies = [
        ("gatherings", "0007_soonest_sessions"),
    ]

    operations = [
        SealField(
            "place",
            "name",
            sealed.SealedCharField(blank=True, max_length=80, verbose_name="name"),
        ),
        SealField(
            "welcome",
            "wishes",
            sealed.SealedCharField(blank=True, max_length=300, verbose_name="what would help"),
        ),
        SealField(
            "welcome",
            "phone",
            sealed.SealedCharField(blank=True, max_length=20, verbose_name="number to call you on"),
        ),
        SealField(
            "welcome",
            "look_for",
            sealed.SealedCharField(
                blank=True, max_length=120, verbose_name="how they will know you"
            ),
        ),
        SealField("welcome", "call_note", sealed.SealedCharField(blank=True, max_length=300)),
        SealColumns("gatherings_place", "gatherings.place", {"name": HIDDEN}),
        SealColumns(
            "gatherings_welcome",
            "gatherings.welcome",
            {"wishes": HIDDEN, "phone": HIDDEN, "look_for": HIDDEN, "call_note": HIDDEN},
        ),
    ]
