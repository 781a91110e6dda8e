"""The two questions: a full table, a slow version in whole numbers, and what may never happen."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.mrd.calls import Call, Detection, against, detection
from remission.mrd.result import Denominator, MrdResult, from_flow_counts, from_ngs_counts
from remission.terms.evidence import Evidence, FileRef

EVIDENCE = Evidence("gated by hand", "1", (FileRef("tube1.fcs", "a" * 64, 10),))
FLOW, NGS = Fraction("0.0001"), Fraction("0.000001")
N, P, U = Call.NEGATIVE, Call.POSITIVE, Call.NOT_EVALUABLE
NONE, LOW, FULL = Detection.NOT_DETECTED, Detection.BELOW_LOQ, Detection.QUANTIFIED


def flow(found: int, cells: int, flags: tuple[str, ...] = ()) -> MrdResult:
    return from_flow_counts(found, (Denominator("cells", cells),), "cells", EVIDENCE, flags=flags)


def ngs(templates: float, cells: int) -> MrdResult:
    return from_ngs_counts(templates, cells, EVIDENCE, loq_templates=10)


@pytest.mark.parametrize(
    ("found", "cells", "detected", "call"),
    [
        # deep enough: LOD 1e-5, LOQ 2.5e-5, threshold 1e-4 = 200 events
        (0, 2_000_000, NONE, N),
        (1, 2_000_000, NONE, N),
        (19, 2_000_000, NONE, N),
        (20, 2_000_000, LOW, N),
        (49, 2_000_000, LOW, N),
        (50, 2_000_000, FULL, N),
        (199, 2_000_000, FULL, N),
        (200, 2_000_000, FULL, P),
        (201, 2_000_000, FULL, P),
        (2_000_000, 2_000_000, FULL, P),
        # just deep enough: LOD = threshold = 20 events
        (0, 200_000, NONE, N),
        (19, 200_000, NONE, N),
        (20, 200_000, LOW, P),
        # one cell short: below the threshold says nothing; at LOD it is positive
        (0, 199_999, NONE, U),
        (19, 199_999, NONE, U),
        (20, 199_999, LOW, P),
        # far too shallow: LOD 4e-4; 5 events are the threshold, 20 the LOD
        (0, 50_000, NONE, U),
        (4, 50_000, NONE, U),
        (5, 50_000, NONE, U),
        (19, 50_000, NONE, U),
        (20, 50_000, LOW, P),
        (50, 50_000, FULL, P),
        # so few cells that the LOD is more than everything
        (10, 10, NONE, U),
    ],
)
def test_flow_table(found: int, cells: int, detected: Detection, call: Call) -> None:
    result = flow(found, cells)
    assert detection(result) is detected
    assert against(result, FLOW, FLOW).call is call


@pytest.mark.parametrize(
    ("templates", "cells", "detected", "call"),
    [
        (0, 3_000_000, NONE, N),
        (1, 3_000_000, LOW, N),
        (2.9, 3_000_000, LOW, N),
        (3, 3_000_000, LOW, P),  # 3 / 3e6 is the threshold itself
        (10, 3_000_000, FULL, P),
        (0, 2_995_733, NONE, N),
        (0, 2_995_732, NONE, U),
        (0, 100_000, NONE, U),
        (1, 100_000, LOW, U),  # one template in 650 ng: detected, and no evidence of 1e-6 or more
        (2, 100_000, LOW, P),  # its exact interval, from 2.4e-6, lies above 1e-6
        (2.9, 100_000, LOW, P),
        (3, 100_000, LOW, P),
    ],
)
def test_ngs_table(templates: float, cells: int, detected: Detection, call: Call) -> None:
    result = ngs(templates, cells)
    assert detection(result) is detected
    assert against(result, NGS, NGS).call is call


def test_a_stricter_required_lod_than_the_threshold() -> None:
    strict = Fraction("0.00001")
    assert against(flow(0, 1_999_999), FLOW, strict).call is U
    assert against(flow(0, 2_000_000), FLOW, strict).call is N
    assert against(flow(200, 1_999_999), FLOW, strict).call is P


def test_a_required_lod_above_the_threshold_is_refused() -> None:
    for threshold, required in (("0.0001", "0.001"), ("0.0001", "0"), ("1.1", "0.1")):
        with pytest.raises(InputRefused, match="required LOD"):
            against(flow(0, 10**6), Fraction(threshold), Fraction(required))


def test_levels_are_compared_unrounded() -> None:
    nearly = flow(9_999_999, 10**11)
    assert against(nearly, FLOW, FLOW).call is N
    assert against(flow(10**7, 10**11), FLOW, FLOW).call is P
    third = Fraction(1, 3)
    assert against(flow(333_333, 10**6), third, third).call is N
    assert against(flow(333_334, 10**6), third, third).call is P
    assert against(flow(10**6, 3 * 10**6), third, third).call is P


@pytest.mark.parametrize(("found", "call"), [(0, U), (99, U), (100, P), (100_000, P)])
def test_a_blinding_flag_spoils_a_negative_not_a_positive(found: int, call: Call) -> None:
    result = flow(found, 10**6, ("cd19-only-gate",))
    assert against(result, FLOW, FLOW, frozenset(), frozenset({"cd19-only-gate"})).call is call


@pytest.mark.parametrize(
    ("found", "cells", "flags", "call"),
    [
        (0, 2_000_000, ("cd19-independent-gate",), N),
        (0, 2_000_000, ("cd19-only-gate",), U),
        (0, 2_000_000, (), U),
        (500, 2_000_000, (), P),  # what was seen was seen
        (0, 50_000, (), U),
    ],
)
def test_a_negative_must_state_what_is_needed(
    found: int, cells: int, flags: tuple[str, ...], call: Call
) -> None:
    answer = against(flow(found, cells, flags), FLOW, FLOW, needed_flags={"cd19-independent-gate"})
    assert answer.call is call
    unstated = "Not stated: cd19-independent-gate" in answer.reason.en
    assert unstated == (call is U and cells == 2_000_000)


@pytest.mark.parametrize("found", [0, 100_000])
def test_a_disqualifying_flag_says_nothing_either_way(found: int) -> None:
    blind = frozenset({"cd19-only-gate-after-anti-cd19", "hemodilute"})
    result = flow(found, 10**6, ("clotted", "hemodilute"))
    answer = against(result, FLOW, FLOW, blind)
    assert (answer.call, answer.more_cells) == (U, None)
    assert "hemodilute" in answer.reason.en and "hemodilute" in answer.reason.zh
    assert "clotted" not in answer.reason.en
    assert against(result, FLOW, FLOW).call is (P if found else N)


@pytest.mark.parametrize(
    ("result", "threshold", "more", "en", "zh"),
    [
        (
            flow(3, 150_000),
            FLOW,
            50_000,
            "3 of 150,000 cells (0.002 %): the test could see 0.0133 %, 0.01 % is required; "
            "50,000 more cells would do.",
            "150,000个细胞（cells）中检出3个（0.002 %）：本次检测下限为0.0133 %，方案要求0.01 %；"
            "还需50,000个细胞（cells）。",
        ),
        (
            ngs(0, 100_000),
            NGS,
            2_895_733,
            "0 of 100,000 cell equivalents (0 %): the test could see 0.002996 %, 0.0001 % is required; "
            "2,895,733 more cell equivalents (18,823 ng of DNA) would do.",
            "100,000个细胞当量中检出0个（0 %）：本次检测下限为0.002996 %，方案要求0.0001 %；"
            "还需2,895,733个细胞当量（18,823 ng DNA）。",
        ),
    ],
)
def test_what_would_have_been_enough(
    result: MrdResult, threshold: Fraction, more: int, en: str, zh: str
) -> None:
    answer = against(result, threshold, threshold)
    assert (answer.call, answer.more_cells) == (U, more)
    assert (answer.reason.en, answer.reason.zh) == (en, zh)


def test_words_of_a_negative_and_a_positive() -> None:
    negative = against(flow(0, 10**6), FLOW, FLOW)
    assert negative.reason.en == "0 of 1,000,000 cells: 0 %, below 0.01 %; the test could see 0.002 %."
    assert negative.reason.zh == "1,000,000个细胞（cells）中检出0个：0 %，低于0.01 %；本次检测下限为0.002 %。"
    positive = against(ngs(4.25, 10**6), NGS, NGS)
    assert positive.reason.en == "4.25 of 1,000,000 cell equivalents: 0.000425 %, not below 0.0001 %."
    assert positive.reason.zh == "1,000,000个细胞当量中检出4.25个：0.000425 %，不低于0.0001 %。"
    assert negative.more_cells is None and positive.more_cells is None


def slow_call(found: int, cells: int, lod_events: int, threshold: Fraction, required: Fraction) -> Call:
    """The same decision in whole numbers, every case written out."""
    below_threshold = found * threshold.denominator < threshold.numerator * cells
    reaches_lod = found >= lod_events
    sees_required = lod_events * required.denominator <= required.numerator * cells
    if not below_threshold and reaches_lod:
        return Call.POSITIVE
    if not below_threshold:
        return Call.NOT_EVALUABLE
    if sees_required:
        return Call.NEGATIVE
    return Call.NOT_EVALUABLE


# Cells around the depth at which 20 events are a threshold, where the cases meet.
thresholds = st.sampled_from(["0.01", "0.001", "0.0001", "0.00001", "0.0003", "0.00007"]).map(Fraction)
depth = st.tuples(
    thresholds, st.sampled_from([1, 2, 10]), st.integers(-3, 3), st.floats(0.1, 8), st.booleans()
)


def counts(draw: tuple[Fraction, int, int, float, bool]) -> tuple[int, Fraction, Fraction]:
    threshold, stricter, off, times, near = draw
    required = threshold / stricter
    cells = 20 / required * (Fraction(1) if near else Fraction(times))
    return max(1, int(cells) + off), threshold, required


@given(depth, st.integers(0, 400))
def test_equals_the_slow_version(draw: tuple[Fraction, int, int, float, bool], found: int) -> None:
    cells, threshold, required = counts(draw)
    found = min(found, cells)
    result = flow(found, cells)
    assert against(result, threshold, required).call is slow_call(found, cells, 20, threshold, required)
    assert detection(result) is (NONE if found < 20 else LOW if found < 50 else FULL)


@given(depth, st.integers(0, 400))
def test_never_negative_when_the_test_could_not_see(
    draw: tuple[Fraction, int, int, float, bool], found: int
) -> None:
    cells, threshold, required = counts(draw)
    answer = against(flow(min(found, cells), cells), threshold, required)
    if Fraction(20, cells) > required:
        assert answer.call is not Call.NEGATIVE


@given(depth, st.integers(0, 400), st.integers(1, 50))
def test_more_found_is_never_a_better_answer(
    draw: tuple[Fraction, int, int, float, bool], found: int, more: int
) -> None:
    cells, threshold, required = counts(draw)
    order = [Call.NEGATIVE, Call.NOT_EVALUABLE, Call.POSITIVE]
    few, many = min(found, cells), min(found + more, cells)
    one, other = (order.index(against(flow(x, cells), threshold, required).call) for x in (few, many))
    assert one <= other
    seen = [NONE, LOW, FULL]
    assert seen.index(detection(flow(few, cells))) <= seen.index(detection(flow(many, cells)))


@given(depth, st.booleans())
def test_the_cells_asked_for_are_enough_and_not_too_many(
    draw: tuple[Fraction, int, int, float, bool], sequenced: bool
) -> None:
    cells, threshold, required = counts(draw)
    make = (lambda x, n: ngs(x, n)) if sequenced else flow
    answer = against(make(0, cells), threshold, required)
    if answer.more_cells is None:
        assert answer.call is Call.NEGATIVE
        return
    assert answer.more_cells >= 1
    assert against(make(0, cells + answer.more_cells), threshold, required).call is Call.NEGATIVE
    assert against(make(0, cells + answer.more_cells - 1), threshold, required).call is Call.NOT_EVALUABLE


def test_a_limit_the_laboratory_states_itself() -> None:
    stated = replace(flow(0, 10**6), lod=math.nextafter(1e-4, 1), loq=1e-3)
    answer = against(stated, FLOW, FLOW)
    assert (answer.call, answer.more_cells) == (U, 1)
    assert against(replace(stated, lod=1e-4), FLOW, FLOW).call is N
