from django.urls import path, re_path

from doorstep.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.notices, name="notices"),
    path("<int:pk>/", views.follow, name="follow"),
    re_path(r"^door/(?P<word>[^/]+)/(?P<target>.*)\Z", views.door, name="door"),
    path("read/", views.read_all, name="read_all"),
    path("preferences/", views.preferences, name="preferences"),
    path("safe/", views.safe_contact, name="safe"),
    path("safe/<slug:handle>/", views.safe_contact, name="safe_for"),
    path("relay/<str:token>/", views.relay, name="relay"),
    path("calls/", views.call_list, name="calls"),
    path("calls/<int:pk>/", views.call, name="call"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
