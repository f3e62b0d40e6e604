"""The fund's log keeps facts, said in each reader's language; older lines keep their words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0005_what_was_told_to_a_fund_is_sealed"),
    ]

    operations = [
        migrations.AddField(
            model_name="fundevent",
            name="facts",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name="fundevent",
            name="what",
            field=models.CharField(blank=True, max_length=300),
        ),
    ]
