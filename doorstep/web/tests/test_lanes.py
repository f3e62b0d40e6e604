"""One counter for the many, a bench for those who take long: nobody slow holds the others up."""

from __future__ import annotations

import hashlib
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# A site of a few addresses, served as ours is; one process, one counter.
SITE = """
import hashlib, sys, time
from django.conf import settings
from django.http import HttpResponse, FileResponse
from django.urls import path

def quick(request):
    return HttpResponse("quick")

def slow(request, n):
    ends = time.thread_time() + 0.35
    while n < 3 and time.thread_time() < ends:
        pass
    time.sleep(2 if n == 3 else 0)
    return HttpResponse("slow")

def large(request):
    return HttpResponse(b"x" * 30_000_000)

def take(request):
    return HttpResponse(f"{len(request.body)} {hashlib.sha256(request.body).hexdigest()}")

def file(request):
    return FileResponse(open(__import__("doorstep.web.lanes").web.lanes.__file__, "rb"))

def big_file(request):
    import tempfile
    kept = tempfile.TemporaryFile()
    kept.write(b"y" * 9_000_000)
    kept.seek(0)
    return FileResponse(kept)

def broken(request):
    raise RuntimeError("told to")

def who(request):
    ends = time.thread_time() + 0.01
    while time.thread_time() < ends:
        pass
    return HttpResponse(str(__import__("os").getpid()))

module = type(sys)("lanes_urls")
module.urlpatterns = [path("quick", quick), path("slow/<int:n>", slow), path("large", large),
                      path("take", take), path("broken", broken), path("who", who),
                      path("file", file), path("big-file", big_file)]
sys.modules["lanes_urls"] = module
settings.configure(DEBUG=False, SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF="lanes_urls",
    MIDDLEWARE=[], DOORSTEP={"PROXIES": 0}, LOGGING_CONFIG=None,
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
from django.core.wsgi import get_wsgi_application
from doorstep.web import serving
serving.web_server(host="127.0.0.1", port=int(sys.argv[1]), workers=int(sys.argv[2]),
    ready=lambda: None, load=get_wsgi_application)
"""


@pytest.fixture(scope="module")
def port():
    with served(1) as number:
        yield number


@contextmanager
def served(workers: int):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SITE), str(number), str(workers)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    for _turn in range(600):
        try:
            socket.create_connection(("127.0.0.1", number), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    time.sleep(0.3)
    yield number
    child.terminate()
    child.wait(60)


# How long an answer may take on a machine that is busy with other things. Whoever is held up by
# somebody slow waits for ever: the slow one says no more before this answer has come.
PATIENCE = 30


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def said(line: socket.socket, words: bytes, times: int = 1) -> bytes:
    """Return what comes until these words have come so often."""
    got = b""
    while got.count(words) < times:
        piece = line.recv(1_000_000)
        assert piece
        got += piece
    return got


def all_of(line: socket.socket) -> bytes:
    """Return one answer in chunks, to its end."""
    return said(line, b"0\r\n\r\n")


def is_quick(port: int) -> bool:
    """Whether somebody else is answered while the slow one is still at it."""
    return get(port, "/quick") == (200, b"quick")


def test_many_requests_on_one_kept_connection_are_answered_in_turn(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for _turn in range(50):
        connection.request("GET", "/quick")
        assert connection.getresponse().read() == b"quick"


def test_a_photo_coming_in_slowly_keeps_nobody_waiting_and_arrives_whole(port):
    body = os.urandom(300_000)
    slow = connected(port)
    slow.sendall(b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n")
    slow.sendall(body[:1000])
    time.sleep(0.2)
    assert is_quick(port)
    slow.sendall(body[1000:])
    assert f"300000 {hashlib.sha256(body).hexdigest()}".encode() in all_of(slow)
    slow.close()


def test_half_a_request_keeps_nobody_waiting(port):
    lines = [connected(port) for _turn in range(10)]
    for line in lines[:5]:
        line.sendall(b"GET /quick HTTP/1.1\r\nHos")
    time.sleep(0.2)
    assert is_quick(port)
    for line in lines[:5]:
        line.sendall(b"t: x\r\n\r\n")
        said(line, b"200 OK")
    for line in lines:
        line.close()


def test_a_slow_reader_of_a_large_answer_keeps_nobody_waiting_and_gets_all_of_it(port):
    slow = connected(port)
    slow.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.5)  # nothing is read meanwhile
    assert is_quick(port)
    got = 0
    while got < 30_000_000:
        piece = slow.recv(1_000_000)
        assert piece
        got += len(piece)
    slow.sendall(b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n")  # the line is free again
    said(slow, b"quick")
    slow.close()


def test_a_reader_who_hangs_up_half_way_does_no_harm(port):
    for _turn in range(3):
        line = connected(port)
        line.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        line.close()
    assert is_quick(port)


def test_an_address_that_took_long_goes_to_the_bench_from_then_on(port):
    assert get(port, "/slow/1") == (200, b"slow")  # the first time it may have loaded something
    assert get(port, "/slow/2") == (200, b"slow")  # the second time it is known
    line = connected(port)
    line.sendall(b"GET /slow/3?q=x HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.1)
    assert is_quick(port)
    assert select.select([line], [], [], 0)[0] == []  # it came in first, and is answered after
    assert b"slow" in all_of(line)
    line.close()


def test_a_file_comes_after_its_head_and_whole(port):
    from doorstep.web import lanes

    assert get(port, "/file") == (200, Path(lanes.__file__).read_bytes())
    slow = connected(port)
    slow.sendall(b"GET /big-file HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.3)
    assert is_quick(port)
    got = bytearray()
    while len(got) < 9_000_000 or got.count(b"y") < 9_000_000:
        piece = slow.recv(1_000_000)
        assert piece
        got += piece
    assert got.startswith(b"HTTP/1.1 200 OK")
    slow.close()


def test_an_error_is_answered_at_the_counter_too(port):
    assert get(port, "/broken")[0] == 500
    assert is_quick(port)


def test_two_requests_sent_at_once_on_one_line_are_both_answered(port):
    line = connected(port)
    line.sendall(b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
    said(line, b"quick", times=2)
    line.close()


def test_people_who_all_came_to_one_process_go_to_another_that_is_free():
    """As after a kill: kept lines would all stay with the one that lived, the new one idle."""
    with served(2) as port:
        both: set[str] = set()
        for _try in range(400):
            both.add(get(port, "/who")[1].decode())
            if len(both) == 2:
                break
        away = int(min(both))
        answers: list[tuple[float, str]] = []
        over = threading.Event()

        def keep_asking() -> None:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            while not over.is_set():
                line.request("GET", "/who")
                who = line.getresponse().read().decode()
                answers.append((time.monotonic(), who))
            line.close()

        os.kill(away, signal.SIGSTOP)
        threads = [threading.Thread(target=keep_asking) for _n in range(16)]
        try:
            for thread in threads:
                thread.start()
            time.sleep(1.2)
        finally:
            back_at = time.monotonic()
            os.kill(away, signal.SIGCONT)
        # How soon the other one is at work again is the machine's affair; that it has its share
        # then is ours.
        for _second in range(PATIENCE):
            time.sleep(1)
            lately = time.monotonic() - 1
            shares = Counter(who for at, who in list(answers) if at > lately)
            if shares[str(away)] > shares.total() / 5:
                break
        over.set()
        for thread in threads:
            thread.join()
    assert str(away) not in {who for at, who in answers if at < back_at}
    assert shares[str(away)] > shares.total() / 5
