from django.db import migrations

from doorstep.base.fulltext import AddFullText


class Migration(migrations.Migration):
    dependencies = [("feed", "0001_initial")]
    operations = [AddFullText("feed_post", ["title", "text"], live="row.state='live'")]
