"""Who sits round the table of a case, and where, lies sealed from here on."""

from django.db import migrations

from doorstep.base import sealed_fields as sealed
from doorstep.base.sealing_migrations import HIDDEN, SealColumns, SealField


class Migration(migrations.Migration):
    # A batch at a time: whoever stops it goes on where it was.
    atomic = False

    dependencies = [
        ("connect", "0004_known_and_spoken"),
    ]

    operations = [
        SealField("caseguest", "name", sealed.SealedCharField(max_length=120)),
        SealField("caseguest", "service", sealed.SealedCharField(max_length=120)),
        SealField("casemeeting", "where", sealed.SealedCharField(blank=True, max_length=200)),
        SealColumns("connect_caseguest", "connect.caseguest", {"name": HIDDEN, "service": HIDDEN}),
        SealColumns("connect_casemeeting", "connect.casemeeting", {"where": HIDDEN}),
    ]
