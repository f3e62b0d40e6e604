"""The safety records: everybody reads what we do, keepers look after it, nobody is picked out."""

import datetime as dt

import pytest

from doorstep.base.time import now, today
from doorstep.feed import moderation
from doorstep.feed.tests.factories import PostFactory, area_channel
from doorstep.notices.models import Notice
from doorstep.people.models import RoleHolding
from doorstep.web.models import Complaint, Review, WordsChange
from doorstep.web.safety import actions
from doorstep.web.safety.drafts import DRAFTS
from doorstep.web.safety.models import Record


@pytest.fixture
def keeper(cast, borough):
    RoleHolding.objects.create(person=cast.carys, role="moderator", area=borough.ward)
    cast.carys.__dict__.pop("_roles_held", None)
    return cast.carys


CONTENT = {
    "likely": "low", "harm": "high", "why": "We are small.", "measures": "We look.",
    "left": "low", "owner": "Rosa Dean", "what_changed": "A new name",
    "due_on": today() + dt.timedelta(days=90),
}  # fmt: skip


def test_the_seventeen_kinds_of_priority_illegal_content_are_each_assessed():
    assert len([one for one in DRAFTS if one.record == Record.ILLEGAL]) == 17


def test_every_entry_has_its_own_name_and_says_why_and_what():
    names = [(one.record, one.key) for one in DRAFTS]
    assert len(names) == len(set(names))
    assert all(one.why and one.measures and one.owner for one in DRAFTS)


def test_until_somebody_reviews_it_our_draft_holds_and_is_due(db):
    rows = actions.entries(Record.ILLEGAL)
    assert all(row.review is None and row.is_due for row in rows)


def test_a_review_is_kept_with_who_and_when_and_the_one_before_stays(keeper):
    first = actions.review("illegal", "fraud", number=0, by=keeper, at=now(), **CONTENT)
    actions.review(
        "illegal", "fraud", number=1, by=keeper, at=now(), **{**CONTENT, "why": "We grew."}
    )
    entry = actions.entry("illegal", "fraud")
    assert entry.review.number == 2
    assert entry.review.why == "We grew."
    assert not entry.is_due
    first.refresh_from_db()
    assert (first.why, first.by) == ("We are small.", keeper)


def test_two_keepers_at_once_do_not_write_over_each_other(client, keeper):
    actions.review("illegal", "fraud", number=0, by=keeper, at=now(), **CONTENT)
    client.force_login(keeper.account)
    answer = client.post("/safety/records/illegal/fraud/", {**CONTENT, "number": 0})
    assert answer.status_code == 422
    assert "newer review" in answer.content.decode()
    assert Review.objects.count() == 1


def test_an_entry_is_reviewed_on_its_page(client, keeper):
    client.force_login(keeper.account)
    assert "This is our draft" in client.get("/safety/records/illegal/hate/").content.decode()
    answer = client.post("/safety/records/illegal/hate/", {**CONTENT, "number": 0})
    assert answer.status_code == 302
    assert "We are small." in client.get("/safety/records/illegal/").content.decode()


def test_a_day_more_than_a_year_away_is_refused(client, keeper):
    client.force_login(keeper.account)
    late = {**CONTENT, "number": 0, "due_on": today() + dt.timedelta(days=400)}
    answer = client.post("/safety/records/illegal/hate/", late)
    assert answer.status_code == 422
    assert "within a year" in answer.content.decode()


def test_keepers_are_reminded_once_of_what_is_due(keeper):
    row = actions.review("illegal", "fraud", number=0, by=keeper, at=now(), **CONTENT)
    assert actions.tell_what_is_due() == 0
    Review.objects.filter(pk=row.pk).update(due_on=today() + dt.timedelta(days=10))
    assert actions.tell_what_is_due() == 1
    assert actions.tell_what_is_due() == 0


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"a": 9, "b": 12}, {"a": 9, "b": 12}),
        ({"a": 3, "b": 12, "c": 7}, {"a": None, "b": 12, "c": None}),
        ({"a": 3, "b": 1, "c": 7}, {"a": None, "b": None, "c": 7}),
        ({"a": 0, "b": 5}, {"a": 0, "b": 5}),
        ({"a": 4}, {"a": None}),
        ({}, {}),
    ],
)
def test_small_counts_are_hidden_and_cannot_be_worked_out(counts, shown):
    assert actions.hide_small(counts) == shown


def flags(cast, borough, rule, count):
    channel = area_channel(borough.ward)
    made = []
    for _each in range(count):
        post = PostFactory(channel=channel, author=cast.dev)
        made.append(moderation.flag("post", post, by=cast.amina, rule=rule, note="", at=now()))
    return made


def test_everybody_reads_the_numbers_but_none_under_five(client, cast, borough, keeper):
    flags(cast, borough, "spam", 8)
    flags(cast, borough, "hate", 2)
    flags(cast, borough, "selling", 6)
    words = client.get("/safety/").content.decode()
    assert ">8<" in words
    assert ">2<" not in words
    assert ">6<" not in words  # or the 2 could be worked out
    assert words.count("a few") == 2


def test_the_figures_of_keepers_are_exact_and_can_be_taken_out(client, cast, borough, keeper):
    for row in flags(cast, borough, "hate", 2):
        moderation.decide(
            "post", row.target_id, by=keeper, rule="hate", outcome="hide", reason="No.", at=now()
        )
    client.force_login(keeper.account)
    out = client.get("/safety/records/reports.csv").content.decode("utf-8-sig").splitlines()
    first = next(line for line in out if ",hate," in line)
    assert first.split(",")[2:6] == ["hate", "2", "2", "0"]


@pytest.mark.parametrize("who", ["amina", None])
def test_the_records_are_for_keepers_alone(client, cast, who):
    if who:
        client.force_login(getattr(cast, who).account)
    for page in ("records/", "records/illegal/", "records/illegal/fraud/", "records/reports.csv"):
        assert client.get(f"/safety/{page}").status_code == (403 if who else 302)


# --- Complaints -------------------------------------------------------------------------------


def complain(client, **more):
    given = {"what": "duties", "text": "Nobody looked at it.", "client_key": "key-of-a-complaint"}
    return client.post("/safety/complain/", given | more)


def test_anybody_complains_without_an_account_and_says_where_to_answer(client, keeper):
    assert complain(client).status_code == 422
    answer = complain(client, contact="rose@example.org")
    assert answer.status_code == 200
    row = Complaint.objects.get()
    assert row.contact == "rose@example.org"
    assert row.due_on == today() + dt.timedelta(days=14)
    assert Notice.objects.filter(person=keeper, kind="safety-due").count() == 1
    assert "rose@" not in Notice.objects.get(person=keeper).title


def test_a_complaint_sent_twice_counts_once(client, keeper):
    complain(client, contact="rose@example.org")
    complain(client, contact="rose@example.org")
    assert Complaint.objects.count() == 1


def test_whoever_complained_reads_the_answer_and_nobody_else(client, cast, keeper):
    client.force_login(cast.amina.account)
    complain(client)
    row = Complaint.objects.get()
    page = f"/safety/complaints/{row.key}/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"is_upheld": "yes", "text": "Mine!"}).status_code == 403
    client.force_login(keeper.account)
    answered = client.post(page, {"is_upheld": "yes", "text": "You are right. We looked."})
    assert answered.status_code == 302
    client.force_login(cast.amina.account)
    assert "You are right. We looked." in client.get(page).content.decode()
    assert Notice.objects.filter(person=cast.amina, kind="complaint-answered").count() == 1
    client.force_login(cast.ewan.account)
    assert client.get(page).status_code == 404


def test_a_keeper_does_not_answer_their_own_complaint(client, keeper):
    client.force_login(keeper.account)
    complain(client, how="web")
    row = Complaint.objects.get()
    assert row.by == keeper
    page = f"/safety/complaints/{row.key}/"
    assert client.post(page, {"is_upheld": "yes", "text": "I am right."}).status_code == 403


def test_a_complaint_by_phone_is_typed_for_somebody(client, keeper):
    client.force_login(keeper.account)
    complain(client, how="phone", contact="020 8227 0000")
    row = Complaint.objects.get()
    assert (row.by, row.how) == (None, "phone")


def test_the_words_of_a_complaint_lie_sealed(client, keeper):
    from django.db import connection

    complain(client, contact="rose@example.org")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text, contact FROM web_complaint")
        assert "rose@" not in str(cursor.fetchall())


# --- Our words --------------------------------------------------------------------------------


def test_a_change_is_told_to_everybody_with_an_account_once(client, cast, keeper):
    client.force_login(keeper.account)
    given = {
        "what": "privacy", "text": "We keep photos for a year less.", "is_told": "on",
        "client_key": "key-of-a-change",
    }  # fmt: skip
    client.post("/safety/records/changes/", given)
    client.post("/safety/records/changes/", given)
    assert WordsChange.objects.count() == 1
    assert Notice.objects.filter(person=cast.amina, kind="our-words").count() == 1
    client.logout()
    assert "a year less" in client.get("/safety/changes/").content.decode()


@pytest.mark.parametrize("page", ["privacy", "accessibility", "safety", "safety/changes"])
def test_the_plain_pages_are_there_for_everybody_and_linked_from_the_foot(client, borough, page):
    assert client.get(f"/{page}/").status_code == 200
    if "/" not in page:
        assert f'href="/{page}/"' in client.get("/about/").content.decode()
