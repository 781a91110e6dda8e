"""The style sheet and the script."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from remission.web.frame import own_files

_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@require_safe
def own_file(request: HttpRequest, name: str) -> HttpResponse:
    """A file of ours, kept by the browser: its address changes with its content."""
    if name not in own_files():
        raise Http404(name)
    response = HttpResponse(own_files()[name], content_type=_KINDS[name.rsplit(".", 1)[-1]])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
