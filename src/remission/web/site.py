"""Django's settings, made in code: no models, no database, no sessions, no admin."""

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from remission.web.desk import DESK, Desk

HERE = Path(__file__).parent
HOSTS = ["127.0.0.1", "localhost", "[::1]"]
"""Names the pages answer to. A request under any other name came from a foreign page (DNS rebinding)."""

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def configure() -> None:
    """Make Django ready, once per process."""
    if settings.configured:
        return
    settings.configure(
        ALLOWED_HOSTS=HOSTS,
        APPEND_SLASH=False,
        CSRF_COOKIE_SAMESITE="Strict",
        CSRF_FAILURE_VIEW="remission.web.refusals.forged",
        DATABASES={},
        DEBUG=False,
        INSTALLED_APPS=["remission.web"],
        LANGUAGES=[("en", "English"), ("zh-hans", "简体中文")],
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"stderr": {"class": "logging.StreamHandler"}},
            "loggers": {
                "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
                "waitress.queue": {"level": "ERROR"},  # readers who wait a moment are no news
            },
        },
        MIDDLEWARE=[
            "remission.web.headers.security_headers",
            "remission.web.language.addressed",
            "remission.web.language.spoken",
            "remission.web.refusals.answered",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        ROOT_URLCONF="remission.web.addresses",
        SECRET_KEY=secrets.token_urlsafe(48),
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["remission.web.frame.frame"]},
            }
        ],
        TIME_ZONE="UTC",
        USE_TZ=True,
        USE_THOUSAND_SEPARATOR=False,
    )
    django.setup()


def application(folder: Path, host: str = "127.0.0.1", reference: str | None = None) -> WsgiApplication:
    """The pages of the trial in `folder`, which is opened once; they answer to `host` beside the usual names.

    Raises
    ------
    Missing, Malformed
        If there is no trial that can be opened.
    """
    return pages_of(Desk(folder, reference), host)


def pages_of(desk: object, host: str = "127.0.0.1") -> WsgiApplication:
    """The pages of a desk: of a trial, or of flow files without one."""
    configure()
    name = f"[{host}]" if ":" in host else host
    if name not in settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS.append(name)
    from django.core.wsgi import get_wsgi_application

    pages: WsgiApplication = get_wsgi_application()  # type: ignore[assignment] - asynchronous only under ASGI

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[DESK] = desk
        return pages(environ, start_response)

    return answer
