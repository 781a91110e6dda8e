"""The addresses of the pages without a trial: one flow sample."""

from django.urls import path
from django.views.generic.base import RedirectView

from remission.web.addresses import handler400, handler403, handler404, handler500
from remission.web.screens.flow import flow
from remission.web.screens.flow_act import flow_act
from remission.web.screens.flow_picture import flow_picture
from remission.web.screens.flow_state import flow_state
from remission.web.screens.flow_time import flow_time
from remission.web.screens.own_file import own_file

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="flow", query_string=True)),
    path("flow", flow, name="flow"),
    path("flow/state", flow_state, name="flow_state"),
    path("flow/act", flow_act, name="flow_act"),
    path("flow/time.svg", flow_time, name="flow_time"),
    path("flow/density", flow_picture, {"kind": "density"}),
    path("flow/dots", flow_picture, {"kind": "dots"}),
    path("static/<str:name>", own_file, name="file"),
]
