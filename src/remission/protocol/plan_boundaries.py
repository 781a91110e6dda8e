"""The counts at which a look says stop: those of the study file, or those its spending function leaves."""

from remission.protocol.plan import Monitoring, Spending
from remission.protocol.study import Study
from remission.stats.designs.exact_spending import exact_spending
from remission.stats.designs.spending import ObrienFleming, Pocock

_SPENDING = {Spending.OBRIEN_FLEMING: ObrienFleming(), Spending.POCOCK: Pocock()}


def boundaries(monitoring: Monitoring, study: Study) -> tuple[int | None, ...]:
    """One count for each look; None where the error left is too small for any count to stop.

    With a spending function: at each look the smallest count of responders with which the exact chance to
    have stopped by then, at the control's rate, is at most what may be spent by that share of the
    participants (Lan and DeMets 1983, doi:10.1093/biomet/70.3.659; on exact binomial chances).
    """
    if monitoring.spending is None or monitoring.spend is None:
        return monitoring.stop
    rule, p0 = _SPENDING[monitoring.spending], study.rate(monitoring.watched).bar
    size = study.design.participants
    design = exact_spending((*monitoring.at, size), p0, float(monitoring.spend), rule, planned=size)
    return tuple(look.efficacy for look in design.looks[:-1])
