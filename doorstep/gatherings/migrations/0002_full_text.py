from django.db import migrations

from doorstep.base.fulltext import AddFullText


class Migration(migrations.Migration):
    dependencies = [("gatherings", "0001_initial")]
    operations = [
        AddFullText(
            "gatherings_gathering",
            ["title", "description", "when_you_walk_in"],
            live="row.state='on'",
        )
    ]
