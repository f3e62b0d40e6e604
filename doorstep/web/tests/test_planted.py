"""A copy of database and media folder without the key tells nothing that is sealed.

Unmistakable values are planted everywhere: through the pages people use, and into every sealed
field there is, so that a new one is looked after from its first day. Then every byte of the copy
is searched, for the values themselves and for what they look like when somebody encodes them.
"""

import base64
import datetime as dt
import hashlib
import json

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.files.base import ContentFile
from django.db import connection, models
from django.test import Client

from doorstep.base.private_files import private_files
from doorstep.base.sealed_fields import (
    SealedEmailField,
    SealedJSONField,
    SealedMixin,
    sealed_fields,
)
from doorstep.base.time import now
from doorstep.people.tests import flows


def copies_of(value: str) -> dict[str, bytes]:
    """Return what the value may look like in a file, by the name of that."""
    raw = value.encode()
    looks = {
        "as it is": raw,
        "in small letters": value.lower().encode(),
        "as UTF-16": value.encode("utf-16-le"),
        "as UTF-16, turned round": value.encode("utf-16-be"),
        "in JSON": json.dumps(value)[1:-1].encode(),
        "as hex": raw.hex().encode(),
        "as HEX": raw.hex().upper().encode(),
        "backwards": raw[::-1],
        # Found within seconds by trying every number there is.
        "as a plain SHA-256": hashlib.sha256(raw).hexdigest().encode(),
        "as a plain MD5": hashlib.md5(raw, usedforsecurity=False).hexdigest().encode(),
        "as a plain SHA-1": hashlib.sha1(raw, usedforsecurity=False).hexdigest().encode(),
    }
    for shift in range(3):
        # Within a longer text the value may begin at any of three places of Base64.
        text = base64.b64encode(b"\0" * shift + raw)
        looks[f"as Base64, shifted by {shift}"] = text[4 if shift else 0 : -4]
        looks[f"as URL-safe Base64, shifted by {shift}"] = text[4 if shift else 0 : -4].translate(
            bytes.maketrans(b"+/", b"-_")
        )
    return looks


def stolen_copy() -> bytes:
    """Return every byte of the database and of the folders of files."""
    parts = []
    if connection.vendor == "sqlite":
        parts.append(connection.connection.serialize())
    else:
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                with cursor.cursor.copy(f'COPY (SELECT * FROM "{table}") TO STDOUT') as rows:  # noqa: S608
                    parts += [bytes(row) for row in rows]
    for root in (settings.MEDIA_ROOT, settings.PRIVATE_ROOT):
        for path in sorted(root.rglob("*")):
            parts.append(str(path.relative_to(root)).encode())
            if path.is_file():
                parts.append(path.read_bytes())
    return b"\n".join(parts)


def found_in(copy: bytes, planted: dict[str, str]) -> list[str]:
    """Return a line for each planted value that shows, and how."""
    return [
        f"{where} shows {how}"
        for where, value in planted.items()
        for how, look in copies_of(value).items()
        if look in copy
    ]


def test_the_search_finds_what_does_lie_open(cast):
    """Or else the others here would hold whatever we did."""
    cast.amina.about = "Zauberflöte-0"
    cast.amina.save()
    assert found_in(stolen_copy(), {"about": "Zauberflöte-0"}) == ["about shows as it is"]
    hidden = f"x{base64.b64encode(b'12Zauberflote-77').decode()}y".encode()
    assert found_in(hidden, {"it": "Zauberflote-77"})


# --- Every sealed field -----------------------------------------------------------------------


@pytest.fixture
def unchecked(db):
    """Rows need make no sense here: what a table checks about them is put aside."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
            return
        cursor.execute("SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'c'")
        for table, name in cursor.fetchall():
            if table != "-":
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}"')
    yield


@pytest.mark.parametrize(
    "field",
    [pytest.param(field, id=str(field)) for _model, fields in sealed_fields() for field in fields],
)
def test_what_is_put_into_a_sealed_field_lies_nowhere_in_the_open(field, unchecked, cast):
    planted = "Quitte-Zwölf-Planted-4711"[: field.max_length or 99]
    if isinstance(field, SealedEmailField):
        planted = "quitte-planted-4711@example.org"
    value = {"said": [planted]} if isinstance(field, SealedJSONField) else planted
    row = _a_row(field.model, field, value)
    assert field.value_from_object(field.model._base_manager.get(pk=row.pk)) == value
    copy = stolen_copy()
    column = field.model._base_manager.filter(pk=row.pk).values_list(field.name, flat=True)
    assert column.get() == value
    assert found_in(copy, {str(field): planted}) == []


def _a_row(model: type[models.Model], field: SealedMixin, value: object, depth: int = 0):
    """Return a row of the model with the value in the field, made as plainly as it can be."""
    given = {field.name: value}
    for one in model._meta.concrete_fields:
        if one.name in given or (one.primary_key and isinstance(one, models.AutoField)):
            continue
        if one.has_default() or one.null or (one.blank and one.empty_strings_allowed):
            continue
        given[one.name] = _something(one, depth)
    row = model(**given)
    row.save(force_insert=True)
    return row


def _something(field: models.Field, depth: int) -> object:
    if isinstance(field, models.ForeignKey):
        target = field.related_model
        there = None if isinstance(field, models.OneToOneField) else target._base_manager.first()
        if there is not None:
            return there
        assert depth < 8, f"we go round in circles at {field}"
        return _row_of(target, depth + 1)
    if field.choices:
        return next(iter(dict(field.flatchoices)))
    if isinstance(field, SealedJSONField | models.JSONField):
        return {}
    if isinstance(field, models.DateTimeField):
        return now()
    if isinstance(field, models.DateField):
        return dt.date(2026, 11, 1)
    if isinstance(field, models.TimeField):
        return dt.time(9)
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.BinaryField):
        return b"x"
    if isinstance(field, models.IntegerField | models.FloatField | models.DecimalField):
        return 60
    if isinstance(field, models.GenericIPAddressField):
        return "192.0.2.1"
    if isinstance(field, models.EmailField):
        return "somebody@example.org"
    return f"x{depth}"


def _row_of(model: type[models.Model], depth: int) -> models.Model:
    given = {
        one.name: _something(one, depth)
        for one in model._meta.concrete_fields
        if not (one.primary_key and isinstance(one, models.AutoField))
        and not (one.has_default() or one.null or (one.blank and one.empty_strings_allowed))
    }
    row = model(**given)
    row.save(force_insert=True)
    return row


def test_every_field_declared_sensitive_is_sealed_or_says_why():
    from doorstep.base.declaring import all_holdings

    for holding in all_holdings():
        for name, why in holding.sensitive.items():
            field = holding.model._meta.get_field(name)
            assert isinstance(field, SealedMixin) or why, f"{holding.model._meta.label}.{name}"


# --- Through the pages people use -------------------------------------------------------------

PLANTED = {
    "an account's e-mail": "planted.zwetschge@example.org",
    "an account's number": "+447700900987",
    "a number as it is written": "07700 900987",
    "an e-mail that was never proved": "planted.mirabelle@example.org",
    "a number with wrong codes": "+447700900654",
    "an e-mail nobody has": "planted.nobody@example.org",
    "a postcode": "RM10 7FH",
    "a full name": "Ottoline Zwetschgenbaum",
    "what somebody needs": "a ramp for the turquoise wheelchair",
    "a record's number": "+447700900321",
    "a private file": "The neighbour wrote: planted Reineclaude.",
    "a private file's name": "letter-from-Reineclaude.txt",
}


def _live_through_it(cast, borough) -> None:
    amina = Client()
    flows.join_by_mail(amina, PLANTED["an account's e-mail"], postcode=PLANTED["a postcode"])
    assert flows.is_in(amina)
    person = apps.get_model("people.Person").objects.order_by("-pk").first()
    person.full_name = PLANTED["a full name"]
    person.access_needs = PLANTED["what somebody needs"]
    person.postcode = PLANTED["a postcode"]
    person.save()
    flows.join_by_text(Client(), PLANTED["an account's number"])
    # Half-way in: what allauth keeps in the session while a code is on its way.
    flows.join(Client(), PLANTED["an e-mail that was never proved"])
    # Wrong codes and wrong passwords are counted, in the shared table of counts.
    lost = Client()
    flows.ask_for_code(lost, PLANTED["an e-mail nobody has"])
    flows.enter_code(lost, "000000")
    for _turn in range(3):
        lost.post(
            flows.SIGN_IN,
            {"login": PLANTED["a number with wrong codes"], "password": "wrong one, sorry"},
        )
        lost.post(
            flows.SIGN_IN,
            {"login": PLANTED["an account's e-mail"], "password": "wrong one, sorry"},
        )
    flows.ask_for_code(Client(), PLANTED["an account's number"])
    # Another e-mail, not proved yet.
    amina.post("/account/email/", {"email": "planted.pflaume@example.org", "action_add": "1"})
    cast.ewan.phone = PLANTED["a record's number"]
    cast.ewan.save()
    private_files.save("evidence", ContentFile(PLANTED["a private file"].encode()))


@pytest.mark.django_db
def test_what_people_type_lies_nowhere_in_the_open(cast, borough, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    _live_through_it(cast, borough)
    planted = PLANTED | {"another e-mail": "planted.pflaume@example.org"}
    # Postcodes of the whole borough lie in the open, as the Post Office publishes them.
    del planted["a postcode"]
    copy = stolen_copy()
    assert found_in(copy, planted) == []
    # It was all there to be found, though.
    assert mail.outbox
    accounts = apps.get_model("people.Account").objects
    assert accounts.filter(email=PLANTED["an account's e-mail"]).count() == 1
    assert accounts.filter(phone=PLANTED["an account's number"]).count() == 1


@pytest.mark.django_db
def test_a_code_that_is_on_its_way_does_not_lie_in_the_open(cast):
    somebody = Client()
    flows.join(somebody, "planted.quitte@example.org")
    code = flows.mailed_code()
    assert f'"{code}"'.encode() not in stolen_copy()


def test_a_number_is_found_by_nobody_without_the_key_but_by_us_at_once(cast):
    cast.ewan.phone = "+447700900321"
    cast.ewan.save()
    people = apps.get_model("people.Person").objects
    assert people.get(phone="+447700900321") == cast.ewan
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_person WHERE phone = %s", ["+447700900321"])
        assert cursor.fetchone() == (0,)
