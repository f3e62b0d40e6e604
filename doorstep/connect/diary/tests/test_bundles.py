"""A bundle: made whole by the worker, and every byte of it vouched for."""

import io
import json
import sys
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.private_files import private_files
from doorstep.base.time import now
from doorstep.connect.diary import drawing, packing, seals, verifying
from doorstep.connect.diary.actions import bundling, writing
from doorstep.connect.diary.models import Bundle, Entry
from doorstep.connect.diary.tests import making
from doorstep.connect.tests import factories

pytestmark = pytest.mark.django_db
AT, DAY = factories.AT, making.DAY


def content(name):
    with private_files.open(name) as file:
        return file.read()


def full_diary(person):
    row = making.diary(person)
    first = making.entry(row, days=20)
    making.exhibit(first)
    told = making.entry(
        row, days=12, kind="told", who="Housing, Mr Hale", how="phone", reference="R-4471",
        facts="That the wall is wet.", feelings="",
    )  # fmt: skip
    reply = making.entry(
        row, days=3, kind="answer", answers=told, who="Mr Hale", facts="In the spring, he said."
    )
    making.exhibit(reply, "letter")
    making.exhibit(first, "sound")
    urdu = making.entry(row, days=2, facts="دیوار گیلی ہے۔", feelings="")
    writing.put_right(
        urdu, by=person, at=AT, why="Wrong day", happened_on=making.TODAY - 1 * DAY,
        facts="دیوار گیلی ہے اور ٹھنڈی۔",
    )  # fmt: skip
    gone = making.entry(row, days=1, facts="Said in anger.")
    writing.strike(gone, by=person, at=AT, why="Not so.")
    return row


@pytest.fixture
def bundle(cast):
    return making.bundle(full_diary(cast.amina), at=now())


def check(tmp_path, *files, **more):
    paths = []
    for name, data in files:
        path = tmp_path / name
        path.write_bytes(data)
        paths.append(path)
    return verifying.verify(paths, keys=more.pop("keys", seals.own_keys()), **more)


def codes(report):
    return [row["code"] for one in report.files for row in one.problems]


def unpack(data):
    archive = zipfile.ZipFile(io.BytesIO(data))
    return [(name, archive.read(name)) for name in archive.namelist()]


def test_a_bundle_is_whole_and_so_is_its_pdf_alone(bundle, tmp_path):
    report = check(tmp_path, ("b.zip", content(bundle.file)), ("e.pdf", content(bundle.pdf_file)))
    assert report.is_whole, report.in_words()
    assert [one.kind for one in report.files] == ["bundle", "pdf"]
    assert report.files[0].counts == {"listed": 4, "unchanged": 4}
    assert report.files[1].counts == {"attachments": 3}
    assert {one.bundle for one in report.files} == {bundle.ref}


def test_an_unpacked_folder_and_a_letter_beside_its_pdf_are_whole_too(bundle, tmp_path):
    folder = tmp_path / "unpacked"
    zipfile.ZipFile(io.BytesIO(content(bundle.file))).extractall(folder)
    assert verifying.verify([folder], keys=seals.own_keys()).is_whole
    letter = next(folder.glob("attachments/*.pdf"))
    beside = [folder / "evidence.pdf", letter]
    assert verifying.verify(beside, keys=seals.own_keys()).is_whole
    letter.write_bytes(b"%PDF-1.4 another")
    assert codes(verifying.verify(beside, keys=seals.own_keys())) == ["no_seal"]


def test_the_paper_tells_what_holds_and_what_was_before(cast):
    row = full_diary(cast.amina)
    made = making.bundle(row, make=False)
    paper = drawing.paper(drawing.contents(made), key=seals.own_key())
    assert "Said in anger." not in paper
    assert "This entry was taken back" in paper
    assert "دیوار گیلی ہے۔" in paper  # in what was put right
    assert "9 days later" in paper  # Mr Hale took his time
    assert "I was frightened" in paper
    made.has_feelings = False
    paper = drawing.paper(drawing.contents(made), key=seals.own_key())
    assert "I was frightened" not in paper


@pytest.fixture
def small(cast, monkeypatch):
    """A bundle of a few thousand bytes, so that every byte can be asked."""
    monkeypatch.setattr(
        "doorstep.connect.diary.actions.bundling.printing.pdf",
        lambda html, attachments: (
            b"%PDF-1.7\n<< /Type /EmbeddedFile >>\nstream\n"
            + attachments["manifest.json"]
            + b"\nendstream\n%%EOF\n"
        ),
    )
    row = making.diary(cast.amina)
    making.exhibit(making.entry(row), "sound")
    made = making.bundle(row, at=now())
    return content(made.file), content(made.pdf_file)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), which=st.integers(0, 1))
def test_whichever_bit_is_turned_it_is_found(small, tmp_path, place, bit, which):
    data = bytearray(small[which])
    data[int(place * len(data))] ^= 1 << bit
    report = check(tmp_path, ("b.zip" if which == 0 else "b.pdf", bytes(data)))
    assert not report.is_whole
    assert codes(report)
    report.in_words()


def test_every_single_byte_of_the_packing_counts(small, tmp_path):
    """Not by chance: each byte that isn't a file's own content, one after the other."""
    data, _pdf = small
    assert check(tmp_path, ("b.zip", data)).is_whole
    inside = set()
    for name, body in unpack(data):
        at = data.index(name.encode() + body) + len(name)
        inside |= set(range(at + 40, at + len(body) - 40))
    for at in sorted(set(range(len(data))) - inside):
        broken = bytearray(data)
        broken[at] ^= 0x20
        assert not check(tmp_path, ("b.zip", bytes(broken))).is_whole, at


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut=st.floats(0, 1, exclude_max=True), more=st.binary(min_size=1, max_size=30))
def test_cut_short_or_with_something_behind_it_is_found(small, tmp_path, cut, more):
    for number, name in enumerate(("b.zip", "b.pdf")):
        data = small[number]
        assert not check(tmp_path, (name, data[: int(cut * len(data))])).is_whole
        assert not check(tmp_path, (name, data + more)).is_whole
        assert not check(tmp_path, (name, more + data)).is_whole


def test_what_was_taken_out_put_in_or_swapped_is_named(small, cast, tmp_path):
    files = unpack(small[0])
    sound = next(name for name, _data in files if name.startswith("attachments/"))

    def found(rows):
        report = check(tmp_path, ("b.zip", packing.pack(rows)))
        return [(row["code"], row["path"]) for row in report.files[0].problems]

    assert found([row for row in files if row[0] != sound]) == [("removed", sound)]
    assert found([*files, ("attachments/9999-1-photo.webp", b"x")]) == [
        ("added", "attachments/9999-1-photo.webp")
    ]
    assert found([row for row in files if row[0] != "manifest.json"]) == [
        ("no_manifest", "manifest.json")
    ]
    other = making.diary(cast.bryn)
    making.entry(other)
    pdf = content(making.bundle(other, at=now()).pdf_file)
    swapped = [(name, pdf if name == "evidence.pdf" else data) for name, data in files]
    assert found(swapped) == [("swapped", "evidence.pdf")]
    assert found([(name, b"ID3" if name == sound else data) for name, data in files]) == [
        ("changed", sound)
    ]


def test_a_list_made_anew_by_somebody_else_is_not_ours(small, tmp_path, monkeypatch):
    files = dict(unpack(small[0]))
    from doorstep.base import sealing

    ours = seals.own_keys()
    with sealing.using(sealing.Keyring([key := sealing.made(now())], key.id)):
        forged = json.loads(files["manifest.json"])
        forged = {k: v for k, v in forged.items() if k not in ("key", "signature")}
        files["manifest.json"] = seals.seal_manifest(forged)
        theirs = seals.own_key()
    data = packing.pack(list(files.items()))
    assert codes(check(tmp_path, ("b.zip", data), keys=ours)) == ["key"]
    report = check(tmp_path, ("b.zip", data), keys=ours | {theirs})
    assert codes(report) == []


def test_a_zip_packed_again_says_so_and_may_be_allowed(small, tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as again:
        for name, data in unpack(small[0]):
            again.writestr(name, data)
    assert codes(check(tmp_path, ("b.zip", out.getvalue()))) == ["packing"]
    assert check(tmp_path, ("b.zip", out.getvalue()), allow_repacked=True).is_whole


def hostile(*rows, compress=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compress) as made:
        for name, data, mode in rows:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = compress
            made.writestr(info, data)
    return out.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (hostile(("../../etc/passwd", b"x", 0o644)), "path"),
        (hostile(("/etc/passwd", b"x", 0o644)), "path"),
        (hostile(("a\\..\\b", b"x", 0o644)), "path"),
        (hostile(("e\x1b[2Jvil", b"x", 0o644)), "path"),
        (hostile(("evidence.pdf", b"/etc/passwd", 0o120777)), "link"),
        (hostile(("manifest.json", b"1", 0o644), ("manifest.json", b"2", 0o644)), "twice"),
        (hostile(("big", b"\0" * 50_000_000, 0o644), compress=zipfile.ZIP_DEFLATED), "bomb"),
        (hostile(("manifest.json", b"[" * 100_000, 0o644)), "manifest"),
        (hostile(("manifest.json", b'{"format": 1}', 0o644)), "manifest"),
        (hostile(), "no_manifest"),
        (b"PK\x03\x04" + b"\0" * 100, "broken"),
    ],
)
def test_a_hostile_zip_is_answered_with_a_sentence(tmp_path, data, code):
    report = check(tmp_path, ("b.zip", data))
    assert code in codes(report)
    assert "\x1b" not in report.in_words()
    json.dumps(report.as_json())


def test_neither_a_bundle_nor_a_pdf(tmp_path):
    assert codes(check(tmp_path, ("notes.txt", b"hello"))) == ["not_listed"]
    assert codes(check(tmp_path, ("empty.pdf", b""))) == ["no_seal", "not_pdf"]
    with pytest.raises(verifying.Unreadable):
        verifying.verify([tmp_path / "nothing.zip"], keys=seals.own_keys())


def test_the_same_words_have_the_same_hash_in_every_bundle(small, cast, tmp_path):
    first = json.loads(dict(unpack(small[0]))["manifest.json"])
    row = Bundle.objects.get().diary
    making.entry(row, days=1)
    second = json.loads(dict(unpack(content(making.bundle(row, at=now()).file)))["manifest.json"])
    assert first["entries"][0] == second["entries"][0]
    assert len(second["entries"]) == 2


def test_one_that_cannot_be_printed_here_says_so_and_may_be_tried_again(cast, monkeypatch):
    row = making.diary(cast.amina)
    making.entry(row)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    made = making.bundle(row, make=False)
    assert not bundling.make(made.pk, at=AT)
    made.refresh_from_db()
    assert made.state == Bundle.State.FAILED
    assert "Pango" in made.problem
    bundling.again(made, by=cast.amina, at=AT)
    made.refresh_from_db()
    assert made.state == Bundle.State.WAITING


def test_made_twice_it_is_made_once_and_a_lost_one_is_made_by_the_tick(cast, monkeypatch):
    monkeypatch.setattr(
        "doorstep.connect.diary.actions.bundling.printing.pdf", lambda html, **how: b"%PDF-1.7\n"
    )
    row = making.diary(cast.amina)
    making.entry(row)
    made = making.bundle(row, make=False, at=AT)
    assert bundling.make_what_waits(AT) == 0  # the queue may still have it
    assert bundling.make_what_waits(AT + 2 * DAY) == 1
    assert not bundling.make(made.pk, at=AT)
    stuck = making.bundle(row, make=False, at=AT)
    Bundle.objects.filter(pk=stuck.pk).update(state="making", began_at=AT)
    assert bundling.make_what_waits(AT + 2 * DAY) == 1


def test_an_empty_diary_makes_no_bundle(cast):
    row = making.diary(cast.amina)
    with pytest.raises(bundling.NotNow):
        making.bundle(row)
    making.entry(row)
    with pytest.raises(bundling.NotNow):
        making.bundle(row, ends_on=making.TODAY - 300 * DAY)
    assert Entry.objects.count() == 1


def test_the_command_ends_with_what_it_found(small, tmp_path, capsys):
    from django.core.management import CommandError, call_command

    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(small[0])
    bad.write_bytes(small[0].replace(b"ID3", b"ID4", 1))
    call_command("evidence", "verify", str(good), "--json")
    assert json.loads(capsys.readouterr().out)["whole"] is True
    call_command("evidence", "verify", str(good), "--key", seals.own_key())
    with pytest.raises(SystemExit) as ended:
        call_command("evidence", "verify", str(bad))
    assert ended.value.code == 1
    assert "attachments/0001-1-sound.mp3" in capsys.readouterr().out
    for wrong in ([str(tmp_path / "none.zip")], [str(good), "--key", "nonsense"]):
        with pytest.raises(CommandError) as problem:
            call_command("evidence", "verify", *wrong)
        assert problem.value.returncode == 2
