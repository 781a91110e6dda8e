"""The public study page: the registry record in its order, and the results where it says they are pending."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from remission.web.desk import desk_of
from remission.web.figures import illustrated
from remission.web.flow_chart import boxes
from remission.web.headline import headlines, together
from remission.web.record_blocks import sections, updated


@require_safe
def study(request: HttpRequest) -> HttpResponse:
    """The study page."""
    desk = desk_of(request)
    with desk.alone():
        results = desk.results()
        shown = {
            "record": desk.trial.record,
            "updated": updated(desk.trial.record),
            "sections": sections(desk.trial.record),
            "results": results,
            "headlines": headlines(results),
            "together": together(results),
            "flow": boxes(results.table("flow")),
            "illustrated": illustrated(results),
        }
        return render(request, "study.html", shown)
