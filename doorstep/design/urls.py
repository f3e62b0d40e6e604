from django.urls import path

from doorstep.design import views

app_name = "design"
urlpatterns = [
    path("", views.specimen, name="specimen"),
    path("language/<str:code>/", views.language, name="language"),
]
