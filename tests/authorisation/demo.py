"""One-click sign-in, where it is switched on."""

from tests.authorisation.answers import everyone, within

rows = within("demo")
ROWS = [
    *rows("people", get=everyone()),
]
