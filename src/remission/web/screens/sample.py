"""One sample: what was taken when, each result with its limits and call, and the files it rests on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from remission.terms.ids import SubjectId
from remission.web.desk import desk_of
from remission.web.sample_sheet import sample_sheet


@require_safe
def sample(request: HttpRequest, subject: str, label: str) -> HttpResponse:
    """The sample's page."""
    desk = desk_of(request)
    with desk.alone():
        sheet = desk.gathered(sample_sheet, SubjectId(subject), label)
        return render(request, "sample.html", {"sheet": sheet})
