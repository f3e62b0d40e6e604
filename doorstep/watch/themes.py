"""The words of the themes we begin with, marked so that translators find them.

The rows stand in the first migrations; who keeps watch may change them.
"""

from django.utils.translation import gettext_noop as _

WORDS = (
    _("Homes"),
    _("Housing condition"),
    _("Cold, crowded, unsafe or falling apart"),
    _("Damp and repairs"),
    _("Mould, leaks, a repair nobody does"),
    _("Getting by"),
    _("Food"),
    _("Nothing in, or not enough"),
    _("Money"),
    _("Bills, debt, benefits that stopped"),
    _("Scams"),
    _("A doorstep trader, a strange call or text"),
    _("How people are"),
    _("Being alone"),
    _("Somebody you don't see any more"),
    _("Mental wellbeing"),
    _("Low, worried, not themselves"),
    _("Streets and places"),
    _("Roads and street"),
    _("Holes, lights, crossings, parking"),
    _("Dumping"),
    _("Rubbish, mattresses, needles"),
    _("Safety of a place"),
    _("Where people don't feel safe"),
    _("Antisocial behaviour"),
    _("Noise, threats, damage"),
    _("Services and talk"),
    _("Services hard to reach"),
    _("No answer, no way in"),
    _("Rumours"),
    _("Something untrue going round"),
)
