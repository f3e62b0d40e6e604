"""What people type about themselves."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Any

from allauth.account import forms as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context, ratelimit
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText
from doorstep.base.time import now, today
from doorstep.people import numbers, postcodes, rules
from doorstep.people.adapter import AccountAdapter
from doorstep.people.models import Account, Person
from doorstep.people.tongues import TONGUES
from doorstep.places.models import Area

# UK GDPR: below this age a parent would have to agree for the child.
OWN_ACCOUNT_AT = 13
CODE_IS_FRESH = 15 * 60


# --- Fields ----------------------------------------------------------------------------------


def read_contact(text: str) -> tuple[str, str]:
    """Return ("email" or "phone", tidy value). Raises ValidationError that says what is wrong."""
    typed = unicodedata.normalize("NFKC", text)
    if "@" in typed:
        email = re.sub("[\\s\u200e\u200f\u061c]+", "", typed).lower()
        try:
            validate_email(email)
        except ValidationError as problem:
            raise ValidationError(
                _("That e-mail has something missing. It looks like name@example.org.")
            ) from problem
        if len(email) > Account._meta.get_field("email").max_length:  # type: ignore[operator,union-attr]
            raise ValidationError(_("That e-mail is too long for us. Do you have another?"))
        return "email", email
    if not any(character.isdigit() for character in typed):
        raise ValidationError(
            _("Type an e-mail, like name@example.org, or a mobile number, like 07700 900123.")
        )
    return "phone", numbers.parse(typed)


class ContactField(CleanLine):
    """An e-mail or a mobile number; gives ("email" or "phone", tidy value)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 260)
        kwargs.setdefault("label", gettext_lazy("Your e-mail or mobile number"))
        kwargs.setdefault(
            "error_messages",
            {
                "required": gettext_lazy("Type your e-mail or your mobile number."),
                "max_length": gettext_lazy("That is too long for an e-mail or a number."),
            },
        )
        super().__init__(**kwargs)
        self.widget.attrs |= {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "dir": "ltr",
        }

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        return read_contact(typed) if typed else ("", "")


class PostcodeField(CleanLine):
    """A postcode; gives it as the Post Office writes it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Your postcode"))
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 20)
        super().__init__(**kwargs)
        self.widget.attrs |= {"autocomplete": "postal-code", "class": "w-s", "dir": "ltr"}

    def clean(self, value: Any) -> str:
        return postcodes.tidy(super().clean(value))


class NameField(CleanLine):
    """What people call somebody: one line with at least one letter in it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("What do people call you?"))
        kwargs.setdefault("max_length", 60)
        kwargs.setdefault(
            "error_messages",
            {
                "required": gettext_lazy("Tell us what people call you."),
                "max_length": gettext_lazy("That name is too long for us. 60 letters fit."),
            },
        )
        super().__init__(**kwargs)
        self.widget.attrs |= {"autocomplete": "nickname", "dir": "auto"}

    def clean(self, value: Any) -> str:
        name = super().clean(value)
        if name and not any(unicodedata.category(letter)[0] == "L" for letter in name):
            raise ValidationError(_("A name has at least one letter in it."))
        return name


class BirthField(forms.DateField):
    """A date of birth, from the phone's calendar or typed as people write dates."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Your date of birth"))
        kwargs.setdefault("required", False)
        kwargs.setdefault(
            "widget",
            forms.DateInput(
                format="%Y-%m-%d",
                attrs={"type": "date", "autocomplete": "bday", "class": "w-m"},
            ),
        )
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %B %Y"])
        kwargs.setdefault(
            "error_messages",
            {"invalid": gettext_lazy("Write the date like this: 27/3/1960.")},
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> dt.date | None:
        day = super().clean(value)
        if day and (day > today() or day.year < today().year - 120):
            raise ValidationError(_("That date can't be right. Look at the year again."))
        return day


def check_old_enough(born_on: dt.date | None) -> None:
    """Raise ValidationError for somebody too young for an account of their own."""
    if born_on is None:
        return
    age = Person(born_on=born_on).age
    if age is not None and age < OWN_ACCOUNT_AT:
        raise ValidationError(
            _("You need to be 13 to have your own account. Ask a grown-up to ring us: %(phone)s.")
            % {"phone": settings.HELP_PHONE}
        )


# --- Joining and signing in ------------------------------------------------------------------


class JoinForm(account.SignupForm):
    """Joining: one way to be reached is enough, and one way to sign in."""

    WAYS = (
        ("code", gettext_lazy("A code you send me each time")),
        ("password", gettext_lazy("A password")),
        ("passkey", gettext_lazy("A passkey: your fingerprint, your face or your phone's PIN")),
    )
    known_as = NameField(
        help_text=gettext_lazy("Neighbours see this. A first name is fine."),
    )
    contact = ContactField(
        help_text=gettext_lazy("One is enough. Neighbours never see it. We send a code to it."),
    )
    postcode = PostcodeField(
        help_text=gettext_lazy("So we can show you what's on near you. Neighbours never see it."),
    )
    born_on = BirthField(
        help_text=gettext_lazy("So we can keep children's pages private."),
    )
    way = forms.ChoiceField(
        label=gettext_lazy("How would you like to sign in?"),
        choices=WAYS,
        initial="code",
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how you would like to sign in.")},
    )
    agree = forms.BooleanField(
        label=gettext_lazy("I'll be a good neighbour here"),
        help_text=gettext_lazy("That means the five rules just above."),
        error_messages={"required": gettext_lazy("Tick the box to say yes to the five rules.")},
    )
    field_order = ("known_as", "contact", "postcode", "born_on", "way", "password1", "agree")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # allauth asks for e-mail and number apart; `clean_contact` fills in what it looks for.
        for name in ("email", "phone"):
            self.fields.pop(name, None)
        if self.by_passkey:
            self.initial["way"] = "passkey"
        password = self.fields.get("password1")
        if password is not None:
            password.label, password.required = gettext_lazy("Your password"), True
            password.error_messages["required"] = _(
                "Think of a password, or choose a code instead."
            )
            password.help_text = gettext_lazy(
                "At least 12 letters or numbers. Three words do well."
            )
            _may_be_looked_at(password)

    def clean_contact(self) -> tuple[str, str]:
        kind, value = self.cleaned_data["contact"]
        self.cleaned_data["email"] = value if kind == "email" else ""
        self.cleaned_data["phone"] = value if kind == "phone" else ""
        if kind == "email":
            # A pending account holds no place: it is as if it weren't there.
            self.account_already_exists = _is_taken(value)
        return kind, value

    def clean_born_on(self) -> dt.date | None:
        born_on = self.cleaned_data["born_on"]
        check_old_enough(born_on)
        return born_on

    def clean(self) -> dict[str, Any]:
        way = self.cleaned_data.get("way")
        self.by_passkey = way == "passkey"
        if way != "password":
            self.cleaned_data["password1"] = ""
            self.errors.pop("password1", None)
        return super().clean()

    def signup(self, request: Any, user: Any) -> None:
        """Nothing left to do: the adapter's `join` kept it all."""


def _is_taken(email: str) -> bool:
    from allauth.account.internal.userkit import filter_users_by_email

    return any(not user.is_pending for user in filter_users_by_email(email))


class AskForCodeForm(account.RequestLoginCodeForm):
    """allauth's, which breaks when it is sent with nothing in it."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(data.get(name) for name in ("email", "phone")):
            raise ValidationError(_("Type your e-mail or your mobile number."))
        return data


class SignInForm(account.LoginForm):
    """One field. A code comes to it; the password is asked for only by those who have one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        request = self.request
        self.with_password = bool(
            request is not None
            and (request.GET.get("with") == "password" or "password" in request.POST)
        )
        self.fields["login"] = forms.CharField(
            label=gettext_lazy("Your e-mail or mobile number"),
            max_length=260,
            widget=forms.TextInput(
                attrs={
                    "autocomplete": "username webauthn",
                    "autocapitalize": "none",
                    "spellcheck": "false",
                    "dir": "ltr",
                }
            ),
            error_messages={"required": gettext_lazy("Type your e-mail or your mobile number.")},
        )
        if not self.with_password:
            del self.fields["password"]
        else:
            password = self.fields["password"]
            password.label = gettext_lazy("Your password")
            password.help_text = ""
            _may_be_looked_at(password)
            password.error_messages["required"] = _("Type your password, or ask for a code.")
        self.order_fields(["login", "password"])

    def clean_login(self) -> str:
        return read_contact(self.cleaned_data["login"])[1]


class _LimitedTries:
    """A code's few tries, counted outside the session too.

    The session counts them as well, but a hundred answers sent at once would all read the
    same count there.
    """

    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]  # type: ignore[attr-defined]
        code.label = gettext_lazy("The code we sent you")
        code.max_length = 40
        code.error_messages["required"] = _("Type the code we sent you.")
        code.widget.attrs = {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "dir": "ltr",
            "class": "w-m",
        }

    def clean_code(self) -> str:
        request = context.request
        key = request.session.session_key or "none"
        if not ratelimit.consume(request, action="try_code", key=key):
            raise ValidationError(AccountAdapter.error_messages["too_many_login_attempts"])
        return super().clean_code()  # type: ignore[misc,no-any-return]


class SignInCodeForm(_LimitedTries, account.ConfirmLoginCodeForm):
    """The code to sign in with."""


class EmailCodeForm(_LimitedTries, account.ConfirmEmailVerificationCodeForm):
    """The code that shows an e-mail is theirs."""


class PhoneCodeForm(_LimitedTries, account.VerifyPhoneForm):
    """The code that shows a number is theirs."""


class ResetCodeForm(_LimitedTries, account.ConfirmPasswordResetCodeForm):
    """The code to choose a new password with."""


class ResetForm(account.ResetPasswordForm):
    """Ask for a code to choose a new password with."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, "email", gettext_lazy("Your e-mail"))


class NewEmailForm(account.AddEmailForm):
    """Another e-mail, to be shown to be theirs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, "email", gettext_lazy("Your new e-mail"))


class NewPhoneForm(account.ChangePhoneForm):
    """Another mobile number, to be shown to be theirs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].label = gettext_lazy("Your new mobile number")
        self.fields["phone"].error_messages["required"] = _("Type your mobile number.")


def _plain(form: forms.Form, name: str, label: Any) -> None:
    form.fields[name].label = label
    form.fields[name].widget.attrs.pop("placeholder", None)
    form.fields[name].error_messages |= {
        "required": _("Type your e-mail."),
        "invalid": _("That e-mail has something missing. It looks like name@example.org."),
    }


def _may_be_looked_at(password: forms.Field) -> None:
    """Offer a tick that shows what is typed, where there is script; never to a spelling service."""
    password.widget.attrs.pop("placeholder", None)
    password.widget.attrs |= {
        "data-behaviour": "reveal",
        "data-reveal": _("Show what I type"),
        "spellcheck": "false",
        "autocapitalize": "off",
    }


class _OnePassword:
    """A new password, typed once: who mistypes it asks for a code and chooses another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = self.fields  # type: ignore[attr-defined]
        fields.pop("password2", None)
        new = fields["password1"]
        new.label = gettext_lazy("Your new password")
        new.help_text = gettext_lazy("At least 12 letters or numbers. Three words do well.")
        new.error_messages["required"] = _("Think of a new password.")
        _may_be_looked_at(new)


class ChangePasswordForm(_OnePassword, account.ChangePasswordForm):
    """A new password; without the old one for who signed in with a code just now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.came_by_code = _came_by_code(self.user)
        if self.came_by_code:
            del self.fields["oldpassword"]
            return
        old = self.fields["oldpassword"]
        old.label, old.help_text = gettext_lazy("The password you have now"), ""
        _may_be_looked_at(old)
        old.error_messages["required"] = _("Type the password you have now.")


def _came_by_code(user: Any) -> bool:
    since = now().timestamp() - CODE_IS_FRESH
    return any(
        record.get("method") == "code" and record.get("at", 0) >= since
        for record in get_authentication_records(context.request, user)
    )


class SetPasswordForm(_OnePassword, account.SetPasswordForm):
    """A first password."""


class ResetPasswordForm(_OnePassword, account.ResetPasswordKeyForm):
    """A new password after a code."""


class AskPasswordForm(account.ReauthenticateForm):
    """The password once more, before something important."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        password = self.fields["password"]
        password.label, password.help_text = gettext_lazy("Your password"), ""
        _may_be_looked_at(password)


def _app_code(form: forms.Form, label: Any) -> None:
    code = form.fields["code"]
    code.label = label
    code.error_messages["required"] = _("Type the code.")
    code.widget.attrs = {
        "autocomplete": "one-time-code",
        "inputmode": "text",
        "dir": "ltr",
        "class": "w-m",
    }


class SecondStepForm(mfa.AuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _app_code(self, gettext_lazy("The code from your app, or a spare code"))


class SecondStepAgainForm(mfa.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _app_code(self, gettext_lazy("The code from your app, or a spare code"))


class StartAppForm(totp.ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _app_code(self, gettext_lazy("The six digits your app shows now"))
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class _NamedKey:
    """The name somebody gives a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = self.fields  # type: ignore[attr-defined]
        fields["name"] = CleanLine(
            label=gettext_lazy("A name for it, so you can tell it from others"),
            max_length=60,
            required=fields["name"].required,
            error_messages={"required": gettext_lazy("Give it a name.")},
        )


class AddPasskeyForm(_NamedKey, webauthn.AddWebAuthnForm):
    pass


class JoinPasskeyForm(_NamedKey, webauthn.SignupWebAuthnForm):
    pass


class RenamePasskeyForm(_NamedKey, webauthn.EditWebAuthnForm):
    pass


# --- Profile ---------------------------------------------------------------------------------


class ProfileForm(forms.Form):
    """What people tell neighbours about themselves, and who may see each part."""

    known_as = NameField()
    about = CleanText(
        label=gettext_lazy("A little about you"), max_length=600, rows=3, required=False
    )
    can_share = CleanText(
        label=gettext_lazy("What you can share"),
        help_text=gettext_lazy("A ladder, a lift on Tuesdays, how to make dal. Anything."),
        max_length=600,
        rows=3,
        required=False,
    )
    would_like = CleanText(
        label=gettext_lazy("What you would like"),
        help_text=gettext_lazy("Company on a walk, help with a form, someone to practise with."),
        max_length=600,
        rows=3,
        required=False,
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages you speak"),
        choices=TONGUES,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    access_needs = CleanText(
        label=gettext_lazy("What makes it easier for you to take part"),
        help_text=gettext_lazy("No steps, a chair with arms, big print, someone to walk in with."),
        max_length=600,
        rows=3,
        required=False,
    )
    postcode = PostcodeField(
        help_text=gettext_lazy("It tells us your part of the borough. Neighbours never see it."),
    )
    follows = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Other parts of the borough you'd like news from"),
        queryset=Area.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    born_on = BirthField(help_text=gettext_lazy("So we can keep children's pages private."))
    reads = forms.ChoiceField(
        label=gettext_lazy("Language of these pages and of our messages"),
        choices=settings.LANGUAGES,
        widget=forms.Select(attrs={"class": "w-m"}),
    )

    PARTS = ("about", "can_share", "would_like", "languages", "access_needs", "home")

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        self.person = person
        initial = {
            name: getattr(person, name)
            for name in self.base_fields
            if name not in ("follows", "postcode")
        }
        initial["postcode"] = person.postcode
        initial |= {f"sees_{part}": rules.sees_part(person, part) for part in self.PARTS}
        kwargs["initial"] = initial | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        areas = Area.objects.filter(kind=Area.Kind.WARD).order_by("name")
        self.fields["follows"].queryset = areas  # type: ignore[attr-defined]
        if not self.is_bound:
            self.initial["follows"] = list(person.follows.values_list("pk", flat=True))
        choices = [
            choice
            for choice in Person.Sees.choices
            if not (person.is_child and choice[0] == Person.Sees.MEMBERS)
        ]
        for part in self.PARTS:
            self.fields[f"sees_{part}"] = forms.ChoiceField(
                label=_("Who may see this?"),
                choices=choices,
            )
        if person.born_on is not None:
            # A date once given stays: changing it would be the way round being a child.
            del self.fields["born_on"]

    def clean_born_on(self) -> dt.date | None:
        born_on = self.cleaned_data["born_on"]
        check_old_enough(born_on)
        return born_on

    def groups(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Each part beside the choice of who may see it, in the order of the page."""
        return [
            (self["postcode" if part == "home" else part], self[f"sees_{part}"])
            for part in self.PARTS
        ]

    def changes(self) -> dict[str, Any]:
        """Return what `actions.change_profile` takes."""
        data = dict(self.cleaned_data)
        shown_to = {part: data.pop(f"sees_{part}") for part in self.PARTS}
        return data | {"shown_to": shown_to}


class ClaimForm(forms.Form):
    """One thing only the person themselves knows about the record."""

    born_on = BirthField()
    postcode = PostcodeField(label=gettext_lazy("Your postcode, now or before"))

    def __init__(self, *args: Any, questions: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in list(self.fields):
            if name not in questions:
                del self.fields[name]
        if len(questions) == 1:
            self.fields[questions[0]].required = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.fields and not self.errors and not any(data.values()):
            raise ValidationError(_("Fill in one of the two."))
        return data


def find_member(text: str) -> Person | None:
    """Return the person with an account by e-mail, mobile number or handle; None for nobody."""
    members = Person.objects.filter(account__is_pending=False)
    if "@" not in text and not any(letter.isdigit() for letter in text[:3]):
        return members.filter(handle=text.strip("/ ").rsplit("/", 1)[-1].lower()).first()
    try:
        kind, value = read_contact(text)
    except ValidationError:
        return members.filter(handle=text.strip("/ ").rsplit("/", 1)[-1].lower()).first()
    return members.filter(**{f"account__{kind}": value}).first()
