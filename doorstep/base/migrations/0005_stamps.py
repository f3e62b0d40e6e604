from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("base", "0004_counts_for_limits")]
    operations = [
        migrations.CreateModel(
            name="Stamp",
            fields=[
                ("name", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(default=0)),
            ],
        ),
    ]
