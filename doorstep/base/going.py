"""Going on to where a form or an address says: only ever within this site."""

import logging

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

log = logging.getLogger("doorstep.security")


def within(request: HttpRequest, wanted: str, default: str) -> str:
    """Return `wanted` when it is a page of ours, else `default`; a crafted one is logged.

    The log says where it was tried, never what was sent.
    """
    if not wanted:
        return default
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        return wanted
    match = request.resolver_match
    log.warning("a way to another site was refused at %s", match.view_name if match else "?")
    return default
