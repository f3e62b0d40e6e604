from django.db import migrations

from doorstep.base.fulltext import AddFullText


class Migration(migrations.Migration):
    dependencies = [("teams", "0001_initial")]
    operations = [AddFullText("teams_team", ["name", "purpose", "why", "place"], live="1=1")]
