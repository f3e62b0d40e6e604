"""Addresses of flags, decisions and appeals, under /feed/."""

urlpatterns: list = []
