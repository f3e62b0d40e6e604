"""Evidence diaries: the person, and whoever keeps it with them."""

from django.core.files.uploadedfile import SimpleUploadedFile

from doorstep.base.keys import new_key
from doorstep.base.time import now, today
from doorstep.connect.diary import rules
from doorstep.connect.diary.actions import writing
from doorstep.connect.diary.models import Bundle, Diary
from doorstep.connect.models import Relationship
from tests.authorisation.answers import BY_GET, Each, NotSwept, members, seen_by, within
from tests.authorisation.world import World

ORDER = 46  # after connect: kept within its relationship


def furnish(world: World) -> None:
    at = now()
    walk = Relationship.objects.get(person=world.owner)
    kept = writing.begin(
        world.owner, by=world.owner, at=at, problem="repairs", title="Mould", relationship=walk,
        client_key=new_key(20),
    )  # fmt: skip
    writing.begin(
        world.owner, by=world.owner, at=at, problem="debt", title="For me alone",
        client_key=new_key(20),
    )  # fmt: skip
    writing.begin(
        world.member, by=world.member, at=at, problem="debt", title="With the hub",
        is_with_hub=True, client_key=new_key(20),
    )  # fmt: skip
    entry = writing.write(
        kept, by=world.owner, at=at, kind="happened", happened_on=today(), facts="Wet.",
        client_key=new_key(20),
    )  # fmt: skip
    exhibit = writing.attach(
        entry, by=world.owner, at=at, kind="sound", description="Dripping.",
        upload=SimpleUploadedFile("a.mp3", b"ID3\x04"), client_key=new_key(20),
    )  # fmt: skip
    bundle = Bundle.objects.create(
        diary=kept, made_by=world.owner, made_at=at, client_key=new_key(20), state="ready",
        file=exhibit.file, pdf_file=exhibit.file,
    )  # fmt: skip
    world.put("diary", ref=kept.ref)
    world.put("diary_write", ref=kept.ref, verb="write")
    world.put("exhibit", ref=exhibit.ref)
    world.put("evidence_bundle", ref=bundle.ref)


rows = within("connect")
_KEEP = seen_by("owner", "catalyst")
ROWS = [
    *rows("diaries", get=members()),
    *rows("diary", "diary", get=_KEEP, post=BY_GET),
    *rows("diary_do", "diary_write", get=_KEEP),
    # Files are each test's own, so those of this world are gone: connect's tests ask for them.
    *rows("exhibit", "exhibit", get=seen_by(), post=BY_GET),
    *rows("bundle", "evidence_bundle", get=seen_by(), post=BY_GET),
]


def _diaries():
    return Diary.objects.select_related("person__home", "relationship__person")


EACH = [
    Each("connect:diary", _diaries, rules.can_see_diary, lambda row: {"ref": row.ref}),
    Each(
        "connect:diary_do",
        _diaries,
        rules.can_see_diary,
        lambda row: {"ref": row.ref, "verb": "write"},
    ),
]
NOT_SWEPT = [
    NotSwept(
        "a file opens by its diary, proved in connect's tests",
        ("connect:exhibit", "connect:bundle"),
    ),
]
