"""What people tell a fund in their own words lies sealed from here on."""

from django.db import migrations

from doorstep.base import sealed_fields as sealed
from doorstep.base.sealing_migrations import HIDDEN, SealColumns, SealField


class Migration(migrations.Migration):
    # A batch at a time: whoever stops it goes on where it was.
    atomic = False

    dependencies = [
        ("grants", "0004_facts_and_second_readings"),
    ]

    operations = [
        SealField("enquiry", "question", sealed.SealedCharField(max_length=400)),
        SealField("enquiry", "answer", sealed.SealedTextField(blank=True, max_length=1500)),
        SealField(
            "idea",
            "words",
            sealed.SealedTextField(blank=True, max_length=2000, verbose_name="your idea"),
        ),
        SealField(
            "idea",
            "in_english",
            sealed.SealedTextField(blank=True, max_length=3000, verbose_name="in English"),
        ),
        SealField("idea", "to_mend", sealed.SealedTextField(blank=True, max_length=800)),
        SealColumns("grants_enquiry", "grants.enquiry", {"question": HIDDEN, "answer": HIDDEN}),
        SealColumns(
            "grants_idea", "grants.idea", {"words": HIDDEN, "in_english": HIDDEN, "to_mend": HIDDEN}
        ),
    ]
