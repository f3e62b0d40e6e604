"""Telling us something: on the web, on a call, on paper, later; once, kindly, and without harm."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from doorstep.base.private_files import private_files
from doorstep.base.time import local, now
from doorstep.notices.models import Notice
from doorstep.safeguarding.models import Alert
from doorstep.watch import wording
from doorstep.watch.actions import arranging, care, telling
from doorstep.watch.models import Concern, Theme
from doorstep.watch.tests.factories import concern, make, theme, typed

pytestmark = pytest.mark.django_db
URL = "/watch/tell/"


def test_a_visitor_tells_in_one_form_and_reads_later_by_letters_what_came_of_it(borough, client):
    officer = make("officer", borough.borough, "Olu")
    page = client.post(URL, typed(borough.ward, reach="07700 900123"))
    row = Concern.objects.get()
    assert page.status_code == 200
    assert row.ref[:5] in page.content.decode()
    assert (row.spotter, row.area, row.where, row.reach) == (
        None, borough.ward, "Gale Street", "07700 900123",
    )  # fmt: skip
    assert [n.person for n in Notice.objects.all()] == [officer]
    answer = client.post("/watch/told/", {"ref": f"{row.ref[:5].upper()} {row.ref[5:]}"})
    assert "Somebody looks at it soon" in answer.content.decode().replace("&#x27;", "'")
    assert "Gale Street" not in answer.content.decode()
    care.give(row, to=officer, by=officer, at=now())
    care.close(row, outcome="put_right", words="The pipe is mended.", by=officer, at=now(),
               say="put_right")  # fmt: skip
    answer = client.post("/watch/told/", {"ref": row.ref}).content.decode()
    assert "put right" in answer
    assert "pipe" not in answer


def test_the_notice_of_it_says_nothing_of_what_was_seen(borough, cast):
    make("officer", borough.borough, "Olu")
    concern(borough.ward, by=cast.amina, where="12 Gale Street")
    notice = Notice.objects.get()
    assert "mould" not in notice.title + notice.body
    assert "Gale" not in notice.title + notice.body + notice.path


def test_sent_twice_it_is_one(borough, client):
    for _time in range(3):
        assert client.post(URL, typed(borough.ward)).status_code == 200
    assert Concern.objects.count() == 1


def test_a_phone_that_sends_later_is_answered_in_json_and_makes_one(borough, client):
    for _time in range(2):
        answer = client.post(URL, typed(borough.ward), headers={"accept": "application/json"})
        assert answer.status_code == 200
    assert Concern.objects.count() == 1
    bad = client.post(
        URL, typed(borough.ward, theme="", client_key="another-key-here"),
        headers={"accept": "application/json"},
    )  # fmt: skip
    assert (bad.status_code, bad.json()["look"]) == (422, True)


def test_a_thousand_of_the_same_from_one_phone_count_once_and_are_told_so(borough, client):
    make("officer", borough.borough, "Olu")
    mark = telling.sender_mark(None, "192.0.2.7")
    for _number in range(1000):
        row, _new = telling.tell(
            theme=theme(), area=borough.ward, what="Mould  EVERYWHERE", seen_on=local(now()).date(),
            by=None, at=now(), sender=mark,
        )  # fmt: skip
    assert (Concern.objects.count(), row.repeats) == (1, 999)
    assert Notice.objects.count() == 1
    # In other words each time: kept, and counted as one voice.
    for number in range(20):
        telling.tell(
            theme=theme(), area=borough.ward, what=f"Mould again, number {number}",
            seen_on=local(now()).date(), by=None, at=now(), sender=mark,
        )  # fmt: skip
    day = local(now()).date()
    assert sum(r["concerns"] for r in Concern.objects.for_scan(day, day)) == 1
    assert Concern.objects.count() == 21
    # Somebody else's counts as it should.
    concern(borough.ward, sender=telling.sender_mark(None, "192.0.2.8"))
    assert sum(r["concerns"] for r in Concern.objects.for_scan(day, day)) == 2
    for number in range(2):
        page = client.post(URL, typed(borough.ward, client_key=f"flood-{number}-flood"))
    assert "however often it comes" in page.content.decode()


def test_one_phone_counts_five_times_a_day_in_all(borough):
    mark = telling.sender_mark(None, "192.0.2.7")
    slugs = [t.slug for t in Theme.objects.leaves()][:9]
    for slug in slugs:
        concern(borough.ward, slug=slug, sender=mark)
    assert Concern.objects.filter(is_counted=True).count() == 5


def test_too_many_an_hour_are_asked_to_ring(borough, client, settings):
    settings.LIMITS_STRETCH = 1
    sent = [typed(borough.ward, client_key=f"many-{n}-many", what=f"Leak {n}") for n in range(40)]
    assert {client.post(URL, one).status_code for one in sent} == {200, 429}


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (lambda d: d + dt.timedelta(days=1), "still to come"),
        (lambda d: dt.date(1970, 1, 1), "more than a year ago"),
        (lambda d: d - dt.timedelta(days=366), "more than a year ago"),
    ],
)
def test_a_day_to_come_or_long_gone_is_asked_about(borough, client, day, said):
    page = client.post(
        URL, typed(borough.ward, seen_on=day(local(now()).date()).isoformat())
    )  # fmt: skip
    assert page.status_code == 422
    assert said in page.content.decode()
    assert "Water runs down" in page.content.decode()
    with pytest.raises(telling.CannotTell):
        concern(borough.ward, seen_on=day(local(now()).date()))


def test_a_neighbour_named_in_anger_is_asked_about_once_and_may_still_be_sent(borough, client):
    angry = typed(borough.ward, what="Dave next door is a filthy liar and leaves his bins out.")
    page = client.post(URL, angry)
    assert "One thing before you send it" in page.content.decode()
    assert "filthy liar" in page.content.decode()
    assert Concern.objects.count() == 0
    client.post(URL, angry | {"sending": "as-it-is"})
    assert Concern.objects.count() == 1


def test_looks_are_asked_about_and_behaviour_is_not():
    assert wording.hear("Two foreign looking men in hoodies by the garages").asks
    assert wording.hear("Somebody tried every car door on the street").asks == []
    assert wording.hear("Mattresses dumped by the bins on Gale Street").asks == []
    assert wording.hear("His card is 4111 1111 1111 1111").asks


def test_danger_leads_out_and_its_words_go_to_the_safeguarding_team_alone(borough, client):
    words = "He hits her and the baby screams every night."
    page = client.post(URL, typed(borough.ward, what=words))
    body = page.content.decode()
    assert 'href="tel:999"' in body
    assert "Nobody is in danger. Send it here" in body
    for _time in range(2):
        client.post(URL, typed(borough.ward, what=words, sending="harm", urgency="now"))
    alert = Alert.objects.get()
    assert (alert.what, alert.urgency) == (words, "now")
    assert Concern.objects.count() == 0


def test_quiet_worries_are_not_led_out():
    for words in (
        "Black mould on the bedroom wall in the flats",
        "Mattresses dumped by the bins",
        "A man at the door wanted to check the boiler and asked for cash",
        "The street light has been out for a month",
    ):
        assert wording.hear(words).danger == ""


def test_about_a_person_only_with_a_yes_or_unnamed_and_never_after_a_no(borough, client):
    sent = typed(borough.ward, about="person", person_words="The lady on the top floor")
    assert "Say whether you asked them" in client.post(URL, sent).content.decode()
    refused = client.post(URL, sent | {"agreed": "no"})
    assert refused.status_code == 422
    assert "we keep nothing about them" in refused.content.decode()
    assert Concern.objects.count() == 0
    client.post(URL, sent | {"agreed": "not_asked"})
    row = Concern.objects.get()
    assert (row.about, row.agreed, row.person) == ("person", "not_asked", None)
    with pytest.raises(telling.CannotTell):
        concern(borough.ward, about="person", agreed="no", person_words="Her")


def _photo():
    out = io.BytesIO()
    image = Image.new("RGB", (64, 48), "green")
    exif = image.getexif()
    exif[0x010F] = "SecretCamera"
    image.save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("face.jpg", out.getvalue(), "image/jpeg")


def test_a_photo_is_looked_at_once_more_and_kept_without_its_hidden_words(borough, client, cast):
    client.force_login(cast.amina.account)
    page = client.post(URL, typed(borough.ward) | {"photo": _photo()})
    assert "choose" in page.content.decode()
    assert Concern.objects.count() == 0
    kept = page.context["form"].data["photo_kept"]
    faced = client.post(URL, typed(borough.ward, photo_kept=kept, faces="yes"))
    assert "People may not want their face" in faced.content.decode()
    client.post(URL, typed(borough.ward, photo_kept=kept, faces="no"))
    row = Concern.objects.get()
    with private_files.open(row.photo) as file:
        bytes_ = file.read()
    assert b"SecretCamera" not in bytes_
    assert Image.open(io.BytesIO(bytes_)).format == "WEBP"
    shown = client.get(f"/watch/concern/{row.ref}/photo/")
    assert shown.status_code == 200
    client.force_login(cast.ewan.account)
    assert client.get(f"/watch/concern/{row.ref}/photo/").status_code == 404
    assert Client().get(f"/watch/concern/{row.ref}/photo/").status_code == 302
    assert telling.take_back(row, by=cast.amina, at=now())


def test_a_photo_goes_some_weeks_after_it_was_put_away(borough, cast):
    from django.core.files.base import ContentFile

    from doorstep.watch.actions import nightly

    name = private_files.save("watch", ContentFile(b"x"))
    row = concern(borough.ward, by=cast.amina, photo=name)
    nightly.run_out(now() + dt.timedelta(days=61))
    later = now() + dt.timedelta(days=152)
    assert nightly.let_photos_go(later) == 1
    assert nightly.let_photos_go(later) == 0
    row.refresh_from_db()
    assert (row.photo, private_files.exists(name)) == ("", False)


def test_a_photo_of_a_form_that_never_went_out_is_forgotten(borough, client, settings):
    from doorstep.watch.actions import nightly

    client.post(URL, typed(borough.ward) | {"photo": _photo()})
    assert nightly.forget_photos() == 0
    assert nightly.forget_photos(older_than=-1) == 1


def test_an_officer_types_what_somebody_says_on_the_phone(borough, client):
    officer = make("officer", borough.borough, "Olu")
    client.force_login(officer.account)
    client.post(URL, typed(borough.ward, came_by="phone", reach="07700 900 222"))
    row = Concern.objects.get()
    assert (row.spotter, row.typed_by, row.came_by, row.sender) == (None, officer, "phone", "")


def test_an_officer_types_for_somebody_with_a_record_who_then_sees_it_as_their_own(
    borough, client, cast
):
    officer = make("officer", borough.borough, "Olu")
    client.force_login(officer.account)
    assert client.get(f"{URL}?for={cast.amina.handle}").status_code == 200
    client.post(URL, typed(borough.ward, came_by="phone") | {"for": cast.amina.handle})
    row = Concern.objects.get()
    assert (row.spotter, row.typed_by) == (cast.amina, officer)
    client.force_login(cast.ewan.account)
    assert client.get(f"{URL}?for={cast.amina.handle}").status_code == 404


def test_a_neighbour_cannot_say_that_it_came_by_phone(borough, client, cast):
    client.force_login(cast.bryn.account)
    client.post(URL, typed(borough.ward, came_by="phone", reach="x"))
    assert Concern.objects.get().came_by == "web"
    assert Concern.objects.get().spotter == cast.bryn


def test_a_theme_put_away_while_in_use_keeps_its_rows_and_takes_no_new_ones(borough, client):
    row = concern(borough.ward)
    arranging.archive_theme(row.theme, at=now())
    page = client.post(URL, typed(borough.ward))
    assert page.status_code == 422
    row.refresh_from_db()
    assert row.theme.name == "Damp and repairs"
    day = local(now()).date()
    assert [r["concerns"] for r in Concern.objects.for_scan(day, day)] == [1]
    with pytest.raises(telling.CannotTell):
        concern(borough.ward)
    page = client.post("/watch/tell/", typed(borough.ward)).content.decode()
    assert "That theme is no longer used. Choose another one." in page
    arranging.bring_back_theme(row.theme)
    row.theme.refresh_from_db()
    assert concern(borough.ward, what="Again").theme == row.theme


def test_an_area_that_moved_to_another_locality_keeps_its_concerns(borough):
    row = concern(borough.ward)
    borough.ward.parent, borough.ward.path = (
        borough.far_locality,
        f"{borough.far_locality.path}{borough.ward.pk}/",
    )
    borough.ward.save()
    mine = make("organiser", borough.far_locality, "Far")
    assert set(Concern.objects.visible_to(mine)) == {row}


def test_what_was_taken_back_loses_its_words_and_counts_no_more(borough, client, cast):
    client.force_login(cast.amina.account)
    row = concern(borough.ward, by=cast.amina, where="Gale Street")
    client.post(f"/watch/concern/{row.ref}/", {"words": "It grows."})
    client.post(f"/watch/concern/{row.ref}/", {"back": "yes"})
    row.refresh_from_db()
    assert (row.state, row.what, row.where, row.is_open) == ("withdrawn", "–", "", False)
    day = local(now()).date()
    assert list(Concern.objects.for_scan(day, day)) == []
    assert [s.kind for s in row.steps.all()] == ["told", "withdrawn"]


def test_the_form_the_slip_and_the_front_open_for_anybody_with_few_queries(
    borough, client, django_assert_max_num_queries
):
    for url in ("/watch/", URL, "/watch/tell/slip/", "/watch/told/", "/watch/worker.js"):
        with django_assert_max_num_queries(8):
            assert client.get(url).status_code == 200
    page = client.get(f"{URL}?area={borough.ward.slug}").content.decode()
    assert f'value="{borough.ward.slug}" selected' in page
