"""Refusals as pages: one status each, and always what, where and what to do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from remission import errors
from remission.errors import Refusal
from remission.trial.trial import Trial
from remission.web.refusals import status_of

Pages = Callable[[Path], Client]


def kinds(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from kinds(child)


@pytest.mark.parametrize(
    "kind", sorted(set(kinds()), key=lambda kind: kind.__name__), ids=lambda k: k.__name__
)
def test_every_refusal_has_a_status_of_its_own_and_none_is_a_failure_of_the_program(
    kind: type[Refusal],
) -> None:
    assert 400 <= status_of(kind("what", where="where", do="do")) < 600
    assert status_of(kind("what", where="where", do="do")) != 500


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.Malformed, 400), (errors.NotAllowed, 403), (errors.NotFound, 404), (errors.NotEligible, 409),
        (errors.LedgerMoved, 409), (errors.StudyRefused, 422), (errors.Altered, 503),
    ],
)  # fmt: skip
def test_the_status_of_a_refusal_is_that_of_its_nearest_class(kind: type[Refusal], status: int) -> None:
    assert status_of(kind("what", where="where", do="do")) == status


@pytest.mark.parametrize("prefix", ["", "/zh"])
@pytest.mark.parametrize(
    ("path", "status", "what"),
    [
        ("/participants/09-999", 404, "there is no participant 09-999"),
        ("/participants/x", 400, "is not a SubjectId"),
        ("/why/flow.nothing", 404, "there is no number"),
        ("/participants/..%2f..%2fetc", 404, None),
        ("/static/site.py", 404, None),
        ("/nonsense", 404, None),
        ("/zhongwen", 404, None),
    ],
)
def test_a_wrong_address_is_refused_with_what_to_do(
    pages: Pages, small: Path, prefix: str, path: str, status: int, what: str | None
) -> None:
    response = pages(small).get(prefix + path)
    page = response.content.decode()
    assert response.status_code == status
    assert ("What to do" if not prefix else "处理办法") in page
    assert what is None or what in page


def test_a_foreign_host_name_is_refused(pages: Pages, small: Path) -> None:
    response = pages(small).get("/participants", SERVER_NAME="trial.example.org")
    assert response.status_code == 400
    assert "01-001" not in response.content.decode()


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_is_written_through_the_pages(pages: Pages, small: Path, method: str) -> None:
    client = pages(small)
    strict = Client(enforce_csrf_checks=True, **client.defaults)
    response = getattr(strict, method)("/participants")
    assert response.status_code == 403
    assert "nothing is written through the pages" in response.content.decode()
    assert getattr(client, method)("/participants").status_code == 405


@pytest.mark.parametrize("path", ["/", "/zh/", "/participants", "/participants/01-001", "/sites"])
def test_a_ledger_that_was_altered_is_said_on_every_page(
    pages: Pages, small: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def altered(trial: Trial) -> None:
        raise errors.Altered(
            "entry 7 is not the one written", where="ledger", do="run remission trial verify"
        )

    client = pages(small)
    monkeypatch.setattr(Trial, "_refresh", altered)
    response = client.get(path)
    assert response.status_code == 503
    for words in ("entry 7 is not the one written", "run remission trial verify"):
        assert words in response.content.decode()


def test_a_fault_of_the_program_tells_nothing_of_its_inside(
    pages: Pages, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(desk: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("remission.web.screens.sites.by_site", lambda *_: broken(None))
    client = Client(raise_request_exception=False, **pages(small).defaults)
    response = client.get("/sites")
    assert response.status_code == 500
    assert "the program failed" in response.content.decode()
    assert "secret inside" not in response.content.decode()
