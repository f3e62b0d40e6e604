"""Journeys 19 and 20 in Chromium, on a phone: a call from its first word to an introduction, its
answer without an account and without script; and an evidence diary by keyboard alone."""

import datetime as dt
import re

import pytest
from django.core import mail

from doorstep.base.time import now, today
from doorstep.connect.calls import index
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.diary.models import Diary, Entry, Exhibit
from doorstep.connect.diary.tests import making
from doorstep.connect.tests.factories import catalyst, organisation, relationship
from doorstep.gatherings.tests.test_room_browser import chromium, signed_in, until  # noqa: F401
from doorstep.organisations.models import Offer
from doorstep.people.tests.factories import PersonFactory
from tests.journeys.test_live_call_browser import tab_to

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture
def walk(borough, settings, tmp_path):
    """Carys walks alongside Maureen, who has a very long name; Needle House sews."""
    settings.DATA = tmp_path
    index.forget()
    org = organisation()
    carys = catalyst(org)
    long = "Maureen Bartholomew-Featherstonehaugh"
    person = PersonFactory(known_as=long, phone="+447700900123", home=borough.ward)
    row = relationship(org, carys, person=person, at=now() - dt.timedelta(days=30))
    Offer.objects.create(
        organisation=organisation("Needle House"),
        what="Sewing together on Tuesdays",
        answer_email="sew@example.org",
    )
    yield row, carys
    index.forget()


def follow(page, css):
    """Press a button or link, and wait for the page it leads to."""
    with page.expect_navigation():
        page.click(css)


def fits(page):
    """Nothing is wider than the phone."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


def test_a_call_is_written_answered_without_account_or_script_and_brings_two_together(
    chromium,  # noqa: F811
    live_server,
    walk,
):
    row, carys = walk
    phone = signed_in(chromium, live_server, carys)
    page = phone.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/connect/calls/for/{row.ref}/")
    first = row.person.known_as.split()[0]
    page.fill("[name=words]", f"{first} would like to sew. Ring her on 07700 900123.")
    page.fill("[name=agreed_words]", "You can ask, if you don't say it's me.")
    follow(page, "main form button.btn")
    page.wait_for_selector("[name=do_1]")
    fits(page)
    # Every tell-tale word wants an answer.
    for number, mark in enumerate(Call.objects.get().marks, 1):
        page.check(f"[name=do_{number}][value=say]")
        says = "A woman" if mark["start"] == 0 else "us"
        page.fill(f"[name=say_{number}]", says)
    follow(page, "main form button.btn:not(.btn-line)")
    page.wait_for_selector("[name=whom]")
    fits(page)
    page.check("[name=whom] >> nth=0")
    follow(page, "main form button.btn:not(.btn-line)")
    # The second look: exactly what goes out, and nothing of who it is.
    page.wait_for_selector("[name=looked]")
    fits(page)
    said = page.inner_text("main")
    assert "A woman would like to sew" in said
    assert "900123" not in said
    page.check("[name=looked]")
    follow(page, "main form button.btn:not(.btn-line)")
    until(lambda: Call.objects.get().state == "out", page)
    until(lambda: mail.outbox, page)

    # By the link in the mail: no account, no script.
    letter = mail.outbox[-1]
    assert letter.to == ["sew@example.org"]
    assert first not in letter.body
    path = re.search(r"/connect/link/\S+", letter.body)[0]
    other = chromium.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    theirs = other.new_page()
    theirs.set_default_timeout(60_000)
    theirs.goto(f"{live_server.url}{path}")
    fits(theirs)
    assert "A woman would like to sew" in theirs.inner_text("main")
    theirs.check("[name=answer][value=yes]")
    theirs.fill("[name=name]", "Nell at Needle House")
    theirs.fill("[name=reach]", "020 7946 0555")
    follow(theirs, "main form button.btn:not(.btn-line)")
    until(lambda: CallAsk.objects.get().answer == "yes", page)
    assert first not in theirs.inner_text("main")

    page.reload()
    follow(page, "text=Bring them together")
    page.wait_for_selector("[name=agreed_words]")
    page.fill("[name=name]", first)
    page.fill("[name=reach]", "07700 900123, mornings")
    page.fill("[name=agreed_words]", "Yes, Nell can ring.")
    follow(page, "main form button.btn:not(.btn-line)")
    until(lambda: CallAsk.objects.get().introduced_at is not None, page)
    fits(page)
    # The old link is dead, whoever it was passed on to; a new one says whom to ring.
    until(lambda: len(mail.outbox) > 1 and path not in mail.outbox[-1].body, page)
    theirs.goto(f"{live_server.url}{path}")
    assert "This link is over" in theirs.inner_text("main")
    letter = mail.outbox[-1]
    assert (letter.to, first in letter.body) == (["sew@example.org"], False)
    theirs.goto(live_server.url + re.search(r"/connect/link/\S+", letter.body)[0])
    # A link may be passed on; a number may not: the one they gave opens it.
    assert "900123" not in theirs.inner_text("main")
    theirs.fill("main form input:not([type=hidden])", "02079460555")
    follow(theirs, "main form button.btn")
    theirs.wait_for_selector("text=07700 900123, mornings")
    fits(theirs)
    for one in (phone, other):
        one.close()


def test_a_diary_is_kept_by_keyboard_alone_with_a_photo(
    chromium,  # noqa: F811
    live_server,
    walk,
    tmp_path,
):
    row, _carys = walk
    phone = signed_in(chromium, live_server, row.person)
    page = phone.new_page()
    page.set_default_timeout(60_000)
    # From the start: asked for just before the key, the browser may open its own window first.
    asked = []
    page.on("filechooser", lambda chooser: asked.append(chooser))

    def press(css, key="Enter"):
        tab_to(page, css)
        page.keyboard.press(key)

    def write(css, words):
        tab_to(page, css)
        page.keyboard.type(words)

    page.goto(f"{live_server.url}/connect/evidence/")
    fits(page)
    press("[name=problem][value=repairs]", "Space")
    write("[name=title]", "Mould in the back bedroom since March")
    press("main form button.btn:not(.btn-line)")
    until(lambda: Diary.objects.exists(), page)
    diary = Diary.objects.get()
    page.wait_for_url(f"**/connect/evidence/{diary.ref}/**")
    press(f"a[href*='/evidence/{diary.ref}/write/']")
    page.wait_for_selector("[name=facts]")
    fits(page)
    tab_to(page, "[name=happened_on], [name=happened_on_0]")
    page.fill("[name=happened_on]", today().isoformat())
    write("[name=facts]", "Water ran down the wall behind the cot.")
    write("[name=feelings]", "I was frightened.")
    press("main form button.btn:not(.btn-line)")
    until(lambda: Entry.objects.exists(), page)
    page.wait_for_url("**#entry-1")

    photo = tmp_path / "IMG_2041.jpg"
    photo.write_bytes(making.photo().read())
    press(f"a[href*='/evidence/{diary.ref}/attach/']")
    page.wait_for_selector("[name=upload]")
    tab_to(page, "[name=upload]")
    page.keyboard.press("Enter")
    until(lambda: asked, page)
    asked[0].set_files(photo)
    write("[name=description]", "The wall behind the cot, black to the height of a chair.")
    press("main form button.btn:not(.btn-line)")
    until(lambda: Exhibit.objects.exists(), page)
    page.wait_for_selector("img.ed-photo")
    assert "Water ran down the wall" in page.inner_text("main")
    fits(page)
    phone.close()
