"""Mobile numbers as people write them, made into one form: "+447700900123"."""

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorstep.base.text import clean_line

# Spaces, brackets, dashes, and the marks that turn the way of reading round.
_NOISE = re.compile("[\\s().\\-–—/\u200e\u200f\u061c]+")
# 070 and most of 076 are dear "personal" and pager numbers, not mobiles.
_MOBILE = re.compile(r"7(?:[1-57-9]\d{8}|624\d{6})")
_LENGTH = 10  # digits of a British mobile after +44


def parse(text: str) -> str:
    """Return a British mobile number in E.164.

    Raises ValidationError with a sentence that says what is wrong with it.
    """
    typed = clean_line(text).replace("(0)", "")
    typed = _NOISE.sub("", typed)
    if typed.startswith("00"):
        typed = "+" + typed[2:]
    if not re.fullmatch(r"\+?\d+", typed):
        raise ValidationError(_("A phone number has only digits in it, for example 07700 900123."))
    try:
        number = phonenumbers.parse(typed, "GB")
    except phonenumbers.NumberParseException as problem:
        raise ValidationError(
            _("That doesn't look like a phone number. For example: 07700 900123.")
        ) from problem
    if number.country_code != 44:
        raise ValidationError(
            _("We can only send texts to UK mobiles. You can use your e-mail instead.")
        )
    digits = str(number.national_number)
    if digits.startswith("7"):
        _check_length(digits)
    if not _MOBILE.fullmatch(digits):
        raise ValidationError(
            _(
                "We can't send a text to that number. Give a UK mobile that starts with 07, "
                "or your e-mail."
            )
        )
    return f"+44{digits}"


def parse_any(text: str) -> str:
    """Return a British number, mobile or landline, in E.164. Raises ValidationError."""
    try:
        return parse(text)
    except ValidationError:
        landline = _landline(text)
        if not landline:
            raise
        return landline


def _landline(text: str) -> str:
    """Return a British landline in E.164, "" for what is none."""
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return ""
    if number.country_code != 44 or not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parse_abroad(text: str) -> str:
    """Return a phone number of any country in E.164. Raises ValidationError with a sentence."""
    typed = re.sub(r"[^\d+]", "", text.replace("(0)", ""))
    if typed.startswith("00"):
        typed = f"+{typed[2:]}"
    if sum(letter.isdigit() for letter in typed) < 5:
        raise ValidationError(_("That has too few digits for a phone number."))
    if not typed.startswith("+") or typed.startswith("+44"):
        return parse_any(typed)
    try:
        number = phonenumbers.parse(typed)
    except phonenumbers.NumberParseException as problem:
        raise ValidationError(
            _("We don't know that number. Begin a number from abroad with + and its country.")
        ) from problem
    if not phonenumbers.is_possible_number(number):
        raise ValidationError(_("That number from abroad is too short or too long."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _check_length(digits: str) -> None:
    missing = _LENGTH - len(digits)
    if missing > 0:
        raise ValidationError(
            ngettext(
                "That number is %(count)s digit short. A mobile number has 11 digits.",
                "That number is %(count)s digits short. A mobile number has 11 digits.",
                missing,
            )
            % {"count": _word(missing)}
        )
    if missing < 0:
        raise ValidationError(
            ngettext(
                "That number is %(count)s digit too long. A mobile number has 11 digits.",
                "That number is %(count)s digits too long. A mobile number has 11 digits.",
                -missing,
            )
            % {"count": _word(-missing)}
        )


def _word(count: int) -> str:
    words = (_("one"), _("two"), _("three"), _("four"), _("five"), _("six"))
    return words[count - 1] if count <= len(words) else str(count)


def shown(number: str | None) -> str:
    """Return "+447700900123" as people write it, "07700 900123"; landlines too."""
    if not number:
        return ""
    if number.startswith("+447") and len(number) == 13:
        return f"0{number[3:7]} {number[7:]}"
    if number.startswith("+44"):
        # Landlines are cut in many ways: 020 8227 1000, 01708 432 000.
        try:
            landline = phonenumbers.parse(number)
        except phonenumbers.NumberParseException:
            return number
        return phonenumbers.format_number(landline, phonenumbers.PhoneNumberFormat.NATIONAL)
    return number
