"""The table of permitted changes, for printing: the same `NEXT` that the replay obeys."""

from remission.conduct.state import NEXT, Stage


def stage_rows() -> tuple[tuple[Stage, str, Stage], ...]:
    """Every permitted change: stage, event, stage that follows.

    Of each stage, first what changes it, then what leaves it as it is.
    """
    rows = [
        (stage, kind.__name__, after) for stage, changes in NEXT.items() for kind, after in changes.items()
    ]
    order = {stage: place for place, stage in enumerate(Stage)}
    return tuple(sorted(rows, key=lambda row: (order[row[0]], row[0] is row[2], order[row[2]], row[1])))
