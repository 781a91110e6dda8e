"""A flow sample on the bench: its plots, gates to be moved, counts, level, what the machine suggests."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from remission.errors import Refusal
from remission.lab.flow_work import Work
from remission.web.flow_place import addressed, benches_of, place_of
from remission.web.flow_sheet import flow_sheet
from remission.web.refusals import status_of


@require_safe
def flow(request: HttpRequest, subject: str = "", label: str = "") -> HttpResponse:
    """The sample's bench, or how far it is from being open, or why it cannot be."""
    place = place_of(request, subject, label)
    opening = benches_of(request).of(place.key, place.make) if place.files else None
    outcome = opening.outcome if opening else None
    shown = {**addressed(place), "waits": bool(opening) and outcome is None, "opening": opening}
    if isinstance(outcome, Work):
        return render(request, "flow.html", {**shown, "sheet": flow_sheet(place, outcome)})
    if outcome is not None:
        benches_of(request).forget(place.key)
    status = status_of(outcome) if isinstance(outcome, Refusal) else 200 if outcome is None else 500
    return render(request, "flow.html", {**shown, "failed": outcome}, status=status)
