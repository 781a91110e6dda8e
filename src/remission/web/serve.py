"""Serve the pages on the loopback address, and check that every page answers."""

import http.client
import ipaddress
import threading
import time
from pathlib import Path

from waitress import create_server

from remission.errors import CommandRefused
from remission.terms.ids import SubjectId
from remission.trial.trial import Trial
from remission.web.site import WsgiApplication, application

HOST, PORT = "127.0.0.1", 8080
PARTICIPANTS_CHECKED = 20
"""`check` fetches at most so many participants' pages, evenly spread over the list."""

_THREADS = 4


def serve(folder: Path, host: str = HOST, port: int = PORT) -> None:
    """Serve the trial in `folder` until interrupted; prints nothing.

    Raises
    ------
    CommandRefused
        For an address that other machines could reach, or a port that is taken.
    Missing, Malformed
        If there is no trial that can be opened.
    """
    server = _server(application(folder, checked_host(host)), host, port)
    try:
        server.run()
    finally:
        server.close()


def check(folder: Path) -> list[tuple[str, str, int, float]]:
    """Start on a free port, fetch every page in both languages, and stop.

    Returns
    -------
    list of (path, language, status, ms)
        Pages in a fixed order; participants' pages: all, or `PARTICIPANTS_CHECKED` of them.
    """
    server = _server(application(folder), HOST, 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        port = int(server.effective_port)
        return [
            (path, language, *_fetched(port, prefix + path))
            for path in addresses(folder)
            for language, prefix in (("en", ""), ("zh", "/zh"))
        ]
    finally:
        server.close()
        thread.join(timeout=10)


def addresses(folder: Path) -> list[str]:
    """The pages `check` fetches, without their language."""
    known: list[SubjectId] = list(Trial.open(folder).participants())
    step = max(1, -(-len(known) // PARTICIPANTS_CHECKED))
    numbers = ["design.participants", "flow.enrolled"]
    return [
        "/", "/participants", "/sites", "/protocol",
        *(f"/why/{number}" for number in numbers), *(f"/participants/{subject}" for subject in known[::step]),
    ]  # fmt: skip


def checked_host(host: str) -> str:
    """The host, if only this machine can reach it.

    Raises
    ------
    CommandRefused
        Otherwise: there are no accounts yet, so whoever reaches the pages reads everything.
    """
    try:
        if host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback:
            return host
    except ValueError:
        pass
    raise CommandRefused(
        f"{host!r} is not the loopback address", where="serve, --host",
        do=f"serve on {HOST}; accounts, and with them other machines, are not there yet",
    )  # fmt: skip


def _server(pages: WsgiApplication, host: str, port: int):
    try:
        return create_server(pages, host=host, port=port, threads=_THREADS, ident=None)
    except OSError as error:
        raise CommandRefused(
            f"cannot serve on {host} port {port}: {error.strerror or error}", where="serve, --port",
            do="give another port, or 0 for any free one",
        ) from None  # fmt: skip


def _fetched(port: int, path: str) -> tuple[int, float]:
    """Status of a page and the milliseconds until it had arrived."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    start = time.perf_counter()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status, round(1000 * (time.perf_counter() - start), 1)
    except (TimeoutError, OSError):
        return 0, round(1000 * (time.perf_counter() - start), 1)
    finally:
        connection.close()
