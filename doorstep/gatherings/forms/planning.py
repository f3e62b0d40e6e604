"""Forms for planning a gathering, changing it, and saying “I'm coming”."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import in_london, local, now
from doorstep.gatherings import recurrence
from doorstep.gatherings.actions import planning
from doorstep.gatherings.models import Gathering, Place, Session
from doorstep.people.models import Person
from doorstep.places.models import Area, Postcode, Venue
from doorstep.teams.models import Team

LENGTHS = (30, 45, 60, 90, 120, 150, 180, 240, 300, 360, 480)
FAR = dt.timedelta(days=2 * 366)
_JOB = re.compile(r"^(?P<name>.*?)\s*[x×*]\s*(?P<needed>\d{1,3})$", re.IGNORECASE)


def length_words(minutes: int) -> str:
    """“45 minutes”, “an hour and a half”, “4 hours”."""
    said = {
        60: _("1 hour"),
        90: _("1 hour and a half"),
        150: _("2 hours and a half"),
    }
    if minutes in said:
        return said[minutes]
    if minutes % 60 == 0:
        return _("%(count)d hours") % {"count": minutes // 60}
    return _("%(count)d minutes") % {"count": minutes}


def _lengths(extra: int | None = None) -> list[tuple[int, str]]:
    minutes = sorted({*LENGTHS, *([extra] if extra else [])})
    return [(number, length_words(number)) for number in minutes]


class DayField(forms.DateField):
    """A day, picked or typed as 26/11/2026."""

    widget = forms.DateInput(attrs={"type": "date", "class": "w-m"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "error_messages",
            {
                "required": gettext_lazy("Choose the day."),
                "invalid": gettext_lazy("There's no such day. Write it like 26/11/2026."),
            },
        )
        super().__init__(input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %B %Y"], **kwargs)


class ClockField(forms.TimeField):
    """A time of day, picked or typed as 10:30, 10.30 or 10:30am."""

    widget = forms.TimeInput(attrs={"type": "time", "class": "w-m"}, format="%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "error_messages",
            {
                "required": gettext_lazy("Choose the time it starts."),
                "invalid": gettext_lazy("We can't read that time. Write it like 10:30."),
            },
        )
        formats = ["%H:%M", "%H:%M:%S", "%H.%M", "%I:%M%p", "%I:%M %p", "%I%p", "%I %p"]
        super().__init__(input_formats=formats, **kwargs)


class WhenMixin(forms.Form):
    """Day, time and length as a moment in London that is to come and really happens."""

    def clean_when(self, data: dict[str, Any]) -> None:
        day, clock = data.get("day"), data.get("clock")
        if not day or not clock:
            return
        naive = dt.datetime.combine(day, clock)
        if day.year < 1900 or day.year > 9000:
            self.add_error("day", _("There's no such day. Write it like 26/11/2026."))
            return
        if recurrence.is_skipped(naive):
            self.add_error(
                "clock",
                _("The clocks go forward that night, so that time never comes. Choose another."),
            )
            return
        starts_at = in_london(naive)
        if starts_at <= now():
            where = "day" if day < local(now()).date() else "clock"
            self.add_error(where, _("That's in the past. Choose a day and time to come."))
            return
        if starts_at > now() + FAR:
            self.add_error("day", _("That's more than two years away. Choose a nearer day."))
            return
        data["starts_at"] = starts_at


class VenueField(forms.ModelChoiceField):
    """A venue by name and address."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}, {obj.address}"


def venues_near(area: Area) -> QuerySet[Venue]:
    """Return the borough's venues, those of the area's locality first."""
    ids = area.path_ids
    borough, locality = f"{ids[0]}/", "".join(f"{one}/" for one in ids[:2])
    return (
        Venue.objects.filter(area__path__startswith=borough)
        .annotate(
            far=Case(
                When(area__path__startswith=locality, then=Value(0)),
                default=Value(1),
                output_field=IntegerField(),
            )
        )
        .order_by("far", "name", "id")
    )


class PlanForm(WhenMixin, OnceForm):
    """Everything about a gathering, in plain words. `gathering` is the one being changed."""

    title = CleanLine(
        label=gettext_lazy("What's it called?"),
        help_text=gettext_lazy("Short and clear, like “Tea and toast at the library”."),
        max_length=120,
        error_messages={"required": gettext_lazy("Give it a name.")},
    )
    description = CleanText(
        label=gettext_lazy("What happens?"),
        max_length=4000,
        error_messages={"required": gettext_lazy("Say what happens, in a sentence or two.")},
    )
    when_you_walk_in = CleanText(
        label=gettext_lazy("What will people find when they walk in?"),
        help_text=gettext_lazy(
            "Who's at the door, where to sit, what's on the table. It helps people who are nervous."
        ),
        rows=3,
        max_length=1000,
        required=False,
    )
    who = forms.ChoiceField(
        label=gettext_lazy("Who is it for?"),
        choices=Gathering.Who.choices,
        widget=forms.RadioSelect,
        initial=Gathering.Who.EVERYONE,
    )
    is_good_with_children = forms.BooleanField(
        label=gettext_lazy("Children are welcome"), required=False
    )
    cost = CleanLine(
        label=gettext_lazy("What does it cost?"),
        help_text=gettext_lazy("Leave empty if it's free. Or: “£2 for lunch, if you can”."),
        max_length=60,
        required=False,
    )

    venue = VenueField(
        label=gettext_lazy("Where do people meet?"),
        queryset=Venue.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nowhere: online or by telephone only"),
    )
    venue_name = CleanLine(label=gettext_lazy("Name of the place"), max_length=120, required=False)
    venue_address = CleanLine(label=gettext_lazy("Address"), max_length=200, required=False)
    venue_postcode = CleanLine(
        label=gettext_lazy("Postcode"),
        max_length=10,
        required=False,
        widget=forms.TextInput(attrs={"class": "w-s", "autocomplete": "off"}),
    )
    venue_is_step_free = forms.BooleanField(
        label=gettext_lazy("No steps to get in"), required=False
    )
    venue_has_accessible_toilet = forms.BooleanField(
        label=gettext_lazy("A toilet with room for a wheelchair"), required=False
    )
    venue_has_hearing_loop = forms.BooleanField(
        label=gettext_lazy("A hearing loop"), required=False
    )
    venue_has_quiet_room = forms.BooleanField(label=gettext_lazy("A quiet corner"), required=False)
    venue_has_baby_change = forms.BooleanField(
        label=gettext_lazy("Somewhere to change a baby"), required=False
    )
    venue_bus = CleanLine(
        label=gettext_lazy("Buses that stop nearby"), max_length=120, required=False
    )
    venue_way_in = CleanText(
        label=gettext_lazy("How to find the door"), rows=2, max_length=600, required=False
    )
    is_online = forms.BooleanField(
        label=gettext_lazy("People can join online"),
        help_text=gettext_lazy("We make a video room, or you use your own link."),
        required=False,
    )
    online_url = forms.URLField(
        label=gettext_lazy("Your own link to join online"),
        required=False,
        assume_scheme="https",
        error_messages={"invalid": gettext_lazy("That isn't a link. It begins with https://")},
        help_text=gettext_lazy("Leave empty and we make a room."),
    )
    dial_in = CleanLine(
        label=gettext_lazy("Number to ring and join by telephone"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"class": "w-m", "inputmode": "tel"}),
    )
    dial_in_code = CleanLine(
        label=gettext_lazy("Code to key in"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"class": "w-s", "inputmode": "numeric"}),
    )

    day = DayField(label=gettext_lazy("Which day?"))
    clock = ClockField(label=gettext_lazy("What time does it start?"))
    duration_minutes = forms.TypedChoiceField(
        label=gettext_lazy("How long does it last?"), coerce=int, initial=90
    )
    every = forms.ChoiceField(
        label=gettext_lazy("Does it happen again?"), widget=forms.RadioSelect, initial="once"
    )
    ends_on = DayField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Leave empty to go on until you stop it."),
    )
    times = forms.IntegerField(
        label=gettext_lazy("Or: how many times in all"),
        required=False,
        min_value=1,
        max_value=recurrence.MOST_SESSIONS,
        widget=forms.NumberInput(attrs={"class": "w-s"}),
        error_messages={
            "max_value": gettext_lazy(
                "400 times is the most. Plan fewer now; you can add more later."
            ),
            "min_value": gettext_lazy("Once is the least."),
            "invalid": gettext_lazy("Write a number, like 6."),
        },
    )
    not_on = CleanText(
        label=gettext_lazy("Not on these days"),
        help_text=gettext_lazy("One to a line, like 24/12/2026."),
        rows=2,
        required=False,
        max_length=2000,
    )
    own_rule = CleanLine(
        label=gettext_lazy("A calendar rule (RRULE)"),
        help_text=gettext_lazy("Only if you know how: FREQ=MONTHLY;BYDAY=1TU,3TU"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "spellcheck": "false"}),
    )

    capacity = forms.IntegerField(
        label=gettext_lazy("Most people that fit"),
        help_text=gettext_lazy("Leave empty for no limit. When it's full, people can wait."),
        required=False,
        min_value=1,
        max_value=10_000,
        widget=forms.NumberInput(attrs={"class": "w-s"}),
        error_messages={
            "invalid": gettext_lazy("Write a number, like 20."),
            "min_value": gettext_lazy("There has to be room for one person at least."),
            "max_value": gettext_lazy("10,000 people is the most."),
        },
    )
    guests_each = forms.IntegerField(
        label=gettext_lazy("How many guests may each person bring?"),
        min_value=0,
        max_value=20,
        initial=1,
        widget=forms.NumberInput(attrs={"class": "w-s"}),
        error_messages={
            "required": gettext_lazy("Write a number; 0 for nobody."),
            "max_value": gettext_lazy("20 guests each is the most."),
            "min_value": gettext_lazy("0 guests is the least."),
        },
    )
    jobs = CleanText(
        label=gettext_lazy("Jobs people can take"),
        help_text=gettext_lazy(
            "One to a line, like “make the tea”. “Move chairs x 3” needs three."
        ),
        rows=4,
        required=False,
        max_length=2000,
    )

    VENUE_FIELDS = (
        "venue_name",
        "venue_address",
        "venue_postcode",
        "venue_is_step_free",
        "venue_has_accessible_toilet",
        "venue_has_hearing_loop",
        "venue_has_quiet_room",
        "venue_has_baby_change",
        "venue_bus",
        "venue_way_in",
    )

    def __init__(
        self,
        *args: Any,
        area: Area,
        team: Team | None = None,
        gathering: Gathering | None = None,
        **kwargs: Any,
    ) -> None:
        self.area, self.team, self.gathering = area, team, gathering
        if gathering is not None:
            kwargs["initial"] = {**initial_of(gathering), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        if gathering is not None:
            del self.fields["client_key"]
        self._offer(gathering)

    def _offer(self, gathering: Gathering | None) -> None:
        """Fill the choices that depend on where, whose and which gathering it is."""
        fields = self.fields
        venue = fields["venue"]
        assert isinstance(venue, forms.ModelChoiceField)  # noqa: S101 (for the type checker)
        venue.queryset = venues_near(self.area)
        length = fields["duration_minutes"]
        assert isinstance(length, forms.TypedChoiceField)  # noqa: S101
        length.choices = _lengths(gathering.duration_minutes if gathering else None)
        every = fields["every"]
        assert isinstance(every, forms.ChoiceField)  # noqa: S101
        every.choices = [
            ("once", _("No, just once")),
            ("week", _("Every week")),
            ("fortnight", _("Every 2 weeks")),
            ("month", _("Every month on the same weekday, like “first Thursday”")),
            ("day", _("Every day")),
        ]
        if self.initial.get("own_rule"):
            every.choices = [*every.choices, ("own", _("By its own rule, below"))]
        if self.team is None or self.team.is_private:
            del fields["who"]

    @property
    def has_new_venue(self) -> bool:
        """Whether the box for a new place should stand open."""
        return self.is_bound and any(self.data.get(name) for name in self.VENUE_FIELDS)

    @property
    def has_advanced(self) -> bool:
        return bool(
            self.is_bound and (self.data.get("not_on") or self.data.get("own_rule"))
        ) or bool(self.initial.get("not_on") or self.initial.get("own_rule"))

    def clean_cost(self) -> str:
        cost = self.cleaned_data["cost"]
        nothing = {"free", "0", "£0", "0.00", "£0.00", "none", "nothing", "no cost", _("free")}
        return "" if cost.lower().strip(" .!") in nothing else cost

    def clean_not_on(self) -> list[dt.date]:
        days = []
        field = DayField()
        for line in re.split(r"[\n,;]+", self.cleaned_data["not_on"]):
            if not line.strip():
                continue
            try:
                day = field.to_python(line.strip())
            except forms.ValidationError:
                raise forms.ValidationError(
                    _("“%(line)s” isn't a day. Write it like 24/12/2026.") % {"line": line[:30]}
                ) from None
            if day is not None:
                days.append(day)
        return days

    def clean_jobs(self) -> list[tuple[str, int]]:
        jobs: dict[str, int] = {}
        for raw in self.cleaned_data["jobs"].split("\n"):
            line = raw.strip(" -•\t")
            if not line:
                continue
            match = _JOB.match(line)
            name = match["name"] if match and match["name"] else line
            needed = int(match["needed"]) if match and match["name"] else 1
            if len(name) > 80:
                raise forms.ValidationError(
                    _("“%(name)s…” is too long for a job. Keep it under 80 letters.")
                    % {"name": name[:30]}
                )
            jobs[name] = min(max(needed, 1), 100)
        if len(jobs) > 30:
            raise forms.ValidationError(_("That's a lot of jobs. Keep the 30 that matter most."))
        return list(jobs.items())

    def clean_venue_postcode(self) -> str:
        letters = re.sub(r"[^A-Za-z0-9]", "", self.cleaned_data["venue_postcode"]).upper()
        return f"{letters[:-3]} {letters[-3:]}" if len(letters) > 4 else letters

    def clean_dial_in(self) -> str:
        number = self.cleaned_data["dial_in"]
        if number and not re.fullmatch(r"\+?[0-9 ()-]{6,20}", number):
            raise forms.ValidationError(_("Write the number in digits, like 020 7946 0000."))
        return number

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.clean_when(data)
        self._clean_where(data)
        self._clean_rule(data)
        return data

    def _clean_where(self, data: dict[str, Any]) -> None:
        new = {name.removeprefix("venue_"): data.get(name) for name in self.VENUE_FIELDS}
        data["new_venue"] = None
        if any(new.values()):
            if not new["name"]:
                self.add_error("venue_name", _("What's the place called?"))
            if not new["address"]:
                self.add_error("venue_address", _("Write its address, so people find it."))
            data["new_venue"], data["venue"] = new, None
        if data.get("online_url"):
            data["is_online"] = True
        if data.get("dial_in_code") and not data.get("dial_in"):
            self.add_error("dial_in", _("There's a code but no number to ring. Add the number."))
        somewhere = data.get("venue") or data["new_venue"] or data.get("is_online")
        broken = {"venue", "dial_in", "online_url"} & self.errors.keys()
        if not somewhere and not data.get("dial_in") and not broken:
            self.add_error(
                "venue", _("Choose where people meet, or let them join online or by telephone.")
            )

    def _clean_rule(self, data: dict[str, Any]) -> None:
        starts_at, every = data.get("starts_at"), data.get("every")
        own = data.get("own_rule", "")
        if starts_at is None or every is None:
            if own:
                try:
                    recurrence.parse(own)
                except recurrence.BadRule as problem:
                    self.add_error("own_rule", str(problem))
            return
        ends_on, times = data.get("ends_on"), data.get("times")
        where = "own_rule" if own else "every"
        if every == "once" and not own:
            data["rrule"] = ""
            return
        if ends_on and times:
            self.add_error("times", _("Give the last day or how many times, not both."))
            return
        if ends_on and ends_on < data["day"]:
            self.add_error("ends_on", _("That's before the first day. Choose a later one."))
            return
        try:
            if own:
                rule = recurrence.join(self._with_end(own, ends_on, times))
            else:
                rule = recurrence.make_rule(
                    every=every, first_day=data["day"], until=ends_on, times=times
                )
            data["rrule"] = recurrence.check(rule, starts_at)
        except recurrence.BadRule as problem:
            self.add_error(where, str(problem))
            return
        except (KeyError, ValueError):
            self.add_error("own_rule", _("Write the rule, or choose how often above."))
            return
        left = recurrence.occurrences(rule, starts_at, until=starts_at + recurrence.LOOK_AHEAD)
        skipped = set(data.get("not_on") or [])
        if left and all(local(moment).date() in skipped for moment in left):
            self.add_error("not_on", _("That leaves no day at all. Take some of these out."))
        elif local(starts_at).date() in skipped:
            self.add_error("not_on", _("The first day is among these. Change one of the two."))

    def _with_end(self, own: str, ends_on: dt.date | None, times: int | None) -> dict[str, str]:
        parts = recurrence.parse(own)
        if ends_on:
            parts.pop("COUNT", None)
            parts["UNTIL"] = recurrence.until_on(ends_on)
        if times:
            parts.pop("UNTIL", None)
            parts["COUNT"] = str(times)
        return parts

    def words(self) -> dict[str, Any]:
        """Return what the verbs want: everything but the helpers of this form."""
        data = self.cleaned_data
        names = (
            "title", "description", "when_you_walk_in", "is_good_with_children", "cost", "venue",
            "is_online", "online_url", "dial_in", "dial_in_code", "capacity", "guests_each",
        )  # fmt: skip
        words = {name: data[name] for name in names}
        if "who" in data:
            words["who"] = data["who"]
        return {
            **words,
            "new_venue": data["new_venue"],
            "starts_at": data["starts_at"],
            "duration_minutes": data["duration_minutes"],
            "rrule": data["rrule"],
            "left_out": data["not_on"],
            "jobs": data["jobs"],
        }

    def area_of_it(self) -> Area:
        """Return the area the gathering is in: its venue's ward, else where the form began."""
        if self.team is not None:
            return self.team.area
        venue = self.cleaned_data.get("venue")
        if venue is not None:
            return venue.area
        code = self.cleaned_data.get("venue_postcode")
        found = Postcode.objects.select_related("ward").filter(code=code).first() if code else None
        return found.ward if found else self.area


def initial_of(gathering: Gathering) -> dict[str, Any]:
    """Return what the form shows of a gathering: its times are those of the next session."""
    initial: dict[str, Any] = {
        name: getattr(gathering, name)
        for name in (
            "title",
            "description",
            "when_you_walk_in",
            "who",
            "is_good_with_children",
            "cost",
            "is_online",
            "online_url",
            "dial_in",
            "dial_in_code",
            "capacity",
            "guests_each",
            "duration_minutes",
        )
    }
    upcoming = gathering.sessions.filter(starts_at__gt=now()).order_by("rule_starts_at").first()
    moment = upcoming.rule_starts_at if upcoming else gathering.starts_at
    rule = planning.rule_from(gathering, upcoming) if upcoming else gathering.rrule
    choice = recurrence.choice_of(rule, moment)
    initial |= {
        "venue": gathering.venue_id,
        "day": local(moment).date(),
        "clock": local(moment).time(),
        "every": choice["every"],
        "ends_on": choice["until"],
        "times": choice["times"],
        "own_rule": choice["rule"],
        "not_on": "\n".join(f"{day:%d/%m/%Y}" for day in planning.left_out_days(gathering)),
        "jobs": "\n".join(
            job.name if job.people_needed == 1 else f"{job.name} x {job.people_needed}"
            for job in gathering.jobs.filter(people_needed__gt=0)
        ),
    }
    return initial


class SessionForm(WhenMixin, forms.Form):
    """Change one session, or this one and all later ones."""

    day = DayField(label=gettext_lazy("Which day?"))
    clock = ClockField(label=gettext_lazy("What time does it start?"))
    duration_minutes = forms.TypedChoiceField(
        label=gettext_lazy("How long does it last?"), coerce=int
    )
    venue = VenueField(label=gettext_lazy("Where?"), queryset=Venue.objects.none(), required=False)
    note = CleanLine(
        label=gettext_lazy("What's different this time?"),
        help_text=gettext_lazy("Shown beside the time. Leave empty if nothing is."),
        max_length=300,
        required=False,
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("Change which ones?"), widget=forms.RadioSelect, initial="this"
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        gathering = session.gathering
        starts = local(session.starts_at)
        minutes = int((session.ends_at - session.starts_at).total_seconds() // 60)
        kwargs["initial"] = {
            "day": starts.date(),
            "clock": starts.time(),
            "duration_minutes": minutes,
            "venue": session.venue_id or gathering.venue_id,
            "note": session.note,
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        length, venue, scope = (
            self.fields[name] for name in ("duration_minutes", "venue", "scope")
        )
        assert isinstance(length, forms.TypedChoiceField)  # noqa: S101
        assert isinstance(venue, forms.ModelChoiceField)  # noqa: S101
        assert isinstance(scope, forms.ChoiceField)  # noqa: S101
        length.choices = _lengths(minutes)
        venue.queryset = venues_near(gathering.area)
        usual = gathering.venue.name if gathering.venue else _("online")
        venue.empty_label = _("The usual: %(where)s") % {"where": usual}
        scope.choices = [("this", _("Only this one")), ("later", _("This one and all later ones"))]
        if not gathering.rrule:
            del self.fields["scope"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.clean_when(data)
        return data


class WhyForm(forms.Form):
    """Why something is called off."""

    why = CleanLine(
        label=gettext_lazy("Why? Everyone coming will read this."),
        help_text=gettext_lazy("A few words: “The boiler broke. See you next week.”"),
        max_length=300,
        required=False,
    )


class ComingForm(forms.Form):
    """I'm coming: with whom and how."""

    guests = forms.TypedChoiceField(
        label=gettext_lazy("Is anyone coming with you?"),
        coerce=int,
        error_messages={"invalid_choice": gettext_lazy("That's more guests than fit here.")},
    )
    how = forms.ChoiceField(label=gettext_lazy("How will you join?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, session: Session, place: Place | None, **kwargs: Any) -> None:
        gathering = session.gathering
        ways = [
            (Place.How.ROOM, _("In the room"), session.venue_id or gathering.venue_id),
            (Place.How.ONLINE, _("Online"), gathering.is_online),
            (Place.How.PHONE, _("By telephone"), gathering.dial_in),
        ]
        open_ways = [(way.value, words) for way, words, is_open in ways if is_open]
        kwargs.setdefault("initial", {})
        if place is not None and place.state != Place.State.CANCELLED:
            kwargs["initial"] |= {"guests": place.guests, "how": place.how}
        kwargs["initial"].setdefault("how", open_ways[0][0] if open_ways else Place.How.ROOM)
        super().__init__(*args, **kwargs)
        guests, how = self.fields["guests"], self.fields["how"]
        assert isinstance(guests, forms.TypedChoiceField)  # noqa: S101
        assert isinstance(how, forms.ChoiceField)  # noqa: S101
        more = _("Me and %(count)d more")
        guests.choices = [
            (number, more % {"count": number} if number else _("Just me"))
            for number in range(gathering.guests_each + 1)
        ]
        guests.widget.attrs["class"] = "w-m"
        how.choices = open_ways
        self.initial.setdefault("guests", 0)
        self.default_how = self.initial["how"]
        if gathering.guests_each == 0:
            del self.fields["guests"]
        if len(open_ways) < 2:
            del self.fields["how"]

    def choice(self) -> dict[str, Any]:
        """Return guests and how for `take_place`."""
        return {
            "guests": self.cleaned_data.get("guests") or 0,
            "how": self.cleaned_data.get("how") or self.default_how,
        }


def area_for(person: Person, team: Team | None) -> Area:
    """Return the area planning begins in: the team's, the person's home, or the borough."""
    if team is not None:
        return team.area
    if person.home is not None:
        return person.home
    return Area.objects.filter(kind=Area.Kind.BOROUGH).order_by("id")[0]
