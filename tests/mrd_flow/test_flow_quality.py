"""Faults of known place, put into made-up acquisitions; every number here is invented."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from remission.errors import InputRefused
from remission.mrd.flow.events import Held, Mask
from remission.mrd.flow.quality.examining import AREA, HEIGHT, NUCLEAR, Quality, examine
from remission.mrd.flow.quality.findings import Concern
from remission.mrd.flow.quality.flags import (
    ASSUMED_MOST,
    BLINDING,
    DISQUALIFYING,
    JOINED_WITHOUT_TIME,
    NO_TIME,
    OFF_SCALE,
    TIME_FAULT,
    UNSTABLE_SIGNAL,
    UNSTEADY_FLOW,
)
from remission.mrd.flow.quality.kernels_quality import CELLS, count_cells
from remission.mrd.flow.quality.time import out_of_order

CHANNELS = ("FSC-A", "FSC-H", "SSC-A", "D1-A", "D2-A", "D3-A")
RANGES: dict[str, float] = dict.fromkeys(CHANNELS, 262144.0)
TOP = 262143.0
Columns = dict[str, np.ndarray]


def clean(seed: int, count: int = 20_000) -> Columns:
    """Two kinds of cells at a steady pace, nothing wrong with them: 5 in 6 dim in D2, others bright."""
    chance = np.random.default_rng(seed)
    kind = chance.random(count) < 1 / 6
    height = chance.lognormal(np.where(kind, 11.2, 10.8), 0.12)
    return {
        "Time": np.sort(chance.random(count)) * 6_000,
        "FSC-H": height,
        "FSC-A": height * chance.normal(1.05, 0.04, count),
        "SSC-A": chance.lognormal(np.where(kind, 10.0, 8.0), 0.3),
        "D1-A": chance.normal(100, 80, count),
        "D2-A": np.where(kind, chance.lognormal(9, 0.5, count), chance.normal(50, 60, count)),
        "D3-A": chance.lognormal(8, 0.8, count),
    }


def look(
    columns: Mapping[str, np.ndarray], *, nuclear: bool = False, lengths: tuple[int, ...] = ()
) -> Quality:
    scatter = {AREA: "FSC-A", HEIGHT: "FSC-H"} | ({NUCLEAR: "SYTO"} if nuclear else {})
    values = np.ascontiguousarray(np.vstack(list(columns.values())), np.float64)
    time = "Time" if "Time" in columns else None
    channels = [name for name in columns if name != "Time"]
    return examine(
        Held(tuple(columns), values),
        time=time, scatter=scatter, channels=channels, ranges=RANGES, time_step=0.01,
        lengths=lengths,
    )  # fmt: skip


def found(quality: Quality, concern: Concern) -> Mask:
    return quality.masks[concern]


def flag_of(quality: Quality, concern: Concern) -> str:
    return next(one.flag for one in quality.findings if one.concern is concern)


def test_clean_files_raise_nothing_at_all() -> None:
    """100 runs: no finding, no event. At most 3 in 100 would be a false alarm rate (95 % sure)."""
    for seed in range(100):
        quality = look(clean(seed, 8_000))
        assert quality.findings == () and quality.kept.all(), seed


@pytest.mark.parametrize("seed", range(3))
def test_a_large_clean_file_raises_nothing(seed: int) -> None:
    quality = look(clean(seed, 300_000))
    assert quality.flags == () and np.count_nonzero(~quality.kept) <= 1


# ---------------------------------------------------------------- drift


@pytest.mark.parametrize(("start", "stop"), [(0, 3_000), (9_000, 12_000), (17_000, 20_000)])
def test_a_step_in_one_channel_is_found_where_it_is(start: int, stop: int) -> None:
    columns = clean(1)
    columns["D1-A"][start:stop] += 80
    quality = look(columns)
    mask = found(quality, Concern.DRIFT)
    assert mask[start:stop].mean() > 0.97 and np.delete(mask, np.s_[start:stop]).mean() < 0.02
    assert flag_of(quality, Concern.DRIFT) == UNSTABLE_SIGNAL
    assert "D1-A" in quality.findings[0].said.en and "D3-A" not in quality.findings[0].said.zh


def test_a_step_in_the_middle_flags_one_side_of_it() -> None:
    columns = clean(2)
    columns["D3-A"][12_000:] *= 3
    mask = found(look(columns), Concern.DRIFT)
    assert mask[12_000:].all() and not mask[:12_000].any(), "the larger part is the run"


def test_a_slow_drift_flags_its_ends() -> None:
    columns = clean(3)
    columns["D3-A"] *= np.linspace(0.4, 2.5, 20_000)
    mask = found(look(columns), Concern.DRIFT)
    assert mask[:1_000].all() and mask[-1_000:].all() and not mask[9_500:10_500].any()


def test_a_laser_that_dims_only_the_bright_cells_is_found() -> None:
    columns = clean(4, 100_000)
    bright = columns["D2-A"] > 1_000
    columns["D2-A"][60_000:80_000] *= np.where(bright[60_000:80_000], 0.5, 1.0)
    mask = found(look(columns), Concern.DRIFT)
    assert mask[60_000:80_000].mean() > 0.9 and np.delete(mask, np.s_[60_000:80_000]).mean() < 0.01


def test_a_shift_too_small_to_matter_is_left_alone() -> None:
    columns = clean(5, 200_000)
    columns["D1-A"][100_000:] += 8
    assert Concern.DRIFT not in {one.concern for one in look(columns).findings}


def test_a_constant_channel_does_not_drift() -> None:
    columns = clean(6)
    columns["D1-A"][:] = 7.0
    assert not found(look(columns), Concern.DRIFT).any()


@settings(deadline=None)
@given(arrays(np.float64, (2, 30), elements=st.floats(width=16)))
def test_values_are_counted_between_quantiles_as_numpy_does(values: np.ndarray) -> None:
    edges = np.sort(np.random.default_rng(1).normal(0, 3, (2, CELLS - 1)), axis=1)
    counts = np.zeros((2, CELLS), np.int64)
    count_cells(values, edges, counts)
    for channel in range(2):
        cells = np.searchsorted(edges[channel], values[channel], side="right")
        cells[np.isnan(values[channel])] = 0
        assert np.array_equal(counts[channel], np.bincount(cells, minlength=CELLS))


# ---------------------------------------------------------------- time


def slow_order(times: list[float]) -> int:
    """How many events the longest run that never goes backwards has, by trying every end."""
    best: list[int] = []
    for at, now in enumerate(times):
        best.append(1 + max((best[b] for b in range(at) if times[b] <= now), default=0))
    return max(best, default=0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=25), st.booleans())
def test_the_fewest_events_are_taken_for_disordered(times: list[int], broken: bool) -> None:
    values = np.array(times, np.float64)
    mask = out_of_order(np.append(values, np.nan) if broken else values)
    assert np.all(np.diff(values[~mask[: len(times)]]) >= 0)
    assert np.count_nonzero(~mask) == slow_order([float(time) for time in times])
    assert not broken or mask[-1]


def test_a_second_acquisition_behind_the_first_is_time_running_backwards() -> None:
    columns = clean(7)
    columns["Time"][14_000:] = np.sort(np.random.default_rng(2).random(6_000)) * 1_500
    quality = look(columns)
    mask = found(quality, Concern.TIME)
    assert mask[14_000:].mean() > 0.99 and not mask[:13_900].any()
    assert flag_of(quality, Concern.TIME) == TIME_FAULT and TIME_FAULT in BLINDING
    assert Concern.CLOG not in {one.concern for one in quality.findings}


def test_one_wild_time_costs_one_event() -> None:
    columns = clean(8)
    columns["Time"][5_000] = 1e9
    columns["Time"][9_000] = -4.0
    quality = look(columns)
    assert np.flatnonzero(found(quality, Concern.TIME)).tolist() == [5_000, 9_000]
    assert quality.flags == ()


def test_a_clog_is_found_in_time_and_its_length_said() -> None:
    columns = clean(9, 100_000)
    time = columns["Time"]
    outside = (time < 2_000) | (time >= 2_600) | (np.arange(100_000) % 5 == 0)
    quality = look({name: column[outside] for name, column in columns.items()})
    kept_time = time[outside]
    mask = found(quality, Concern.CLOG)
    inside = (kept_time >= 2_020) & (kept_time < 2_580)
    assert mask[inside].all() and not mask[(kept_time < 1_980) | (kept_time > 2_620)].any()
    assert "6 s" in quality.findings[0].said.en or "5.9" in quality.findings[0].said.en
    assert flag_of(quality, Concern.CLOG) == "", "a tenth of the run or less raises no flag"


def test_a_pause_without_events_is_said_and_touches_only_its_edges() -> None:
    columns = clean(10)
    columns["Time"][10_000:] += 3_000
    quality = look(columns)
    near = np.flatnonzero(found(quality, Concern.CLOG))
    assert len(near) < 100 and np.all(np.abs(near - 10_000) < 100), (
        "at most the intervals it begins and ends in"
    )
    assert flag_of(quality, Concern.CLOG) == UNSTEADY_FLOW
    assert "Clog or pause" in quality.findings[0].said.en


def test_a_burst_is_found() -> None:
    columns = clean(11, 50_000)
    columns["Time"][20_000:26_000] = np.linspace(
        columns["Time"][20_000], columns["Time"][20_000] + 100, 6_000
    )
    columns["Time"][26_000:] += columns["Time"][25_999] - columns["Time"][26_000]
    mask = found(look(columns), Concern.RATE)
    assert mask[20_200:25_800].all() and mask.sum() < 6_600


def test_a_clock_of_whole_seconds_is_no_series_of_clogs() -> None:
    columns = clean(12)
    columns["Time"] = np.floor(columns["Time"] / 10)
    assert look(columns).findings == ()
    columns["Time"] = np.floor(columns["Time"] / 100)
    quality = look(columns)
    assert [one.flag for one in quality.findings] == [NO_TIME] and "coarse" in quality.findings[0].said.en


def test_without_a_clock_drift_is_still_seen() -> None:
    columns = clean(13)
    del columns["Time"]
    columns["D1-A"][:5_000] += 200
    quality = look(columns)
    assert quality.flags == (NO_TIME, UNSTABLE_SIGNAL) and found(quality, Concern.DRIFT)[:5_000].all()
    assert quality.pace is None and Concern.CLOG not in quality.masks


def test_a_clock_that_stands_still_is_said() -> None:
    columns = clean(14)
    columns["Time"][:] = 5.0
    quality = look(columns)
    assert [one.flag for one in quality.findings] == [NO_TIME] and quality.kept.all()
    assert "stands still" in quality.findings[0].said.en


# ---------------------------------------------------------------- several files


def joined(*files: Columns) -> tuple[Columns, tuple[int, ...]]:
    whole = {name: np.concatenate([file[name] for file in files]) for name in files[0]}
    return whole, tuple(len(file["FSC-A"]) for file in files)


def test_files_with_clocks_of_their_own_are_no_fault_of_time() -> None:
    """Three parts of one sample, each clock from 0: as one file they would be blind to a negative."""
    columns, lengths = joined(clean(31, 9_000), clean(32, 20_000), clean(33, 6_000))
    assert look(columns).flags == (TIME_FAULT,)
    quality = look(columns, lengths=lengths)
    assert quality.findings == () and quality.kept.all()
    assert quality.pace is not None and quality.pace.events.sum() == 35_000
    assert quality.pace.edges[-1] == pytest.approx(18_000, rel=1e-3)
    assert not quality.pace.slow.any() and not quality.pace.fast.any()


def test_what_is_wrong_with_one_file_is_found_in_it_and_blinds_however_small_it_is() -> None:
    broken = clean(34, 3_000)
    broken["Time"][2_000:] -= 4_000
    columns, lengths = joined(clean(35, 200_000), broken)
    quality = look(columns, lengths=lengths)
    mask = found(quality, Concern.TIME)
    assert not mask[:200_000].any() and mask[200_000:].sum() > 300
    assert mask.sum() < ASSUMED_MOST[TIME_FAULT] * 203_000 and flag_of(quality, Concern.TIME) == TIME_FAULT


def test_a_clog_of_one_file_is_shown_where_its_clock_runs() -> None:
    clogged = clean(36, 60_000)
    time = clogged["Time"]
    outside = (time < 2_000) | (time >= 2_900) | (np.arange(60_000) % 5 == 0)
    clogged = {name: column[outside] for name, column in clogged.items()}
    columns, lengths = joined(clean(37, 40_000), clogged, clean(38, 500))
    quality = look(columns, lengths=lengths)
    mask, inside = found(quality, Concern.CLOG), (clogged["Time"] >= 2_020) & (clogged["Time"] < 2_880)
    assert mask[lengths[0] : -500][inside].all() and not mask[: lengths[0]].any() and not mask[-500:].any()
    assert flag_of(quality, Concern.CLOG) == UNSTEADY_FLOW, "a seventh of its file"
    assert quality.pace is not None
    middles = (quality.pace.edges[1:] + quality.pace.edges[:-1]) / 2
    slow = middles[quality.pace.slow]
    assert slow.min() > 6_000 + 1_950 and slow.max() < 6_000 + 2_950 and len(slow) > 20
    said = [one.said.en for one in quality.findings]
    assert any("A file of 500 events" in one for one in said) and any("9 s" in one for one in said)


def test_files_that_differ_from_each_other_are_a_drift() -> None:
    bright = clean(39, 12_000)
    bright["D3-A"] *= 3
    columns, lengths = joined(clean(40, 20_000), bright)
    quality = look(columns, lengths=lengths)
    assert quality.flags == (UNSTABLE_SIGNAL,) and found(quality, Concern.DRIFT)[20_000:].all()


@pytest.mark.parametrize("lacking", ["all", "standing"])
def test_several_files_without_a_clock_never_let_a_negative_stand(lacking: str) -> None:
    columns, lengths = joined(clean(41), clean(42))
    if lacking == "all":
        del columns["Time"]
    else:
        columns["Time"][20_000:] = 7.0
    quality = look(columns, lengths=lengths)
    assert quality.flags == (NO_TIME, JOINED_WITHOUT_TIME) and JOINED_WITHOUT_TIME in BLINDING
    assert "different acquisitions" in quality.findings[-1].said.en


def test_files_without_events_are_joined_too() -> None:
    empty = {name: column[:0] for name, column in clean(43).items()}
    columns, lengths = joined(empty, clean(44))
    quality = look(columns, lengths=lengths)
    assert quality.flags == () and quality.kept.all()


# ---------------------------------------------------------------- cells


def test_a_pile_at_the_top_of_a_range_is_counted_by_channel() -> None:
    columns = clean(15)
    at = np.random.default_rng(3).choice(20_000, 1_600, replace=False)
    columns["D3-A"][at] = TOP
    quality = look(columns)
    assert np.array_equal(np.flatnonzero(found(quality, Concern.MARGIN)), np.sort(at))
    assert flag_of(quality, Concern.MARGIN) == OFF_SCALE and "D3-A: 8 %" in quality.findings[0].said.en


def test_the_top_of_an_integer_scale_is_its_highest_number() -> None:
    columns = clean(16)
    columns = {
        name: column if name == "Time" else np.minimum(column, 1_023) for name, column in columns.items()
    }
    held = Held(tuple(columns), np.ascontiguousarray(np.vstack(list(columns.values()))))
    quality = examine(
        held, time="Time", scatter={}, channels=["D3-A"], ranges={"D3-A": 1_024.0}, time_step=None
    )
    assert np.array_equal(found(quality, Concern.MARGIN), columns["D3-A"] == 1_023)


def test_scatter_ends_at_zero_and_dyes_do_not() -> None:
    columns = clean(17)
    columns["FSC-A"][:30], columns["D1-A"][30:60] = 0.0, -500.0
    assert np.flatnonzero(found(look(columns), Concern.MARGIN)).tolist() == list(range(30))


def test_doublets_are_found_and_single_cells_are_not() -> None:
    columns = clean(18, 50_000)
    pairs = np.random.default_rng(4).random(50_000) < 0.08
    columns["FSC-A"][pairs] *= 1.9
    mask = found(look(columns), Concern.DOUBLETS)
    assert mask[pairs].mean() > 0.99 and np.count_nonzero(mask & ~pairs) <= 2


def test_debris_is_found_by_scatter_and_spared_where_it_has_a_nucleus() -> None:
    columns = clean(19, 40_000)
    chance = np.random.default_rng(5)
    small = chance.random(40_000) < 0.2
    size = chance.lognormal(8.7, 0.25, 40_000)
    columns["FSC-H"] = np.where(small, size, columns["FSC-H"])
    columns["FSC-A"] = np.where(small, size * 1.05, columns["FSC-A"])
    mask = found(look(columns), Concern.DEBRIS)
    assert mask[small].mean() > 0.98 and mask[~small].mean() < 0.001
    nucleus = ~small | (np.arange(40_000) % 10 == 0)
    columns["SYTO"] = np.where(nucleus, chance.lognormal(9, 0.3, 40_000), chance.normal(60, 50, 40_000))
    mask = found(look(columns, nuclear=True), Concern.DEBRIS)
    assert mask[small & ~nucleus].mean() > 0.98 and not mask[nucleus].any()


def test_small_cells_with_less_of_the_nuclear_dye_are_no_debris() -> None:
    columns = clean(24, 40_000)
    small = columns["D2-A"] < 1_000
    columns["SYTO"] = np.random.default_rng(6).lognormal(np.where(small, 8.0, 9.0), 0.1)
    assert not found(look(columns, nuclear=True), Concern.DEBRIS).any()


# ---------------------------------------------------------------- the whole


@pytest.mark.parametrize("count", [0, 1, 10, 999])
def test_tiny_files_are_looked_at_and_say_what_cannot_be_judged(count: int) -> None:
    quality = look(clean(20, count))
    assert quality.kept.shape == (count,) and quality.kept.all() and quality.flags == ()
    assert "neither drift nor clogs" in quality.findings[-1].said.en


def test_broken_values_neither_crash_nor_pass() -> None:
    columns = clean(21)
    for at, name in enumerate(columns):
        columns[name][at * 10 : at * 10 + 5] = (np.nan, np.inf, -np.inf, 0.0, 1e300)
    quality = look(columns)
    for at, name in enumerate(columns):
        assert not quality.kept[at * 10 : at * 10 + 2].any(), name


def test_kept_is_what_no_concern_touches_and_findings_count_their_masks() -> None:
    columns = clean(22)
    columns["D1-A"][:4_000] += 300
    columns["FSC-A"][3_000:5_000] *= 2
    quality = look(columns)
    touched = np.any([quality.masks[concern] for concern in quality.masks], axis=0)
    assert np.array_equal(quality.kept, ~touched)
    for one in quality.findings:
        assert one.events == np.count_nonzero(quality.masks[one.concern])
        assert f"{one.events:,}" in one.said.en and f"{one.events:,}" in one.said.zh


def test_equal_events_give_equal_findings() -> None:
    assert look(clean(23)).findings == look(clean(23)).findings


def test_a_channel_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputRefused):
        examine(
            Held(("A",), np.zeros((1, 5))), time="Time", scatter={}, channels=["A"], ranges={}, time_step=None
        )


def test_every_flag_that_spoils_or_blinds_has_a_limit() -> None:
    assert set(ASSUMED_MOST) >= (BLINDING | DISQUALIFYING) - {JOINED_WITHOUT_TIME}


def test_the_stretch_that_a_laser_was_off_in_a_real_file() -> None:
    """PeacoQC's example: the green laser's channels are dark in the first 815 events or so."""
    flowio = pytest.importorskip("flowio")
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "flow" / "qc" / "PeacoQC"
    if not folder.is_dir():
        pytest.skip("the shared data are not here")
    raw, cleaned = (flowio.FlowData(str(folder / name)) for name in ("111.fcs", "111_Comp_Trans.fcs"))
    names = [raw.channels[number]["pnn"] for number in range(1, raw.channel_count + 1)]
    values = np.ascontiguousarray(np.array(raw.events).reshape(-1, len(names)).T)
    quality = examine(
        Held(tuple(names), values), time="Time", scatter={AREA: "FSC-A", HEIGHT: "FSC-H"},
        channels=names[:-1], ranges=dict.fromkeys(names, 262144.0), time_step=0.01,
    )  # fmt: skip
    assert np.flatnonzero(found(quality, Concern.DRIFT)).tolist() == list(range(1_000))
    assert quality.flags == (UNSTABLE_SIGNAL,)
    assert quality.signal is not None
    assert {names[at][0] for at in np.flatnonzero(quality.signal.drifted.any(axis=1))} == {"G"}
    stored = np.array(cleaned.events).reshape(-1, len(names))
    key = {tuple(row) for row in stored[:, [0, 1, 21]]}
    removed = np.array([tuple(row) not in key for row in values.T[:, [0, 1, 21]]])
    assert removed.sum() == 383 and found(quality, Concern.MARGIN)[removed].sum() == 73
    assert found(quality, Concern.MARGIN).sum() == 73, "of the margins at the top, all and no other"
