"""What the spotter hears: that it was looked into, and never about whom or what was found."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.watch.models import Concern

LOOKED = "looked"
# For a person nobody hears more than that somebody looked.
FOR_PERSON = {
    LOOKED: _("We've looked into it. Thank you for noticing."),
    "again": _("We've looked into it. If you still worry, tell us again."),
}
FOR_PLACE = {
    LOOKED: _("We've looked into it. Thank you for noticing."),
    "put_right": _("We've looked into it, and it was put right. Thank you."),
    "elsewhere": _("We've looked into it, and passed it to those who can act on it."),
    "nothing": _("We went to look, and there was nothing to do. Tell us if you see it again."),
    "again": _("We've looked into it. If you still worry, tell us again."),
}
EXPIRED = _("Nobody has told us more, so we have put it away. If you still see it, tell us again.")


def choices_for(concern: Concern) -> dict:
    return FOR_PERSON if concern.about == Concern.About.PERSON else FOR_PLACE


def words_for(concern: Concern) -> tuple[str, str]:
    """Return (the sentence, the line written besides) that whoever told it reads now."""
    root = concern.merged_into or concern
    state = Concern.State
    if concern.state == state.WITHDRAWN:
        return str(_("You took it back.")), ""
    if root.state == state.CLOSED:
        # A concern joined with another's hears nothing that was written for somebody else.
        own = root.pk == concern.pk
        said = choices_for(concern).get(root.closing) or FOR_PERSON[LOOKED]
        is_place = concern.about == Concern.About.PLACE
        return str(said), root.closing_words if own and is_place else ""
    if root.state == state.EXPIRED:
        return str(EXPIRED), ""
    if root.state == state.NEW and root.owner_id is None:
        return str(_("We have it. Somebody looks at it soon.")), ""
    return str(_("Somebody is looking into it.")), ""
