"""One index for each way a row is looked up: writing a reply keeps four of them and not six.

Django gives every foreign key an index of its own, also where another one begins with the same
column and serves the same questions.
"""

import django.db.models.deletion
from django.db import migrations, models

# Table, column, and what serves in its place.
DOUBLED = [
    ("feed_comment", "post_id"),  # comment_thread
    ("feed_comment", "author_id"),  # comment_by_author
    ("feed_post", "author_id"),  # post_by_author
    ("feed_thanks", "post_id"),  # thanks_are_given_once
    ("feed_draft", "person_id"),  # one_draft_in_a_place
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


def _key(to, name, on_delete=django.db.models.deletion.CASCADE):
    return models.ForeignKey(on_delete=on_delete, db_index=False, related_name=name, to=to)


class Migration(migrations.Migration):
    dependencies = [("feed", "0008_words_not_shown_are_sealed")]

    operations = [
        migrations.AddIndex(
            "comment",
            models.Index(fields=["post", "id", "state", "author"], name="comment_thread"),
        ),
        migrations.RemoveIndex("comment", "comment_of_post"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(take_away, put_back)],
            state_operations=[
                migrations.AlterField("comment", "post", _key("feed.post", "comments")),
                migrations.AlterField(
                    "comment",
                    "author",
                    _key("people.person", "comments", django.db.models.deletion.PROTECT),
                ),
                migrations.AlterField(
                    "post",
                    "author",
                    _key("people.person", "posts", django.db.models.deletion.PROTECT),
                ),
                migrations.AlterField("thanks", "post", _key("feed.post", "thanks")),
                migrations.AlterField("draft", "person", _key("people.person", "drafts")),
            ],
        ),
    ]
