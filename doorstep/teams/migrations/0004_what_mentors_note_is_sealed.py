"""What a mentor notes after ringing a host lies sealed from here on."""

from django.db import migrations

from doorstep.base import sealed_fields as sealed
from doorstep.base.sealing_migrations import HIDDEN, SealColumns, SealField


class Migration(migrations.Migration):
    dependencies = [
        ("teams", "0003_starting_handing_over_inviting"),
    ]

    operations = [
        SealField(
            "mentoring", "last_contact_note", sealed.SealedCharField(blank=True, max_length=300)
        ),
        SealColumns("teams_mentoring", "teams.mentoring", {"last_contact_note": HIDDEN}),
    ]
