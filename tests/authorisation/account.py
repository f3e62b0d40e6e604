"""On the way in: allauth in our words, and the second step."""

from allauth.mfa.models import Authenticator

from doorstep.people.tests.factories import PersonFactory
from tests.authorisation.answers import (
    BY_GET,
    ON,
    PAGE,
    SIGN_IN,
    Each,
    everyone,
    members,
    only,
    rows,
    seen_by,
)
from tests.authorisation.world import World


def furnish(world: World) -> None:
    somebody = PersonFactory()
    key = Authenticator.objects.create(
        user=somebody.account, type="webauthn", data={"name": "Phone", "credential": {}}
    )
    world.put("passkey", pk=key.pk)


ROWS = [
    *rows(
        "account_login account_signup account_signup_by_passkey account_request_login_code",
        get=members(ON, visitor=PAGE),
    ),
    *rows("account_logout", get=members(visitor=ON)),
    *rows("account_inactive account_password_reset_completed", get=everyone(), post=BY_GET),
    *rows("account_reauthenticate mfa_reauthenticate mfa_reauthenticate_webauthn", get=only()),
    *rows(
        "account_email account_set_password account_change_phone mfa_activate_totp "
        "mfa_generate_recovery_codes mfa_add_webauthn",
        get=members(),
    ),
    *rows(
        "account_email_verification_sent account_change_password account_verify_phone "
        "mfa_authenticate mfa_login_webauthn",
        get=members(ON),
    ),
    *rows("account_reset_password", get=everyone()),
    *rows(
        "account_confirm_login_code account_complete_password_reset mfa_signup_webauthn",
        get=everyone(ON),
    ),
    *rows("account_confirm_password_reset_code", get=everyone(SIGN_IN)),
    *rows("mfa_index mfa_list_webauthn", get=members(), post=BY_GET),
    *rows("mfa_deactivate_totp mfa_download_recovery_codes", get=seen_by()),
    *rows("mfa_view_recovery_codes", get=seen_by(), post=BY_GET),
    *rows("mfa_remove_webauthn mfa_edit_webauthn", "passkey", get=seen_by()),
]

EACH = [
    Each(
        name,
        lambda: Authenticator.objects.filter(type="webauthn"),
        lambda me, key: me is not None and key.user.person_id == me.pk,
    )
    for name in ("mfa_remove_webauthn", "mfa_edit_webauthn")
]
