"""Forms of the feed. Photos that came well are kept even when the rest must be sent again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.pictures import BadPicture
from doorstep.feed import photos, words
from doorstep.feed.actions import waiting_photos
from doorstep.feed.models import Photo, Post, Readers
from doorstep.people.models import Person

TOO_LONG = _(
    "That is longer than we can put up in one go. Keep it under 10,000 letters, "
    "or put the rest in a reply."
)
SAY_SOMETHING = _("Write a few words first")


class LongText(CleanText):
    """Many words. The browser must not cut what somebody pastes: we say that it is too long."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


def words_field(label: Any, *, rows: int = 5, **kwargs: Any) -> LongText:
    """A field for a post's or reply's words, with its errors in plain words."""
    return LongText(
        label=label,
        rows=rows,
        max_length=words.LONGEST,
        error_messages={"required": SAY_SOMETHING, "max_length": TOO_LONG},
        **kwargs,
    )


class Slot(NamedTuple):
    """One place for a photo in a form."""

    number: int
    upload: BoundField
    description: BoundField
    photo: Photo | None  # already sent


class PhotosForm(forms.Form):
    """Up to four photos, each with the words for those who cannot see it.

    `kept_N` names a photo sent before (a form that failed, an edit), so it need not be sent
    again. After `is_valid()`, `photos` are the Photo rows to hang up, in order.
    """

    def __init__(
        self,
        *args: Any,
        person: Person,
        post: Post | None = None,
        already: Sequence[Photo] = (),
        **kwargs: Any,
    ) -> None:
        self.person, self.post = person, post
        super().__init__(*args, **kwargs)
        for number in range(1, photos.MOST + 1):
            self.fields[f"photo_{number}"] = forms.FileField(
                label=_("Photo"),
                required=False,
                widget=forms.FileInput(attrs={"accept": "image/*"}),
                error_messages={
                    "empty": _("That photo is empty. Try choosing it again."),
                    "invalid": _("That photo did not come through. Try choosing it again."),
                },
            )
            self.fields[f"describe_{number}"] = CleanLine(
                label=_("What does it show?"),
                required=False,
                max_length=300,
                help_text=_("For neighbours who can't see it: “Twelve people round a long table”."),
                error_messages={
                    "max_length": _("Say what the photo shows in fewer words: under 300 letters.")
                },
            )
            self.fields[f"kept_{number}"] = forms.CharField(
                required=False, max_length=20, widget=forms.HiddenInput
            )
        if self.is_bound:
            keys = [self.data.get(self.add_prefix(f"kept_{n}"), "") for n in self._numbers()]
            found = {photo.key: photo for photo in waiting_photos(person, filter(None, keys), post)}
            self._kept = {n: found.get(key) for n, key in zip(self._numbers(), keys, strict=True)}
        else:
            self._kept = dict.fromkeys(self._numbers())
            for number, photo in zip(self._numbers(), already, strict=False):
                self._kept[number] = photo
                self.initial[f"describe_{number}"] = photo.description
                self.initial[f"kept_{number}"] = photo.key
        self.photos: list[Photo] = [photo for photo in self._kept.values() if photo]

    def _numbers(self) -> range:
        return range(1, photos.MOST + 1)

    @property
    def slots(self) -> list[Slot]:
        """The places for photos, for the template."""
        return [
            Slot(n, self[f"photo_{n}"], self[f"describe_{n}"], self._kept[n])
            for n in self._numbers()
        ]

    @property
    def open_slots(self) -> list[Slot]:
        """Those in use, and the first that is free."""
        used = [slot for slot in self.slots if self._in_use(slot)]
        return used + [slot for slot in self.slots if not self._in_use(slot)][:1]

    @property
    def spare_slots(self) -> list[Slot]:
        return [slot for slot in self.slots if not self._in_use(slot)][1:]

    def _in_use(self, slot: Slot) -> bool:
        return bool(slot.photo or slot.upload.errors or slot.description.errors)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.photos = []
        for n in self._numbers():
            upload = cleaned.get(f"photo_{n}")
            description = cleaned.get(f"describe_{n}") or ""
            is_unwanted = bool(self.data.get(self.add_prefix(f"leave_out_{n}")))
            photo = None if is_unwanted else self._kept[n]
            if is_unwanted:
                self._kept[n] = None
            if upload:
                try:
                    photo = photos.keep(upload, description=description, by=self.person)
                except (BadPicture, photos.PhotoNotKept) as problem:
                    self.add_error(f"photo_{n}", str(problem))
                    continue
                self._kept[n] = photo
            if photo is None:
                continue
            if not description:
                if f"describe_{n}" not in self.errors:
                    self.add_error(
                        f"describe_{n}",
                        _("Say what the photo shows, for neighbours who can't see it"),
                    )
                continue
            if photo.description != description:
                photo.description = description
                photo.save(update_fields=["description"])
            self.photos.append(photo)
        return cleaned

    def kept_fields(self) -> dict[str, str]:
        """Return the hidden fields that bring the photos along when the form is sent again.

        Photos the writer left out stay out.
        """
        fields = {f"kept_{n}": self.kept_key(n) for n in self._numbers()}
        return fields | {f"leave_out_{n}": "" for n in self._numbers()}

    def kept_key(self, number: int) -> str:
        photo = self._kept[number]
        return photo.key if photo else ""


class WriteForm(OnceForm, PhotosForm):
    """Something to put up: what kind, where, who may read it, words and photos."""

    kind = forms.ChoiceField(label=_("What kind of post is it?"), choices=Post.Kind)
    title = CleanLine(
        label=_("A short title"),
        required=False,
        max_length=140,
        error_messages={"max_length": _("Make the title shorter: under 140 letters.")},
    )
    text = words_field(_("What's going on round yours?"), rows=6)
    place = forms.ChoiceField(
        label=_("Where should it go?"),
        error_messages={"invalid_choice": _("Choose a place from the list")},
    )
    readers = forms.ChoiceField(
        label=_("Who may read it?"),
        required=False,
        choices=Readers,
        widget=forms.RadioSelect,
    )

    def __init__(
        self,
        *args: Any,
        kinds: Sequence[tuple[str, Any]],
        places: Sequence[tuple[str, str]],
        may_choose_readers: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["place"].choices = places  # type: ignore[attr-defined]
        if not may_choose_readers:
            del self.fields["readers"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("kind") == Post.Kind.NOTICE:
            _need_a_title(self, cleaned)
        return cleaned


class ChangeForm(PhotosForm):
    """A post to change."""

    title = CleanLine(
        label=_("A short title"),
        required=False,
        max_length=140,
        error_messages={"max_length": _("Make the title shorter: under 140 letters.")},
    )
    text = words_field(_("Your words"), rows=6)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.post is not None and self.post.kind == Post.Kind.NOTICE:
            _need_a_title(self, cleaned)
        return cleaned


def _need_a_title(form: forms.Form, cleaned: dict[str, Any]) -> None:
    if not cleaned.get("title") and "title" not in form.errors:
        form.add_error("title", _("Give the notice a title, so people see what it is"))


class ReplyForm(OnceForm):
    """A reply to a post."""

    text = words_field(_("Your reply"), rows=3)


class ChangeReplyForm(forms.Form):
    """A reply to change."""

    text = words_field(_("Your reply"), rows=4)


MARKDOWN_HINT = _(
    "Leave an empty line between paragraphs. Start a line with ## for a heading, "
    "with - for a list; put ** round bold words."
)


class ArticleForm(OnceForm, PhotosForm):
    """A story for a team's or an area's blog."""

    title = CleanLine(
        label=_("Title"),
        max_length=140,
        error_messages={
            "required": _("Give your story a title"),
            "max_length": _("Make the title shorter: under 140 letters."),
        },
    )
    text = LongText(
        label=_("Your story"),
        rows=16,
        max_length=40_000,
        help_text=MARKDOWN_HINT,
        error_messages={
            "required": _("Write your story first"),
            "max_length": _("That is a whole book! Keep it under 40,000 letters."),
        },
    )
    readers = forms.ChoiceField(
        label=_("Who may read it?"), required=False, choices=Readers, widget=forms.RadioSelect
    )

    def __init__(
        self, *args: Any, reader_choices: Sequence[tuple[str, Any]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if reader_choices:
            self.fields["readers"].choices = reader_choices  # type: ignore[attr-defined]
        else:
            del self.fields["readers"]


class TellForm(OnceForm, PhotosForm):
    """“Tell us what you have been doing”."""

    text = LongText(
        label=_("What have you been doing?"),
        rows=9,
        max_length=20_000,
        help_text=_("Just as you would tell a friend. We tidy up the spelling."),
        error_messages={
            "required": _("Tell us a little first: two sentences are enough"),
            "max_length": _("What a story! Keep it under 20,000 letters, or tell it in two."),
        },
    )
    title = CleanLine(
        label=_("A title"),
        required=False,
        max_length=140,
        error_messages={"max_length": _("Make the title shorter: under 140 letters.")},
    )
    told_by = CleanLine(
        label=_("Name to print"),
        max_length=60,
        help_text=_("Your first name, or “A neighbour from Valence” if you like."),
        error_messages={
            "required": _("Say what name to print"),
            "max_length": _("Make the name shorter: under 60 letters."),
        },
    )
    whose = forms.ChoiceField(
        label=_("Is somebody else in it, by name or in a photo?"),
        choices=[("mine", _("No, it’s my own story")), ("other", _("Yes"))],
        initial="mine",
        required=False,
        widget=forms.RadioSelect,
    )
    about = forms.ChoiceField(
        label=_("Who? We ask them ourselves, and wait for their yes"),
        required=False,
    )
    about_name = CleanLine(
        label=_("Not in the list? Write their name"),
        required=False,
        max_length=120,
        help_text=_("We don’t print this."),
    )
    about_words = LongText(
        label=_("How did they say yes to you?"),
        required=False,
        rows=2,
        max_length=600,
        help_text=_("Read them the story first. Then write what they said, in their own words."),
    )

    def __init__(self, *args: Any, known: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {person.handle: person for person in known}
        self.fields["about"].choices = [  # type: ignore[attr-defined]
            ("", _("Nobody from this list")),
            *((handle, person.known_as) for handle, person in self.known.items()),
        ]
        if not self.known:
            del self.fields["about"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["person"] = None
        if given.get("whose") != "other":
            given["about_name"] = given["about_words"] = ""
            return given
        given["person"] = self.known.get(given.get("about", ""))
        if given["person"] is not None:
            given["about_name"] = given["about_words"] = ""
        elif not given.get("about_name"):
            self.add_error("about_name", _("Say who is in it"))
        elif not given.get("about_words"):
            self.add_error("about_words", _("Ask them first, and write what they said"))
        return given


class EditStoryForm(PhotosForm):
    """A story as its editor changes it before it is published."""

    title = CleanLine(
        label=_("Title"),
        max_length=140,
        error_messages={
            "required": _("Give the story a title"),
            "max_length": _("Make the title shorter: under 140 letters."),
        },
    )
    text = LongText(
        label=_("The story"),
        rows=16,
        max_length=40_000,
        help_text=MARKDOWN_HINT,
        error_messages={"required": _("The story needs some words")},
    )
    told_by = CleanLine(label=_("Name to print"), max_length=60)


class DeclineForm(forms.Form):
    """Kind words to someone whose story is not published."""

    reply = LongText(
        label=_("What would you like to say to them?"),
        rows=4,
        max_length=1000,
        help_text=_("Thank them, and say why or what would help. They read it as you write it."),
        error_messages={
            "required": _("Write them a few kind words"),
            "max_length": _("Keep it under 1,000 letters."),
        },
    )


__all__ = [
    "ArticleForm",
    "ChangeForm",
    "ChangeReplyForm",
    "DeclineForm",
    "EditStoryForm",
    "PhotosForm",
    "ReplyForm",
    "TellForm",
    "WriteForm",
]
