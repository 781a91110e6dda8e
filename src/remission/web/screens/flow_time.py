"""The run of a flow acquisition over time, as SVG."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from remission.results.figures import flow_time as figure
from remission.terms.words import Text
from remission.web.flow_place import benches_of, place_of


@require_safe
def flow_time(request: HttpRequest, subject: str = "", label: str = "") -> HttpResponse:
    """Rate of events and medians of the channels, in the language of the address."""
    work = benches_of(request).opened(place_of(request, subject, label).key)
    svg = figure.draw(
        work.quality, labels={channel: marker for marker, channel in work.bench.panel.channels.items()},
        about=Text(work.label, work.label), simulated=work.simulated,
        language="en" if get_language() == "en" else "zh", format="svg",
    )  # fmt: skip
    return HttpResponse(svg, content_type="image/svg+xml")
