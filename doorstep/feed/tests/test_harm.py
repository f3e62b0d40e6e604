"""A moderator passes what is about harm to the safeguarding leads; it leaves their queue."""

import pytest
from django.urls import reverse

from doorstep.feed import moderation
from doorstep.feed.models import Decision, Flag
from doorstep.feed.tests.factories import PostFactory, area_channel
from doorstep.notices.models import Notice
from doorstep.people.models import RoleHolding
from doorstep.people.rights import erasing, exporting
from doorstep.safeguarding.models import Alert
from doorstep.safeguarding.tests.factories import AT, make_lead


@pytest.fixture
def post(cast, borough):
    """Amina's post, flagged by Bryn; Carys moderates."""
    RoleHolding.objects.create(person=cast.carys, role="moderator", area=borough.borough)
    row = PostFactory(channel=area_channel(borough.ward), author=cast.amina, text="I can't go on.")
    moderation.flag("post", row, by=cast.bryn, rule="safety", note="PLANTED note", at=AT)
    return row


def test_it_raises_an_alert_and_leaves_the_queue_without_a_word(post, cast, borough, client):
    lead = make_lead(borough)
    client.force_login(cast.carys.account)
    case = f"/feed/moderation/post/{post.pk}/"
    assert f"{case}harm/" in client.get(case).content.decode()
    answer = client.post(f"{case}harm/", {"urgency": "now", "words": "PLANTED worry"})
    assert answer.status_code == 302
    made = Alert.objects.get()
    assert (made.about, made.urgency, made.from_path) == (
        cast.amina, "now", post.get_absolute_url(),
    )  # fmt: skip
    for words in ("PLANTED worry", "I can't go on.", "PLANTED note"):
        assert words in made.what
    assert moderation.queue() == []
    assert not Flag.objects.filter(state="open").exists()
    decision = Decision.objects.get()
    assert "PLANTED" not in decision.reason
    assert client.get(f"/safeguarding/{made.ref}/").status_code == 404
    # The writer hears nothing at all, the flagger only that it was looked at.
    assert not Notice.objects.filter(person=cast.amina).exists()
    assert "PLANTED" not in Notice.objects.filter(person=cast.bryn).get().body
    client.force_login(lead.account)
    page = client.post(
        f"/safeguarding/{made.ref}/around/", {"reason": "To know her better first"}
    ).content.decode()
    assert "I can&#x27;t go on." in page


@pytest.mark.parametrize("takes_down", [False, True])
def test_the_writer_never_learns_that_it_went_on(takes_down, post, cast, borough, client):
    make_lead(borough)
    client.force_login(cast.carys.account)
    words = {"urgency": "now", "words": "PLANTED worry"}
    more = {"takes_down": "on"} if takes_down else {}
    client.post(f"/feed/moderation/post/{post.pk}/harm/", words | more)
    decision = Decision.objects.get()
    client.force_login(cast.amina.account)
    answer = client.get(reverse("feed:decision", args=[decision.pk]))
    assert answer.status_code == (200 if takes_down else 404)
    copy = {one["name"]: one for one in exporting.collect(cast.amina, at=AT)["sections"]}
    goes = {one["name"] for one in erasing.preview(cast.amina)}
    for name in ("feed.flag:author", "feed.decision"):
        assert (name in copy, name in goes) == (takes_down, takes_down), name
    said = answer.content.decode() + str(copy) + str(list(Notice.objects.values_list("body")))
    assert "PLANTED" not in said
    assert "right people" not in said


def test_only_a_moderator_with_no_part_in_it_passes_it_on(post, cast, borough, client):
    path = f"/feed/moderation/post/{post.pk}/harm/"
    client.force_login(cast.ewan.account)
    assert client.post(path, {"urgency": "now", "words": "x"}).status_code == 403
    RoleHolding.objects.create(person=cast.bryn, role="moderator", area=borough.borough)
    client.force_login(cast.bryn.account)  # who flagged it
    assert client.post(path, {"urgency": "now", "words": "x"}).status_code == 403
    assert not Alert.objects.exists()


def test_the_page_for_flagging_leads_to_safeguarding_with_what_it_is_about(post, cast, client):
    client.force_login(cast.ewan.account)
    page = client.get(f"/feed/flag/post/{post.pk}/").content.decode()
    address = page.split('href="/worried/?about=')[1].split('"')[0]
    assert "Amina" in client.get(f"/worried/?about={address}").content.decode()
