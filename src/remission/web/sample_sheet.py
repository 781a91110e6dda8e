"""Everything on a sample's page: what was taken when, each result with its call, what stands behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from remission.conduct import events as ev
from remission.conduct.known import day_one_of
from remission.conduct.state import Participant, Recorded
from remission.errors import InputRefused, NotFound
from remission.mrd.calls import Answer, Call, Detection, detection
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.fates import FATE_NAMES
from remission.mrd.result import COUNTS_ONLY, Method, MrdResult
from remission.paper.canvas import Language
from remission.protocol.answering import answered
from remission.protocol.study import Endpoint, Study
from remission.results.endpoints import Response
from remission.results.figures import ngs_abundance, ngs_alignment, ngs_fates, ngs_tracking
from remission.results.figures.ngs_abundance import Ranked
from remission.results.figures.ngs_clones import MOST_CLONES
from remission.results.figures.ngs_tracking import TrackedSample
from remission.terms.days import study_day
from remission.terms.evidence import FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.terms.words import Text
from remission.trial.gated_behind import gated_behind
from remission.trial.received import flow_files
from remission.trial.sequenced import Listed, Sequenced, sequenced
from remission.web.desk import Desk
from remission.web.flow_result import GATES, TITLE, FlowResult, draw_tree, flow_result
from remission.web.mrd_course import samples_of

TRACKING, FATES, ABUNDANCE, ALIGNMENT = "tracking", "fates", "abundance", "alignment-"


@dataclass(frozen=True, slots=True)
class Reported:
    """A result of the sample: the study's answer to it, where an endpoint asks, and what stands behind it.

    `decides`: the endpoint's answer is this result's; False where another sample decides. `unread`: why this
    version of the program cannot read the kept measurement, or "".
    """

    result: MrdResult
    on: date
    detection: Detection
    answer: Answer | None
    endpoint: Endpoint | None
    decides: bool
    sequenced: Sequenced | None
    gated: FlowResult | None
    unread: str
    recorded: Recorded

    @property
    def counts_only(self) -> bool:
        """Whether no file was handed over."""
        return COUNTS_ONLY in self.result.flags

    @property
    def figures(self) -> tuple[tuple[str, Text], ...]:
        """The pictures of the result: their names in addresses, and their titles."""
        return tuple(_figures(self))

    @property
    def fates(self) -> tuple[tuple[Text, int, float], ...]:
        """What became of the reads: the name of each fate, reads, share of all."""
        if self.sequenced is None or not self.sequenced.measured.reads_total:
            return ()
        measured = self.sequenced.measured
        return tuple(
            (FATE_NAMES[fate], reads, reads / measured.reads_total)
            for fate, reads in measured.fates.items()
            if reads
        )


@dataclass(frozen=True, slots=True)
class SampleSheet:
    """A sample's page. `missing`: methods planned, not reported yet; `received`: flow files that wait."""

    subject: SubjectId
    label: SampleId
    point: Text
    taken: Recorded
    on: date
    day: int | None
    results: tuple[Reported, ...]
    missing: tuple[str, ...]
    received: tuple[FileRef, ...]


def sample_sheet(desk: Desk, subject: SubjectId, label: str) -> SampleSheet:
    """Gather a sample's page.

    Raises
    ------
    NotFound
        If there is no such participant, or no such sample of this participant.
    """
    study, participant = desk.trial.study, desk.trial.participant(subject)
    found = next((pair for pair in samples_of(participant) if pair[1].sample == label), None)
    if found is None:
        raise NotFound(
            f"there is no sample {label}", where=f"participant {subject}", do="go to the participant's page"
        )
    (item, taken), day_one = found, day_one_of(study, participant)
    results = _reported(desk, participant, taken)
    planned = next((spec.methods for spec in study.samples if spec.point == taken.point), ())
    come = {str(one.result.method) for one in results}
    wait = Method.FLOW not in come
    return SampleSheet(
        subject=subject,
        label=taken.sample,
        point=study.point(taken.point).name,
        taken=item,
        on=taken.on,
        day=None if day_one is None else study_day(taken.on, day_one),
        results=results,
        missing=tuple(method for method in planned if method not in come),
        received=flow_files(desk.trial, subject, taken.sample) if wait else (),
    )


def _reported(desk: Desk, participant: Participant, taken: ev.MarrowTaken) -> tuple[Reported, ...]:
    responses = desk.results().responses.get(participant.id, {})
    return tuple(
        _one(desk, item, item.event, responses.values())
        for item in participant.history
        if isinstance(item.event, ev.MrdReported) and item.event.sample == taken.sample
    )


def _one(desk: Desk, item: Recorded, event: ev.MrdReported, responses: Iterable[Response]) -> Reported:
    study, result = desk.trial.study, event.result
    endpoint = _endpoint(study, event.point, str(result.method))
    answer = None
    if endpoint is not None:
        answer = answered(study, event.point, result, endpoint.threshold, endpoint.required_lod)
    decides = any(
        endpoint is not None and one.endpoint == endpoint.id and one.result is result for one in responses
    )
    reads, events, unread = None, None, ""
    try:
        reads = sequenced(desk.trial, result) if result.method == Method.NGS else None
        events = gated_behind(desk.trial, result) if result.method == Method.FLOW else None
    except InputRefused as error:
        unread = error.what
    required = None if endpoint is None else Fraction(endpoint.required_lod)
    gated = None if events is None else flow_result(events, result, answer, required)
    return Reported(
        result, event.on, detection(result), answer, endpoint, decides, reads, gated, unread, item
    )


def _endpoint(study: Study, point: str, method: str) -> Endpoint | None:
    return next((end for end in study.endpoints if (end.point, end.method) == (point, method)), None)


def _figures(one: Reported) -> list[tuple[str, Text]]:
    if one.gated is not None:
        return [(GATES, TITLE)]
    if one.sequenced is None:
        return []
    found = [(TRACKING, ngs_tracking.TITLE), (FATES, ngs_fates.TITLE)]
    index = one.sequenced.index
    if index is not None and one.sequenced.listed is not None:
        found.append((ABUNDANCE, ngs_abundance.TITLE))
    if index is not None:
        levels = {clone.name for clone in one.sequenced.measured.clones}
        names = [clone.name for clone in index.clones if clone.name in levels]
        for name in names[:MOST_CLONES]:
            title = ngs_alignment.TITLE
            found.append((f"{ALIGNMENT}{name}", Text(f"{name}: {title.en}", f"{name}：{title.zh}")))
    return found


def drawn_of_sample(
    desk: Desk, subject: SubjectId, label: str, name: str, language: Language
) -> bytes | None:
    """A picture of a sample's result as SVG; None if it has none of that name."""
    sheet = desk.gathered(sample_sheet, subject, label)
    one = next((one for one in sheet.results if name in dict(one.figures)), None)
    if one is None:
        return None
    simulated = desk.trial.simulated or one.result.evidence.simulated
    about = Text(f"{subject} · sample {label}", f"{subject} · 样本{label}")
    if one.gated is not None:
        return draw_tree(one.gated.behind, one.result, about=about, simulated=simulated, language=language)
    assert one.sequenced is not None
    behind = one.sequenced
    if name == TRACKING:
        return ngs_tracking.draw(
            _tracked(desk, subject),
            threshold=float(one.endpoint.threshold) if one.endpoint else behind.measured.threshold,
            about=Text(str(subject), str(subject)), simulated=simulated, language=language, format="svg",
        )  # fmt: skip
    if name == FATES:
        return ngs_fates.draw(
            behind.measured.fates, about=about, simulated=simulated, language=language, format="svg"
        )
    assert behind.index is not None
    if name == ABUNDANCE:
        assert behind.listed is not None
        return _abundance(behind.listed, behind.index, subject, simulated=simulated, language=language)
    wanted = name.removeprefix(ALIGNMENT)
    clone = next(clone for clone in behind.index.clones if clone.name == wanted)
    level = next(clone for clone in behind.measured.clones if clone.name == wanted)
    return ngs_alignment.draw(clone, level, about=about, simulated=simulated, language=language, format="svg")


def _tracked(desk: Desk, subject: SubjectId) -> list[TrackedSample]:
    """Every sample of the child whose measurement was kept, in the order in which they were taken."""
    found: list[TrackedSample] = []
    for _, taken in samples_of(desk.trial.participant(subject)):
        sheet = desk.gathered(sample_sheet, subject, str(taken.sample))
        when = Text(str(sheet.on), str(sheet.on))
        if sheet.day is not None:
            when = Text(f"day {sheet.day}", f"第{sheet.day}天")
        for one in sheet.results:
            if one.sequenced is not None:
                call = one.answer.call if one.answer else Call.NOT_EVALUABLE
                found.append(TrackedSample(when, one.sequenced.measured, call))
    return found


def _abundance(
    listed: Listed, index: Index, subject: SubjectId, *, simulated: bool, language: Language
) -> bytes:
    rank = {
        clone.name: next(
            (rank for rank, (_, bases) in enumerate(listed.clonotypes, start=1) if clone.window in bases),
            None,
        )
        for clone in index.clones
    }
    named = [
        Ranked(clone.name, found, listed.clonotypes[found - 1][0], clone.share)
        for clone in index.clones
        if (found := rank[clone.name]) is not None
    ]
    return ngs_abundance.draw_ranks(
        [reads for reads, _ in listed.clonotypes],
        named,
        [name for name, found in rank.items() if found is None],
        about=Text(f"{subject} · sample {listed.sample}", f"{subject} · 样本{listed.sample}"),
        simulated=simulated,
        language=language,
        format="svg",
    )
