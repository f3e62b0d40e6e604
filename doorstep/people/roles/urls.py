"""Addresses of roles."""

from django.urls import path

from doorstep.people.roles import views

urlpatterns = [
    path("me/roles/", views.mine, name="my_roles"),
    path("me/roles/<int:pk>/answer/", views.answer, name="answer_role"),
    path("me/roles/<int:pk>/give-back/", views.give_back, name="give_role_back"),
    path("roles/", views.roles, name="roles"),
    path("roles/who-holds-what.csv", views.export, name="roles_csv"),
    path("roles/<int:pk>/", views.role, name="role"),
    path("roles/<int:pk>/second/", views.second, name="second_role"),
    path("roles/<int:pk>/end/", views.end, name="end_role"),
]
