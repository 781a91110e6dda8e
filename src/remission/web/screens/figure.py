"""A figure of the results, as SVG."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from remission.results.figures.gallery import FIGURES
from remission.web.desk import desk_of
from remission.web.figures import drawn


@require_safe
def figure(request: HttpRequest, name: str) -> HttpResponse:
    """A figure by its name, in the language of the address."""
    if name not in FIGURES:
        raise Http404(name)
    desk = desk_of(request)
    with desk.alone():
        svg = desk.gathered(drawn, name, "en" if get_language() == "en" else "zh")
    return HttpResponse(svg, content_type="image/svg+xml")
