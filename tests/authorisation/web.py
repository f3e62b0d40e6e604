"""The front page, search, and the plain pages."""

from tests.authorisation.answers import BY_GET, everyone, members, within

rows = within("web")
ROWS = [
    *rows("home", get=everyone()),
    *rows(
        "search healthz about contact accessibility worried privacy",
        get=everyone(),
        post=BY_GET,
    ),
    *rows("lend", get=members(), post=BY_GET),
]
