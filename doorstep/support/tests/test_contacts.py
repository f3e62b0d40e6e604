"""Tries are rows; three that reach nobody bring a knock; lists are read whatever they look like."""

import datetime as dt
import io

import pytest
from django.core.files.base import ContentFile

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people import signs
from doorstep.support.contacts import actions, outreach, reading
from doorstep.support.models import ContactAttempt, OutreachRow, Reach, Request
from doorstep.support.tests.desk import HOUR, at_hub, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(borough):
    return make_desk(borough)


def _miss(desk, request, at, **more):
    return actions.record(
        request.person, by=desk.organiser, at=at, outcome="no_answer", request=request, **more
    )


def test_three_tries_that_reach_nobody_bring_a_knock_and_the_hub_hears(desk):
    """Journey 10, and the long journey “Nobody answers”."""
    made = at_hub(desk)
    for number in range(3):
        _miss(desk, made, now() + number * HOUR)
    reach = Reach.objects.get(person=made.person)
    assert (reach.state, reach.missed) == ("check", 3)
    assert Notice.objects.filter(person=desk.organiser, kind="support-knock").count() == 1
    assert not Notice.objects.filter(person=desk.far_organiser, kind="support-knock").exists()
    actions.record(made.person, by=desk.organiser, at=now(), channel="visit",
                   outcome="nobody_home", request=made)  # fmt: skip
    reach.refresh_from_db()
    assert (reach.state, reach.due_at is not None) == ("unreachable", True)
    actions.record(made.person, by=desk.organiser, at=now(), channel="visit",
                   outcome="seen_well", request=made)  # fmt: skip
    reach.refresh_from_db()
    assert (reach.state, reach.missed, reach.due_at) == ("fine", 0, None)
    assert made.attempts.count() == 5


def test_somebody_who_always_answers_is_missed_sooner(desk):
    made = at_hub(desk)
    for number in range(3):
        actions.record(made.person, by=desk.organiser, at=now() + number * HOUR, outcome="spoke",
                       request=made)  # fmt: skip
    for number in range(2):
        _miss(desk, made, now() + (4 + number) * HOUR)
    assert Reach.objects.get(person=made.person).state == "check"


def test_a_try_sent_twice_counts_once(desk):
    made = at_hub(desk)
    for _turn in range(2):
        _miss(desk, made, now(), client_key="once-only-1")
    assert Reach.objects.get(person=made.person).missed == 1


def test_a_call_back_waits_until_somebody_rings(desk, client):
    made = at_hub(desk)
    actions.record(made.person, by=desk.organiser, at=now(), outcome="call_back",
                   call_back_at=now() + HOUR, request=made)  # fmt: skip
    client.force_login(desk.organiser.account)
    assert "Maureen Tully" in client.get("/support/contacts/").content.decode()
    actions.record(made.person, by=desk.organiser, at=now(), outcome="spoke", request=made)
    assert ContactAttempt.objects.filter(outcome="call_back", called_back_at=None).count() == 0


def test_missed_contacts_are_small_signs_without_a_name(desk):
    made = at_hub(desk)
    for number in range(2):
        _miss(desk, made, now() - (4 - number) * HOUR)
    found = [one for one in signs.signs(at=now()) if one.person_id == made.person.pk]
    assert found
    assert "Maureen" not in " ".join(str(one.why) for one in found)


# --- Lists -----------------------------------------------------------------------------------


def _file(text, encoding="utf-8"):
    raw = text if isinstance(text, bytes) else text.encode(encoding)
    return ContentFile(raw, name="people.csv")


def _bring(desk, text, **more):
    made = outreach.bring_in(
        by=desk.officer, at=now(), client_key="list-0001", file=_file(text), name="Winter", **more
    )
    reading.tick()
    made.refresh_from_db()
    return made


@pytest.mark.parametrize(
    ("said", "code", "note"),
    [("Bengali", "bn", ""), ("বাংলা", "bn", ""), ("UR", "ur", ""), ("", "", ""),
     ("Sylheti", "", "Sylheti")],
)  # fmt: skip
def test_the_language_of_a_list_is_there_when_somebody_rings(desk, client, said, code, note):
    made = _bring(desk, f"name,phone,language\nAda,07700900001,{said}\n")
    row = made.rows.get()
    assert (row.language, row.note) == (code, note)
    client.force_login(desk.officer.account)
    page = client.get(f"/support/outreach/{made.pk}/ring/").content.decode()
    shown = {"bn": "বাংলা", "ur": "اردو"}.get(code, note)
    assert shown in page
    draft = outreach.they_need(row, by=desk.officer, at=now(), words="Milk")
    assert draft.typed.get("language", "") == code


def test_a_list_of_mixed_encodings_doubles_and_formulas_is_read_whole(desk):
    raw = (
        b"Name,Phone,Postcode,Notes\n"
        + "Zoë Ødegård,07700 900001,RM10 7FH,é in UTF-8\n".encode()
        + "Renée Dupont,07700 900002,RM8 2AA,é in Windows\n".encode("cp1252")
        + b"Zo\xc3\xab \xc3\x98deg\xc3\xa5rd,+44 7700 900001,,again\n"
        + b'=HYPERLINK("http://evil.example"),07700900003,,=1+1\n'
        + b"No Number,,RM10 7FH,\n"
    )
    made = _bring(desk, raw)
    rows = {row.number: row for row in made.rows.order_by("number")}
    assert (made.state, made.read, made.doubles, made.unusable) == ("ready", 5, 1, 1)
    assert [rows[1].name, rows[2].name, rows[1].phone] == [
        "Zoë Ødegård", "Renée Dupont", "+447700900001"]  # fmt: skip
    assert rows[4].name.startswith("HYPERLINK")
    assert rows[4].note == "1+1"
    assert rows[5].state == "unusable"
    assert (rows[1].locality, rows[2].locality) == (
        desk.borough.locality,
        desk.borough.far_locality,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "first line"),
        ("PK\x03\x04\x00\x00", "no CSV"),
    ],
)
def test_a_file_that_is_no_list_says_why_at_once(desk, text, told):
    with pytest.raises(reading.Unreadable, match=told):
        outreach.bring_in(
            by=desk.officer, at=now(), client_key="list-0002", file=_file(text), name="X"
        )


def test_what_goes_out_as_csv_is_no_formula(desk, client):
    made = _bring(desk, "name,phone\nAda,07700900001\n")
    made.rows.update(name="=cmd|' /C calc'!A0")
    client.force_login(desk.officer.account)
    text = client.post(f"/support/outreach/{made.pk}/", {"then": "csv"}).content.decode()
    assert "'=cmd" in text
    assert ",07700 900001," in text


def test_an_empty_file_is_said_in_plain_words(desk, client):
    client.force_login(desk.officer.account)
    answer = client.post(
        "/support/outreach/", {"name": "Winter", "client_key": "list-0002", "file": _file("")}
    )
    assert answer.status_code == 422
    assert "The file is empty." in answer.content.decode()


def test_two_callers_never_get_the_same_person_and_each_outcome_counts_once(desk):
    """Journey 16: reach everyone."""
    made = _bring(desk, "name,phone\n" + "".join(f"P{n},0770090{n:04d}\n" for n in range(6)))
    one = outreach.next_row(made, by=desk.officer, at=now())
    other = outreach.next_row(made, by=desk.second_officer, at=now())
    assert one != other
    assert outreach.next_row(made, by=desk.officer, at=now()) == one
    for _turn in range(2):
        outreach.record(one, by=desk.officer, at=now(), outcome="spoke", client_key="row-key-01")
    assert ContactAttempt.objects.filter(row=one).count() == 1
    at = now()
    for _number in range(3):
        outreach.record(other, by=desk.officer, at=at, outcome="no_answer")
        at += dt.timedelta(days=1)
    other.refresh_from_db()
    assert other.state == "unreachable"
    assert outreach.counts(made, desk.officer)["done"] == 1


def test_a_hub_rings_only_its_own_people(desk, client):
    made = _bring(desk, "name,phone,postcode\nNear,07700900001,RM10 7FH\nFar,07700900002,RM8 2AA\n")
    row = outreach.next_row(made, by=desk.far_organiser, at=now())
    assert row.name == "Far"
    with pytest.raises(outreach.NobodyLeft):
        outreach.next_row(made, by=desk.far_organiser, at=now() + dt.timedelta(seconds=1)) and (
            outreach.record(row, by=desk.far_organiser, at=now(), outcome="spoke"),
            outreach.next_row(made, by=desk.far_organiser, at=now()),
        )


def test_whoever_needs_something_becomes_a_draft_of_a_call(desk, client):
    made = _bring(desk, "name,phone,postcode\nAda Cole,07700900001,RM10 7FH\n")
    client.force_login(desk.officer.account)
    client.get(f"/support/outreach/{made.pk}/ring/")
    row = OutreachRow.objects.get()
    answer = client.post(
        f"/support/outreach/{made.pk}/ring/",
        {"row": row.pk, "then": "need", "words": "No heating", "client_key": "need-key-1",
         "channel": "phone", "direction": "out"},
    )  # fmt: skip
    assert answer.status_code == 302
    assert "/support/calls/" in answer["Location"]
    row.refresh_from_db()
    assert row.state == "done"
    page = client.get(answer["Location"]).content.decode()
    assert "Ada Cole" in page


def test_lines_are_counted_and_memory_is_kept_small(desk):
    text = io.StringIO()
    text.write("name,phone\n")
    for number in range(2_500):
        text.write(f"Person {number},0770{number:07d}\n")
    made = _bring(desk, text.getvalue())
    assert (made.read, made.rows.count()) == (2_500, 2_500)
    assert Request.objects.count() == 0


def test_whoever_rings_is_asked_what_can_come_of_a_call(desk, client):
    made = _bring(desk, "name,phone\nAda,07700900001\n")
    client.force_login(desk.officer.account)
    page = client.get(f"/support/outreach/{made.pk}/ring/").content.decode()
    assert "Line busy" in page
    assert "Nobody opened" not in page
    row = made.rows.get()
    said = {"row": row.pk, "client_key": "k" * 20, "then": "next"}
    path = f"/support/outreach/{made.pk}/ring/"
    assert client.post(path, said | {"outcome": "seen_well"}).status_code == 422
    assert client.post(path, said | {"outcome": "spoke"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "done"
