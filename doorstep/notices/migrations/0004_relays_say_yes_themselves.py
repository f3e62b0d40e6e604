"""Whoever passes messages on says so themselves."""

import django.utils.timezone
from django.db import migrations, models

import doorstep.base.sealed_fields


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0003_what_a_notice_says_is_sealed"),
        ("people", "0010_stewards_and_deciders"),
    ]

    operations = [
        migrations.CreateModel(
            name="Relay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "not asked yet"),
                            ("yes", "said yes"),
                            ("no", "said no"),
                            ("ended", "has stopped"),
                        ],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("spoken", "They said it"),
                            ("written", "On the signed form"),
                            ("web", "By themselves, through their link"),
                        ],
                        max_length=8,
                    ),
                ),
                ("said_at", models.DateTimeField(blank=True, null=True)),
                ("words", doorstep.base.sealed_fields.SealedTextField(blank=True)),
                ("agreed_at", models.DateTimeField(blank=True, null=True)),
                ("agreed_words", doorstep.base.sealed_fields.SealedTextField(blank=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="relays",
                        to="people.person",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="safecontact",
            name="relay",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="rules_naming",
                to="notices.relay",
            ),
        ),
        migrations.CreateModel(
            name="RelayUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "relay",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
                        to="notices.relay",
                    ),
                ),
            ],
        ),
    ]
