from django.db import migrations, models

from doorstep.base.fulltext import AddFullText


class Migration(migrations.Migration):
    initial = True

    # Triggers on people's table stay while later migrations remake it: see web/indexes.py.
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("word", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("is_open", models.BooleanField(default=False)),
            ],
        ),
        AddFullText("people_person", ["known_as"], live="row.state='active'"),
    ]
