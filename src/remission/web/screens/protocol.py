"""The protocol: time line, criteria, dosing, endpoints, and what the check found in the record."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from remission.protocol.plan_said import plan_said
from remission.web.desk import desk_of


@require_safe
def protocol(request: HttpRequest) -> HttpResponse:
    """The protocol page."""
    desk = desk_of(request)
    with desk.alone():
        shown = {"study": desk.trial.study, "findings": desk.findings, "plan": plan_said(desk.trial.study)}
        return render(request, "protocol.html", shown)
