"""Where every page lives. The apps' own addresses are in their `urls.py`."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    # Each line is tried in turn, so what everybody opens all day comes before what is not.
    path("feed/", include("doorstep.feed.urls")),
    path("teams/", include("doorstep.teams.urls")),
    path("places/", include("doorstep.places.urls")),
    path("whats-on/", include("doorstep.gatherings.urls")),
    path("", include("doorstep.web.urls")),
    path("", include("doorstep.safeguarding.urls")),
    path("account/", include("allauth.urls")),
    path("people/", include("doorstep.people.urls")),
    path("notices/", include("doorstep.notices.urls")),
    path("directory/", include("doorstep.organisations.urls")),
    path("support/", include("doorstep.support.urls")),
    path("connect/", include("doorstep.connect.urls")),
    path("watch/", include("doorstep.watch.urls")),
    path("grants/", include("doorstep.grants.urls")),
    path("learning/", include("doorstep.learning.urls")),
    path("design/", include("doorstep.design.urls")),
]

handler400 = "doorstep.web.views.errors.bad_request"
handler403 = "doorstep.web.views.errors.not_allowed"
handler404 = "doorstep.web.views.trimmed.not_found"
handler500 = "doorstep.web.views.errors.our_fault"

if settings.DEMO_SIGN_IN:
    urlpatterns.append(path("demo/", include("doorstep.web.demo.urls")))
