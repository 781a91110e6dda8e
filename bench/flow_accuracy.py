"""SIMULATED dilutions and blanks: what the shipped strategies find, and what they take for disease.

A dilution is a leukaemia of its own child at 1e-2, 1e-3, 1e-4 or 1e-5 of nucleated cells, typical or
hematogone-like, its CD19 kept (normal, regenerating and aplastic marrows in turn), dim or lost (marrow after
blinatumomab). Printed for each decade, look, CD19 and strategy: recall (of the single blasts, how many lie in
the gate), precision (of the events in the gate, how many are blasts or doublets with one), found against true
level, and how many samples are called at 1e-4: level at least 1e-4 and at least 20 events.

Blanks are marrows without leukaemia, each of its own child: normal, regenerating, after blinatumomab,
aplastic, in turn. Promised: no strategy calls a blank at 1e-4.

Run `python bench/flow_accuracy.py [--children 2] [--blanks 100] [--events 300000] [--seed 1]`.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.strategies.applying import applied, denominator_gates, lacking, mrd_gate
from remission.mrd.flow.strategies.panels import panel_of
from remission.mrd.flow.strategies.reading import shipped_strategies, shipped_strategy
from remission.mrd.flow.strategies.strategy import Strategy
from remission.rehearsal.cytometry.clones import clone_of
from remission.rehearsal.cytometry.simulate import BLAST, BLAST_DOUBLET, CODES, Simulated, simulate
from remission.rehearsal.cytometry.spec import Cd19, Look, Marrow, MarrowSpec

DECADES = (1e-2, 1e-3, 1e-4, 1e-5)
THRESHOLD, LEAST = 1e-4, 20
HEALTHY = (Marrow.NORMAL, Marrow.REGENERATING, Marrow.BLINATUMOMAB, Marrow.APLASTIC)
WITH_CD19 = (Marrow.NORMAL, Marrow.REGENERATING, Marrow.APLASTIC)


@dataclass(frozen=True)
class Seen:
    """One sample through one strategy; `wrong`: events in the gate that are no blasts, by kind."""

    found: int
    cells: int
    blasts: int
    hit: int
    with_blast: int
    nucleated: int
    wrong: dict[str, int]

    @property
    def level(self) -> float:
        return self.found / self.cells if self.cells else 0.0

    @property
    def called(self) -> bool:
        return self.level >= THRESHOLD and self.found >= LEAST


def seen(made: Simulated, strategy: Strategy) -> Seen:
    """What a strategy's gates hold of a sample."""
    panel = panel_of([(name, made.labels.get(name, "")) for name in made.events.channels])
    assert not lacking(strategy, panel), lacking(strategy, panel)
    gates = applied(strategy, panel, made.events, made.ranges)
    gated = apply(gates.gating, made.events, cores=2)
    mask = gated.populations[mrd_gate(gates)].mask
    cells = gated.populations[next(iter(denominator_gates(gates).values()))].count
    kinds = np.bincount(made.truth[mask], minlength=len(CODES)).tolist()
    hit, pairs = kinds[BLAST], kinds[BLAST_DOUBLET]
    wrong = {CODES[at]: many for at, many in enumerate(kinds) if many and at not in (BLAST, BLAST_DOUBLET)}
    return Seen(sum(kinds), cells, made.blasts, hit, hit + pairs, made.nucleated, wrong)


def dilutions(children: int, events: int, seed: int) -> Iterator[tuple[float, Look, Cd19, Simulated]]:
    """Every dilution of every child; the same children at each level, so that levels compare."""
    for at, level in enumerate(DECADES):
        for look in Look:
            for cd19 in Cd19:
                for child in range(children):
                    clone = clone_of(look, cd19, np.random.default_rng([seed, 1, child]))
                    marrow = WITH_CD19[child % 3] if cd19 is Cd19.KEPT else Marrow.BLINATUMOMAB
                    spec = MarrowSpec(marrow, events, clone, level)
                    yield level, look, cd19, simulate(spec, np.random.default_rng([seed, 2, child, at]))


def blanks(many: int, events: int, seed: int) -> Iterator[tuple[Marrow, Simulated]]:
    """Marrows without leukaemia."""
    for child in range(many):
        marrow = HEALTHY[child % len(HEALTHY)]
        yield marrow, simulate(MarrowSpec(marrow, events), np.random.default_rng([seed, 3, child]))


def share(part: float, whole: float) -> str:
    """A share in two digits, or a dash of nothing."""
    return f"{part / whole:6.2f}" if whole else "     -"


def print_dilutions(children: int, events: int, seed: int, strategies: tuple[Strategy, ...]) -> None:
    """The table of dilutions."""
    rows: dict[tuple[float, Look, Cd19, str], list[Seen]] = defaultdict(list)
    for level, look, cd19, made in dilutions(children, events, seed):
        for strategy in strategies:
            rows[level, look, cd19, strategy.id].append(seen(made, strategy))
    print(f"SIMULATED dilutions, {children} children, {events:,} events a file, seed {seed}")
    print(f"{'level':>6} {'look':15} {'CD19':5} {'strategy':23} recall  worst precision found/true  called")
    for (level, look, cd19, id), many in rows.items():
        hit, blasts = sum(one.hit for one in many), sum(one.blasts for one in many)
        worst = min((one.hit / one.blasts for one in many if one.blasts), default=0.0)
        good, found = sum(one.with_blast for one in many), sum(one.found for one in many)
        true = sum(one.blasts / one.nucleated for one in many)
        ratio = share(sum(one.level for one in many), true)
        called = f"{sum(one.called for one in many)}/{len(many)}"
        shares = f"{share(hit, blasts)} {worst:6.2f}   {share(good, found)}     {ratio}"
        print(f"{level:6.0e} {look:15} {cd19:5} {id:23} {shares} {called:>7}")


def print_blanks(many: int, events: int, seed: int, strategies: tuple[Strategy, ...]) -> int:
    """The table of blanks; how many were called."""
    rows: dict[tuple[str, Marrow], list[Seen]] = defaultdict(list)
    for marrow, made in blanks(many, events, seed):
        for strategy in strategies:
            rows[strategy.id, marrow].append(seen(made, strategy))
    print(f"\nSIMULATED blanks, {many} marrows, {events:,} events a file, seed {seed}")
    print(f"{'strategy':23} {'marrow':13} called  median level  highest  what is in the gate")
    for (id, marrow), found in sorted(rows.items()):
        levels = sorted(one.level for one in found)
        kinds: dict[str, int] = defaultdict(int)
        for one in found:
            for kind, count in one.wrong.items():
                kinds[kind] += count
        top = ", ".join(f"{kind} {n}" for kind, n in sorted(kinds.items(), key=lambda pair: -pair[1])[:4])
        called = sum(one.called for one in found)
        said = f"{np.median(levels):13.1e} {levels[-1]:8.1e}  {top}"
        print(f"{id:23} {marrow:13} {called:2}/{len(found):<3} {said}")
    return sum(one.called for found in rows.values() for one in found)


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ask.add_argument("--children", type=int, default=2)
    ask.add_argument("--blanks", type=int, default=100)
    ask.add_argument("--events", type=int, default=300_000)
    ask.add_argument("--seed", type=int, default=1)
    asked = ask.parse_args()
    strategies = tuple(shipped_strategy(id) for id in shipped_strategies())
    print_dilutions(asked.children, asked.events, asked.seed, strategies)
    called = print_blanks(asked.blanks, asked.events, asked.seed, strategies)
    print(f"\nblanks called at {THRESHOLD:g}: {called} (promised: 0)")
    return int(called > 0)


if __name__ == "__main__":
    sys.exit(main())
