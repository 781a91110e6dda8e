"""A picture of a sample's result, as SVG."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from remission.terms.ids import SubjectId
from remission.web.desk import desk_of
from remission.web.sample_sheet import drawn_of_sample


@require_safe
def sample_figure(request: HttpRequest, subject: str, label: str, name: str) -> HttpResponse:
    """A picture by its name, in the language of the address."""
    desk = desk_of(request)
    with desk.alone():
        language = "en" if get_language() == "en" else "zh"
        svg = desk.gathered(drawn_of_sample, SubjectId(subject), label, name, language)
    if svg is None:
        raise Http404(name)
    return HttpResponse(svg, content_type="image/svg+xml")
