"""What lies sealed opens here, and nowhere else."""

import contextlib
import datetime as dt
import json
import os
import stat
import threading

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, models, transaction
from django.db.models.functions import Lower
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base import sealing
from doorstep.base.sealed_fields import (
    SealedCharField,
    SealedEmailField,
    SealedJSONField,
    SealedTextField,
)

LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
# Whatever text can be: all of Unicode but halves of surrogate pairs, which no database takes.
any_text = st.text(st.characters(exclude_categories=["Cs"]))
NUMBER = "+447700900123"


def a_key(name: str) -> sealing.Key:
    return sealing.Key(name, (name * 6)[:32].encode(), LONG_AGO)


OLD = sealing.Keyring([a_key("oldold")], "oldold")
PUBLISHED = sealing.Keyring([a_key("oldold"), a_key("newnew")], "oldold")
TURNING = sealing.Keyring([a_key("oldold"), a_key("newnew")], "newnew")
NEW = sealing.Keyring([a_key("newnew")], "newnew")


class Letter(models.Model):
    """A table of these tests alone."""

    words = SealedTextField(blank=True)
    name = SealedCharField(max_length=20, blank=True)
    phone = SealedCharField(max_length=20, null=True, blank=True, can_look_up=True, unique=True)
    email = SealedEmailField(blank=True, can_look_up=True)
    facts = SealedJSONField(null=True, default=dict)
    plain = models.CharField(max_length=80, blank=True)
    earlier = models.ForeignKey("self", models.CASCADE, null=True)

    class Meta:
        app_label = "sealing_tests"

    def __str__(self) -> str:
        return self.plain


@pytest.fixture
def letters(db):
    # Not through `with schema_editor()`, which SQLite refuses within a test's transaction.
    editor = connection.SchemaEditorClass(connection)
    editor.deferred_sql = []
    sql, _params = editor.table_sql(Letter)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    return Letter.objects


def lying(column: str) -> list[str]:
    """Return what the table itself holds in a column."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM sealing_tests_letter ORDER BY id")  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


# --- Values -----------------------------------------------------------------------------------


@given(any_text, st.booleans())
def test_any_text_comes_back_as_it_was(text, can_look_up):
    column = sealing.Column("a.b.c", can_look_up=can_look_up)
    sealed = column.seal(text)
    assert column.open(sealed) == text
    assert sealing.is_sealed(sealed)
    assert sealed.isascii()


@given(any_text, st.booleans(), st.data())
def test_a_value_changed_by_one_letter_does_not_open(text, can_look_up, data):
    column = sealing.Column("a.b.c", can_look_up=can_look_up)
    sealed = column.seal(text)
    place = data.draw(st.integers(0, len(sealed) - 1))
    letter = data.draw(st.sampled_from("AZaz09+/=~:é").filter(lambda one: one != sealed[place]))
    changed = sealed[:place] + letter + sealed[place + 1 :]
    # Base64 has letters whose last bits say nothing: those change no value.
    with contextlib.suppress(sealing.CannotOpen):
        assert column.open(changed) == text


def test_a_value_moved_to_another_column_does_not_open():
    for can_look_up in (False, True):
        sealed = sealing.Column("people.person.phone", can_look_up=can_look_up).seal(NUMBER)
        with pytest.raises(sealing.CannotOpen, match=r"people\.person\.postcode"):
            sealing.Column("people.person.postcode").open(sealed)


def test_a_hidden_value_never_looks_the_same_twice_and_a_findable_one_always_does():
    hidden, findable = sealing.Column("a.b.c"), sealing.Column("a.b.c", can_look_up=True)
    assert len({hidden.seal("x") for _turn in range(50)}) == 50
    assert len({findable.seal("x") for _turn in range(50)}) == 1


def test_plain_text_in_a_sealed_column_is_refused():
    with pytest.raises(sealing.CannotOpen, match="not sealed"):
        sealing.Column("a.b.c").open("14 Longbridge Road")


# --- Fields -----------------------------------------------------------------------------------


def test_the_table_holds_nothing_readable_and_the_model_everything(letters):
    row = letters.create(words="héllo", phone=NUMBER, email="A@B.org", facts={"in": ["أ", 1]})
    for column in ("words", "phone", "email", "facts"):
        [value] = lying(column)
        assert sealing.is_sealed(value)
    assert lying("name") == [""]
    found = letters.get(pk=row.pk)
    assert (found.words, found.phone, found.email, found.facts, found.name) == (
        "héllo", NUMBER, "a@b.org", {"in": ["أ", 1]}, "",
    )  # fmt: skip


def test_a_value_is_opened_when_it_is_read_and_kept_as_it_is_when_it_is_not(letters):
    row = letters.create(words="héllo", plain="before")
    before = lying("words")
    found = letters.get(pk=row.pk)
    assert sealing.is_sealed(found.__dict__["words"])
    found.plain = "after"
    found.save()
    assert lying("words") == before
    assert found.words == "héllo"


def test_typed_text_that_looks_sealed_is_only_text(letters):
    sealed = Letter._meta.get_field("words").vault.seal("somebody else's")
    row = letters.create(words=sealed)
    assert letters.get(pk=row.pk).words == sealed


def test_rows_are_found_by_the_exact_value_alone(letters):
    one = letters.create(phone=NUMBER, email="amina@example.org")
    two = letters.create(phone=None, email="", earlier=one)
    assert letters.get(phone=NUMBER) == one
    assert list(letters.filter(phone__in=["1", NUMBER, None])) == [one]
    assert list(letters.filter(phone__in=[])) == []
    assert list(letters.filter(earlier__phone=NUMBER)) == [two]
    assert letters.get(email__iexact="AMINA@example.ORG") == one
    assert list(letters.filter(phone=None)) == list(letters.filter(phone__isnull=True)) == [two]
    assert list(letters.exclude(email="")) == [one]
    assert letters.get_or_create(phone=NUMBER) == (one, False)
    assert letters.get_or_create(phone="2")[1] is True


def test_values_and_annotations_are_opened_at_once(letters):
    one = letters.create(words="first", facts={"a": 1})
    letters.create(words="second", earlier=one)
    assert list(letters.order_by("id").values_list("words", "facts")) == [
        ("first", {"a": 1}), ("second", {}),
    ]  # fmt: skip
    assert letters.filter(earlier=one).values("earlier__words").get() == {"earlier__words": "first"}
    assert letters.annotate(above=models.F("earlier__words")).get(earlier=one).above == "first"
    assert letters.select_related("earlier").get(earlier=one).earlier.words == "first"
    assert letters.defer("words").get(pk=one.pk).words == "first"
    assert letters.raw("SELECT * FROM sealing_tests_letter ORDER BY id")[0].words == "first"


def test_writing_many_at_once_seals_each(letters):
    rows = letters.bulk_create([Letter(words=f"w{i}", phone=f"{i}") for i in range(3)])
    assert len(set(lying("words"))) == 3
    rows[0].words = "changed"
    letters.bulk_update(rows, ["words", "facts"])
    assert letters.get(phone="0").words == "changed"
    letters.update(words="same")
    assert all(map(sealing.is_sealed, lying("words")))
    assert set(letters.values_list("words", flat=True)) == {"same"}
    letters.filter(phone="1").update(words="")
    assert lying("words").count("") == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda rows: rows.filter(words="x").count(),
        lambda rows: rows.filter(words__contains="x").count(),
        lambda rows: rows.filter(phone__startswith="+44").count(),
        lambda rows: rows.filter(phone__iexact="x").count(),
        lambda rows: rows.filter(phone__gt="1").count(),
        lambda rows: rows.filter(facts__in_it=1).count(),
        lambda rows: rows.filter(phone=models.F("plain")).count(),
        lambda rows: rows.filter(phone__in=rows.values("plain")).count(),
        lambda rows: list(rows.order_by("phone")),
        lambda rows: list(rows.order_by("-earlier__words")),
        lambda rows: rows.update(words=models.F("plain")),
        lambda rows: rows.update(words=models.F("name")),
        lambda rows: rows.update(words=models.Value("plain text")),
        lambda rows: rows.update(phone=Lower("phone")),
    ],
)
def test_what_the_database_cannot_do_with_sealed_text_is_refused_by_name(letters, ask):
    letters.create(words="x", phone=NUMBER)
    with pytest.raises(FieldError, match=r"sealing_tests\.Letter\.(words|phone|facts) is sealed"):
        ask(letters.all())


def test_a_unique_sealed_field_needs_to_be_findable():
    class Wrong(models.Model):
        code = SealedCharField(max_length=9, unique=True)

        class Meta:
            app_label = "sealing_tests_wrong"

        def __str__(self) -> str:
            return self.code

    assert "doorstep.E001" in {one.id for one in Wrong.check()}


# --- Turning keys -----------------------------------------------------------------------------


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(any_text.filter(bool), min_size=1, max_size=6, unique=True),
    turned=st.sets(st.integers(0, 5)),
)
def test_every_row_is_found_and_opens_at_any_point_of_a_rotation(letters, numbers, turned):
    letters.all().delete()
    with sealing.using(OLD):
        rows = [letters.create(phone=number, words=number) for number in numbers]
    for place, keys in enumerate((OLD, PUBLISHED, TURNING, TURNING)):
        with sealing.using(keys):
            if place == 3:
                for row in (row for number, row in enumerate(rows) if number in turned):
                    letters.get(pk=row.pk).save()
            for row, number in zip(rows, numbers, strict=True):
                assert letters.get(phone=number).words == number
                assert list(letters.filter(phone__in=[number])) == [row]


def test_what_is_saved_while_keys_turn_is_sealed_with_the_new_one(letters):
    with sealing.using(OLD):
        row = letters.create(words="x", phone=NUMBER)
    with sealing.using(TURNING):
        letters.get(pk=row.pk).save()
        assert {sealing.key_id(lying(column)[0]) for column in ("words", "phone")} == {"newnew"}
    with sealing.using(NEW):
        assert letters.get(phone=NUMBER).words == "x"


def test_a_number_stays_unique_while_keys_turn(letters):
    with sealing.using(OLD):
        letters.create(phone=NUMBER)
    with sealing.using(TURNING), pytest.raises(IntegrityError), transaction.atomic():
        letters.create(phone=NUMBER)


def test_a_value_under_a_key_we_do_not_have_is_refused_in_a_sentence(letters):
    with sealing.using(OLD):
        letters.create(words="14 Longbridge Road")
    with sealing.using(NEW), pytest.raises(sealing.CannotOpen) as problem:
        _ = letters.get().words
    assert str(problem.value) == (
        "A value in sealing_tests.letter.words is sealed with key 'oldold', which the key file "
        "does not hold."
    )


# --- The key file -----------------------------------------------------------------------------


@pytest.fixture
def file(settings, tmp_path):
    settings.KEY_FILE = tmp_path / "somewhere" / "keys.json"
    sealing._ring = None
    yield settings.KEY_FILE
    sealing._ring = None


def test_the_first_key_is_made_by_itself_for_its_owner_alone(file, db):
    keys = sealing.ring()
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    found = json.loads(file.read_text())
    assert found["writing"] == keys.writing
    assert [set(row) for row in found["keys"]] == [{"id", "key", "made_at", "is_retired"}]
    assert os.listdir(file.parent) == ["keys.json"]


def test_processes_that_start_together_agree_on_one_first_key(file, db):
    made = []

    def start():
        with contextlib.suppress(FileExistsError):
            key = sealing.made(LONG_AGO)
            sealing.write(file, sealing.Keyring([key], key.id), first=True)
            made.append(key.id)

    threads = [threading.Thread(target=start) for _turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sealing.ring().writing] == made


def test_a_key_file_that_is_missing_where_something_is_sealed_stops_everything(file, cast):
    person = cast.amina
    person.phone = NUMBER
    person.save()
    file.unlink()
    sealing._ring = None
    with pytest.raises(sealing.KeyProblem, match="is missing, and the database holds values"):
        sealing.ring()
    assert not file.exists()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"writing": "abcdef", "keys": []}', "\x00\xff", '{"keys": 3}']
)
def test_a_damaged_key_file_is_refused_in_a_sentence_that_shows_nothing_of_it(file, db, content):
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(sealing.KeyProblem, match="Bring back its backup"):
        sealing.ring()


def test_another_process_sees_a_new_key_when_it_meets_it(file, db):
    column = sealing.Column("a.b.c")
    mine = sealing.ring()
    new = sealing.made(LONG_AGO)
    # Somebody else's process writes the file; this one still has the old in memory.
    sealing.write(file, sealing.Keyring([*mine.keys.values(), new], new.id))
    with sealing.using(sealing.Keyring([new], new.id)):
        sealed = column.seal("x")
    sealing._ring = mine
    assert column.open(sealed) == "x"
    assert sealing.ring().writing == new.id


def test_only_one_process_turns_the_keys(file, db):
    sealing.ring()
    with (
        sealing.turning(),
        pytest.raises(sealing.KeyProblem, match="Let it finish"),
        sealing.turning(),
    ):
        raise AssertionError


def test_no_secret_is_in_what_a_key_says_of_itself():
    key = a_key("oldold")
    assert repr(key) == "<key oldold>"
    assert str(key.secret) not in f"{key} {OLD!r}"
