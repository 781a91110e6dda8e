"""The server: loopback only, headers, its own check; one trial, read on as its ledger grows."""

import socket
import threading
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from remission.errors import CommandRefused, Missing
from remission.terms.actors import Actor, Role
from remission.terms.ids import SiteId
from remission.trial.trial import By, Trial
from remission.web import serve

Pages = Callable[[Path], Client]


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.4", "10.0.0.1", "example.org", "", "127.0.0.1.evil"]
)
def test_an_address_that_others_could_reach_is_refused(small: Path, host: str) -> None:
    with pytest.raises(CommandRefused, match="loopback"):
        serve.serve(small, host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_addresses_are_served(host: str) -> None:
    assert serve.checked_host(host) == host


def test_a_port_that_is_taken_is_refused_with_a_remedy(small: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CommandRefused, match="cannot serve"):
            serve.serve(small, port=taken.getsockname()[1])


def test_a_folder_without_a_trial_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no trial"):
        serve.serve(tmp_path)


def test_check_fetches_every_page_in_both_languages(small: Path) -> None:
    fetched = serve.check(small)
    assert {status for _, _, status, _ in fetched} == {200}
    paths = {path for path, *_ in fetched}
    assert {"/", "/participants", "/sites", "/protocol", "/participants/01-004"} <= paths
    assert len(fetched) == 2 * len(paths)
    assert all(ms > 0 for *_, ms in fetched)


def test_check_says_when_a_page_does_not_answer(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "addresses", lambda folder: ["/", "/nonsense"])
    assert [status for _, _, status, _ in serve.check(small)] == [200, 200, 404, 404]


def test_every_answer_has_the_security_headers(pages: Pages, small: Path) -> None:
    client = pages(small)
    for path in ("/", "/zh/participants/01-001", "/nonsense", "/static/style.css"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/").headers["Cache-Control"] == "no-store"
    assert "immutable" in client.get("/static/style.css").headers["Cache-Control"]
    assert client.get("/").cookies.items() == {}.items()


def test_pages_follow_the_ledger(pages: Pages, fresh: Path) -> None:
    client = pages(fresh)
    assert client.get("/sites").content.decode().count("not active") == 12
    Trial.open(fresh).activate_site(By(Actor("Shen", Role.SPONSOR), datetime.now(UTC)), SiteId("02"))
    assert client.get("/sites").content.decode().count("not active") == 11


def test_many_readers_at_once_see_whole_pages(small: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    seen: list[bool] = []

    def read(path: str) -> None:
        with direct.open(f"{address}{path}", timeout=30) as answer:
            seen.append(answer.read().decode().rstrip().endswith("</html>"))

    paths = ["/", "/zh/", "/participants/01-001", "/sites"] * 4
    readers = [threading.Thread(target=read, args=(path,)) for path in paths]
    with serve.running(small) as address:
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    assert seen == [True] * len(paths)
