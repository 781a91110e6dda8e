"""One map from refusal to HTTP status, and the page that says what, where and what to do."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext

from remission import errors
from remission.errors import Refusal

STATUS: dict[type[Refusal], int] = {
    errors.InputRefused: 400,
    errors.CommandRefused: 400,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.ActRefused: 409,
    errors.LedgerMoved: 409,
    errors.StudyRefused: 422,
    errors.StoreRefused: 503,
}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal: that of its nearest class in `STATUS`."""
    return next((STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS), 500)


class answered:
    """Middleware: a refusal raised by a page becomes a page itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page of a refusal; other errors go on to `failed`."""
        return refused(request, error) if isinstance(error, Refusal) else None


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page that says what happened, where, and what to do; JSON for a script that asked for it."""
    if request.META.get("HTTP_ACCEPT") == "application/json":
        said = {"what": refusal.what, "where": refusal.where, "do": refusal.do}
        return JsonResponse({"refused": said}, status=status_of(refusal))
    return _page(request, refusal, status_of(refusal))


def _plain(request: HttpRequest, status: int, what: str, do: str) -> HttpResponse:
    """As `refused`, for what goes wrong before a page is reached."""
    return _page(request, Refusal(what, where=request.path, do=do), status)


def _page(request: HttpRequest, refusal: Refusal, status: int) -> HttpResponse:
    """The page without the desk: what refused may be the ledger itself."""
    return render(request, "refused.html", {"refusal": refusal, "desk": None}, status=status)


def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the address or the host name is not one of ours."""
    do = gettext("open the pages under the address that `remission serve` printed")
    return _plain(request, 400, gettext("this request cannot be answered"), do)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that was not on our page."""
    do = gettext("these pages only read; perform acts through the library or the command line")
    return _plain(request, 403, gettext("nothing is written through the pages"), do)


def absent(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page."""
    do = gettext("go to the study page, or check the address")
    return _plain(request, 404, gettext("there is no such page"), do)


def failed(request: HttpRequest) -> HttpResponse:
    """500: a fault of the program."""
    do = gettext("nothing was changed; send the text in the terminal to the people who keep this program")
    return _plain(request, 500, gettext("the program failed"), do)
