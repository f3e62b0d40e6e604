from django.core.management import call_command
from django.db import migrations


def make_table(apps, editor):
    # Rate limits are counted here, across processes, unless Redis is configured.
    call_command("createcachetable", "base_shared_cache", verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("base", "0001_initial")]
    operations = [migrations.RunPython(make_table, migrations.RunPython.noop)]
