"""One index for each way a notice is looked up, so that giving one writes fewer.

Django gives every foreign key an index of its own, also where another one begins with the same
column and serves the same questions.
"""

import django.db.models.deletion
from django.db import migrations, models

# Table, column, and what serves in its place.
DOUBLED = [
    ("notices_notice", "person_id"),  # a_notice_is_given_once
    ("notices_delivery", "notice_id"),  # a_notice_goes_once_per_channel
    ("notices_preference", "person_id"),  # a_preference_is_one_row
]


def _own_indexes(editor, table, column):
    """Return the names of the plain indexes over this one column."""
    connection = editor.connection
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    return [
        name
        for name, facts in found.items()
        if facts["columns"] == [column]
        and facts["index"]
        and not (facts["unique"] or facts["primary_key"] or facts["foreign_key"])
    ]


def take_away(apps, editor):
    """Drop them; not by changing the column, for which SQLite makes the whole table afresh."""
    for table, column in DOUBLED:
        for name in _own_indexes(editor, table, column):
            editor.execute(f'DROP INDEX "{name}"')


def put_back(apps, editor):
    for table, column in DOUBLED:
        if not _own_indexes(editor, table, column):
            editor.execute(f'CREATE INDEX "{table}_{column}_again" ON "{table}" ("{column}")')


def _key(to, name):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE, db_index=False, related_name=name, to=to
    )


class Migration(migrations.Migration):
    dependencies = [("notices", "0004_relays_say_yes_themselves")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(take_away, put_back)],
            state_operations=[
                migrations.AlterField("notice", "person", _key("people.person", "notices")),
                migrations.AlterField("delivery", "notice", _key("notices.notice", "deliveries")),
                migrations.AlterField(
                    "preference", "person", _key("people.person", "notice_preferences")
                ),
            ],
        )
    ]
