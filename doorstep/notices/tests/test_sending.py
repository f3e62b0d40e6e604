"""Letters go out once, when they may, to whoever still wants them."""

import datetime as dt
import re
import smtplib
import threading

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction

from doorstep.base.time import LONDON
from doorstep.notices import actions, letters, sending
from doorstep.notices.actions import after_quiet_hours, send
from doorstep.notices.kinds import Kind, kinds
from doorstep.notices.models import Channel, Delivery, Notice, QuietHours
from doorstep.people.models import Block, Person
from doorstep.people.rights import retention

AT = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(minutes=11)


@pytest.fixture(autouse=True)
def _kinds():
    before = dict(kinds._items)
    kinds.add("test-mail", Kind(label="Replies to me", by_email=True))
    kinds.add("test-quiet", Kind(label="Thanks"))
    kinds.add("test-urgent", Kind(label="Called off", by_email=True, cannot_wait=True))
    yield
    kinds._items.clear()
    kinds._items.update(before)


@pytest.fixture
def waiting(cast):
    """Amina has one letter waiting, about something Bryn did."""
    send(
        "test-mail", cast.amina, key="one", title="Bryn replied to you", body="“I'll come.”",
        path="/feed/7/", about=cast.bryn, at=AT,
    )  # fmt: skip
    return Delivery.objects.get()


def state():
    return Delivery.objects.values_list("state", flat=True).get()


def test_a_letter_is_sent_with_words_html_a_phone_number_and_a_way_out(cast, waiting, settings):
    settings.SITE_URL = "https://doorstep.example.org"
    assert sending.send_due(AT, 10).sent == 1
    [letter] = mail.outbox
    assert letter.to == [cast.amina.account.email]
    html = letter.alternatives[0][0]
    for words in (letter.body, html):
        assert "Bryn replied to you" in words
        assert re.search(r"https://doorstep\.example\.org/notices/door/[^/\s]+/feed/7/", words)
        assert settings.HELP_PHONE in words
        assert "/notices/unsubscribe/" in words
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter.extra_headers["List-Unsubscribe"].startswith(
        "<https://doorstep.example.org/notices/unsubscribe/"
    )
    assert state() == "sent"


def test_the_subject_never_says_who_or_what(cast, waiting):
    sending.send_due(AT, 10)
    assert mail.outbox[0].subject == "Doorstep: Replies to me"


def test_a_line_break_in_a_name_makes_no_header_of_a_letter(cast):
    evil = "Amina\r\nBcc: thief@example.org"
    Person.objects.filter(pk=cast.amina.pk).update(known_as=evil)
    send("test-mail", Person.objects.get(pk=cast.amina.pk), key="x", title=evil, at=AT)
    assert sending.send_due(AT, 10).sent == 1
    [letter] = mail.outbox
    assert letter.recipients() == [cast.amina.account.email]
    head = letter.message().as_bytes().split(b"\n\n")[0]
    assert b"thief" not in head
    assert b"Bcc" not in head


def test_what_people_write_is_escaped_in_the_letter(cast):
    send("test-mail", cast.amina, key="x", title="<script>alert(1)</script>", at=AT)
    sending.send_due(AT, 10)
    assert "<script>" not in mail.outbox[0].alternatives[0][0]


def test_a_letter_is_written_in_its_readers_language(cast):
    from django.utils.translation import gettext_lazy

    Person.objects.filter(pk=cast.amina.pk).update(reads="ur")
    cast.amina.refresh_from_db()
    send("test-mail", cast.amina, key="x", title=gettext_lazy("Notices"), at=AT)
    sending.send_due(AT, 10)
    assert 'lang="ur" dir="rtl"' in mail.outbox[0].alternatives[0][0]


def test_sending_twice_sends_once(waiting):
    assert sending.send_due(AT, 10).sent == 1
    assert sending.send_due(AT, 10).sent == 0
    assert len(mail.outbox) == 1


def test_a_letter_another_worker_has_claimed_is_left_alone(waiting):
    Delivery.objects.update(due_at=AT + sending.HOLD)
    assert sending.send_due(AT, 10).taken == []


def test_a_letter_of_a_worker_that_died_goes_out_later(waiting):
    Delivery.objects.update(due_at=AT + sending.HOLD)  # claimed, and then nothing
    assert sending.send_due(LATER, 10).sent == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_never_send_the_same_letter(cast, on_disk):
    for number in range(12):
        send("test-mail", cast.amina, key=f"n{number}", title=f"Number {number}", at=AT)
    gate = threading.Barrier(2)
    problems = []

    def work():
        try:
            gate.wait()
            while sending.send_due(AT, 3).taken:
                pass
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    sent = sorted(letter.extra_headers["Message-ID"] for letter in mail.outbox)
    assert len(sent) == len(set(sent)) == 12


# --- Looked at again before it goes -----------------------------------------------------------


def test_a_letter_not_wanted_any_more_is_dropped(cast, waiting):
    actions.choose(cast.amina, {("test-mail", Channel.EMAIL): False})
    assert sending.send_due(AT, 10).dropped == 1
    assert (state(), Delivery.objects.get().problem) == ("dropped", "not wanted any more")
    assert mail.outbox == []


@pytest.mark.parametrize("who", ["amina", "bryn"])
def test_a_block_by_either_stops_a_letter_already_waiting(who, cast, waiting):
    other = {"amina": cast.bryn, "bryn": cast.amina}[who]
    Block.objects.create(blocker=getattr(cast, who), blocked=other)
    sending.send_due(AT, 10)
    assert (state(), mail.outbox) == ("dropped", [])


def test_nobody_writes_to_somebody_who_left(cast, waiting):
    Person.objects.filter(pk=cast.amina.pk).update(state="away")
    sending.send_due(AT, 10)
    assert (state(), mail.outbox) == ("dropped", [])


def test_quiet_hours_chosen_after_it_was_queued_hold_it_back(cast, waiting):
    QuietHours.objects.create(person=cast.amina, starts_at=dt.time(11), ends_at=dt.time(13))
    assert sending.send_due(AT, 10).put_off == 1
    assert Delivery.objects.get().due_at == AT + dt.timedelta(hours=1)
    assert sending.send_due(AT + dt.timedelta(hours=1), 10).sent == 1


def test_what_cannot_wait_goes_through_quiet_hours(cast):
    QuietHours.objects.create(person=cast.amina, starts_at=dt.time(11), ends_at=dt.time(13))
    send("test-urgent", cast.amina, key="x", title="Called off", at=AT)
    assert sending.send_due(AT, 10).sent == 1


# --- When it can't be sent --------------------------------------------------------------------


class Refusing(EmailBackend):
    def send_messages(self, messages):
        raise smtplib.SMTPRecipientsRefused({"x@example.org": (550, b"no such person")})


class Away(EmailBackend):
    def open(self):
        raise ConnectionRefusedError("nobody there")


class HangsUp(EmailBackend):
    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("gone")


def backend(settings, kind):
    settings.EMAIL_BACKEND = f"{kind.__module__}.{kind.__qualname__}"


def test_a_refused_letter_waits_longer_each_time_and_is_then_given_up(waiting, settings):
    backend(settings, Refusing)
    at, waits = AT, []
    while state() == "waiting":
        sending.send_due(at, 10)
        row = Delivery.objects.get()
        if row.state == "waiting":
            waits.append(row.due_at - at)
            at = row.due_at
    assert [int(wait.total_seconds() // 60) for wait in waits] == [1, 5, 30, 120, 720]
    row = Delivery.objects.get()
    assert (row.state, row.tries) == ("failed", 6)
    assert "no such person" in row.problem


@pytest.mark.parametrize("kind", [Away, HangsUp])
def test_a_mail_server_that_is_away_loses_nothing_and_counts_as_no_try(kind, waiting, settings):
    backend(settings, kind)
    with pytest.raises(sending.MailAway):
        sending.send_due(AT, 10)
    row = Delivery.objects.get()
    assert (row.state, row.tries, row.due_at) == ("waiting", 0, AT)
    backend(settings, EmailBackend)
    assert sending.send_due(AT, 10).sent == 1


def test_one_refused_letter_holds_up_no_other(cast, waiting, settings, monkeypatch):
    send("test-mail", cast.bryn, key="two", title="Hello", at=AT)
    real = letters.compose

    def compose(delivery, address):
        letter = real(delivery, address)
        if delivery.pk == waiting.pk:
            letter.send = Refusing().send_messages
            letter.send = lambda: Refusing().send_messages([letter])
        return letter

    monkeypatch.setattr(sending, "compose", compose)
    assert sending.send_due(AT, 10).sent == 1
    assert [letter.to for letter in mail.outbox] == [[cast.bryn.account.email]]


# --- Quiet hours ------------------------------------------------------------------------------


def hours(start, end):
    return QuietHours(starts_at=dt.time.fromisoformat(start), ends_at=dt.time.fromisoformat(end))


def london(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("at", "start", "end", "expected"),
    [
        ("2026-11-21T12:00", "21:00", "08:00", "2026-11-21T12:00"),
        ("2026-11-21T23:30", "21:00", "08:00", "2026-11-22T08:00"),  # before midnight
        ("2026-11-22T03:00", "21:00", "08:00", "2026-11-22T08:00"),  # after midnight
        ("2026-11-22T08:00", "21:00", "08:00", "2026-11-22T08:00"),  # the very end
        ("2026-11-21T13:30", "13:00", "15:00", "2026-11-21T15:00"),  # within one day
        ("2026-11-21T13:30", "13:00", "13:00", "2026-11-21T13:30"),  # no hours at all
        ("2026-03-28T23:00", "22:00", "07:00", "2026-03-29T07:00"),  # clocks go forward
        ("2026-10-24T23:00", "22:00", "07:00", "2026-10-25T07:00"),  # clocks go back
    ],
)
def test_quiet_hours_end_when_the_clock_on_the_wall_says_so(at, start, end, expected):
    assert after_quiet_hours(london(at), hours(start, end)) == london(expected)


def test_quiet_hours_that_end_in_the_skipped_hour_end_when_it_is_over():
    end = after_quiet_hours(london("2026-03-28T23:00"), hours("22:00", "01:30"))
    assert end == dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC)  # 2:30 on the wall


def test_a_night_of_a_clock_change_is_never_sent_into_the_past():
    second_half_past_one = dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)
    assert after_quiet_hours(second_half_past_one, hours("22:00", "01:45")) >= second_half_past_one


# --- Old ones ---------------------------------------------------------------------------------


def test_notices_read_ninety_days_ago_are_forgotten_and_new_ones_never(cast):
    for key, seen in (("old", AT - dt.timedelta(days=91)), ("young", AT), ("new", None)):
        send("test-quiet", cast.amina, key=key, title=key, at=AT - dt.timedelta(days=200))
        Notice.objects.filter(key=key).update(seen_at=seen)
    retention.run(at=AT)
    assert set(Notice.objects.values_list("key", flat=True)) == {"young", "new"}


def test_a_notice_in_a_transaction_that_fails_is_never_sent(cast):
    def act_and_fail():
        with transaction.atomic():
            send("test-mail", cast.amina, key="x", title="It never happened", at=AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act_and_fail()
    assert sending.send_due(AT, 10).taken == []
