"""Populations as text, against csv's own reader and the masks."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.mrd.flow.gates import membership
from remission.mrd.flow.gates.gated import Gated, Population
from remission.mrd.flow.gates.membership import counts_table, membership_lines, membership_table


def gated(**masks: list[bool]) -> Gated:
    populations: dict[str, Population] = {}
    parent = None
    for name, values in masks.items():
        mask = np.array(values, dtype=bool)
        path = name if parent is None else f"{populations[parent].path}/{name}"
        populations[name] = Population(name, path, parent, int(mask.sum()), mask)
        parent = name
    return Gated(len(next(iter(masks.values()))), populations)


SOME = gated(cells=[True, True, True, False], blasts=[False, True, False, False])


def test_counts_come_with_the_share_of_the_parent_and_of_all():
    assert counts_table(SOME) == (
        "path,events,of_parent,of_all,id\ncells,3,0.75,0.75,cells\ncells/blasts,1,0.333333,0.25,blasts\n"
    )


def test_there_is_no_share_of_nothing():
    assert counts_table(gated(a=[])).splitlines()[1] == "a,0,,,a"
    assert counts_table(gated(a=[False], b=[False])).splitlines()[2] == "a/b,0,,0,b"


def test_lines_are_those_of_the_compliance_results():
    assert "".join(membership_lines(SOME, "blasts")) == "0\n1\n0\n0\n"


def test_columns_come_in_the_order_asked_for():
    assert "".join(membership_table(SOME, ["blasts", "cells"])) == "blasts,cells\n0,1\n1,1\n0,1\n0,0\n"


@pytest.mark.parametrize("asked", [membership_lines, lambda one, name: membership_table(one, [name])])
def test_a_population_that_is_not_there_is_refused(asked):
    with pytest.raises(InputRefused, match="no population 'x'"):
        "".join(asked(SOME, "x"))


@given(st.integers(0, 300), st.integers(1, 5), st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_a_table_of_any_size_reads_back(events: int, columns: int, seed: int):
    masks = np.random.default_rng(seed).random((columns, events)) < 0.5
    one = gated(**{f"a,{index}": list(mask) for index, mask in enumerate(masks)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(membership, "CHUNK", 64)
        rows = list(csv.reader(io.StringIO("".join(membership_table(one)))))
    assert rows[0] == list(one.populations)
    assert np.array_equal(np.array(rows[1:], dtype=int).reshape(events, columns).T == 1, masks)
