"""Simulated marrow against what was asked of it, at fixed seeds."""

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.rehearsal.cytometry.clones import clone_of, shifted, with_cd19
from remission.rehearsal.cytometry.differences import day_of, person_of
from remission.rehearsal.cytometry.levels import COLUMNS, KINDS, MARKERS, PATHS, along
from remission.rehearsal.cytometry.simulate import CODES, Simulated, simulate
from remission.rehearsal.cytometry.spec import (
    SIMULATED,
    SMALL,
    TOP,
    Cd19,
    Look,
    Marrow,
    MarrowSpec,
    Troubles,
    Variation,
)

SAME = Variation(0.0, 0.0, 0.0)
QUIET = Troubles(0.0, 0.0, 0.0, 0.0, drift=0.0)
Lights = Mapping[str, NDArray[np.float64]]


def numbers(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def lights_of(made: Simulated) -> Lights:
    """Compensated light by marker, undone here the plain way."""
    spill = made.events.spill
    assert spill is not None
    undone = np.linalg.solve(np.array(spill.values).T, made.events.values[4:])
    markers = {channel: marker for marker, channel in made.panel.channels.items()}
    scatter = {name: made.events.values[place] for place, name in enumerate(made.events.channels[:4])}
    dyes = {markers[name]: undone[place] for place, name in enumerate(spill.detectors)}
    return scatter | dyes | {"SYTO": dyes["nucleic dye"]}


def are(made: Simulated, *names: str) -> NDArray[np.bool_]:
    return np.isin(made.truth, [made.codes.index(name) for name in names])


def clone(look: Look = Look.TYPICAL, cd19: Cd19 = Cd19.KEPT, seed: int = 3):
    return clone_of(look, cd19, numbers(seed))


def test_equal_seeds_give_equal_events_and_others_others() -> None:
    one, two, other = (simulate(MarrowSpec(events=5000), numbers(seed)) for seed in (1, 1, 2))
    assert (one.events.values == two.events.values).all() and (one.truth == two.truth).all()
    assert (one.events.values != other.events.values).any()


def test_events_are_as_an_instrument_stores_them() -> None:
    made = simulate(MarrowSpec(events=70_000, troubles=Troubles(margin=0.01)), numbers())
    values = made.events.values
    assert values.shape == (16, 70_000) and values.flags.c_contiguous
    assert (values[1:] == values[1:].astype(np.float32)).all()
    ticks = np.round(values[0] * 100)
    assert (values[0] == ticks * 0.01).all() and ticks.max() < 2**24
    assert all(values[row].max() < made.ranges[name] for row, name in enumerate(made.events.channels))
    at_top = (values[1:] == TOP - 1).any(axis=0).mean()
    assert 0.008 < at_top < 0.03
    assert (np.diff(values[0]) >= 0).all()
    assert made.labels["PE-Cy7-A"] == "CD19 PE-Cy7" and made.labels["Pacific Blue-A"] == "SYTO41"


def test_everything_says_simulated() -> None:
    made = simulate(MarrowSpec(events=100), numbers())
    assert SIMULATED in made.keywords and SIMULATED in made.panel.name
    assert all(SIMULATED in made.keywords[name] for name in ("$CYT", "$COM", "$FIL", "$SMNO"))


def test_compensation_finds_the_light_that_was_given_out() -> None:
    """Medians of kinds that stay at one place, against the table; dim ones drown in own light."""
    spec = MarrowSpec(Marrow.APLASTIC, 150_000, variation=SAME, troubles=QUIET)
    made = simulate(spec, numbers(4))
    lights = lights_of(made)
    checked = 0
    for kind in KINDS:
        if len(PATHS[kind.path][0]) > 1 or not kind.shares[Marrow.APLASTIC] > 0.5:
            continue
        own = along(kind.path, 0.0, 0.0)[0]
        for place, marker in enumerate(MARKERS):
            if own[place] > 4:
                found = np.log10(np.median(lights[marker][are(made, kind.name)]))
                assert found == pytest.approx(own[place], abs=0.04), (kind.name, marker)
                checked += 1
    assert checked >= 9


def test_what_spills_widens_cells_that_do_not_have_the_marker() -> None:
    """T cells (CD3 bright) against NK cells in the detector that CD3 spills into most: same median, wider."""
    made = simulate(MarrowSpec(Marrow.APLASTIC, 150_000, variation=SAME, troubles=QUIET), numbers(5))
    lights = lights_of(made)
    t, nk = (lights["CD20"][are(made, name)] for name in ("T cell", "NK cell"))
    assert np.median(t) == pytest.approx(np.median(nk), abs=25)
    assert t.std() > 1.3 * nk.std()


def test_b_cells_mature_along_one_path() -> None:
    made = simulate(MarrowSpec(Marrow.REGENERATING, 150_000, variation=SAME, troubles=QUIET), numbers(6))
    lights = lights_of(made)
    stages = ("hematogone I", "hematogone II", "hematogone III", "mature B")
    medians = {m: [float(np.median(lights[m][are(made, s)])) for s in stages] for m in MARKERS}
    assert medians["CD34"][0] > 5000 > 500 > medians["CD34"][1]
    for falls in ("CD10", "CD38"):
        assert medians[falls] == sorted(medians[falls], reverse=True)
    for rises in ("CD45", "CD19", "CD22"):
        assert medians[rises] == sorted(medians[rises])
    assert medians["CD20"][0] < 500 < 10_000 < medians["CD20"][2]
    second = are(made, "hematogone II") & (lights["CD20"] > 0)
    spread = np.percentile(np.log10(lights["CD20"][second]), [10, 90])
    assert spread[1] - spread[0] > 1.5  # CD20 is variable
    assert np.corrcoef(lights["CD45"][second], lights["CD20"][second])[0, 1] > 0.3


def test_after_blinatumomab_only_precursors_without_cd19_are_left() -> None:
    shares: dict[Marrow, float] = {}
    for marrow in (Marrow.NORMAL, Marrow.BLINATUMOMAB):
        made = simulate(MarrowSpec(marrow, 200_000, variation=SAME), numbers(7))
        b = are(made, "hematogone I", "hematogone II", "hematogone III", "mature B").sum() / made.nucleated
        shares[marrow] = float(are(made, "CD19- precursor").sum() / made.nucleated)
        assert (b < 5e-4) == (marrow is Marrow.BLINATUMOMAB)
    assert shares[Marrow.BLINATUMOMAB] > 10 * shares[Marrow.NORMAL] > 0
    lights = lights_of(made)
    trap = are(made, "CD19- precursor")
    assert np.median(lights["CD19"][trap]) < 200
    assert np.median(lights["CD22"][trap]) > 700 and np.median(lights["CD34"][trap]) > 10_000


def test_blasts_are_drawn_or_given() -> None:
    spec = MarrowSpec(events=20_000, clone=clone(), fraction=0.01)
    counts = [simulate(spec, numbers(seed)) for seed in range(40)]
    expected = sum(made.nucleated for made in counts) * 0.01
    found = sum(made.blasts for made in counts)
    assert abs(found - expected) < 4 * np.sqrt(expected)
    assert all(made.blasts == are(made, "blast").sum() for made in counts)
    exact = simulate(MarrowSpec(events=20_000, clone=clone(), blasts=17), numbers())
    assert exact.blasts == are(exact, "blast").sum() == 17


@pytest.mark.parametrize("look", list(Look))
def test_cd19_is_kept_dim_or_lost_and_all_else_stays(look: Look) -> None:
    kept, dim, lost = (clone(look, cd19) for cd19 in Cd19)
    place = COLUMNS.index("CD19")
    others = [at for at in range(len(COLUMNS)) if at != place]
    assert kept.levels[place] > dim.levels[place] + 0.9 and lost.levels[place] < 2
    assert (kept.levels[others] == lost.levels[others]).all() and (
        dim.levels[others] == lost.levels[others]
    ).all()
    made = simulate(MarrowSpec(events=30_000, clone=with_cd19(kept, Cd19.LOST), fraction=0.1), numbers())
    lights = lights_of(made)
    blast, t = (np.median(lights["CD19"][are(made, name)]) for name in ("blast", "T cell"))
    assert abs(blast - t) < 150


def test_a_typical_leukaemia_is_away_from_hematogones_and_a_like_one_is_not() -> None:
    """Distance to the nearest point of the path, in spreads of a kind (0.16), over 40 children."""
    away = {look: np.empty(40) for look in Look}
    path = along("b", 0.05, 0.4)[:, 1:10]
    for look, found in away.items():
        for seed in range(40):
            levels = clone(look, seed=seed).levels[1:10]
            found[seed] = np.sqrt((((path - levels) / 0.16) ** 2).sum(axis=1)).min()
    assert np.median(away[Look.TYPICAL]) > 2.5 * np.median(away[Look.HEMATOGONE_LIKE])
    assert np.median(away[Look.HEMATOGONE_LIKE]) < 2.5


def test_a_leukaemia_shifts_in_what_it_has() -> None:
    one = clone()
    later = shifted(one, numbers(8), by=0.3)
    moved = np.abs(later.levels - one.levels)
    assert moved[COLUMNS.index("CD10")] > 0 and moved[COLUMNS.index("SYTO")] == 0
    assert moved[one.levels <= 1.7].max() == 0
    assert moved.max() < 1.5


def test_doublets_are_longer_than_high_and_add_light() -> None:
    made = simulate(MarrowSpec(events=100_000, clone=clone(), fraction=0.2), numbers(9))
    area, height = made.events.values[1], made.events.values[2]
    ratio = height / area
    single = are(made, "T cell", "granulocyte", "blast")
    pairs = are(made, "doublet", "doublet with a blast")
    assert np.median(ratio[pairs]) < 0.8 * np.median(ratio[single])
    assert pairs.mean() == pytest.approx(0.03, abs=0.003)
    share = are(made, "doublet with a blast").sum() / pairs.sum()
    assert share == pytest.approx(1 - 0.8**2, abs=0.05)
    lights = lights_of(made)
    with_blast = are(made, "doublet with a blast")
    assert np.median(lights["CD10"][with_blast]) > 0.7 * np.median(lights["CD10"][are(made, "blast")])


def test_red_cells_and_debris_have_no_nuclear_dye() -> None:
    made = simulate(MarrowSpec(events=50_000), numbers(10))
    dye = lights_of(made)["SYTO"]
    assert np.percentile(dye[are(made, "red cell")], 99.9) < np.percentile(dye[are(made, "T cell")], 0.1)
    assert np.median(made.events.values[1][are(made, "debris")]) < 40_000


def test_the_run_drifts_clogs_and_starts_late_when_asked() -> None:
    troubles = Troubles(drift=0.3, clogs=2, late_laser=0.07)
    made = simulate(MarrowSpec(events=100_000, variation=SAME, troubles=troubles), numbers(11))
    values = made.events.values
    late, t = np.arange(100_000) < 3000, are(made, "monocyte")
    row = made.events.channels.index("PE-A")
    assert np.median(values[row][late & t]) < 0.1 * np.median(values[row][~late & t])
    cd45 = values[made.events.channels.index("Krome Orange-A")]
    calm = ~made.troubled & are(made, "T cell")
    first, last = np.array_split(np.flatnonzero(calm), 5)[0], np.array_split(np.flatnonzero(calm), 5)[-1]
    assert np.median(cd45[last]) / np.median(cd45[first]) == pytest.approx(1.25, abs=0.08)
    seconds = values[0]
    clogged = made.troubled & (np.arange(100_000) > 7000)
    assert np.diff(seconds)[clogged[1:]].mean() > 4 * np.diff(seconds)[~made.troubled[1:]].mean()


def test_the_rate_is_as_asked() -> None:
    made = simulate(MarrowSpec(events=100_000, troubles=Troubles(rate=2000)), numbers(12))
    assert made.events.values[0][-1] == pytest.approx(50, rel=0.08)


def test_people_and_days_differ_only_as_much_as_asked() -> None:
    assert (person_of(numbers(1), SAME).levels == person_of(numbers(2), SAME).levels).all()
    usual, other = (np.log10(day_of(numbers(1), Variation(day=by)).gains) for by in (1.0, 3.0))
    assert other == pytest.approx(3 * usual)
    day = day_of(numbers(3), Variation(compensation=0.0))
    assert (day.spill == day.stated).all() and (np.diag(day.spill) == 1).all()


def test_the_small_panel_has_the_same_cells() -> None:
    made = simulate(MarrowSpec(events=2000, markers=SMALL), numbers())
    full = simulate(MarrowSpec(events=2000), numbers())
    assert made.events.count == 2000 and len(made.events.channels) == 13
    assert not {"CD22", "CD24", "CD66b"} & set(made.panel.channels)
    assert (made.truth == full.truth).all()
    cd10 = [one.events.values[one.events.channels.index("APC-A")] for one in (made, full)]
    assert (cd10[0] == cd10[1]).all()


def test_what_cannot_be_made_is_refused() -> None:
    for wrong in (
        {"fraction": 0.1},
        {"fraction": 1.0, "clone": clone()},
        {"events": 0},
        {"markers": ("CD19", "CD7")},
        {"markers": ("CD19", "CD19")},
    ):
        with pytest.raises(InputRefused, match=r"events|clone|markers"):
            MarrowSpec(**wrong)


def test_every_code_has_a_name_of_its_own() -> None:
    assert len(set(CODES)) == len(CODES) == len(KINDS) + 3
