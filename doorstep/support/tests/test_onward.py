"""From an errand to one-to-one work: only with a yes to one organisation, by name."""

import pytest

from doorstep.base.time import now
from doorstep.connect.actions import referring
from doorstep.connect.models import Referral, Relationship
from doorstep.connect.tests.factories import catalyst, organisation
from doorstep.support.models import Feedback
from doorstep.support.tasks import actions, onward
from doorstep.support.tests.helping import HOUR, world


@pytest.fixture
def w(borough, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    made = world(borough)
    made.sewing = organisation("Thread and Tea")
    made.carys = catalyst(made.sewing)
    made.task = made.request.tasks.get()
    mine = actions.give(made.task, made.helper, by=made.kwame, at=now() - HOUR)
    actions.finish(mine, by=made.dorina, at=now())
    made.mine = mine
    made.url = f"/support/helping/{mine.ref}/feedback/"
    return made


def thinks(w, **more):
    """Dorina presses "she seems lonely"."""
    return actions.give_feedback(
        w.mine, side="volunteer", mood=4, by=w.dorina, at=now(), more="referral",
        more_words="She used to sew", **more,
    )  # fmt: skip


def sign_in(client, person):
    client.force_login(person.account)


def test_the_desk_asks_her_by_name_and_the_catalyst_sees_where_it_came_from(w, client):
    row = thinks(w)
    sign_in(client, w.kwame)
    page = client.get("/support/volunteers/").content.decode()
    assert f"{w.url}?side=volunteer" in page
    page = client.get(f"{w.url}?side=volunteer").content.decode()
    assert "Thread and Tea" in page
    assert "Only after their yes" in page
    sent = {"side": "volunteer", "refer": "yes", "organisation": w.sewing.pk}
    answer = client.post(w.url, sent)
    assert answer.status_code == 422
    assert "Write down what they said." in answer.content.decode()
    assert not Referral.objects.exists()
    answer = client.post(w.url, sent | {"agreed_words": "Sewing? Go on then."})
    referral = Referral.objects.get()
    assert answer.url == referral.get_absolute_url()
    assert (referral.person, referral.sender, referral.source, referral.is_agreed) == (
        w.maureen, w.kwame, "request", True,
    )  # fmt: skip
    assert referral.hopes == "She used to sew"
    assert "It grew out of help with" in referral.about
    # Nothing of the door or of the volunteer goes with it.
    told = " ".join([referral.about, referral.hopes, referral.reach, referral.agreed_words])
    assert "Heron Court" not in told
    assert "Dorina" not in told
    assert list(actions.waiting_for_more(w.kwame)) == []
    row.refresh_from_db()
    assert row.said_yes
    assert row.passed_on_at
    # The catalyst: first no name, then all of it, and where it came from on their page.
    sign_in(client, w.carys)
    page = client.get(referral.get_absolute_url()).content.decode()
    assert "a request for help" in page
    assert "It grew out of help with" in page
    assert "Maureen" not in page
    referring.accept(referral, by=w.carys, at=now())
    made = referring.take_on(
        referral, by=w.carys, to=w.carys, at=now(), next_step="Ring her",
        next_on=now().date(),
    )  # fmt: skip
    page = client.get(made.get_absolute_url()).content.decode()
    assert "a request for help" in page
    assert referral.get_absolute_url() in page
    # The officer who sent it follows it, and sees nothing of the relationship.
    sign_in(client, w.kwame)
    assert client.get(referral.get_absolute_url()).status_code == 200
    assert client.get(made.get_absolute_url()).status_code == 404


def test_sent_twice_is_one_referral(w):
    row = thinks(w)
    for _twice in range(2):
        onward.refer(row, organisation=w.sewing, agreed_words="Yes", by=w.kwame, at=now())
    assert Referral.objects.count() == 1


def test_she_chooses_herself_on_her_own_page(w, client):
    sign_in(client, w.maureen)
    answer = client.post(w.url, {
        "client_key": "h" * 20, "mood": "5", "more": "referral", "more_words": "I used to sew.",
    })  # fmt: skip
    assert answer.url == w.url
    page = client.get(w.url).content.decode()
    assert "Choose who may get in touch with you" in page
    assert not Referral.objects.exists()  # a wish for company is no yes to one organisation
    client.post(w.url, {"refer": "yes", "organisation": w.sewing.pk})
    referral = Referral.objects.get()
    assert (referral.sender, referral.person, referral.hopes) == (
        w.maureen, w.maureen, "I used to sew.",
    )  # fmt: skip
    page = client.get(w.url).content.decode()
    assert "Choose who may get in touch with you" not in page


@pytest.mark.parametrize("who", ["dorina", "far"])
def test_nobody_else_says_her_yes(w, client, who):
    row = thinks(w, said_yes=True)
    person = getattr(w, who)
    assert not onward.can_refer(person, row)
    sign_in(client, person)
    answer = client.post(w.url, {
        "refer": "yes", "side": "volunteer", "organisation": w.sewing.pk, "agreed_words": "Yes",
    })  # fmt: skip
    assert answer.status_code in (200, 404, 422)
    with pytest.raises(actions.NotTheirs):
        onward.refer(row, organisation=w.sewing, agreed_words="Yes", by=person, at=now())
    assert not Referral.objects.exists()


def test_where_somebody_walks_alongside_already_nothing_is_sent_and_the_desk_reads_it(w, client):
    row = thinks(w)
    first = referring.refer(
        w.sewing, source="self", by=w.maureen, person=w.maureen, at=now(), hopes="Company"
    )
    sign_in(client, w.kwame)
    answer = client.post(w.url, {
        "refer": "yes", "side": "volunteer", "organisation": w.sewing.pk, "agreed_words": "Yes",
    })  # fmt: skip
    assert answer.status_code == 422
    assert "They are known there already" in answer.content.decode()
    assert list(Referral.objects.all()) == [first]
    row.refresh_from_db()
    assert row.passed_on_at is None  # it stays on the desk's list
    client.post(w.url, {"follow": "passed_on", "side": "volunteer"})
    assert Feedback.objects.get().passed_on_at is not None
    assert not Relationship.objects.exists()


def test_with_nobody_to_refer_to_the_hub_passes_it_on_by_hand(w, client):
    w.sewing.delete()
    thinks(w, said_yes=True)
    sign_in(client, w.kwame)
    page = client.get(f"{w.url}?side=volunteer").content.decode()
    assert "Only after their yes" not in page
    assert "passed it on" in client.get("/support/volunteers/").content.decode()
