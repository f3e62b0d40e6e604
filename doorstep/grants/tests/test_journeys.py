"""The journeys of an applicant, a decider and a grants group, page by page."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from doorstep.base.private_files import private_files
from doorstep.base.time import now
from doorstep.grants.actions import funds
from doorstep.grants.models import Award, Ballot, Fund, Hours, Idea, Sheet
from doorstep.grants.tests.factories import (
    WORDS,
    a_fund,
    an_idea,
    at_stage,
    decides,
    in_the_box,
    steward_of,
)
from doorstep.people.models import Reading, RoleHolding
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
State = Idea.State
OWN = "ہم ہال میں گاتے ہیں"  # “We sing in the hall”


@pytest.fixture
def fund(cast, borough):
    """Carys keeps it."""
    cast.carys = steward_of(borough.borough, cast.carys)
    return a_fund(cast.carys, borough.borough)


def be(client, person):
    client.force_login(person.account)
    return client


def words_of(answer):
    """Return a page's text without the marks that keep amounts left to right."""
    return answer.content.decode().replace("\u2066", "").replace("\u2069", "")


def send(client, url, **data):
    """Post a form; its client_key is taken from the page."""
    page = client.get(url).content.decode()
    found = re.search(r'name="(?:\w+-)?client_key" value="(\w+)"', page)
    if found and "client_key" not in data:
        data["client_key"] = found[1]
    return client.post(url, data)


def test_a_small_idea_is_sent_mended_and_followed(client, cast, fund):
    """Journey 23: 100 words, kind reasons, a chance to mend, and the status to see."""
    at_stage(fund, "ideas")
    be(client, cast.amina)
    page = client.get(fund.get_absolute_url()).content.decode()
    assert "I have an idea" in page
    new = reverse("grants:new_idea", args=[fund.slug])
    answer = send(client, new, title="Repair evenings", words="We mend lamps. Ring 07700 900123",
                  what_1="Tools", cost_1="2,000", told="web", language="en-gb")  # fmt: skip
    assert answer.status_code == 302, re.findall(r'class="err".*?</p>', answer.content.decode())
    idea = Idea.objects.get()
    page = client.get(idea.get_absolute_url()).content.decode()
    assert "at most £1,000 for one idea" in page
    assert "Better leave it out" in page.replace("\n", " ")
    work = reverse("grants:work", args=[idea.key, "send"])
    refused = client.post(work)
    assert refused.status_code == 422
    assert "Could you begin with a part of it?" in refused.content.decode()
    send(client, reverse("grants:work", args=[idea.key, "change"]), title="Repair evenings",
         words=WORDS, what_1="Tools", cost_1="180", what_2="Tea", cost_2="12.50", told="web",
         language="en-gb", others="Joan from number 9")  # fmt: skip
    assert client.post(work).status_code == 302
    idea.refresh_from_db()
    assert (idea.state, idea.number, idea.cost_pence) == (State.SENT, 1, 19_250)

    be(client, cast.carys)
    client.post(
        reverse("grants:work", args=[idea.key, "mend"]),
        {"to_mend": "A lovely idea. Could you say which hall?"},
    )
    be(client, cast.amina)
    page = client.get(idea.get_absolute_url()).content.decode()
    assert "Could you say which hall?" in page
    assert client.post(work).status_code == 302
    be(client, cast.carys)
    fair = reverse("grants:work", args=[idea.key, "fair"])
    assert "As it was told" in client.get(fair).content.decode()
    client.post(fair, {"fair_title": "Repair evenings", "fair_words": WORDS})
    idea.refresh_from_db()
    assert idea.state == State.READY
    page = be(client, cast.amina).get(reverse("grants:funds")).content.decode()
    assert "ready to be read" in page


def test_somebody_without_internet_tells_it_on_the_phone(client, cast, borough, fund):
    at_stage(fund, "ideas")
    officer = PersonFactory(known_as="Olu", home=borough.ward)
    RoleHolding.objects.create(person=officer, role=RoleHolding.Role.OFFICER, area=borough.borough)
    url = f"{reverse('grants:new_idea', args=[fund.slug])}?for={cast.amina.handle}"
    assert be(client, cast.ewan).get(url).status_code == 404
    be(client, officer)
    send(client, url, title="Knitting by phone", words=WORDS, what_1="Wool", cost_1="80",
         told="phone", language="en-gb")  # fmt: skip
    idea = Idea.objects.get()
    assert (idea.applicant, idea.typed_by, idea.told) == (cast.amina, officer, "phone")
    assert client.post(reverse("grants:work", args=[idea.key, "send"])).status_code == 302
    idea.refresh_from_db()
    assert idea.state == State.SENT


def test_a_decider_reads_marks_asks_and_is_paid(client, cast, fund):
    """Journey 24: a bounded share, no names, interests, others' marks hidden, paid hours."""
    ready = [an_idea(fund, cast.amina, state=State.READY, title=f"Amina's idea {n}",
                     fair_title=f"Idea {n}") for n in range(3)]  # fmt: skip
    for idea in ready:
        Idea.objects.filter(pk=idea.pk).update(fair_title=f"Fair {idea.number}")
    at_stage(fund, "reading")
    bryn, dev = decides(fund, cast.bryn), decides(fund, cast.dev)
    be(client, cast.carys).post(reverse("grants:keep_work", args=[fund.slug, "share-out"]))
    desk = reverse("grants:deciding", args=[fund.slug])
    page = be(client, bryn).get(desk).content.decode()
    assert "Fair 1" in page
    assert "Amina" not in page

    close = reverse("grants:work", args=[ready[0].key, "close"])
    assert client.post(close, {"why": "My sister"}).status_code == 302
    assert client.get(ready[0].get_absolute_url()).status_code == 404
    assert "Fair 1" not in client.get(desk).content.decode()

    idea = ready[1]
    page = client.get(idea.get_absolute_url()).content.decode()
    assert "Amina" not in page
    mark = reverse("grants:work", args=[idea.key, "mark"])
    be(client, dev).post(mark, {"score": "4", "reason": "Warm and cheap"})
    page = be(client, bryn).get(idea.get_absolute_url()).content.decode()
    assert "Warm and cheap" not in page
    client.post(mark, {"score": "none"})
    page = client.get(idea.get_absolute_url()).content.decode()
    assert "Warm and cheap" in page

    send(client, reverse("grants:work", args=[idea.key, "ask"]), question="Is there a ramp?")
    page = be(client, cast.amina).get(idea.get_absolute_url()).content.decode()
    assert "Is there a ramp?" in page
    assert "Bryn" not in page
    which = idea.enquiries.get().pk
    client.post(reverse("grants:work", args=[idea.key, "answer"]),
                {"which": which, "answer": "Yes, at the back."})  # fmt: skip
    assert "Yes, at the back." in be(client, dev).get(idea.get_absolute_url()).content.decode()

    be(client, bryn)
    key = re.search(r'name="hours-client_key" value="(\w+)"', client.get(desk).content.decode())[1]
    client.post(desk, {"do": "hours", "hours-on": now().date().isoformat(), "hours-minutes": "90",
                       "hours-what": "=read", "hours-client_key": key})  # fmt: skip
    hours = Hours.objects.get()
    assert hours.pence == 2025
    be(client, cast.carys)
    client.post(reverse("grants:keep_work", args=[fund.slug, "agree-hours"]))
    file = client.post(reverse("grants:keep_work", args=[fund.slug, "pay-hours"]))
    assert "Bryn" in file.content.decode()
    assert ",90,13.50,20.25,'=read" in file.content.decode()
    again = client.post(reverse("grants:keep_work", args=[fund.slug, "pay-hours"]))
    assert again.status_code == 422
    assert "No hours wait for a file" in again.content.decode()
    # The download broke off? The same file is had again.
    keep = client.get(reverse("grants:keep", args=[fund.slug])).content.decode()
    earlier = reverse("grants:keep_work", args=[fund.slug, "hours-file"])
    assert f"{earlier}?number=1" in keep
    assert client.get(earlier, {"number": "1"}).content == file.content
    assert client.get(earlier, {"number": "2"}).status_code == 404


def test_nobody_reads_an_idea_before_they_know_what_deciding_means(client, cast, fund):
    """Journey 24: inducted on their own page, or at an evening and noted by a steward."""
    an_idea(fund, cast.amina, state=State.READY)
    at_stage(fund, "reading")
    bryn, dev = decides(fund, cast.bryn, knows=False), decides(fund, cast.dev, knows=False)
    share_out = reverse("grants:keep_work", args=[fund.slug, "share-out"])
    refused = be(client, cast.carys).post(share_out)
    assert "None of the deciders has read yet" in refused.content.decode()
    desk = reverse("grants:deciding", args=[fund.slug])
    page = words_of(be(client, bryn).get(desk))
    assert "Before you begin" in page
    assert "£13.50 an hour" in page
    unread = client.post(desk, {"do": "induct"})
    assert unread.status_code == 422
    assert "Tick it once you have read it." in unread.content.decode()
    for _twice in range(2):
        assert client.post(desk, {"do": "induct", "knows-is_known": "on"}).status_code == 302
    assert "Before you begin" not in client.get(desk).content.decode()
    be(client, cast.carys).post(share_out)
    assert fund.ideas.get().shares.get().decider == bryn
    assert "Not given anything yet" in "".join(map(str, fund.events.all()))
    page = client.get(reverse("grants:keep", args=[fund.slug])).content.decode()
    assert "hasn't read yet what it means" in page
    noted = reverse("grants:keep_work", args=[fund.slug, "inducted"])
    client.post(noted, {"people": dev.pk, "how": "came to the evening at the library"})
    assert fund.inductions.get(person=dev).how == "came to the evening at the library"
    client.post(share_out)
    assert fund.ideas.get().shares.count() == 2
    # Somebody who doesn't decide here can't be noted, whatever is posted.
    assert client.post(noted, {"people": cast.amina.pk, "how": "x"}).status_code in (302, 422)
    assert fund.inductions.count() == 2


def test_after_a_mark_the_next_idea_of_ones_share_is_a_link_away(client, cast, fund):
    """Journey 24: how many are left, and on to the next; never to one that is hidden from them."""
    ideas = [an_idea(fund, cast.amina, state=State.READY) for _n in range(4)]
    at_stage(fund, "reading")
    dev = decides(fund, cast.dev)
    be(client, cast.carys).post(reverse("grants:keep_work", args=[fund.slug, "share-out"]))
    be(client, dev)
    assert "more to read" not in client.get(ideas[1].get_absolute_url()).content.decode()

    def marked(idea):
        url = reverse("grants:work", args=[idea.key, "mark"])
        return client.post(url, {"score": "none"}, follow=True).content.decode()

    page = marked(ideas[1])
    assert "3 more to read" in page
    assert f'href="{ideas[2].get_absolute_url()}">On to idea 3</a>' in page
    client.post(reverse("grants:work", args=[ideas[2].key, "close"]), {"why": "My sister"})
    page = marked(ideas[3])
    assert "1 more to read" in page
    assert "On to idea 1" in page
    assert "You have read all of yours" in marked(ideas[0])


def a_sound(name="idea.m4a", kind="audio/mp4", start=b"\0\0\0 ftypM4A "):
    return SimpleUploadedFile(name, start + b"\0" * 300, content_type=kind)


def test_an_idea_is_told_as_a_recording_and_read_as_words(client, cast, fund):
    at_stage(fund, "ideas")
    be(client, cast.amina)
    new = reverse("grants:new_idea", args=[fund.slug])
    form = {"title": "Singing", "what_1": "Hall", "cost_1": "80", "told": "web",
            "language": "ur"}  # fmt: skip
    wrong = send(client, new, **form, recording=a_sound(start=b"MZ this is a program"))
    assert wrong.status_code == 422
    assert "We can&#x27;t play that file" in wrong.content.decode()
    assert send(client, new, **form, recording=a_sound()).status_code == 302
    idea = Idea.objects.get()
    assert (idea.told, idea.recording_type) == ("sound", "audio/mp4")
    hear = reverse("grants:work", args=[idea.key, "recording"])
    assert hear in client.get(idea.get_absolute_url()).content.decode()
    assert client.get(hear)["Content-Type"] == "audio/mp4"
    assert client.post(reverse("grants:work", args=[idea.key, "send"])).status_code == 302

    fair = reverse("grants:work", args=[idea.key, "fair"])
    page = be(client, cast.carys).get(fair).content.decode()
    assert hear in page
    part = client.get(hear, headers={"range": "bytes=0-9"})
    assert (part.status_code, part["Content-Length"]) == (206, "10")
    assert Reading.objects.filter(subject=cast.amina, what="grants-recording").exists()
    client.post(fair, {"fair_title": "Singing", "fair_words": "We sing in the hall.",
                       "in_english": "We sing in the hall.", "fair_own": OWN})  # fmt: skip
    at_stage(Fund.objects.get(pk=fund.pk), "reading")
    bryn = decides(fund, cast.bryn)
    be(client, cast.carys).post(reverse("grants:keep_work", args=[fund.slug, "share-out"]))
    # A voice is a name: deciders read the words, in both languages, and hear nothing.
    page = be(client, bryn).get(idea.get_absolute_url()).content.decode()
    assert "We sing in the hall." in page
    assert OWN in page
    assert hear not in page
    assert client.get(hear).status_code == 404


def test_a_recording_goes_when_it_is_replaced_or_taken_away(
    client, cast, fund, django_capture_on_commit_callbacks
):
    at_stage(fund, "ideas")
    be(client, cast.amina)
    form = {"title": "Singing", "told": "film", "language": "en-gb"}
    send(client, reverse("grants:new_idea", args=[fund.slug]), **form,
         recording=a_sound("idea.mp4", "video/mp4"))  # fmt: skip
    idea = Idea.objects.get()
    first = idea.recording
    assert idea.recording_type == "video/mp4"
    change = reverse("grants:work", args=[idea.key, "change"])
    with django_capture_on_commit_callbacks(execute=True):
        send(client, change, **form)
    idea.refresh_from_db()
    assert idea.recording == first
    with django_capture_on_commit_callbacks(execute=True):
        send(client, change, **form, recording=a_sound("idea.ogg", "audio/ogg", b"OggS"))
    idea.refresh_from_db()
    assert idea.recording not in ("", first)
    assert not private_files.exists(first)
    with django_capture_on_commit_callbacks(execute=True):
        send(client, change, **form, no_recording="on")
    second, idea = idea.recording, Idea.objects.get()
    assert idea.recording == ""
    assert not private_files.exists(second)


def test_a_paper_ballot_for_a_consensus_asks_where_you_stand(client, cast, borough):
    fund = a_fund(cast.carys, borough.borough, method="consensus", ballots="scoring")
    an_idea(fund, cast.amina, state=State.READY)
    steward_of(borough.borough, cast.carys)
    at_stage(fund, "voting")
    be(client, cast.carys)
    printed = client.post(
        reverse("grants:keep_work", args=[fund.slug, "print"]), {"count": 1}, follow=True
    ).content.decode()
    for words in ("I agree", "I stand aside", "I object"):
        assert f"</span> {words}</span>" in printed
    assert "mark" not in printed.split("<h2")[1].split("<table")[0]


def test_pitch_day_paper_and_online_in_one_tally(client, cast, borough, fund, tmp_path, capsys):
    """Journey 25: paper with serials, typed in twice; online; the ledger; anybody recounts."""
    ideas = [
        an_idea(fund, cast.amina, pence=p, state=State.READY) for p in (60_000, 30_000, 30_000)
    ]
    other = steward_of(borough.borough, cast.dev)
    bryn, ewan = decides(fund, cast.bryn), decides(fund, cast.ewan)
    at_stage(fund, "reading")
    be(client, cast.carys)
    client.post(reverse("grants:keep_work", args=[fund.slug, "next"]))
    fund.refresh_from_db()
    assert fund.stage == "voting"
    client.post(reverse("grants:keep_work", args=[fund.slug, "order"]), {"minutes": 3})
    client.post(reverse("grants:keep_work", args=[fund.slug, "turn"]), {"turn": "1"})
    assert "3 minutes in all" in client.get(
        reverse("grants:pitches", args=[fund.slug])).content.decode()  # fmt: skip
    printed = client.post(
        reverse("grants:keep_work", args=[fund.slug, "print"]), {"count": 3}, follow=True
    ).content.decode()
    serials = list(Sheet.objects.order_by("serial").values_list("serial", flat=True))
    assert all(serial in printed for serial in serials)

    type_in = reverse("grants:keep_work", args=[fund.slug, "type-in"])
    ticked = {f"i_{ideas[1].key}": "on", f"i_{ideas[2].key}": "on"}
    client.post(type_in, {"serial": serials[0], **ticked})
    twice = client.post(type_in, {"serial": serials[0], **ticked})
    assert "You typed in ballot" in twice.content.decode()
    client.post(type_in, {"serial": serials[1], f"i_{ideas[0].key}": "on"})
    be(client, other)
    client.post(type_in, {"serial": serials[0].lower(), **ticked})
    client.post(type_in, {"serial": serials[1], f"i_{ideas[1].key}": "on"})
    assert Ballot.objects.count() == 1
    again = client.post(type_in, {"serial": serials[0], **ticked})
    assert "is in already" in again.content.decode()
    unknown = client.post(type_in, {"serial": "0009-ZZZZ", **ticked})
    assert "We never printed a ballot" in unknown.content.decode()
    early = client.post(reverse("grants:keep_work", args=[fund.slug, "count"]))
    assert serials[1] in early.content.decode()
    settle = reverse("grants:keep_work", args=[fund.slug, "settle"])
    assert serials[1] in client.get(settle).content.decode()
    # What one steward says alone doesn't count; a second says the same under their own name.
    told = client.post(settle, {"serial": serials[1], f"i_{ideas[0].key}": "on"}, follow=True)
    assert "It counts once a second person" in told.content.decode()
    client.post(settle, {"serial": serials[1], f"i_{ideas[0].key}": "on"})
    assert Ballot.objects.count() == 1
    assert "wait for a second reader" in client.post(
        reverse("grants:keep_work", args=[fund.slug, "count"])).content.decode()  # fmt: skip
    be(client, cast.carys)
    told = client.post(settle, {"serial": serials[1], f"i_{ideas[1].key}": "on"}, follow=True)
    assert "You two still read it differently" in told.content.decode()
    be(client, other).post(settle, {"serial": serials[1], f"i_{ideas[1].key}": "on"})
    assert Ballot.objects.get(sheet__serial=serials[1]).choices == [[ideas[1].key, 1]]
    log = list(map(str, fund.events.all()))
    names = f"{cast.carys.known_as} and {other.known_as}"
    assert f"What differed on ballot {serials[1]} was settled by {names}." in log
    assert f"{other.known_as} looked at ballot {serials[1]} again. A second person does too." in log

    vote = reverse("grants:vote", args=[fund.slug])
    for person in (bryn, ewan):
        be(client, person).post(vote, {f"i_{ideas[1].key}": "on", f"i_{ideas[2].key}": "on"})
        again = client.post(vote, {f"i_{ideas[0].key}": "on"})
        assert "Your ballot is in the box" in again.content.decode()
    assert Ballot.objects.count() == 4

    be(client, cast.carys).post(reverse("grants:keep_work", args=[fund.slug, "count"]))
    fund.refresh_from_db()
    assert fund.stage == "decided"
    assert fund.outcome["funded"] == ["01", "02"]
    assert set(Award.objects.values_list("idea", flat=True)) == {ideas[1].pk, ideas[2].pk}
    client.logout()
    page = client.get(fund.get_absolute_url()).content.decode()
    assert "4 of 4 ballots named it." in page
    assert "0 of 4 ballots named it." in page
    file = client.get(reverse("grants:ballots", args=[fund.slug]))
    path = tmp_path / "ours.pb"
    path.write_bytes(file.content)
    for name in ("Bryn", "Ewan", "Carys", serials[0]):
        assert name not in file.content.decode()
    call_command("grants", "tally", str(path), "--method", fund.method, "--json")
    assert json.loads(capsys.readouterr().out) == {"funded": ["01", "02"], "cost": 600}

    award = Award.objects.get(idea=ideas[1])
    be(client, cast.carys)
    work = ideas[1].key
    client.post(reverse("grants:work", args=[work, "agreement"]),
                {"agreement": "We do it.", "what_1": "Start", "amount_1": "200",
                 "what_2": "End", "amount_2": "99"})  # fmt: skip
    assert award.payments.count() == 0
    client.post(reverse("grants:work", args=[work, "agreement"]),
                {"agreement": "We do it.", "what_1": "Start", "amount_1": "200",
                 "what_2": "End", "amount_2": "100"})  # fmt: skip
    be(client, cast.amina).post(reverse("grants:work", args=[work, "agree"]))
    be(client, cast.carys)
    stage = award.payments.order_by("pk").first()
    client.post(reverse("grants:work", args=[work, "paid"]),
                {"payment": stage.pk, "paid_on": now().date().isoformat()})  # fmt: skip
    send(client, reverse("grants:work", args=[work, "back"]), pence="40",
         on=now().date().isoformat())  # fmt: skip
    client.post(reverse("grants:work", args=[work, "finished"]))
    client.logout()
    page = words_of(client.get(reverse("grants:ledger", args=[fund.slug, "html"])))
    assert "The pot held £1,000. £160 is with the ideas, £300 is promised" in page
    assert "£540 is left in the pot" in page
    rows = client.get(reverse("grants:ledger", args=[fund.slug, "csv"])).content.decode()
    assert "all,600.00,200.00,40.00,160.00,300.00" in rows
    found = client.get(reverse("grants:ledger", args=[fund.slug, "json"])).json()
    assert [grant["amountAwarded"] for grant in found["grants"]] == [300, 300]


def test_a_fund_is_made_opened_and_moved_on(client, cast, borough):
    cast.carys = steward_of(borough.borough, cast.carys)
    be(client, cast.carys)
    send(client, reverse("grants:start"), name="Kettle fund", area=borough.borough.pk)
    fund = Fund.objects.get()
    move = reverse("grants:keep_work", args=[fund.slug, "next"])
    refused = client.post(move)
    assert "Still missing" in refused.content.decode()
    client.logout()
    assert client.get(fund.get_absolute_url()).status_code == 404
    be(client, cast.carys)
    design = reverse("grants:keep_work", args=[fund.slug, "design"])
    words = {
        "pot_pence": "1500", "purpose": "Kettles", "who_applies": "All", "who_decides": "Seven",
        "guidelines": "Warm", "designed_with": "Us", "opens_on": "2026-11-01",
        "ideas_until": "2026-12-01", "read_until": "2026-12-10", "decided_by": "2026-12-20",
        "method": "greedy_votes", "ballots": "scoring", "voters": "deciders", "points_each": "10",
        "tie": "lot", "readers_each": "3", "most_to_read": "8", "rate_pence": "13.50",
    }  # fmt: skip
    assert "That way of counting needs" in client.post(design, words).content.decode()
    assert client.post(design, words | {"ballots": "approval"}).status_code == 302
    assert client.post(move).status_code == 302
    client.logout()
    assert "Kettles" in client.get(fund.get_absolute_url()).content.decode()
    be(client, cast.carys)
    client.post(
        reverse("grants:keep_work", args=[fund.slug, "invite"]),
        {"person": "Bryn", "role": "decider"},
    )
    assert [one.person for one in funds.holders(fund, "decider")] == [cast.bryn]
    assert "Bryn was asked" in client.get(reverse("grants:keep", args=[fund.slug])).content.decode()
    page = client.get(reverse("grants:keep_work", args=[fund.slug, "compare"])).content.decode()
    assert "Voters who get at least one" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_more_ideas_cost_no_more_queries(rows, client, cast, fund, django_assert_max_num_queries):
    for _n in range(rows):
        an_idea(fund, cast.amina, state=State.READY)
    at_stage(fund, "voting")
    in_the_box(fund, list(fund.ideas.all()))
    client.get(fund.get_absolute_url())
    with django_assert_max_num_queries(6):
        client.get(fund.get_absolute_url())
    be(client, cast.carys)
    with django_assert_max_num_queries(14):
        client.get(reverse("grants:keep", args=[fund.slug]))


@pytest.mark.parametrize("ballots", ["approval", "ordinal", "cumulative", "scoring"])
def test_an_empty_ballot_goes_into_the_box_on_purpose_only(client, cast, fund, ballots):
    """It can't be taken out again, so a slip of the thumb must not cost somebody their vote."""
    method = {"scoring": "average_score", "ordinal": "greedy_votes"}.get(ballots, "greedy_votes")
    Fund.objects.filter(pk=fund.pk).update(ballots=ballots, method=method)
    fund.refresh_from_db()
    ideas = [an_idea(fund, cast.amina, state=State.READY) for _n in range(3)]
    at_stage(fund, "voting")
    bryn = decides(fund, cast.bryn)
    vote = reverse("grants:vote", args=[fund.slug])
    page = be(client, bryn).get(vote).content.decode()
    assert page.count(WORDS[:40]) == 3
    one = {f"i_{ideas[1].key}": "on" if ballots == "approval" else "1"}
    for slip in ({}, {**one, "none": "on"}):
        again = client.post(vote, slip)
        assert again.status_code == 422
        assert "or “None of these”" in again.content.decode()
    assert not Ballot.objects.exists()
    assert client.post(vote, {"none": "on"}).status_code == 302
    assert Ballot.objects.get().choices == []
