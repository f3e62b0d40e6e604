"""Somebody's circle, changed for them as they say it: written down as spoken, and theirs to see."""

import pytest
from django.urls import reverse

from doorstep.connect.actions import circling
from doorstep.connect.models import CircleChange, CircleMember
from doorstep.connect.tests import factories
from doorstep.people.models import Reading, RoleHolding
from doorstep.people.rights import erasing, exporting

pytestmark = pytest.mark.django_db
AT = factories.AT


@pytest.fixture
def officer(cast, borough):
    RoleHolding.objects.create(
        person=cast.dev, role="officer", area=borough.borough, starts_at=AT, accepted_at=AT
    )
    return cast.dev


@pytest.fixture
def sheila(cast):
    return circling.add(
        cast.amina, by=cast.amina, at=AT, name="Sheila", person=cast.bryn, sees="who"
    )


def address(verb, owner, about=""):
    return f"{reverse('connect:do_mine', args=[verb])}?for={owner.handle}&about={about}"


def test_an_officer_changes_it_only_with_what_they_said(cast, officer, sheila, client):
    client.force_login(officer.account)
    there = address("change", cast.amina, sheila.ref)
    typed = {
        "client_key": "k" * 20, "name": "Sheila", "near": 1, "sees": "nothing",
        "handle": "", "does": "Has the key",
    }  # fmt: skip
    page = client.post(there, typed)
    assert page.status_code == 422
    assert "Write down what they said" in page.content.decode()
    client.post(there, {**typed, "said": "She has the key, but no more than that."})
    sheila.refresh_from_db()
    assert (sheila.sees, sheila.does) == ("nothing", "Has the key")
    note = CircleChange.objects.get(what="changed")
    assert (note.by, note.is_spoken, note.said) == (
        officer, True, "She has the key, but no more than that.",
    )  # fmt: skip
    client.force_login(cast.amina.account)
    page = client.get(reverse("connect:mine")).content.decode()
    assert "She has the key, but no more than that." in page


@pytest.mark.parametrize(("verb", "state"), [("pause", "paused"), ("out", "gone")])
def test_paused_or_taken_out_by_phone_they_see_nothing_from_then_on(
    cast, officer, sheila, client, verb, state
):
    client.force_login(cast.bryn.account)
    there = reverse("connect:circle", args=[cast.amina.handle])
    assert client.get(there).status_code == 200
    client.force_login(officer.account)
    client.post(
        address(verb, cast.amina, sheila.ref), {"client_key": "k" * 20, "said": "Not any more."}
    )
    sheila.refresh_from_db()
    assert sheila.state == state
    client.force_login(cast.bryn.account)
    assert client.get(there).status_code == 404


def test_looking_at_it_is_logged_and_leads_there_from_the_record(cast, officer, sheila, client):
    client.force_login(officer.account)
    assert client.get(f"{reverse('connect:mine')}?for={cast.amina.handle}").status_code == 200
    assert Reading.objects.filter(subject=cast.amina, reader=officer).count() == 1
    record = reverse("people:record", args=[cast.amina.handle])
    client.post(record, {"reason": "contact", "words": ""})
    page = client.get(record).content.decode()
    assert f"{reverse('connect:mine')}?for={cast.amina.handle}" in page
    assert f"{reverse('connect:diaries')}?for={cast.amina.handle}" in page


def test_nobody_else_opens_or_changes_it(cast, sheila, client):
    for person in (cast.bryn, cast.ewan):
        client.force_login(person.account)
        assert client.get(f"{reverse('connect:mine')}?for={cast.amina.handle}").status_code == 404
        there = address("out", cast.amina, sheila.ref)
        assert client.post(there, {"client_key": "k" * 20, "said": "x"}).status_code == 404
    assert CircleMember.objects.get().state == "here"


def test_a_catalyst_writes_down_what_they_said_too(cast, client):
    org = factories.organisation()
    carys = factories.catalyst(org)
    walk = factories.relationship(org, carys, person=cast.amina)
    member = circling.add(cast.amina, by=carys, at=AT, name="Jean", said="My sister.")
    client.force_login(carys.account)
    there = f"{reverse('connect:do', args=[walk.ref, 'member-pause'])}?about={member.ref}"
    assert client.post(there, {"client_key": "k" * 20}).status_code == 422
    client.post(there, {"client_key": "k" * 20, "said": "Let it rest with Jean."})
    member.refresh_from_db()
    assert member.state == "paused"
    assert list(CircleChange.objects.values_list("what", "is_spoken").order_by("pk")) == [
        ("added", True),
        ("paused", True),
    ]


# --- Somebody in it is erased -------------------------------------------------------------------


def test_whoever_is_erased_stays_in_the_owners_words_and_nothing_leads_to_them(
    cast, sheila, client
):
    circling.change(
        sheila, by=cast.amina, at=AT, name="Sheila", does="Has the key", reach="07700 900111"
    )
    erasing.erase(cast.bryn, takes_posts=True)
    sheila.refresh_from_db()
    assert (sheila.person, sheila.sees) == (None, "nothing")
    assert (sheila.name, sheila.does, sheila.reach) == ("Sheila", "Has the key", "07700 900111")
    client.force_login(cast.amina.account)
    assert "Has the key" in client.get(reverse("connect:mine")).content.decode()
    form = client.get(f"{reverse('connect:do_mine', args=['change'])}?about={sheila.ref}")
    assert not form.context["form"].initial.get("handle")


def test_whoever_was_taken_out_of_a_circle_and_is_erased_is_gone_from_it(cast, sheila):
    circling.set_state(sheila, "gone", by=cast.amina, at=AT)
    erasing.erase(cast.bryn, takes_posts=True)
    assert not CircleMember.objects.exists()
    assert not CircleChange.objects.exists()


def test_leaving_says_that_others_circles_stay_theirs_whoever_asks(cast, sheila, client):
    """The same words for Bryn, who is in one, and Ewan, who is in none."""
    for person in (cast.bryn, cast.ewan):
        client.force_login(person.account)
        page = client.get("/people/me/leave/").content.decode()
        assert "Where somebody counts you to their own circle, if there is any." in page
        copy = exporting.collect(person, at=AT)
        [section] = [
            one for one in copy["sections"] if one["name"] == "connect.circlemember:person"
        ]
        assert (section["count"], section["rows"]) == (0, [])
        assert "Sheila" not in str(copy["sections"])


def test_taking_somebody_out_of_ones_own_circle_is_asked_first(cast, sheila, client):
    client.force_login(cast.amina.account)
    there = f"{reverse('connect:do_mine', args=['out'])}?about={sheila.ref}"
    assert there.replace("&", "&amp;") in client.get(reverse("connect:mine")).content.decode()
    page = client.get(there).content.decode()
    assert "Sheila" in page
    assert CircleMember.objects.get().state == "here"
    client.post(there)
    assert CircleMember.objects.get().state == "gone"
