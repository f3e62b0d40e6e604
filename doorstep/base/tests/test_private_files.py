"""Private files: sealed on the disk, whole or not at all, handed over by views alone."""

import datetime as dt

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base import sealing
from doorstep.base.private_files import _CHUNK, _HEAD, _TAG, answer, private_files

SIZES = (0, 1, _CHUNK - 1, _CHUNK, _CHUNK + 1, 3 * _CHUNK, 3 * _CHUNK + 17)


def keep(content: bytes, folder: str = "evidence") -> str:
    return private_files.save(folder, ContentFile(content))


def on_disk(name: str):
    return private_files._path(name)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_of_any_size_comes_back_and_none_of_it_lies_open(size):
    content = (b"The neighbour wrote. " * (size // 20 + 1))[:size]
    name = keep(content)
    with private_files.open(name) as file:
        assert file.read() == content
    assert private_files.size(name) == size
    assert b"neighbour" not in on_disk(name).read_bytes()
    assert on_disk(name).stat().st_mode & 0o777 == 0o600


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2 * _CHUNK + 99), st.integers(0, 3 * _CHUNK))
def test_it_may_be_read_from_any_place(start, length):
    content = bytes(range(256)) * (2 * _CHUNK // 256) + b"end"
    with private_files.open(keep(content)) as file:
        file.seek(start)
        assert file.read(length) == content[start : start + length]


def test_its_name_cannot_be_guessed_and_does_not_say_what_it_was_called():
    names = {private_files.save("evidence/letter-from-Amina.pdf", ContentFile(b"x")) for _ in "123"}
    assert len(names) == 3
    assert all(len(name) == len("evidence/") + 24 + len(".sealed") for name in names)
    assert not any("Amina" in name for name in names)


@pytest.mark.parametrize("folder", ["../up", "/etc", "", "a b"])
def test_it_stays_in_its_own_folder(folder):
    with pytest.raises((SuspiciousFileOperation, ValueError)):
        keep(b"x", folder)


def _cut(raw: bytes) -> bytes:
    return raw[: _HEAD + 2 * (_CHUNK + _TAG)]


def _swapped(raw: bytes) -> bytes:
    size = _CHUNK + _TAG
    first, second = raw[_HEAD : _HEAD + size], raw[_HEAD + size : _HEAD + 2 * size]
    return raw[:_HEAD] + second + first + raw[_HEAD + 2 * size :]


@pytest.mark.parametrize(
    "spoil",
    [
        _cut,
        _swapped,
        lambda raw: raw[:-1],
        lambda raw: raw[:500] + bytes([raw[500] ^ 1]) + raw[501:],
        lambda raw: b"",
        lambda raw: b"%PDF-1.7 plain",
        lambda raw: raw[:6] + b"zzzzzz" + raw[12:],
    ],
)
def test_a_file_that_was_cut_changed_or_put_together_anew_does_not_open(spoil):
    name = keep(b"x" * (3 * _CHUNK + 5))
    on_disk(name).write_bytes(spoil(on_disk(name).read_bytes()))
    with pytest.raises(sealing.CannotOpen), private_files.open(name) as file:
        file.read()


def test_a_file_moved_to_anothers_name_does_not_open():
    one, two = keep(b"mine"), keep(b"yours")
    on_disk(one).write_bytes(on_disk(two).read_bytes())
    with pytest.raises(sealing.CannotOpen):
        private_files.open(one)


def test_a_rotation_seals_files_afresh_and_leaves_the_deleted_deleted():
    def key(name: str) -> sealing.Key:
        return sealing.Key(name, name.encode() * 5 + b"..", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))

    old, new = key("oldold"), key("newnew")
    with sealing.using(sealing.Keyring([old], "oldold")):
        kept, gone = keep(b"kept"), keep(b"gone")
        private_files.delete(gone)
    with sealing.using(sealing.Keyring([old, new], "newnew")):
        assert private_files.used() == {"oldold": 1}
        assert sum(private_files.reseal()) == 1
        assert private_files.used() == {"newnew": 1}
        assert sum(private_files.reseal()) == 0
    with sealing.using(sealing.Keyring([new], "newnew")), private_files.open(kept) as file:
        assert file.read() == b"kept"
    assert not private_files.exists(gone)


@pytest.mark.parametrize(
    ("called", "kind"),
    [
        ("letter.pdf", "application/pdf"),
        ("photo.jpg", "image/jpeg"),
        ("page.html", "application/octet-stream"),
        ("drawing.svg", "application/octet-stream"),
        ("script.js", "application/octet-stream"),
        ("nothing", "application/octet-stream"),
    ],
)
def test_it_is_handed_over_to_be_saved_and_kept_by_nobody_on_the_way(called, kind):
    response = answer(keep(b"<script>alert(1)</script>"), called=called)
    assert response["Content-Type"] == kind
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"] == f'attachment; filename="{called}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"


def test_it_has_no_address():
    with pytest.raises(ValueError, match="no address"):
        private_files.url(keep(b"x"))
