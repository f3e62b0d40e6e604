from django.urls import include, path

app_name = "feed"
urlpatterns = [
    path("", include("doorstep.feed.moderation_urls")),
]
