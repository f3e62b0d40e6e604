from django.urls.resolvers import URLPattern

app_name = "connect"
urlpatterns: list[URLPattern] = []
