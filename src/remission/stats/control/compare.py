"""Treated children against the historical control: the comparison, and its type I error beside it."""

from remission.stats.borrowing.log_odds import check_counts
from remission.stats.control.compare_counts import CountsComparison, against_counts
from remission.stats.control.compare_fixed import FixedComparison, against_fixed
from remission.stats.control.compare_meta import MetaComparison, against_meta
from remission.stats.control.control import CountsControl, FixedControl, HistoricalControl
from remission.stats.interval import check_level

Comparison = FixedComparison | CountsComparison | MetaComparison


def against(control: HistoricalControl, responders: int, n: int, *, alpha: float = 0.025) -> Comparison:
    """Compare `responders` of `n` treated children with the control, the way its kind allows.

    Parameters
    ----------
    control : HistoricalControl
        From `Control.fixed`, `counts` or `meta`.
    responders, n : int
    alpha : float
        One-sided; intervals are two-sided at 1 - 2 alpha.

    Raises
    ------
    InputRefused
        For counts that cannot be, or alpha not strictly between 0 and one half.
    """
    check_counts(responders, n)
    check_level(1 - 2 * alpha)
    if isinstance(control, FixedControl):
        return against_fixed(control, responders, n, alpha)
    if isinstance(control, CountsControl):
        return against_counts(control, responders, n, alpha)
    return against_meta(control, responders, n, alpha)
