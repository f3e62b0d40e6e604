"""The bench of finding asks what it says it asks, of a directory without faults."""

import json

import pytest

from doorstep.organisations.models import Service
from doorstep.organisations.oruk.bringing_in import import_feed
from doorstep.web.bench import finding


@pytest.mark.django_db
def test_the_made_up_directory_comes_in_without_a_fault_and_again_without_a_change(tmp_path):
    file = tmp_path / "services.json"
    file.write_text(json.dumps({"contents": list(finding.services(150, ["RM10 7XJ"]))}))
    report = import_feed(str(file))
    assert (report.added, report.left_out, report.mended) == (150, 0, 0)
    assert Service.objects.public().count() == 150
    again = import_feed(str(file))
    assert (again.added, again.changed, again.same) == (0, 0, 150)


def test_what_was_never_asked_was_never_asked():
    asked = {name: [one["path"].split("&")[0] for one in rows] for name, rows in
             finding.orders().items()}  # fmt: skip
    fresh = [*asked["never asked"], *asked["never asked, near a postcode"]]
    assert len(fresh) == len(set(fresh)) > 10_000
    assert not set(fresh) & set(asked["asked before"])
