"""The kinds of notices gatherings send."""

from django.utils.translation import gettext_lazy as _

from doorstep.notices.kinds import Kind, kinds


def register() -> None:
    """Make the kinds of notices known; called once when the app is ready."""
    kinds.add(
        "gathering-reminder",
        Kind(label=_("A reminder before something you're coming to"), by_email=True),
    )
    kinds.add(
        "gathering-called-off",
        Kind(
            label=_("Something you're coming to is called off, or on again"),
            by_email=True,
            is_essential=True,
            cannot_wait=True,
        ),
    )
    kinds.add(
        "gathering-changed",
        Kind(
            label=_("The time or place of something you're coming to changes"),
            by_email=True,
            is_essential=True,
        ),
    )
    kinds.add(
        "gathering-place",
        Kind(label=_("You get a place from the waiting list"), by_email=True, is_essential=True),
    )
    kinds.add(
        "gathering-coming",
        Kind(label=_("Someone is coming to a gathering you host"), by_email=False),
    )
