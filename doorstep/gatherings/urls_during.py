"""Addresses of what happens at a gathering: welcome, register, faces, live room, figures."""

from django.urls import URLPattern, path

from doorstep.gatherings.views import feelings, figures, jobs, register, room, welcomes

urlpatterns: list[URLPattern] = [
    path("welcomes/mine/", welcomes.mine, name="welcomes_mine"),
    path("welcome/<int:pk>/promise/", welcomes.promise, name="welcome_promise"),
    path("welcome/<int:pk>/back/", welcomes.hand_back, name="welcome_back"),
    path("welcome/<int:pk>/met/", welcomes.met, name="welcome_met"),
    path("welcome/<int:pk>/missed/", welcomes.missed, name="welcome_missed"),
    path("welcome/<int:pk>/unmark/", welcomes.unmark, name="welcome_unmark"),
    path("welcome/<int:pk>/call/", welcomes.call, name="welcome_call"),
    path("session/<int:pk>/welcomes/", welcomes.welcomes, name="welcomes"),
    path("session/<int:pk>/welcomes/ask/", welcomes.expect_me, name="expect_me"),
    path("session/<int:pk>/welcomes/stop/", welcomes.stop_expecting_me, name="stop_expecting_me"),
    path("session/<int:pk>/welcomes/look-out/", welcomes.look_out, name="look_out"),
    path("session/<int:pk>/welcomes/caller/", welcomes.expect_a_caller, name="expect_a_caller"),
    path("session/<int:pk>/jobs/", jobs.jobs, name="jobs"),
    path("session/<int:pk>/jobs/<int:job>/take/", jobs.take, name="job_take"),
    path("session/<int:pk>/jobs/<int:job>/leave/", jobs.leave, name="job_leave"),
    path("session/<int:pk>/jobs/<int:job>/remove/", jobs.remove, name="job_remove"),
    path("session/<int:pk>/register/", register.register, name="register"),
    path("session/<int:pk>/register/undo/", register.undo, name="register_undo"),
    path("session/<int:pk>/register/open/", register.reopen, name="register_open"),
    path("session/<int:pk>/register/paper/", register.paper, name="register_paper"),
    path(
        "session/<int:pk>/register/<int:place>/remove/",
        register.remove_walk_in,
        name="register_remove",
    ),
    path("session/<int:pk>/faces/", feelings.faces, name="faces"),
    path("session/<int:pk>/feel/", feelings.feel, name="feel"),
    path("table/<str:token>/", feelings.face_table, name="face_table"),
    path("session/<int:pk>/room/", room.room, name="room"),
    path("session/<int:pk>/room/now/", room.room_now, name="room_now"),
    path("session/<int:pk>/room/say/", room.say, name="room_say"),
    path("session/<int:pk>/room/hand/", room.hand, name="room_hand"),
    path("session/<int:pk>/room/lower/", room.lower, name="room_lower"),
    path("session/<int:pk>/room/mute/", room.mute, name="room_mute"),
    path("session/<int:pk>/room/hide/<int:message>/", room.hide, name="room_hide"),
    path("<slug:slug>/figures/", figures.figures, name="figures"),
    path("<slug:slug>/figures/<slug:what>/", figures.rows, name="figure_rows"),
    path("<slug:slug>/figures/<slug:name>.csv", figures.export, name="figures_csv"),
]
