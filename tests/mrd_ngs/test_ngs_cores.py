"""Blocks side by side: every one once, in order, whatever the cores and however long each takes."""

import threading
import time

import numpy as np
import pytest

from remission.mrd.ngs.block import Block
from remission.mrd.ngs.cores import side_by_side
from remission.mrd.ngs.source import Batch


def batch(number):
    empty = np.empty(0, dtype=np.int64)
    return Batch(Block(number, np.empty(0, dtype=np.uint8), empty, empty, empty.astype(np.int32)), {})


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_in_order_and_once(cores):
    numbers = np.random.default_rng(cores)
    waits = numbers.uniform(0, 0.003, 60)

    def slowly(block):
        time.sleep(waits[block.first])
        return block.first

    found = list(side_by_side(map(batch, range(60)), slowly, cores))
    assert [one.block.first for one, _ in found] == [number for _, number in found] == list(range(60))


def test_the_reading_thread_acts_too_and_few_wait():
    acted, given, most = set(), 0, 0

    def act(block):
        acted.add(threading.get_ident())
        time.sleep(0.002)
        return block.first

    def reading():
        nonlocal most
        for number in range(80):
            most = max(most, number - given)
            yield batch(number)

    for _ in side_by_side(reading(), act, 2):
        given += 1
    assert acted > {threading.get_ident()} and len(acted) == 2
    assert most <= 2 * 4 + 1


@pytest.mark.parametrize("cores", [1, 3])
def test_what_goes_wrong_is_raised(cores):
    def act(block):
        if block.first == 30:
            raise ValueError("block 30")
        return block.first

    before = threading.active_count()
    with pytest.raises(ValueError, match="block 30"):
        list(side_by_side(map(batch, range(60)), act, cores))
    assert threading.active_count() == before
