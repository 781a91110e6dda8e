"""One process, several cores: blocks are worked on side by side, and given back in their order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from remission.mrd.ngs.block import Block
from remission.mrd.ngs.source import Batch

_Found = TypeVar("_Found")

_WAITING = 4
"""Batches for each core that may wait to be taken: bounds the memory."""


def side_by_side(
    batches: Iterable[Batch], act: Callable[[Block], _Found], cores: int
) -> Iterator[tuple[Batch, _Found]]:
    """Every batch with what `act` finds in its block, in order, whatever the number of cores.

    This thread reads, and acts on a block itself where the others have enough to do. `act` has to let other
    threads run, as compiled loops do.
    """
    if cores == 1:
        for batch in batches:
            yield batch, act(batch.block)
        return
    pool = ThreadPoolExecutor(cores - 1)
    waiting: deque[tuple[Batch, Future[_Found]]] = deque()
    try:
        for batch in batches:
            if sum(not future.done() for _, future in waiting) <= cores:
                waiting.append((batch, pool.submit(act, batch.block)))
            else:
                done = Future[_Found]()
                done.set_result(act(batch.block))
                waiting.append((batch, done))
            while waiting and (waiting[0][1].done() or len(waiting) > _WAITING * cores):
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
