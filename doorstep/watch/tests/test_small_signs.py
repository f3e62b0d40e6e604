"""Weak signs of routine contact: shown with reasons to those allowed, decided on by a human."""

import datetime as dt

import pytest

from doorstep.base.time import now
from doorstep.people import signs as register
from doorstep.people.signs import Sign
from doorstep.watch import weighing
from doorstep.watch.models import Concern, SignDecision
from doorstep.watch.tests.factories import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiet(borough, cast, monkeypatch):
    """Bryn, who always answers, hasn't; and a visit on the far side found nobody."""
    at = now() - dt.timedelta(days=1)
    rows = [
        Sign(key="support:silence:1", kind="silence", why="Answers every week; not for three.",
             at=at, expires_at=at + dt.timedelta(days=21), person_id=cast.bryn.pk,
             area_id=borough.ward.pk, path="/support/x/"),
        Sign(key="support:visit:2", kind="visit", why="A visit found nobody.", at=at,
             expires_at=at + dt.timedelta(days=21), area_id=borough.far_ward.pk),
        Sign(key="support:old:3", kind="missed", why="Long ago.", at=at - dt.timedelta(days=60),
             expires_at=at - dt.timedelta(days=30), area_id=borough.ward.pk),
    ]  # fmt: skip
    monkeypatch.setattr(register.sign_sources, "_items", {})
    register.sign_sources.add("test", lambda *, areas, people, at: rows)
    return rows


def keys(viewer):
    return [row.sign.key for row in weighing.for_viewer(viewer, now())]


def test_each_sees_signs_of_their_area_until_they_run_out(borough, quiet):
    olu = make("officer", borough.borough, "Olu")
    here = make("organiser", borough.locality, "Ola")
    assert sorted(keys(olu)) == ["support:silence:1", "support:visit:2"]
    assert keys(here) == ["support:silence:1"]


def test_a_name_shows_only_to_those_whose_role_opens_the_record(borough, quiet, cast, monkeypatch):
    here = make("organiser", borough.locality, "Ola")
    assert weighing.for_viewer(here, now())[0].person == cast.bryn
    cast.bryn.home = borough.far_ward
    cast.bryn.save()
    assert weighing.for_viewer(here, now())[0].person is None
    assert keys(make("officer", borough.borough, "Olu")) != []
    # Nobody weighs up a sign about themselves.
    own = make("organiser", borough.locality, "Own")
    monkeypatch.setattr(
        register.sign_sources, "_items",
        {"t": (1, lambda **_: [Sign(key="k", kind="missed", why="", at=quiet[0].at,
                                    expires_at=quiet[0].expires_at, person_id=own.pk,
                                    area_id=borough.ward.pk)])},
    )  # fmt: skip
    assert keys(own) == []


def test_a_human_decides_with_a_reason_and_a_concern_names_nobody(borough, quiet, cast, client):
    here = make("organiser", borough.locality, "Ola")
    client.force_login(here.account)
    page = client.get("/watch/desk/small-signs/").content.decode()
    assert "Answers every week" in page
    url = "/watch/desk/small-signs/"
    sent = {"key": "support:silence:1", "decision": "concern", "reason": ""}
    assert client.post(url, sent).status_code == 422
    client.post(url, sent | {"reason": "Not like him."})
    client.post(url, sent | {"reason": "Not like him."})
    row, made = SignDecision.objects.get(), Concern.objects.get()
    assert (row.concern, made.person, made.agreed) == (made, None, "not_asked")
    assert "Bryn" not in made.what + made.person_words
    assert keys(here) == []
    assert row.forget_after == quiet[0].expires_at


def test_neighbours_have_no_such_page(borough, quiet, cast, client):
    client.force_login(cast.ewan.account)
    assert client.get("/watch/desk/small-signs/").status_code == 403


def test_the_record_shows_them_with_reasons(borough, quiet, cast, client):
    here = make("organiser", borough.locality, "Ola")
    client.force_login(here.account)
    client.post(f"/people/records/{cast.bryn.handle}/", {"reason": "checking"})
    page = client.get(f"/people/records/{cast.bryn.handle}/").content.decode()
    assert "Answers every week; not for three." in page
    assert "None of them says anything for sure." in page
