"""A flow sample on the bench: its plots, gates to be moved, counts, level, what the machine suggests."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from remission.web.flow_place import addressed, benches_of, place_of
from remission.web.flow_sheet import flow_sheet
from remission.web.refusals import status_of


@require_safe
def flow(request: HttpRequest, subject: str = "", label: str = "") -> HttpResponse:
    """The sample's bench, or how far it is from being open, or why it cannot be."""
    place = place_of(request, subject, label)
    opening = benches_of(request).of(place.key, place.make) if place.files else None
    sheet = flow_sheet(place, opening.work) if opening and opening.work else None
    refusal = opening.refusal if opening else None
    if opening and opening.ended and not opening.work:
        benches_of(request).forget(place.key)
    shown = {**addressed(place), "opening": opening, "sheet": sheet, "refusal": refusal}
    return render(request, "flow.html", shown, status=status_of(refusal) if refusal else 200)
