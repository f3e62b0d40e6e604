import pytest

from doorstep.base.time import now
from doorstep.people import actions
from doorstep.people.models import Block, Person, person_panels
from doorstep.people.tests.factories import PersonFactory
from doorstep.places.models import Postcode

pytestmark = pytest.mark.django_db


def profile(**more):
    parts = ("about", "can_share", "would_like", "languages", "access_needs", "home")
    return (
        {
            "known_as": "Amina",
            "about": "",
            "can_share": "",
            "would_like": "",
            "access_needs": "",
            "postcode": "",
            "reads": "en-gb",
            "born_on": "",
        }
        | {f"sees_{part}": "members" for part in parts}
        | more
    )


def test_a_person_says_who_they_are_and_who_may_see_it(client, cast, borough):
    Postcode.objects.create(code="RM10 7FH", ward=borough.ward, latitude=51.5, longitude=0.1)
    client.force_login(cast.amina.account)
    answer = client.post(
        "/people/me/profile/",
        profile(
            about="I like\r\nthe docks\x00 \u202e",
            languages=["so", "ar"],
            postcode="rm10 7fh",
            follows=[borough.far_ward.pk],
            sees_about="me",
            access_needs="No steps",
            sees_access_needs="me",
        ),
    )
    assert answer.status_code == 302
    cast.amina.refresh_from_db()
    assert cast.amina.about == "I like\nthe docks"
    assert (cast.amina.home, cast.amina.postcode) == (borough.ward, "RM10 7FH")
    assert list(cast.amina.follows.all()) == [borough.far_ward]
    own = client.get(f"/people/{cast.amina.handle}/").content.decode()
    assert "the docks" in own
    client.force_login(cast.ewan.account)
    page = client.get(f"/people/{cast.amina.handle}/").content.decode()
    assert "Soomaali" in page
    assert "the docks" not in page
    assert "No steps" not in page
    assert "RM10" not in page


def test_html_in_somebodys_words_is_shown_as_words(client, cast):
    Person.objects.filter(pk=cast.amina.pk).update(
        about="<script>alert(1)</script>", known_as="<b>Amina</b>"
    )
    client.force_login(cast.ewan.account)
    page = client.get(f"/people/{cast.amina.handle}/").content.decode()
    assert "<script>alert" not in page
    assert "<b>Amina" not in page


def test_a_form_that_failed_keeps_what_was_typed(client, cast, borough):
    client.force_login(cast.amina.account)
    answer = client.post(
        "/people/me/profile/", profile(known_as="", about="Twelve years here", languages=["so"])
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Twelve years here" in page
    assert "Tell us what people call you." in page


def test_a_postcode_elsewhere_gets_a_kind_sentence(client, cast, borough):
    client.force_login(cast.amina.account)
    answer = client.post("/people/me/profile/", profile(postcode="SW1A 1AA"), follow=True)
    assert "You&#x27;re welcome" in answer.content.decode()
    cast.amina.refresh_from_db()
    assert cast.amina.home is None


def test_a_date_of_birth_once_given_stays(client, cast):
    Person.objects.filter(pk=cast.amina.pk).update(born_on="2012-01-01")
    client.force_login(cast.amina.account)
    client.post("/people/me/profile/", profile(born_on="1960-01-01", sees_about="teams"))
    cast.amina.refresh_from_db()
    assert cast.amina.is_child


def test_an_unseen_person_is_like_a_missing_one(client, cast):
    kit = PersonFactory(born_on=now().date())
    Block.objects.create(blocker=cast.dev, blocked=cast.ewan)
    gone = PersonFactory(state=Person.State.AWAY)
    client.force_login(cast.ewan.account)
    missing = client.get("/people/nobodyhere/")
    for person in (kit, cast.dev, gone):
        answer = client.get(f"/people/{person.handle}/")
        assert answer.status_code == missing.status_code == 404


def test_visitors_are_asked_to_sign_in(client, cast):
    answer = client.get(f"/people/{cast.amina.handle}/")
    assert answer["Location"].startswith("/account/login/?next=")


def test_blocking_from_a_page_and_taking_it_back(client, cast):
    client.force_login(cast.amina.account)
    for _twice in range(2):
        answer = client.post(f"/people/{cast.ewan.handle}/block/")
        assert answer["Location"] == "/people/me/blocked/"
    assert Block.objects.count() == 1
    assert "Ewan" in client.get("/people/me/blocked/").content.decode()
    assert client.get(f"/people/{cast.ewan.handle}/").status_code == 404
    client.post(f"/people/{cast.ewan.handle}/unblock/")
    assert client.get(f"/people/{cast.ewan.handle}/").status_code == 200


def test_nobody_takes_back_the_block_of_another(client, cast):
    actions.block(cast.ewan, by=cast.amina, at=now())
    client.force_login(cast.ewan.account)
    assert client.post(f"/people/{cast.amina.handle}/unblock/").status_code == 404
    assert Block.objects.count() == 1
    assert "Amina" not in client.get("/people/me/blocked/").content.decode()


def test_nobody_blocks_themselves(client, cast):
    client.force_login(cast.amina.account)
    assert client.post(f"/people/{cast.amina.handle}/block/").status_code == 404
    with pytest.raises(actions.CannotBlock):
        actions.block(cast.amina, by=cast.amina, at=now())


@pytest.mark.parametrize("rows", [1, 3])
def test_more_blocks_cost_no_more_queries(client, cast, rows, django_assert_num_queries):
    for person in (cast.bryn, cast.carys, cast.dev)[:rows]:
        actions.block(person, by=cast.amina, at=now())
    client.force_login(cast.amina.account)
    with django_assert_num_queries(2):
        client.get("/people/me/blocked/")


def test_a_persons_page_costs_two_queries_besides_its_panels(
    client, cast, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(person_panels, "_items", {})
    client.force_login(cast.amina.account)
    with django_assert_num_queries(2):
        client.get(f"/people/{cast.ewan.handle}/")


def test_the_page_of_all_that_is_mine_leads_only_to_pages_that_open(client, cast):
    import re

    client.force_login(cast.amina.account)
    page = client.get("/people/me/").content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    for path in set(re.findall(r'href="(/[^"#]*)', main)):
        assert client.get(path, follow=True).status_code == 200, path


def test_only_the_person_changes_their_page(cast):
    with pytest.raises(PermissionError):
        actions.change_profile(cast.amina, by=cast.ewan, at=now(), about="Ha")
    with pytest.raises(TypeError):
        actions.change_profile(cast.amina, by=cast.amina, at=now(), state="suspended")
