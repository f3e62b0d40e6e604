"""Feeds come in whole or not at all, and everything wrong in one is told with its place."""

import json

import pytest

from doorstep.base.time import now
from doorstep.organisations.models import (
    Confirmation,
    ImportRun,
    Location,
    Schedule,
    Service,
    Source,
    TaxonomyTerm,
)
from doorstep.organisations.oruk import bringing_in
from doorstep.organisations.oruk.bringing_in import drop_held, import_feed, leaving, tick, use_held
from doorstep.organisations.oruk.fetching import CannotFetch, Fetcher, is_open
from doorstep.organisations.tests.oruk import other_server

pytestmark = pytest.mark.django_db


def service(number, **more):
    return {
        "id": f"{number:08d}-0000-4000-8000-000000000000",
        "name": f"Service {number}",
        "description": "Words.",
        "status": "active",
        **more,
    }


def feed(tmp_path, told, name="feed.json"):
    path = tmp_path / name
    path.write_text(told if isinstance(told, str) else json.dumps(told, indent=1))
    return str(path)


def said(report):
    return [(str(row.what), row.place, row.said) for row in report.rows]


# --- Bad files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "There is nothing in it."),
        ("[{]", "Line 1 is not JSON"),
        ('{"contents": [\n{"id": "1",\n "name": }]}', "Line 3 is not JSON"),
        (
            '{"contents": [{"id": "1", "name": "A"},\n{"id": "2", "na',
            "Line 2: the feed stops half-",
        ),
        ('{"contents": [{"id": "1", "name": "A"},\n', "Line 2: the feed stops half-way"),
        ('{"contents": [{"id": "1", "name": "A"}], "total_items": 5}', "says it holds 5 and has 1"),
        ('[{"id": "1", "name": "A", "minimum_age": NaN}]', "Line 1 is not JSON: NaN"),
        ("[" * 100_000, "deeper than we read"),
    ],
)
def test_a_broken_feed_keeps_nothing_and_names_the_line(tmp_path, text, words):
    report = import_feed(feed(tmp_path, text))
    assert report.state == "refused"
    assert words in report.said
    assert not Service.objects.exists()
    assert not Source.objects.exists()


def test_a_feed_beyond_the_stated_size_is_refused_unread(tmp_path):
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)
    report = import_feed(str(path))
    assert (report.state, report.read) == ("refused", 0)
    assert "larger than 256 MB" in report.said


def test_rows_that_cannot_be_used_are_left_out_whole_with_their_place(tmp_path):
    told = {"contents": [service(1), {"name": "No id"}, service(1, name="Again"), "?", {"id": "x"}]}
    report = import_feed(feed(tmp_path, told))
    assert (report.added, report.left_out) == (1, 4)
    assert said(report) == [
        ("left_out", "contents[1], line 9", "It has no id, so it can't be told apart."),
        (
            "left_out",
            "contents[2], line 12",
            f"The id {service(1)['id']} was there before (contents[0], line 3). "
            "The first one counts.",
        ),
        ("left_out", "contents[3], line 18", "That should be a service, and is none."),
        ("left_out", "contents[4], line 19", "It has no name."),
    ]
    assert Service.objects.get().name == "Service 1"


def test_strict_keeps_nothing_for_one_row_left_out(tmp_path):
    report = import_feed(feed(tmp_path, [service(1), {"name": "No id"}]), strict=True)
    assert (report.state, report.left_out) == ("refused", 1)
    assert not Service.objects.exists()


def test_a_fault_while_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_args):
        raise RuntimeError("the power went")

    monkeypatch.setattr(bringing_in._Writer, "_prove", fail)
    with pytest.raises(RuntimeError):
        import_feed(feed(tmp_path, [service(1), service(2)]))
    assert not Service.objects.exists()
    assert not Source.objects.exists()


def test_html_becomes_plain_words_and_no_script_is_left(client, tmp_path):
    report = import_feed(
        feed(
            tmp_path,
            [
                service(
                    1,
                    description="<p>Soup &amp; <b>bread</b></p><script>alert(1)</script>"
                    "<ul><li>One</li></ul>&lt;img src=x onerror=alert(2)&gt;",
                    url="javascript:alert(3)",
                    made_up={"deep": "<script>alert(4)</script>ok"},
                )
            ],
        )
    )
    one = Service.objects.get()
    assert one.description == "Soup & bread\n\n• One"
    assert one.url == ""
    assert [row.place for row in report.rows] == [
        "[0], line 2.description",
        "[0], line 2.url",
    ]
    assert "alert" not in client.get(f"/directory/api/services/{one.uid}").content.decode()


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"opens_at": "25:00"}, "These hours can't be"),
        ({"freq": "WEEKLY", "byday": "XX"}, "There is no day called XX."),
        ({"freq": "FORTNIGHTLY"}, "There is no rule called FORTNIGHTL."),
        ({"freq": "WEEKLY", "interval": 0}, "Every nought weeks is never."),
        ({"freq": "WEEKLY", "byday": "2MO"}, "The second Monday of a week can't be"),
        ({"valid_from": "2026-05-01", "valid_to": "2026-04-01"}, "It ends before it begins."),
        ({"freq": "MONTHLY", "bymonthday": "32"}, "There is no day 32."),
        ({"opens_at": "10:00", "closes_at": "10:00"}, "It closes at the moment it opens."),
        ({"valid_from": "2026-02-30"}, "These hours can't be"),
    ],
)
def test_hours_that_cannot_be_are_kept_aside_and_shown_nowhere(client, tmp_path, schedule, words):
    told = service(1, schedules=[{"id": "s", "description": "Mornings", **schedule}])
    report = import_feed(feed(tmp_path, [told]))
    assert words in " ".join(row.said for row in report.rows)
    assert any(row.place.startswith("[0], line 2.schedules[0]") for row in report.rows)
    row = Schedule.objects.get()
    assert (row.is_possible, row.freq, row.opens_at) == (False, "", None)
    assert row.extra["_given"].items() >= {k: str(v) for k, v in schedule.items()}.items()
    assert "schedules" not in client.get(f"/directory/api/services/{told['id']}").json()


@pytest.mark.parametrize(
    ("point", "words"),
    [
        ((0, 0), "0, 0 is in the sea"),
        ((54.0, 3.0), "in the sea"),
        ((0.13, 51.55), "look swapped"),
        ((48.85, 2.35), "not in the United Kingdom"),
        ((151.5, 0.1), "no such point"),
        (("north", 0.1), "no number"),
        ((51.5, None), "needs both"),
    ],
)
def test_a_point_that_cannot_be_is_on_no_map(tmp_path, point, words):
    place = {"id": "p", "location_type": "physical", "latitude": point[0], "longitude": point[1]}
    told = service(1, service_at_locations=[{"id": "sal", "location": place}])
    report = import_feed(feed(tmp_path, [told]))
    [row] = report.rows
    assert words in row.said
    assert row.place == "[0], line 2.service_at_locations[0].location"
    one = Location.objects.get()
    assert (one.latitude, one.longitude) == (None, None)


# --- Again and again -------------------------------------------------------------------------


def test_bringing_in_the_same_again_changes_nothing(tmp_path):
    path = feed(tmp_path, [service(number) for number in range(5)])
    assert import_feed(path).added == 5
    before = list(Service.objects.values_list("pk", "changed_at", "slug"))
    report = import_feed(path)
    assert (report.added, report.changed, report.same, report.gone) == (0, 0, 5, 0)
    assert list(Service.objects.values_list("pk", "changed_at", "slug")) == before
    assert Confirmation.objects.count() == 5


def test_a_changed_service_keeps_its_page_and_what_people_here_wrote(tmp_path):
    schedules = [{"id": "s", "freq": "WEEKLY", "byday": "MO"}]
    path = feed(tmp_path, [service(1, schedules=schedules, fees="£2")])
    import_feed(path)
    Service.objects.update(first_visit="Ring the bell twice.")
    before = Service.objects.get()
    feed(tmp_path, [service(1, name="New name", schedules=[{"id": "s2", "byday": "TU"}])])
    assert import_feed(path).changed == 1
    after = Service.objects.get()
    assert (after.pk, after.slug, after.first_visit) == (before.pk, before.slug, before.first_visit)
    assert (after.name, after.fees) == ("New name", "")
    assert [row.byday for row in Schedule.objects.all()] == ["TU"]


def test_a_dry_run_keeps_nothing_and_tells_the_same(tmp_path):
    path = feed(tmp_path, [service(1), {"name": "No id"}])
    report = import_feed(path, dry_run=True)
    assert (report.state, report.added, report.left_out) == ("dry", 1, 1)
    assert not Service.objects.exists()
    assert not Source.objects.exists()
    assert not ImportRun.objects.exists()


def test_what_leaves_the_feed_closes_and_opens_again_with_it(tmp_path):
    path = feed(tmp_path, [service(number) for number in range(4)])
    import_feed(path)
    feed(tmp_path, [service(number) for number in range(3)])
    assert import_feed(path).gone == 1
    assert Service.objects.get(name="Service 3").state == "closed"
    Service.objects.filter(name="Service 2").update(state="closed")  # by somebody here
    feed(tmp_path, [service(number) for number in range(4)])
    import_feed(path)
    assert Service.objects.get(name="Service 3").state == "live"
    assert Service.objects.get(name="Service 2").state == "closed"


@pytest.fixture
def held(tmp_path):
    path = feed(tmp_path, [service(number) for number in range(9)])
    import_feed(path)
    feed(tmp_path, [service(number, fees="£1") for number in range(5)])
    report = import_feed(path)
    assert report.state == "held"
    return report.run


def test_a_feed_that_lost_more_than_a_third_is_held(held):
    assert Service.objects.public().count() == 9
    assert not Service.objects.exclude(fees="").exists()
    assert held.said.startswith("4 of 9 services are no longer in it.")


def test_what_was_held_comes_in_once_somebody_says_yes(held, cast):
    report = use_held(held, by=cast.dev, at=now())
    assert (report.changed, report.gone) == (5, 4)
    assert Service.objects.public().count() == 5
    assert use_held(held, by=cast.ewan, at=now()) is None
    held.refresh_from_db()
    assert (held.state, held.decided_by, bytes(held.held)) == ("done", cast.dev, b"")


def test_what_was_held_can_be_dropped(held, cast):
    assert drop_held(held, by=cast.dev, at=now())
    assert Service.objects.public().count() == 9
    assert use_held(held, by=cast.dev, at=now()) is None


def test_a_third_exactly_is_not_held(tmp_path):
    path = feed(tmp_path, [service(number) for number in range(9)])
    import_feed(path)
    feed(tmp_path, [service(number) for number in range(6)])
    assert import_feed(path).state == "done"


def test_terms_of_a_feed_are_tied_to_ours(client, tmp_path):
    ours = TaxonomyTerm.objects.create(name="Food")
    term = {"id": "t-9", "name": "Meals and nutrition", "description": "", "taxonomy": "theirs"}
    path = feed(tmp_path, [service(1, attributes=[{"id": "a", "taxonomy_term": term}])])
    import_feed(path, term_map={"Meals and nutrition": "food"})
    assert TaxonomyTerm.objects.get(feed_id="t-9").same_as == ours
    found = client.get(f"/directory/api/services?taxonomy_term_id={ours.uid}").json()
    assert found["total_items"] == 1
    assert client.get("/directory/api/services?search=food").json()["total_items"] == 1


# --- Other people's servers ------------------------------------------------------------------

URL = "http://feed.example/services"


def pages(server, *lists, **envelope):
    total = sum(len(rows) for rows in lists)
    for number, rows in enumerate(lists, 1):
        told = {
            "total_items": total, "total_pages": len(lists), "page_number": number,
            "size": len(rows), "contents": rows, **envelope,
        }  # fmt: skip
        server.put("/services" if number == 1 else f"/services?page={number}", told)
    for rows in lists:
        for one in rows:
            server.put(f"/services/{one['id']}", {**one, "schedules": [{"id": "s", "byday": "MO"}]})


def test_a_feed_in_pages_is_read_to_its_end_and_each_service_in_full():
    with other_server() as (server, fetcher):
        pages(server, [service(1), service(2)], [service(3)])
        assert import_feed(URL, fetcher=fetcher).added == 3
    assert Schedule.objects.count() == 3
    assert {address for address, _port in fetcher.went} == {"93.184.216.34"}


def test_what_did_not_change_is_not_asked_for_again():
    with other_server() as (server, fetcher):
        stamp = {"last_modified": "2026-01-02T03:04:05Z"}
        pages(server, [service(1, **stamp), service(2)])
        import_feed(URL, fetcher=fetcher)
        server.asked.clear()
        report = import_feed(URL, fetcher=fetcher)
        assert server.asked == ["/services", f"/services/{service(2)['id']}"]
    assert (report.same, report.gone) == (2, 0)


def test_a_feed_in_which_nothing_changed_is_no_failure():
    with other_server() as (server, fetcher):
        stamp = {"last_modified": "2026-01-02T03:04:05Z"}
        pages(server, [service(1, **stamp), service(2, **stamp)])
        import_feed(URL, fetcher=fetcher)
        report = import_feed(URL, fetcher=fetcher)
    assert (report.state, report.same, report.gone) == ("done", 2, 0)
    assert Source.objects.get().failures == 0


def test_using_a_held_feed_leaves_what_did_not_change_in_the_directory(cast):
    with other_server() as (server, fetcher):
        stamp = {"last_modified": "2026-01-02T03:04:05Z"}
        pages(server, [service(number, **stamp) for number in range(9)])
        import_feed(URL, fetcher=fetcher)
        pages(server, [service(number, **stamp) for number in range(5)])
        run = import_feed(URL, fetcher=fetcher).run
    assert run.state == "held"
    assert [one.name for one in leaving(run, 3)] == ["Service 5", "Service 6", "Service 7"]
    assert use_held(run, by=cast.dev, at=now()).gone == 4
    assert Service.objects.public().count() == 5
    assert leaving(run, 3) == []


def test_a_feed_that_stops_between_pages_keeps_nothing():
    with other_server() as (server, fetcher):
        pages(server, [service(1), service(2)], [service(3)], total_items=5)
        report = import_feed(URL, fetcher=fetcher)
        assert "says it holds 5 and has 3" in report.said
        server.put("/services?page=2", {}, status=500)
        assert "answered 500" in import_feed(URL, fetcher=fetcher).said
    assert not Service.objects.exists()


def test_a_server_that_hangs_up_half_way_keeps_nothing():
    with other_server() as (server, fetcher):
        server.put("/services", b'{"contents": [', Content_Length="5000")
        report = import_feed(URL, fetcher=fetcher)
    assert (report.state, report.said) == (
        "refused",
        "http://feed.example/services stopped after 14 bytes, before its end.",
    )


def test_an_endless_answer_is_stopped_at_the_stated_size():
    with other_server() as (server, fetcher):
        fetcher.most_bytes = 2 * 1024 * 1024
        server.put("/services", b"[" + b" " * (3 * 1024 * 1024))
        assert "larger than 2 MB" in import_feed(URL, fetcher=fetcher).said


CLOSED = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fc00::1", "fd00:ec2::254",  # noqa: S104
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "::",
    "168.63.129.16", "192.0.0.192", "fe80::1%eth0",
]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_nothing_is_ever_asked_of_an_address_that_is_not_on_the_open_internet(address):
    assert not is_open(address)
    with other_server({"feed.example": [address], "both.example": ["93.184.216.34", address]}) as (
        server,
        fetcher,
    ):
        for name in ("feed.example", "both.example"):
            report = import_feed(f"http://{name}/services", fetcher=fetcher)
            assert (report.state, server.asked, fetcher.went) == ("refused", [], [])
            assert "isn't on the open internet" in report.said


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1/", "http://[::1]/", "http://localhost/", "http://2130706433/",
        "http://0x7f.1/", "http://0/", "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd", "ftp://feed.example/", "gopher://feed.example/",
        "http://me:secret@feed.example/", "http://feed.example/\r\nHost: x", "http:///x",
    ],
)  # fmt: skip
def test_no_way_of_writing_it_leads_to_our_own_network(place):
    # The real resolver, and a connection that must never be made.
    def never(*_args):
        raise AssertionError("it connected")

    with pytest.raises(CannotFetch):
        Fetcher(connect=never).get(place, None)


def test_a_redirect_to_our_own_network_is_not_followed():
    with other_server({"inside.example": ["10.0.0.8"]}) as (server, fetcher):
        for place in ("http://inside.example/x", "http://169.254.169.254/x", "file:///etc/passwd"):
            fetcher.resolve = lambda host, port: {
                "feed.example": ["93.184.216.34"], "inside.example": ["10.0.0.8"],
            }.get(host, [host])  # fmt: skip
            server.put("/services", b"", status=302, Location=place)
            fetcher.went.clear()
            report = import_feed(URL, fetcher=fetcher)
            assert report.state == "refused"
            # Whose list it was is said first: nobody typed where it led.
            assert "/services" in report.said.partition(" sends us on. ")[0]
            assert "sends us on. " in report.said
            assert fetcher.went == [("93.184.216.34", 80)]


def test_a_name_that_answers_differently_the_second_time_changes_nothing():
    # The first answer is checked and connected to; the second is never asked for.
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    with other_server() as (server, fetcher):
        fetcher.resolve = lambda _host, _port: answers.pop(0)
        server.put("/services", [service(1)])
        assert import_feed(URL, fetcher=fetcher).added == 1
        assert fetcher.went == [("93.184.216.34", 80)]
        server.put("/services", [service(1), service(2)])
        assert import_feed(URL, fetcher=fetcher).state == "refused"
        assert fetcher.went == [("93.184.216.34", 80)]


def test_a_feed_is_asked_again_by_the_clock_and_less_often_when_it_fails(monkeypatch):
    import datetime as dt

    at = now()
    asked = []
    source = Source.objects.create(
        name="F", place=URL, every_hours=24, next_run_at=at - dt.timedelta(minutes=1)
    )
    monkeypatch.setattr(bringing_in, "import_feed", lambda place, at: asked.append(place))
    tick(at)
    tick(at)
    assert asked == [URL]
    monkeypatch.undo()
    with other_server() as (server, fetcher):
        server.put("/services", b"no", status=404)
        import_feed(URL, fetcher=fetcher, at=at)
    source.refresh_from_db()
    assert (source.failures, source.next_run_at) == (1, at + dt.timedelta(hours=48))
    assert source.runs.get().said == "http://feed.example/services answered 404."
