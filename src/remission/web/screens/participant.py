"""One participant: where the child stands, what is due, what happened, and the entries it rests on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from remission.terms.ids import SubjectId
from remission.web.chart import chart
from remission.web.desk import desk_of


@require_safe
def participant(request: HttpRequest, subject: str) -> HttpResponse:
    """The participant's page."""
    desk = desk_of(request)
    with desk.alone():
        return render(request, "participant.html", {"chart": chart(desk, SubjectId(subject))})
