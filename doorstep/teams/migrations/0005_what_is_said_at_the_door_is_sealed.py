"""What people answer at a team's door, and what they are told there, lies sealed from here on."""

from django.db import migrations

from doorstep.base import sealed_fields as sealed
from doorstep.base.sealing_migrations import HIDDEN, SealColumns, SealField


class Migration(migrations.Migration):
    # A batch at a time: whoever stops it goes on where it was.
    atomic = False

    dependencies = [
        ("teams", "0004_what_mentors_note_is_sealed"),
    ]

    operations = [
        SealField("membership", "answers", sealed.SealedJSONField(blank=True, default=list)),
        SealField("membership", "decided_why", sealed.SealedCharField(blank=True, max_length=300)),
        SealColumns(
            "teams_membership", "teams.membership", {"answers": HIDDEN, "decided_why": HIDDEN}
        ),
    ]
