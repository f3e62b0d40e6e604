"""An MP's or councillors' office: passes on with a yes, hears back, reads counts, and no more."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.base.time import local, now
from doorstep.organisations.models import Organisation, Position
from doorstep.people.middleware import note_second_step
from doorstep.people.tests.factories import PersonFactory
from doorstep.watch import rules, trends
from doorstep.watch.actions import arranging, care, telling
from doorstep.watch.models import Concern
from doorstep.watch.tests.factories import concern, make, theme, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(borough):
    olu = make("officer", borough.borough, "Olu")
    mp = Organisation.objects.create(slug="mp", name="Office of the MP")
    desk = PersonFactory(known_as="Desk")
    Position.objects.create(organisation=mp, person=desk, role="staff", accepted_at=now())
    made = arranging.open_office(
        organisation=mp, kind="mp", areas=[borough.locality], by=olu, at=now()
    )  # fmt: skip
    made.desk, made.olu = desk, olu
    return made


def test_it_passes_on_with_a_yes_and_the_outcome_comes_back(borough, office, cast, client):
    client.force_login(office.desk.account)
    sent = typed(borough.ward, about="person", agreed="yes", person_words="Mrs Khan")
    assert "Ask them first, then tick this" in client.post("/watch/tell/", sent).content.decode()
    # Somebody told them, so that stands chosen; nobody of the office saw it.
    assert client.get("/watch/tell/").context["form"]["sure"].value() == "told"
    client.post("/watch/tell/", sent | {"consent": "on"})
    row = Concern.objects.get()
    assert (row.office, row.came_by, row.spotter, row.typed_by) == (
        office, "office", None, office.desk,
    )  # fmt: skip
    care.add_step(row, kind="visit", words="Her son opened.", by=office.olu, at=now())
    care.close(row, outcome="helped", words="Adult care has it.", by=office.olu, at=now())
    for url in ("/watch/office/", f"/watch/concern/{row.ref}/"):
        page = client.get(url).content.decode()
        assert "looked into it" in page
        assert "Her son" not in page
        assert "Adult care" not in page
    # Not theirs: what neighbours told, and what another office passed on.
    other = concern(borough.ward, by=cast.amina)
    assert client.get(f"/watch/concern/{other.ref}/").status_code == 404
    assert client.get(f"/watch/concern/{row.ref}/give/").status_code == 404
    assert set(Concern.objects.visible_to(office.desk)) == {row}


def test_without_a_yes_it_stays_with_the_office(borough, office):
    with pytest.raises(telling.CannotTell):
        concern(borough.ward, by=office.desk, office=office, came_by="office", about="person",
                agreed="not_asked", person_words="Mrs Khan")  # fmt: skip


def test_a_closed_office_and_a_position_given_back_open_nothing(borough, office, client):
    concern(borough.ward, by=office.desk, office=office, came_by="office")
    client.force_login(office.desk.account)
    assert client.get("/watch/office/").status_code == 200
    arranging.close_office(office, at=now())
    assert client.get("/watch/office/").status_code == 403
    assert client.get("/watch/trends/").status_code == 403
    assert list(Concern.objects.visible_to(type(office.desk).objects.get(pk=office.desk.pk))) == []


def _many(area, count, slug="damp", months=1):
    month = trends.months_before(local(now()).date(), months)
    Concern.objects.bulk_create(
        Concern(
            theme=theme(slug), area=area, what="x", seen_on=month, due_on=month, expires_on=month
        )
        for _number in range(count)
    )


def test_a_councillor_reads_trends_of_their_wards_without_names_or_small_numbers(
    borough, office, client
):
    _many(borough.ward, 12)
    _many(borough.ward, 4, "food")
    _many(borough.other_ward, 7)
    _many(borough.far_ward, 30)
    _many(borough.ward, 40, months=0)
    client.force_login(office.desk.account)
    page = client.get("/watch/trends/").content.decode()
    assert "Quay" in page
    assert "Beacon" not in page
    table = trends.table(rules.trend_paths(office.desk), now())
    cells = {row[0].name: row[1] for row in table.rows}
    homes = [g.slug for g in table.groups].index("homes")
    getting_by = [g.slug for g in table.groups].index("getting-by")
    # This month isn't over: its forty count for nobody yet. Four never show.
    assert cells["Quay"][getting_by] is None
    assert cells["Quay"][homes] in (12, None)
    assert {row[2] for row in table.rows} <= {15, 5, 10, None}


def test_there_is_no_way_to_take_people_away(office, client):
    client.force_login(office.desk.account)
    for url in ("/watch/office/", "/watch/trends/"):
        for ask in ("?format=csv", ".csv", "csv/"):
            answer = client.get(url.rstrip("/") + ask if ask[0] == "." else url + ask)
            assert "csv" not in answer.get("Content-Type", "")


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, 12), min_size=width, max_size=width), min_size=2, max_size=5
        )
    )
)
def test_no_hidden_cell_can_be_worked_out_from_what_is_shown(counts):
    """For every hidden cell there are at least two numbers that all that is shown allows."""
    import numpy as np
    from scipy.optimize import linprog

    shown = trends.hide(counts)
    rows, width = len(counts), len(counts[0])
    hidden = [(r, c) for r in range(rows) for c in range(width) if shown[r][c] is None]
    for r in range(rows):
        for c in range(width):
            if counts[r][c] < trends.FEWEST:
                assert shown[r][c] is None
    if not hidden:
        return
    matrix, bounds = [], []
    lines = [[(r, c) for c in range(width)] for r in range(rows)]
    lines += [[(r, c) for r in range(rows)] for c in range(width)]
    for line in lines:
        total = trends.total_of([counts[r][c] for r, c in line], [shown[r][c] for r, c in line])
        if total is None:
            continue
        known = sum(shown[r][c] or 0 for r, c in line)
        low, high = total - 2, total + 2
        mine = [1.0 if cell in line else 0.0 for cell in hidden]
        matrix += [mine, [-n for n in mine]]
        bounds += [high - known, -(low - known)]
    for number in range(len(hidden)):
        aim = np.zeros(len(hidden))
        aim[number] = 1.0
        ends = []
        for sign in (1, -1):
            found = linprog(
                sign * aim,
                A_ub=matrix or None,
                b_ub=bounds or None,
                bounds=[(0, None)] * len(hidden),
            )
            ends.append(np.inf if found.status == 3 else sign * found.fun)
        assert ends[1] - ends[0] >= 1, (counts, hidden[number], ends)


# --- The second step ----------------------------------------------------------------------------


def test_an_office_and_an_owner_by_duty_take_a_second_step_before_anything_opens(
    borough, office, cast, client, settings
):
    """No role brings them here, so the house doesn't ask: these pages do."""
    settings.REQUIRE_SECOND_FACTOR = True
    arranging.give_duty(person=cast.bryn, theme=theme(), area=borough.ward, by=office.olu, at=now())
    row = concern(borough.ward, by=cast.amina)
    for person, urls in (
        (office.desk, ("/watch/office/", "/watch/trends/")),
        (cast.bryn, ("/watch/desk/", f"/watch/concern/{row.ref}/",
                     f"/watch/concern/{row.ref}/give/")),
    ):  # fmt: skip
        client.force_login(person.account)
        for url in urls:
            answer = client.get(url)
            assert (answer.status_code, answer["Location"]) == (302, "/account/2fa/"), url
        assert client.get("/people/me/").status_code == 200
        session = client.session
        note_second_step(session, person.account.pk)
        session.save()
        assert client.get(urls[0]).status_code == 200
    # Whoever told us reads what came of it without one.
    client.force_login(cast.amina.account)
    assert client.get(f"/watch/concern/{row.ref}/").status_code == 200
