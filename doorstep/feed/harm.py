"""A moderator sees that it isn't about a rule but about harm: on to safeguarding, out of the queue.

What was passed on leaves no trace here but a decision without a word about it.
"""

from __future__ import annotations

import datetime as dt

from django import forms
from django.db import transaction
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doorstep.base.forms import CleanText
from doorstep.feed import moderation
from doorstep.feed.models import Decision, Flag, Rule
from doorstep.people.models import Person
from doorstep.safeguarding import actions as safeguarding
from doorstep.safeguarding.models import Alert
from doorstep.safeguarding.things import Subject, Thing


class HarmForm(forms.Form):
    """How soon somebody must look, what the moderator sees, and whether it stays up meanwhile."""

    urgency = forms.ChoiceField(
        label=_("Is somebody in danger?"),
        widget=forms.RadioSelect,
        choices=Alert.Urgency.choices,
        error_messages={"required": _("Choose how soon somebody must look")},
    )
    words = CleanText(
        label=_("What worries you about it?"),
        help_text=_("Only safeguarding leads read this."),
        max_length=2000,
        rows=4,
        error_messages={"required": _("Say in a few words what worries you")},
    )
    takes_down = forms.BooleanField(
        label=_("Take it down too"),
        help_text=_("Only if it hurts while it is up. The writer hears that it came down."),
        required=False,
    )


@transaction.atomic
def pass_on(
    kind: str, pk: int, *, by: Person, urgency: str, words: str, takes_down: bool, at: dt.datetime
) -> Alert:
    """Raise an alert about whoever wrote a flagged thing, and answer its flags neutrally.

    Raises NotYours and AlreadyDecided as `moderation.decide` does.
    """
    flags = list(
        Flag.objects.filter(target_kind=kind, target_id=pk, state=Flag.State.OPEN)
        .select_related("author")
        .order_by("id")
    )
    outcome = Decision.Outcome.HIDE if takes_down else Decision.Outcome.KEEP
    # First the decision: it is the claim, so that two moderators never raise two alerts.
    moderation.decide(
        kind,
        pk,
        by=by,
        rule=Rule.SAFETY,
        outcome=outcome,
        # Both sides read it: not a word that would tell the writer of an alert.
        reason=gettext("It could hurt somebody while it is up.")
        if takes_down
        else gettext("Thank you for telling us. We have looked at it."),
        at=at,
    )
    first = flags[0]
    said = [words, str(first.snapshot.get("text", "")), *(row.note for row in flags)]
    author = first.author
    return safeguarding.raise_alert(
        by=by,
        about=author,
        about_words=author.known_as if author else gettext("whoever wrote it"),
        what="\n\n".join(part for part in said if part),
        how_urgent=urgency,
        from_kind=kind,
        from_path=str(first.snapshot.get("path", "")),
        client_key=f"flagged-{kind}-{pk}-{first.pk}"[:40],
        at=at,
    )


def around(request: object, person: Person) -> str:
    """What was flagged of theirs lately, for a safeguarding lead who said why."""
    flags = Flag.objects.filter(author=person).exclude(rule="").order_by("-id")[:10]
    rows = [
        (row.get_rule_display(), f"{row.flagged_at:%d/%m/%Y}", str(row.snapshot.get("text", "")))
        for row in flags
    ]
    return format_html_join("", '<p dir="auto"><strong>{}</strong>, {}<br>{}</p>', rows)


def alert_thing(kind: str) -> Thing:
    """Return how an alert that comes from a post or a reply finds it, as the viewer sees it."""

    def find(viewer: Person | None, pk: int) -> Subject | None:
        known = moderation.flaggable.get(kind)
        thing = known.fetch(viewer, pk) if known else None
        if known is None or thing is None:
            return None
        author = known.author(thing)
        return Subject(author.known_as if author else "", author, known.path(thing))

    return Thing(_("something somebody wrote"), find)
