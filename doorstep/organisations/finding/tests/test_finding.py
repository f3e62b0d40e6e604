"""From words to entries of the directory, and back to what people see."""

import pytest

from doorstep.base.time import now
from doorstep.organisations import searching
from doorstep.organisations.finding import finding, store
from doorstep.organisations.models import Language, Organisation, Service

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA = tmp_path
    store.forget()
    yield
    store.forget()


@pytest.fixture
def directory():
    club = Organisation.objects.create(name="Hand in Hand", slug="hand")

    def add(slug, name, description, **more):
        return Service.objects.create(
            slug=slug, name=name, description=description, organisation=club, **more
        )

    made = {
        "debt": add("debt", "Debt advice", "We talk to creditors and bailiffs."),
        "choir": add("choir", "Community choir", "Singing for all, no auditions."),
        "rent": add("rent", "Private renters", "For people with private landlords: deposits."),
        "gone": add("gone", "Debt help", "Creditors and debt.", state="closed"),
        "draft": add("draft", "Debt line", "Creditors and debt.", state="draft"),
    }
    Language.objects.create(service=made["choir"], name="Romanian", code="ro")
    return made


def keys(words):
    return [one.pk for one in finding.find(words).results]


def test_what_is_closed_or_a_draft_is_never_found(directory):
    found = keys("i owe money, bailiffs")
    assert found[0] == directory["debt"].pk
    assert not {directory["gone"].pk, directory["draft"].pk} & set(found)


def test_a_change_is_found_after_the_workers_round(directory):
    assert store.rebuild()
    assert not store.rebuild()  # nothing has changed
    Service.objects.create(slug="sew", name="Sewing for beginners", description="Stitch a cushion.")
    assert store.rebuild()
    store.forget()
    assert finding.find("learn to sew").results[0].pk == Service.objects.get(slug="sew").pk


def test_a_long_list_is_read_over_several_rounds(directory, monkeypatch):
    monkeypatch.setattr(store, "AT_ONCE", 1)
    rounds = 0
    while store.rebuild():
        rounds += 1
        store.forget()
        assert keys("community choir")[0] == directory["choir"].pk
        assert rounds < 10
    assert rounds >= 1


def test_an_index_that_is_not_whole_is_not_the_end(directory):
    store.rebuild()
    for file in store.folder().glob("at-*/told.json"):
        file.write_text("{")
    store.forget()
    assert keys("community choir")[0] == directory["choir"].pk


def test_reasons_and_what_was_understood_are_said(directory):
    found = finding.find("landlord kept my deposit")
    assert found.results[0].pk == directory["rent"].pk
    assert "for private renters" in found.results[0].reasons
    found = finding.find("somewhere to sing in Romanian near RM10")
    assert found.understood.languages == ("Romanian",)
    assert found.understood.district == "RM10"
    assert found.results[0].reasons == ("in Romanian",)


def test_danger_leads_the_page_and_hides_nothing(directory, client):
    page = client.get("/directory/", {"q": "he has taken all his tablets and wont wake up"})
    assert page.status_code == 200
    assert "999" in page.text
    assert "/worried/" in page.text


def test_a_page_of_results_asks_as_much_for_many_as_for_few(
    directory, django_assert_max_num_queries
):
    for number in range(30):
        Service.objects.create(
            slug=f"c{number}", name=f"Choir {number}", description="Singing for all."
        )
    store.forget()
    searching.look({"q": "choir"}, viewer=None, at=now())
    with django_assert_max_num_queries(12):
        found = searching.look({"q": "choir"}, viewer=None, at=now())
    assert len(found.cards) == searching.PAGE
    assert found.total >= 30


def test_words_stay_out_of_the_log(directory, caplog):
    caplog.set_level("DEBUG")
    finding.find("my husband hits me and the bailiffs are coming")
    assert "husband" not in caplog.text
