"""Why a published number is what it is: its chain down to file checksums."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from remission.results import why as chain
from remission.web.desk import desk_of


@require_safe
def why(request: HttpRequest, number: str) -> HttpResponse:
    """The chain behind a number."""
    desk = desk_of(request)
    with desk.alone():
        results = desk.results()
        return render(request, "why.html", {"why": chain.why(results, number), "results": results})
