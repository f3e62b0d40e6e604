from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("base", "0002_shared_cache")]
    operations = [
        migrations.AddField(
            model_name="tickrun",
            name="held_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
