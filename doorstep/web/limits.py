"""How often each page may be sent: one table for the whole site (`base.limits` counts).

By person where somebody is signed in, by address where not. Reading is not in it, but for
searching, which costs the most. Signing in, joining and one-time codes have allauth's own
limits (`ACCOUNT_RATE_LIMITS` in the settings) beside what stands here.
"""

from __future__ import annotations

from doorstep.base.limits import DAY, HOUR, MINUTE, Limit, add, never_limited

GET = frozenset({"GET"})
BOTH = frozenset({"GET", "POST"})

# What is limited -> the names of its pages.
TABLE: list[tuple[Limit, tuple[str, ...]]] = [
    (
        Limit("posting", person=(20, 10 * MINUTE)),
        ("feed:write", "feed:tell", "feed:article_write"),
    ),
    (Limit("replying", person=(40, 10 * MINUTE)), ("feed:comment", "gatherings:room_say")),
    (Limit("thanking", person=(120, 10 * MINUTE)), ("feed:thank",)),
    (
        Limit("changing", person=(60, 10 * MINUTE)),
        ("feed:change", "feed:change_reply", "feed:article_change", "people:edit"),
    ),
    (
        Limit("flagging", person=(30, HOUR), visitor=(30, HOUR)),
        ("feed:flag",),
    ),
    (Limit("appealing", person=(10, DAY)), ("feed:appeal",)),
    (Limit("complaining", person=(10, DAY), visitor=(30, DAY)), ("web:complain",)),
    (Limit("asking for one's rights", person=(20, DAY)), ("people:ask_right",)),
    (
        Limit("inviting", person=(30, HOUR)),
        ("teams:invitations", "teams:invitation"),
    ),
    (Limit("joining a team", person=(30, HOUR)), ("teams:join", "teams:invited")),
    (Limit("starting a team", person=(10, DAY)), ("teams:start",)),
    (Limit("starting a gathering", person=(30, DAY)), ("gatherings:start",)),
    (
        Limit("coming", person=(60, HOUR), visitor=(60, HOUR)),
        ("gatherings:coming", "gatherings:expect_me", "gatherings:expect_a_caller"),
    ),
    (
        Limit("feeling", person=(60, HOUR), visitor=(300, HOUR)),
        ("gatherings:feel", "gatherings:face_table"),
    ),
    (Limit("asking mentors", person=(20, DAY)), ("teams:contact", "teams:ask_for_mentor")),
    (Limit("claiming", person=(10, HOUR), exact=True), ("people:claim",)),
    (
        Limit("giving roles", person=(60, HOUR), exact=True),
        ("people:roles", "people:end_role"),
    ),
    # A library's readers share one address: many, and only when nobody is signed in.
    (
        Limit("searching", person=(90, MINUTE), visitor=(600, MINUTE), methods=GET),
        ("web:search",),
    ),
    (
        Limit("taking out", person=(20, HOUR), methods=BOTH),
        (
            "feed:moderation_export",
            "gatherings:figures_csv",
            "people:export",
            "people:rights_export_for",
            "web:safety_csv",
        ),
    ),
    # Each try costs a password hash or a message; allauth counts by e-mail and number as well.
    (Limit("signing in", person=None, visitor=(120, MINUTE)), ("account_login",)),
    (
        Limit("asking for codes", person=(10, HOUR), visitor=(60, MINUTE)),
        ("account_request_login_code", "account_reset_password"),
    ),
    (
        Limit("trying codes", person=(20, 10 * MINUTE), visitor=(120, MINUTE)),
        (
            "account_confirm_login_code",
            "account_verify_phone",
            "account_email_verification_sent",
            "account_confirm_password_reset_code",
        ),
    ),
    (Limit("joining", person=None, visitor=(60, MINUTE)), ("account_signup",)),
    (
        Limit("proving again", person=(30, 10 * MINUTE)),
        ("account_reauthenticate", "mfa_reauthenticate", "mfa_authenticate"),
    ),
    (
        Limit("changing how I sign in", person=(30, HOUR)),
        ("account_email", "account_change_phone", "account_change_password"),
    ),
]

# Taken however often they are sent.
NEVER = ("safeguarding:worried",)


def register() -> None:
    """Called once, in `WebConfig.ready()`."""
    for limit, names in TABLE:
        add(limit, *names)
    never_limited.update(NEVER)
