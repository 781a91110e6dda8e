"""Serve the pages on the loopback address, and check that every page answers."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from waitress.server import create_server

from remission.errors import CommandRefused
from remission.terms.ids import SubjectId
from remission.trial.trial import Trial
from remission.web.mrd_course import samples_of
from remission.web.site import WsgiApplication, application

HOST, PORT = "127.0.0.1", 8719
PARTICIPANTS_CHECKED = 20
"""`check` fetches at most so many participants' pages, evenly spread over the list."""

_THREADS = 4
_DIRECT = build_opener(ProxyHandler({}))


def serve(
    folder: Path,
    host: str = HOST,
    port: int = PORT,
    *,
    reference: str | None = None,
    told: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve the trial in `folder` until interrupted; `told` the address once it answers. Prints nothing.

    `reference`: address of a reference of normal marrows, for what the flow page suggests.

    Raises
    ------
    CommandRefused
        For an address that other machines could reach, or a port that is taken.
    Missing, Malformed
        If there is no trial that can be opened.
    """
    served(application(folder, checked_host(host), reference), host, port, told)


def served(pages: WsgiApplication, host: str, port: int, told: Callable[[str], None]) -> None:
    """Serve any pages of ours as `serve` does. `Raises` as there."""
    checked_host(host)
    with _listening(host, port) as listening:
        server = create_server(pages, sockets=[listening], threads=_THREADS, ident=None)
        shown = f"[{host}]" if ":" in host else host
        told(f"http://{shown}:{listening.getsockname()[1]}/")
        server.run()
        server.close()


@contextmanager
def running(folder: Path) -> Generator[str]:
    """The pages on a free port, served by a thread; gives their address, without a last slash."""
    with answering(application(folder)) as address:
        yield address


@contextmanager
def answering(pages: WsgiApplication) -> Generator[str]:
    """Any pages of ours as `running` has them."""
    with _listening(HOST, 0) as listening:
        server: Any = create_server(pages, sockets=[listening], threads=_THREADS, ident=None)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            server.task_dispatcher.shutdown()  # those who answer first, for they still wake the server
            server.trigger.pull_trigger(server.close)  # in the server's own thread, which then ends
            thread.join(timeout=10)


def check(folder: Path) -> list[tuple[str, str, int, float]]:
    """Start on a free port, fetch every page in both languages, and stop.

    Returns
    -------
    list of (path, language, status, ms)
        Pages in a fixed order; of participants' pages at most `PARTICIPANTS_CHECKED`. Status 0: no answer.
    """
    with running(folder) as address:
        return [
            (path, language, *_fetched(address + prefix + path))
            for path in addresses(folder)
            for language, prefix in (("en", ""), ("zh", "/zh"))
        ]


def addresses(folder: Path) -> list[str]:
    """The pages `check` fetches, without their language."""
    children = Trial.open(folder).participants()
    known: list[SubjectId] = list(children)[:: max(1, -(-len(children) // PARTICIPANTS_CHECKED))]
    numbers = ["design.participants", "flow.enrolled"]
    return [
        "/", "/participants", "/sites", "/protocol",
        *(f"/why/{number}" for number in numbers), *(f"/participants/{subject}" for subject in known),
        *(
            f"/participants/{subject}/samples/{taken.sample}"
            for subject in known
            for _, taken in samples_of(children[subject])
        ),
    ]  # fmt: skip


def checked_host(host: str) -> str:
    """The host, if only this machine can reach it.

    Raises
    ------
    CommandRefused
        Otherwise: there are no accounts yet, so whoever reaches the pages reads everything.
    """
    try:
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return host
    except ValueError:
        pass
    raise CommandRefused(
        f"{host!r} is not the loopback address", where="serve, --host",
        do=f"serve on {HOST}; accounts, and with them other machines, are not there yet",
    )  # fmt: skip


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise CommandRefused(
            f"cannot serve on {host} port {port}: {error}", where="serve, --port",
            do="give another port, or 0 for any free one",
        ) from None  # fmt: skip


def _fetched(address: str) -> tuple[int, float]:
    """Status of a page and the milliseconds until it had arrived."""
    start = time.perf_counter()
    try:
        with _DIRECT.open(Request(address, headers={"Connection": "close"}), timeout=60) as answer:
            answer.read()
            status = answer.status
    except HTTPError as error:
        error.close()
        status = error.code
    except OSError:
        status = 0
    return status, round(1000 * (time.perf_counter() - start), 1)
