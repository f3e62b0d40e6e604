from django.urls import path

from doorstep.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.notices, name="notices"),
    path("<int:pk>/", views.follow, name="follow"),
    path("read/", views.read_all, name="read_all"),
    path("preferences/", views.preferences, name="preferences"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
