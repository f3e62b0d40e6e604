"""Addresses of what happens at a gathering: welcome, register, faces, live room, figures."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
