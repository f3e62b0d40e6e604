from django.urls.resolvers import URLPattern

app_name = "learning"
urlpatterns: list[URLPattern] = []
