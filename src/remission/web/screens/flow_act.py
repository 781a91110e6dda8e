"""A gate moved, kept, reset or taken back, or the result accepted: the answer is the bench as it is then."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from remission.web.flow_acts import asked_of, done
from remission.web.flow_place import benches_of, place_of
from remission.web.flow_sheet import flow_sheet, state


@require_POST
def flow_act(request: HttpRequest, subject: str = "", label: str = "") -> JsonResponse:
    """Do what is asked on an open bench; nothing here enters the ledger."""
    place, asked = place_of(request, subject, label), asked_of(request)
    work = benches_of(request).opened(place.key)
    more = done(place, work, asked)
    answer = state(flow_sheet(place, work))
    answer["fragments"] |= more
    return JsonResponse(answer)
