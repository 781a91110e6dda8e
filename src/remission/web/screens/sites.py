"""Recruitment by site."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from remission.results.figures.gallery import FIGURES
from remission.web.desk import desk_of
from remission.web.recruitment import by_site, total
from remission.web.roster import roster


@require_safe
def sites(request: HttpRequest) -> HttpResponse:
    """The recruitment overview."""
    desk = desk_of(request)
    with desk.alone():
        trial, lines = desk.trial, desk.gathered(roster)
        active = {str(site): event.on for site, event in trial.sites_active().items()}
        shown = {
            "lines": by_site(trial.study, active, lines),
            "total": total(trial.study, lines),
            "figure": FIGURES["recruitment"],
        }
        return render(request, "sites.html", shown)
