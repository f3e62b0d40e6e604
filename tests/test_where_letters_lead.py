"""A letter leads where its notice leads, and says in a sentence when a thing has moved away."""

import re
from html import escape

import pytest
from django.conf import settings
from django.core import mail
from django.urls import reverse

from doorstep.base.time import now
from doorstep.feed import actions as feed
from doorstep.feed.tests.factories import PostFactory, area_channel
from doorstep.notices import letters, sending
from doorstep.notices.actions import send
from doorstep.notices.kinds import Kind, kinds
from doorstep.notices.models import Notice
from doorstep.people.merging import actions as merging
from doorstep.people.middleware import WAIVED
from doorstep.people.models import Block, RoleHolding
from doorstep.people.roles import actions as roles
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.requests import working
from doorstep.support.tests.desk import at_hub, make_desk
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = pytest.mark.django_db
MOVED = "with somebody else"
LINK = re.compile(re.escape(settings.SITE_URL) + r"(/notices/door/\S+)")


@pytest.fixture(autouse=True)
def _kinds():
    before = dict(kinds._items)
    kinds.add("test-mail", Kind(label="Replies to me", by_email=True))
    yield
    kinds._items.clear()
    kinds._items.update(before)


@pytest.fixture
def desk(borough):
    return make_desk(borough)


def post_to(person, path, **more):
    """Return the link in the letter that tells the person of what is at a path."""
    before = len(mail.outbox)
    assert send("test-mail", person, key=f"k{before}", title="Look", path=path, **more)
    sending.send_due(now(), 10)
    letter = mail.outbox[before]
    link = LINK.search(letter.body)[1]
    assert f'href="{settings.SITE_URL}{escape(link)}"' in letter.alternatives[0][0]
    return link


def as_(client, person):
    client.force_login(person.account)
    session = client.session
    session[WAIVED] = True
    session.save()
    return client


def words(answer):
    return answer.content.decode()


def test_a_letter_leads_to_what_it_is_about_and_its_notice_is_seen(cast, borough, client):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.amina)
    link = post_to(cast.amina, f"/feed/{post.pk}/#reply-3")
    # It can be read where it leads, and only the browser keeps what stands behind the #.
    assert link.endswith(f"/feed/{post.pk}/#reply-3")
    answer = as_(client, cast.amina).get(link.partition("#")[0], follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain == [(f"/feed/{post.pk}/", 302)]
    assert Notice.objects.get().seen_at


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("/", "/"),
        ("/search/?q=tea%20cosy&where=near", "/search/?q=tea%20cosy&where=near"),
        ("/people/a%20b/", "/people/a%20b/"),
        ("/people/\u0686\u0627\u0626\u06d2/", "/people/%DA%86%D8%A7%D8%A6%DB%92/"),
    ],
)
def test_any_address_of_ours_comes_out_as_it_went_in(cast, client, path, end):
    link = post_to(cast.amina, path)
    assert as_(client, cast.amina).get(link).headers["Location"] == end


@pytest.mark.parametrize("path", ["", "https://evil.example/", "//evil.example/"])
def test_a_letter_without_a_place_of_ours_leads_to_the_notices(cast, client, path):
    send("test-mail", cast.amina, key="k", title="Look", path=path)
    sending.send_due(now(), 10)
    assert "evil" not in mail.outbox[0].body
    assert f"{settings.SITE_URL}/notices/\n" in mail.outbox[0].body


def test_a_post_taken_down_ends_in_the_sentence(cast, borough, client):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.dev)
    link = post_to(cast.amina, f"/feed/{post.pk}/", about=cast.dev)
    feed.take_down(post, by=cast.dev, at=now())
    answer = as_(client, cast.amina).get(link, follow=True)
    assert (answer.status_code, MOVED in words(answer)) == (404, True)


def test_so_does_what_is_gone_for_good_along_with_its_notice(cast, borough, client):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.dev)
    link = post_to(cast.amina, f"/feed/{post.pk}/", about=cast.dev)
    post.delete()
    Notice.objects.all().delete()
    answer = as_(client, cast.amina).get(link, follow=True)
    assert (answer.status_code, MOVED in words(answer)) == (404, True)


def test_so_does_a_request_that_another_hub_has_now(desk, client):
    made = at_hub(desk)
    path = f"/support/requests/{made.ref}/"
    link = post_to(desk.organiser, path)
    assert as_(client, desk.organiser).get(link, follow=True).status_code == 200
    working.hand_over(
        made, by=desk.organiser, at=now(), to=desk.borough.far_locality, words="Nearer to you."
    )
    answer = as_(client, desk.organiser).get(link, follow=True)
    assert (answer.status_code, MOVED in words(answer)) == (404, True)
    # The hub that has it now is led to it all the same.
    theirs = post_to(desk.far_organiser, path)
    assert as_(client, desk.far_organiser).get(theirs, follow=True).status_code == 200


def test_so_does_a_desk_whose_role_was_taken_back(desk, client):
    link = post_to(desk.officer, "/support/desk/")
    as_(client, desk.officer)
    assert client.get(link, follow=True).status_code == 200
    holding = RoleHolding.objects.get(person=desk.officer)
    roles.end_role(holding, by=None, at=now())
    answer = client.get(link, follow=True)
    assert (answer.status_code, MOVED in words(answer)) == (403, True)
    # Whoever guesses the address hears what they always heard.
    plain = as_(client, PersonFactory()).get("/support/desk/")
    assert (plain.status_code, MOVED in words(plain)) == (403, False)


@pytest.mark.parametrize("is_notice_kept", [True, False])
def test_somebody_who_became_one_record_with_another_is_still_known(desk, client, is_notice_kept):
    member = PersonFactory(known_as="Margaret", home=desk.borough.ward)
    member.account.phone, member.account.phone_verified = "+447700900112", True
    member.account.save()
    gone = PersonFactory(
        email="peggy@example.org", phone="+447700900112", home=desk.borough.ward, account=False
    )
    link = post_to(gone, "/feed/99999999/")
    merge = merging.join(
        member, gone, by=desk.officer, at=now(), why="She told me so", client_key="k" * 9,
        known_by="She rang from it",
    )  # fmt: skip
    assert merge.state == merge.State.DONE
    if not is_notice_kept:
        Notice.objects.all().delete()
    # Signed out she is asked to sign in, and goes on.
    assert reverse("account_login") in client.get(link).headers["Location"]
    answer = as_(client, member).get(link, follow=True)
    assert (answer.status_code, MOVED in words(answer)) == (404, True)


def test_a_letter_about_a_record_that_was_joined_leads_to_the_one_it_is_now(desk, client):
    one, other = (PersonFactory(account=False, home=desk.borough.ward) for _twice in range(2))
    link = post_to(desk.officer, reverse("people:record", args=[other.handle]))
    merging.join(one, other, by=desk.officer, at=now(), why="The same", client_key="k" * 9)
    answer = as_(client, desk.officer).get(link, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("people:record", args=[one.handle])


# --- Whoever else holds the letter --------------------------------------------------------------


def test_a_forwarded_letter_is_the_bare_address_to_anybody_else(cast, borough, client):
    gone = PostFactory(channel=area_channel(borough.ward), author=cast.amina)
    hidden = PostFactory(channel=area_channel(borough.ward), author=cast.dev)
    Block.objects.create(blocker=cast.dev, blocked=cast.bryn)
    links = [post_to(cast.amina, f"/feed/{one.pk}/") for one in (gone, hidden)]
    gone.delete()
    as_(client, cast.bryn)
    plain = client.get("/feed/99999999/")
    for link in links:
        answer = client.get(link, follow=True)
        assert (answer.status_code, answer.content) == (404, plain.content)
    assert not Notice.objects.exclude(seen_at=None).exists()


def test_a_word_holds_for_its_own_page_alone(cast, client):
    link = post_to(cast.amina, "/feed/7/")
    as_(client, cast.amina)
    wrong = [
        link.replace("/feed/7/", "/feed/8/"),
        link.replace("/feed/7/", "//evil.example/"),
        link.replace("/feed/7/", ""),
        "/notices/door/nonsense/feed/7/",
    ]
    for one in wrong:
        answer = client.get(one, follow=True)
        assert (answer.status_code, MOVED in words(answer)) == (404, False)


def test_a_link_without_its_last_stroke_still_leads_there(cast, client):
    link = post_to(cast.amina, "/people/me/")
    answer = as_(client, cast.amina).get(link.rstrip("/"), follow=True)
    assert answer.redirect_chain[-1][0] == "/people/me/"
    assert answer.status_code == 200


# --- Signed out ---------------------------------------------------------------------------------


def test_signed_out_a_letter_about_what_only_members_see_asks_to_sign_in_and_goes_on(
    cast, borough, client
):
    team = TeamFactory(area=borough.ward, is_private=True)
    add_member(team, cast.amina)
    link = post_to(cast.amina, team.get_absolute_url())
    # By itself the address tells a visitor nothing, not even that one might sign in.
    assert client.get(team.get_absolute_url()).status_code == 404
    asked = client.get(link)
    assert asked.status_code == 302
    assert asked.headers["Location"].startswith(reverse("account_login"))
    assert link in asked.headers["Location"].replace("%3A", ":")
    assert as_(client, cast.amina).get(link, follow=True).status_code == 200


def test_signed_out_what_everybody_may_read_opens_at_once(cast, borough, client):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.dev, readers="everyone")
    for person in (cast.amina, PersonFactory(account=False, email="gwen@example.org")):
        answer = client.get(post_to(person, f"/feed/{post.pk}/"), follow=True)
        assert (answer.status_code, len(answer.redirect_chain)) == (200, 1)
    assert not Notice.objects.exclude(seen_at=None).exists()


def test_who_has_no_account_is_never_sent_to_sign_in(cast, client):
    link = post_to(PersonFactory(account=False, email="gwen@example.org"), "/feed/99999999/")
    assert client.get(link).headers["Location"] == "/feed/99999999/"


def test_the_link_tells_nothing_but_where_it_leads(cast):
    word, target = post_to(cast.amina, "/feed/7/").removeprefix("/notices/door/").split("/", 1)
    assert target == "feed/7/"
    assert letters.read_door(word, target) == (Notice.objects.get().pk, cast.amina.pk)
    for secret in (cast.amina.handle, cast.amina.known_as, cast.amina.account.email):
        assert secret not in word
