"""A browser in plain words, from what it says about itself."""

from django.utils.translation import gettext as _

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def in_words(user_agent: str) -> str:
    """Return for example "Chrome on an Android phone"."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    device = _device(user_agent)
    if browser and device:
        return _("%(browser)s on %(device)s") % {"browser": browser, "device": device}
    return browser or device or _("A browser we don't know")


def _device(user_agent: str) -> str:
    if "iPhone" in user_agent:
        return _("an iPhone")
    if "iPad" in user_agent:
        return _("an iPad")
    if "Android" in user_agent:
        return _("an Android phone") if "Mobile" in user_agent else _("an Android tablet")
    if "Windows" in user_agent:
        return _("a Windows computer")
    if "Macintosh" in user_agent:
        return _("a Mac")
    if "CrOS" in user_agent:
        return _("a Chromebook")
    if "Linux" in user_agent or "X11" in user_agent:
        return _("a Linux computer")
    return ""


def is_phone(user_agent: str) -> bool:
    return "Mobile" in user_agent or "iPhone" in user_agent
