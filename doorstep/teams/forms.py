"""Forms of teams."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.models import Spot
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.teams.models import Kit, Question, Team


def with_value(data: Any, name: str, value: str) -> Any:
    """Return a sent form's data with one value changed, everything else as it was typed."""
    changed = data.copy()
    changed[name] = value
    return changed


def area_groups() -> list[tuple[str, list[tuple[int, str]]]]:
    """Return the borough, its localities and their wards as (label, [(id, name)]), in one query.

    What belongs to no locality stands under the label "".
    """
    kinds = [Area.Kind.BOROUGH, Area.Kind.LOCALITY, Area.Kind.WARD]
    rows = list(
        Area.objects.filter(kind__in=kinds)
        .order_by("name")
        .values_list("pk", "kind", "name", "parent_id")
    )
    everywhere = _now("All of %(area)s")
    localities = {row[0] for row in rows if row[1] == Area.Kind.LOCALITY}
    alone = [
        (pk, everywhere % {"area": name} if kind == Area.Kind.BOROUGH else name)
        for pk, kind, name, parent in rows
        if kind == Area.Kind.BOROUGH or (kind == Area.Kind.WARD and parent not in localities)
    ]
    groups = [("", alone)]
    for pk, kind, name, _parent in rows:
        if kind == Area.Kind.LOCALITY:
            wards = [(row[0], row[2]) for row in rows if row[3] == pk]
            groups.append((name, [(pk, everywhere % {"area": name}), *wards]))
    return groups


def area_choices() -> list[Any]:
    """Return the same as the choices of a field."""
    (_none, alone), *groups = area_groups()
    return [*alone, *groups]


def ward_of(person: Person | None) -> int | None:
    """Return the id of the ward the person lives in, from a home of any size."""
    if person is None or person.home_id is None or person.home is None:
        return None
    home = person.home
    if home.kind in (Area.Kind.NEIGHBOURHOOD, Area.Kind.STREET):
        ids = home.path_ids
        return (
            Area.objects.filter(pk__in=ids, kind=Area.Kind.WARD).values_list("pk", flat=True)
        ).first()
    return home.pk


class AreaField(forms.TypedChoiceField):
    """An area of the borough, chosen by name; cleans to the Area."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, **kwargs)

    def clean(self, value: Any) -> Area | None:
        pk = super().clean(value)
        return Area.objects.get(pk=pk) if pk not in self.empty_values else None


_ENTER_NAME = _("Give your team a name.")
_ENTER_PURPOSE = _("Say in one line what you do together.")


class WordsForm(forms.Form):
    """What a team says about itself."""

    name = CleanLine(
        label=_("What's your team called?"),
        max_length=80,
        error_messages={
            "required": _ENTER_NAME,
            "max_length": _("Keep the name under 80 letters."),
        },
    )
    purpose = CleanLine(
        label=_("What do you do together, in one line?"),
        max_length=200,
        error_messages={
            "required": _ENTER_PURPOSE,
            "max_length": _("Keep the line under 200 letters. There's more room below."),
        },
    )
    area = AreaField(
        label=_("Which part of the borough?"),
        error_messages={
            "required": _("Choose the part of the borough your team is for."),
            "invalid_choice": _("Choose one of the areas in the list."),
        },
    )
    place = CleanLine(
        label=_("Where do you meet?"),
        help_text=_("A hall, a park, the telephone. Leave your own address out."),
        max_length=120,
        required=False,
    )
    why = CleanText(
        label=_("Why?"),
        help_text=_("What made you think of it? People join people, not plans."),
        max_length=2000,
        required=False,
        rows=4,
    )
    joining = forms.ChoiceField(
        label=_("How do people join?"), choices=Team.Joining, widget=forms.RadioSelect
    )
    is_private = forms.BooleanField(
        label=_("Only members can find this team"),
        help_text=_("It isn't in lists, on the map or in search. People need your invitation."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = area_choices()  # type: ignore[attr-defined]
        for name in ("name", "purpose", "place"):
            self.fields[name].widget.attrs["dir"] = "auto"


class EditForm(WordsForm):
    """The same words, changed by a host."""

    spot = forms.ChoiceField(label=_("Your colour"), choices=Spot, widget=forms.RadioSelect)


class StartForm(OnceForm, WordsForm):
    """Everything about a new team, on one page."""

    first_gathering = CleanLine(
        label=_("What will you do first?"),
        help_text=_("Small is good: tea for three, an hour, this week or next."),
        max_length=200,
        required=False,
    )
    wants_mentor = forms.BooleanField(
        label=_("I'd like a mentor"),
        help_text=_(
            "Somebody who has done this before rings you and helps. They'll see your team and what "
            "it posts."
        ),
        required=False,
    )
    agreement = CleanText(
        label=_("What do you agree on?"),
        help_text=_("Everyone who joins says yes to this. You can change it later."),
        max_length=3000,
        required=False,
        rows=6,
    )
    field_order = [
        "client_key",
        "name",
        "purpose",
        "area",
        "place",
        "why",
        "first_gathering",
        "joining",
        "is_private",
        "wants_mentor",
        "agreement",
    ]


class JoinForm(forms.Form):
    """The hosts' questions, and yes to the agreement."""

    agreed_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, team: Team, questions: list[Question], asks: bool, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"agreed_version": team.agreement_version})
        super().__init__(*args, **kwargs)
        self.questions = questions if asks else []
        for question in self.questions:
            self.fields[f"question_{question.pk}"] = CleanText(
                label=question.text,
                max_length=1000,
                rows=3,
                error_messages={"required": _("Answer the hosts' question. A few words will do.")},
            )
        if team.agreement:
            self.fields["agrees"] = forms.BooleanField(
                label=_("Yes, I agree to this"),
                error_messages={"required": _("Tick the box to say that you agree.")},
            )

    def answers(self) -> list[dict[str, str]]:
        """Return the questions as they were asked, with their answers."""
        return [
            {"question": row.text, "answer": self.cleaned_data[f"question_{row.pk}"]}
            for row in self.questions
        ]


class AgreeForm(forms.Form):
    """Yes to the agreement as it stands."""

    agreed_version = forms.IntegerField(widget=forms.HiddenInput)


class DecideForm(forms.Form):
    """A host's answer to somebody who asked."""

    answer = forms.ChoiceField(choices=[("yes", _("Let them in")), ("no", _("Not this time"))])
    word = CleanLine(label=_("A word to them"), max_length=300, required=False)


class ReasonForm(forms.Form):
    """Why a member is asked to leave, told to them."""

    reason = CleanLine(
        label=_("Why? We tell them this."),
        max_length=300,
        error_messages={"required": _("Say why, kindly and plainly. They will read it.")},
    )


class AgreementForm(forms.Form):
    """What the team agrees on."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    text = CleanText(
        label=_("What we agree on"),
        help_text=_("Short lines work best. Everyone in the team will be asked to say yes again."),
        max_length=3000,
        required=False,
        rows=10,
    )


class QuestionsForm(forms.Form):
    """Up to five questions for people who want to join."""

    MOST = 5

    def __init__(self, *args: Any, texts: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, self.MOST + 1):
            self.fields[f"question_{number}"] = CleanLine(
                label=_now("Question %(number)d") % {"number": number},
                max_length=200,
                required=False,
                initial=(texts or [])[number - 1] if len(texts or []) >= number else "",
            )
            self.fields[f"question_{number}"].widget.attrs["dir"] = "auto"

    def texts(self) -> list[str]:
        return [
            self.cleaned_data[f"question_{number}"]
            for number in range(1, self.MOST + 1)
            if self.cleaned_data[f"question_{number}"]
        ]


class PinForm(forms.Form):
    """The team's pinned page."""

    title = CleanLine(label=_("Title"), max_length=100, required=False)
    text = CleanText(
        label=_("The page"),
        help_text=_("Start a line with ## for a heading or - for a list. **Stars** make it bold."),
        max_length=8000,
        required=False,
        rows=14,
    )


class InviteForm(forms.Form):
    """A new invitation."""

    label = CleanLine(
        label=_("Who is it for?"),
        help_text=_("Only hosts see this: “the school gate”, “number 12 to 40”."),
        max_length=80,
        required=False,
    )
    days = forms.TypedChoiceField(
        label=_("How long does it work?"),
        coerce=int,
        choices=[(7, _("A week")), (30, _("A month")), (60, _("Two months"))],
        initial=30,
    )
    uses = forms.TypedChoiceField(
        label=_("How many people can use it?"),
        coerce=int,
        choices=[(1, _("One person")), (10, _("10 people")), (50, _("50 people"))],
        initial=50,
    )


class EndForm(forms.Form):
    """How a team ends."""

    how = forms.ChoiceField(
        label=_("What happens to what you do?"),
        choices=[
            ("close", _("It stops here")),
            ("over", _("Others carry it on")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what happens to what you do.")},
    )
    handed_to = forms.TypedChoiceField(
        label=_("A team that carries it on"),
        help_text=_("One of your other teams, if it's there."),
        coerce=int,
        required=False,
        empty_value=None,
    )
    why = CleanText(
        label=_("A few words for everybody"),
        help_text=_("What you did, what comes next, and thank you. It stays on the team's page."),
        max_length=600,
        rows=4,
        error_messages={"required": _("Say a few words. It's the last thing people read here.")},
    )
    sure = forms.BooleanField(
        label=_("I'm sure. Nobody can post here after this."),
        error_messages={"required": _("Tick the box if you're sure.")},
    )

    def __init__(self, *args: Any, teams: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if teams:
            self.fields["handed_to"].choices = [  # type: ignore[attr-defined]
                ("", _now("Somebody else")),
                *((team.pk, team.name) for team in teams),
            ]
        else:
            del self.fields["handed_to"]


class KeysForm(forms.Form):
    """Who takes the keys when a host steps down."""

    to = forms.TypedChoiceField(
        label=_("Who takes your keys?"),
        coerce=int,
        required=False,
        empty_value=None,
        error_messages={"invalid_choice": _("Choose somebody from the list.")},
    )

    def __init__(self, *args: Any, people: list[tuple[int, str]], needed: bool, **kw: Any) -> None:
        super().__init__(*args, **kw)
        field = self.fields["to"]
        field.required = needed
        field.error_messages["required"] = _now("Choose who takes your keys.")
        field.choices = [("", _now("Choose")), *people]  # type: ignore[attr-defined]


class ContactForm(forms.Form):
    """A mentor got in touch."""

    note = CleanLine(
        label=_("What came of it?"),
        max_length=300,
        error_messages={"required": _("Write a few words: “rang them, all well”.")},
    )


class FindForm(forms.Form):
    """Narrow the list of teams. Drawn by the page itself: ninety options are slow otherwise."""

    q = CleanLine(required=False, max_length=80)
    area = forms.ModelChoiceField(Area.objects.only("path"), required=False)
    kit = forms.ModelChoiceField(
        Kit.objects.filter(is_offered=True).only("slug"), to_field_name="slug", required=False
    )
