"""The addresses of evidence diaries, below /connect/evidence/. A link opens at connect:link."""

from django.urls import path, re_path

from doorstep.connect.diary import views

urlpatterns = [
    path("evidence/", views.diaries, name="diaries"),
    re_path(r"^evidence/file/(?P<ref>[a-z0-9]{10,20})/$", views.exhibit, name="exhibit"),
    re_path(r"^evidence/bundle/(?P<ref>[a-z0-9]{10,12})/$", views.bundle, name="bundle"),
    re_path(r"^evidence/(?P<ref>[a-z0-9]{10,12})/$", views.diary, name="diary"),
    re_path(r"^evidence/(?P<ref>[a-z0-9]{10,12})/(?P<verb>[a-z-]+)/$", views.do, name="diary_do"),
]
