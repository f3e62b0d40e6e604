import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from doorstep.base.time import now
from doorstep.people import actions, rules
from doorstep.people.models import Person, RoleHolding

pytestmark = pytest.mark.django_db
Role = RoleHolding.Role


@pytest.fixture
def dev(cast, borough):
    actions.grant_role(Role.ADMINISTRATOR, to=cast.dev, area=borough.borough, by=None, at=now())
    return Person.objects.get(pk=cast.dev.pk)


def again(person):
    return Person.objects.get(pk=person.pk)


def test_an_administrator_gives_and_ends_a_role(client, cast, borough, dev):
    client.force_login(dev.account)
    data = {"who": cast.bryn.account.email.upper(), "role": "mentor", "area": borough.borough.pk}
    for _twice in range(2):
        assert client.post("/people/roles/", data).status_code == 302
    holding = RoleHolding.objects.get(person=cast.bryn)
    assert (holding.role, holding.granted_by) == ("mentor", dev)
    assert not rules.holds(again(cast.bryn), Role.MENTOR)
    say_yes(cast.bryn, holding)
    assert rules.holds(again(cast.bryn), Role.MENTOR)
    assert "Bryn" in client.get("/people/roles/").content.decode()
    client.post(f"/people/roles/{holding.pk}/end/", {"why": "Moved away."})
    assert not rules.holds(again(cast.bryn), Role.MENTOR)
    assert [event.what for event in holding.events.all()] == ["offered", "accepted", "ended"]


def say_yes(person, holding):
    mine = Client()
    mine.force_login(person.account)
    return mine.post(f"/people/me/roles/{holding.pk}/answer/", {"answer": "yes", "promise": "yes"})


def test_a_role_is_found_by_handle_and_by_number_too(client, cast, borough, dev):
    client.force_login(dev.account)
    account = cast.carys.account
    account.phone, account.phone_verified = "+447700900123", True
    account.save()
    for who in (cast.bryn.handle, f"https://x.example/people/{cast.bryn.handle}/", "07700 900123"):
        data = {"who": who, "role": "editor", "area": borough.borough.pk}
        assert client.post("/people/roles/", data).status_code == 302, who
    assert RoleHolding.objects.filter(role="editor").count() == 2


def test_nobody_else_sees_or_gives_roles(client, cast, borough):
    client.force_login(cast.ewan.account)
    assert client.get("/people/roles/").status_code == 403
    data = {"who": cast.ewan.handle, "role": "administrator", "area": borough.borough.pk}
    assert client.post("/people/roles/", data).status_code == 403
    with pytest.raises(actions.CannotGive):
        actions.grant_role(
            Role.MODERATOR, to=cast.bryn, area=borough.borough, by=cast.ewan, at=now()
        )
    assert not RoleHolding.objects.exists()


def test_nobody_gives_themselves_a_role(client, borough, dev):
    client.force_login(dev.account)
    data = {"who": dev.handle, "role": "safeguarding", "area": borough.borough.pk}
    answer = client.post("/people/roles/", data)
    assert answer.status_code == 422
    assert "Nobody gives themselves a role" in answer.content.decode()


def test_the_last_administrator_stays(client, borough, dev):
    client.force_login(dev.account)
    holding = RoleHolding.objects.get()
    answer = client.post(f"/people/roles/{holding.pk}/end/", {"sure": "1"})
    assert answer.status_code == 422
    assert rules.can_give_roles(again(dev))


def test_a_role_that_ended_can_be_given_again(cast, borough, dev):
    for _twice in range(2):
        holding = actions.grant_role(
            Role.MENTOR, to=cast.bryn, area=borough.borough, by=dev, at=now()
        )
        actions.end_role(holding, by=dev, at=now())
    assert RoleHolding.objects.filter(role="mentor").count() == 2


def test_the_command_makes_the_first_administrator(cast, borough, capsys):
    call_command("role", "grant", "administrator", cast.dev.account.email)
    assert rules.can_give_roles(again(cast.dev))
    assert capsys.readouterr().out == "Dev is now administrator, Testing Borough.\n"
    call_command("role", "list", "--json")
    rows = json.loads(capsys.readouterr().out)
    assert [(row["role"], row["person"]) for row in rows] == [("administrator", "Dev")]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("grant", "mentor", "nobody@example.org"), "Nobody has an account"),
        (("end", "mentor", "{dev}"), "is not mentor"),
        (("grant", "mentor", "{dev}", "--area", "nowhere"), "There is no area"),
        (("grant", "king", "{dev}"), "invalid choice"),
    ],
)
def test_the_command_says_what_is_wrong(cast, borough, words, sentence):
    filled = [word.format(dev=cast.dev.account.email) for word in words]
    with pytest.raises(CommandError, match=sentence):
        call_command("role", *filled)
