"""Signals: found by the real scan, read by those whose work the area is, weighed up by humans."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from doorstep.base.time import local, now
from doorstep.notices.models import Notice
from doorstep.people.tests.factories import PersonFactory
from doorstep.places.tests.factories import make_area
from doorstep.watch.models import Concern, Scan, Signal, SignalStep, Threshold
from doorstep.watch.signals import actions, rules
from doorstep.watch.tests.factories import concern, make, theme

pytestmark = pytest.mark.django_db
State = Signal.State


@pytest.fixture
def people(borough):
    class People:
        officer = make("officer", borough.borough, "Oona")
        second = make("officer", borough.borough, "Odin")
        organiser = make("organiser", borough.locality, "Greta")
        far = make("organiser", borough.far_locality, "Farah")
        administrator = make("administrator", borough.borough, "Ada")
        ewan = PersonFactory(known_as="Ewan", home=borough.ward)

    return People


@pytest.fixture
def estate(borough):
    area = make_area("neighbourhood", "Fallow Estate", borough.ward)
    area.latitude, area.longitude = 51.53, 0.08
    area.save()
    return area


def long_ago(area, day, *, slug="damp"):
    """A concern that was looked into, seen on that day."""
    at = now() - dt.timedelta(days=(local(now()).date() - day).days)
    return Concern.objects.create(
        theme=theme(slug), area=area, what="Something.", seen_on=day, logged_at=at,
        state="closed", closed_at=at, outcome="put_right",
    )  # fmt: skip


@pytest.fixture
def six_worries(borough, estate):
    """A quiet year, and six about damp from one estate in eleven days (journey 4)."""
    today = local(now()).date()
    for week in range(3, 52):
        area = (borough.ward, borough.far_ward)[week % 2]
        long_ago(area, today - dt.timedelta(days=7 * week))
        long_ago(area, today - dt.timedelta(days=7 * week + 3), slug="dumping")
    return [
        concern(estate, seen_on=today - dt.timedelta(days=ago), what=f"Wet wall, flat {ago}.")
        for ago in (11, 9, 7, 5, 3, 1)
    ]


def look(until=None):
    until = until or local(now()).date()
    scan = Scan.objects.create(until=until, asked_by=PersonFactory())
    assert actions.run_scan(scan.pk, at=now())
    scan.refresh_from_db()
    return scan


def found():
    return Signal.objects.exclude(how=Signal.How.HUMAN).get()


# --- Finding -----------------------------------------------------------------------------------


def test_six_worries_about_damp_in_eleven_days_are_found(six_worries, estate, people):
    scan = look()
    signal = found()
    assert (scan.state, scan.found) == (Scan.State.DONE, 1)
    assert (signal.theme.slug, signal.state) == ("damp", State.NEW)
    assert set(signal.concerns.all()) == set(six_worries)
    assert signal.observed > 3 * signal.expected
    assert estate in signal.areas.all() or signal.area.path.startswith(estate.parent.path)


def test_a_usual_year_makes_no_signal(six_worries, people):
    Concern.objects.filter(pk__in=[one.pk for one in six_worries]).delete()
    assert look().found == 0
    assert not Signal.objects.exists()


def test_the_same_rise_the_next_night_is_the_same_signal(six_worries, estate, people):
    look()
    concern(estate, what="The seventh flat.")
    look()
    signal = found()
    assert signal.concerns.count() == 7
    assert [step.kind for step in signal.steps.all()] == ["found", "risen"]


def test_what_a_human_left_out_is_not_put_back_by_the_next_scan(six_worries, estate, people):
    look()
    actions.join(found(), six_worries[:4], by=people.officer, at=now(), reason="One gutter.")
    look()
    assert set(found().concerns.all()) == set(six_worries[:4])
    new = concern(estate, what="The seventh flat.", at=now() + dt.timedelta(seconds=1))
    look()
    assert set(found().concerns.all()) == {*six_worries[:4], new}


def test_one_phone_a_thousand_times_makes_no_signal(six_worries, estate, people):
    Concern.objects.filter(pk__in=[one.pk for one in six_worries]).delete()
    for _number in range(30):
        concern(estate, what="Wet.", sender="one-phone")
    for number in range(30):
        concern(estate, what=f"Wet again, {number}.", sender="one-phone")
    look()
    assert not Signal.objects.exists()


def test_those_who_care_for_the_area_hear_of_it_and_nothing_of_what_it_is(six_worries, people):
    look()
    told = Notice.objects.filter(kind=actions.KIND)
    assert {notice.person for notice in told} == {people.officer, people.second, people.organiser}
    for notice in told:
        assert "damp" not in f"{notice.title}{notice.body}".lower()
        assert "Fallow" not in f"{notice.title}{notice.body}"


def test_the_night_looks_once_for_each_day(six_worries, people):
    night = now().replace(hour=3, minute=0)
    scan = actions.nightly(night)
    assert scan is not None
    assert scan.until == local(night).date() - dt.timedelta(days=1)
    assert actions.nightly(night + dt.timedelta(hours=2)) is None
    assert Scan.objects.count() == 1


def test_before_one_at_night_nothing_is_looked_at(people):
    midnight = local(now()).replace(hour=0, minute=20)
    assert actions.nightly(midnight) is None
    assert not Scan.objects.exists()


def test_a_scan_is_run_by_one_worker_only(people):
    scan = Scan.objects.create(until=local(now()).date(), asked_by=people.officer)
    assert actions.run_scan(scan.pk, at=now())
    assert not actions.run_scan(scan.pk, at=now())


def test_a_scan_whose_worker_died_is_run_again(people):
    scan = Scan.objects.create(until=local(now()).date(), asked_by=people.officer,
                               state=Scan.State.RUNNING, started_at=now())  # fmt: skip
    assert not actions.run_scan(scan.pk, at=now())
    assert actions.run_scan(scan.pk, at=now() + dt.timedelta(hours=1))


def test_asking_twice_while_it_looks_is_asking_once(people):
    one = actions.ask_for_scan(by=people.officer, at=now())
    assert actions.ask_for_scan(by=people.organiser, at=now()) == one


def test_with_no_concern_at_all_a_scan_is_done_and_finds_nothing(people):
    scan = look()
    assert (scan.state, scan.found, scan.concerns) == (Scan.State.DONE, 0, 0)


def test_a_theme_that_was_archived_still_shows_its_signal(six_worries, people, client):
    look()
    damp = theme("damp")
    damp.archived_at = now()
    damp.save()
    client.force_login(people.officer.account)
    assert client.get(found().get_absolute_url()).status_code == 200


# --- Who sees it -------------------------------------------------------------------------------


def test_officers_and_the_organiser_of_the_area_read_it_nobody_else(six_worries, people):
    look()
    signal = found()
    for one in (people.officer, people.organiser):
        assert rules.can_see(one, signal)
        assert list(Signal.objects.visible_to(one)) == [signal]
    for one in (people.far, people.administrator, people.ewan, None):
        assert not rules.can_see(one, signal)
        assert not Signal.objects.visible_to(one).exists()


def test_a_concern_about_the_reader_is_counted_and_never_shown(six_worries, people, client, estate):
    look()
    signal = found()
    secret = Concern.objects.create(
        theme=signal.theme, area=estate, what="Greta looks lonely.", seen_on=signal.until,
        about="person", agreed="yes", person=people.organiser, due_on=signal.until,
        expires_on=signal.until + dt.timedelta(days=60),
    )  # fmt: skip
    signal.concerns.add(secret)
    client.force_login(people.organiser.account)
    page = client.get(signal.get_absolute_url()).content.decode()
    assert "lonely" not in page
    assert secret.ref not in page
    client.force_login(people.officer.account)
    page = client.get(signal.get_absolute_url()).content.decode()
    assert secret.ref in page
    assert "lonely" not in page  # about a person: read on its own page, where that is written down


def test_a_signal_names_no_person(six_worries):
    fields = {one.name for one in Signal._meta.get_fields()}
    assert not fields & {"person", "about", "subject", "owner"}


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_list_costs_no_more_queries(
    rows, people, borough, client, django_assert_max_num_queries
):
    for _number in range(rows):
        pair = [concern(borough.ward), concern(borough.ward, what="More.")]
        actions.make(pair, by=people.officer, at=now(), title="Two", reason="Same wall.")
    client.force_login(people.officer.account)
    client.get(reverse("watch:signals"))
    with django_assert_max_num_queries(8):
        client.get(reverse("watch:signals"))
    with django_assert_max_num_queries(10):
        client.get(Signal.objects.first().get_absolute_url())


# --- What humans make of it --------------------------------------------------------------------


def test_join_watch_dismiss_and_open_again_are_written_down(six_worries, people, client):
    look()
    signal = found()
    client.force_login(people.organiser.account)
    where = signal.get_absolute_url()
    client.post(where, {"verb": "watch", "watch-reason": "Let's see on Friday."})
    client.post(
        where,
        {"verb": "join", "join-concerns": [one.pk for one in six_worries[:4]],
         "join-reason": "One broken gutter."},
    )  # fmt: skip
    signal.refresh_from_db()
    assert signal.state == State.JOINED
    assert set(signal.concerns.all()) == set(six_worries[:4])
    client.post(where, {"verb": "dismiss", "dismiss-reason": "The gutter was mended."})
    client.post(where, {"verb": "reopen", "reopen-reason": ""})
    signal.refresh_from_db()
    assert signal.state == State.NEW
    assert [(step.kind, step.by) for step in signal.steps.all()][1:] == [
        (kind, people.organiser) for kind in ("watched", "joined", "dismissed", "reopened")
    ]


def test_putting_away_needs_a_reason_and_keeps_what_was_typed(six_worries, people, client):
    look()
    client.force_login(people.officer.account)
    answer = client.post(found().get_absolute_url(), {"verb": "dismiss", "dismiss-reason": " "})
    assert answer.status_code == 422
    assert found().state == State.NEW


@pytest.mark.parametrize("sent", [{}, {"verb": "reopen", "reopen-reason": ""}, {"verb": "burn"}])
def test_what_cannot_be_done_as_it_stands_is_said_and_changes_nothing(
    sent, six_worries, people, client
):
    look()
    client.force_login(people.officer.account)
    answer = client.post(found().get_absolute_url(), sent, follow=True)
    assert answer.redirect_chain
    assert "as it stands" in answer.content.decode()
    assert found().state == State.NEW
    assert [step.kind for step in found().steps.all()] == ["found"]


def test_one_alone_is_not_joined(six_worries, people, client):
    look()
    client.force_login(people.officer.account)
    answer = client.post(
        found().get_absolute_url(),
        {"verb": "join", "join-concerns": [six_worries[0].pk], "join-reason": "Keep these words."},
    )
    assert answer.status_code == 422
    assert "Keep these words." in answer.content.decode()


def test_what_was_put_away_stays_away_until_it_doubles(six_worries, people, estate):
    look()
    signal = found()
    actions.dismiss(signal, by=people.officer, at=now(), reason="Known: the roof is being mended.")
    concern(estate, what="A seventh.")
    look()
    assert found().state == State.DISMISSED
    for number in range(8):
        concern(estate, what=f"Wet wall number {number}.")
    look()
    assert found().state == State.NEW


def test_putting_away_changes_no_threshold(six_worries, people):
    look()
    before = actions.per_month()
    actions.dismiss(found(), by=people.officer, at=now(), reason="A leaflet went out.")
    assert actions.per_month() == before
    assert not Threshold.objects.exists()


def test_steps_are_only_added(six_worries, people):
    look()
    step = SignalStep.objects.first()
    with pytest.raises(TypeError):
        step.save()
    with pytest.raises(TypeError):
        SignalStep.objects.update(kind="watched")


def test_a_human_joins_what_no_scan_found_once(people, borough, client):
    rows = [concern(borough.ward), concern(borough.ward, what="A wet ceiling.")]
    client.force_login(people.organiser.account)
    words = {
        "client_key": "k" * 20, "concerns": [one.pk for one in rows],
        "title": "The gutter of Gale Street", "reason": "Both lie under it.",
    }  # fmt: skip
    for _twice in range(2):
        assert client.post(reverse("watch:join_concerns"), words).status_code == 302
    signal = Signal.objects.get()
    assert (signal.how, signal.state, signal.p) == ("human", State.JOINED, None)
    assert set(signal.concerns.all()) == set(rows)


def test_nobody_joins_concerns_of_another_area(people, borough, client):
    far = [concern(borough.far_ward), concern(borough.far_ward, what="A wet ceiling.")]
    client.force_login(people.organiser.account)
    answer = client.post(
        reverse("watch:join_concerns"),
        {"client_key": "k" * 20, "concerns": [one.pk for one in far], "title": "x", "reason": "y"},
    )
    assert answer.status_code == 422
    with pytest.raises(actions.CannotDo):
        actions.make(far, by=people.organiser, at=now(), title="x", reason="y")
    assert not Signal.objects.exists()


# --- How sensitive -----------------------------------------------------------------------------


def test_a_threshold_counts_only_when_somebody_else_agreed(people):
    row = actions.propose(Decimal(2), by=people.officer, at=now(), why="More time this winter.")
    assert actions.per_month() == 1
    with pytest.raises(actions.CannotDo):
        actions.decide(row, agree=True, by=people.officer, at=now())
    with pytest.raises(actions.CannotDo):
        actions.decide(row, agree=True, by=people.organiser, at=now())
    actions.decide(row, agree=True, by=people.second, at=now())
    assert actions.per_month() == 2


def test_the_database_too_knows_that_nobody_agrees_with_themselves(people):
    row = actions.propose(Decimal(2), by=people.officer, at=now(), why="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Threshold.objects.filter(pk=row.pk).update(
            state="agreed", decided_by=people.officer, decided_at=now()
        )


def test_one_proposal_waits_at_a_time_and_all_are_kept(people):
    row = actions.propose(Decimal(2), by=people.officer, at=now(), why="x")
    with pytest.raises(actions.CannotDo):
        actions.propose(Decimal(3), by=people.second, at=now(), why="x")
    actions.decide(row, agree=False, by=people.administrator, at=now())
    assert actions.per_month() == 1
    actions.propose(Decimal(3), by=people.second, at=now(), why="x")
    assert Threshold.objects.count() == 2


def test_the_page_of_thresholds_proposes_and_decides(people, client):
    where = reverse("watch:sensitivity")
    client.force_login(people.officer.account)
    assert client.post(where, {"propose": "yes", "per_month": "9", "why": "x"}).status_code == 422
    client.post(where, {"propose": "yes", "per_month": "0.5", "why": "Fewer, please."})
    assert client.post(where, {"decide": "agree"}).status_code == 422
    client.force_login(people.organiser.account)
    assert client.get(where).status_code == 200
    assert client.post(where, {"decide": "agree"}).status_code == 403
    client.force_login(people.administrator.account)
    assert client.post(where, {"decide": "agree"}).status_code == 302
    assert actions.per_month() == Decimal("0.5")


# --- The pages ---------------------------------------------------------------------------------


def test_the_page_says_usual_unusual_and_shows_plot_and_map_with_tables(
    six_worries, people, client
):
    look()
    client.force_login(people.officer.account)
    page = client.get(found().get_absolute_url()).content.decode()
    assert "Usual in as many days" in page
    assert 'class="chart plot"' in page
    assert page.count("<table") >= 2
    assert "never about a person" in page


def test_looking_now_is_queued_and_the_page_says_how_far_it_is(people, client):
    client.force_login(people.officer.account)
    assert client.post(reverse("watch:signals")).status_code == 302
    scan = Scan.objects.get()
    Scan.objects.filter(pk=scan.pk).update(state="running", done=4, out_of=16)
    page = client.get(reverse("watch:signals")).content.decode()
    assert "4 of 16 steps" in page


def test_a_silent_area_is_named_and_not_called_quiet(people, borough, client):
    today = local(now()).date()
    for week in range(2, 90):
        long_ago(borough.far_ward, today - dt.timedelta(days=7 * week))
        if week > 30:
            long_ago(borough.ward, today - dt.timedelta(days=7 * week))
            long_ago(borough.ward, today - dt.timedelta(days=7 * week + 1))
    look()
    client.force_login(people.officer.account)
    page = client.get(reverse("watch:signals")).content.decode()
    assert f"{borough.ward.name}: nothing since" in page
    client.force_login(people.far.account)
    assert (
        f"{borough.ward.name}: nothing since"
        not in client.get(reverse("watch:signals")).content.decode()
    )
