"""A referral on its way: only with a yes, answered without an account, heard of at each step."""

import datetime as dt

import pytest
from django.core import mail
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import now
from doorstep.connect import links, rules
from doorstep.connect.actions import referring
from doorstep.connect.models import Referral, ReferralStep
from doorstep.connect.tests.factories import AT, SOON, catalyst, lead, organisation, referral
from doorstep.notices.models import Notice
from doorstep.people.consents import actions as consents
from doorstep.people.models import Consent, How, Person
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def fresh(row):
    return Referral.objects.get(pk=row.pk)


def link(row, what="referral"):
    return f"/connect/link/{links.token_for(what, row.ref, row.link_number)}/"


def test_a_visitor_proposes_somebody_and_hears_by_a_link(client, borough):
    org = organisation()
    catalyst(org)
    form = client.get("/connect/refer/").context["form"]
    answer = client.post(
        "/connect/refer/",
        {
            "client_key": form["client_key"].initial,
            "organisation": org.pk,
            "source": "neighbour",
            "name": "Maureen",
            "reach": "07700 900123",
            "hopes": "Company on Sundays",
            "is_agreed": "yes",
            "agreed_words": "If they're nice.",
            "sender_email": "me@example.org",
        },
        follow=True,
    )
    assert b"Company on Sundays" in answer.content
    assert Referral.objects.get().state == "sent"


def test_without_a_yes_nothing_about_them_is_kept_and_it_counts_as_a_signpost(client, borough):
    org = organisation()
    catalyst(org)
    form = client.get("/connect/refer/").context["form"]
    client.post(
        "/connect/refer/",
        {
            "client_key": form["client_key"].initial,
            "organisation": org.pk,
            "source": "neighbour",
            "name": "Maureen Duffy",
            "reach": "07700 900123",
            "hopes": "Company",
            "is_agreed": "no",
        },
    )
    row = Referral.objects.get()
    assert (row.state, row.name, row.reach, row.hopes) == ("signpost", "", "", "")
    assert not ReferralStep.objects.exists()
    assert not Notice.objects.exists()


def test_an_organisation_answers_by_link_and_sees_the_name_only_after_its_yes(
    client, borough, django_capture_on_commit_callbacks
):
    org = organisation()
    with django_capture_on_commit_callbacks(execute=True):
        row = referral(org, at=now())
    assert "/connect/link/" in mail.outbox[0].body
    assert "Maureen" not in mail.outbox[0].body
    page = client.get(link(row)).content.decode()
    assert "Somebody to sew with." in page
    assert "Maureen" not in page
    assert "900123" not in page
    page = client.post(link(row), {"answer": "accept"}, follow=True).content.decode()
    assert "Maureen Duffy" in page
    assert "900123" in page
    assert fresh(row).state == "waiting"
    assert "accepted" in mail.outbox[-1].body


def test_a_no_needs_a_reason_and_the_sender_reads_it(client, cast):
    org = organisation()
    row = referral(org, by=cast.dev, at=now())
    assert client.post(link(row), {"answer": "decline"}).status_code == 422
    client.post(link(row), {"answer": "decline", "why": "area", "words": "Try Havering."})
    client.force_login(cast.dev.account)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "They live outside our area" in page
    assert "Try Havering." in page
    assert Notice.objects.filter(person=cast.dev, kind="connect-referral").count() == 1


def test_a_question_comes_back_answered_and_the_old_link_is_dead(client, cast):
    org = organisation()
    row = referral(org, by=cast.dev, at=now())
    old = link(row)
    client.post(old, {"answer": "ask", "words": "Stairs?"})
    client.force_login(cast.dev.account)
    client.post(row.get_absolute_url(), {"what": "reply", "words": "None."})
    assert fresh(row).state == "sent"
    assert client.get(old).status_code == 410
    assert client.get(link(fresh(row))).status_code == 200


def test_a_referral_taken_back_leaves_dead_links_and_a_word_to_the_desk(client, cast):
    org = organisation()
    worker = catalyst(org)
    row = referral(org, by=cast.dev, at=now())
    old = link(row)
    client.force_login(cast.dev.account)
    client.post(row.get_absolute_url(), {"what": "withdraw"})
    assert client.get(old).status_code == 410
    assert "Maureen" not in Notice.objects.get(person=worker).title


def test_a_forged_or_foreign_link_opens_nothing(client, borough):
    row = referral(organisation(), at=now())
    for token in ("x", "a:b:c", links.token_for("referral", "nosuchref12"), "y" * 500,
                  links.token_for("else", row.ref)):  # fmt: skip
        assert client.get(f"/connect/link/{token}/").status_code == 410


def test_whoever_has_room_and_the_language_comes_first(borough):
    org = organisation()
    full = catalyst(org, "Full", most=1)
    free = catalyst(org, "Free", languages=["en-gb"])
    fits = catalyst(org, "Fits", languages=["ur"])
    first = referral(org, at=AT)
    referring.accept(first, at=AT)
    referring.take_on(first, by=full, to=full, at=AT, next_step="Ring", next_on=SOON)
    second = referral(org, at=AT, language="ur")
    assert [one.person for one in referring.matches(second)] == [fits, free, full]


def test_a_wait_is_told_only_when_enough_have_waited(borough):
    org = organisation()
    worker = catalyst(org)
    assert referring.expected_wait(org, AT).weeks is None
    for days in (14, 21, 28):
        row = referral(org, at=AT - 60 * DAY)
        referring.accept(row, at=AT - 40 * DAY)
        referring.take_on(
            row, by=worker, to=worker, at=AT - (40 - days) * DAY, next_step="x", next_on=SOON
        )
    assert referring.expected_wait(org, AT).weeks == 3
    late = referral(org, at=AT - 100 * DAY)
    referring.accept(late, at=AT - 98 * DAY)
    assert referring.expected_wait(org, AT).weeks == 7, "whoever waits long now counts too"


def test_taking_somebody_on_turns_their_yes_into_a_consent(borough):
    org = organisation()
    worker = catalyst(org)
    row = referral(org, at=AT)
    referring.accept(row, at=AT)
    made = referring.take_on(row, by=worker, to=worker, at=AT, next_step="Ring", next_on=SOON)
    consent = Consent.objects.get(person=made.person, purpose="connect")
    assert consent.words == "Go on then."
    assert made.askings.count() == 16


def test_nobody_answers_or_takes_on_a_referral_about_themselves(borough):
    org = organisation()
    worker = catalyst(org)
    row = referral(org, person=worker, at=AT)
    with pytest.raises(referring.NotNow):
        referring.accept(row, by=worker, at=AT)
    assert worker not in referring.receivers(row)
    assert worker not in [one.person for one in referring.matches(row)]


def test_a_yes_taken_back_takes_the_referral_back(cast):
    org = organisation()
    worker = catalyst(org)
    row = referral(org, person=cast.amina, source="self", at=AT)
    given = consents.give(
        cast.amina, purpose="connect", recipient=rules.recipient_of(org), parts=["name"],
        by=cast.amina, at=AT, how=How.WEB, client_key="yes-1234567",
    )  # fmt: skip
    consents.withdraw(given, by=cast.amina, at=AT + DAY, how=How.WEB)
    assert fresh(row).state == "withdrawn"
    assert any("taken back" in one.title for one in Notice.objects.filter(person=worker))


MOVES = ("accept", "decline", "ask", "answer", "withdraw", "take")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.sampled_from(MOVES), max_size=7))
def test_whatever_is_pressed_a_referral_stays_in_one_true_state(borough, moves):
    org = organisation(f"Org {Referral.objects.count()} {Person.objects.count()}")
    worker = catalyst(org)
    row = referral(org, at=AT)
    for at, move in enumerate(moves):
        when = AT + at * DAY
        before = fresh(row)
        try:
            if move == "decline":
                referring.decline(row, by=worker, at=when, why="full")
            elif move in ("ask", "answer"):
                getattr(referring, move)(row, by=worker, at=when, words="?")
            elif move == "take":
                referring.take_on(row, by=worker, to=worker, at=when, next_step="x", next_on=SOON)
            else:
                getattr(referring, move)(row, by=worker, at=when)
        except referring.NotNow:
            assert fresh(row).state == before.state
        after = fresh(row)
        if not before.is_open:
            assert after.state == before.state, "what is over stays over"
        assert (after.state == "taken") == hasattr(after, "relationship")
        assert (after.waiting_since is not None) == (
            after.state == "waiting" or after.state == "taken"
        )


def test_leads_name_catalysts_who_then_say_yes(client, borough):
    org = organisation()
    boss, other = lead(org), PersonFactory(known_as="Nia")
    held = referring.name_catalyst(other, org, by=boss, at=now())
    assert rules.desks(other) == set()
    from doorstep.people.roles import actions as roles

    roles.accept(held, by=other, at=now())
    other.__dict__.pop("_desks", None)
    assert rules.desks(other) == {org.pk}
    with pytest.raises(referring.NotNow):
        referring.name_catalyst(other, org, by=other, at=now())
