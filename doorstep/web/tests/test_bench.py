"""The bench: its client, its clock, its table, and what it asks the site for."""

import io
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from doorstep.web.bench import client, inside, running
from doorstep.web.demo import making


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(404 if self.path == "/gone" else 200)
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")
            return
        body = b"x" * 5000
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        assert self.rfile.read(length) == b"text=milk"
        self.send_response(302)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def port():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_the_client_sends_what_it_was_told_and_counts_the_answers(port):
    orders = [
        {"path": "/"},
        {"path": "/gone"},
        {"path": "/chunks"},
        {"path": "/", "method": "POST", "body": "text=milk"},
    ]
    seen = client.run(orders, port=port, seconds=20, at_once=4, most=40)
    assert seen["requests"] >= 40
    assert set(seen["states"]) == {"200", "404", "302"}
    assert seen["bytes_most"] == 5000
    assert seen["p95_ms"] >= seen["p50_ms"] > 0


def test_the_client_goes_on_where_it_was(port):
    orders = [{"path": "/"}, {"path": "/gone"}]
    seen = client.run(orders, port=port, seconds=20, at_once=1, start=1, most=1)
    assert seen["states"] == {"404": 1}
    assert seen["next"] == 2


def test_processor_time_of_a_tree_counts_children_that_have_ended():
    burn = "import time; e = time.process_time() + 0.3\nwhile time.process_time() < e: pass"
    code = (
        f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {burn!r}]); "
        "print('done', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"done\n"
        used = running.cpu_of(child.pid)
        child.kill()
    assert 0.25 < used < 5


def test_hello_is_served_as_the_site_is():
    env = {**os.environ, "PYTHONPATH": str(running.ROOT)}
    port = running.free_port()
    with running.server("doorstep.web.bench.hello", port, 1, env) as pid:
        before = running.cpu_of(pid)
        seen = running.ask([{"path": "/"}], port=port, seconds=0.3, at_once=2)
        assert seen["states"] == {"200": seen["requests"]}
        assert running.cpu_of(pid) >= before
    for _turn in range(50):
        if not os.path.exists(f"/proc/{pid}"):
            break
        time.sleep(0.1)
    assert not os.path.exists(f"/proc/{pid}")


def _row(**other):
    return {
        "times_hello": 3.0,
        "cpu_ms": 0.6,
        "hello_cpu_ms": 0.2,
        "hello_requests_per_second": 3000.0,
        "requests_per_second": 900.0,
        "p50_ms": 5.0,
        "p95_ms": 9.0,
        "html_bytes": 9000.0,
        "html_bytes_most": 9900,
        "queries": 6,
        "rounds": [3.0],
        "unexpected": {},
        **other,
    }


def _results(street, borough):
    plain = {"cpu_ms": 0.2, "requests_per_second": 3000.0}
    both = {"load_before": 0.1, "load_after": 1.2, "hello": plain}
    return {
        "sizes": {"street": {**both, "pages": street}, "borough": {**both, "pages": borough}},
        "first_visit": {"home feed": {"bytes": 61_000, "requests": 8, "photos": 0}},
    }


def test_what_meets_every_target_misses_none():
    results = _results({"home": _row()}, {"home": _row()})
    assert running.missed(results) == []
    assert "| home feed | 3.0 (≤ 5) | 0.60 |" in running.table(results)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"times_hello": 5.2}, "home feed on borough: 5.2 × hello, 5 at most"),
        ({"queries": 9}, "home feed on borough: 9 queries, 8 at most"),
        ({"html_bytes": 15_000.0}, "home feed on borough: 14.6 KB of HTML, 14 at most"),
        ({"unexpected": {"500": 3}}, "home feed on borough: unexpected answers {'500': 3}"),
        ({"times_hello": 4.2}, "home feed grew 1.40 × from street to borough"),
    ],
)
def test_each_missed_target_is_said(change, said):
    results = _results({"home": _row()}, {"home": _row(**change)})
    assert said in running.missed(results)


def test_a_heavy_first_visit_is_said():
    results = _results({"home": _row()}, {"home": _row()})
    results["first_visit"]["home feed"] = {"bytes": 130_000, "requests": 12, "photos": 0}
    assert running.missed(results) == ["a first visit of home feed: 130 KB in 12 requests"]


@pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
    reason="asking as a server does ends the test's own connection to PostgreSQL",
)
@pytest.mark.django_db
def test_every_page_it_asks_for_is_there():
    making.make("street")
    orders = inside.prepare(30)
    assert set(orders) == set(inside.PAGES)
    asked = inside.Inside()
    for page, among in orders.items():
        assert len(among) > 10, page
        assert len({order["account"] for order in among}) > 10, page
        for order in among[:3]:
            status, _body = asked.ask(order)
            assert status[:3] == ("302" if page == "comment" else "200"), (page, order["path"])


@pytest.mark.django_db
def test_queries_are_counted_and_a_page_can_be_profiled(capsys):
    making.make("street")
    counted = inside.count_queries({page: among[:5] for page, among in inside.prepare(20).items()})
    assert all(counted[page] >= 2 for page in inside.PAGES)
    call_command("bench", "profile", "article", times=2, lines=3, sql=True)
    said = capsys.readouterr().out
    assert "queries" in said
    assert "function calls" in said


def test_a_page_or_size_that_is_not_known_is_said():
    with pytest.raises(CommandError, match="--sizes takes street, ward, borough"):
        call_command("bench", sizes="village", stdout=io.StringIO())
    with pytest.raises(CommandError, match="Say which page"):
        call_command("bench", "profile", "nowhere", stdout=io.StringIO())


def test_replies_never_have_the_same_key():
    keys = {inside.comment_body(number).split("client_key=")[1][:40] for number in range(500)}
    assert len(keys) == 500
    assert json.dumps(sorted(keys))
