"""What every test of concerns may lean on."""

import pytest

from doorstep.watch.tests.planting import plant_themes


@pytest.fixture(autouse=True)
def _themes(request):
    """Themes are there, also after a test that emptied every table."""
    if request.node.get_closest_marker("django_db"):
        live = "transactional_db" if "live_server" in request.fixturenames else "db"
        request.getfixturevalue(live)
        plant_themes()
