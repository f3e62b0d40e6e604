"""The record page: opened with a reason, by those whose role reaches it, and never unseen."""

import datetime as dt

import pytest
from django.urls import reverse

from doorstep.base import limits
from doorstep.base.time import now
from doorstep.people.models import Block, ContactChange, OddReading, Person, Reading, RoleHolding
from doorstep.people.readings import actions as readings
from doorstep.people.readings import chains, odd, showing, verify
from doorstep.people.records import actions, rules
from doorstep.people.telling import tellers
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
Role = RoleHolding.Role
PHONE, EMAIL, POSTCODE = "+447700900731", "amina.secret@example.org", "RM8 2AA"


@pytest.fixture(autouse=True)
def _afresh():
    chains.forget()
    limits.forget()
    yield
    chains.forget()


@pytest.fixture
def told(monkeypatch):
    """Who was told what, as messages are carried."""
    heard = []

    def carry(kind, to, *, title, **words):
        heard.append((kind, to.known_as, str(title)))

    monkeypatch.setattr(tellers, "_items", {"test": (1, carry)})
    return heard


def hold(person, role, area):
    RoleHolding.objects.create(person=person, role=role, area=area)
    for name in ("_roles_held", "_reach"):
        person.__dict__.pop(name, None)
    return person


@pytest.fixture
def officer(cast, borough):
    return hold(cast.bryn, Role.OFFICER, borough.borough)


@pytest.fixture
def amina(cast, borough):
    Person.objects.filter(pk=cast.amina.pk).update(
        phone=PHONE, email=EMAIL, postcode=POSTCODE, home=borough.ward
    )
    cast.amina.refresh_from_db()
    return cast.amina


def at_the_desk(client, person):
    client.force_login(person.account)
    return client


def open_up(client, person, reason="contact", words="You rang about shopping."):
    return client.post(
        reverse("people:record", args=[person.handle]), {"reason": reason, "words": words}
    )


# --- Who may ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "opens"),
    [
        (Role.OFFICER, True),
        (Role.ORGANISER, True),
        (Role.SAFEGUARDING, True),
        (Role.ADMINISTRATOR, False),
        (Role.MODERATOR, False),
        (Role.CATALYST, False),
        (Role.MENTOR, False),
        (Role.INSIGHT, False),
    ],
)
def test_only_some_roles_open_a_record(cast, amina, borough, role, opens):
    viewer = hold(cast.bryn, role, borough.borough)
    assert rules.can_open_record(viewer, amina) is opens


def test_nobody_opens_their_own_record_this_way(cast, officer):
    assert not rules.can_open_record(officer, officer)


def test_an_organiser_opens_their_own_part_alone(cast, amina, borough):
    near = hold(cast.bryn, Role.ORGANISER, borough.locality)
    assert rules.can_open_record(near, amina)
    Person.objects.filter(pk=amina.pk).update(home=borough.far_ward)
    amina.refresh_from_db()
    assert not rules.can_open_record(near, amina)


def test_a_childs_record_opens_for_officers_and_not_for_organisers(cast, amina, borough):
    amina.born_on = now().date() - dt.timedelta(days=10 * 365)
    amina.save()
    assert rules.can_open_record(hold(cast.bryn, Role.OFFICER, borough.borough), amina)
    assert not rules.can_open_record(hold(cast.carys, Role.ORGANISER, borough.borough), amina)


def test_a_role_that_ended_opens_nothing(cast, amina, officer):
    RoleHolding.objects.update(ends_at=now() - dt.timedelta(seconds=1))
    again = Person.objects.get(pk=officer.pk)
    assert not rules.can_open_record(again, amina)


def test_a_block_hides_no_record_and_says_nothing(cast, amina, officer):
    Block.objects.create(blocker=amina, blocked=officer)
    assert rules.can_open_record(officer, amina)


# --- Opening ---------------------------------------------------------------------------------


def test_nothing_shows_before_a_reason(client, officer, amina):
    page = at_the_desk(client, officer).get(reverse("people:record", args=[amina.handle]))
    text = page.content.decode()
    assert page.status_code == 200
    assert "900731" not in text
    assert EMAIL not in text
    assert POSTCODE not in text
    assert Reading.objects.count() == 0


def test_a_reason_opens_the_record_and_every_opening_is_written_down(client, officer, amina):
    desk = at_the_desk(client, officer)
    assert open_up(desk, amina).status_code == 302
    for _ in range(2):
        page = desk.get(reverse("people:record", args=[amina.handle]))
        text = page.content.decode()
        assert "07700 900731" in text
        assert EMAIL in text
        assert POSTCODE in text
        assert page["Cache-Control"].startswith("max-age=0")
    rows = list(Reading.objects.order_by("pk"))
    assert [(row.reader, row.subject, row.what, row.reason, row.role) for row in rows] == [
        (officer, amina, "record", "contact", "officer")
    ] * 2
    assert rows[0].words == "You rang about shopping."
    assert list(verify.verify()) == []


def test_a_reason_holds_half_an_hour_and_for_one_record(client, officer, amina, cast, monkeypatch):
    desk = at_the_desk(client, officer)
    open_up(desk, amina)
    other = desk.get(reverse("people:record", args=[cast.carys.handle]))
    assert "Why are you opening it?" in other.content.decode()
    later = now() + dt.timedelta(minutes=31)
    monkeypatch.setattr("doorstep.people.records.views.now", lambda: later)
    page = desk.get(reverse("people:record", args=[amina.handle]))
    assert "900731" not in page.content.decode()


def test_putting_it_away_asks_why_again(client, officer, amina):
    desk = at_the_desk(client, officer)
    open_up(desk, amina)
    desk.post(reverse("people:shut_record", args=[amina.handle]))
    page = desk.get(reverse("people:record", args=[amina.handle]))
    assert "900731" not in page.content.decode()


def test_safety_needs_words(client, officer, amina):
    page = open_up(at_the_desk(client, officer), amina, "safety", "")
    assert page.status_code == 422
    assert "Say in a few words why." in page.content.decode()


@pytest.mark.parametrize("name", ["record", "put_right", "record_log"])
def test_for_others_a_record_is_like_one_that_is_not_there(client, cast, amina, borough, name):
    viewer = hold(cast.carys, Role.ORGANISER, borough.far_ward.parent)
    desk = at_the_desk(client, viewer)
    hidden = desk.get(reverse(f"people:{name}", args=[amina.handle]))
    missing = desk.get(reverse(f"people:{name}", args=["nobodyhere"]))
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert len(hidden.content) == len(missing.content)


def test_a_role_that_ends_while_a_record_is_open_shuts_it(client, officer, amina):
    desk = at_the_desk(client, officer)
    open_up(desk, amina)
    RoleHolding.objects.update(ends_at=now() - dt.timedelta(seconds=1))
    assert desk.get(reverse("people:record", args=[amina.handle])).status_code == 404


def test_a_resident_has_no_record_pages(client, cast, amina):
    desk = at_the_desk(client, cast.ewan)
    for name in ("records", "new_record", "break_glass", "reviews"):
        assert desk.get(reverse(f"people:{name}")).status_code == 403
    assert desk.get(reverse("people:record", args=[amina.handle])).status_code == 404


# --- Finding ---------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["07700 900731", "Amina.Secret@example.org", "ami"])
def test_a_record_is_found_by_number_e_mail_or_name(client, officer, amina, typed):
    page = at_the_desk(client, officer).post(reverse("people:records"), {"who": typed})
    text = page.content.decode()
    assert reverse("people:record", args=[amina.handle]) in text
    # Enough to tell people apart, and nothing of how to reach them.
    shown = text.replace(f'value="{typed}"', "")
    assert "900731" not in shown
    assert EMAIL not in shown


def test_the_number_somebody_signs_in_with_finds_them(client, officer, cast):
    page = at_the_desk(client, officer).post(
        reverse("people:records"), {"who": cast.dev.account.email}
    )
    assert reverse("people:record", args=[cast.dev.handle]) in page.content.decode()


def test_whom_a_role_does_not_reach_is_not_found(client, cast, amina, borough):
    far = hold(cast.carys, Role.ORGANISER, borough.far_ward.parent)
    page = at_the_desk(client, far).post(reverse("people:records"), {"who": "07700 900731"})
    assert "We found nobody by that" in page.content.decode()


def test_finding_without_end_is_stopped(client, officer, settings):
    settings.LIMITS_STRETCH = 1
    desk = at_the_desk(client, officer)
    answers = {
        desk.post(reverse("people:records"), {"who": f"name {n}"}).status_code for n in range(90)
    }
    assert 429 in answers


# --- Writing ---------------------------------------------------------------------------------


def new_form(**more):
    return {
        "client_key": "bcdfghjkmnpqrstv",
        "known_as": "Mrs Ola",
        "phone": "020 8227 1000",
    } | more


def test_somebody_is_written_down_once_however_often_it_is_sent(client, officer):
    desk = at_the_desk(client, officer)
    for _ in range(2):
        desk.post(reverse("people:new_record"), new_form(is_new="on"))
    ola = Person.objects.get(known_as="Mrs Ola")
    assert ola.phone == "+442082271000"
    assert not hasattr(ola, "account")
    assert [row.reason for row in Reading.objects.filter(subject=ola)] == ["wrote"]


def test_somebody_with_the_same_number_is_shown_first(client, officer, amina):
    desk = at_the_desk(client, officer)
    form = new_form(known_as="Aminah", phone="07700 900731")
    page = desk.post(reverse("people:new_record"), form)
    assert page.status_code == 422
    assert reverse("people:record", args=[amina.handle]) in page.content.decode()
    desk.post(reverse("people:new_record"), form | {"is_new": "on"})
    assert Person.objects.filter(known_as="Aminah").count() == 1


def test_a_number_put_right_keeps_the_one_before(client, officer, amina):
    desk = at_the_desk(client, officer)
    open_up(desk, amina)
    address = reverse("people:put_right", args=[amina.handle])
    assert "07700 900731" in desk.get(address).content.decode()
    desk.post(
        address,
        {
            "known_as": "Amina",
            "phone": "07700 900732",
            "email": EMAIL,
            "postcode": POSTCODE,
            "because": "She has a new number.",
        },
    )
    amina.refresh_from_db()
    assert amina.phone == "+447700900732"
    change = ContactChange.objects.get()
    assert (change.detail, change.was, change.because) == ("phone", PHONE, "She has a new number.")
    assert [row.what for row in Reading.objects.order_by("pk")] == ["contact"]


def test_what_is_not_theirs_to_change_is_refused(officer, amina):
    with pytest.raises(TypeError):
        actions.put_right(amina, by=officer, because="x", at=now(), state="away")


# --- Emergencies -----------------------------------------------------------------------------

FALL = "A neighbour heard a fall, and nobody opens the door."


@pytest.fixture
def far_organiser(cast, borough):
    return hold(cast.carys, Role.ORGANISER, borough.far_ward.parent)


def test_an_emergency_opens_a_record_loudly(client, far_organiser, amina, cast, borough, told):
    hold(cast.dev, Role.SAFEGUARDING, borough.borough)
    hold(cast.ewan, Role.ADMINISTRATOR, borough.borough)
    desk = at_the_desk(client, far_organiser)
    answer = desk.post(
        reverse("people:break_glass"), {"who": "07700 900731", "words": FALL}, follow=True
    )
    assert "07700 900731" in answer.content.decode()
    assert "Opened in an emergency" in answer.content.decode()
    # Once when the number was found, once when the record was shown.
    assert {(row.reason, row.words) for row in Reading.objects.all()} == {("emergency", FALL)}
    assert OddReading.objects.get().kind == OddReading.Kind.BREAK_GLASS
    title = "A record was opened in an emergency"
    assert told == [("reading-review", "Dev", title), ("reading-review", "Ewan", title)]


def test_finding_somebody_in_an_emergency_is_loud_before_anything_is_shown(
    client, far_organiser, amina
):
    at_the_desk(client, far_organiser).post(
        reverse("people:break_glass"), {"who": "07700 900731", "words": FALL}
    )  # and never follows the way to the record: whose number it is they know by then
    assert Reading.objects.get().subject == amina
    assert OddReading.objects.get().kind == OddReading.Kind.BREAK_GLASS


def test_a_form_made_by_hand_never_leads_to_a_record_that_is_there(
    client, far_organiser, amina, borough
):
    answer = at_the_desk(client, far_organiser).post(
        reverse("people:new_record"),
        new_form(client_key=f"{amina.handle}zzzzzz", is_new="on"),
        follow=True,
    )
    assert Person.objects.filter(known_as="Mrs Ola").exists()
    assert "Amina" not in answer.content.decode()


def test_an_emergency_needs_a_sentence(client, far_organiser, amina):
    page = at_the_desk(client, far_organiser).post(
        reverse("people:break_glass"), {"who": "07700 900731", "words": "emergency"}
    )
    assert page.status_code == 422
    assert Reading.objects.count() == 0


def test_guessing_numbers_by_emergencies_is_stopped(client, far_organiser, settings):
    settings.LIMITS_STRETCH = 1
    desk = at_the_desk(client, far_organiser)
    for n in range(10):
        desk.post(reverse("people:break_glass"), {"who": f"0770090010{n}", "words": FALL})
    page = desk.post(reverse("people:break_glass"), {"who": "07700 900731", "words": FALL})
    assert "That is a lot in one hour" in page.content.decode()
    assert Reading.objects.count() == 0


def test_the_person_is_told_a_day_later_and_only_once(far_organiser, amina, told):
    at = now()
    actions.break_glass(amina, by=far_organiser, words=FALL, at=at)
    assert readings.tell_people(at=at + dt.timedelta(hours=23)) == 0
    assert readings.tell_people(at=at + dt.timedelta(hours=25)) == 1
    assert readings.tell_people(at=at + dt.timedelta(hours=26)) == 0
    assert told == [("reading", "Amina", "Your record was opened in an emergency")]


def test_what_a_lead_holds_back_is_not_told_and_not_shown(far_organiser, amina, cast, borough):
    lead = hold(cast.dev, Role.SAFEGUARDING, borough.borough)
    at = now()
    made = actions.break_glass(amina, by=far_organiser, words=FALL, at=at)
    assert [look.words for look in showing.looks(amina)] == [FALL]
    readings.hold_back(made, by=lead, because="He reads her messages.", at=at)
    assert readings.tell_people(at=at + dt.timedelta(days=9)) == 0
    assert showing.looks(amina) == []
    made.refresh_from_db()
    readings.let_know(made, by=lead, at=at)
    assert [look.words for look in showing.looks(amina)] == [FALL]


def test_whoever_broke_the_glass_does_not_hold_it_back(far_organiser, amina):
    made = actions.break_glass(amina, by=far_organiser, words=FALL, at=now())
    with pytest.raises(readings.CannotJudge):
        readings.hold_back(made, by=far_organiser, because="x", at=now())


def test_a_resident_breaks_no_glass(cast, amina):
    with pytest.raises(actions.NotTheirs):
        actions.break_glass(amina, by=cast.ewan, words=FALL, at=now())


# --- The person's own page -------------------------------------------------------------------


def test_the_person_reads_who_looked_in_plain_words(client, officer, amina):
    for _ in range(3):
        actions.open_record(
            amina, by=officer, reason="contact", words="You rang about shopping.", at=now()
        )
    page = at_the_desk(client, amina).get(reverse("people:my_record"))
    text = " ".join(page.content.decode().split())
    assert "<bdi>Bryn</bdi></strong>, Hub officer, looked at <strong>your record</strong>" in text
    assert "you got in touch." in text
    assert "You rang about shopping." in text
    assert "3 times that day" in text


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_log_costs_no_more_queries(
    client, officer, amina, rows, django_assert_max_num_queries
):
    for n in range(rows):
        actions.open_record(amina, by=officer, reason="contact", words=f"{n}", at=now())
    at_the_desk(client, amina)
    with django_assert_max_num_queries(6):
        client.get(reverse("people:my_record"))


def test_nobody_reads_the_log_of_somebody_else(client, officer, amina, cast):
    actions.open_record(amina, by=officer, reason="contact", words="Her rent.", at=now())
    row = Reading.objects.get()
    client = at_the_desk(client, cast.ewan)
    assert "Her rent." not in client.get(reverse("people:my_record")).content.decode()
    assert client.get(reverse("people:ask_about_reading", args=[row.pk])).status_code == 404


def test_a_month_without_a_look_says_so(client, amina):
    page = at_the_desk(client, amina).get(reverse("people:my_record") + "?month=202001")
    assert "Nobody looked in that month." in page.content.decode()


@pytest.mark.parametrize("month", ["x", "202613", "٢٠٢٦١١", "-1"])
def test_nonsense_for_a_month_is_passed_over(client, amina, month):
    page = at_the_desk(client, amina).get(reverse("people:my_record"), {"month": month})
    assert page.status_code == 200


def test_asking_about_a_look_puts_it_on_the_list_once(client, officer, amina, cast, borough, told):
    lead = hold(cast.dev, Role.SAFEGUARDING, borough.borough)
    actions.open_record(amina, by=officer, reason="contact", at=now())
    address = reverse("people:ask_about_reading", args=[Reading.objects.get().pk])
    desk = at_the_desk(client, amina)
    for _ in range(2):
        desk.post(address, {"words": "I don't know him."})
    made = OddReading.objects.get()
    assert (made.kind, made.asked, made.reader) == ("asked", "I don't know him.", officer)
    assert [(kind, who) for kind, who, _title in told] == [("reading-review", "Dev")]
    readings.judge(made, by=lead, outcome="spoke", words="He rang you back.", at=now())
    assert told[-1] == ("reading", "Amina", "We have looked into what you asked")
    assert "He rang you back." in desk.get(reverse("people:my_record")).content.decode()
    assert "You asked about this" in desk.get(reverse("people:my_record")).content.decode()


def test_the_log_is_printed_for_somebody_offline_and_that_is_logged(client, officer, amina):
    desk = at_the_desk(client, officer)
    open_up(desk, amina)
    desk.get(reverse("people:record", args=[amina.handle]))
    page = desk.get(reverse("people:record_log", args=[amina.handle]))
    assert "You rang about shopping." in page.content.decode()
    assert [row.what for row in Reading.objects.order_by("pk")] == ["record", "print"]


def test_a_look_outlives_the_reader_and_keeps_their_name(officer, amina):
    actions.open_record(amina, by=officer, reason="contact", at=now())
    Person.objects.filter(pk=officer.pk).update(known_as="A neighbour who left")
    assert [look.name for look in showing.looks(amina)] == ["Bryn"]
    RoleHolding.objects.all().delete()
    Person.objects.get(pk=officer.pk).delete()
    assert [look.name for look in showing.looks(amina)] == ["Bryn"]
    assert list(verify.verify()) == []


# --- What is unusual -------------------------------------------------------------------------


def kinds():
    return sorted(OddReading.objects.values_list("kind", flat=True))


def noon():
    from doorstep.base.time import local

    return local(now()).replace(hour=12, minute=0, second=0, microsecond=0) - dt.timedelta(days=1)


def test_ordinary_reading_is_not_listed(officer, amina):
    actions.open_record(amina, by=officer, reason="contact", at=noon())
    odd.find(at=now())
    assert kinds() == []


def test_many_in_a_day_is_listed_once_with_the_count(officer):
    others = PersonFactory.create_batch(25)
    for person in others[:21]:
        actions.open_record(person, by=officer, reason="contact", at=noon())
    assert odd.find(at=now()) == 1
    for person in others[21:]:
        actions.open_record(person, by=officer, reason="contact", at=noon())
    assert odd.find(at=now()) == 0
    assert [(row.kind, row.count) for row in OddReading.objects.all()] == [("many", 25)]


def test_a_usual_day_of_many_is_not_listed(officer):
    others = PersonFactory.create_batch(22)
    for days in (1, 3, 5, 6):
        for person in others:
            actions.open_record(
                person, by=officer, reason="contact", at=noon() - dt.timedelta(days=days)
            )
    for person in others:
        actions.open_record(person, by=officer, reason="contact", at=noon())
    odd.find(at=now(), back=dt.timedelta(days=1))
    assert kinds() == []


def test_ones_own_neighbour_and_somebody_who_blocked_are_listed(officer, amina, cast):
    Person.objects.filter(pk=officer.pk).update(postcode=POSTCODE)
    Block.objects.create(blocker=cast.dev, blocked=officer)
    actions.open_record(amina, by=officer, reason="contact", at=noon())
    actions.open_record(cast.dev, by=officer, reason="contact", at=noon())
    odd.find(at=now())
    assert kinds() == ["blocked", "neighbour"]


def test_reading_at_night_is_listed(officer, amina):
    actions.open_record(amina, by=officer, reason="contact", at=noon().replace(hour=3))
    odd.find(at=now())
    assert kinds() == ["odd_hours"]


def test_reading_outside_the_area_is_listed(cast, amina, borough):
    organiser = hold(cast.bryn, Role.ORGANISER, borough.locality)
    actions.open_record(amina, by=organiser, reason="contact", at=noon())
    Person.objects.filter(pk=amina.pk).update(home=borough.far_ward)
    odd.find(at=now())
    assert kinds() == ["out_of_area"]


def test_nobody_judges_their_own_reading_and_it_is_judged_once(officer, amina, cast, borough):
    hold(officer, Role.SAFEGUARDING, borough.borough)
    lead = hold(cast.dev, Role.SAFEGUARDING, borough.borough)
    actions.open_record(amina, by=officer, reason="contact", at=noon().replace(hour=3))
    odd.find(at=now())
    made = OddReading.objects.get()
    with pytest.raises(readings.CannotJudge):
        readings.judge(made, by=officer, outcome="fine", words="Me.", at=now())
    readings.judge(made, by=lead, outcome="fine", words="A night shift.", at=now())
    with pytest.raises(readings.CannotJudge):
        readings.judge(made, by=lead, outcome="raised", words="Again.", at=now())
    odd.find(at=now())
    assert [(row.outcome, row.reviewed_by) for row in OddReading.objects.all()] == [("fine", lead)]


def test_a_reader_does_not_see_that_they_are_listed(client, officer, amina, borough):
    hold(officer, Role.ADMINISTRATOR, borough.borough)
    actions.open_record(amina, by=officer, reason="contact", at=noon().replace(hour=3))
    odd.find(at=now())
    made = OddReading.objects.get()
    desk = at_the_desk(client, officer)
    assert made.handle not in desk.get(reverse("people:reviews")).content.decode()
    assert desk.get(reverse("people:review", args=[made.handle])).status_code == 404


def test_an_administrator_sees_handles_and_codes_and_no_words(
    client, far_organiser, amina, cast, borough
):
    actions.break_glass(amina, by=far_organiser, words=FALL, at=now())
    handle = OddReading.objects.get().handle
    admin = hold(cast.dev, Role.ADMINISTRATOR, borough.borough)
    text = at_the_desk(client, admin).get(reverse("people:review", args=[handle])).content.decode()
    assert "heard a fall" not in text
    assert ">Amina<" not in text
    assert amina.handle in text
    lead = hold(cast.ewan, Role.SAFEGUARDING, borough.borough)
    text = at_the_desk(client, lead).get(reverse("people:review", args=[handle])).content.decode()
    assert "heard a fall" in text


def test_the_review_page_takes_an_outcome(client, far_organiser, amina, cast, borough):
    actions.break_glass(amina, by=far_organiser, words=FALL, at=now())
    made = OddReading.objects.get()
    lead = hold(cast.ewan, Role.SAFEGUARDING, borough.borough)
    desk = at_the_desk(client, lead)
    address = reverse("people:review", args=[made.handle])
    assert desk.post(address, {"outcome": "fine"}).status_code == 422
    assert desk.post(address, {"outcome": "fine", "words": "999 confirmed it."}).status_code == 302
    made.refresh_from_db()
    assert (made.outcome, made.reviewed_by) == ("fine", lead)
    assert "Nothing unusual" in desk.get(reverse("people:reviews")).content.decode()
