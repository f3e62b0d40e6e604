"""A matter becomes being expected at a gathering, with a greeter (journeys 6 and 7)."""

import pytest

from doorstep.base.time import now
from doorstep.connect.actions import walking
from doorstep.connect.models import FirstStep
from doorstep.connect.tests.factories import catalyst, organisation, relationship
from doorstep.gatherings.models import Welcome
from doorstep.gatherings.tests.factories import plan
from doorstep.people.tests.factories import PersonFactory
from doorstep.web import expecting

pytestmark = pytest.mark.django_db


def test_a_matter_becomes_being_expected_with_a_greeter(client, cast, borough):
    org = organisation()
    carys = catalyst(org)
    row = relationship(org, carys, person=cast.amina, at=now())
    gathering = plan(PersonFactory(known_as="Holly"), area=borough.ward)
    matter = walking.add_matter(row, by=carys, at=now(), kind="matter", words="I used to sew.")
    client.force_login(carys.account)
    session = client.session
    session["second_factor_waived"] = True
    session.save()
    address = f"{row.get_absolute_url()}first-step/"
    form = client.get(address).context["form"]
    data = {
        "client_key": form["client_key"].initial,
        "place": form.fields["place"].choices[0][0],
        "matter": matter.ref,
        "travel": "Dev collects her",
    }
    for _twice in range(2):
        assert client.post(address, data).status_code == 302
    step = FirstStep.objects.get()
    assert step.label == gathering.title
    assert Welcome.objects.get().place.name == "Amina"
    walking.called_after(step, by=carys, at=now(), state="went", words="They had biscuits.")
    assert "They had biscuits." in client.get(row.get_absolute_url()).content.decode()


def test_what_somebody_gives_later_shows(cast, borough):
    assert expecting.gives(cast.amina) == []
    gathering = plan(cast.amina, area=borough.ward)
    assert expecting.gives(cast.amina) == [f"Hosts {gathering.title}"]
