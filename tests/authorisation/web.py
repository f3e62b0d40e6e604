"""The front page, search, and the plain pages."""

from tests.authorisation.answers import (
    BY_GET,
    DONE,
    ON,
    REFUSED,
    NotSwept,
    everyone,
    members,
    only,
    seen_by,
    within,
)

KEEPERS = ("moderator", "administrator")

rows = within("web")
ROWS = [
    *rows("home", get=everyone()),
    *rows(
        "search healthz about contact accessibility privacy",
        get=everyone(),
        post=BY_GET,
    ),
    *rows("lend", get=members(visitor=ON), post=BY_GET),
    *rows("feed support", get=everyone(ON), post=BY_GET),
    *rows("people account", get=members(ON), post=BY_GET),
    *rows("safety changes", get=everyone(), post=BY_GET),
    *rows("complain", get=everyone()),
    *rows(
        "complaint",
        "complaint",
        get=seen_by("owner", *KEEPERS),
        post=seen_by(*KEEPERS, owner=REFUSED, page=DONE),
    ),
    *rows("safety_records safety_csv", get=only(*KEEPERS), post=BY_GET),
    *rows("tell_change", get=only(*KEEPERS)),
    *rows("safety_record", "safety_record", get=only(*KEEPERS), post=BY_GET),
    *rows("safety_entry", "safety_entry", get=only(*KEEPERS)),
]  # fmt: skip


def furnish(world):
    """A complaint of the owner's, and the names of the records."""
    import datetime as dt

    from doorstep.web.models import Complaint

    row = Complaint.objects.create(
        what="other", text="Nobody answered.", by=world.owner, due_on=dt.date(2030, 1, 1)
    )
    world.put("complaint", key=row.key)
    world.put("safety_record", record="illegal")
    world.put("safety_entry", record="illegal", key="fraud")


# Seen by whoever made it and by those who answer; its key is a random word.
NOT_SWEPT = [
    NotSwept(
        "the key of a complaint is a random word; rows above say who sees it",
        ("web:complaint", "web:safety_record", "web:safety_entry"),
    )
]
# Safety records hold no case: what could happen here, and what we do about it.
FOR_ADMINISTRATORS = [
    "web:complaint",
    "web:safety_records",
    "web:safety_csv",
    "web:tell_change",
    "web:safety_record",
    "web:safety_entry",
]
