from django.urls import path, re_path

from doorstep.safeguarding.views import desk, worried

app_name = "safeguarding"
urlpatterns = [
    path("worried/", worried.worried, name="worried"),
    path("worried/leave/", worried.leave, name="leave"),
    path("safeguarding/", desk.queue, name="queue"),
    path("safeguarding/closed/", desk.closed, name="closed"),
    path("safeguarding/figures/", desk.figures, name="figures"),
    re_path(r"^safeguarding/(?P<ref>[a-z0-9]{10,12})/$", desk.alert, name="alert"),
    re_path(r"^safeguarding/(?P<ref>[a-z0-9]{10,12})/around/$", desk.around, name="around"),
    re_path(r"^safeguarding/(?P<ref>[a-z0-9]{10,12})/(?P<verb>[a-z-]+)/$", desk.work, name="work"),
]
