"""The read log: one row a read, chained, only ever added to."""

import datetime as dt
import json

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from doorstep.base.time import now
from doorstep.people.models import LogCheckpoint, Reading
from doorstep.people.models.readings import OnlyAdded, month_of, months_between
from doorstep.people.readings import chains, checkpoints, partitions, verify
from doorstep.people.readings.actions import NeedsReason, log_read, log_reads

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_chain():
    chains.forget()
    yield
    chains.forget()


def look(cast, what="phone", reason="contact", **more):
    more.setdefault("by", cast.bryn)
    more.setdefault("about", cast.amina)
    more.setdefault("at", now())
    return log_read(what=what, reason=reason, **more)


def problems(**more):
    return [str(problem) for problem in verify.verify(**more)]


def tamper(sql, *params):
    """Change the table as somebody could who has only the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE people_reading DISABLE TRIGGER USER")
            cursor.execute(sql, params)
            cursor.execute("ALTER TABLE people_reading ENABLE TRIGGER USER")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE 'only_added_%%'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(sql, params)
        for _name, words in triggers:
            cursor.execute(words)


def test_a_read_is_one_insert(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        row = look(cast, words="You rang us about shopping.")
    row = Reading.objects.get(pk=row.pk)
    assert (row.reader, row.subject, row.what, row.reason) == (
        cast.bryn,
        cast.amina,
        "phone",
        "contact",
    )
    assert row.words == "You rang us about shopping."
    assert row.reader_name == "Bryn"


def test_many_reads_are_one_insert(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        rows = log_reads(
            by=cast.bryn,
            about=[cast.amina, cast.bryn, cast.carys],
            what="phone",
            reason="gathering",
            at=now(),
        )
    assert [row.subject for row in rows] == [cast.amina, cast.carys]
    assert problems() == []


def test_what_nobody_registered_is_refused(cast):
    with pytest.raises(ValueError, match="nothing called 'shoe size'"):
        look(cast, what="shoe size")
    with pytest.raises(ValueError, match="no reason called 'because'"):
        look(cast, reason="because")


def test_a_reason_that_says_too_little_needs_words(cast):
    with pytest.raises(NeedsReason):
        look(cast, reason="other", words="  ")


def test_words_and_names_lie_sealed(cast):
    look(cast, words="Her daughter worries.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM people_reading")
        stored = repr(cursor.fetchall())
    assert "daughter" not in stored
    assert "Bryn" not in stored


def test_a_row_is_never_changed_or_taken_out(cast):
    row = look(cast)
    row.reason = "helping"
    with pytest.raises(OnlyAdded):
        row.save()
    with pytest.raises(OnlyAdded):
        row.delete()
    with pytest.raises(OnlyAdded):
        Reading.objects.all().delete()
    with pytest.raises(OnlyAdded):
        Reading.objects.update(reason="helping")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE people_reading SET reason = 'helping'",
        "UPDATE people_reading SET reader_id = 7",
        "DELETE FROM people_reading",
        "UPDATE people_logcheckpoint SET number = 7",
        "DELETE FROM people_logcheckpoint",
    ],
)
def test_the_database_refuses_too(cast, sql):
    look(cast)
    checkpoints.checkpoint(at=now())
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert problems() == []


def test_a_whole_log_is_whole(cast):
    for count in range(5):
        look(cast, words=f"call {count}")
    checkpoints.checkpoint(at=now())
    chains.forget()
    look(cast)
    result = verify.Result()
    assert problems(result=result) == []
    assert (result.rows, result.chains, result.checkpoints) == (6, 2, 1)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("reason", "helping"),
        ("what", "email"),
        ("thing", "x"),
        ("reader_id", 4711),
        ("subject_id", 4711),
        ("subject_handle", "somebody"),
        ("reader_handle", "somebody"),
        ("role", "officer"),
        ("scope", "Elsewhere"),
        ("at", dt.datetime(2026, 11, 1, tzinfo=dt.UTC)),
        ("mac", b"0" * 32),
    ],
)
def test_a_changed_row_is_named(cast, column, value):
    look(cast)
    bad = look(cast)
    look(cast)
    tamper(f"UPDATE people_reading SET {column} = %s WHERE id = %s", value, bad.pk)  # noqa: S608
    found = problems()
    assert found[0].startswith(f"row {bad.pk} ")
    assert "is not as it was written" in found[0]
    # Only a changed hash makes the next row look wrong as well.
    assert len(found) == (2 if column == "mac" else 1)


def test_words_moved_to_another_row_are_named(cast):
    first, second = look(cast, words="One."), look(cast, words="Two.")
    tamper(
        "UPDATE people_reading SET words = (SELECT words FROM people_reading WHERE id = %s) "
        "WHERE id = %s",
        first.pk,
        second.pk,
    )
    assert [text.split(" (")[0] for text in problems()] == [f"row {second.pk}"]


def test_words_that_do_not_open_are_named(cast):
    row = look(cast, words="One.")
    tamper("UPDATE people_reading SET words = 'nonsense' WHERE id = %s", row.pk)
    assert problems() == [
        f"row {row.pk} (chain {row.chain}, {row.month}, place 1): "
        "holds a name or words that do not open"
    ]


@pytest.mark.parametrize("gone", [0, 1])
def test_a_row_taken_out_leaves_a_gap(cast, gone):
    rows = [look(cast) for _ in range(3)]
    tamper("DELETE FROM people_reading WHERE id = %s", rows[gone].pk)
    assert [text.rsplit(": ")[-1] for text in problems()] == [f"place {gone + 1} is missing"]


def test_a_chain_cut_short_is_found_by_its_checkpoint(cast):
    rows = [look(cast) for _ in range(3)]
    checkpoints.checkpoint(at=now())
    tamper("DELETE FROM people_reading WHERE id >= %s", rows[1].pk)
    assert [text.rsplit(": ")[-1] for text in problems()] == ["places 2 to 3 are missing"]


def test_a_chain_taken_away_whole_is_found_by_its_checkpoint(cast):
    look(cast)
    chains.forget()
    look(cast)
    checkpoints.checkpoint(at=now())
    tamper("DELETE FROM people_reading WHERE chain = %s", Reading.objects.first().chain)
    assert [text.rsplit(": ")[-1] for text in problems()] == ["place 1 is missing"]


def test_a_row_put_in_is_named(cast):
    row = look(cast)
    fake = Reading(**{f.attname: getattr(row, f.attname) for f in Reading._meta.fields})
    fake.pk, fake.position = None, 2
    fake.save(force_insert=True)
    assert [text.split(" (")[0] for text in problems()] == [f"row {fake.pk}"]


def test_checkpoints_follow_each_other_and_a_changed_one_is_named(cast):
    for _ in range(3):
        look(cast)
        assert checkpoints.checkpoint(at=now()) is not None
    assert checkpoints.checkpoint(at=now()) is None
    assert [row.number for row in LogCheckpoint.objects.order_by("number")] == [1, 2, 3]
    tamper_checkpoint(
        'UPDATE people_logcheckpoint SET content = \'{"upto": 0, "heads": []}\' WHERE number = 2'
    )
    assert problems() == ["the log: checkpoint 2 is not as it was written"]


def tamper_checkpoint(sql):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE people_logcheckpoint DISABLE TRIGGER USER")
            cursor.execute(sql)
            cursor.execute("ALTER TABLE people_logcheckpoint ENABLE TRIGGER USER")
            return
    tamper(sql)


@pytest.mark.django_db(transaction=True)
def test_cutting_the_checkpoints_is_found_by_the_witness(cast):
    look(cast)
    checkpoints.checkpoint(at=now())
    assert problems() == []
    tamper_checkpoint("DELETE FROM people_logcheckpoint")
    tamper("DELETE FROM people_reading")
    assert [text.split(" is named")[0] for text in problems()] == ["the log: checkpoint 1"]


def test_a_guard_taken_away_is_said(cast):
    with connection.cursor() as cursor:
        on = " ON people_reading" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER only_added_reading_delete{on}")
    assert problems() == [
        "the log: the database no longer holds the guard only_added_reading_delete"
    ]


# --- Transactions ----------------------------------------------------------------------------


def look_and_undo(cast, times):
    with transaction.atomic():
        for _ in range(times):
            look(cast)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_row_rolled_back_is_no_gap(cast):
    look(cast)
    look_and_undo(cast, 1)
    look(cast)
    with transaction.atomic():
        look(cast)
        look_and_undo(cast, 2)
        look(cast)
        look(cast)
    look(cast)
    assert Reading.objects.count() == 6
    assert problems() == []


@pytest.mark.django_db(transaction=True)
def test_any_mix_of_rollbacks_leaves_a_whole_log(cast):
    import random

    dice = random.Random(20261122)

    class Undo(Exception):
        pass

    def some(depth):
        for _ in range(dice.randint(0, 3)):
            if depth < 3 and dice.random() < 0.5:
                try:
                    with transaction.atomic():
                        some(depth + 1)
                        if dice.random() < 0.4:
                            raise Undo
                except Undo:
                    pass
            else:
                look(cast)

    for _ in range(60):
        some(0)
        if dice.random() < 0.1:
            checkpoints.checkpoint(at=now())
    assert Reading.objects.count() > 50
    assert problems() == []


@pytest.mark.django_db(transaction=True)
def test_a_chain_goes_on_from_request_to_request(cast):
    rows = [look(cast) for _ in range(3)]
    assert [row.position for row in rows] == [1, 2, 3]
    assert len({row.chain for row in rows}) == 1


def test_a_new_month_begins_a_new_chain(cast):
    old = look(cast, at=now() - dt.timedelta(days=40))
    new = look(cast)
    assert old.chain != new.chain
    assert (old.month, new.month) == (month_of(old.at), month_of(new.at))
    assert problems() == []


# --- Months ----------------------------------------------------------------------------------


def test_months_are_counted_on_londons_clock():
    assert month_of(dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)) == 202607
    span = months_between(
        dt.datetime(2025, 11, 5, tzinfo=dt.UTC), dt.datetime(2026, 2, 5, tzinfo=dt.UTC)
    )
    assert span == [202602, 202601, 202512, 202511]


def test_only_an_old_month_can_be_closed_and_that_is_signed(cast):
    at = now()
    old = look(cast, at=at - dt.timedelta(days=800))
    look(cast, at=at)
    checkpoints.checkpoint(at=at)
    with pytest.raises(partitions.CannotClose):
        partitions.close_month(month_of(at), why="too soon", at=at)
    assert partitions.close_month(old.month, why="kept two years", at=at) == 1
    assert Reading.objects.count() == 1
    assert problems() == []
    last = LogCheckpoint.objects.order_by("number").last()
    assert last.content == {"month": old.month, "rows": 1, "why": "kept two years"}
    # The guards stand again.
    assert partitions.guards_missing() == []


def test_the_command_says_whole_or_names_what_is_not(cast, capsys):
    bad = look(cast)
    call_command("log", "verify")
    assert capsys.readouterr().out.splitlines()[-1] == "The log is whole."
    tamper("UPDATE people_reading SET reason = 'helping'")
    with pytest.raises(SystemExit) as left:
        call_command("log", "verify", "--json")
    assert left.value.code == 1
    said = json.loads(capsys.readouterr().out)
    assert said["is_whole"] is False
    assert [row["row"] for row in said["first_problems"]] == [bad.pk]
