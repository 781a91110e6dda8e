"""Logicle, hyperlog and asinh: 8 million values on one core beside FlowUtils, and how far from exact.

Exact: the papers' formulas with their constants, solved by bisection in 60 digits (Python's decimals);
values below 0 mirrored at x1. Values are invented, from a fixed seed: half near 0, half over all decades,
both signs.
"""

import math
import sys
import time
from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import cache

import numpy as np
from flowutils import transforms as peer

from remission.mrd.flow.light.scales import Asinh, Biexponential, Curve, Hyperlog, Logicle, Scale
from remission.mrd.flow.light.scaling import in_place, scaled

TOP = 262144.0
VALUES = 8_000_000
EXACT = 400
PROMISED_S, PROMISED_OFF = 0.3, 2e-12
SETS = ((0.5, 4.5, 0.0), (0.0, 4.5, 0.0), (2.25, 4.5, 0.0), (1.0, 5.0, 1.0), (1.5, 6.0, -0.5))


@cache
def of_scale(curve: Logicle | Hyperlog) -> tuple[Decimal, ...]:
    """Constants as the papers write them: a, b, c, d, f, x1 (hyperlog: d = 0)."""
    t, w, m, a = (Decimal(one) for one in (curve.T, curve.W, curve.M, curve.A))
    b = (m + a) * Decimal(10).ln()
    share = w / (m + a)
    x2 = a / (m + a)
    x1, x0 = x2 + share, x2 + 2 * share
    if isinstance(curve, Hyperlog):
        c_a = (b * x0).exp() / share
        f_a = (b * x1).exp() + c_a * x1
        scale = t / (b.exp() + c_a - f_a)
        return scale, b, c_a * scale, Decimal(0), f_a * scale, x1
    low, high = Decimal(0), b
    for _ in range(200):
        d = (low + high) / 2
        low, high = (low, d) if d > 0 and 2 * (d / b).ln() + share * (b + d) > 0 else (d, high)
    d = b if share == 0 else (low + high) / 2
    c_a = (x0 * (b + d)).exp()
    f_a = (b * x1).exp() - c_a / (d * x1).exp()
    scale = t / (b.exp() - f_a - c_a / d.exp())
    return scale, b, c_a * scale, d, f_a * scale, x1


def slow(curve: Logicle | Hyperlog, x: float) -> Decimal:
    """The root by bisection, in 60 digits; negative values mirrored at x1."""
    with localcontext(prec=60):
        a, b, c, d, f, x1 = of_scale(curve)
        wanted = abs(Decimal(x))
        low, high = x1, x1 + 16
        for _ in range(80):
            y = (low + high) / 2
            bent = c * y if isinstance(curve, Hyperlog) else -c * (-d * y).exp()
            low, high = (y, high) if a * (b * y).exp() + bent - f < wanted else (low, y)
        return low if x >= 0 else 2 * x1 - low


def values(rng: np.random.Generator, count: int) -> np.ndarray:
    near = rng.normal(0.0, 300.0, count // 2)
    far = rng.choice([-1.0, 1.0], count - count // 2) * np.exp(
        rng.uniform(-30.0, math.log(4 * TOP), count - count // 2)
    )
    return rng.permutation(np.concatenate((near, far)))


def best_s(work: Callable[[np.ndarray], object], x: np.ndarray, rounds: int) -> float:
    found = []
    for _ in range(rounds):
        copy = x.copy()
        begun = time.thread_time()
        work(copy)
        found.append(time.thread_time() - begun)
    return min(found)


def theirs(curve: Curve, x: np.ndarray) -> np.ndarray:
    column = x.reshape(-1, 1)
    match curve:
        case Logicle(T, W, M, A):
            return peer.logicle(column, [0], T, M, W, A)
        case Hyperlog(T, W, M, A):
            return peer.hyperlog(column, [0], T, M, W, A)
        case Asinh(T, M, A):
            return peer.asinh(column, [0], T, M, A)
        case _:
            raise ValueError(curve)


def off(curve: Logicle | Hyperlog, x: np.ndarray, got: np.ndarray) -> float:
    return max(abs(float(slow(curve, float(one)) - Decimal(float(y)))) for one, y in zip(x, got, strict=True))


def main() -> int:
    """Print every measurement; 1 when a promise is missed."""
    rng = np.random.default_rng(20260401)
    x = values(rng, VALUES)
    missed = False
    curves = (Logicle(TOP, *SETS[0]), Hyperlog(TOP, *SETS[0]), Asinh(TOP, 4.5, 0.0))
    for curve in curves:
        work = in_place(Scale("one", curve))
        work(x[:10].copy())
        ours = best_s(work, x, 5)
        other = best_s(lambda copy, curve=curve: theirs(curve, copy), x[: VALUES // 8], 2) * 8
        name = type(curve).__name__
        print(
            f"{name}: {ours:.3f} s for {VALUES} values (promised {PROMISED_S}); "
            f"FlowUtils {other:.2f} s, {other / ours:.0f} x"
        )
        missed |= ours > PROMISED_S
    biex = in_place(Scale("one", Biexponential(4096, TOP, 4.5, 0.0, -100.0)))
    print(f"Biexponential: {best_s(biex, x, 2):.3f} s")
    begun = time.thread_time()
    in_place(Scale("other", Logicle(TOP, 0.61, 4.5, 0.0)))
    print(f"preparing a logicle: {1000 * (time.thread_time() - begun):.1f} ms")
    few = np.concatenate((values(rng, EXACT), [0.0, 1e-300, TOP, -TOP, 1e9, -1e9, 1e15]))
    for kind in (Logicle, Hyperlog):
        for numbers in SETS:
            if kind is Hyperlog and numbers[0] == 0.0:
                continue
            curve = kind(TOP, *numbers)
            ours, other = (
                off(curve, few, scaled(curve, few)),
                off(curve, few, theirs(curve, few.copy()).ravel()),
            )
            print(
                f"{curve}: at most {ours:.1e} from exact (promised {PROMISED_OFF:g}); FlowUtils {other:.1e}"
            )
            missed |= ours > PROMISED_OFF
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
