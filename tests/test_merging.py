"""Two records of one person are joined with review, never wider than before, and parted again."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people import actions as people_actions
from doorstep.people import rules as people_rules
from doorstep.people.consents import actions as consents
from doorstep.people.consents.kinds import recipients
from doorstep.people.consents.rules import may_share
from doorstep.people.merging import actions, matching, movers, rules
from doorstep.people.middleware import note_second_step
from doorstep.people.models import (
    Block,
    Consent,
    Merge,
    Pair,
    Person,
    Reading,
    RoleHolding,
    ToMatch,
)
from doorstep.people.readings import showing
from doorstep.people.readings.actions import log_read
from doorstep.people.records import actions as records
from doorstep.people.tests.factories import PersonFactory

Role = RoleHolding.Role


@pytest.fixture
def officer(borough):
    person = PersonFactory(known_as="Olu the officer", home=borough.ward)
    RoleHolding.objects.create(person=person, role=Role.OFFICER, area=borough.borough)
    return person


@pytest.fixture
def twins(borough):
    """Two records of Margaret Holloway, neither of whom signs in."""
    kept = PersonFactory(
        known_as="Margaret",
        full_name="Margaret Holloway",
        phone="+442079460112",
        born_on=dt.date(1941, 2, 14),
        postcode="RM10 7FH",
        home=borough.ward,
        account=False,
    )
    gone = PersonFactory(
        known_as="Peggy",
        full_name="Peggy Holloway",
        phone="+442079460112",
        email="peggy@example.org",
        born_on=dt.date(1941, 2, 14),
        postcode="RM10 7FH",
        home=borough.ward,
        account=False,
    )
    return kept, gone


def join(kept, gone, officer, **more):
    more.setdefault("client_key", f"key-{kept.pk}-{gone.pk}")
    merge = actions.join(kept, gone, by=officer, at=now(), why="She told me so", **more)
    kept.refresh_from_db()
    gone.refresh_from_db()
    return merge


def part(merge, officer, **more):
    return actions.part(merge, by=officer, at=now(), why="Two after all", **more)


# --- Everything that names a person -------------------------------------------------------------


def test_every_link_to_a_person_says_what_becomes_of_it():
    assert movers.problems() == []


def test_a_link_nobody_spoke_for_is_found(monkeypatch):
    monkeypatch.delitem(movers.movers._items, "feed.Post.author")
    assert movers.problems() == [
        "feed.Post.author leads to a person. Say in its app's merging.py whether it moves or stays."
    ]


# --- Suggesting ---------------------------------------------------------------------------------


def test_alike_records_are_suggested_and_others_are_not(twins, borough):
    PersonFactory(known_as="Margaret", full_name="Margaret Moss", home=borough.ward)
    matching.tick()
    assert [(pair.one_id, pair.other_id) for pair in Pair.objects.all()] == [
        (twins[0].pk, twins[1].pk)
    ]
    assert ToMatch.objects.count() == 0


def test_two_people_are_never_suggested_again(twins, officer):
    matching.tick()
    actions.say_two(*twins, by=officer, at=now())
    twins[0].save()
    matching.tick()
    assert Pair.objects.get().state == Pair.State.TWO


def test_a_pair_that_no_longer_looks_alike_goes(twins):
    matching.tick()
    Person.objects.filter(pk=twins[1].pk).update(
        phone="", full_name="Rosa Diaz", known_as="Rosa", born_on=dt.date(1990, 1, 2)
    )
    matching.compare([twins[1].pk], at=now())
    assert not Pair.objects.exists()


def test_the_marks_of_a_record_lie_sealed(twins, django_db_blocker):
    from django.db import connection

    matching.tick()
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM people_matchkey")
        kept = " ".join(row[0] for row in cursor.fetchall())
    assert kept
    assert "2079460112" not in kept
    assert "peggy" not in kept
    assert "1941" not in kept


def test_an_organiser_sees_only_pairs_of_their_own_part(twins, borough, client):
    organiser = PersonFactory(home=borough.other_ward)
    RoleHolding.objects.create(person=organiser, role=Role.ORGANISER, area=borough.far_locality)
    matching.tick()
    assert list(rules.pairs_visible_to(Pair.objects.all(), organiser)) == []


# --- Joining ------------------------------------------------------------------------------------


def test_one_record_stays_and_the_other_shows_nowhere(twins, officer):
    kept, gone = twins
    merge = join(kept, gone, officer)
    assert merge.state == Merge.State.DONE
    assert gone.state == Person.State.MERGED
    assert gone.merged_into == kept
    assert kept.email == "peggy@example.org"
    neighbour = PersonFactory()
    assert gone not in Person.objects.visible_to(neighbour)
    from doorstep.people.records.rules import records_visible_to

    assert gone not in records_visible_to(Person.objects.all(), officer)


def test_a_choice_decides_where_they_differ(twins, officer):
    kept, gone = twins
    join(kept, gone, officer, chosen={"known_as": "gone"})
    assert kept.known_as == "Peggy"
    assert kept.full_name == "Margaret Holloway"


def test_twice_is_once(twins, officer):
    kept, gone = twins
    first = join(kept, gone, officer)
    assert join(kept, gone, officer) == first
    assert join(kept, gone, officer, client_key="another-form") == first
    other = PersonFactory(known_as="Another officer")
    RoleHolding.objects.create(
        person=other, role=Role.OFFICER, area=RoleHolding.objects.get(person=officer).area
    )
    assert join(kept, gone, other, client_key="from-another") == first
    assert Merge.objects.count() == 1
    with pytest.raises(actions.CannotJoin):
        actions.join(gone, kept, by=officer, at=now(), why="x", client_key="wrong-way")


def test_a_child_is_not_joined_to_a_grown_up(twins, officer):
    Person.objects.filter(pk=twins[1].pk).update(born_on=now().date() - dt.timedelta(days=3000))
    with pytest.raises(actions.CannotJoin, match="two people"):
        join(*twins, officer)


def test_a_child_stays_a_child_where_the_other_has_no_birthday(twins, officer):
    kept, gone = twins
    born = now().date() - dt.timedelta(days=3000)
    Person.objects.filter(pk=kept.pk).update(born_on=None)
    Person.objects.filter(pk=gone.pk).update(born_on=born)
    join(kept, gone, officer, chosen={"born_on": "kept"})
    assert kept.born_on == born


def test_a_record_with_a_role_is_not_the_one_that_goes(twins, officer, borough):
    RoleHolding.objects.create(person=twins[1], role=Role.MENTOR, area=borough.borough)
    with pytest.raises(actions.CannotJoin, match="role"):
        join(*twins, officer)


def test_a_block_between_the_two_is_not_told(twins, officer):
    Block.objects.create(blocker=twins[0], blocked=twins[1])
    with pytest.raises(actions.CannotJoin) as problem:
        join(*twins, officer)
    assert str(problem.value) == "These two can't be joined. Keep both records."


def test_blocks_of_either_hold_for_the_one(twins, officer):
    kept, gone = twins
    neighbour = PersonFactory()
    Block.objects.create(blocker=neighbour, blocked=gone)
    merge = join(kept, gone, officer)
    assert people_rules.blocked_ids(Person.objects.get(pk=kept.pk)) == {neighbour.pk}
    part(merge, officer)
    assert people_rules.blocked_ids(Person.objects.get(pk=kept.pk)) == set()
    assert people_rules.blocked_ids(Person.objects.get(pk=gone.pk)) == {neighbour.pk}


def test_a_block_made_while_they_were_one_holds_for_both(twins, officer):
    kept, gone = twins
    neighbour = PersonFactory()
    merge = join(kept, gone, officer)
    people_actions.block(kept, by=neighbour, at=now())
    part(merge, officer)
    assert people_rules.blocked_ids(neighbour.__class__.objects.get(pk=neighbour.pk)) == {
        kept.pk,
        gone.pk,
    }


def test_nobody_without_both_records_in_reach_joins_them(twins, borough):
    organiser = PersonFactory(home=borough.ward)
    RoleHolding.objects.create(person=organiser, role=Role.ORGANISER, area=borough.far_locality)
    with pytest.raises(actions.NotTheirs):
        join(*twins, organiser)


def test_what_only_one_shares_is_not_shown_to_more(twins, officer):
    kept, gone = twins
    Person.objects.filter(pk=kept.pk).update(about="I play the tuba", shown_to={"about": "members"})
    Person.objects.filter(pk=gone.pk).update(shown_to={"about": "me"})
    for person in twins:
        person.refresh_from_db()
    join(kept, gone, officer)
    assert not people_rules.can_see_part(PersonFactory(), kept, "about")


# --- Accounts -----------------------------------------------------------------------------------


@pytest.fixture
def member(borough):
    return PersonFactory(
        known_as="Margaret Holloway", home=borough.ward, born_on=dt.date(1941, 2, 14)
    )


def test_an_account_gets_no_other_record_without_a_yes(member, twins, officer, client):
    other = twins[1]
    merge = join(member, other, officer)
    assert merge.state == Merge.State.ASKED
    assert other.state == Person.State.ACTIVE
    assert Notice.objects.filter(person=member, kind="record-joined").count() == 1
    client.force_login(member.account)
    address = reverse("people:merge_question", args=[merge.handle])
    page = client.get(address).content.decode()
    assert "Peggy" not in page
    assert "RM10" not in page
    wrong = {"answer": "yes", "born_on": "1950-01-01"}
    assert client.post(address, wrong).status_code == 422
    assert client.post(address, {"answer": "yes", "postcode": "rm10 7fh"}).status_code == 302
    merge.refresh_from_db()
    assert merge.state == Merge.State.DONE


def test_three_wrong_answers_end_the_question(member, twins, officer):
    merge = join(member, twins[1], officer)
    for _try in range(3):
        with pytest.raises(actions.WrongAnswer):
            actions.say_yes(merge, by=member, at=now(), postcode="RM1 1AA")
    merge.refresh_from_db()
    assert merge.state == Merge.State.REFUSED
    with pytest.raises(actions.CannotJoin):
        actions.say_yes(merge, by=member, at=now(), postcode="RM10 7FH")


def test_a_proved_number_and_a_careful_officer_are_enough(member, twins, officer):
    member.account.phone, member.account.phone_verified = "+447700900112", True
    member.account.save()
    other = twins[1]
    Person.objects.filter(pk=other.pk).update(phone="+447700900112")
    assert join(member, other, officer, known_by="She rang from it").state == Merge.State.DONE


def test_a_number_somebody_typed_lately_proves_nothing(member, twins, officer):
    member.account.phone, member.account.phone_verified = "+447700900112", True
    member.account.save()
    records.put_right(twins[1], by=officer, because="new number", at=now(), phone="+447700900112")
    assert join(member, twins[1], officer, known_by="Trust me").state == Merge.State.ASKED


def test_two_who_sign_in_both_say_yes_and_one_signs_in_after(member, borough, officer, client):
    other = PersonFactory(known_as="Maggie", home=borough.ward)
    merge = join(member, other, officer)
    actions.say_yes(merge, by=member, at=now())
    merge.refresh_from_db()
    assert merge.state == Merge.State.ASKED
    client.force_login(other.account)
    actions.say_yes(merge, by=other, at=now())
    merge.refresh_from_db()
    assert merge.state == Merge.State.DONE
    assert client.get(reverse("people:me")).status_code == 302
    assert not people_actions.may_come_in(
        type(other.account).objects.get(pk=other.account.pk), at=now()
    )


def test_a_no_is_kept(member, twins, officer):
    merge = join(member, twins[1], officer)
    actions.say_no(merge, by=member, at=now())
    merge.refresh_from_db()
    assert merge.state == Merge.State.REFUSED
    assert Pair.objects.get().state == Pair.State.TWO


# --- What comes along ---------------------------------------------------------------------------


def test_the_stricter_consent_wins_and_comes_back(twins, officer):
    kept, gone = twins
    key = next(name for name, _item in recipients.items())
    common = {
        "purpose": "support",
        "recipient_kind": key,
        "recipient_key": "x",
        "parts": ["name"],
        "how": "spoken",
        "starts_at": now(),
        "recorded_by": officer,
    }
    for person in twins:
        Consent.objects.create(person=person, client_key=f"c-{person.pk}", **common)
    Consent.objects.filter(person=gone).update(
        withdrawn_at=now() + dt.timedelta(seconds=1), withdrawn_how="spoken"
    )
    merge = join(kept, gone, officer)
    assert not Consent.objects.live(now() + dt.timedelta(minutes=1)).filter(person=kept).exists()
    part(merge, officer)
    assert Consent.objects.live(now()).filter(person=kept).count() == 1
    assert Consent.objects.filter(person=gone).count() == 1
    assert (may_share, consents) is not None


def test_the_log_follows_and_never_changes(twins, officer):
    kept, gone = twins
    log_read(by=officer, about=gone, what="phone", reason="contact", at=now())
    before = list(Reading.objects.order_by("pk").values_list("pk", "mac", "subject_id"))
    merge = join(kept, gone, officer)
    assert [look.what for look in showing.looks(kept)] == ["your phone number"]
    assert [
        row[:3] for row in Reading.objects.order_by("pk").values_list("pk", "mac", "subject_id")
    ] == before
    part(merge, officer)
    assert showing.looks(Person.objects.get(pk=kept.pk)) == []
    assert len(showing.looks(Person.objects.get(pk=gone.pk))) == 1


def test_the_log_of_a_number_had_before_is_this_you_stays_readable(officer, borough):
    newcomer = PersonFactory(known_as="Peg", home=borough.ward)
    account = newcomer.account
    account.phone, account.phone_verified = "+447700900112", True
    account.save()
    written = PersonFactory(known_as="Peggy", phone="+447700900112", account=False)
    log_read(by=officer, about=newcomer, what="phone", reason="contact", at=now())
    matching.tick()
    people_actions.claim(account, at=now())
    assert not Person.objects.filter(pk=newcomer.pk).exists()
    assert len(showing.looks(written)) == 1


def test_an_alert_follows_unseen_by_the_officer(twins, officer, client):
    from doorstep.safeguarding.models import Alert
    from doorstep.safeguarding.tests.factories import alert as an_alert

    alert = an_alert(about=twins[1])
    merge = join(*twins, officer)
    assert Alert.objects.get(pk=alert.pk).about == twins[0]
    assert all("Alert" not in key and "Party" not in key for key, _row in movers.since(merge))
    part(merge, officer)
    assert Alert.objects.get(pk=alert.pk).about == twins[1]


# --- Pages --------------------------------------------------------------------------------------


@pytest.fixture
def desk(officer, client):
    client.force_login(officer.account)
    session = client.session
    note_second_step(session, officer.account.pk)
    session.save()
    return client


def test_numbers_show_only_after_a_reason_and_both_are_logged(twins, desk):
    kept, gone = twins
    address = reverse("people:compare", args=[kept.handle, gone.handle])
    page = desk.get(address).content.decode()
    assert "0112" not in page
    assert "1941" not in page
    assert Reading.objects.count() == 0
    desk.post(address, {"answer": "why", "words": "She rang about it"})
    page = desk.get(address).content.decode()
    assert "0112" in page
    assert set(Reading.objects.values_list("subject_id", flat=True)) == {kept.pk, gone.pk}


def test_an_officer_joins_and_parts_on_the_pages(twins, desk):
    kept, gone = twins
    matching.tick()
    assert "Compare them" in desk.get(reverse("people:duplicates")).content.decode()
    address = reverse("people:compare", args=[kept.handle, gone.handle])
    desk.post(address, {"answer": "why", "words": "She rang about it"})
    sent = {
        "answer": "same", "client_key": "a-key-of-the-form", "why": "Same birthday, same voice",
        "from_known_as": "gone", "from_full_name": "kept",
    }  # fmt: skip
    assert desk.post(address, sent | {"why": ""}).status_code == 422
    done = desk.post(address, sent)
    merge = Merge.objects.get()
    assert done.headers["Location"] == reverse("people:merge", args=[merge.handle])
    old = desk.get(reverse("people:record", args=[gone.handle]))
    assert old.headers["Location"] == reverse("people:record", args=[kept.handle])
    desk.post(done.headers["Location"], {"why": "The niece has the same name"})
    gone.refresh_from_db()
    assert gone.state == Person.State.ACTIVE
    assert gone.merged_into is None


def test_a_joined_record_is_missing_for_those_who_may_not_open_it(twins, officer, client):
    kept, gone = twins
    join(kept, gone, officer)
    client.force_login(PersonFactory().account)
    assert client.get(reverse("people:record", args=[gone.handle])).status_code == 404
    assert client.get(reverse("people:person", args=[gone.handle])).status_code == 404


def test_writing_somebody_down_asks_whether_we_know_them(twins, desk):
    matching.tick()
    sent = {
        "client_key": "a-key-of-the-form", "known_as": "Peg Holloway", "postcode": "RM10 7FH",
        "born_on": "1941-02-14",
    }  # fmt: skip
    page = desk.post(reverse("people:new_record"), sent)
    assert page.status_code == 422
    assert "Do we know them already?" in page.content.decode()


# --- Forgetting ---------------------------------------------------------------------------------


def test_whoever_is_forgotten_is_forgotten_whole(twins, officer):
    from doorstep.people.rights.erasing import erase

    kept, gone = twins
    join(kept, gone, officer)
    erase(kept, takes_posts=False)
    gone.refresh_from_db()
    assert (gone.full_name, gone.phone, gone.email, gone.postcode) == ("", "", "", "")
    assert not Merge.objects.exists()
