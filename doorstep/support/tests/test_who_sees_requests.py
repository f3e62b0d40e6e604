"""A hub sees its own patch, officers the borough, and nobody what is about themselves."""

import pytest

from doorstep.base.time import now
from doorstep.people.models import Block
from doorstep.people.models.readings import Reading
from doorstep.support.models import Request, Task
from doorstep.support.requests import rules, working
from doorstep.support.tests.desk import afresh, ask, at_hub, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(borough):
    return make_desk(borough)


def test_a_hub_sees_its_own_patch_and_only_once_it_was_sent_there(desk):
    waits, sent = ask(desk), at_hub(desk)
    far = at_hub(desk, postcode="RM8 2AA")
    seen = {
        name: set(Request.objects.visible_to(afresh(getattr(desk, name))))
        for name in ("officer", "organiser", "far_organiser")
    }
    assert seen == {
        "officer": {waits, sent, far},
        "organiser": {sent},
        "far_organiser": {far},
    }


def test_nobody_works_on_what_is_about_themselves_or_somebody_who_blocked_them(desk, cast):
    own = at_hub(desk, person=desk.organiser)
    blocked = at_hub(desk, person=cast.amina)
    Block.objects.create(blocker=cast.amina, blocked=desk.organiser)
    me = afresh(desk.organiser)
    assert set(Request.objects.visible_to(me)) == set()
    assert [rules.can_see(me, one) for one in (own, blocked)] == [False, False]


def test_a_record_that_must_rest_is_on_no_desk(desk, cast):
    made = at_hub(desk, person=cast.amina)
    cast.amina.restricted_at = now()
    cast.amina.save()
    assert not Request.objects.visible_to(afresh(desk.officer)).filter(pk=made.pk).exists()


def test_a_hub_that_handed_over_sees_it_no_more_and_its_tasks_go_along(desk):
    made = at_hub(desk)
    task = working.add_task(made, by=desk.organiser, at=now(), kind="shopping", client_key="k" * 9)
    working.hand_over(
        made, by=desk.organiser, at=now(), to=desk.borough.far_locality, words="Nearer to you."
    )
    assert not Request.objects.visible_to(afresh(desk.organiser)).exists()
    assert list(Task.objects.visible_to(afresh(desk.far_organiser))) == [task]


def test_opening_a_request_is_written_down_for_the_person(desk, client):
    made = ask(desk, words="My insulin is at the chemist.")
    client.force_login(desk.officer.account)
    assert client.get(f"/support/requests/{made.ref}/").status_code == 200
    reading = Reading.objects.get(what="request")
    assert (reading.subject, reading.reader, reading.thing) == (made.person, desk.officer, made.ref)
    assert "insulin" not in f"{reading.words} {reading.thing}"


def test_a_request_of_another_patch_answers_like_one_that_never_was(desk, client):
    made = at_hub(desk, postcode="RM8 2AA")
    client.force_login(desk.organiser.account)
    hidden = client.get(f"/support/requests/{made.ref}/")
    missing = client.get("/support/requests/zzzzzzzz/")
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)


def test_words_and_addresses_lie_sealed(desk):
    from django.db import connection

    made = ask(desk, words="The cellar key is under the gnome.")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT words, address, phone, postcode FROM support_request WHERE id = %s", [made.pk]
        )
        row = " ".join(cursor.fetchone())
    assert not any(word in row for word in ("gnome", "Valence", "7700900", "RM10"))


def test_somebody_elses_draft_of_a_call_is_nobodys(desk, client):
    from doorstep.support.requests import drafts

    draft = drafts.start(by=desk.second_officer, at=now())
    client.force_login(desk.officer.account)
    assert client.get(f"/support/calls/{draft.key}/").status_code == 404
