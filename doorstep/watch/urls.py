from django.urls.resolvers import URLPattern

app_name = "watch"
urlpatterns: list[URLPattern] = []
