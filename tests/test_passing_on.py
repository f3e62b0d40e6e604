"""A sheet holds nothing itself: it is read live, and dies with the yes it stands on."""

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.urls import reverse

from doorstep.base import keys
from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.consents import actions, kinds, sharing
from doorstep.people.models import How, Override, Reading, RoleHolding, Sheet, SheetOpening

pytestmark = pytest.mark.django_db

FOOD_BANK = kinds.Recipient(
    "organisation", kinds.key_of("Riverside Food Bank"), "Riverside Food Bank"
)
NOTE = "A bag on Fridays, no pork please"


@pytest.fixture
def desk(cast, borough):
    """Bryn is a hub officer, Carys a safeguarding lead; Amina has a number and a postcode."""
    RoleHolding.objects.create(
        person=cast.bryn, role=RoleHolding.Role.OFFICER, area=borough.borough
    )
    RoleHolding.objects.create(
        person=cast.carys, role=RoleHolding.Role.SAFEGUARDING, area=borough.borough
    )
    cast.amina.phone, cast.amina.postcode = "+447700900111", "IG11 7XX"
    cast.amina.save()
    return cast


def agree(person, parts=("name", "phone", "asked"), recipient=FOOD_BANK, **more):
    return actions.give(
        person,
        purpose="help",
        recipient=recipient,
        parts=parts,
        by=person,
        at=now(),
        how=How.WEB,
        client_key=keys.new_key(20),
        **more,
    )


def pass_on(desk, parts=("name", "phone", "asked"), **more):
    more.setdefault("client_key", keys.new_key(20))
    return sharing.pass_on(
        desk.amina,
        purpose="help",
        recipient=FOOD_BANK,
        parts=parts,
        note=NOTE,
        by=desk.bryn,
        at=now(),
        **more,
    )


def link(key):
    return reverse("people:shared", args=[key])


def read(client, key, name="Fatou Sow"):
    return client.post(link(key), {"name": name})


def test_without_a_yes_nothing_goes_out(desk):
    with pytest.raises(actions.NotAgreed):
        pass_on(desk)
    agree(desk.amina, parts=["name"])
    with pytest.raises(actions.NotAgreed):
        pass_on(desk)
    assert Sheet.objects.count() == 0


def test_the_recipient_reads_exactly_what_was_chosen_and_the_person_sees_who_read_it(desk, client):
    agree(desk.amina, parts=["name", "phone", "postcode", "asked"])
    sheet, key = pass_on(desk)
    door = client.get(link(key)).content.decode()
    assert "Amina" not in door
    assert "900111" not in door
    page = read(client, key).content.decode()
    assert "Amina" in page
    assert "900111" in page
    assert NOTE in page
    assert "IG11" not in page
    row = Reading.objects.get(what="sheet")
    assert (row.subject, row.reader, row.role) == (desk.amina, desk.bryn, "outside")
    assert "Fatou Sow" in row.words
    assert [one.name for one in sheet.openings.all()] == ["Fatou Sow"]
    client.force_login(desk.amina.account)
    assert "Fatou Sow" in client.get(reverse("people:agreements")).content.decode()


def test_a_name_is_asked_for_first(desk, client):
    agree(desk.amina)
    _sheet, key = pass_on(desk)
    answer = read(client, key, name="  ")
    assert (answer.status_code, SheetOpening.objects.count()) == (422, 0)
    assert "900111" not in answer.content.decode()


def test_facts_are_read_live(desk, client):
    agree(desk.amina)
    _sheet, key = pass_on(desk)
    desk.amina.phone = "+447700900999"
    desk.amina.save()
    page = read(client, key).content.decode()
    assert "900999" in page
    assert "900111" not in page


def end_by_withdrawal(desk, sheet):
    actions.withdraw(sheet.consent, by=desk.amina, at=now(), how=How.WEB)


def end_by_taking_back(desk, sheet):
    sharing.stop(sheet, by=desk.bryn, at=now())


def end_by_the_clock(desk, sheet):
    Sheet.objects.filter(pk=sheet.pk).update(
        made_at=now() - dt.timedelta(days=20), ends_at=now() - dt.timedelta(seconds=1)
    )


def end_by_the_clock_of_the_yes(desk, sheet):
    type(sheet.consent).objects.filter(pk=sheet.consent_id).update(
        starts_at=now() - dt.timedelta(days=20), ends_at=now() - dt.timedelta(seconds=1)
    )


def end_by_a_new_link(desk, sheet):
    sharing.renew_link(sheet, by=desk.bryn, at=now())


def end_by_a_narrower_yes(desk, sheet):
    agree(desk.amina, parts=["name"])


def end_by_erasing(desk, sheet):
    from doorstep.people.rights import erasing

    erasing.erase(desk.amina, takes_posts=True)


def end_by_asking_not_to_be_used(desk, sheet):
    from doorstep.people.rights import actions as rights

    rights.restrict(desk.amina, why="", by=desk.amina, at=now())


def end_by_closing_the_account(desk, sheet):
    from doorstep.people.rights import actions as rights

    rights.ask_erasure(desk.amina, by=desk.amina, at=now(), takes_posts=False, at_once=False)


ENDINGS = [
    end_by_asking_not_to_be_used,
    end_by_closing_the_account,
    end_by_withdrawal,
    end_by_taking_back,
    end_by_the_clock,
    end_by_the_clock_of_the_yes,
    end_by_a_new_link,
    end_by_a_narrower_yes,
    end_by_erasing,
]


def without_tokens(page):
    return re.sub(rb'(csrfmiddlewaretoken" value="|nonce-)[^"]+|/people/shared/\w+', b"", page)


@pytest.mark.parametrize("end", ENDINGS)
def test_an_ended_link_answers_like_one_that_never_was(desk, client, end):
    agree(desk.amina)
    sheet, key = pass_on(desk)
    assert read(client, key).status_code == 200
    end(desk, sheet)
    never = keys.new_key(sharing.KEY_LENGTH)
    for ask in (
        lambda key: client.get(link(key)),
        lambda key: read(client, key),
        lambda key: read(client, key, name=""),
        lambda key: client.post(link(key), {"answering": "yes", "answer": "taken", "name": "F"}),
    ):
        dead, unknown = ask(key), ask(never)
        assert (dead.status_code, unknown.status_code) == (404, 404)
        assert without_tokens(dead.content) == without_tokens(unknown.content)
        assert dict(dead.headers) == dict(unknown.headers)
    assert SheetOpening.objects.filter(sheet=sheet).count() <= 1


def test_saying_yes_anew_wakes_no_dead_link(desk, client):
    row = agree(desk.amina)
    _sheet, key = pass_on(desk)
    actions.withdraw(row, by=desk.amina, at=now(), how=How.WEB)
    agree(desk.amina)
    assert read(client, key).status_code == 404


def test_a_struck_override_kills_its_link(desk, client):
    made = actions.override(
        desk.amina,
        purpose="help",
        recipient=FOOD_BANK,
        parts=["name", "phone", "asked"],
        ground=Override.Ground.VITAL,
        reason="No food in the house, and she can't walk.",
        by=desk.bryn,
        at=now(),
        client_key=keys.new_key(20),
    )
    _sheet, key = pass_on(desk)
    assert "has not been asked" in read(client, key).content.decode()
    actions.review(made, by=desk.carys, at=now(), outcome="struck", words="Ask her.")
    assert read(client, key).status_code == 404
    # What may be hidden from the person for a while is not in their log of who looked either.
    assert set(Reading.objects.filter(subject=desk.amina).values_list("what", flat=True)) == {
        "override"
    }


def test_the_recipient_answers_back_and_the_sender_is_told(desk, client):
    agree(desk.amina)
    sheet, key = pass_on(desk)
    sent = {"answering": "yes", "answer": "cannot", "words": "Full until May", "name": "Fatou"}
    assert client.post(link(key), sent | {"answer": ""}).status_code == 422
    assert client.post(link(key), sent).status_code == 200
    client.post(link(key), sent)
    sheet.refresh_from_db()
    assert (sheet.answer, sheet.answer_words, sheet.answered_by) == (
        "cannot",
        "Full until May",
        "Fatou",
    )
    (note,) = Notice.objects.filter(person=desk.bryn)
    assert note.path == reverse("people:sheet", args=[sheet.pk])
    assert "Amina" not in note.title + note.body


def test_sent_twice_it_is_one_sheet_and_the_link_is_shown_once(desk):
    agree(desk.amina)
    first, key = pass_on(desk, client_key="the-same-key")
    second, nothing = pass_on(desk, client_key="the-same-key")
    assert (first, nothing) == (second, "")
    assert len(key) == sharing.KEY_LENGTH


def test_neither_the_key_nor_any_fact_lies_in_the_table(desk):
    agree(desk.amina)
    _sheet, key = pass_on(desk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM people_sheet")
        row = repr(cursor.fetchall())
    for secret in (key, "900111", NOTE, "Riverside"):
        assert secret not in row


# --- The officer's pages -------------------------------------------------------------------------


@pytest.fixture
def browser(desk, client):
    client.force_login(desk.bryn.account)
    session = client.session
    session["second_factor_waived"] = True
    session.save()
    url = reverse("people:record", args=[desk.amina.handle])
    client.get(url)
    client.post(url, {"reason": "contact", "words": ""})
    return client


SENT = {
    "kind": "organisation",
    "name": "Riverside food bank",
    "parts": ["name", "phone", "asked"],
    "note": NOTE,
    "client_key": "from-the-desk",
}


def test_passing_on_without_a_yes_is_refused_in_a_sentence_with_three_ways_on(desk, browser):
    url = reverse("people:pass_on", args=[desk.amina.handle, "help"])
    assert browser.get(url).status_code == 200
    answer = browser.post(url, SENT)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing went out" in page
    assert NOTE in page
    for name in ("record_agree", "ask_later", "make_override"):
        assert reverse(f"people:{name}", args=[desk.amina.handle, "help"]) in page
    begun = browser.post(
        reverse("people:record_agree", args=[desk.amina.handle, "help"]),
        SENT | {"begin": "agree"},
    )
    assert begun.status_code == 200
    assert "Riverside food bank" in begun.content.decode()
    later = browser.post(reverse("people:ask_later", args=[desk.amina.handle, "help"]), SENT)
    assert later.status_code == 302
    assert desk.amina.asks.count() == 1


def test_going_ahead_without_a_yes_from_the_desk(desk, browser):
    url = reverse("people:make_override", args=[desk.amina.handle, "help"])
    assert browser.get(url).status_code == 200
    sent = SENT | {"ground": "vital", "reason": "She fell and the food bank has her keys."}
    assert browser.post(url, sent | {"reason": "x"}).status_code == 422
    assert browser.post(url, sent).status_code == 302
    made = Override.objects.get()
    assert (made.made_by, made.person) == (desk.bryn, desk.amina)
    page = browser.post(
        reverse("people:pass_on", args=[desk.amina.handle, "help"]),
        SENT | {"client_key": "another-key"},
    ).content.decode()
    assert "/people/shared/" in page


def test_the_desk_makes_a_sheet_prints_it_and_takes_it_back(desk, browser):
    agree(desk.amina)
    page = browser.post(
        reverse("people:pass_on", args=[desk.amina.handle, "help"]), SENT
    ).content.decode()
    (key,) = re.findall(r"/people/shared/(\w+)/", page)
    sheet = Sheet.objects.get()
    assert sheet.key_hash == sharing.hash_of(key)
    again = browser.post(reverse("people:pass_on", args=[desk.amina.handle, "help"]), SENT)
    assert b"/people/shared/" not in again.content
    printed = browser.get(reverse("people:sheet_print", args=[sheet.pk])).content.decode()
    assert "900111" in printed
    assert NOTE in printed
    assert Reading.objects.filter(what="sheet", reader=desk.bryn).count() == 1
    assert "900111" not in browser.get(reverse("people:sheet", args=[sheet.pk])).content.decode()
    browser.post(reverse("people:sheet_stop", args=[sheet.pk]))
    assert browser.get(reverse("people:sheet_print", args=[sheet.pk])).status_code == 302
    assert browser.get(link(key)).status_code == 404


def test_a_colleagues_sheet_is_not_there(desk, browser, borough):
    agree(desk.amina)
    sheet, _key = pass_on(desk)
    RoleHolding.objects.create(
        person=desk.ewan, role=RoleHolding.Role.OFFICER, area=borough.borough
    )
    browser.force_login(desk.ewan.account)
    session = browser.session
    session["second_factor_waived"] = True
    session.save()
    for name in ("sheet", "sheet_print"):
        assert browser.get(reverse(f"people:{name}", args=[sheet.pk])).status_code == 404
    for name in ("sheet_stop", "sheet_link"):
        assert browser.post(reverse(f"people:{name}", args=[sheet.pk])).status_code == 404


def test_who_used_it_hears_when_the_record_is_put_right(desk, borough):
    from doorstep.people.rights import actions as rights

    agree(desk.amina)
    pass_on(desk)
    asked = rights.ask(
        desk.amina, "correction", by=desk.amina, at=now(), client_key=keys.new_key(20), what="It"
    )
    assert rights.answer(asked, is_done=True, words="Done.", by=desk.carys, at=now()) == 1
    assert Notice.objects.filter(person=desk.bryn, key=f"rights:{asked.pk}:put-right").exists()


@pytest.mark.parametrize("others", [False, True])
def test_where_no_lead_can_look_the_administrators_hear_that_one_is_needed(others, desk, borough):
    """Carys is the only lead, and it is hers; with Dev there is another."""
    RoleHolding.objects.create(person=desk.ewan, role="administrator", area=borough.borough)
    if others:
        RoleHolding.objects.create(person=desk.dev, role="safeguarding", area=borough.borough)
    actions.override(
        desk.amina,
        purpose="help",
        recipient=FOOD_BANK,
        parts=["name"],
        ground=Override.Ground.VITAL,
        reason="She has fallen and does not answer",
        by=desk.carys,
        at=now(),
        client_key=keys.new_key(20),
    )
    heard = Notice.objects.filter(person=desk.ewan, kind="override")
    assert heard.exists() is not others
    actions.look_ahead(now() + dt.timedelta(days=1, minutes=1))
    assert heard.filter(key__endswith="late").count() == 1
    actions.look_ahead(now() + dt.timedelta(days=1, minutes=2))
    assert heard.filter(key__endswith="late").count() == 1
    assert "Amina" not in str(list(heard.values_list("title", "body")))


def test_a_record_not_to_be_used_says_so_before_anything_else(desk, browser):
    agree(desk.amina)
    end_by_asking_not_to_be_used(desk, None)
    record = reverse("people:record", args=[desk.amina.handle])
    page = html.unescape(browser.get(record).content.decode())
    assert page.index("Don't use this record") < page.index("How to reach them")
