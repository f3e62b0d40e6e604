"""What stays of an idea when somebody is erased: the money, never their words or name."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from doorstep.grants.actions.ideas import _forget_file
from doorstep.grants.models import Idea
from doorstep.people.models import Person

State = Idea.State


def ideas(person: Person, erasure: Any) -> int:
    """Take away what was never decided; of what was voted on, keep number, money and outcome."""
    mine = Idea.objects.filter(applicant=person)
    loose = mine.filter(state__in=[State.DRAFT, State.WITHDRAWN], award=None, pitch=None)
    count = loose.count()
    names = [name for name in mine.values_list("recording", flat=True) if name]
    for name in names:
        transaction.on_commit(partial(_forget_file, name))
    loose.delete()
    for idea in mine:
        idea.words = idea.in_english = idea.link = idea.to_mend = idea.fair_own = ""
        idea.recording = idea.recording_type = ""
        idea.title = idea.fair_title = _("An idea") + (f" {idea.number}" if idea.number else "")
        idea.fair_words = _("The words of this idea were taken away.") if idea.fair_words else ""
        idea.shows_names = False
        idea.save()
        idea.co_applicants.all().delete()
        count += 1
    return count
