"""Every address of the pages."""

from django.urls import path

from remission.web.screens.figure import figure
from remission.web.screens.own_file import own_file
from remission.web.screens.participant import participant
from remission.web.screens.participants import participants
from remission.web.screens.protocol import protocol
from remission.web.screens.sample import sample
from remission.web.screens.sample_figure import sample_figure
from remission.web.screens.sites import sites
from remission.web.screens.study import study
from remission.web.screens.why import why

urlpatterns = [
    path("", study, name="study"),
    path("why/<str:number>", why, name="why"),
    path("participants", participants, name="participants"),
    path("participants/<str:subject>", participant, name="participant"),
    path("participants/<str:subject>/samples/<str:label>", sample, name="sample"),
    path(
        "participants/<str:subject>/samples/<str:label>/<str:name>.svg", sample_figure, name="sample_figure"
    ),
    path("sites", sites, name="sites"),
    path("protocol", protocol, name="protocol"),
    path("figures/<str:name>.svg", figure, name="figure"),
    path("static/<str:name>", own_file, name="file"),
]

handler400 = "remission.web.refusals.malformed"
handler403 = "remission.web.refusals.forged"
handler404 = "remission.web.refusals.absent"
handler500 = "remission.web.refusals.failed"
