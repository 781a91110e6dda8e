"""A bench as its page shows it now, as JSON."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from remission.lab.flow_work import Work
from remission.web.flow_place import benches_of, place_of
from remission.web.flow_sheet import flow_sheet, state


@require_safe
def flow_state(request: HttpRequest, subject: str = "", label: str = "") -> JsonResponse:
    """How far a bench is from being open; then its counts, level and gates."""
    place = place_of(request, subject, label)
    opening = benches_of(request).known(place.key)
    if opening is not None and isinstance(opening.outcome, Work):
        return JsonResponse(state(flow_sheet(place, opening.outcome)))
    waits = opening is not None and opening.outcome is None
    return JsonResponse({"state": "opening" if waits else "closed", "share": opening.share if opening else 0})
