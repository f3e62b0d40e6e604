"""Sentences about rounds: why a stop stays behind, what doesn't work out any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from doorstep.people.tongues import NAMES
from doorstep.support.models import Stop
from doorstep.support.volunteers.skills import SKILL_NAMES

_LEFT: dict[str, Any] = {
    "nobody": gettext_lazy("Nobody is coming."),
    "papers": gettext_lazy("Nobody who comes has the checks and training this task asks for."),
    "hub": gettext_lazy("Nobody starts from where it lies."),
    "size": gettext_lazy("It is more than anybody can carry, or nobody has room in a cool box."),
    "reach": gettext_lazy("It is further than anybody who could bring it wants to go."),
    "enough": gettext_lazy("Whoever could bring it has said yes as often as they want that week."),
    "pinned_gone": gettext_lazy("It is held for somebody who isn't coming."),
    "warm": gettext_lazy("It would get warm: nobody can be there soon enough after loading."),
    "late": gettext_lazy("Nobody can be there within its hours."),
    "over": gettext_lazy("Nobody could be back before they have to go home."),
    "shut": gettext_lazy("The place to start from closes before anybody could load."),
    "room": gettext_lazy("It is more than anybody can carry."),
    "gone": gettext_lazy("It was called off, or somebody else took it meanwhile."),
    "declined": gettext_lazy("Whoever had it can't come."),
    "called_off": gettext_lazy("Its round was called off."),
    "not_reached": gettext_lazy("The round ended before it was reached."),
    "waits": gettext_lazy("It waits to be planned again."),
}
_FAULTS: dict[str, Any] = {
    "late": gettext_lazy("somebody is reached after their hours"),
    "room": gettext_lazy("there is too much to carry"),
    "warm": gettext_lazy("chilled goods would get warm"),
    "over": gettext_lazy("it ends after the volunteer has to go home"),
    "trips": gettext_lazy("there are too many trips"),
    "shut": gettext_lazy("the place to start from is closed by then"),
    "needs": gettext_lazy("a task needs a skill or language this volunteer doesn't have"),
    "papers": gettext_lazy("a task asks for checks this volunteer doesn't have"),
    "size": gettext_lazy("something is too big"),
    "hub": gettext_lazy("something lies at another place"),
    "reach": gettext_lazy("it is further than this volunteer wants to go"),
    "enough": gettext_lazy("they have said yes as often as they want that week"),
}


def why_left(stop: Stop) -> str:
    """Return why a stop is on no round, as a sentence."""
    if stop.is_out:
        return _("Taken out by hand.")
    code, detail = stop.why_left, stop.left_detail or {}
    if code == "needs":
        names = in_words(detail.get("needs", []))
        return _("Nobody who comes can do this: %(what)s.") % {"what": names}
    if code == "full":
        count = int(detail.get("count", 0))
        return ngettext(
            "%(count)d volunteer could bring it, but has no time or room left.",
            "%(count)d volunteers could bring it, but have no time or room left.",
            count,
        ) % {"count": count}
    if code.startswith("pinned_"):
        return str(_LEFT.get(code, _("Whoever it is held for can't bring it.")))
    return str(_LEFT.get(code, _("It waits to be planned.")))


def in_words(needs: Iterable[str]) -> str:
    """Return "speaks اردو, carrying heavy things"."""
    said = []
    for need in needs:
        if need.startswith("speaks "):
            code = need.removeprefix("speaks ")
            said.append(_("speaks %(language)s") % {"language": NAMES.get(code, code)})
        else:
            said.append(str(SKILL_NAMES.get(need, need)))
    return ", ".join(said)


_IDLE: dict[str, Any] = {
    "enough": gettext_lazy("has said yes as often as they want that week"),
    "reach": gettext_lazy("the place to start from is further than they want to go"),
}


def idle(code: str) -> str:
    """Return why nothing can be given to a volunteer at all, "" when something could."""
    return str(_IDLE.get(code, ""))


def faults(codes: Iterable[str]) -> str:
    """Return what doesn't work out on a round, "a; b"."""
    return "; ".join(str(_FAULTS.get(code, code)) for code in codes)


def trouble(words: str) -> str:
    """Return the sentence that says why the routing server was not used, "" for none."""
    if not words:
        return ""
    return _(
        "The server for travel times could not be used, so times are worked out as the crow "
        "flies, with a bit more for streets."
    )


def letter(number: int) -> str:
    """Return A, B … Z, AA, AB … for rounds on the map."""
    found = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found
