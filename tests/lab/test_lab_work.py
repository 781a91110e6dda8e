"""Spread over one process or many, every job is done or says why not."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from distributed import LocalCluster

from remission.errors import InputRefused
from remission.lab.addresses import content
from remission.lab.work import Crew, Failed, crew

said = cast(Callable[[str], Any], eval)
"""A job that any process knows: what an expression comes to."""


@pytest.fixture(scope="module", params=[1, 2])
def team(request: pytest.FixtureRequest) -> Iterator[Crew]:
    with crew(request.param) as some:
        yield some


def test_every_job_is_done_or_says_why_not(team: Crew) -> None:
    made = dict(team.each(said, ["1 + 1", "1 / 0", "2 + 2", "(_ for _ in ()).throw(MemoryError())"]))
    assert (made["1 + 1"], made["2 + 2"]) == (2, 4)
    failed = made["1 / 0"]
    assert isinstance(failed, Failed) and "ZeroDivisionError: division by zero" in str(failed)
    failed = made["(_ for _ in ()).throw(MemoryError())"]
    assert isinstance(failed, Failed) and "memory" in failed.what


def test_a_refusal_keeps_its_words(team: Crew, tmp_path: Path) -> None:
    absent, there = str(tmp_path / "absent.fq"), str(tmp_path / "there.fq")
    Path(there).write_bytes(b"@")
    made = dict(team.each(content, [absent, there]))
    assert made[absent] == Failed("there is no absent.fq", absent, "correct the address")
    assert made[there] == b"@"


def test_one_worker_is_this_process_and_two_are_others(team: Crew) -> None:
    asked = ["__import__('os').getpid()", "__import__('os').getpid() + 0"]
    pids = {made for _, made in team.each(said, asked)}
    assert (pids == {os.getpid()}) == (type(team).__name__ == "Alone")
    assert os.getpid() not in pids or len(pids) == 1


@pytest.mark.slow
def test_a_worker_that_dies_is_a_failed_sample() -> None:
    with crew(2) as some:
        made = dict(some.each(said, ["1", "__import__('os')._exit(1)", "3"]))
    assert (made["1"], made["3"]) == (1, 3)
    failed = made["__import__('os')._exit(1)"]
    assert isinstance(failed, Failed) and "worker died" in failed.what


def test_a_scheduler_s_workers_are_used() -> None:
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
        ) as cluster,
        crew(1, cluster.scheduler_address) as some,
    ):
        assert dict(some.each(said, ["1 + 1"])) == {"1 + 1": 2}


def test_a_scheduler_that_is_not_there_or_has_no_worker_is_told() -> None:
    with pytest.raises(InputRefused, match="no scheduler answers"), crew(1, "nonsense://here:1"):
        pass
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        pytest.raises(InputRefused, match="no worker is there"),
        crew(1, cluster.scheduler_address),
    ):
        pass
