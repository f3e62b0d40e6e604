"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from doorstep.design import frame, navigation


def site(request: HttpRequest) -> dict[str, Any]:
    """Return names, numbers and colours for the frame. A view may set `request.section`."""
    section = frame.section_of(request)
    return {
        "site_name": settings.SITE_NAME,
        "borough": settings.BOROUGH,
        "help_phone": settings.HELP_PHONE,
        "help_text_number": settings.HELP_TEXT_NUMBER,
        "site_url": settings.SITE_URL,
        "section": section,
        "shop": navigation.shop_of(section),
    }
