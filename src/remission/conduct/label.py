"""Where a participant's treatment lies outside the drug's label: said beside every dose order."""

from fractions import Fraction

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.mrd.words import percent
from remission.protocol.study import Study
from remission.terms.words import Text


def outside_label(study: Study, participant: Participant) -> tuple[Text, ...]:
    """What of this use the label does not cover; empty when it covers all that is asked here.

    Asked are remission at entry, and the level of disease in the sample that triggered entry.
    """
    label = study.label
    found: list[Text] = []
    if label.remission_required and not study.remission_at_entry:
        found.append(
            Text(
                f"outside the label: treatment begins before remission is required ({label.indication.en})",
                f"超出说明书：治疗开始时不要求缓解（{label.indication.zh}）",
            )
        )
    triggers = {sample.point for sample in study.samples if sample.purpose == "trigger"}
    for said in (item.event for item in participant.all(ev.MrdReported)):
        if not isinstance(said, ev.MrdReported) or said.point not in triggers:
            continue
        if said.result.exact_level < Fraction(label.lowest_level):
            shown, limit = percent(said.result.level), percent(float(label.lowest_level))
            found.append(
                Text(
                    f"outside the label: {shown} at entry, below {limit}",
                    f"超出说明书：入组时{shown}，低于{limit}",
                )
            )
    return tuple(dict.fromkeys(found))
