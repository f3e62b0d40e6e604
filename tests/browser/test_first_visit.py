"""A first visit is light: under 100 KB and at most ten requests, everything included."""

import pytest


def weigh(page, path):
    """Open `path` with an empty cache; return (bytes over the wire, addresses asked for)."""
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    asked, weights = {}, []
    client.on(
        "Network.requestWillBeSent",
        lambda event: asked.setdefault(event["requestId"], event["request"]["url"]),
    )
    client.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.goto(path, wait_until="networkidle")
    return sum(weights), [url for url in asked.values() if not url.startswith("data:")]


@pytest.mark.parametrize(
    ("who", "path"),
    [
        (None, "/"),
        (None, "/whats-on/"),
        (None, "/teams/"),
        (None, "/places/"),
        (None, "/feed/stories/"),
        (None, "/account/login/"),
        ("neighbour", "/"),
    ],
)
def test_a_first_visit_weighs_little(opens, who, path):
    signed_in = opens(as_=who) if who else None
    page = opens()
    if signed_in:
        page.context.add_cookies(signed_in.context.cookies())
    weight, asked = weigh(page, path)
    # Photos of the feed come lazily; everything the page itself needs is counted.
    frame = [url for url in asked if "/feed/photo/" not in url]
    assert weight < 100_000, f"{weight} bytes: {asked}"
    assert len(frame) <= 10, asked


def test_nothing_is_asked_of_another_host(opens, street):
    page = opens(as_="neighbour")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/whats-on/", "/teams/", "/places/", "/people/me/"):
        page.goto(path)
    assert [url for url in asked if not url.startswith((street.url, "data:", "blob:"))] == []
