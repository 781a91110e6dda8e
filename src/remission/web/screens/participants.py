"""The participants: search, filter, one page of the list at a time."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from remission.conduct.state import Stage
from remission.web.desk import desk_of
from remission.web.roster import chosen, roster

PER_PAGE = 50


@require_safe
def participants(request: HttpRequest) -> HttpResponse:
    """The list of participants."""
    desk = desk_of(request)
    with desk.alone():
        asked = {name: str(request.GET.get(name, "")) for name in ("q", "site", "stage", "late")}
        everyone = desk.gathered(roster)
        found = chosen(everyone, asked)
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
        stages = [stage for stage in Stage if stage is not Stage.UNKNOWN]
        shown = {
            "asked": asked,
            "everyone": len(everyone),
            "found": len(found),
            "page": page,
            "stages": stages,
        }
        return render(request, "participants.html", shown)
