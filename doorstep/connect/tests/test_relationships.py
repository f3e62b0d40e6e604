"""A relationship: who opens it, what stays said, circles, measures, endings, a death, a table."""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import now
from doorstep.connect import links, rules
from doorstep.connect.actions import circling, measuring, meeting, referring, walking
from doorstep.connect.diary.models import Diary
from doorstep.connect.instruments import instruments
from doorstep.connect.models import (
    Asking,
    Call,
    CaseAction,
    CaseGuest,
    CircleMember,
    Conversation,
    FirstStep,
    FollowUp,
    MatterWords,
)
from doorstep.connect.tests.factories import (
    AT,
    SOON,
    catalyst,
    lead,
    organisation,
    relationship,
)
from doorstep.notices.models import Notice
from doorstep.organisations.models import Position
from doorstep.people.consents import actions as consents
from doorstep.people.models import Consent, How, Reading
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def org(borough):
    return organisation()


@pytest.fixture
def carys(org):
    return catalyst(org)


@pytest.fixture
def row(org, carys, cast):
    return relationship(org, carys, person=cast.amina)


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def open_as(client, person):
    client.force_login(person.account)
    session = client.session
    session["second_factor_waived"] = True
    session.save()


def page(client, row, who):
    open_as(client, who)
    return client.get(row.get_absolute_url())


def talk(row, by, words="She cried.", readers="catalysts", is_final=True):
    return walking.write(
        row, by=by, at=AT, words=words, how="visit", readers=readers, is_final=is_final
    )


# --- Who opens it ------------------------------------------------------------------------------


def test_only_who_walks_alongside_opens_it_and_it_is_logged(client, row, org, carys, cast):
    colleague, boss = catalyst(org, "Nia"), lead(org)
    other = catalyst(organisation("Elsewhere"), "Otto")
    for nobody in (colleague, boss, other, cast.amina, cast.ewan):
        assert page(client, row, nobody).status_code == 404
    assert page(client, row, carys).status_code == 200
    reading = Reading.objects.get(subject=cast.amina, what="relationship")
    assert reading.reader == carys


def test_a_lead_sees_days_and_no_notes(client, row, org, carys):
    boss = lead(org)
    talk(row, carys, "A secret about her son.")
    walking.add_matter(row, by=carys, at=AT, kind="matter", words="To sew again.")
    open_as(client, boss)
    text = client.get("/connect/").content.decode()
    assert "Amina" in text
    for hidden in ("secret", "sew again", "Ring her"):
        assert hidden not in text


def test_a_lead_sees_who_has_room_and_where_most_is_overdue_first(client, row, org, carys):
    nia = catalyst(org, "Nia", most=5)
    for n in range(2):
        made = relationship(org, nia, person=PersonFactory(known_as=f"Person {n}"))
        type(made).objects.filter(pk=made.pk).update(next_on=dt.date(2020, 1, 1))
    catalyst(org, "Otto", most=3)
    catalyst(organisation("Elsewhere"), "Zora")
    open_as(client, lead(org))
    caseload = client.get("/connect/").context["caseload"]
    told = [(one["person"].known_as, len(one["with"]), one["most"]) for one in caseload]
    assert told[0] == ("Nia", 2, 5)
    assert sorted(told[1:]) == [("Carys", 1, 12), ("Otto", 0, 3)]
    page = client.get("/connect/").content.decode()
    assert "0 people, 3 at most" in page
    # Who only leads has no people of their own to look for.
    assert "Your people" not in page


def test_somebody_who_works_there_too_is_not_named_to_the_lead(client, org, carys):
    helper = PersonFactory(known_as="Zebedee")
    Position.objects.create(organisation=org, person=helper, role="staff", accepted_at=AT)
    made = relationship(org, carys, person=helper)
    boss = lead(org)
    open_as(client, boss)
    text = client.get("/connect/").content.decode()
    assert made.is_kept_apart
    assert "Zebedee" not in text
    assert "somebody who works here too" in text


def test_a_catalyst_who_is_also_a_client_never_opens_their_own(client, org, carys):
    nia = catalyst(org, "Nia")
    made = relationship(org, carys, person=nia)
    assert not rules.can_see(nia, made)
    with pytest.raises(referring.NotNow):
        walking.join(made, by=carys, at=AT, other=nia)


def test_another_organisation_looks_in_by_a_yes_and_reads_no_note(client, row, carys, cast):
    there = organisation("Elsewhere")
    otto = catalyst(there, "Otto")
    talk(row, carys, "A secret.")
    walking.add_matter(row, by=carys, at=AT, kind="matter", words="To sew again.")
    given_ = consents.give(
        cast.amina, purpose=rules.SEE, recipient=rules.recipient_of(there), parts=["asked"],
        by=cast.amina, at=now(), how=How.WEB, client_key="look-in-12345",
    )  # fmt: skip
    text = page(client, row, otto).content.decode()
    assert "To sew again." in text
    assert "A secret." not in text
    assert client.get(f"{row.get_absolute_url()}talk/").status_code == 403
    consents.withdraw(given_, by=cast.amina, at=now(), how=How.WEB)
    assert page(client, row, otto).status_code == 404


def test_two_catalysts_read_each_other_but_not_drafts_and_the_last_cannot_leave(row, org, carys):
    nia = catalyst(org, "Nia")
    walking.join(row, by=carys, at=AT, other=nia)
    talk(row, carys, "Final.")
    talk(row, carys, "Draft.", is_final=False)
    talk(row, carys, "Mine.", readers="writer")
    read = [one.words for one in row.conversations.readable_by(nia)]
    assert read == ["Final."]
    walking.leave(row, by=carys, at=AT)
    assert not rules.can_see(carys, row)
    with pytest.raises(referring.NotNow):
        walking.leave(row, by=nia, at=AT)


def test_the_rule_and_the_query_for_conversations_agree(row, org, carys, cast):
    nia = catalyst(org, "Nia")
    walking.join(row, by=carys, at=AT, other=nia)
    for readers in Conversation.Readers.values:
        for is_final in (True, False):
            talk(row, carys, readers=readers, is_final=is_final)
    for who in (carys, nia, cast.amina, cast.ewan, lead(org)):
        assert set(Conversation.objects.readable_by(who)) == {
            one for one in Conversation.objects.all() if rules.can_read_conversation(who, one)
        }


def test_once_the_role_ends_nothing_opens(client, row, carys):
    carys.roles.update(ends_at=now() - DAY)
    assert page(client, row, carys).status_code == 404


# --- What is said ------------------------------------------------------------------------------


def test_words_about_a_matter_are_never_overwritten(client, row, carys):
    matter = walking.add_matter(row, by=carys, at=AT, kind="matter", words="I used to sew.")
    walking.say_anew(matter, by=carys, at=AT + DAY, words="I want to sew with others.")
    text = page(client, row, carys).content.decode()
    assert "I used to sew." in text
    assert "I want to sew with others." in text
    said = MatterWords.objects.first()
    said.words = "Changed."
    with pytest.raises(TypeError):
        said.save()


def test_a_final_conversation_cannot_be_changed(row, carys):
    done = talk(row, carys)
    with pytest.raises(referring.NotNow):
        walking.write(
            row, by=carys, at=AT, words="Other.", how="visit", readers="catalysts",
            is_final=True, draft=done,
        )  # fmt: skip
    assert fresh(done).words == "She cried."


def test_the_next_step_is_all_that_has_to_be_there(client, row, carys):
    open_as(client, carys)
    address = f"{row.get_absolute_url()}next/"
    form = client.get(address).context["form"]
    data = {"client_key": form["client_key"].initial, "whose": "theirs", "on": "2026-12-01"}
    assert client.post(address, data).status_code == 422
    assert client.post(address, {**data, "words": "She rings the choir."}).status_code == 302
    assert fresh(row).next_step == "She rings the choir."


def test_the_page_asks_no_more_for_a_longer_story(
    client, row, carys, django_assert_max_num_queries
):
    for n in range(30):
        talk(row, carys, f"Talk {n}")
        walking.add_matter(row, by=carys, at=AT, kind="matter", words=f"Matter {n}")
        circling.add(row.person, by=carys, at=AT, name=f"Friend {n}")
    open_as(client, carys)
    client.get(row.get_absolute_url())
    with django_assert_max_num_queries(8):
        assert client.get(row.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("many", [1, 3])
def test_a_page_with_everything_on_it_asks_twelve_times_at_most(
    client, row, carys, cast, many, django_assert_max_num_queries
):
    for n in range(many):
        last = talk(row, carys, f"Talk {n}")
        walking.add_matter(row, by=carys, at=AT, kind="matter", words=f"Matter {n}")
        circling.add(row.person, by=carys, at=AT, name=f"Friend {n}")
        Call.objects.create(relationship=row, made_by=carys, written="A ladder?")
        Diary.objects.create(
            relationship=row, person=row.person, client_key=f"d{n}", problem="repairs", title="Damp"
        )
        FirstStep.objects.create(
            relationship=row, provider="gatherings", key=str(n), label="Soup", starts_at=AT
        )
        made, guest = table(row, carys)
        other = meeting.invite(
            made, by=carys, at=now(), name="Mair", service="Nurses", email="mair@example.org"
        )
        for who in (guest, guest, other):
            meeting.agree_action(
                made, by=carys, at=now(), owner=who, words="Ring the engineers", due_on=SOON
            )
    walking.join(row, by=carys, at=AT, other=catalyst(row.organisation, "Nia"))
    open_as(client, carys)
    client.get(row.get_absolute_url())
    with django_assert_max_num_queries(12):
        page = client.get(row.get_absolute_url()).content.decode()
    for words in ("Damp", "Soup", "Nia"):
        assert words in page
    assert page.count("Ring the engineers") == 3 * many
    assert page.count('<bdi dir="auto">Hal</bdi>, <bdi') == many
    with django_assert_max_num_queries(12):
        client.get(f"{row.get_absolute_url()}?before={last.pk}")


def test_earlier_conversations_follow_without_a_gap_and_none_twice(client, row, carys):
    for n in range(30):
        talk(row, carys, f"Talk number {n}.")
    open_as(client, carys)
    seen, address = [], row.get_absolute_url()
    while address:
        page = client.get(address)
        seen += [one.words for one in page.context["talks"]]
        older = page.context["older"]
        address = f"{row.get_absolute_url()}?before={older}" if older else ""
    assert seen == [f"Talk number {n}." for n in reversed(range(30))]
    # Somebody else's number shows the newest, and says nothing of it.
    page = client.get(f"{row.get_absolute_url()}?before=999999")
    assert page.context["talks"][0].words == "Talk number 29."


# --- Circle ------------------------------------------------------------------------------------


def test_the_person_changes_pauses_and_takes_out_who_is_around_them(client, cast):
    open_as(client, cast.amina)
    form = client.get("/connect/mine/add/").context["form"]
    client.post(
        "/connect/mine/add/",
        {"client_key": form["client_key"].initial, "name": "Dev next door", "near": "1",
         "sees": "who", "handle": cast.dev.handle, "reach": "07700 900111"},
    )  # fmt: skip
    member = CircleMember.objects.get()
    assert (member.person, member.reach) == (cast.dev, "07700 900111")
    for verb, state in (("pause", "paused"), ("back", "here"), ("out", "gone")):
        client.post(f"/connect/mine/{verb}/?about={member.ref}")
        assert fresh(member).state == state
    assert fresh(member).reach == ""


def test_a_member_sees_what_the_person_lets_them_and_no_note(client, row, carys, cast):
    talk(row, carys, "A secret.", readers="person")
    walking.add_matter(row, by=carys, at=AT, kind="matter", words="To sew again.")
    walking.add_matter(row, by=carys, at=AT, kind="barrier", words="The stairs shame me.")
    circling.add(cast.amina, by=carys, at=AT, name="Dr Lim", reach="020 7946 0000")
    member = circling.add(cast.amina, by=carys, at=AT, name="Dev", person=cast.dev, sees="who")
    open_as(client, cast.dev)
    address = f"/connect/circle/{cast.amina.handle}/"
    text = client.get(address).content.decode()
    assert "Dr Lim" in text
    assert "sew again" not in text
    circling.change(member, by=cast.amina, at=AT, sees="matters")
    text = client.get(address).content.decode()
    assert "To sew again." in text
    assert "A secret." not in text
    assert "stairs" not in text
    circling.set_state(member, "paused", by=cast.amina, at=AT)
    assert client.get(address).status_code == 404


def test_nobody_changes_another_persons_circle(client, row, carys, cast):
    member = circling.add(cast.amina, by=carys, at=AT, name="Dev")
    for nobody in (cast.dev, cast.ewan):
        with pytest.raises(referring.NotNow):
            circling.change(member, by=nobody, at=AT, name="Me")
        open_as(client, nobody)
        assert client.post(f"/connect/mine/out/?about={member.ref}").status_code == 404


def test_the_circle_comes_as_a_large_print_letter(client, row, carys, cast):
    circling.add(cast.amina, by=carys, at=AT, name="Dr Lim", does="Her doctor")
    open_as(client, carys)
    text = client.get(f"{row.get_absolute_url()}paper/circle/").content.decode()
    assert "Dear Amina" in text
    assert "Her doctor" in text
    open_as(client, cast.amina)
    mine = client.get("/connect/mine/paper/").content.decode()
    assert "Her doctor" in mine
    assert 'class="back" href="/connect/mine/"' in mine


# --- Measures ----------------------------------------------------------------------------------


def test_ucla_sums_three_items_and_has_no_score_where_one_is_missing():
    ucla = instruments.get("ucla3")
    assert ucla.score({"companionship": 3, "left_out": 2, "isolated": 1}) == 6
    assert ucla.score({"companionship": 3, "left_out": 2}) is None
    assert [number for number, _words in ucla.items[0].answers] == [1, 2, 3]


def test_wording_is_as_published():
    said = [str(item.words) for one in instruments for item in one.items]
    for words in (
        "How often do you feel that you lack companionship?",
        "How often do you feel left out?",
        "How often do you feel isolated from others?",
        "How often do you feel lonely?",
        "Overall, how satisfied are you with your life nowadays?",
        "Overall, how happy did you feel yesterday?",
    ):
        assert words in said
    lonely = [str(words) for _n, words in instruments.get("ons_lonely").items[0].answers]
    assert lonely == ["Often or always", "Some of the time", "Occasionally", "Hardly ever", "Never"]


def test_missing_is_shown_as_missing_and_never_as_zero(client, row, carys, cast):
    start = Asking.objects.get(relationship=row, instrument="ucla3", point=0)
    later = Asking.objects.get(relationship=row, instrument="ucla3", point=3)
    measuring.answer(
        start, by=carys, at=AT, how="spoken",
        answers={"companionship": 3, "left_out": 3, "isolated": 2},
    )  # fmt: skip
    measuring.leave_out(later, by=carys, at=AT, why="declined")
    points = measuring.plots(list(row.askings.all()))[0]["lines"][0]["points"]
    assert [one["value"] for one in points] == [8, None, None, None]
    assert "they&#x27;d rather not" in page(client, row, carys).content.decode()
    open_as(client, cast.amina)
    assert "they&#x27;d rather not" in client.get("/connect/mine/").content.decode()


def test_only_an_answer_that_exists_is_taken(row, carys, cast):
    start = Asking.objects.get(relationship=row, instrument="ucla3", point=0)
    for answers in ({"companionship": 7}, {"nonsense": 1}, {}):
        with pytest.raises(referring.NotNow):
            measuring.answer(start, by=carys, at=AT, how="spoken", answers=answers)
    with pytest.raises(referring.NotNow):
        measuring.answer(start, by=cast.ewan, at=AT, how="screen", answers={"companionship": 1})


def test_catalysts_are_reminded_once_and_not_while_it_rests(row, carys):
    later = AT + 100 * DAY
    assert measuring.remind(later) == 1
    assert measuring.remind(later) == 0
    row.askings.update(reminded_at=None)
    walking.pause(row, by=carys, at=later)
    assert measuring.remind(later) == 0


# --- Endings, and a death ----------------------------------------------------------------------


def test_an_ending_is_planned_then_asked_about_three_times(row, carys):
    with pytest.raises(referring.NotNow):
        walking.end(row, by=carys, at=AT, why="planned")
    walking.plan_ending(row, by=carys, at=AT, on=SOON, words="Tea at the pier.")
    walking.end(fresh(row), by=carys, at=AT, why="planned")
    assert [one.due_on for one in row.follow_ups.all()] == [
        dt.date(2027, 2, 18), dt.date(2027, 5, 18), dt.date(2027, 11, 18),
    ]  # fmt: skip
    first = row.follow_ups.first()
    walking.follow_up(first, by=carys, at=AT, answer="some", words="The choir, yes.")
    assert fresh(first).answer == "some"


def test_the_letter_at_the_end_says_where_they_went(client, row, carys):
    for label, state in (("Sewing and tea", "went"), ("Chess", "not_yet"), ("The choir", "gives")):
        FirstStep.objects.create(
            relationship=row, provider="gatherings", key=label, label=label, starts_at=AT,
            state=state,
        )  # fmt: skip
    open_as(client, carys)
    letter = client.get(f"{row.get_absolute_url()}paper/ending/").content.decode()
    assert "Where you went" in letter
    assert "Sewing and tea" in letter
    assert "The choir" in letter
    assert "Chess" not in letter
    assert (
        "Where you went"
        not in client.get(f"{row.get_absolute_url()}paper/circle/").content.decode()
    )


def test_after_a_death_nothing_is_asked_reminded_or_sent(row, org, carys, cast):
    there = organisation("Elsewhere")
    otto = catalyst(there, "Otto")
    relationship(there, otto, person=cast.amina)
    member = circling.add(cast.amina, by=carys, at=AT, name="Dev", person=cast.dev, sees="who")
    Notice.objects.all().delete()
    walking.end(row, by=carys, at=AT, why="died", words="")
    assert not FollowUp.objects.filter(relationship=row).exists()
    assert measuring.remind(AT + 400 * DAY) == 1, "only the other organisation's own"
    assert fresh(member).state == "paused"
    told = [one for one in Notice.objects.all() if "Sad news" in one.title]
    assert [one.person for one in told] == [otto]
    assert not Notice.objects.filter(person=cast.amina).exists()


def test_a_yes_taken_back_pauses_it_until_there_is_a_new_one(row, carys, cast):
    given_ = Consent.objects.get(person=cast.amina, purpose=rules.WALK)
    consents.withdraw(given_, by=cast.amina, at=now(), how=How.WEB)
    assert fresh(row).state == "paused"
    assert any("took their yes back" in one.title for one in Notice.objects.filter(person=carys))
    with pytest.raises(referring.NotNow):
        walking.go_on(fresh(row), by=carys, at=now())


VERBS = ("pause", "go_on", "plan", "end", "died", "leave")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(VERBS), max_size=6))
def test_whatever_is_done_a_relationship_is_open_or_ended_for_good(row, carys, verbs):
    with transaction.atomic():
        for at, verb in enumerate(verbs):
            when = AT + at * DAY
            before = fresh(row)
            try:
                if verb == "plan":
                    walking.plan_ending(before, by=carys, at=when, on=SOON)
                elif verb in ("end", "died"):
                    why = "wished" if verb == "end" else "died"
                    walking.end(before, by=carys, at=when, why=why)
                else:
                    getattr(walking, verb)(before, by=carys, at=when)
            except referring.NotNow:
                assert fresh(row).state == before.state
            if before.state == "ended":
                assert fresh(row).state == "ended"
            assert row.walks.filter(until=None).count() == 1
        transaction.set_rollback(True)


# --- First steps and the table -----------------------------------------------------------------


def table(row, carys, **more):
    made = meeting.call_meeting(
        row, by=carys, at=now(), meets_at=now() + DAY, question="Who fixes the lift?",
        story="Somebody on the ninth floor cannot get out.", agreed_words="Yes, do.",
    )  # fmt: skip
    guest = meeting.invite(
        made, by=carys, at=now(), name="Hal", service="Housing", email="hal@example.org", **more
    )
    return made, guest


def test_a_guest_sees_what_was_agreed_and_the_link_dies_with_the_yes(client, row, carys, cast):
    made, guest = table(row, carys)
    address = f"/connect/link/{links.token_for('table', guest.key)}/"
    text = client.get(address).content.decode()
    assert "Who fixes the lift?" in text
    assert "ninth floor" not in text
    assert "Amina" not in text
    action = meeting.agree_action(
        made, by=carys, at=now(), owner=guest, words="Ring the engineers", due_on=SOON
    )
    client.post(address, {"action": action.pk, "outcome": "Booked", "learned": "Ask sooner."})
    assert CaseAction.objects.get().outcome == "Booked"
    assert CaseGuest.objects.get().learned == "Ask sooner."
    given_ = Consent.objects.get(person=cast.amina, purpose=rules.MEET)
    consents.withdraw(given_, by=cast.amina, at=now(), how=How.WEB)
    assert client.get(address).status_code == 410


def test_a_story_that_names_somebody_is_marked_before_it_goes(client, row, carys):
    open_as(client, carys)
    address = f"{row.get_absolute_url()}meeting/"
    form = client.get(address).context["form"]
    data = {
        "client_key": form["client_key"].initial,
        "question": "Who fixes the lift?",
        "story": "Mrs Maureen Duffy of 12 Larch Road cannot get out.",
        "meets_at": "2030-01-01T10:00",
        "agreed_words": "Yes.",
    }
    answer = client.post(address, data)
    assert answer.status_code == 422
    assert "Maureen Duffy" in answer.content.decode()
    assert client.post(address, {**data, "keep": "on"}).status_code == 302
