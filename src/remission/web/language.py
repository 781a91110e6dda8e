"""The language of a page is the first part of its address: `/zh/...` is Chinese, all else English."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import set_script_prefix
from django.utils import translation

from remission.web.desk import DESK

CHINESE = "/zh"


def addressed(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the addresses are those of the desk the request came to."""

    def answer(request: HttpRequest) -> HttpResponse:
        setattr(request, "urlconf", request.META[DESK].addresses)  # noqa: B010 (no type knows it)
        return get_response(request)

    return answer


def spoken(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: takes the language off the address, so that every link made on the page keeps it."""

    def answer(request: HttpRequest) -> HttpResponse:
        chinese = request.path_info == CHINESE or request.path_info.startswith(CHINESE + "/")
        set_script_prefix(f"{CHINESE}/" if chinese else "/")
        if chinese:
            request.path_info = request.path_info[len(CHINESE) :] or "/"
        with translation.override("zh-hans" if chinese else "en"):
            response = get_response(request)
        response.headers["Content-Language"] = "zh-Hans" if chinese else "en"
        return response

    return answer
