"""A longest password: hashing takes work, and nobody should be able to ask for a lot of it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 128


class NotTooLong:
    """Refuse passwords of more than 128 characters; none is ever cut."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                _("That password is longer than %(most)d characters. Make it shorter.")
                % {"most": LONGEST},
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return _("At most %(most)d characters.") % {"most": LONGEST}
