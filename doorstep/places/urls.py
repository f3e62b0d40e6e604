from django.urls import path

from doorstep.places import views

app_name = "places"
urlpatterns = [
    path("", views.borough_map, name="map"),
    path("find/", views.find, name="find"),
    path("venues/", views.venues, name="venues"),
    path("venue/<int:pk>/", views.venue, name="venue"),
    path("<slug:slug>/", views.area, name="area"),
]
