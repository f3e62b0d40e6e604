from django.urls import path, re_path

from doorstep.watch.signals import views as signals
from doorstep.watch.views import arranging, desk, office, outside, signs, telling

_REF = r"(?P<ref>[a-z0-9]{10,12})"

app_name = "watch"
urlpatterns = [
    path("", telling.front, name="front"),
    path("tell/", telling.tell, name="tell"),
    path("worker.js", telling.worker, name="worker"),
    path("tell/slip/", telling.slip, name="slip"),
    path("told/", telling.told, name="told"),
    path("did/<slug:slug>/", outside.did, name="did"),
    path("answer/<str:token>/", outside.answer, name="answer"),
    path("desk/", desk.desk, name="desk"),
    path("desk/themes/", arranging.themes, name="themes"),
    path("desk/duties/", arranging.duties, name="duties"),
    path("desk/offices/", arranging.offices, name="offices"),
    path("desk/small-signs/", signs.signs, name="signs"),
    path("office/", office.office, name="office"),
    path("signals/", signals.signals, name="signals"),
    path("signals/join/", signals.join_concerns, name="join_concerns"),
    path("signals/sensitivity/", signals.sensitivity, name="sensitivity"),
    re_path(rf"^signal/{_REF}/$", signals.signal, name="signal"),
    path("trends/", office.ward_trends, name="trends"),
    re_path(rf"^concern/{_REF}/$", desk.concern, name="concern"),
    re_path(rf"^concern/{_REF}/photo/$", desk.photo, name="photo"),
    re_path(rf"^concern/{_REF}/(?P<verb>[a-z-]+)/$", desk.work, name="work"),
]
