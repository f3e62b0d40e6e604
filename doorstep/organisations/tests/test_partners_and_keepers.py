"""Those who look after entries, and those who keep the whole directory."""

import io
import re

import pytest
from django.urls import reverse
from PIL import Image

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.organisations import actions, entries
from doorstep.organisations.models import (
    DoorPhoto,
    ImportRun,
    Offer,
    Position,
    PrivateContact,
    Schedule,
    Source,
    State,
    Suggestion,
)
from doorstep.organisations.tests.making import (
    a_house,
    a_place,
    an_entry,
    give_keys,
    make_keeper,
)
from doorstep.organisations.waiting import Waiting, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def dev(cast, client):
    """Dev holds the keys of a house with one entry, and is signed in."""
    house = a_house(name="Pantry")
    give_keys(cast.dev, house)
    client.force_login(cast.dev.account)
    return cast.dev


@pytest.fixture
def entry(dev):
    service = an_entry(dev.positions.get().organisation, name="Soup", days=100)
    a_place(service)
    return service


def _form(service, **changes):
    values = entries.values_of(service)
    data = {
        name: "" if value is None else value
        for name, value in values.items()
        if name not in ("when", "is_free")
    }
    data |= {"client_key": "edit-key-1234", "times-TOTAL_FORMS": "2", "times-INITIAL_FORMS": "0"}
    for number, row in enumerate(values["when"]):
        data |= {
            f"times-{number}-days": row["days"],
            f"times-{number}-opens": row["opens"],
            f"times-{number}-closes": row["closes"],
            f"times-{number}-note": row["note"],
        }
    return data | changes


def test_the_partners_home_shows_entries_offers_people_and_what_waits(dev, entry, client):
    house = entry.organisation
    Offer.objects.create(organisation=house, what="A lift to the clinic", answered_by=dev)
    words = client.get(reverse("directory:ours")).content.decode()
    for said in ("Soup", "A lift to the clinic", dev.known_as, "Nothing waits."):
        assert said in words


def test_floors_above_bring_what_waits(dev, entry, client, monkeypatch):
    monkeypatch.setattr(waiting, "_items", {})
    waiting.add("calls", lambda person, house: [Waiting("Somebody needs a lift", "/x/", now())])
    assert "Somebody needs a lift" in client.get(reverse("directory:ours")).content.decode()


def test_an_entry_is_looked_at_before_it_shows(entry, client):
    path = reverse("directory:edit", args=[entry.slug])
    data = _form(entry, description="Soup every day now.", who_meets_you="Jean")
    page = client.post(path, data)
    assert "Soup every day now." in page.content.decode()
    entry.refresh_from_db()
    assert entry.description == "Soup and company for anybody."
    for _again in range(2):
        client.post(path, data | {"sure": "1"})
    entry.refresh_from_db()
    assert (entry.description, entry.who_meets_you) == ("Soup every day now.", "Jean")
    assert entry.confirmed_how == "owner"
    assert entry.changes_made.count() == 1


def test_what_was_typed_goes_through_the_preview_and_back(entry, client):
    path = reverse("directory:edit", args=[entry.slug])
    preview = client.post(path, _form(entry, description="New words", **{"times-1-days": "SA"}))
    kept = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)">', preview.content.decode()
    )
    data = {}
    for name, value in kept:
        data.setdefault(name, []).append(value)
    again = client.post(path, data | {"again": "1"})
    assert again.status_code == 200
    assert "New words" in again.content.decode()
    client.post(path, data | {"sure": "1"})
    assert sorted(Schedule.objects.filter(service=entry).values_list("byday", flat=True)) == [
        "SA",
        "TU",
    ]


def test_a_mistake_keeps_what_was_typed(entry, client):
    data = _form(entry, name="", description="Kept words")
    data["times-0-closes"] = "09:00"
    page = client.post(reverse("directory:edit", args=[entry.slug]), data)
    assert page.status_code == 422
    assert "Kept words" in page.content.decode()
    assert "close before it opens" in page.content.decode()


def test_a_change_can_be_put_back(entry, client):
    path = reverse("directory:edit", args=[entry.slug])
    client.post(path, _form(entry, description="Wrong", phone="", sure="1"))
    change = entry.changes_made.get()
    assert client.get(reverse("directory:changes", args=[entry.slug])).status_code == 200
    for _again in range(2):
        client.post(reverse("directory:undo", args=[change.pk]))
    entry.refresh_from_db()
    assert entry.description == "Soup and company for anybody."
    assert entry.phones.get().number == "020 7946 0123"
    assert entry.changes_made.count() == 2


def test_times_a_feed_brought_stay_when_the_form_does_not_show_them(entry, client):
    Schedule.objects.create(service=entry, freq="MONTHLY", byday="1TU", description="market day")
    client.post(reverse("directory:edit", args=[entry.slug]), _form(entry, sure="1"))
    assert Schedule.objects.filter(service=entry, freq="MONTHLY").count() == 1


def test_somebody_elses_entry_cannot_be_changed(entry, client, cast):
    client.force_login(cast.ewan.account)
    path = reverse("directory:edit", args=[entry.slug])
    assert client.post(path, _form(entry, description="x", sure="1")).status_code == 403
    entry.refresh_from_db()
    assert entry.description == "Soup and company for anybody."


def test_a_new_entry_hides_until_it_is_shown(dev, client):
    house = dev.positions.get().organisation
    page = client.post(
        reverse("directory:new", args=[house.slug]),
        {"name": "Knitting", "description": "Wool and talk."},
    )
    service = house.services.get()
    assert page.url == reverse("directory:edit", args=[service.slug])
    assert type(client)().get(service.get_absolute_url()).status_code == 404
    client.post(reverse("directory:say", args=[service.slug]), {"what": "show"})
    assert type(client)().get(service.get_absolute_url()).status_code == 200


def _picture():
    out = io.BytesIO()
    Image.new("RGB", (600, 400), "#7CCB6B").save(out, "JPEG", exif=b"Exif\x00\x00secret place")
    out.seek(0)
    out.name = "door.jpg"
    return out


def test_a_door_needs_words_and_loses_what_the_camera_wrote(entry, client):
    path = reverse("directory:photos", args=[entry.slug])
    assert client.post(path, {"photo": _picture(), "description": ""}).status_code == 422
    client.post(path, {"photo": _picture(), "description": "A green door"})
    photo = DoorPhoto.objects.get()
    sent = b"".join(client.get(reverse("directory:photo", args=[photo.key, 480])).streaming_content)
    assert b"secret place" not in sent
    client.post(reverse("directory:remove_photo", args=[entry.slug, photo.key]))
    assert not DoorPhoto.objects.exists()


def test_an_offer_shows_until_none_is_left(dev, entry, client):
    house = entry.organisation
    data = {"what": "A hot meal", "how_many_now": "2", "answered_by": dev.pk}
    for _again in range(2):
        client.post(
            reverse("directory:new_offer", args=[house.slug]),
            data | {"client_key": "offer-key-123"},
        )
    offer = Offer.objects.get()
    visitor = type(client)()
    assert "A hot meal" in visitor.get(house.get_absolute_url()).content.decode()
    assert actions.offers_for(words="meal", at=now()) == [offer]
    client.post(
        reverse("directory:offer", args=[offer.pk]),
        data | {"how_many_now": "0", "client_key": "offer-key-456"},
    )
    assert "A hot meal" not in visitor.get(house.get_absolute_url()).content.decode()
    assert actions.offers_for(at=now()) == []


def test_who_answers_an_offer_is_not_for_the_public(dev, entry, client):
    Offer.objects.create(
        organisation=entry.organisation, what="A lift", answer_name="Ms Secret",
        answer_email="secret@house.example.org", answered_by=dev,
    )  # fmt: skip
    words = type(client)().get(entry.organisation.get_absolute_url()).content.decode()
    assert "A lift" in words
    for hidden in ("Ms Secret", "secret@house", dev.known_as + " answers"):
        assert hidden not in words


# --- People ----------------------------------------------------------------------------------


def test_a_colleague_comes_in_by_the_link_in_the_e_mail(
    dev, entry, client, cast, mailoutbox, django_capture_on_commit_callbacks
):
    house = entry.organisation
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("directory:staff", args=[house.slug]),
            {"email": "carys@house.example.org", "role": "editor", "title": "cooks"},
        )
    path = re.search(r"(/directory/join/\S+)", mailoutbox[0].body)[1]
    client.force_login(cast.carys.account)
    assert client.get(path).status_code == 200
    assert not Position.objects.held().filter(person=cast.carys).exists()
    client.post(path, {"yes": "1"})
    held = Position.objects.held().get(person=cast.carys)
    assert (held.role, held.invited_email) == ("editor", "")
    client.force_login(cast.ewan.account)
    assert client.get(path).status_code == 404
    client.force_login(dev.account)
    client.post(reverse("directory:end_position", args=[held.pk]))
    client.force_login(cast.carys.account)
    assert client.get(reverse("directory:edit", args=[entry.slug])).status_code == 403


def test_a_child_takes_no_keys(dev, entry, client, cast):
    import datetime as dt

    cast.ewan.born_on = now().date() - dt.timedelta(days=15 * 365)
    cast.ewan.save()
    position = actions.invite(
        entry.organisation, email="e@example.org", role="editor", title="", by=dev, at=now()
    )
    client.force_login(cast.ewan.account)
    client.post(reverse("directory:join", args=[position.code]), {"yes": "1"})
    assert not Position.objects.held().filter(person=cast.ewan).exists()


def test_the_last_keys_stay(dev, entry, client):
    mine = dev.positions.get()
    client.post(reverse("directory:end_position", args=[mine.pk]))
    mine.refresh_from_db()
    assert mine.is_held


def test_an_editor_invites_nobody(dev, entry, client, cast):
    give_keys(cast.bryn, entry.organisation, Position.Role.EDITOR)
    client.force_login(cast.bryn.account)
    assert client.get(reverse("directory:staff", args=[entry.organisation.slug])).status_code == 403


# --- Keepers ---------------------------------------------------------------------------------


@pytest.fixture
def keeper(cast, borough, client):
    make_keeper(cast.bryn, borough.borough)
    client.force_login(cast.bryn.account)
    return cast.bryn


@pytest.mark.parametrize(
    "what", ["suggestions", "failed", "unanswered", "stale", "nobodys", "closed", "held"]
)
def test_every_list_has_its_empty_state(keeper, client, what):
    page = client.get(reverse("directory:keeping"), {"what": what})
    assert 'class="empty' in page.content.decode()


def test_a_keeper_confirms_on_the_phone(keeper, client):
    house = a_house()
    service = an_entry(house, name="Soup", doubts=2, state=State.STALE)
    PrivateContact.objects.create(organisation=house, name="Mrs A", phone="07700 900456")
    page = client.get(reverse("directory:keeping"), {"what": "failed"}).content.decode()
    assert "Soup" in page
    assert "07700 900456" in page
    client.post(reverse("directory:say", args=[service.slug]), {"what": "right"})
    service.refresh_from_db()
    assert (service.confirmed_how, service.doubts, service.state) == ("phone", 0, State.LIVE)


def test_whoever_suggested_hears_what_became_of_it(keeper, client, cast):
    service = an_entry()
    told = actions.suggest(
        kind=Suggestion.Kind.CHANGE, words="Open at nine.", by=cast.amina, at=now(),
        client_key="told-key", service=service,
    )  # fmt: skip
    path = reverse("directory:suggestion", args=[told.ref])
    assert client.post(path, {"taken": "no"}).status_code == 422
    for _again in range(2):
        client.post(path, {"taken": "no", "answer": "They told us ten."})
    assert Notice.objects.get(person=cast.amina).body == "They told us ten."


def test_a_mended_word_of_a_keepers_proves_nothing(keeper, client):
    service = an_entry(a_house(), days=100)
    data = _form(service, description="Fewer typos.", sure="1")
    client.post(reverse("directory:edit", args=[service.slug]), data)
    service.refresh_from_db()
    assert service.description == "Fewer typos."
    assert service.confirmed_how == "owner"
    assert (now() - service.confirmed_at).days == 100


def test_a_list_held_back_is_decided_once(keeper, client):
    source = Source.objects.create(name="A list", place="https://list.example.org/")
    run = ImportRun.objects.create(
        source=source, state=ImportRun.State.HELD, said="Half of it has gone.", gone=12
    )
    page = client.get(reverse("directory:keeping"), {"what": "held"}).content.decode()
    assert "Half of it has gone." in page
    for _again in range(2):
        client.post(reverse("directory:held", args=[run.pk]), {"drop": "1"})
    run.refresh_from_db()
    assert (run.state, run.decided_by) == (ImportRun.State.DROPPED, keeper)


def test_what_an_entry_is_found_by_follows_its_words(entry, client):
    client.post(
        reverse("directory:edit", args=[entry.slug]), _form(entry, languages="Yoruba", sure="1")
    )
    entry.refresh_from_db()
    assert "Yoruba" in entry.found_by


def test_the_letter_with_a_slip_names_every_entry(keeper, client):
    house = a_house(name="Pantry")
    an_entry(house, name="Soup")
    an_entry(house, name="Bread")
    words = client.get(reverse("directory:ask_letter", args=[house.slug])).content.decode()
    for said in ("Pantry", "Soup", "Bread", "All still right"):
        assert said in words


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_worklist_costs_no_more_queries(
    keeper, client, rows, django_assert_max_num_queries
):
    for _row in range(rows):
        a_place(an_entry(a_house(), doubts=1))
    with django_assert_max_num_queries(26) as seen:
        client.get(reverse("directory:keeping"), {"what": "failed"})
    counts.setdefault("keeping", len(seen))
    assert counts["keeping"] == len(seen)


counts: dict[str, int] = {}
