from django.urls import path

from doorstep.web.views import home

app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
]
