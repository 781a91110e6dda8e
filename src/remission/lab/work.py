"""Many samples over the cores and machines there are; one that fails does not stop the others."""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from remission import __version__
from remission.errors import InputRefused, Refusal

_Job = TypeVar("_Job")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that gave nothing, and why."""

    what: str
    where: str
    do: str

    def __str__(self) -> str:
        return f"{self.what}\n  where: {self.where}\n  do:    {self.do}"


class Crew(Protocol):
    """Those who do the work."""

    def each(
        self, work: Callable[[_Job], _Made], jobs: Sequence[_Job]
    ) -> Iterator[tuple[_Job, _Made | Failed]]:
        """Do every job; each with what it made, or why it failed, as they finish."""
        ...


class Alone:
    """This process, one job after the other."""

    def each(
        self, work: Callable[[_Job], _Made], jobs: Sequence[_Job]
    ) -> Iterator[tuple[_Job, _Made | Failed]]:
        """See `Crew`."""
        for job in jobs:
            yield job, _tried(work, job)


def _tried(work: Callable[[_Job], _Made], job: _Job) -> _Made | Failed:
    attempt = _Attempt()
    with attempt:
        return work(job)
    return failure(attempt.error)


class _Attempt:
    """Keeps whatever error a job ends with; an interruption goes on."""

    def __init__(self) -> None:
        self.error = Exception()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Exception):
            self.error = error
            return True
        return False


class Cluster:
    """Processes of this machine, or of others, over Dask."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def each(
        self, work: Callable[[_Job], _Made], jobs: Sequence[_Job]
    ) -> Iterator[tuple[_Job, _Made | Failed]]:
        """See `Crew`."""
        from distributed import as_completed

        waiting = {self._client.submit(work, job, pure=False): job for job in jobs}
        for done in as_completed(list(waiting)):
            job = waiting.pop(done)
            error = done.exception()
            yield job, done.result() if error is None else failure(error)
            done.release()


@contextmanager
def crew(workers: int, scheduler: str | None = None) -> Generator[Crew, None, None]:
    """Those who do the work: a Dask scheduler's workers, or `workers` processes of this machine.

    One worker without a scheduler is this process: a cluster takes seconds to start.

    Raises
    ------
    InputRefused
        If the scheduler does not answer.
    """
    if scheduler is None and workers == 1:
        yield Alone()
        return
    import logging

    from distributed import Client, LocalCluster

    if scheduler is None:
        with (
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                memory_limit=0,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            ) as local,
            Client(local) as client,
        ):
            yield Cluster(client)
        return
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise InputRefused(
            f"no scheduler answers ({error})",
            where=scheduler,
            do="start dask scheduler there, or leave it out",
        ) from None
    with client:
        _check_workers(client, scheduler)
        yield Cluster(client)


def _check_workers(client: Any, scheduler: str) -> None:
    """Every worker has this very version: a job that a worker cannot unpack would never end."""
    asked = "__import__('remission').__version__"
    try:
        versions = dict(client.run(eval, asked))
    except (ImportError, AttributeError):
        versions = {"": "none"}
    others = sorted({version for version in versions.values() if version != __version__})
    if not versions or others:
        raise InputRefused(
            f"workers with Remission {', '.join(others)}, not {__version__}"
            if others
            else "no worker is there",
            where=scheduler,
            do="start workers there that have this version of Remission",
        )


def failure(error: BaseException) -> Failed:
    """What an error says to people; one that nobody foresaw says so."""
    if isinstance(error, Refusal):
        return Failed(error.what, error.where, error.do)
    if isinstance(error, MemoryError):
        return Failed("memory ran out", "this sample", "run with fewer workers, or on a larger machine")
    if isinstance(error, CancelledError) or type(error).__name__ == "KilledWorker":
        return Failed("its worker died", "this sample", "see whether memory ran out; run with fewer workers")
    said = f"{type(error).__name__}: {error}"
    return Failed(f"the program failed: {said}", "this sample", "report it, with the file if you may")
