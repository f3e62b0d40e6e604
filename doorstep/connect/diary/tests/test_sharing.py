"""A bundle given by a link: with a yes, until a day, and dead the moment it is stopped."""

import io
import zipfile

import pytest
from django.core import mail
from django.urls import reverse

from doorstep.base.private_files import private_files
from doorstep.base.time import now
from doorstep.connect import links
from doorstep.connect.actions import walking
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.diary.actions import bundling, sharing, writing
from doorstep.connect.diary.models import Bundle, Opening, Share
from doorstep.connect.diary.tests import making
from doorstep.connect.tests import factories
from doorstep.notices.models import Notice
from doorstep.people.consents import actions as consents
from doorstep.people.models import Consent, How, Reading, Reliance

pytestmark = pytest.mark.django_db
AT, DAY = factories.AT, making.DAY


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """Papers are made elsewhere (test_bundles); here it is about who gets them."""
    monkeypatch.setattr(
        "doorstep.connect.diary.actions.bundling.printing.pdf", lambda html, **how: b"%PDF-1.7\n"
    )


@pytest.fixture
def bundle(cast):
    row = making.diary(cast.amina)
    making.exhibit(making.entry(row))
    return making.bundle(row, at=now())


def give(bundle, by=None, **more):
    words = {"kind": "organisation", "name": "Riverside Law Centre", "days": 30}
    return sharing.share(
        bundle, by=by or bundle.diary.person, at=now(), client_key=making.key(), **{**words, **more}
    )


def link_of(share):
    return reverse("connect:link", args=[links.token_for("evidence", share.key)])


def test_whoever_has_the_link_says_who_they_are_and_the_person_sees_it(bundle, client):
    share = give(bundle)
    there = link_of(share)
    door = client.get(there)
    assert door.status_code == 200
    assert "Mould" not in door.content.decode()
    assert "Amina" not in door.content.decode()
    assert not Opening.objects.exists()
    assert client.post(there, {"name": "", "what": "zip"}).status_code == 422
    taken = client.post(there, {"name": "Jo Field, Riverside", "what": "zip"})
    content = b"".join(taken.streaming_content)
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert Notice.objects.filter(person=bundle.diary.person, kind="evidence").count() == 1
    client.force_login(bundle.diary.person.account)
    assert "Jo Field, Riverside" in client.get(bundle.diary.get_absolute_url()).content.decode()


def test_a_yes_is_written_down_for_this_one_recipient(bundle):
    share = give(bundle)
    assert share.consent.purpose == "evidence"
    assert share.consent.ends_at == share.ends_at
    assert Reliance.objects.filter(consent=share.consent, thing=f"evidence:{share.pk}").exists()


def test_a_catalyst_gives_it_only_with_the_persons_words(cast, bundle):
    carys = factories.catalyst(factories.organisation())
    walk = factories.relationship(
        carys.caseloads.get().organisation, carys, person=cast.amina, at=now()
    )
    with pytest.raises(NotNow):
        give(bundle, by=carys, words="Give it to them.")
    writing.keep_with(bundle.diary, by=cast.amina, at=now(), relationship=walk)
    with pytest.raises(NotNow, match="in their own words"):
        give(bundle, by=carys)
    share = give(bundle, by=carys, words="Give it to them, they have been kind.")
    assert share.consent.how == How.SPOKEN


@pytest.mark.parametrize("how", ["stop", "withdraw", "thrown away", "day", "died", "restricted"])
def test_a_link_is_dead_at_once(how, bundle, client, cast):
    share = give(bundle)
    there, person = link_of(share), bundle.diary.person
    assert client.get(there).status_code == 200
    if how == "stop":
        sharing.stop(share, by=person, at=now())
    elif how == "withdraw":
        consents.withdraw(share.consent, by=person, at=now(), how=How.WEB)
    elif how == "thrown away":
        bundling.throw_away(bundle, by=person, at=now())
    elif how == "day":
        Share.objects.filter(pk=share.pk).update(ends_at=now())
    elif how == "restricted":
        person.restricted_at = now()
        person.save()
    else:
        carys = factories.catalyst(factories.organisation())
        walk = factories.relationship(
            carys.caseloads.get().organisation, carys, person=person, at=now()
        )
        walking.end(walk, by=carys, at=now(), why="died")
    assert client.get(there).status_code == 410
    assert client.post(there, {"name": "Jo Field", "what": "zip"}).status_code == 410
    assert not Opening.objects.exists()


def test_a_yes_given_anew_does_not_wake_a_link_that_was_stopped_by_a_no(bundle, client):
    first = give(bundle)
    consents.withdraw(first.consent, by=bundle.diary.person, at=now(), how=How.WEB)
    second = give(bundle)
    assert client.get(link_of(first)).status_code == 410
    assert client.get(link_of(second)).status_code == 200


def test_a_second_bundle_for_them_does_not_shorten_the_first(bundle, client):
    first = give(bundle, days=60)
    give(bundle, days=7)
    assert Consent.objects.live(first.ends_at - DAY).filter(purpose="evidence").exists()


def test_a_link_made_up_or_of_something_else_opens_nothing(bundle, client):
    share = give(bundle)
    token = links.token_for("evidence", share.key)
    for other in (token[:-1] + "x", links.token_for("evidence", "nobody"),
                  links.token_for("table", share.key)):  # fmt: skip
        assert client.get(reverse("connect:link", args=[other])).status_code == 410


def test_the_letter_names_neither_the_person_nor_what_it_is_about(
    bundle, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        give(bundle, email="jo@riverside.example")
    (sent,) = mail.outbox
    said = sent.subject + sent.body
    assert "/connect/link/" in said
    for word in ("Amina", "Mould", "evidence", "Riverside"):
        assert word not in said.replace("/connect/link/", "")


def test_who_else_took_it_is_in_the_read_log(cast, bundle, client):
    carys = factories.catalyst(factories.organisation())
    walk = factories.relationship(
        carys.caseloads.get().organisation, carys, person=cast.amina, at=now()
    )
    writing.keep_with(bundle.diary, by=cast.amina, at=now(), relationship=walk)
    client.force_login(carys.account)
    taken = client.get(reverse("connect:bundle", args=[bundle.ref]) + "?pdf")
    assert taken["Content-Disposition"].endswith(f'evidence-{bundle.ref}.pdf"')
    assert "no-store" in taken["Cache-Control"]
    read = Reading.objects.get(subject=cast.amina, what="evidence")
    assert (read.reader, read.thing) == (carys, bundle.ref)
    client.force_login(cast.ewan.account)
    assert client.get(reverse("connect:bundle", args=[bundle.ref])).status_code == 404


def test_a_bundle_thrown_away_is_gone_from_the_disk(bundle, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        bundling.throw_away(bundle, by=bundle.diary.person, at=now())
    assert not private_files.exists(bundle.file)
    assert not private_files.exists(bundle.pdf_file)
    assert Bundle.objects.get().state == Bundle.State.GONE
