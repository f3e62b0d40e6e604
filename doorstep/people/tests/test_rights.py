"""Requests with the legal clock, restriction, and keeping nothing too long."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from doorstep.base.time import in_london, now, today
from doorstep.people import rules as people_rules
from doorstep.people.models import (
    Account,
    Person,
    Restriction,
    RetentionRun,
    RightsRequest,
    RoleHolding,
    Session,
)
from doorstep.people.rights import actions, retention, rules
from doorstep.people.rights.rules import due_on
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(borough):
    person = PersonFactory(known_as="Farah", home=borough.ward)
    RoleHolding.objects.create(person=person, role="officer", area=borough.borough)
    return person


@pytest.fixture
def lead(borough):
    person = PersonFactory(known_as="Gwen", home=borough.ward)
    RoleHolding.objects.create(person=person, role="safeguarding", area=borough.borough)
    return person


def ask(person, kind="correction", *, by=None, key="key-of-its-own", at=None):
    return actions.ask(
        person, kind, by=by or person, at=at or now(), client_key=key, what="My birthday",
        words="It is in May",
    )  # fmt: skip


# --- The clock -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-04", "2026-12-04"),
        ("2026-01-31", "2026-03-02"),  # the 28th is a Saturday
        ("2026-11-30", "2026-12-30"),
        ("2026-12-15", "2027-01-15"),
        ("2024-01-31", "2024-02-29"),
    ],
)
def test_a_month_is_counted_as_the_law_counts(asked, due):
    assert due_on(dt.date.fromisoformat(asked)).isoformat() == due


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)))
def test_no_month_ends_on_a_weekend_or_takes_long(day):
    assert due_on(day).weekday() < 5
    assert 28 <= (due_on(day) - day).days <= 33
    assert due_on(day, 3) > due_on(day)


def test_a_request_twice_is_one(cast):
    assert ask(cast.amina).pk == ask(cast.amina).pk
    assert RightsRequest.objects.count() == 1


def test_it_can_be_made_longer_once_and_in_time_with_a_reason(cast, officer):
    row = ask(cast.amina)
    first = row.due_on
    actions.extend(row, why="There are many pages", by=officer, at=now())
    assert row.due_on > first
    with pytest.raises(actions.NotNow):
        actions.extend(row, why="Again", by=officer, at=now())
    late = ask(cast.bryn, key="another-key", at=now() - dt.timedelta(days=60))
    with pytest.raises(actions.NotNow):
        actions.extend(late, why="We forgot", by=officer, at=now())


def test_nobody_answers_their_own_and_only_once(cast, officer):
    own = ask(officer)
    with pytest.raises(PermissionError):
        actions.answer(own, is_done=True, words="Yes", by=officer, at=now())
    row = ask(cast.amina, key="another-key")
    actions.answer(row, is_done=False, words="It says May already", by=officer, at=now())
    assert row.state == RightsRequest.State.REFUSED
    with pytest.raises(actions.NotNow):
        actions.answer(row, is_done=True, words="Yes", by=officer, at=now())


def test_those_who_were_given_the_record_hear_of_a_correction(cast, officer, monkeypatch):
    monkeypatch.setitem(rules.sharers._items, "test", (1, lambda person: [cast.bryn, cast.carys]))
    row = ask(cast.amina)
    assert actions.answer(row, is_done=True, words="Done", by=officer, at=now()) == 2
    assert row.told_count == 2


def test_who_sees_a_request_is_told_twice_the_same(cast, officer, lead):
    rows = [ask(cast.amina), ask(cast.bryn, key="another-key")]
    for viewer in [*vars(cast).values(), officer, lead, None]:
        seen = {row for row in rows if rules.can_see_request(viewer, row)}
        assert set(RightsRequest.objects.visible_to(viewer)) == seen


def test_an_officer_of_one_part_of_the_borough_sees_nobody_elses_requests(cast, borough, client):
    """Neither what they ask, nor that they are leaving, nor that theirs may not be used."""
    far = PersonFactory(known_as="Zofia", home=borough.far_ward)
    RoleHolding.objects.create(person=cast.bryn, role="officer", area=borough.ward.parent)
    ask(far)
    ask(far, "restriction", key="another-key")
    actions.ask_erasure(far, by=far, at=now(), takes_posts=True, at_once=False)
    ask(cast.amina, key="a-third-key")
    client.force_login(cast.bryn.account)
    page = client.get("/people/records/rights/").content.decode()
    assert "Amina" in page
    assert "Zofia" not in page


def test_no_page_tells_how_much_is_held_back(cast, borough, lead, client):
    """Bryn, an administrator, has old rows of his own that stay because of something."""
    RoleHolding.objects.create(person=cast.bryn, role="administrator", area=borough.borough)
    client.force_login(cast.bryn.account)
    old_session(cast.bryn, "one")
    actions.hold(cast.bryn, why="x", review_on=today(), by=lead, at=now())
    retention.run(at=now())
    assert any(row["held"] for row in retention.preview(at=now()))
    answer = client.get("/people/records/retention/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "held back" not in page.lower()
    assert "Tonight 0 rows go" in page
    assert "Nothing is due" in page


# --- Not using a record --------------------------------------------------------------------------


def test_a_restricted_record_is_found_and_used_by_nobody_else(cast):
    ask(cast.amina, "restriction")
    amina = Person.objects.get(pk=cast.amina.pk)
    assert rules.is_restricted(amina)
    for viewer in (cast.amina, cast.bryn):
        seen = people_rules.can_see_person(viewer, amina)
        assert seen == Person.objects.visible_to(viewer).filter(pk=amina.pk).exists()
        assert seen == (viewer == cast.amina)


def test_it_is_lifted_by_the_person_any_time(cast, client):
    ask(cast.amina, "restriction")
    client.force_login(cast.amina.account)
    assert client.post("/people/me/rights/use-again/").status_code == 302
    assert not Restriction.objects.filter(lifted_at=None).exists()
    assert not rules.is_restricted(Person.objects.get(pk=cast.amina.pk))


def test_an_officer_tells_first_and_waits_a_week(cast, officer):
    ask(cast.amina, "restriction")
    row = Restriction.objects.get()
    at = now()
    with pytest.raises(actions.NotNow):
        actions.lift(row, by=officer, at=at)
    actions.tell_before_lifting(row, why="We checked it", by=officer, at=at)
    with pytest.raises(actions.NotNow):
        actions.lift(row, by=officer, at=at + dt.timedelta(days=6))
    actions.lift(row, by=officer, at=at + dt.timedelta(days=7))
    assert not rules.is_restricted(Person.objects.get(pk=cast.amina.pk))
    with pytest.raises(PermissionError):
        actions.lift(row, by=cast.bryn, at=at)


# --- Pages ---------------------------------------------------------------------------------------


def test_a_person_asks_reads_the_answer_and_takes_it_back(cast, officer, client):
    client.force_login(cast.amina.account)
    bad = client.post(
        "/people/me/rights/ask/correction/", {"what": "My name", "client_key": "12345678"}
    )
    assert (bad.status_code, "My name" in bad.content.decode()) == (422, True)
    good = {"what": "My name", "words": "It has two n", "client_key": "12345678"}
    assert client.post("/people/me/rights/ask/correction/", good).status_code == 302
    row = RightsRequest.objects.get()
    actions.extend(row, why="We look at paper too", by=officer, at=now())
    page = client.get("/people/me/rights/").content.decode()
    assert "It has two n" in page
    assert "We look at paper too" in page
    client.post(f"/people/me/rights/{row.pk}/take-back/")
    assert RightsRequest.objects.get().state == RightsRequest.State.WITHDRAWN
    other = ask(cast.bryn, key="another-key")
    assert client.post(f"/people/me/rights/{other.pk}/take-back/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_worklist_costs_no_more(
    rows, cast, officer, client, django_assert_max_num_queries
):
    for number, person in enumerate([cast.amina, cast.bryn, cast.carys][:rows]):
        ask(person, key=f"another-key-{number}")
    client.force_login(officer.account)
    with django_assert_max_num_queries(10):
        page = client.get("/people/records/rights/")
    assert page.content.decode().count("due") >= rows


def test_an_officer_does_it_all_for_somebody_without_an_account(
    officer, client, borough, django_capture_on_commit_callbacks
):
    them = PersonFactory(known_as="Hedd", account=False, home=borough.ward)
    client.force_login(officer.account)
    base = f"/people/records/rights/for/{them.handle}/"
    assert client.get(base).status_code == 200
    asked = {
        "what": "Ward", "words": "I moved", "way": "spoken", "known_by": "Rang back",
        "client_key": "12345678",
    }  # fmt: skip
    assert client.post(f"{base}ask/correction/", asked).status_code == 302
    row = RightsRequest.objects.get()
    assert (row.person, row.asked_by, row.known_by) == (them, officer, "Rang back")
    assert client.get(f"/people/records/rights/{row.pk}/").status_code == 200
    answer = {"outcome": "done", "words": "Your ward is right now"}
    assert client.post(f"/people/records/rights/{row.pk}/", answer).status_code == 302
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{base}copy/")
    export = them.exports.get()
    printed = client.post(f"{base}copy/{export.key}/")
    assert b"Hedd" in b"".join(printed.streaming_content)
    left = {"posts": "take", "when": "now", "way": "written", "known_by": "Letter", "sure": "on"}
    assert client.post(f"{base}leave/", left, follow=True).status_code == 200
    them.refresh_from_db()
    assert them.known_as == "A neighbour who left"


def test_officers_pages_are_closed_to_everybody_else(cast, client, borough):
    administrator = PersonFactory(home=borough.ward)
    RoleHolding.objects.create(person=administrator, role="administrator", area=borough.borough)
    row = ask(cast.bryn)
    for person in (cast.amina, administrator):
        client.force_login(person.account)
        for path, answer in (
            ("/people/records/rights/", 403),
            (f"/people/records/rights/{row.pk}/", 404),
            (f"/people/records/rights/for/{cast.bryn.handle}/", 404),
        ):
            assert client.get(path).status_code == answer, path


@pytest.mark.parametrize("page", ["retention/", "processing/", "processing/risks/"])
def test_figures_open_for_administrators_alone(page, cast, officer, client, borough):
    administrator = PersonFactory(home=borough.ward)
    RoleHolding.objects.create(person=administrator, role="administrator", area=borough.borough)
    client.force_login(administrator.account)
    assert client.get(f"/people/records/{page}").status_code == 200
    client.force_login(officer.account)
    assert client.get(f"/people/records/{page}").status_code == 403


# --- Keeping nothing too long --------------------------------------------------------------------


def old_session(person, key, *, days=3):
    row = Session(session_key=key, account=person.account, session_data="")
    row.expire_date = now() - dt.timedelta(days=days)
    row.save(force_insert=True)


def test_what_is_over_goes_at_night_once_and_is_counted(cast, monkeypatch):
    old_session(cast.amina, "one")
    old_session(cast.bryn, "two")
    old_session(cast.carys, "three", days=-3)
    [row] = [r for r in retention.preview(at=now()) if r["name"] == "people.session"]
    assert (row["count"], row["held"]) == (2, 0)
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    report = retention.run(at=now())
    assert {"name": "people.session", "what": "deleted", "count": 2, "held": 0} in report.counts
    assert list(Session.objects.values_list("pk", flat=True)) == ["three"]
    again = retention.run(at=now())
    assert (again.pk, again.counts) == (report.pk, report.counts)


def test_a_run_stopped_half_way_goes_on(cast, monkeypatch):
    for number in range(3):
        old_session(cast.amina, f"key-{number}")
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    stop = iter([None, KeyboardInterrupt])
    true = retention._batches

    def dies(one, kept, held, *, at):
        for many in true(one, kept, held, at=at):
            yield many
            if one.name == "people.session" and next(stop, None):
                raise KeyboardInterrupt

    monkeypatch.setattr(retention, "_batches", dies)
    with pytest.raises(KeyboardInterrupt):
        retention.run(at=now())
    assert RetentionRun.objects.get().done_at is None
    monkeypatch.setattr(retention, "_batches", true)
    report = retention.run(at=now())
    assert Session.objects.count() == 0
    [row] = [row for row in report.counts if row["name"] == "people.session"]
    assert row["count"] == 3


def test_nothing_of_somebody_who_is_held_goes(cast, lead):
    old_session(cast.amina, "one")
    old_session(cast.bryn, "two")
    held = actions.hold(cast.amina, why="A court", review_on=today(), by=lead, at=now())
    retention.run(at=now())
    assert list(Session.objects.values_list("pk", flat=True)) == ["one"]
    actions.release(held, by=lead, at=now())
    retention.run(at=now())
    assert Session.objects.count() == 0


def test_what_a_higher_floor_needs_stays(cast, monkeypatch):
    old_session(cast.amina, "one")
    needed = lambda ids: {cast.amina.pk}  # noqa: E731
    monkeypatch.setitem(rules.holders._items, "test", (1, needed))
    retention.run(at=now())
    assert Session.objects.count() == 1


def test_the_worker_does_it_once_in_the_small_hours(cast, monkeypatch):
    old_session(cast.amina, "one")
    for hour, left in ((14, 1), (3, 0)):
        at = in_london(dt.datetime.combine(today(), dt.time(hour)))
        monkeypatch.setattr(retention, "now", lambda at=at: at)
        monkeypatch.setattr(
            "doorstep.people.tests.test_rights.now", lambda at=at: at, raising=False
        )
        Session.objects.update(expire_date=at - dt.timedelta(days=1))
        retention.tick()
        assert Session.objects.count() == left
    assert RetentionRun.objects.count() == 1


def test_the_command_shows_and_does(cast, capsys):
    old_session(cast.amina, "one")
    call_command("retention", "preview")
    assert "people.session" in capsys.readouterr().out
    call_command("retention", "run", "--json")
    assert {"name": "people.session", "what": "deleted", "count": 1, "held": 0} in json.loads(
        capsys.readouterr().out
    )
    call_command("retention", "preview")
    assert "Nothing has been kept too long." in capsys.readouterr().out
    assert Account.objects.filter(person=cast.amina).exists()
