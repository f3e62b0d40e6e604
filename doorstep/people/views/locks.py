"""What somebody reads who tried too often."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_not_required
def locked_out(request: HttpRequest, *_axes: Any, **_more: Any) -> HttpResponse:
    """After too many wrong passwords: the same page whether there is such an account or not."""
    minutes = int(settings.AXES_COOLOFF_TIME * 60)
    return render(request, "people/locked_out.html", {"minutes": minutes, "bare": True}, status=429)
