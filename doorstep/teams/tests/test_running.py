"""The host's page, the mentors' page, and a team's history taken home."""

import datetime as dt
import io
import json
import zipfile

import pytest

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.models import Block, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams import actions, export, models, rules
from doorstep.teams.models import Mentoring, Question, Team
from doorstep.teams.tests.factories import TeamFactory, add_member, add_mentor, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(cast, borough, client):
    row = TeamFactory(name="Mend it", joining="ask")
    add_member(row, cast.dev, role="host")
    client.force_login(cast.dev.account)
    return row


# --- The host's page -------------------------------------------------------------------------


def test_a_host_changes_the_teams_words(client, team, borough):
    form = client.get(f"/teams/{team.slug}/host/words/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields if name != "is_private"}
    sent |= {"name": "Mend it all", "area": borough.far_ward.pk, "spot": "grants"}
    client.post(f"/teams/{team.slug}/host/words/", sent)
    team.refresh_from_db()
    assert (team.name, team.area, team.spot) == ("Mend it all", borough.far_ward, "grants")


def test_a_host_asks_up_to_five_questions_and_none_again(client, team):
    path = f"/teams/{team.slug}/host/questions/"
    client.post(path, {"question_1": "Why?", "question_3": "When?", "question_9": "Forged?"})
    assert list(team.questions.values_list("text", flat=True)) == ["Why?", "When?"]
    assert "When?" in client.get(path).content.decode()
    client.post(path, {})
    assert not Question.objects.exists()


def test_the_pinned_page_is_safe_markdown(client, team):
    text = "## Hello\n\n<script>alert(1)</script> **bold** [x](javascript:alert(1))"
    client.post(f"/teams/{team.slug}/host/pinned/", {"title": "Read me", "text": text})
    page = client.get(f"/teams/{team.slug}/about/").content.decode()
    assert "<h2>Hello</h2>" in page
    assert "<strong>bold</strong>" in page
    assert "<script>alert" not in page
    assert "javascript:" not in page.split("<main", 1)[1].replace("javascript:alert(1))", "")


def test_peoples_words_are_escaped_wherever_they_stand(client, cast, borough, team):
    evil = "<img src=x onerror=alert(1)>\"'{{ 7 }}"
    Team.objects.filter(pk=team.pk).update(
        name=evil, purpose=evil, place=evil, why=evil, agreement=evil, first_gathering=evil
    )
    asked = PersonFactory(known_as=evil)
    Team.objects.filter(pk=team.pk).update(agreement_version=1)
    actions.join(
        team, by=asked, at=now(), agreed_version=1, answers=[{"question": evil, "answer": evil}]
    )
    actions.invite(team, by=cast.dev, at=now(), label=evil)
    invitation = team.invitations.get()
    for path in (
        f"/teams/{team.slug}/",
        f"/teams/{team.slug}/about/",
        f"/teams/{team.slug}/host/",
        f"/teams/{team.slug}/host/people/",
        f"/teams/{team.slug}/invitations/",
        f"/teams/{team.slug}/invitations/{invitation.pk}/",
        f"/teams/{team.slug}/invitations/{invitation.pk}/slips/",
        "/teams/",
    ):
        page = client.get(path)
        assert page.status_code == 200, path
        assert "<img src=x" not in page.content.decode(), path


def test_a_host_shares_the_keys_and_takes_somebody_out(client, cast, team):
    amina, ewan = add_member(team, cast.amina), add_member(team, cast.ewan)
    client.post(f"/teams/{team.slug}/host/people/{amina.pk}/keys/")
    amina.refresh_from_db()
    assert amina.role == "host"
    # A host is not taken out by another host.
    assert client.get(f"/teams/{team.slug}/host/people/{amina.pk}/remove/").status_code == 403
    path = f"/teams/{team.slug}/host/people/{ewan.pk}/remove/"
    assert client.post(path, {}).status_code == 422
    client.post(path, {"reason": "Please come back calmer."})
    ewan.refresh_from_db()
    assert (ewan.state, ewan.decided_why) == ("removed", "Please come back calmer.")
    team.refresh_from_db()
    assert team.member_count == 2
    # The second press finds nobody there.
    assert client.post(path, {"reason": "Again"}).status_code == 404
    assert Notice.objects.filter(kind="team-removed").count() == 1


def test_a_word_that_is_too_long_is_said_so_and_decides_nothing(client, cast, team):
    row = actions.join(team, by=cast.ewan, at=now(), agreed_version=1)
    answer = client.post(
        f"/teams/{team.slug}/host/people/{row.pk}/answer/",
        {"answer": "no", "word": "x" * 301},
        follow=True,
    )
    assert "Keep your word to them under 300 letters" in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "asked"


def test_a_team_that_is_over_cannot_be_changed_but_its_history_goes_home(client, cast, team):
    actions.end(team, why="Done.", by=cast.dev, at=now())
    for path in ("words", "agreement", "questions", "pinned", "people", "end", "step-down"):
        assert client.get(f"/teams/{team.slug}/host/{path}/").status_code == 403
    assert client.get(f"/teams/{team.slug}/host/").status_code == 200
    assert client.get(f"/teams/{team.slug}/host/history/").status_code == 200


# --- History ---------------------------------------------------------------------------------


def test_a_teams_history_goes_home_to_read_and_as_data(client, cast, borough, monkeypatch):
    registry = models.Registry("test")
    registry.add("posts", lambda team, person: ("posts.md", f"# Posts of {team}"))
    registry.add("none", lambda team, person: None)
    registry.add("climb", lambda team, person: ("../../etc/passwd", "no"))
    monkeypatch.setattr(export, "team_exports", registry)
    team = start(cast.dev, borough.ward, name="Mend it", why="Because <b>lamps</b>.")
    add_member(team, cast.carys, role="host")
    child = PersonFactory(known_as="Robin", born_on=dt.date(2012, 3, 1))
    for person in (cast.amina, child, cast.ewan):
        actions.join(team, by=person, at=now(), agreed_version=1)
    Block.objects.create(blocker=cast.ewan, blocked=cast.dev)
    client.force_login(cast.dev.account)
    response = client.get(f"/teams/{team.slug}/host/history/")
    assert response["Content-Type"] == "application/zip"
    pack = zipfile.ZipFile(io.BytesIO(response.content))
    assert sorted(pack.namelist()) == ["history.html", "history.json", "passwd", "posts.md"]
    data = json.loads(pack.read("history.json"))
    assert [row["name"] for row in data["people"]] == ["Dev", "Carys", "Amina"]
    assert data["people_not_named"] == 2
    assert data["events"][0]["what"] == "started"
    page = pack.read("history.html").decode()
    assert "Mend it" in page
    assert "Because &lt;b&gt;lamps&lt;/b&gt;." in page
    for name in ("Robin", "Ewan"):
        assert name not in page
        assert name not in pack.read("history.json").decode()


def test_only_hosts_take_the_history_home(client, cast, borough, team):
    add_member(team, cast.amina)
    client.force_login(cast.amina.account)
    assert client.get(f"/teams/{team.slug}/host/history/").status_code == 403


# --- Mentors ---------------------------------------------------------------------------------


@pytest.fixture
def mentor(cast, borough, client):
    RoleHolding.objects.create(person=cast.carys, role="mentor", area=borough.locality)
    client.force_login(cast.carys.account)
    return cast.carys


def test_the_mentors_page_is_for_mentors(client, cast, borough):
    client.force_login(cast.ewan.account)
    assert client.get("/teams/mentors/").status_code == 403


def test_a_mentor_finds_who_asks_who_is_quiet_and_who_is_stuck_on_their_patch(
    client, cast, borough, mentor
):
    old = now() - dt.timedelta(days=20)
    near = {"area": borough.ward}
    asking = TeamFactory(name="Asking", mentor_asked_at=now(), is_private=True, **near)
    quiet = TeamFactory(name="Quiet", state="quiet", **near)
    stuck = TeamFactory(name="Stuck", state="gathering", started_at=old, **near)
    TeamFactory(name="Far quiet", state="quiet", area=borough.far_ward)
    TeamFactory(name="Hidden quiet", state="quiet", is_private=True, **near)
    TeamFactory(name="Fresh", state="idea", **near)
    TeamFactory(name="Closed", state="closed", mentor_asked_at=now(), **near)
    context = client.get("/teams/mentors/").context
    assert context["asking"] == [asking]
    assert context["quiet"] == [quiet]
    assert context["stuck"] == [stuck]
    assert context["mine"] == []
    html = client.get("/teams/mentors/").content.decode()
    # Its page stays closed until the mentor is theirs.
    assert f'/teams/{asking.slug}/"' not in html
    assert "Hidden quiet" not in html


def test_a_mentor_takes_a_team_on_once(client, cast, borough, mentor):
    team = start(cast.dev, borough.ward, wants_mentor=True, is_private=True)
    assert client.get(f"/teams/{team.slug}/").status_code == 404
    for _press in range(2):
        client.post(f"/teams/mentors/{team.slug}/take-on/")
    assert Mentoring.objects.filter(team=team, ended_at=None).count() == 1
    assert client.get(f"/teams/{team.slug}/").status_code == 200
    told = Notice.objects.filter(person=cast.dev, kind="team-mentoring").get()
    assert "Carys" in told.title


def test_a_second_mentor_comes_too_late(cast, borough):
    team = start(cast.dev, borough.ward, wants_mentor=True)
    assert actions.take_on(team, by=cast.carys, at=now())
    assert actions.take_on(team, by=cast.bryn, at=now()) is None


def test_a_team_that_did_not_ask_gets_no_mentor(client, cast, borough, mentor):
    team = TeamFactory(state="quiet", area=borough.ward)
    client.post(f"/teams/mentors/{team.slug}/take-on/")
    assert not Mentoring.objects.exists()
    assert not rules.can_read_inside(cast.carys, team)


def test_a_mentor_notes_what_came_of_a_call(client, cast, borough, mentor):
    team = TeamFactory(state="quiet", area=borough.ward)
    row = add_mentor(team, mentor)
    empty = client.post(f"/teams/mentors/{team.slug}/contact/", {"note": " "})
    assert empty.status_code == 422
    assert "rang them, all well" in empty.content.decode()
    client.post(f"/teams/mentors/{team.slug}/contact/", {"note": "Rang them, all well"})
    row.refresh_from_db()
    assert row.last_contact_note == "Rang them, all well"
    assert "Rang them, all well" in client.get("/teams/mentors/").content.decode()
    # Members do not read a mentor's notes.
    add_member(team, cast.amina)
    client.force_login(cast.amina.account)
    assert "Rang them" not in client.get(f"/teams/{team.slug}/about/").content.decode()


def test_a_mentor_can_do_nothing_off_their_patch(client, cast, borough, mentor):
    far = TeamFactory(area=borough.far_ward, mentor_asked_at=now(), state="quiet")
    hidden = TeamFactory(area=borough.ward, is_private=True, state="quiet")
    for slug in (far.slug, hidden.slug, "no-such-team"):
        for act in ("take-on", "contact", "step-back"):
            path = f"/teams/mentors/{slug}/{act}/"
            assert client.post(path, {"note": "Hello"}).status_code == 404
    assert not Mentoring.objects.exists()


def test_hosts_ask_for_a_mentor_once_and_say_when_they_can_manage(client, cast, borough, team):
    path = f"/teams/{team.slug}/host/mentor/"
    client.post(path)
    team.refresh_from_db()
    asked_at = team.mentor_asked_at
    client.post(path)
    team.refresh_from_db()
    assert team.mentor_asked_at == asked_at
    row = actions.take_on(team, by=cast.carys, at=now())
    client.post(f"/teams/{team.slug}/host/mentor/{row.pk}/")
    row.refresh_from_db()
    assert row.ended_at is not None
    assert Notice.objects.filter(person=cast.carys, key=f"team-mentor-left:{row.pk}").exists()
    other = add_mentor(TeamFactory(), cast.carys)
    assert client.post(f"/teams/{team.slug}/host/mentor/{other.pk}/").status_code == 404
