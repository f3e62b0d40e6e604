"""A role is offered, taken on, ends on its day or at once, and its history stays."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people import rules
from doorstep.people.models import Person, RoleEvent, RoleHolding
from doorstep.people.models.roles import NeverChanged
from doorstep.people.roles import actions

pytestmark = pytest.mark.django_db
Role, DAY = RoleHolding.Role, dt.timedelta(days=1)


def again(person):
    return Person.objects.get(pk=person.pk)


def signed_in(person):
    browser = Client()
    browser.force_login(person.account)
    return browser


@pytest.fixture
def dev(cast, borough):
    actions.grant_role(Role.ADMINISTRATOR, to=cast.dev, area=borough.borough, by=None, at=now())
    return again(cast.dev)


@pytest.fixture
def carys(cast, borough, dev):
    """A second administrator."""
    actions.grant_role(Role.ADMINISTRATOR, to=cast.carys, area=borough.borough, by=None, at=now())
    return again(cast.carys)


def offer(role, to, area, by, **words):
    return actions.grant_role(role, to=to, area=area, by=by, at=now(), **words)


def test_an_offer_opens_nothing_until_they_say_yes_and_promise(cast, borough, dev):
    holding = offer(Role.MODERATOR, cast.bryn, borough.borough, dev)
    bryn = signed_in(cast.bryn)
    assert bryn.get("/feed/moderation/").status_code == 403
    page = bryn.get("/people/me/roles/").content.decode()
    assert "Would you be Moderator, Testing Borough?" in page
    assert "second lock" in page
    path = f"/people/me/roles/{holding.pk}/answer/"
    assert bryn.post(path, {"answer": "yes"}).status_code == 422
    assert bryn.get("/feed/moderation/").status_code == 403
    bryn.post(path, {"answer": "yes", "promise": "yes"})
    assert bryn.get("/feed/moderation/").status_code == 200


def test_they_are_told_and_the_notice_leads_there(cast, borough, dev):
    offer(Role.MENTOR, cast.bryn, borough.borough, dev)
    told = Notice.objects.get(person=cast.bryn)
    assert (told.kind, told.path) == ("roles", "/people/me/roles/")
    assert "entor" not in str(told.title)


def test_saying_no_ends_it_and_tells_who_asked(cast, borough, dev):
    holding = offer(Role.MENTOR, cast.bryn, borough.borough, dev)
    signed_in(cast.bryn).post(f"/people/me/roles/{holding.pk}/answer/", {"answer": "no"})
    holding.refresh_from_db()
    assert holding.is_over(now())
    assert not holding.is_held(now())
    assert Notice.objects.filter(person=dev, key=f"role-{holding.pk}-declined").exists()


def test_an_offer_lapses_after_a_fortnight(cast, borough, dev):
    holding = offer(Role.MENTOR, cast.bryn, borough.borough, dev)
    late = now() + 14 * DAY + dt.timedelta(minutes=1)
    with pytest.raises(actions.CannotGive, match="has gone"):
        actions.accept(holding, by=cast.bryn, at=late)
    for _twice in range(2):
        actions.tick(late)
    assert [one.what for one in holding.events.all()] == ["offered", "lapsed"]


def test_ending_a_role_counts_at_the_next_click_in_every_browser(cast, borough, dev):
    holding = offer(Role.MODERATOR, cast.bryn, borough.borough, None)
    phone, laptop = signed_in(cast.bryn), signed_in(cast.bryn)
    for browser in (phone, laptop):
        assert browser.get("/feed/moderation/").status_code == 200
    signed_in(dev).post(f"/people/roles/{holding.pk}/end/", {"why": "He asked."})
    for browser in (phone, laptop):
        assert browser.get("/feed/moderation/").status_code == 403


def test_a_role_that_runs_out_mid_session_is_gone_on_the_minute(cast, borough, dev, monkeypatch):
    ends = now() + dt.timedelta(hours=1)
    holding = offer(Role.MODERATOR, cast.bryn, borough.borough, None, ends_at=ends)
    bryn = signed_in(cast.bryn)
    assert bryn.get("/feed/moderation/").status_code == 200
    RoleHolding.objects.filter(pk=holding.pk).update(ends_at=timezone.now())
    answer = bryn.get("/feed/moderation/")
    assert answer.status_code == 403
    assert "<h1" in answer.content.decode()
    actions.tick(now())
    assert [one.what for one in holding.events.all()][-1] == "expired"


def test_a_role_given_for_a_later_day_waits_for_it(cast, borough, dev):
    holding = offer(Role.MENTOR, cast.bryn, borough.borough, dev, starts_at=now() + 3 * DAY)
    actions.accept(holding, by=cast.bryn, at=now())
    assert not rules.holds(again(cast.bryn), Role.MENTOR)
    assert RoleHolding.objects.held(now() + 4 * DAY).filter(pk=holding.pk).exists()


def test_holder_and_administrators_are_warned_thirty_and_seven_days_before(cast, borough, dev):
    offer(Role.MENTOR, cast.bryn, borough.borough, None, ends_at=now() + 40 * DAY)
    for days in (5, 11, 12, 34, 34):
        actions.tick(now() + days * DAY)
    for one in (cast.bryn, dev):
        assert Notice.objects.filter(person=one, key__contains="-ends-").count() == 2


def test_giving_it_back_stops_it_and_tells_who_gave_it(cast, borough, dev):
    holding = offer(Role.MENTOR, cast.bryn, borough.borough, dev)
    actions.accept(holding, by=cast.bryn, at=now())
    signed_in(cast.bryn).post(f"/people/me/roles/{holding.pk}/give-back/")
    assert not rules.holds(again(cast.bryn), Role.MENTOR)
    assert Notice.objects.filter(person=dev, key=f"role-{holding.pk}-back").exists()


@pytest.mark.parametrize("role", ["administrator", "safeguarding"])
def test_two_administrators_decide_together_where_there_are_two(cast, borough, dev, carys, role):
    holding = offer(role, cast.bryn, borough.borough, dev)
    assert holding.offered_at is None
    bryn = signed_in(cast.bryn)
    assert "Would you be" not in bryn.get("/people/me/roles/").content.decode()
    path = f"/people/roles/{holding.pk}/second/"
    assert signed_in(dev).post(path).status_code == 422
    assert signed_in(carys).post(path).status_code == 302
    assert "Would you be" in bryn.get("/people/me/roles/").content.decode()
    assert not rules.holds(again(cast.bryn), role)


def test_the_only_administrator_decides_alone(cast, borough, dev):
    assert offer(Role.SAFEGUARDING, cast.bryn, borough.borough, dev).offered_at is not None


def test_the_last_administrator_cannot_give_it_back(cast, borough, dev):
    holding = RoleHolding.objects.get(person=dev)
    answer = signed_in(dev).post(f"/people/me/roles/{holding.pk}/give-back/")
    assert answer.status_code == 422
    assert rules.can_give_roles(again(dev))


def test_an_administrator_whose_account_is_closed_does_not_count_as_another(borough, dev, carys):
    Person.objects.filter(pk=carys.pk).update(state=Person.State.AWAY)
    with pytest.raises(actions.CannotGive, match="last administrator"):
        actions.end_role(RoleHolding.objects.get(person=dev), by=None, at=now())


def test_what_happened_is_never_changed(cast, borough, dev):
    event = RoleEvent.objects.get(what="accepted")
    for change in (
        event.save,
        lambda: RoleEvent.objects.update(what="ended"),
        lambda: RoleEvent.objects.all().delete(),
    ):
        with pytest.raises(NeverChanged):
            change()


def test_a_role_that_nothing_stands_behind_is_not_on_offer(borough, dev):
    browser = signed_in(dev)
    page = browser.get("/people/roles/").content.decode()
    given = page[page.index('id="id_role"', page.index("Give a role")) :]
    assert 'value="moderator"' in given
    # Who decides about a fund is asked in the fund; no area gives that role.
    assert 'value="decider"' not in given


def test_a_name_held_by_two_is_asked_about(cast, borough, dev):
    browser = signed_in(dev)
    Person.objects.filter(pk=cast.ewan.pk).update(known_as="Bryn")
    data = {"who": "bryn", "role": "mentor", "area": borough.borough.pk}
    page = browser.post("/people/roles/", data)
    assert page.status_code == 422
    assert f'value="{cast.ewan.handle}"' in page.content.decode()
    browser.post("/people/roles/", {**data, "choose": cast.ewan.handle})
    assert RoleHolding.objects.get(role="mentor").person == cast.ewan


def test_the_list_is_narrowed_searched_and_taken_home(cast, borough, dev):
    offer(Role.MENTOR, cast.bryn, borough.locality, None)
    offer(Role.EDITOR, cast.ewan, borough.borough, dev)
    browser = signed_in(dev)

    def names(query):
        rows = browser.get(f"/people/roles/who-holds-what.csv?{query}").content.decode()
        return [line.split(",")[0] for line in rows.splitlines()[1:]]

    assert names("") == ["Bryn", "Dev"]
    assert names("q=bry") == ["Bryn"]
    assert names("role=administrator") == ["Dev"]
    assert names(f"area={borough.locality.pk}") == ["Bryn"]
    assert names("state=waiting") == ["Ewan"]
    assert "Nobody fits that" in browser.get("/people/roles/?q=zzz").content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_list_costs_no_more_queries(
    rows, cast, borough, dev, django_assert_max_num_queries
):
    for person in (cast.bryn, cast.amina, cast.ewan)[:rows]:
        offer(Role.MENTOR, person, borough.borough, None)
    browser = signed_in(dev)
    browser.get("/people/roles/")
    with django_assert_max_num_queries(8):
        browser.get("/people/roles/")


def test_somebody_without_a_role_costs_no_query(cast, django_assert_num_queries):
    browser = signed_in(cast.ewan)
    browser.get("/people/me/roles/")
    with django_assert_num_queries(2):  # the session, and the roles of the page
        browser.get("/people/me/roles/")


# --- Held within -----------------------------------------------------------------------------

_ROLES = [Role.MENTOR, Role.ORGANISER, Role.OFFICER]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_holds_within_an_area_tells_what_the_query_tells(data, cast, borough):
    areas = [
        borough.borough, borough.locality, borough.far_locality, borough.ward, borough.far_ward,
    ]  # fmt: skip
    RoleHolding.objects.all().delete()
    at = now()
    for _row in range(data.draw(st.integers(0, 4))):
        begins = at + data.draw(st.sampled_from([-2, -1, 1])) * DAY
        RoleHolding.objects.create(
            person=data.draw(st.sampled_from([cast.bryn, cast.ewan])),
            role=data.draw(st.sampled_from(_ROLES)),
            area=data.draw(st.sampled_from(areas)),
            starts_at=begins,
            ends_at=begins + data.draw(st.integers(1, 3)) * DAY + dt.timedelta(minutes=1),
            accepted_at=data.draw(st.sampled_from([None, at - DAY])),
        )
    for person in (again(cast.bryn), again(cast.ewan)):
        for role in _ROLES:
            held = RoleHolding.objects.held().filter(person=person, role=role)
            assert rules.holds(person, role) == held.exists()
            for area in areas:
                assert rules.holds(person, role, within=area) == held.within(area).exists()
                assert [row.is_held(now()) for row in held] == [True] * len(held)
