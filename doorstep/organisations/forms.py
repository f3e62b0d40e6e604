"""Forms of the directory."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import today
from doorstep.organisations.entries import LABELS
from doorstep.organisations.models import (
    Location,
    Offer,
    Organisation,
    Position,
    Source,
    Suggestion,
)
from doorstep.people import numbers
from doorstep.people.models import Person
from doorstep.places.models import tidy_postcode

DAYS = [
    ("MO", gettext_lazy("Mon")),
    ("TU", gettext_lazy("Tue")),
    ("WE", gettext_lazy("Wed")),
    ("TH", gettext_lazy("Thu")),
    ("FR", gettext_lazy("Fri")),
    ("SA", gettext_lazy("Sat")),
    ("SU", gettext_lazy("Sun")),
]


class EmailField(CleanLine):
    """An e-mail address, said kindly where it isn't one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 254)
        kwargs.setdefault(
            "widget", forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text:
            try:
                validate_email(text)
            except ValidationError:
                raise ValidationError(
                    _("That doesn’t look like an e-mail address. It has an @ in the middle.")
                ) from None
        return text


class PhoneNumber(CleanLine):
    """A telephone number as it is published: digits, spaces, and words about an extension."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 60)
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "tel", "class": "w-m"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and sum(letter.isdigit() for letter in text) < 3:
            raise ValidationError(_("That number is too short. Write all of it."))
        return text


class WebAddress(CleanLine):
    """An http(s) address; "https://" is put before one that lacks it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 1000)
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "url", "dir": "ltr"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        if "://" not in text:
            text = f"https://{text}"
        try:
            URLValidator(schemes=["http", "https"])(text)
        except ValidationError:
            raise ValidationError(
                _("That isn’t a web address. It should be like example.org")
            ) from None
        return text


class EntryForm(OnceForm):
    """What the directory says of one service. Times are asked beside it (`TimesForm`)."""

    name = CleanLine(
        label=LABELS["name"],
        max_length=250,
        error_messages={"required": gettext_lazy("Say what it is called.")},
    )
    description = CleanText(
        label=LABELS["description"],
        help_text=gettext_lazy("Plain words: what happens there, and what it is good for."),
        max_length=6000,
        error_messages={"required": gettext_lazy("Say what it is, in a sentence or two.")},
    )
    eligibility = CleanText(
        label=LABELS["eligibility"], max_length=2000, required=False, rows=3,
        help_text=gettext_lazy("Anybody, or whom by age, place or what they’re going through."),
    )  # fmt: skip
    minimum_age = forms.IntegerField(
        label=LABELS["minimum_age"], required=False, min_value=0, max_value=120,
        widget=forms.NumberInput(attrs={"class": "w-s"}),
    )  # fmt: skip
    maximum_age = forms.IntegerField(
        label=LABELS["maximum_age"], required=False, min_value=0, max_value=120,
        widget=forms.NumberInput(attrs={"class": "w-s"}),
    )  # fmt: skip
    is_free = forms.BooleanField(label=gettext_lazy("It’s free"), required=False)
    fees = CleanLine(
        label=LABELS["fees"], max_length=500, required=False,
        help_text=gettext_lazy("For example: £2 a week, or what you can."),
    )  # fmt: skip
    application_process = CleanText(
        label=gettext_lazy("How do people join?"), max_length=2000, required=False, rows=3,
        help_text=gettext_lazy("Just turn up, ring first, or be sent by somebody?"),
    )  # fmt: skip
    phone = PhoneNumber(
        label=LABELS["phone"], required=False, help_text=gettext_lazy("Everybody sees it.")
    )
    email = EmailField(
        label=LABELS["email"], required=False, help_text=gettext_lazy("Everybody sees it.")
    )
    url = WebAddress(label=LABELS["url"], required=False)
    languages = CleanLine(
        label=LABELS["languages"], max_length=400, required=False,
        help_text=gettext_lazy("With commas between: English, Romanian, Urdu."),
    )  # fmt: skip
    alert = CleanLine(
        label=LABELS["alert"], max_length=500, required=False,
        help_text=gettext_lazy("For example: closed for a week over Christmas."),
    )  # fmt: skip
    first_visit = CleanText(
        label=LABELS["first_visit"], max_length=1000, required=False, rows=4,
        help_text=gettext_lazy("Step by step: the bell, the stairs, the tea."),
    )  # fmt: skip
    who_meets_you = CleanLine(
        label=LABELS["who_meets_you"], max_length=200, required=False,
        help_text=gettext_lazy("For example: Jean or Tariq, at the door from ten to ten."),
    )  # fmt: skip
    way_in = CleanText(label=LABELS["way_in"], max_length=600, required=False, rows=3)
    way_in_on_wheels = CleanText(
        label=LABELS["way_in_on_wheels"], max_length=600, required=False, rows=3,
        help_text=gettext_lazy("Steps, width of the door, toilet. “No” is useful too."),
    )  # fmt: skip
    transportation = CleanText(
        label=LABELS["transportation"], max_length=1000, required=False, rows=2
    )

    def __init__(self, *args: Any, has_place: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_place:
            for name in ("way_in", "way_in_on_wheels", "transportation"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        low, high = data.get("minimum_age"), data.get("maximum_age")
        if low is not None and high is not None and low > high:
            self.add_error("maximum_age", _("The oldest age is below the youngest. Swap them?"))
        return data

    def values(self) -> dict[str, Any]:
        """Return what `entries.write` takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "client_key"}


class TimesForm(forms.Form):
    """Some days of the week, from one time to another. Without days it counts for nothing."""

    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days"), choices=DAYS, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    opens = forms.TimeField(
        label=gettext_lazy("From"), required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip
    closes = forms.TimeField(
        label=gettext_lazy("Until"), required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip
    note = CleanLine(label=gettext_lazy("Exceptions"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        opens, closes = data.get("opens"), data.get("closes")
        if data.get("days") and opens and closes and closes <= opens:
            self.add_error("closes", _("It would close before it opens. Look at the times again."))
        if not data.get("days") and (opens or closes):
            self.add_error("days", _("Which days? Choose at least one."))
        return data

    def row(self) -> dict[str, Any] | None:
        """Return one line of "when", None for an empty one."""
        data = self.cleaned_data
        if not data.get("days"):
            return None
        return {
            "days": data["days"],
            "opens": f"{data['opens']:%H:%M}" if data.get("opens") else "",
            "closes": f"{data['closes']:%H:%M}" if data.get("closes") else "",
            "note": data.get("note", ""),
        }


TimesFormSet = forms.formset_factory(TimesForm, extra=2, max_num=8, absolute_max=8)


class OrganisationForm(OnceForm):
    """What the directory says of an organisation."""

    HELD = ("name", "description", "email", "website")

    name = CleanLine(
        label=gettext_lazy("What is it called?"), max_length=200,
        error_messages={"required": gettext_lazy("Say what it is called.")},
    )  # fmt: skip
    description = CleanText(
        label=gettext_lazy("What is it, and what does it do?"), max_length=6000, required=False,
        rows=4,
    )  # fmt: skip
    email = EmailField(
        label=gettext_lazy("E-mail for everybody"), required=False,
        help_text=gettext_lazy("Everybody sees it."),
    )  # fmt: skip
    website = WebAddress(label=gettext_lazy("Website"), required=False)

    def __init__(self, *args: Any, organisation: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        others = Organisation.objects.filter(name__iexact=name)
        if self.organisation is not None:
            others = others.exclude(pk=self.organisation.pk)
        if others.exists():
            raise ValidationError(
                _("There is an organisation of that name already. Look for it in the list.")
            )
        return name

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.HELD}


class PlaceForm(OnceForm):
    """One place of an entry."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What kind of place?"), widget=forms.RadioSelect,
        choices=[
            (Location.Kind.PHYSICAL, gettext_lazy("A place people come to")),
            (Location.Kind.VIRTUAL, gettext_lazy("Online or by telephone")),
        ],
        initial=Location.Kind.PHYSICAL,
        error_messages={"required": gettext_lazy("Choose one.")},
    )  # fmt: skip
    name = CleanLine(
        label=gettext_lazy("Its name"), max_length=250, required=False,
        help_text=gettext_lazy("For example: Kingsley Hall."),
    )  # fmt: skip
    address = CleanLine(label=gettext_lazy("Street and number"), max_length=300, required=False)
    town = CleanLine(label=gettext_lazy("Town"), max_length=120, required=False)
    postcode = CleanLine(
        label=gettext_lazy("Postcode"), max_length=20, required=False,
        widget=forms.TextInput(
            attrs={"class": "w-s", "autocomplete": "postal-code", "autocapitalize": "characters"}
        ),
    )  # fmt: skip
    transportation = CleanText(
        label=LABELS["transportation"], max_length=1000, required=False, rows=2
    )
    way_in = CleanText(label=LABELS["way_in"], max_length=600, required=False, rows=3)
    way_in_on_wheels = CleanText(
        label=LABELS["way_in_on_wheels"], max_length=600, required=False, rows=3,
        help_text=gettext_lazy("Steps, width of the door, toilet. “No” is useful too."),
    )  # fmt: skip

    def clean_postcode(self) -> str:
        text = self.cleaned_data["postcode"]
        if not text:
            return ""
        tidy = tidy_postcode(text)
        if tidy is None:
            raise ValidationError(
                _("That doesn’t look like a postcode. It should be like RM10 7FH")
            )
        return tidy

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_place = data.get("kind") == Location.Kind.PHYSICAL
        says_where = data.get("postcode") or data.get("address") or "postcode" in self.errors
        if is_place and not says_where:
            self.add_error("postcode", _("Give its postcode or its street, so people find it."))
        return data

    def values(self) -> dict[str, Any]:
        """Return a place's values, as `entries.place_values` does."""
        return {name: value for name, value in self.cleaned_data.items() if name != "client_key"}


EVERY = [
    ("", gettext_lazy("never by itself")),
    ("24", gettext_lazy("every day")),
    ("168", gettext_lazy("every week")),
    ("720", gettext_lazy("every month")),
]


class FeedForm(forms.Form):
    """What we hold of a list that is read, and how often."""

    name = CleanLine(
        label=gettext_lazy("What do we call it?"), max_length=120,
        error_messages={"required": gettext_lazy("Give it a name.")},
    )  # fmt: skip
    every_hours = forms.TypedChoiceField(
        label=gettext_lazy("How often do we read it?"), choices=EVERY, coerce=int,
        empty_value=None, required=False,
    )  # fmt: skip
    licence = CleanLine(
        label=gettext_lazy("Under which licence may we use it?"), max_length=200, required=False,
        help_text=gettext_lazy("For example: Open Government Licence v3."),
    )  # fmt: skip
    attribution = CleanLine(
        label=gettext_lazy("Whom do we name as its source?"), max_length=300, required=False
    )

    def __init__(self, *args: Any, is_address: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = self.initial.get("every_hours")
        if not is_address:
            del self.fields["every_hours"]
        elif hours and str(hours) not in dict(EVERY):
            own = (str(hours), _("every %(n)d hours") % {"n": hours})
            self.fields["every_hours"].choices = [*EVERY, own]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    @classmethod
    def initial_of(cls, source: Source) -> dict[str, Any]:
        return {
            name: getattr(source, name)
            for name in ("name", "every_hours", "licence", "attribution")
        }


class NewFeedForm(FeedForm):
    """A list to be read from now on."""

    place = WebAddress(
        label=gettext_lazy("Where is it?"), max_length=500,
        help_text=gettext_lazy(
            "The address of its services, in the Open Referral UK standard: "
            "https://council.example/services"
        ),
        error_messages={"required": gettext_lazy("Give its address.")},
    )  # fmt: skip
    field_order = ("place", "name", "every_hours", "licence", "attribution")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["every_hours"].initial = "24"


class OfferForm(OnceForm):
    """“Call on us for…”"""

    what = CleanLine(
        label=gettext_lazy("Call on us for"),
        help_text=gettext_lazy("For example: a hot meal brought to the door."),
        max_length=140,
        error_messages={"required": gettext_lazy("Say what people can call on you for.")},
    )
    details = CleanText(
        label=gettext_lazy("A few more words"), max_length=1000, required=False, rows=3
    )
    for_whom = CleanLine(label=gettext_lazy("For whom?"), max_length=200, required=False)
    how_many_now = forms.IntegerField(
        label=gettext_lazy("How many can you take now?"),
        help_text=gettext_lazy("0 hides it until you have room. Empty means no fixed number."),
        required=False, min_value=0, max_value=9999,
        widget=forms.NumberInput(attrs={"class": "w-s"}),
    )  # fmt: skip
    until = forms.DateField(
        label=gettext_lazy("Until when?"), required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "w-m"}, format="%Y-%m-%d"),
    )  # fmt: skip
    answered_by = forms.ModelChoiceField(
        label=gettext_lazy("Who answers?"), queryset=Person.objects.none(), required=False,
        empty_label=gettext_lazy("somebody without an account (write below)"),
    )  # fmt: skip
    answer_name = CleanLine(label=gettext_lazy("Their name"), max_length=120, required=False)
    answer_email = EmailField(
        label=gettext_lazy("Their e-mail"), required=False,
        help_text=gettext_lazy("Only we see it, to ask them."),
    )  # fmt: skip

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answered_by"].queryset = Person.objects.filter(  # type: ignore[attr-defined]
            pk__in=Position.objects.held().filter(organisation=organisation).values("person")
        ).order_by("known_as")

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        if day and day < today():
            raise ValidationError(_("That day has gone. Choose today or later."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("answered_by") and not data.get("answer_email"):
            self.add_error("answered_by", _("Say who answers, or give an e-mail."))
        return data

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "client_key"}

    @classmethod
    def initial_of(cls, offer: Offer) -> dict[str, Any]:
        return {
            name: getattr(offer, name)
            for name in ("what", "details", "for_whom", "how_many_now", "until", "answered_by",
                         "answer_name", "answer_email")
        }  # fmt: skip


class SuggestForm(OnceForm):
    """Something is wrong, has closed, or is missing."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it about?"),
        choices=[
            (Suggestion.Kind.CHANGE, gettext_lazy("Something is wrong or missing here")),
            (Suggestion.Kind.CLOSED, gettext_lazy("It has closed")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one.")},
    )
    words = CleanText(
        label=gettext_lazy("Tell us what you know"),
        help_text=gettext_lazy("Nothing about people, please: only about the place."),
        max_length=2000,
        error_messages={"required": gettext_lazy("Write a few words, so that we know what to do.")},
    )
    reach = CleanLine(
        label=gettext_lazy("How can we ask you back?"),
        help_text=gettext_lazy(
            "An e-mail or a number. Only the people who keep the directory see it."
        ),
        max_length=200,
        required=False,
    )

    def __init__(self, *args: Any, is_new: bool = False, knows_you: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if is_new:
            del self.fields["kind"]
            self.fields["words"].label = _("What is missing?")
            self.fields["words"].help_text = _("Its name, where it is, and how to reach it.")
        if knows_you:
            del self.fields["reach"]


class FailedForm(forms.Form):
    """What went wrong: one tap."""

    reason = forms.ChoiceField(
        choices=[
            ("wrong_number", gettext_lazy("Wrong number")),
            ("no_answer", gettext_lazy("Nobody answered")),
            ("closed", gettext_lazy("It has closed")),
            ("full", gettext_lazy("It’s full")),
        ]
    )


class SendListForm(forms.Form):
    """Where the list goes. The address is used once and kept nowhere."""

    to = CleanLine(
        label=gettext_lazy("E-mail or mobile number"),
        help_text=gettext_lazy("We use it this once and don’t keep it."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Write the e-mail or number it should go to.")},
    )

    def __init__(self, *args: Any, texts: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.texts = texts
        self.is_text = False
        if not texts:
            self.fields["to"].label = _("E-mail")
            self.fields["to"].error_messages["required"] = _("Write the e-mail it should go to.")

    def clean_to(self) -> str:
        text = self.cleaned_data["to"]
        if self.texts and not any(one == "@" or one.isdigit() for one in text):
            raise forms.ValidationError(self.fields["to"].error_messages["required"])
        if self.texts and "@" not in text:
            self.is_text = True
            return numbers.parse(text)
        return EmailField().clean(text)


# What somebody with a position may do, said of them.
ROLE_WORDS = {
    Position.Role.OWNER: gettext_lazy("holds the keys"),
    Position.Role.EDITOR: gettext_lazy("looks after the entries"),
    Position.Role.STAFF: gettext_lazy("works there"),
}


class InviteForm(forms.Form):
    """Ask a colleague to look after the entries too."""

    email = EmailField(
        label=gettext_lazy("Their e-mail"),
        help_text=gettext_lazy("We send them a link. It works for 14 days."),
        error_messages={"required": gettext_lazy("Write their e-mail.")},
    )
    role = forms.ChoiceField(
        label=gettext_lazy("What may they do?"), choices=[
            (Position.Role.EDITOR, gettext_lazy("Look after the entries")),
            (Position.Role.OWNER, gettext_lazy("Hold the keys: the entries, and who else may")),
            (Position.Role.STAFF, gettext_lazy("See what waits, and change nothing")),
        ],
        initial=Position.Role.EDITOR, widget=forms.RadioSelect,
    )  # fmt: skip
    title = CleanLine(label=gettext_lazy("What do they do there?"), max_length=120, required=False)


class PhotoForm(forms.Form):
    """A photo of the door."""

    photo = forms.FileField(
        label=gettext_lazy("Photo of the door"),
        help_text=gettext_lazy("From outside, without people in it."),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        error_messages={"required": gettext_lazy("Choose a photo.")},
    )
    description = CleanLine(
        label=gettext_lazy("What does it show?"),
        help_text=gettext_lazy("For people who can’t see it: a blue door beside the chemist."),
        max_length=300,
        error_messages={"required": gettext_lazy("Say what the photo shows.")},
    )


class DecideForm(forms.Form):
    """What becomes of a suggestion."""

    taken = forms.ChoiceField(
        label=gettext_lazy("What becomes of it?"),
        choices=[
            ("yes", gettext_lazy("Thank you: I’ve changed the entry, or I will")),
            ("no", gettext_lazy("No change, and here is why")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one.")},
    )
    answer = CleanText(
        label=gettext_lazy("Your answer to them"), max_length=1000, required=False, rows=3
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("taken") == "no" and not data.get("answer"):
            self.add_error("answer", _("Say why, in a sentence. They took the trouble to tell us."))
        return data


class NewEntryForm(forms.Form):
    """The beginning of a new entry."""

    name = CleanLine(
        label=LABELS["name"], max_length=250,
        error_messages={"required": gettext_lazy("Say what it is called.")},
    )  # fmt: skip
    description = CleanText(
        label=LABELS["description"], max_length=6000, rows=4,
        error_messages={"required": gettext_lazy("Say what it is, in a sentence or two.")},
    )  # fmt: skip
