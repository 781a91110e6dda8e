"""Suggestion: clones in invented mixtures, references that do not fit, tiny files, files that lie."""

import io
import zipfile

import numpy as np
import pytest
from numpy.typing import NDArray

from remission.errors import Altered, Hostile, InputRefused, InvariantBroken, Malformed, Refusal
from remission.mrd.flow.events import Held
from remission.mrd.flow.light.scales import Logicle
from remission.mrd.flow.light.scaling import unscaled
from remission.mrd.flow.strategies.strategy import Panel
from remission.mrd.flow.suggestion.build_reference import NormalMarrow, build_reference
from remission.mrd.flow.suggestion.kernels_suggest import densities, linked, neighbours
from remission.mrd.flow.suggestion.mixture import Mixture, density, prepared
from remission.mrd.flow.suggestion.reference import Reference
from remission.mrd.flow.suggestion.reference_files import content_sha256, read_reference, write_reference
from remission.mrd.flow.suggestion.suggest import Diagnosis, suggest

TOP: float = 262144.0
MARKERS: tuple[str, ...] = ("SSC-A", "CD45", "CD19", "CD10", "CD34")
PANEL = Panel("INVENTED", {str(marker): str(marker) for marker in MARKERS}, "uncompensated")
RANGES: dict[str, float] = dict.fromkeys(MARKERS, TOP)
KINDS = ((0.5, 0.55, 0.3, 0.4, 0.3), (0.12, 0.8, 0.3, 0.3, 0.3), (0.12, 0.6, 0.7, 0.7, 0.3))
CLONE = (0.12, 0.45, 0.65, 0.9, 0.7)
BLIND = (0.12, 0.45, 0.30, 0.9, 0.7)
"""The clone without CD19."""


def held(places: NDArray[np.float64]) -> Held:
    """Events that lie at these places once scaled."""
    curve = Logicle(TOP, 1.0, 4.5, 0.0)
    rows = [places[:, 0] * TOP, *(np.asarray(unscaled(curve, row)) for row in places[:, 1:].T)]
    return Held(MARKERS, np.ascontiguousarray(np.stack(rows)))


def marrow(seed: int, cells: int = 8000, clone: int = 0, at: tuple[float, ...] = CLONE) -> Held:
    numbers = np.random.default_rng(seed)
    shift = numbers.normal(0, 0.005, len(MARKERS))
    kinds = numbers.choice(len(KINDS), cells - clone, p=(0.6, 0.3, 0.1))
    centers = np.concatenate([np.array(at)[None, :].repeat(clone, axis=0), np.array(KINDS)[kinds]])
    return held(centers + shift + numbers.normal(0, 0.03, centers.shape))


@pytest.fixture(scope="module")
def reference() -> Reference:
    marrows = [NormalMarrow(f"INVENTED-{one}", "normal", marrow(one), PANEL, RANGES) for one in range(6)]
    return build_reference(
        marrows, MARKERS, np.random.default_rng(1), name="INVENTED", version="1", population="all", parts=8
    )


def bytes_of(reference: Reference) -> bytes:
    file = io.BytesIO()
    write_reference(file, reference)
    return file.getvalue()


@pytest.mark.parametrize(
    ("clone", "at", "ignored"), [(400, CLONE, ()), (40, CLONE, ()), (40, BLIND, ("CD19",))]
)
def test_a_clone_is_found_and_nothing_else(
    reference: Reference, clone: int, at: tuple[float, ...], ignored: tuple[str, ...]
) -> None:
    found, mask = suggest(marrow(50, clone=clone, at=at), PANEL, RANGES, reference, ignore=frozenset(ignored))
    assert mask[:clone].sum() >= 0.95 * clone
    assert mask[clone:].sum() <= 2
    assert found.events == mask.sum() == sum(one.events for one in found.clusters)
    assert ("CD19" in found.clusters[0].center) != bool(ignored)


def test_fewer_events_than_a_cluster_needs_are_not_suggested(reference: Reference) -> None:
    found, mask = suggest(marrow(51, clone=15), PANEL, RANGES, reference)
    assert (found.events, int(mask.sum()), found.unfit) == (0, 0, ())


def test_normal_marrows_show_nothing(reference: Reference) -> None:
    assert [suggest(marrow(60 + one), PANEL, RANGES, reference)[0].events for one in range(8)] == [0] * 8


def test_equal_calls_give_equal_answers_on_any_cores(reference: Reference) -> None:
    events = marrow(50, clone=40)
    one, seen = suggest(events, PANEL, RANGES, reference)
    other, again = suggest(events, PANEL, RANGES, reference, cores=2)
    assert one == other
    assert (seen == again).all()


def test_the_diagnosis_file_finds_the_clone_again(reference: Reference) -> None:
    diagnosis = Diagnosis(marrow(70, clone=5000), PANEL, RANGES)
    found, mask = suggest(marrow(71, clone=40), PANEL, RANGES, reference, diagnosis=diagnosis)
    assert found.diagnosis
    assert mask[:40].sum() >= 38
    assert mask[40:].sum() <= 2
    clean, _ = suggest(marrow(72), PANEL, RANGES, reference, diagnosis=diagnosis)
    assert clean.events == 0


def test_only_cells_within_are_looked_at(reference: Reference) -> None:
    events = marrow(50, clone=40)
    within = np.ones(events.count, dtype=np.bool_)
    within[:40] = False
    found, mask = suggest(events, PANEL, RANGES, reference, within=within, denominator="cells")
    assert (found.cells, found.denominator, int(mask.sum())) == (events.count - 40, "cells", 0)


def test_too_few_normals_are_said(reference: Reference) -> None:
    found, _ = suggest(marrow(50), PANEL, RANGES, reference)
    assert found.normals == 6
    assert any("59" in note.en and "59" in note.zh for note in found.notes)


def unfit(events: Held, reference: Reference, panel: Panel = PANEL, top: float = TOP) -> str:
    found, mask = suggest(events, panel, dict.fromkeys(MARKERS, top), reference)
    assert not mask.any()
    assert found.clusters == ()
    return " ".join(one.en for one in found.unfit)


def test_another_panel_is_said(reference: Reference) -> None:
    short = Panel("short", {marker: marker for marker in MARKERS if marker != "CD10"}, "uncompensated")
    assert "lacks CD10" in unfit(marrow(50), reference, short)


def test_another_range_is_said(reference: Reference) -> None:
    assert "Another instrument" in unfit(marrow(50), reference, top=4194304.0)


@pytest.mark.parametrize("marker", range(1, len(MARKERS)))
def test_a_staining_that_lies_aside_is_said(reference: Reference, marker: int) -> None:
    events = marrow(50)
    events.values[marker] = events.values[marker] * 1.6 + 300
    assert unfit(events, reference)


@pytest.mark.parametrize("cells", [0, 1, 10, 999])
def test_too_few_cells_are_said(reference: Reference, cells: int) -> None:
    events = marrow(50)
    assert "Too few cells" in unfit(Held(MARKERS, events.values[:, :cells]), reference)


def test_what_cannot_be_asked_is_refused(reference: Reference) -> None:
    with pytest.raises(InputRefused, match="no view without CD10"):
        suggest(marrow(50), PANEL, RANGES, reference, ignore={"CD10"})
    with pytest.raises(InputRefused, match="clusters of 1"):
        suggest(marrow(50), PANEL, RANGES, reference, least=1)
    with pytest.raises(InputRefused, match="range"):
        suggest(marrow(50), PANEL, {}, reference)
    with pytest.raises(InputRefused, match="mask"):
        suggest(marrow(50), PANEL, RANGES, reference, within=np.ones(3, dtype=np.bool_))


def test_a_reference_is_read_as_it_was_written(reference: Reference) -> None:
    content = bytes_of(reference)
    again = read_reference(io.BytesIO(content))
    assert again.sha256 == reference.sha256 == content_sha256(again)
    assert bytes_of(again) == content
    events = marrow(50, clone=40)
    assert suggest(events, PANEL, RANGES, again)[0] == suggest(events, PANEL, RANGES, reference)[0]


def rewritten(content: bytes, name: str, new: bytes, kind: int = zipfile.ZIP_STORED) -> io.BytesIO:
    """The archive with one member changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", kind) as archive:
        for member in old.namelist():
            archive.writestr(member, new if member == name else old.read(member))
    out.seek(0)
    return out


def test_files_that_lie_are_refused(reference: Reference) -> None:
    content = bytes_of(reference)
    for empty in (b"", b"no archive", content[: len(content) // 2]):
        with pytest.raises(Malformed):
            read_reference(io.BytesIO(empty))
    with pytest.raises(Hostile):
        read_reference(rewritten(content, "", b"", zipfile.ZIP_DEFLATED))
    with pytest.raises(Altered):
        read_reference(rewritten(content, "about.json", b"{}"))
    pickled = io.BytesIO()
    np.save(pickled, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(Altered):
        read_reference(rewritten(content, "mixture/weights.npy", pickled.getvalue()))


def test_any_byte_changed_is_refused(reference: Reference) -> None:
    content = bytearray(bytes_of(reference))
    numbers = np.random.default_rng(3)
    for place in numbers.integers(0, len(content), 60):
        spoilt = content.copy()
        spoilt[place] ^= 0x41
        try:
            again = read_reference(io.BytesIO(bytes(spoilt)))
        except Refusal:
            continue
        assert again.sha256 == reference.sha256  # a byte of the archive's own bookkeeping


def test_marrows_that_do_not_go_together_are_refused() -> None:
    one = NormalMarrow("a", "normal", marrow(1, 100), PANEL, RANGES)
    numbers = np.random.default_rng(1)
    with pytest.raises(InputRefused, match="1 marrows"):
        build_reference([one], MARKERS, numbers, name="x", version="1", population="all")
    with pytest.raises(InvariantBroken, match="a, a"):
        build_reference([one] * 3, MARKERS, numbers, name="x", version="1", population="all")


def test_densities_are_those_of_the_formula() -> None:
    numbers = np.random.default_rng(5)
    means = numbers.random((4, 3))
    roots = numbers.normal(0, 0.1, (4, 3, 3))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.01 * np.eye(3)
    weights = np.array([0.5, 0.3, 0.2, 0.0])
    places = numbers.random((200, 3)).astype(np.float32)
    slow = []
    for place in places.astype(np.float64):
        total = 0.0
        for weight, mean, covariance in zip(weights, means, covariances, strict=True):
            square = (place - mean) @ np.linalg.solve(covariance, place - mean)
            total += weight * np.exp(-square / 2) / np.sqrt(np.linalg.det(2 * np.pi * covariance))
        slow.append(total)
    known = prepared(Mixture(weights, means, covariances))
    seen = density(known, places)
    small = np.array(slow) > 1e-250
    assert np.allclose(seen[small], np.log(np.array(slow)[small]), rtol=1e-9, atol=1e-9)
    enough = float(np.median(seen))
    some = np.empty(len(places))
    densities(places, known.peaks, known.means, known.whiteners, enough, some)
    below = seen < enough - 2
    assert (some[below] == seen[below]).all()
    assert (some <= seen + 1e-9).all()


def test_neighbours_and_groups_are_those_of_all_pairs() -> None:
    numbers = np.random.default_rng(6)
    places = numbers.random((150, 4)).astype(np.float32)
    places = np.ascontiguousarray(places[np.argsort(places[:, 0], kind="stable")])
    groups = numbers.integers(0, 3, len(places))
    near = np.zeros((len(places), 3), dtype=np.int64)
    neighbours(places, places, groups, 0.3, near)
    apart = np.sqrt(((places[:, None, :].astype(np.float64) - places[None, :, :]) ** 2).sum(axis=2))
    assert (
        near == np.stack([(apart <= 0.3)[:, groups == one].sum(axis=1) for one in range(3)], axis=1)
    ).all()
    roots = np.empty(len(places), dtype=np.int64)
    linked(places, 0.25, roots)
    slow = np.arange(len(places))
    for _ in places:
        slow = np.where(apart <= 0.25, slow[None, :], len(places)).min(axis=1)
    assert (roots == slow).all()
