import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import doorstep.base.keys
import doorstep.base.sealed_fields


class Migration(migrations.Migration):
    dependencies = [
        ("connect", "0001_relationships"),
        ("organisations", "0003_left_feed_at"),
        ("people", "0010_stewards_and_deciders"),
    ]

    operations = [
        migrations.CreateModel(
            name="Diary",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "ref",
                    models.CharField(
                        default=doorstep.base.keys.new_key, max_length=12, unique=True
                    ),
                ),
                ("client_key", models.CharField(max_length=40, unique=True)),
                ("is_with_hub", models.BooleanField(default=False)),
                (
                    "problem",
                    models.CharField(
                        choices=[
                            ("repairs", "Repairs that nobody does"),
                            ("antisocial", "Noise, threats and the like next door"),
                            ("debt", "Debt, or a benefit that stopped"),
                            ("eviction", "Being told to leave your home"),
                            ("other", "Something else that is stuck"),
                        ],
                        max_length=10,
                    ),
                ),
                ("title", doorstep.base.sealed_fields.SealedCharField(max_length=120)),
                ("wished", doorstep.base.sealed_fields.SealedTextField(blank=True)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("closed_words", doorstep.base.sealed_fields.SealedTextField(blank=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence_diaries",
                        to="people.person",
                    ),
                ),
                (
                    "relationship",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="evidence_diaries",
                        to="connect.relationship",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "diaries",
                "ordering": ["-started_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Deadline",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("client_key", models.CharField(max_length=40, unique=True)),
                ("words", doorstep.base.sealed_fields.SealedCharField(max_length=200)),
                (
                    "whose",
                    models.CharField(
                        choices=[("mine", "mine"), ("theirs", "theirs")],
                        default="theirs",
                        max_length=6,
                    ),
                ),
                ("due_on", models.DateField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("met", "done in time"),
                            ("late", "done, but late"),
                            ("missed", "they didn’t keep it"),
                            ("off", "it doesn’t matter any more"),
                        ],
                        max_length=6,
                    ),
                ),
                ("outcome_words", doorstep.base.sealed_fields.SealedTextField(blank=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "diary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deadlines",
                        to="connect.diary",
                    ),
                ),
            ],
            options={
                "ordering": ["due_on", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "")),
                        fields=["due_on"],
                        name="evidence_deadlines_to_come",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("outcome", "")),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="an_ended_deadline_says_how",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Bundle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "ref",
                    models.CharField(
                        default=doorstep.base.keys.new_key, max_length=12, unique=True
                    ),
                ),
                ("client_key", models.CharField(max_length=40, unique=True)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("has_feelings", models.BooleanField(default=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("making", "being made"),
                            ("ready", "ready"),
                            ("failed", "it couldn’t be made"),
                            ("gone", "thrown away"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("file", models.CharField(blank=True, max_length=100)),
                ("pdf_file", models.CharField(blank=True, max_length=100)),
                ("size", models.PositiveIntegerField(default=0)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("entry_count", models.PositiveSmallIntegerField(default=0)),
                ("exhibit_count", models.PositiveSmallIntegerField(default=0)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("began_at", models.DateTimeField(blank=True, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "diary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bundles",
                        to="connect.diary",
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "ref",
                    models.CharField(
                        default=doorstep.base.keys.new_key, max_length=12, unique=True
                    ),
                ),
                ("client_key", models.CharField(max_length=40, unique=True)),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("happened", "Something happened"),
                            ("told", "Somebody was told"),
                            ("answer", "They answered"),
                            ("letter", "A letter came or went"),
                        ],
                        max_length=8,
                    ),
                ),
                ("happened_on", models.DateField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "answers",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="answered_by",
                        to="connect.entry",
                    ),
                ),
                (
                    "diary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="connect.diary",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
                "ordering": ["happened_on", "number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("diary", "number"), name="an_entry_has_its_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "answer"), ("answers", None), _connector="OR"),
                        name="only_an_answer_answers",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EntryWords",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("happened_on", models.DateField()),
                ("happened_at", models.TimeField(blank=True, null=True)),
                ("facts", doorstep.base.sealed_fields.SealedTextField()),
                ("feelings", doorstep.base.sealed_fields.SealedTextField(blank=True)),
                ("who", doorstep.base.sealed_fields.SealedCharField(blank=True, max_length=200)),
                (
                    "how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("phone", "by phone"),
                            ("letter", "by letter"),
                            ("email", "by e-mail or text"),
                            ("form", "on a website"),
                            ("visit", "face to face"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "reference",
                    doorstep.base.sealed_fields.SealedCharField(blank=True, max_length=60),
                ),
                ("why", doorstep.base.sealed_fields.SealedCharField(blank=True, max_length=300)),
                ("is_struck", models.BooleanField(default=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("is_spoken", models.BooleanField(default=False)),
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
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="said",
                        to="connect.entry",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entry words",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Exhibit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "ref",
                    models.CharField(
                        default=doorstep.base.keys.new_key, max_length=20, unique=True
                    ),
                ),
                ("client_key", models.CharField(max_length=40, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("photo", "Photo"), ("letter", "Letter"), ("sound", "Sound")],
                        max_length=6,
                    ),
                ),
                ("description", doorstep.base.sealed_fields.SealedTextField()),
                ("file", models.CharField(max_length=100)),
                ("small_file", models.CharField(blank=True, max_length=100)),
                ("content_type", models.CharField(max_length=40)),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("width", models.PositiveIntegerField(blank=True, null=True)),
                ("height", models.PositiveIntegerField(blank=True, null=True)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("taken_back_at", models.DateTimeField(blank=True, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exhibits",
                        to="connect.entry",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("description", ""), _negated=True),
                        name="an_exhibit_has_its_description",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("file", ""), _negated=True),
                            ("taken_back_at__isnull", False),
                            _connector="OR",
                        ),
                        name="an_exhibit_has_its_file",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        default=doorstep.base.keys.new_key, max_length=20, unique=True
                    ),
                ),
                ("client_key", models.CharField(max_length=40, unique=True)),
                ("recipient_kind", models.CharField(max_length=12)),
                ("recipient_key", models.CharField(max_length=40)),
                ("recipient_name", doorstep.base.sealed_fields.SealedCharField(max_length=120)),
                ("email", doorstep.base.sealed_fields.SealedCharField(blank=True, max_length=254)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ends_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                ("told_end_at", models.DateTimeField(blank=True, null=True)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shares",
                        to="connect.bundle",
                    ),
                ),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.consent",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Opening",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("name", doorstep.base.sealed_fields.SealedCharField(max_length=120)),
                ("what", models.CharField(choices=[("pdf", "PDF"), ("zip", "ZIP")], max_length=4)),
                (
                    "share",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="openings",
                        to="connect.share",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
    ]
