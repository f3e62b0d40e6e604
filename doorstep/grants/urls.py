from django.urls import path, re_path

from doorstep.grants.views import desk, funds, ideas

app_name = "grants"
urlpatterns = [
    path("", funds.all_funds, name="funds"),
    path("start/", funds.start, name="start"),
    path("idea/<slug:key>/", ideas.idea, name="idea"),
    path("idea/<slug:key>/<slug:verb>/", ideas.work, name="work"),
    path("<slug:slug>/", funds.fund, name="fund"),
    path("<slug:slug>/send/", funds.new_idea, name="new_idea"),
    path("<slug:slug>/vote/", funds.vote, name="vote"),
    path("<slug:slug>/pitches/", funds.pitches, name="pitches"),
    path("<slug:slug>/ballots.pb", funds.ballots, name="ballots"),
    re_path(
        r"^(?P<slug>[-a-z0-9_]+)/ledger\.(?P<form>html|csv|json|360\.csv)$",
        funds.ledger,
        name="ledger",
    ),
    path("<slug:slug>/deciding/", desk.desk, name="deciding"),
    path("<slug:slug>/keep/", desk.keep, name="keep"),
    path("<slug:slug>/keep/<slug:verb>/", desk.work, name="keep_work"),
]
