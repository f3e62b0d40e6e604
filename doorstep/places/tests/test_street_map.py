"""A street map where one is set: its words, its policy, and the map in a browser."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from contextlib import suppress
from io import BytesIO

import pytest
from django.conf import settings
from PIL import Image

from doorstep.places.actions import load_borough
from doorstep.places.models import Area
from doorstep.places.tests.factories import VenueFactory
from tests import template

TILES = "https://tiles.example.org/{z}/{x}/{y}.png"


@pytest.fixture
def streets(settings):
    settings.TILE_URL = TILES
    settings.TILE_CREDIT = "© Somebody & others https://maps.example.org/thanks"


@pytest.fixture
def borough(db):
    return load_borough()


def pages():
    ward = Area.objects.get(slug="parsloes")
    hall = VenueFactory(area=ward, latitude=51.5454, longitude=0.1372)
    return ["/places/", ward.get_absolute_url(), hall.get_absolute_url()]


def test_without_a_setting_no_page_knows_of_streets(borough, client):
    for path in pages():
        page = client.get(path).content.decode()
        assert '<div class="map' in page
        assert "streets" not in page
        assert "leaflet" not in page


def test_with_a_setting_the_drawn_map_stays_and_gets_a_button(borough, client, streets):
    for path in pages():
        page = client.get(path).content.decode()
        assert '<div class="map' in page
        assert page.count("Move around on a street map") == 1
        assert f'data-tiles="{TILES}"' in page
        assert 'data-credit="© Somebody &amp; others"' in page
        assert 'data-credit-link="https://maps.example.org/thanks"' in page
        # The button is of no use without the script, which shows it; Leaflet waits for a press.
        assert '<div class="streets-bar" hidden>' in page
        assert re.findall(r'<script src="([^"]+)"', page)[-1].endswith("js/streets.js")
        assert not re.search(r"<(script|link)[^>]*leaflet", page)


def test_the_sheet_lies_where_the_borough_lies(borough, client, streets):
    page = client.get("/places/").content.decode()
    south, west, north, east = map(float, re.search(r'data-sheet="([^"]+)"', page)[1].split())
    for ward in Area.objects.filter(kind="ward"):
        assert south < ward.latitude < north
        assert west < ward.longitude < east


def policy_with(**given):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
    code = (
        "import json; from config import settings as s; "
        "print(json.dumps(s.CONTENT_SECURITY_POLICY['DIRECTIVES']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=clean | {"DOORSTEP_MODE": "test", "DOORSTEP_DATA": str(settings.DATA)} | given,
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_pictures_may_come_from_that_one_host_and_only_where_it_is_set():
    without, having = policy_with(), policy_with(DOORSTEP_TILE_URL=TILES)
    assert without["img-src"] == ["'self'", "data:"]
    assert having["img-src"] == ["'self'", "data:", "https://tiles.example.org"]
    assert {**having, "img-src": 0} == {**without, "img-src": 0}


# --- In a browser --------------------------------------------------------------------------------


class Tiles(http.server.BaseHTTPRequestHandler):
    """A server of pictures of streets that notes who asks for what."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Referer")))
        image = BytesIO()
        Image.new("RGB", (256, 256), "#dde5dd").save(image, "PNG")
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(image.getvalue())

    def log_message(self, *words):
        pass


@pytest.fixture
def tile_server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def with_tiles(settings, tile_server):
    origin = f"http://127.0.0.1:{tile_server.server_port}"
    settings.TILE_URL = f"{origin}/{{z}}/{{x}}/{{y}}.png"
    policy = json.loads(json.dumps(settings.CONTENT_SECURITY_POLICY))
    policy["DIRECTIVES"]["img-src"].append(origin)
    settings.CONTENT_SECURITY_POLICY = policy


@pytest.fixture
def served(with_tiles, on_disk):
    """A server that starts with these settings: the policy is worded once, at the start."""
    with template.a_server() as server:
        yield server


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("browser")
def test_a_street_map_is_asked_for_moved_by_keyboard_and_put_away(served, tile_server):
    playwright = pytest.importorskip("playwright.sync_api")
    load_borough()
    troubles = []
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 360, "height": 800}, reduced_motion="reduce")
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if said.type == "error" else None,
        )
        loaded = []
        page.on("request", lambda request: loaded.append(request.url))
        page.goto(f"{served.url}/places/parsloes/")
        page.locator("[data-go]").wait_for(state="visible")
        page.wait_for_load_state("networkidle")
        assert not any("leaflet" in url for url in loaded)
        assert tile_server.asked == []

        page.locator("[data-go]").focus()
        page.keyboard.press("Enter")
        page.locator(".leaflet-tile-loaded").first.wait_for()
        assert {who for _path, who in tile_server.asked} == {f"{served.url}/"}
        assert page.evaluate("document.activeElement.getAttribute('role')") == "region"
        assert page.locator(".leaflet-control-attribution a").inner_text() == (
            "© OpenStreetMap contributors"
        )
        # The wards are links still, drawn over the streets.
        assert page.locator(".streets-map a[href='/places/valence/']").count() == 1
        before = len(tile_server.asked)
        page.keyboard.press("+")
        page.locator(".leaflet-tile-loaded").nth(2).wait_for()
        for _again in range(6):
            page.keyboard.press("ArrowUp")
        for _wait in range(300):
            if len(tile_server.asked) > before:
                break
            page.wait_for_timeout(200)
        assert len(tile_server.asked) > before
        assert page.evaluate("document.documentElement.scrollWidth") <= 360

        # A pull on a ward moves the map; a press opens the ward.
        box = page.locator(".streets-map").bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + 40, middle[1] + 40, steps=4)
        page.mouse.up()
        assert page.url.endswith("/places/parsloes/")

        page.locator("[data-back]").focus()
        page.keyboard.press("Enter")
        assert page.locator(".streets-map").count() == 0
        assert page.locator(".map-wards svg").is_visible()
        assert page.evaluate("document.activeElement.dataset.go") == ""
        page.locator("[data-go]").click()
        page.locator(".streets-map a[href='/places/valence/']").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/places/valence/")

        # Without the script the drawn map is all there is.
        plain = browser.new_page(java_script_enabled=False)
        plain.goto(f"{served.url}/places/")
        assert plain.locator(".map-wards svg").is_visible()
        assert not plain.locator(".streets-bar").is_visible()
        browser.close()
    assert troubles == []
