"""The yes behind a story: to what, for how long, and what follows when it ends."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.text import shorten
from doorstep.base.time import local
from doorstep.learning.models import Telling, Thing
from doorstep.people.consents.kinds import (
    Part,
    Purpose,
    Recipient,
    RecipientKind,
    parts,
    purposes,
    reactions,
    recipients,
)
from doorstep.people.consents.rules import may_share
from doorstep.people.models import Consent

PURPOSE, KIND = "learning", "learning"
LEARNED, CARRIED, PRINTED = "learned", "carried", "printed"
# What somebody may allow besides being learned from.
MORE = {
    CARRIED: gettext_lazy("Other learning communities may read words quoted from it"),
    PRINTED: gettext_lazy("It may stand in a printed booklet"),
}


def register() -> None:
    """Hang up what may be agreed to, and what follows a change of mind."""
    parts.add(
        LEARNED,
        Part(gettext_lazy("the story"), gettext_lazy("The story"), lambda who: ""),
        order=96,
    )
    parts.add(
        CARRIED,
        Part(
            gettext_lazy("words quoted for other communities"),
            gettext_lazy("Words quoted for other communities"),
            lambda who: "",
        ),
        order=97,
    )
    parts.add(
        PRINTED,
        Part(
            gettext_lazy("the story in a printed booklet"),
            gettext_lazy("The story in a printed booklet"),
            lambda who: "",
        ),
        order=98,
    )
    recipients.add(
        KIND,
        RecipientKind(
            gettext_lazy("a learning community"), name_label=gettext_lazy("Which community?")
        ),
        order=60,
    )
    purposes.add(
        PURPOSE,
        Purpose(
            label=gettext_lazy("Learning from your story"),
            ask=gettext_lazy(
                "May %(recipient)s learn from this story of yours? It names neither you nor "
                "anybody else."
            ),
            parts=(LEARNED, CARRIED, PRINTED),
            recipients=(KIND,),
            on_withdrawal=gettext_lazy(
                "The story is emptied this minute, and so is every quote, recording and booklet "
                "of it that we have. Copies that left us are asked back."
            ),
            days=2 * 365,
            by_oneself=False,
            can_override=False,
        ),
        order=70,
    )
    reactions.add("learning", ended)


def recipient(story: Thing) -> Recipient:
    """The community, with this one story: each is allowed, and taken back, by itself."""
    # Without the title: it names the consent in lists and letters that others may see.
    return Recipient(
        KIND,
        f"story-{story.ref}",
        shorten(_("%(community)s, with the story %(ref)s") % {
            "community": story.community.name, "ref": story.ref[:4].upper(),
        }, 120),
    )  # fmt: skip


def allowed(telling: Telling, at: dt.datetime, part: str = LEARNED) -> bool:
    """Whether whoever told the story allows this now."""
    if telling.withdrawn_at is not None:
        return False
    if telling.teller_id is not None and telling.teller is not None:
        story = telling.thing
        return may_share(telling.teller, PURPOSE, recipient(story), at, parts=[part]) is not None
    if telling.whose != Telling.Whose.OFFLINE or not telling.said:
        return False
    if telling.until is not None and local(at).date() > telling.until:
        return False
    return part == LEARNED or part in telling.allows


def tellings_of(consent: Consent) -> list[Telling]:
    """Return the stories a consent stands behind."""
    if consent.purpose != PURPOSE or not consent.recipient_key.startswith("story-"):
        return []
    ref = consent.recipient_key.removeprefix("story-")
    return list(
        Telling.objects.filter(thing__ref=ref, teller=consent.person_id).select_related(
            "thing__community", "teller"
        )
    )


def ended(consent: Consent, at: dt.datetime) -> None:
    """They changed their mind: all of it is gone before the page has answered."""
    from doorstep.learning.actions import stories

    for telling in tellings_of(consent):
        stories.take_out(telling, by=consent.withdrawn_by or consent.person, at=at)
