"""The page of notices, how you hear from us, and the way out of an e-mail."""

import datetime as dt

import pytest
from django.urls import reverse

from doorstep.base.time import now
from doorstep.notices.actions import send, send_to_all
from doorstep.notices.kinds import Kind, kinds
from doorstep.notices.letters import unsubscribe_token
from doorstep.notices.models import Channel, Notice, Preference, QuietHours
from doorstep.people.models import Block, Person

PAGE = "/notices/"


@pytest.fixture(autouse=True)
def _kinds():
    before = dict(kinds._items)
    kinds._items.clear()
    kinds.add("test-replies", Kind(label="Someone replies to me", by_email=True))
    kinds.add("test-decision", Kind(label="A decision", by_email=True, is_essential=True))
    kinds.add("test-hidden", Kind(label="For moderators", only_for=lambda person: False))
    yield
    kinds._items.clear()
    kinds._items.update(before)


@pytest.fixture
def amina(cast, client):
    client.force_login(cast.amina.account)
    return cast.amina


def tell(person, key="one", **more):
    return send("test-replies", person, key=key, title=f"Bryn replied, {key}", **more)


def new(person):
    return Person.objects.get(pk=person.pk).unseen_notices


def test_nothing_yet_is_said_kindly(amina, client):
    page = client.get(PAGE).content.decode()
    assert "Nothing new for you" in page


def test_new_ones_are_marked_and_following_one_marks_it_read(amina, client):
    notice = tell(amina, path="/people/me/")
    assert new(amina) == 1
    assert "notices-new" in client.get(PAGE).content.decode()
    answer = client.get(f"/notices/{notice.pk}/")
    assert (answer.status_code, answer.url) == (302, "/people/me/")
    assert new(amina) == 0
    assert "notices-new" not in client.get(PAGE).content.decode()


def test_a_notice_never_leads_off_this_site(amina, client):
    notice = tell(amina, path="https://evil.example/")
    assert client.get(f"/notices/{notice.pk}/").url == PAGE
    Notice.objects.update(path="//evil.example/")
    assert client.get(f"/notices/{notice.pk}/").url == PAGE


def test_mark_all_as_read_leaves_what_came_after_the_page_was_drawn(amina, client):
    first = tell(amina, "first")
    tell(amina, "second")
    client.post("/notices/read/", {"upto": first.pk})
    assert new(amina) == 1
    client.post("/notices/read/", {})
    assert new(amina) == 0


def test_nobody_reads_or_follows_anothers_notice(cast, amina, client):
    notice = tell(cast.ewan, "secret", path="/people/me/")
    assert "secret" not in client.get(PAGE).content.decode()
    assert client.get(f"/notices/{notice.pk}/").status_code == 404
    assert Notice.objects.get().seen_at is None


def test_a_block_hides_notices_about_that_person_and_the_dot_at_once(cast, amina, client):
    notice = tell(amina, "from Bryn", about=cast.bryn)
    tell(amina, "from nobody")
    block = Block.objects.create(blocker=cast.amina, blocked=cast.bryn)
    assert new(amina) == 1
    assert "from Bryn" not in client.get(PAGE).content.decode()
    assert client.get(f"/notices/{notice.pk}/").status_code == 404
    block.delete()
    assert new(amina) == 2
    assert "from Bryn" in client.get(PAGE).content.decode()


def test_pages_go_on_from_the_last_one_seen(amina, client):
    for number in range(23):
        tell(amina, f"number {number:02}")
    first = client.get(PAGE)
    assert first.content.decode().count("notices-item") == 20
    second = client.get(f"{PAGE}?before={first.context['next_before']}")
    assert second.content.decode().count("notices-item") == 3
    assert second.context["next_before"] is None


@pytest.mark.parametrize("rows", [1, 3])
def test_more_notices_cost_no_more_queries(rows, cast, amina, client, django_assert_num_queries):
    for number in range(rows):
        tell(amina, f"{number}", about=cast.bryn)
    client.get(PAGE)
    with django_assert_num_queries(3):  # the session, the safe-contact rules, the notices
        client.get(PAGE)


def test_visitors_are_asked_to_sign_in(client, db):
    assert client.get(PAGE).status_code == 302
    assert client.get("/notices/preferences/").status_code == 302


# --- How you hear from us ---------------------------------------------------------------------


def test_what_is_ticked_is_kept_and_the_rest_is_off(amina, client):
    answer = client.post(
        "/notices/preferences/",
        {
            "in_app-test-replies": "on",
            "has_quiet_hours": "on",
            "quiet_from": "21:30",
            "quiet_until": "07:00",
        },
    )
    assert answer.status_code == 302
    kept = {(row.kind, row.channel): row.is_wanted for row in Preference.objects.all()}
    assert kept == {
        ("test-replies", Channel.IN_APP): True,
        ("test-replies", Channel.EMAIL): False,
        ("test-decision", Channel.EMAIL): False,
    }
    assert QuietHours.objects.get(person=amina).starts_at == dt.time(21, 30)
    client.post("/notices/preferences/", {"in_app-test-replies": "on"})
    assert not QuietHours.objects.exists()
    assert Preference.objects.count() == 3


def test_what_concerns_you_is_always_shown_on_the_site(amina, client):
    page = client.get("/notices/preferences/").content.decode()
    assert "What is about you always waits for you here." in page
    assert "in_app-test-decision" not in page
    Preference.objects.create(
        person=amina, kind="test-decision", channel=Channel.IN_APP, is_wanted=False
    )
    send("test-decision", amina, key="d", title="Decided")
    assert new(amina) == 1


def test_kinds_for_others_are_not_offered(amina, client):
    assert "For moderators" not in client.get("/notices/preferences/").content.decode()


def test_quiet_hours_without_a_time_say_what_to_do_and_keep_the_ticks(amina, client):
    answer = client.post(
        "/notices/preferences/",
        {"email-test-replies": "on", "has_quiet_hours": "on", "quiet_from": "x", "quiet_until": ""},
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Write a time, such as" in page
    assert page.count("checked") == 2
    assert not Preference.objects.exists()


# --- The way out of an e-mail -----------------------------------------------------------------


def wants(person):
    row = Preference.objects.filter(
        person=person, kind="test-replies", channel=Channel.EMAIL
    ).first()
    return row.is_wanted if row else None


def link(person, kind="test-replies"):
    return reverse("notices:unsubscribe", args=[unsubscribe_token(person.pk, kind)])


def test_a_mail_programs_single_post_stops_the_e_mails_without_signing_in(cast, db):
    from django.test import Client

    program = Client(enforce_csrf_checks=True)
    answer = program.post(link(cast.amina), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert wants(cast.amina) is False


def test_opening_the_link_changes_nothing_for_scanners_open_every_link(cast, client):
    page = client.get(link(cast.amina)).content.decode()
    assert "Stop these e-mails" in page
    assert wants(cast.amina) is None


def test_it_says_what_it_did_and_can_be_undone(cast, client):
    page = client.post(link(cast.amina), {"List-Unsubscribe": "One-Click"}).content.decode()
    assert "Someone replies to me" in page
    assert "Undo" in page
    client.post(link(cast.amina), {"again": "yes"})
    assert wants(cast.amina) is True


def test_a_forged_or_foreign_link_does_nothing(cast, client):
    from django.core import signing

    good = link(cast.amina)
    other = signing.dumps([cast.amina.pk, "test-replies"], salt="something else")
    for bad in (good[:-2] + "x/", reverse("notices:unsubscribe", args=[other])):
        assert client.post(bad).status_code == 404
    assert not Preference.objects.exists()


def test_the_link_tells_nothing_about_the_person(cast, client):
    page = client.get(link(cast.amina)).content.decode()
    assert "Amina" not in page
    assert cast.amina.account.email not in page


def test_a_notice_given_again_with_the_same_key_changes_nothing(amina):
    assert tell(amina) is not None
    assert tell(amina) is None
    assert new(amina) == 1


def test_a_notice_someone_muted_here_still_comes_by_e_mail(amina):
    Preference.objects.create(
        person=amina, kind="test-replies", channel=Channel.IN_APP, is_wanted=False
    )
    tell(amina, at=now())
    assert new(amina) == 0
    assert Notice.objects.get().deliveries.count() == 1


# --- The door itself --------------------------------------------------------------------------


@pytest.mark.parametrize("people", [1, 3])
def test_telling_more_people_asks_the_database_no_more(people, cast, django_assert_num_queries):
    them = [cast.amina, cast.bryn, cast.carys][:people]
    them = list(Person.objects.filter(pk__in=[one.pk for one in them]))
    with django_assert_num_queries(8):
        send_to_all("test-replies", them, key="all", title="Tea", about=None)


def test_a_crowd_is_told_in_parts_each_once(cast, monkeypatch):
    from doorstep.notices import actions

    monkeypatch.setattr(actions, "_AT_ONCE", 2)
    everyone = list(Person.objects.all())
    assert len(send_to_all("test-replies", everyone, key="all", title="Tea")) == len(everyone)
    assert send_to_all("test-replies", everyone, key="all", title="Tea") == []
    assert {new(person) for person in everyone} == {1}


def test_a_race_for_the_same_notice_ends_with_one(cast, monkeypatch):
    from doorstep.notices import actions

    class Blind(list):
        """As if both had looked before either wrote."""

        def values_list(self, *names, **options):
            return []

    tell(cast.amina)
    real = Notice.objects.filter
    monkeypatch.setattr(
        actions.Notice.objects, "filter", lambda *args, **kw: Blind() if "key" in kw else real(**kw)
    )
    again = tell(cast.amina)
    monkeypatch.undo()
    assert Notice.objects.get().pk == again.pk
    assert again.deliveries.count() == 1


def test_nobody_is_mailed_without_an_address(cast):
    cast.amina.account.delete()
    amina = Person.objects.get(pk=cast.amina.pk)
    tell(amina)
    assert Notice.objects.get().deliveries.count() == 0
    Person.objects.filter(pk=amina.pk).update(email="amina@example.org")
    tell(Person.objects.get(pk=amina.pk), "two")
    assert Notice.objects.get(key="two").deliveries.count() == 1
