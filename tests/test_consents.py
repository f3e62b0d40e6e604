"""What somebody agreed to holds for that purpose, recipient, parts and period, and no longer."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from doorstep.base import keys
from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.consents import actions, kinds, rules
from doorstep.people.consents.actions import OnBehalf
from doorstep.people.consents.rules import may_share
from doorstep.people.models import (
    Ask,
    Consent,
    How,
    Override,
    Person,
    Reading,
    Relation,
    Reliance,
    RoleHolding,
)

pytestmark = pytest.mark.django_db

FOOD_BANK = kinds.Recipient(
    "organisation", kinds.key_of("Riverside Food Bank"), "Riverside Food Bank"
)
CLINIC = kinds.Recipient("health", kinds.key_of("Quay Clinic"), "Quay Clinic")
SECRET = "since the operation in March"


@pytest.fixture
def desk(cast, borough):
    """Bryn is a hub officer; Carys and Dev are safeguarding leads; the rest are neighbours."""
    for person, role in (
        (cast.bryn, RoleHolding.Role.OFFICER),
        (cast.carys, RoleHolding.Role.SAFEGUARDING),
        (cast.dev, RoleHolding.Role.SAFEGUARDING),
    ):
        RoleHolding.objects.create(person=person, role=role, area=borough.borough)
    return cast


@pytest.fixture
def sign_in(client):
    def signed_in(person):
        client.force_login(person.account)
        session = client.session
        session["second_factor_waived"] = True
        session.save()
        return client

    return signed_in


def agree(person, *, by=None, recipient=FOOD_BANK, purpose="help", parts=("name", "phone"), **more):
    by = by or person
    more.setdefault("how", How.WEB if by == person else How.SPOKEN)
    more.setdefault("words", "" if by == person else f"Yes, do ring me, {SECRET}")
    more.setdefault("at", now())
    more.setdefault("client_key", keys.new_key(20))
    return actions.give(person, purpose=purpose, recipient=recipient, parts=parts, by=by, **more)


def override(desk, *, by=None, at=None, **more):
    return actions.override(
        desk.amina,
        purpose="help",
        recipient=CLINIC,
        parts=["name", "phone"],
        ground=Override.Ground.VITAL,
        reason="She collapsed and the clinic must ring her.",
        by=by or desk.bryn,
        at=at or now(),
        client_key=keys.new_key(20),
        **more,
    )


# --- The rule ------------------------------------------------------------------------------------


def test_a_yes_holds_for_its_own_purpose_recipient_and_parts(desk):
    agree(desk.amina)
    at = now()
    assert may_share(desk.amina, "help", FOOD_BANK, at) is not None
    assert may_share(desk.amina, "help", FOOD_BANK, at, parts=["phone"]) is not None
    assert may_share(desk.amina, "help", FOOD_BANK, at, parts=["phone", "postcode"]) is None
    assert may_share(desk.amina, "calls", FOOD_BANK, at) is None
    assert may_share(desk.amina, "help", CLINIC, at) is None
    assert may_share(desk.ewan, "help", FOOD_BANK, at) is None


def test_the_same_name_is_the_same_recipient_however_it_is_typed():
    assert kinds.key_of("The  Riverside food-bank") == kinds.key_of("Riverside Food Bank")
    assert kinds.key_of("Riverside Food Banks") != kinds.key_of("Riverside Food Bank")
    assert "riverside" not in kinds.key_of("Riverside Food Bank").lower()


def test_a_yes_ends_with_the_clock_and_not_with_the_worker(desk):
    at = now()
    agree(desk.amina, at=at, ends_at=at + dt.timedelta(days=3))
    last = at + dt.timedelta(days=3)
    assert may_share(desk.amina, "help", FOOD_BANK, last - dt.timedelta(microseconds=1))
    assert may_share(desk.amina, "help", FOOD_BANK, last) is None


def test_nothing_is_shared_for_a_purpose_nobody_registered(desk):
    Consent.objects.create(
        person=desk.amina,
        purpose="marketing",
        recipient_kind=FOOD_BANK.kind,
        recipient_key=FOOD_BANK.key,
        parts=["phone"],
        starts_at=now(),
        how=How.WEB,
        client_key="made-up-row",
    )
    assert may_share(desk.amina, "marketing", FOOD_BANK, now()) is None


# --- Saying yes ----------------------------------------------------------------------------------


def test_a_spoken_yes_keeps_the_words_who_wrote_them_and_the_question(desk):
    row = agree(desk.amina, by=desk.bryn, asked="May they ring you?", language="ur")
    row.refresh_from_db()
    assert (row.how, row.recorded_by, row.language) == (How.SPOKEN, desk.bryn, "ur")
    assert (row.words, row.asked) == (f"Yes, do ring me, {SECRET}", "May they ring you?")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"words": " "}, "in their own words"),
        ({"parts": []}, "at least one thing"),
        ({"parts": ["shoe-size"]}, "at least one thing"),
        ({"purpose": "marketing"}, "what this yes would be for"),
        ({"purpose": "health"}, "can't be given|isn't something"),
        ({"how": How.WEB}, "told you or wrote it down"),
        ({"ends_at": now() - dt.timedelta(days=1)}, "still to come"),
        ({"on_behalf": OnBehalf("", Relation.ATTORNEY, "Seen")}, "name of who said yes"),
        ({"on_behalf": OnBehalf("Zoë", Relation.ATTORNEY)}, "which paper"),
        ({"on_behalf": OnBehalf("Zoë", Relation.PARENT)}, "for a child only"),
    ],
)
def test_a_yes_that_says_too_little_is_refused_in_a_sentence(desk, wrong, says):
    with pytest.raises(actions.CannotAgree, match=says):
        agree(desk.amina, by=desk.bryn, **wrong)
    assert Consent.objects.count() == 0


def test_under_sixteen_a_parent_says_yes_and_from_sixteen_on_nobody_else(desk):
    day = now().date()
    desk.ewan.born_on = day.replace(year=day.year - 14, day=1)
    desk.ewan.save()
    with pytest.raises(actions.CannotAgree, match="under 16"):
        agree(desk.ewan)
    row = agree(desk.ewan, by=desk.bryn, on_behalf=OnBehalf("His mother Ola", Relation.PARENT))
    assert row.on_behalf_name == "His mother Ola"
    desk.ewan.born_on = day.replace(year=day.year - 17, day=1)
    desk.ewan.save()
    assert agree(desk.ewan, recipient=CLINIC).how == How.WEB


def test_the_same_form_twice_is_one_yes(desk):
    first = agree(desk.amina, client_key="the-same-key")
    assert agree(desk.amina, client_key="the-same-key") == first
    assert Consent.objects.count() == 1
    with pytest.raises(actions.CannotAgree):
        agree(desk.ewan, client_key="the-same-key")


def test_a_wider_yes_is_a_new_row_and_the_old_one_stays(desk):
    old = agree(desk.amina)
    new = agree(desk.amina, parts=["name", "phone", "postcode"])
    old.refresh_from_db()
    assert (old.parts, old.replaced_by, old.state) == (["name", "phone"], new, "replaced")
    assert may_share(desk.amina, "help", FOOD_BANK, now(), parts=["postcode"]).consent == new


def test_the_table_itself_takes_no_second_open_yes_and_no_half_withdrawal(desk):
    row = agree(desk.amina)
    same = {
        "person": desk.amina,
        "purpose": "help",
        "recipient_kind": FOOD_BANK.kind,
        "recipient_key": FOOD_BANK.key,
        "starts_at": now(),
        "how": How.WEB,
    }
    for wrong in (
        {},
        {"recipient_key": "x", "withdrawn_at": now()},
        {"recipient_key": "x", "withdrawn_how": How.WEB},
        {"recipient_key": "x", "ends_at": now() - dt.timedelta(days=9)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.create(**same | wrong, client_key=keys.new_key(20))
    assert list(Consent.objects.all()) == [row]


# --- Changing one's mind -------------------------------------------------------------------------


def rely(person, by, thing="sheet:1", **more):
    return actions.rely(
        person,
        purpose="help",
        recipient=FOOD_BANK,
        parts=["phone"],
        by=by,
        at=now(),
        used_for="Riverside Food Bank",
        thing=thing,
        **more,
    )


@pytest.mark.parametrize("state", [Person.State.AWAY, Person.State.MERGED])
def test_a_record_that_is_no_longer_theirs_is_shared_by_no_yes_of_before(desk, state):
    agree(desk.amina)
    assert may_share(desk.amina, "help", FOOD_BANK, now()) is not None
    Person.objects.filter(pk=desk.amina.pk).update(state=state)
    assert may_share(desk.amina, "help", FOOD_BANK, now()) is None


def test_a_withdrawal_takes_effect_at_once_and_whoever_relied_on_it_is_told(desk):
    row = agree(desk.amina)
    rely(desk.amina, desk.bryn)
    actions.withdraw(row, by=desk.amina, at=now(), how=How.WEB)
    assert may_share(desk.amina, "help", FOOD_BANK, now()) is None
    note = Notice.objects.get(person=desk.bryn)
    assert note.kind == "consent-ended"
    assert "Amina" not in note.title + note.body + note.path
    (reliance,) = Reliance.objects.to_stop(desk.bryn)
    actions.tick_off(reliance, by=desk.bryn, at=now(), words="Rang them; they shredded it.")
    assert list(Reliance.objects.to_stop(desk.bryn)) == []


def test_whoever_relied_on_an_older_yes_is_told_when_the_newer_one_ends(desk):
    agree(desk.amina)
    rely(desk.amina, desk.bryn)
    wider = agree(desk.amina, parts=["name", "phone", "area"])
    actions.withdraw(wider, by=desk.amina, at=now(), how=How.WEB)
    assert Reliance.objects.to_stop(desk.bryn).count() == 1


def test_stopping_an_old_version_stops_the_new_one(desk):
    old = agree(desk.amina)
    agree(desk.amina, parts=["name", "phone", "area"])
    actions.withdraw(old, by=desk.amina, at=now(), how=How.WEB)
    assert may_share(desk.amina, "help", FOOD_BANK, now()) is None


def test_stopping_twice_keeps_the_first_moment(desk):
    row = agree(desk.amina)
    at = now()
    actions.withdraw(row, by=desk.amina, at=at, how=How.WEB)
    actions.withdraw(row, by=desk.bryn, at=at + dt.timedelta(hours=1), how=How.SPOKEN)
    row.refresh_from_db()
    assert (row.withdrawn_at, row.withdrawn_by, row.withdrawn_how) == (at, desk.amina, How.WEB)


def test_nobody_relies_on_what_was_withdrawn(desk):
    row = agree(desk.amina)
    actions.withdraw(row, by=desk.amina, at=now(), how=How.WEB)
    with pytest.raises(actions.NotAgreed, match="changed their mind"):
        rely(desk.amina, desk.bryn)
    assert Reliance.objects.count() == 0


def test_others_hang_up_what_follows_a_withdrawal(desk, monkeypatch):
    seen = []
    monkeypatch.setattr(kinds.reactions, "_items", {})
    kinds.reactions.add("test", lambda consent, at: seen.append(consent.pk))
    row = agree(desk.amina)
    actions.withdraw(row, by=desk.amina, at=now(), how=How.WEB)
    actions.withdraw(row, by=desk.amina, at=now(), how=How.WEB)
    assert seen == [row.pk]


# --- Without a yes -------------------------------------------------------------------------------


def test_an_override_is_loud_short_and_looked_at(desk):
    at = now()
    made = override(desk, at=at)
    assert may_share(desk.amina, "help", CLINIC, at).override == made
    assert may_share(desk.amina, "help", CLINIC, at + dt.timedelta(days=8)) is None
    told = set(Notice.objects.filter(kind="override").values_list("person__known_as", flat=True))
    assert told == {"Carys", "Dev"}


def test_a_struck_override_stops_at_once(desk):
    made = override(desk)
    actions.review(
        made, by=desk.carys, at=now(), outcome=Override.Outcome.STRUCK, words="Ask her first."
    )
    assert may_share(desk.amina, "help", CLINIC, now()) is None


def test_nobody_looks_at_their_own_and_nobody_at_one_about_themselves(desk, borough):
    own = override(desk, by=desk.carys)
    with pytest.raises(actions.CannotReview):
        actions.review(own, by=desk.carys, at=now(), outcome="right", words="Fine")
    RoleHolding.objects.create(
        person=desk.amina, role=RoleHolding.Role.SAFEGUARDING, area=borough.borough
    )
    lead = Person.objects.get(pk=desk.amina.pk)
    assert not rules.can_review(lead, own)
    assert own not in rules.overrides_visible_to(Override.objects.all(), lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        Override.objects.filter(pk=own.pk).update(
            reviewed_by=desk.carys, reviewed_at=now(), outcome="right"
        )


def test_a_second_look_is_told_that_it_was_the_second(desk):
    made = override(desk)
    actions.review(made, by=desk.carys, at=now(), outcome="right", words="Right.")
    with pytest.raises(actions.CannotReview, match="moment faster"):
        actions.review(made, by=desk.dev, at=now(), outcome="struck", words="Wrong.")


def test_the_person_hears_a_day_later_unless_a_lead_holds_it_back(desk):
    at = now()
    made, held = override(desk, at=at), override(desk, at=at)
    actions.hold_back_telling(held, by=desk.carys, at=at, reason="Her partner reads her post.")
    actions.look_ahead(at + dt.timedelta(hours=23))
    assert not Notice.objects.filter(person=desk.amina).exists()
    actions.look_ahead(at + dt.timedelta(hours=25))
    actions.look_ahead(at + dt.timedelta(hours=26))
    assert [note.key for note in Notice.objects.filter(person=desk.amina)] == [
        f"override:{made.pk}:told"
    ]
    actions.stop_holding_back(held, by=desk.dev, at=at + dt.timedelta(days=5))
    assert Notice.objects.filter(person=desk.amina).count() == 2


def test_an_override_needs_a_reason_and_no_more_than_a_week(desk):
    with pytest.raises(actions.CannotOverride, match="seven days"):
        override(desk, ends_at=now() + dt.timedelta(days=30))
    with pytest.raises(actions.CannotOverride, match="without a yes"):
        actions.override(
            desk.amina,
            purpose="messages",
            recipient=kinds.recipient("neighbour", "Bo"),
            parts=["name"],
            ground="vital",
            reason="Because it is urgent.",
            by=desk.bryn,
            at=now(),
            client_key=keys.new_key(20),
        )


# --- Asking, and the clock -----------------------------------------------------------------------


def ask(desk, **more):
    return actions.ask(
        desk.amina,
        purpose="help",
        recipient=FOOD_BANK,
        parts=["name", "phone"],
        by=desk.bryn,
        at=now(),
        client_key=keys.new_key(20),
        **more,
    )


def test_a_question_waits_and_its_answer_is_told(desk):
    asked = ask(desk)
    assert ask(desk) == asked
    done = actions.answer_ask(asked, yes=True, by=desk.amina, at=now())
    assert done.answer == Ask.Answer.YES
    assert may_share(desk.amina, "help", FOOD_BANK, now(), parts=["phone"])
    assert Notice.objects.filter(person=desk.bryn, kind="consent").count() == 1


def test_a_no_shares_nothing(desk):
    done = actions.answer_ask(ask(desk), yes=False, by=desk.amina, at=now())
    assert (done.answer, may_share(desk.amina, "help", FOOD_BANK, now())) == ("no", None)
    with pytest.raises(PermissionError):
        actions.answer_ask(ask(desk), yes=True, by=desk.bryn, at=now())


def test_what_runs_out_is_told_thirty_and_seven_days_before_and_once_each(desk):
    at = now()
    agree(desk.amina, by=desk.bryn, at=at, ends_at=at + dt.timedelta(days=90))
    for day in (10, 61, 62, 84, 85):
        actions.look_ahead(at + dt.timedelta(days=day))
    assert Notice.objects.filter(person=desk.bryn).count() == 2


def test_whoever_relied_on_it_is_told_when_it_ran_out(desk):
    at = now()
    agree(desk.amina, at=at, ends_at=at + dt.timedelta(days=3))
    rely(desk.amina, desk.bryn)
    actions.look_ahead(at + dt.timedelta(days=4))
    actions.look_ahead(at + dt.timedelta(days=4, hours=1))
    assert Reliance.objects.to_stop(desk.bryn).count() == 1
    assert Notice.objects.filter(person=desk.bryn, kind="consent-ended").count() == 1


# --- Pages ---------------------------------------------------------------------------------------


def test_the_person_sees_what_they_agreed_to_in_their_own_words(desk, sign_in):
    agree(desk.amina, by=desk.bryn)
    page = sign_in(desk.amina).get(reverse("people:agreements")).content.decode()
    for said in ("Riverside Food Bank", "phone number", SECRET, "Bryn", "Stop this now"):
        assert said in page


def test_one_press_stops_it_and_one_more_gives_it_again_as_a_new_row(desk, sign_in):
    row = agree(desk.amina)
    browser = sign_in(desk.amina)
    browser.post(reverse("people:stop_agreeing", args=[row.pk]))
    assert may_share(desk.amina, "help", FOOD_BANK, now()) is None
    browser.post(reverse("people:agree_again", args=[row.pk]))
    browser.post(reverse("people:agree_again", args=[row.pk]))
    assert may_share(desk.amina, "help", FOOD_BANK, now()).consent.pk != row.pk
    assert Consent.objects.count() == 2


@pytest.mark.parametrize("name", ["stop_agreeing", "agree_again"])
def test_somebody_elses_yes_is_not_there(desk, sign_in, name):
    row = agree(desk.amina)
    for person in (desk.ewan, desk.bryn):
        browser = sign_in(person)
        answer = browser.post(reverse(f"people:{name}", args=[row.pk]))
        missing = browser.post(reverse(f"people:{name}", args=[row.pk + 999]))
        assert (answer.status_code, missing.status_code) == (404, 404)
    assert may_share(desk.amina, "help", FOOD_BANK, now())


def test_saying_yes_on_ones_own_page(desk, sign_in):
    browser = sign_in(desk.amina)
    url = reverse("people:agree", args=["help"])
    assert browser.get(url).status_code == 200
    sent = {
        "kind": "organisation",
        "name": "Riverside Food Bank",
        "parts": ["phone"],
        "days": "91",
        "client_key": "from-the-page",
    }
    assert browser.post(url, sent | {"name": ""}).status_code == 422
    assert browser.post(url, sent).status_code == 302
    row = Consent.objects.get()
    assert (row.how, row.parts, row.recorded_by) == (How.WEB, ["phone"], desk.amina)
    assert row.asked.startswith("May Riverside Food Bank have these details")


def open_record(browser, person):
    browser.get(reverse("people:record", args=[person.handle]))
    browser.post(reverse("people:record", args=[person.handle]), {"reason": "contact", "words": ""})


def test_an_officer_writes_down_a_yes_and_a_change_of_mind_and_it_is_logged(desk, sign_in):
    browser = sign_in(desk.bryn)
    open_record(browser, desk.amina)
    url = reverse("people:record_agree", args=[desk.amina.handle, "help"])
    assert browser.get(url).status_code == 200
    sent = {
        "kind": "organisation",
        "name": "Riverside Food Bank",
        "parts": ["phone"],
        "days": "91",
        "how": "spoken",
        "words": "Yes, ring me.",
        "language": "en-gb",
        "client_key": "from-the-desk",
    }
    assert browser.post(url, sent | {"words": ""}).status_code == 422
    assert browser.post(url, sent).status_code == 302
    row = Consent.objects.get()
    assert (
        browser.get(reverse("people:record_agreements", args=[desk.amina.handle])).status_code
        == 200
    )
    assert Reading.objects.filter(what="agreements", subject=desk.amina, reader=desk.bryn).exists()
    stop = reverse("people:record_stop", args=[desk.amina.handle, row.pk])
    browser.post(stop, {"how": "spoken", "words": "No more, please."})
    row.refresh_from_db()
    assert (row.withdrawn_by, row.withdrawn_words) == (desk.bryn, "No more, please.")
    assert browser.get(reverse("people:record_paper", args=[desk.amina.handle])).status_code == 200


def test_without_a_reason_for_opening_the_record_nothing_of_it_is_shown(desk, sign_in):
    agree(desk.amina)
    browser = sign_in(desk.bryn)
    answer = browser.get(reverse("people:record_agreements", args=[desk.amina.handle]))
    assert answer.headers["Location"] == reverse("people:record", args=[desk.amina.handle])


def test_a_neighbour_finds_no_page_about_anothers_agreements(desk, sign_in):
    browser = sign_in(desk.ewan)
    for name in ("record_agreements", "record_paper"):
        assert browser.get(reverse(f"people:{name}", args=[desk.amina.handle])).status_code == 404


def test_held_back_overrides_are_on_no_page_of_the_persons(desk, sign_in):
    made = override(desk)
    url = reverse("people:agreements")
    assert "Quay Clinic" not in sign_in(desk.amina).get(url).content.decode()
    actions.tell_person(made, at=now())
    assert "Quay Clinic" in sign_in(desk.amina).get(url).content.decode()
    assert sign_in(desk.amina).get(reverse("people:override", args=[made.pk])).status_code == 404


def test_a_lead_reads_why_and_says_whether_it_was_right(desk, sign_in):
    made = override(desk)
    browser = sign_in(desk.carys)
    assert "Amina" in browser.get(reverse("people:overrides")).content.decode()
    url = reverse("people:override", args=[made.pk])
    assert "collapsed" in browser.get(url).content.decode()
    sent = {"outcome": "right", "words": "You did well.", "wait": "on"}
    assert browser.post(url, sent).status_code == 422
    assert browser.post(url, sent | {"hold_back": "He reads her post."}).status_code == 302
    made.refresh_from_db()
    assert (made.outcome, made.reviewed_by, made.told_at) == ("right", desk.carys, None)
    assert "You did well." in sign_in(desk.bryn).get(url).content.decode()
    assert "reads her post" not in sign_in(desk.bryn).get(url).content.decode()


def test_whoever_relied_on_it_ticks_what_they_did(desk, sign_in):
    row = agree(desk.amina)
    rely(desk.amina, desk.bryn)
    actions.withdraw(row, by=desk.amina, at=now(), how=How.WEB)
    browser = sign_in(desk.bryn)
    assert "Amina" in browser.get(reverse("people:relied")).content.decode()
    reliance = Reliance.objects.get()
    assert (
        sign_in(desk.ewan).post(reverse("people:relied_done", args=[reliance.pk])).status_code
        == 404
    )
    sign_in(desk.bryn).post(
        reverse("people:relied_done", args=[reliance.pk]), {"words": "Shredded"}
    )
    reliance.refresh_from_db()
    assert reliance.done_words == "Shredded"


@pytest.mark.parametrize("rows", [1, 3])
def test_more_agreements_cost_no_more_queries(desk, sign_in, rows, django_assert_max_num_queries):
    for number in range(rows):
        row = agree(
            desk.amina, by=desk.bryn, recipient=kinds.recipient("organisation", f"Club {number}")
        )
        if number == 1:
            actions.withdraw(row, by=desk.amina, at=now(), how=How.WEB)
    browser = sign_in(desk.amina)
    browser.get(reverse("people:agreements"))
    with django_assert_max_num_queries(11):
        browser.get(reverse("people:agreements"))


# --- Who sees what, told twice -------------------------------------------------------------------


def test_the_rules_and_the_queries_tell_the_same(desk, borough):
    desk.ewan.home = borough.far_ward
    desk.ewan.save()
    organiser = Person.objects.create(known_as="Olu", home=borough.ward)
    RoleHolding.objects.create(
        person=organiser, role=RoleHolding.Role.ORGANISER, area=borough.locality
    )
    for person in (desk.amina, desk.ewan, desk.bryn, desk.carys):
        agree(person)
    override(desk)
    override(desk, by=desk.carys)
    everybody = list(Person.objects.all())
    for viewer in [None, *everybody]:
        assert set(rules.consents_visible_to(Consent.objects.all(), viewer)) == {
            row
            for row in Consent.objects.select_related("person__home")
            if rules.can_see_consent(viewer, row)
        }
        assert set(rules.overrides_visible_to(Override.objects.all(), viewer)) == {
            row for row in Override.objects.all() if rules.can_see_override(viewer, row)
        }
