"""What the words of a flow command ask of a result: by a study, or by threshold and limits."""

import math
import sys
from typing import TYPE_CHECKING

from remission.cli.studies import study_named
from remission.errors import CommandRefused

if TYPE_CHECKING:
    from remission.mrd.flow.asked import FlowAsked

_NOT_SAID = (
    "not said whether a drug against CD19 was given: a negative needs a gate without CD19 "
    "(--before-anti-cd19 says that none was)"
)


def asked_by_words(
    study: str | None,
    point: str | None,
    threshold: str | None,
    lod_events: float | None,
    loq_events: float | None,
    after_anti_cd19: bool | None,
) -> "FlowAsked":
    """What a study asks, or else the words of the command line; it is said where none is on treatment."""
    from dataclasses import replace

    from remission.lab.flow_asked import flow_asked_at, flow_asked_by

    read = study_named(study, threshold=threshold, lod_events=lod_events, loq_events=loq_events)
    if read is not None:
        if after_anti_cd19 is not None:
            raise CommandRefused(
                "--after-anti-cd19 or --before-anti-cd19 beside --study",
                where="command line",
                do="give its --point instead",
            )
        return flow_asked_by(read, point)
    if point is not None:
        raise CommandRefused("--point without --study", where="command line", do="name the study")
    for word, events in (("--lod-events", lod_events), ("--loq-events", loq_events)):
        if events == math.inf:
            raise CommandRefused("inf is no number of events", where=word, do="give a finite number")
    if after_anti_cd19 is None:
        print(_NOT_SAID, file=sys.stderr)
    asked = flow_asked_at(threshold or "1e-4", after_anti_cd19=after_anti_cd19)
    lod = lod_events or asked.events_for_lod
    if loq_events is not None and loq_events < lod:
        raise CommandRefused(
            f"a LOQ of {loq_events:g} events below the LOD of {lod:g}",
            where="--lod-events, --loq-events",
            do="quantify from as many events as are detected, or more",
        )
    return replace(asked, events_for_lod=lod, events_for_loq=loq_events or max(asked.events_for_loq, lod))


def known_flags(named: list[str] | None, asked: "FlowAsked") -> tuple[str, ...]:
    """Flags that mean something where the sample is judged; any other would be written and change nothing."""
    known = asked.disqualifying_flags | asked.blinding_flags | asked.needed_flags
    for flag in named or ():
        if flag not in known:
            raise CommandRefused(
                f"there is no flag {flag!r} here",
                where="--flag",
                do="use one of: " + ", ".join(sorted(known)),
            )
    return tuple(named or ())
