from django.urls import include, path

app_name = "directory"
urlpatterns = [
    path("", include("doorstep.organisations.oruk.urls")),
    path("", include("doorstep.organisations.urls_for_people")),
]
