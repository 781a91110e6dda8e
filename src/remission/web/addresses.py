"""Every address of the pages."""

from django.urls import path

from remission.web.screens.figure import figure
from remission.web.screens.flow import flow
from remission.web.screens.flow_act import flow_act
from remission.web.screens.flow_picture import flow_picture
from remission.web.screens.flow_state import flow_state
from remission.web.screens.flow_time import flow_time
from remission.web.screens.own_file import own_file
from remission.web.screens.participant import participant
from remission.web.screens.participants import participants
from remission.web.screens.protocol import protocol
from remission.web.screens.sample import sample
from remission.web.screens.sample_figure import sample_figure
from remission.web.screens.sites import sites
from remission.web.screens.study import study
from remission.web.screens.why import why

_SAMPLE = "participants/<str:subject>/samples/<str:label>"

urlpatterns = [
    path("", study, name="study"),
    path("why/<str:number>", why, name="why"),
    path("participants", participants, name="participants"),
    path("participants/<str:subject>", participant, name="participant"),
    path(_SAMPLE, sample, name="sample"),
    path(f"{_SAMPLE}/<str:name>.svg", sample_figure, name="sample_figure"),
    path(f"{_SAMPLE}/flow", flow, name="flow"),
    path(f"{_SAMPLE}/flow/state", flow_state, name="flow_state"),
    path(f"{_SAMPLE}/flow/act", flow_act, name="flow_act"),
    path(f"{_SAMPLE}/flow/time.svg", flow_time, name="flow_time"),
    path(f"{_SAMPLE}/flow/density", flow_picture, {"kind": "density"}),
    path(f"{_SAMPLE}/flow/dots", flow_picture, {"kind": "dots"}),
    path("sites", sites, name="sites"),
    path("protocol", protocol, name="protocol"),
    path("figures/<str:name>.svg", figure, name="figure"),
    path("static/<str:name>", own_file, name="file"),
]

handler400 = "remission.web.refusals.malformed"
handler403 = "remission.web.refusals.forged"
handler404 = "remission.web.refusals.absent"
handler500 = "remission.web.refusals.failed"
