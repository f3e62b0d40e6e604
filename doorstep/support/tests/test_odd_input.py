"""What people really send: refused in a sentence or kept as it is, and always to be mended."""

import datetime as dt

import pytest

from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.models import CallDraft, Request
from doorstep.support.requests import suggesting, working
from doorstep.support.tests.desk import make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(borough, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    return make_desk(borough)


def send(client, **said):
    given = {"step": "send", "words": "Bread and milk", "whom": "me", "called": "Ada",
             "phone": "07700 900123", "postcode": "RM10 7FH", "client_key": "a" * 20}  # fmt: skip
    return client.post("/support/ask/", given | said)


@pytest.mark.parametrize(
    ("words", "is_child"),
    [
        ("My son is 9 and has no winter coat", True),
        ("My daughter, 15, won't leave her room", True),
        ("I am 14 and I am hungry", True),
        ("My son is 34 and lost his job", False),
        ("Milk and 12 eggs, please", False),
    ],
)
def test_a_request_about_a_child_is_heard_marked_and_kept_off_the_fast_lane(
    desk, client, words, is_child
):
    assert suggesting.is_about_child(words) == is_child
    page = client.post("/support/ask/", {"step": "words", "words": words, "whom": "me"})
    assert ("sounds like it is about a child" in page.content.decode()) == (
        is_child and "15" not in words
    )
    send(client, words=words)
    made = Request.objects.get()
    assert made.about_child == is_child
    client.force_login(desk.officer.account)
    row = client.get("/support/desk/").content.decode()
    assert ("a child" in row) == is_child


def test_what_a_child_asks_for_themselves_is_marked_too(desk, client):
    from doorstep.base.time import today

    child = PersonFactory(
        known_as="Sam", home=desk.borough.ward, born_on=dt.date(today().year - 14, 1, 1)
    )
    client.force_login(child.account)
    send(client, words="Bread, please")
    assert Request.objects.get().about_child


def test_a_postcode_outside_is_kept_said_and_the_officer_can_still_place_it(desk, client):
    answer = send(client, postcode="SW1A 1AA")
    assert "Thank you" in answer.content.decode()
    made = Request.objects.get()
    assert made.locality is None
    # Nothing is lost: the borough's desk has it, and says where it goes.
    with pytest.raises(working.NotNow, match="Choose a locality first"):
        working.route(made, by=desk.officer, at=now())
    working.route(made, by=desk.officer, at=now(), to=desk.borough.locality)
    made.refresh_from_db()
    assert (made.state, made.locality) == ("hub", desk.borough.locality)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+880 1712-345678", "+8801712345678"),
        ("0040 721 234 567", "+40721234567"),
        ("+49 (0)30 123456", "+4930123456"),
    ],
)
def test_a_number_from_abroad_is_kept_so_that_it_can_be_rung(desk, client, typed, kept):
    send(client, phone=typed)
    assert Request.objects.get().phone == kept


def test_an_impossible_number_comes_back_with_all_that_was_typed_and_can_be_kept(desk, client):
    answer = send(client, phone="+999 1", words="Milk for Ada")
    assert answer.status_code == 422
    assert "Milk for Ada" in answer.content.decode()
    assert "tick below to keep it as it is" in answer.content.decode()
    assert not Request.objects.exists()
    send(client, phone="+999 1", words="Milk for Ada", as_it_is="on")
    assert Request.objects.get().phone == "+999 1"


def test_bengali_is_understood_and_an_interpreter_is_named(desk, client):
    words = "আমার বাজার লাগবে, আমি হাঁটতে পারি না"
    page = client.post("/support/ask/", {"step": "words", "words": words, "whom": "me"})
    assert page.status_code == 200
    assert words in page.content.decode()
    assert page.context["form"].initial.get("language") == "bn"
    send(client, words=words, language="bn")
    assert (Request.objects.get().words, Request.objects.get().language) == (words, "bn")


@pytest.mark.parametrize("words", ["", "   ", "\n\t", "\u200b\u200b"])
def test_an_empty_one_asks_for_a_few_words(desk, client, words):
    answer = client.post("/support/ask/", {"step": "words", "words": words, "whom": "me"})
    assert answer.status_code == 422
    assert "Write a few words about what you need." in answer.content.decode()


def test_two_officers_on_one_call_make_nothing_twice_that_cannot_be_put_together(desk, client):
    """Both write it down; each is told of the other; one request stays, with both trails."""
    typed = {"came_by": "phone", "words": "She needs her shopping", "called": "Maureen Tully",
             "phone": "07700 900001", "postcode": "RM10 7FH", "priority": "3"}  # fmt: skip
    pages = {}
    for officer in (desk.officer, desk.second_officer):
        client.force_login(officer.account)
        pages[officer.pk] = client.post("/support/calls/")["Location"]
        client.post(pages[officer.pk], typed | {"then": "save"}, headers={"X-Part": "1"})
    client.force_login(desk.officer.account)
    client.post(pages[desk.officer.pk], typed | {"then": "send"})
    first = Request.objects.get()
    client.force_login(desk.second_officer.account)
    beside = client.post(
        pages[desk.second_officer.pk], typed | {"then": "save"}, headers={"X-Part": "1"}
    ).content.decode()
    assert "This number asked a moment ago" in beside
    assert f"/support/requests/{first.ref}/" in beside
    # It says who it may be, too, so that the second request is no second person's.
    assert f'value="{first.person.handle}"' in beside
    client.post(
        pages[desk.second_officer.pk], typed | {"then": "send", "person": first.person.handle}
    )
    second = Request.objects.exclude(pk=first.pk).get()
    assert second.person == first.person
    assert Person.objects.filter(known_as="Maureen Tully").count() == 1
    client.post(f"/support/requests/{second.ref}/merge/", {"merge-into": first.ref})
    second.refresh_from_db()
    assert (second.state, second.merged_into) == ("merged", first)
    assert CallDraft.objects.filter(request=None).count() == 0


def test_a_letter_of_20_000_words_is_kept_whole_and_its_end_is_heard(desk, client):
    words = ("I went to the shop. " * 5_000).strip() + " My husband beats me every night."
    answer = send(client, words=words)
    assert answer.status_code == 200
    made = Request.objects.get()
    assert made.words == words
    assert made.danger


def test_more_than_can_be_kept_is_said_and_not_cut(desk, client):
    # Nor does the browser cut what is pasted, without a word.
    area = client.get("/support/ask/").content.decode().split("<textarea", 1)[1].split(">", 1)[0]
    assert "maxlength" not in area
    answer = send(client, words="milk " * 60_000)
    assert answer.status_code == 422
    assert "Shorten it, or ring us" in answer.content.decode()
    assert not Request.objects.exists()
