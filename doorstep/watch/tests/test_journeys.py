"""Whole journeys: damp on one estate (the fourth long one), a councillor, an MP's office."""

import datetime as dt

import pytest
from django.core import mail
from django.test import Client, TestCase

from doorstep.base.time import local, now
from doorstep.organisations.models import Organisation, Position
from doorstep.people.tests.factories import PersonFactory
from doorstep.watch.actions import arranging, passing
from doorstep.watch.models import Concern, Escalation
from doorstep.watch.tests.factories import make, typed

pytestmark = pytest.mark.django_db

SAID = [
    "The bedroom wall is wet up to the window.",
    "Water runs down inside our front door on Linton Road.",
    "Black mould on the stairs, on three floors.",
    "The landing ceiling drips when it rains.",
    "The whole hall smells of damp.",
    "The wall by the lift is soft to the touch.",
]


def signed_in(person):
    client = Client()
    client.force_login(person.account)
    return client


def test_damp_six_small_worries_are_joined_by_a_human_and_housing_answers(borough, cast):
    organiser = make("organiser", borough.locality, "Ola")
    # Five neighbours tell, one without an account; a sixth rings.
    for number, words in enumerate(SAID):
        seen = local(now()).date() - dt.timedelta(days=11 - 2 * number)
        teller = PersonFactory() if number not in (2, 5) else None
        client = signed_in(teller) if teller else Client()
        more = {}
        if number == 5:
            client, more = signed_in(organiser), {"came_by": "phone", "reach": "07700 900555"}
        sent = typed(
            borough.ward, what=words, client_key=f"damp-number-{number}", where="Linton Road",
            seen_on=seen.isoformat(), **more,
        )  # fmt: skip
        thanks = client.post("/watch/tell/", sent).content.decode()
        assert "<title>Thank you for noticing" in thanks, words
    rows = list(Concern.objects.order_by("pk"))
    assert len(rows) == 6
    since = local(now()).date() - dt.timedelta(days=14)
    counted = Concern.objects.for_scan(since, local(now()).date())
    assert sum(row["concerns"] for row in counted) == 6
    # A human takes the first and joins two that are the same wall.
    desk = signed_in(organiser)
    page = desk.get("/watch/desk/").content.decode()
    assert page.count("Linton Road") >= 6
    first = rows[0]
    url = f"/watch/concern/{first.ref}"
    desk.post(f"{url}/give/", {"to": "me"})
    assert rows[2].what in desk.get(f"{url}/").content.decode()
    for row in rows[1:]:
        ref = row.ref
        shown = desk.get(f"/watch/concern/{ref}/join/").content.decode()
        assert first.what[:40] in shown
        desk.post(f"/watch/concern/{ref}/join/", {"other": first.ref})
    assert Concern.objects.on_their_own().count() == 1
    # Housing is told about the place, and answers by its link.
    with TestCase.captureOnCommitCallbacks(execute=True):
        desk.post(
            f"{url}/pass-on/",
            {"to": "Housing repairs", "to_email": "h@example.org", "sent": "Six tell of damp."},
        )
    assert mail.outbox[0].to == ["h@example.org"]
    link = passing.link_of(Escalation.objects.get())
    housing = Client()
    housing.post(link)
    housing.post(link, {"answering": "yes", "answer": "done", "words": "New gutter."})
    assert "New gutter." in desk.get(f"{url}/").content.decode()
    desk.post(
        f"{url}/close/",
        {"outcome": "put_right", "words": "Seen dry.", "say": "put_right",
         "we_did": "A new gutter keeps the stairs of the Linton Road flats dry."},
    )  # fmt: skip
    # Everybody who told hears, and the area's page shows it.
    assert not Concern.objects.open().exists()
    for row in Concern.objects.exclude(spotter=None).select_related("spotter"):
        said = signed_in(row.spotter).get(f"/watch/concern/{row.ref}/").content.decode()
        assert "it was put right" in said
        assert "Ola" not in said
    slip = Client().post("/watch/told/", {"ref": rows[2].ref}).content.decode()
    assert "it was put right" in slip
    area = Client().get(f"/places/{borough.ward.slug}/").content.decode()
    assert f"/watch/did/{borough.ward.slug}/" in area
    did = Client().get(f"/watch/did/{borough.ward.slug}/").content.decode()
    assert "A new gutter keeps the stairs" in did
    assert "New gutter." not in did.replace("A new gutter", "")
    # Six words of neighbours stand on no public page.
    assert not any(words in did for words in SAID)


def test_an_mps_office_passes_on_rightly_and_a_councillor_sees_trends_without_names(borough):
    officer = make("officer", borough.borough, "Olu")
    hall = Organisation.objects.create(slug="mp", name="Office of the MP")
    aide = PersonFactory(known_as="Aide")
    Position.objects.create(organisation=hall, person=aide, role="staff", accepted_at=now())
    keeper = signed_in(officer)
    opened = {"organisation": "mp", "kind": "mp", "areas": [borough.ward.slug]}
    assert keeper.post("/watch/desk/offices/", opened).status_code == 302
    office = signed_in(aide)
    sent = typed(
        borough.ward, about="person", agreed="yes", person_words="Mrs Khan of Gale Street",
        safe_contact="Through us", reach="Through us",
    )  # fmt: skip
    assert office.post("/watch/tell/", sent).status_code == 422
    office.post("/watch/tell/", sent | {"consent": "on"})
    row = Concern.objects.get()
    keeper.post(f"/watch/concern/{row.ref}/step/", {"kind": "visit", "words": "Her son let me in."})
    keeper.post(
        f"/watch/concern/{row.ref}/close/",
        {"outcome": "helped", "words": "Care package begun.", "say": "looked"},
    )
    back = office.get("/watch/office/").content.decode()
    assert "looked into it" in back
    assert "Care package" not in back
    trends = office.get("/watch/trends/").content.decode()
    assert "Khan" not in trends
    assert "Quay" in trends
    arranging.close_office(row.office, at=now())
    assert office.get(f"/watch/concern/{row.ref}/").status_code == 404
