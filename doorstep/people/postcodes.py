"""Postcodes in forms, and the ward they lie in."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from doorstep.base.text import clean_line
from doorstep.places.models import Area, Postcode, tidy_postcode


def tidy(text: str) -> str:
    """Return "rm107fh" as "RM10 7FH", or "" for nothing. Raises ValidationError for nonsense."""
    typed = clean_line(text)
    if not typed:
        return ""
    code = tidy_postcode(typed)
    if code is None:
        raise ValidationError(_("That doesn't look like a postcode. For example: RM10 7FH."))
    return code


def ward_of(code: str) -> Area | None:
    """Return the ward a tidy postcode lies in, or None outside the borough."""
    if not code:
        return None
    row = Postcode.objects.select_related("ward").filter(pk=code).first()
    return row.ward if row else None
