"""The form anybody may fill in, in under a minute."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base import pictures
from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.private_files import private_files
from doorstep.base.time import today
from doorstep.people.models import Person
from doorstep.places.atlas import atlas
from doorstep.places.models import Area
from doorstep.watch import pins, rules
from doorstep.watch.models import Concern, Office, Theme

MOST_BYTES = 12 * 1024 * 1024
_PHOTO_SALT = "doorstep.watch.photo"
_DAY = 24 * 60 * 60
CameBy = Concern.CameBy


def theme_choices() -> list[Any]:
    """Return the themes in use under their groups, as a select wants them. One query."""
    rows = list(Theme.objects.in_use())
    groups = [row for row in rows if row.parent_id is None]
    found: list[Any] = [("", gettext_lazy("Choose…"))]
    for group in groups:
        inside = [(row.slug, row.label) for row in rows if row.parent_id == group.pk]
        if inside:
            found.append((group.label, inside))
    return found


def area_choices() -> list[Any]:
    """Return the wards under their localities, and the borough for whoever doesn't know."""
    book = atlas()
    found: list[Any] = [("", gettext_lazy("Choose…"))]
    for locality in book.localities:
        inside = [(w.slug, w.name) for w in book.wards if w.parent_id == locality.pk]
        if inside:
            found.append((locality.name, inside))
    if book.borough is not None:
        found.append((book.borough.slug, gettext_lazy("I'm not sure")))
    return found


def keep_photo(upload: UploadedFile) -> str:
    """Keep a photo sealed, made afresh from its pixels; return its name. Raises BadPicture."""
    kept = pictures.keep(upload, folder="watch", most_bytes=MOST_BYTES, storage=private_files)
    private_files.delete(kept.small_name)
    return kept.name


class TellForm(OnceForm):
    """A small worry about a place, or about a person who said yes."""

    theme = forms.ChoiceField(
        label=gettext_lazy("What is it about?"),
        error_messages={
            "required": gettext_lazy("Choose what it is about"),
            "invalid_choice": gettext_lazy("That theme is no longer used. Choose another one."),
        },
    )
    what = CleanText(
        label=gettext_lazy("What did you see?"),
        help_text=gettext_lazy("What happened. Not who people are, or what they look like."),
        max_length=3000,
        rows=4,
        error_messages={"required": gettext_lazy("Write a few words about what you saw")},
    )
    where = CleanLine(
        label=gettext_lazy("Where?"),
        help_text=gettext_lazy("A street, a corner, a building."),
        max_length=200,
        required=False,
    )
    area = forms.ChoiceField(
        label=gettext_lazy("Which part of the borough?"),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"),
            gettext_lazy("Choose a part, put a pin on the map, or say you're not sure"),
        ),
    )
    seen_on = forms.DateField(
        label=gettext_lazy("When?"),
        widget=forms.DateInput(attrs={"type": "date", "class": "w-s"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d %B %Y"],
        error_messages={
            "required": gettext_lazy("Say on which day you saw it"),
            "invalid": gettext_lazy("Write a day, such as 24/11/2026"),
        },
    )
    sure = forms.ChoiceField(
        label=gettext_lazy("How sure are you?"),
        widget=forms.RadioSelect,
        choices=Concern.Sure.choices,
        initial=Concern.Sure.SAW,
        error_messages={"required": gettext_lazy("Choose how sure you are")},
    )
    about = forms.ChoiceField(
        label=gettext_lazy("Is it about a place or a person?"),
        widget=forms.RadioSelect,
        choices=Concern.About.choices,
        initial=Concern.About.PLACE,
        error_messages={"required": gettext_lazy("Choose one")},
    )
    # --- About a person
    agreed = forms.ChoiceField(
        label=gettext_lazy("Did you ask them if you may tell us?"),
        widget=forms.RadioSelect,
        choices=[row for row in Concern.Agreed.choices if row[0]],
        required=False,
    )
    person_words = CleanLine(
        label=gettext_lazy("Who is it?"),
        help_text=gettext_lazy("A name if they said yes. Else “the lady on the top floor”."),
        max_length=160,
        required=False,
    )
    relation = CleanLine(
        label=gettext_lazy("How do you know them?"), max_length=120, required=False
    )
    safe_contact = CleanLine(
        label=gettext_lazy("How can they be reached safely?"),
        help_text=gettext_lazy("“Knock, don't ring”, “mornings”, “not when her son is in”."),
        max_length=200,
        required=False,
    )
    # --- A photo
    photo = forms.FileField(
        label=gettext_lazy("A photo"),
        help_text=gettext_lazy("Where and with what it was taken is wiped off it."),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        error_messages={
            "empty": gettext_lazy("That photo is empty. Try choosing it again."),
            "invalid": gettext_lazy("That photo did not come through. Try choosing it again."),
        },
    )
    faces = forms.ChoiceField(
        label=gettext_lazy("Look at your photo. Is there a face or a number plate on it?"),
        widget=forms.RadioSelect,
        choices=[
            ("no", gettext_lazy("No, none")),
            ("yes", gettext_lazy("Yes, there is")),
            ("agreed", gettext_lazy("Yes, and they said I may send it")),
            ("drop", gettext_lazy("Send it without the photo")),
        ],
        required=False,
    )
    photo_kept = forms.CharField(widget=forms.HiddenInput, required=False, max_length=300)
    pin = forms.CharField(widget=forms.HiddenInput, required=False, max_length=30)
    # --- Whoever tells us
    came_by = forms.ChoiceField(
        label=gettext_lazy("Who tells us?"),
        widget=forms.RadioSelect,
        choices=[
            (CameBy.WEB, gettext_lazy("I do")),
            (CameBy.PHONE, gettext_lazy("Somebody on the phone")),
            (CameBy.PAPER, gettext_lazy("A paper slip")),
            (CameBy.DOOR, gettext_lazy("Somebody at the door or the desk")),
        ],
        initial=CameBy.WEB,
    )
    consent = forms.BooleanField(
        label=gettext_lazy("They said yes to our office passing this on to the council"),
        help_text=gettext_lazy("Without a yes it stays with your office."),
        error_messages={"required": gettext_lazy("Ask them first, then tick this")},
    )
    reach = CleanLine(
        label=gettext_lazy("How can we tell you what came of it?"),
        help_text=gettext_lazy("A number or an e-mail. You can stay unknown."),
        max_length=160,
        required=False,
    )

    def __init__(
        self, *args: Any, me: Person | None, offices: list[Office], spotter: Person | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.me, self.spotter = me, spotter
        self.photo_name = ""
        self.fields["theme"].choices = theme_choices()  # type: ignore[attr-defined]
        self.fields["area"].choices = area_choices()  # type: ignore[attr-defined]
        day = today()
        self.fields["seen_on"].widget.attrs.update(
            max=day.isoformat(), min=(day - rules.OLDEST).isoformat()
        )
        self.initial.setdefault("seen_on", day)
        if offices or spotter is not None:  # they pass on what somebody told them
            self.initial.setdefault("sure", Concern.Sure.TOLD)
        types = rules.can_type_for_another(me) and not offices
        if not types and spotter is None:
            del self.fields["came_by"]
        elif spotter is not None:
            self.fields["came_by"].choices = self.fields["came_by"].choices[1:]  # type: ignore[attr-defined]
            self.initial.setdefault("came_by", CameBy.PHONE)
        if not offices:
            del self.fields["consent"]
        else:
            self.fields["reach"].label = _("How can they be told what came of it?")
            self.fields["reach"].help_text = _("Your office hears; write here only what they want.")
        if me is not None and not types and not offices:
            del self.fields["reach"]  # they hear through their own account
        if spotter is not None:
            self.fields.pop("reach", None)
        elif types:
            self.fields["reach"].label = _("How can they be told what came of it?")
            self.fields["reach"].help_text = _("Only for somebody else. They can stay unknown.")
        self.fields["person_words"].widget.attrs["autocomplete"] = "off"
        # A pin says it too.
        self.fields["area"].required = not (self.is_bound and self.data.get("pin"))

    # --- Each part -------------------------------------------------------------------------------

    def clean_theme(self) -> Theme:
        found = Theme.objects.in_use().leaves().filter(slug=self.cleaned_data["theme"]).first()
        if found is None:
            raise forms.ValidationError(_("Choose what it is about"))
        return found

    def clean_seen_on(self) -> dt.date:
        day, here = self.cleaned_data["seen_on"], today()
        if day > here:
            raise forms.ValidationError(_("That day is still to come. When did you see it?"))
        if day < here - rules.OLDEST:
            raise forms.ValidationError(
                _("That is more than a year ago. When did you last see it?")
            )
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._place(data)
        if data.get("about") == Concern.About.PERSON:
            self._person(data)
        self._photo(data)
        return data

    def _place(self, data: dict[str, Any]) -> None:
        """The pin knows best, then what was chosen; "I'm not sure" is the whole borough."""
        pin, area = pins.read(data.get("pin") or "")
        chosen = atlas().by_slug.get(data.get("area") or "")
        is_ward = chosen is not None and chosen.kind == Area.Kind.WARD
        if area is not None and is_ward and not area.path.startswith(chosen.path):  # type: ignore[union-attr]
            # Moved on to another ward after the pin was put: the choice seen last counts.
            pin, area = "", None
        data["pin"] = pin
        data["area"] = area or chosen
        if data["area"] is None and "area" not in self.errors:
            self.add_error("area", _("Choose a part, put a pin on the map, or say you're not sure"))

    def _person(self, data: dict[str, Any]) -> None:
        agreed = data.get("agreed")
        if not agreed:
            self.add_error("agreed", _("Say whether you asked them"))
        elif agreed == Concern.Agreed.NO:
            self.add_error("agreed", _(
                "Then we keep nothing about them. Tell us about the place instead, or, if "
                "somebody may come to harm, tell the safeguarding team."
            ))  # fmt: skip
        elif agreed == Concern.Agreed.NOT_ASKED and "consent" in self.fields:
            self.add_error("agreed", _("Your office passes this on only with their yes."))
        if agreed in (Concern.Agreed.YES, Concern.Agreed.NOT_ASKED) and not data.get(
            "person_words"
        ):
            self.add_error("person_words", _("Say who it is, as well as you can"))

    def _photo(self, data: dict[str, Any]) -> None:
        if data.get("faces") == "drop":
            return
        upload = data.get("photo")
        if upload:
            try:
                self.photo_name = keep_photo(upload)
            except pictures.BadPicture as problem:
                self.add_error("photo", str(problem))
                return
        else:
            self.photo_name = self._kept(data.get("photo_kept") or "")
        if not self.photo_name:
            return
        # Sent again after an error or a question, the photo need not be chosen a second time.
        self.data = {**self.data.dict()} if hasattr(self.data, "dict") else dict(self.data)
        self.data["photo_kept"] = signing.dumps(self.photo_name, salt=_PHOTO_SALT)
        if not data.get("faces"):
            self.add_error("faces", _("Look at your photo once more, and choose"))
        elif data["faces"] == "yes":
            self.add_error("faces", _(
                "People may not want their face or car here. Choose a photo without, send it "
                "without a photo, or say that they agreed."
            ))  # fmt: skip

    @staticmethod
    def _kept(typed: str) -> str:
        try:
            name = signing.loads(typed, salt=_PHOTO_SALT, max_age=_DAY) if typed else ""
        except signing.BadSignature:
            return ""
        return name if name and private_files.exists(name) else ""

    def concern(self) -> dict[str, Any]:
        """Return what `actions.tell` takes."""
        data = self.cleaned_data
        is_person = data["about"] == Concern.About.PERSON
        found = {
            name: data[name]
            for name in ("theme", "area", "what", "where", "pin", "seen_on", "sure", "about",
                         "client_key")
        }  # fmt: skip
        for name in ("person_words", "relation", "agreed", "safe_contact"):
            found[name] = data[name] if is_person else ""
        return {**found, "reach": data.get("reach", ""), "photo": self.photo_name}


class MoreForm(forms.Form):
    """What somebody saw since."""

    words = CleanText(
        label=gettext_lazy("What have you seen since?"),
        max_length=2000,
        rows=3,
        error_messages={"required": gettext_lazy("Write a few words about what you saw")},
    )


class RefForm(forms.Form):
    """The letters on the thank-you slip."""

    ref = CleanLine(
        label=gettext_lazy("The letters on your slip"),
        help_text=gettext_lazy("Ten letters and numbers. Spaces don't matter."),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "class": "w-m"}
        ),
        error_messages={"required": gettext_lazy("Type the letters on your slip")},
    )

    def clean_ref(self) -> str:
        return "".join(self.cleaned_data["ref"].casefold().split()).replace("-", "")
