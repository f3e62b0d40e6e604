"""Addresses of volunteers, their tasks and matching; included under /support/."""

from django.urls import path

from doorstep.support.matching import views as matching
from doorstep.support.tasks import views as tasks
from doorstep.support.volunteers import views

urlpatterns = [
    path("volunteering/", views.mine, name="volunteering"),
    path("volunteering/worker.js", tasks.worker, name="worker"),
    path("volunteering/join/", views.join, name="join"),
    path("volunteering/change/", views.change, name="change_volunteering"),
    path("volunteering/training/<slug:module>/", views.training, name="training"),
    path("offers/<int:pk>/", tasks.offer, name="offer"),
    path("helping/<slug:ref>/", tasks.my_task, name="my_task"),
    path("helping/<slug:ref>/money/", tasks.task_money, name="task_money"),
    path("helping/<slug:ref>/money/<int:pk>/", tasks.receipt, name="receipt"),
    path("helping/<slug:ref>/feedback/", tasks.feedback, name="feedback"),
    path("volunteers/", views.every, name="volunteers"),
    path("volunteers/money/", tasks.all_money, name="all_money"),
    path("volunteers/<slug:handle>/", views.one, name="volunteer"),
    path("volunteers/<slug:handle>/about/", views.change_one, name="change_volunteer"),
    path("match/", matching.plans, name="plans"),
    path("match/plan/<slug:ref>/", matching.plan, name="plan"),
    path("tasks/<slug:ref>/", matching.match, name="task"),
]
