"""A picture of a plot: the density of its events, or single events over it, as PNG."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from remission.web.flow_place import benches_of, place_of


@require_safe
def flow_picture(request: HttpRequest, kind: str, subject: str = "", label: str = "") -> HttpResponse:
    """The picture of the plot asked for."""
    bench = benches_of(request).opened(place_of(request, subject, label).key).bench
    plot = str(request.GET.get("plot", ""))
    drawn = bench.dots(plot) if kind == "dots" else bench.picture(plot)
    return HttpResponse(drawn, content_type="image/png")
