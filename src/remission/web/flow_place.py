"""Where a flow page's bench comes from, and where its drafts go: a sample of a trial, or files named."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse

from remission.errors import Altered, NotFound
from remission.lab.flow_asked import flow_asked_by
from remission.lab.flow_files import Told
from remission.lab.flow_work import Asking, Work, opened_work, suited
from remission.mrd.flow.strategies.reading import shipped_strategies
from remission.mrd.result import Method
from remission.terms.evidence import FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.trial.received import flow_files
from remission.trial.trial import Trial, now
from remission.web.benches import Benches
from remission.web.desk import DESK, Desk
from remission.web.mrd_course import samples_of

FLOW = str(Method.FLOW)


@dataclass(frozen=True, slots=True)
class Place:
    """One flow page: whose sample, from which files, by which strategy, at which address.

    `make` opens the bench; `drafts`: the folder that accepted results are written to; `command`: what enters
    a draft in the ledger, with `{draft}` in it, or "" outside a trial; `at`: the clock of the page.
    """

    label: str
    subject: SubjectId | None
    files: tuple[str, ...]
    strategy: str
    strategies: tuple[str, ...]
    address: str
    make: Callable[[Told], Work]
    drafts: Path
    command: str
    at: Callable[[], datetime]

    @property
    def key(self) -> object:
        """What one bench belongs to."""
        return self.subject, self.label, self.files, self.strategy

    def to(self, part: str = "", strategy: str = "", **asked: object) -> str:
        """The address of the page or a part of it, in the page's language."""
        query = urlencode({"strategy": strategy or self.strategy, **asked})
        return f"{self.address}{part}?{query}"


class FlowDesk:
    """A desk without a trial: the files of one sample, on this machine."""

    trial = None
    addresses = "remission.web.flow_addresses"

    def __init__(self, paths: Sequence[str], label: str, asking: Asking, drafts: Path) -> None:
        self.paths, self.label, self.asking, self.drafts = tuple(paths), label, asking, drafts
        self.benches = Benches()
        self.simulated = self.opened_simulated = False

    def place(self, strategy: str) -> Place:
        """The page of the files, by a strategy."""
        asking = self.asking.by(_chosen(strategy, self.asking.strategy))

        def make(told: Told) -> Work:
            work = opened_work(self.paths, (), self.label, asking, told)
            self.simulated = self.opened_simulated = self.opened_simulated or work.simulated
            return work

        return Place(
            self.label, None, self.paths, asking.strategy, _choices(asking.strategy),
            f"{get_script_prefix()}flow", make, self.drafts, "", now,
        )  # fmt: skip


def place_of(request: HttpRequest, subject: str, label: str) -> Place:
    """The page that a request asks for.

    Raises
    ------
    NotFound
        If there is no such participant, or no such sample of this participant.
    """
    desk = request.META[DESK]
    strategy = str(request.GET.get("strategy", ""))
    if isinstance(desk, FlowDesk):
        return desk.place(strategy)
    with desk.alone():
        return _in_trial(desk, SubjectId(subject), label, strategy)


def addressed(place: Place) -> dict[str, object]:
    """The page's place, with the addresses its script needs and those by other strategies."""
    return {
        "place": place,
        "state_address": place.to("/state"),
        "act_address": place.to("/act"),
        "time_address": place.to("/time.svg"),
        "choices": [(id, place.to(strategy=id)) for id in place.strategies],
    }


def benches_of(request: HttpRequest) -> Benches:
    """The benches of the desk a request came to."""
    return request.META[DESK].benches


def _in_trial(desk: Desk, subject: SubjectId, label: str, strategy: str) -> Place:
    trial = desk.trial
    taken = next((one for _, one in samples_of(trial.participant(subject)) if one.sample == label), None)
    if taken is None:
        raise NotFound(
            f"there is no sample {label}", where=f"participant {subject}", do="go to the participant's page"
        )
    asked = flow_asked_by(trial.study, taken.point)
    chosen = _chosen(strategy, suited(asked))
    asking = Asking(asked, chosen, reference=desk.reference)
    refs = flow_files(trial, subject, taken.sample)
    return Place(
        str(taken.sample), subject, tuple(ref.sha256 for ref in refs), chosen, _choices(chosen),
        reverse("flow", args=[subject, label]), lambda told: _kept_work(trial, refs, label, asking, told),
        trial.folder / "drafts", _command(trial, subject, taken.sample, desk.reference), lambda: desk.at,
    )  # fmt: skip


def _kept_work(trial: Trial, refs: tuple[FileRef, ...], label: str, asking: Asking, told: Told) -> Work:
    """The bench of kept files, which must be what they were."""
    paths = [kept_path(trial, ref) for ref in refs]
    work = opened_work(paths, [ref.name for ref in refs], label, asking, told)
    for ref, seen in zip(refs, work.bench.sample.files, strict=True):
        if ref.sha256 != seen.sha256:
            raise Altered(
                f"kept file {ref.name} is not what it was", where=ref.sha256, do="restore it from a copy"
            )
    return work


def kept_path(trial: Trial, ref: FileRef) -> str:
    """Where a kept file lies on this machine. `Raises` as in `Files.open`."""
    with trial.files.open(ref.sha256) as file:
        return str(file.name)


def _command(trial: Trial, subject: SubjectId, sample: SampleId, reference: str | None) -> str:
    """What enters a draft; the sample's own files are kept already."""
    behind = "" if reference is None else f"--file {shlex.quote(reference)} "
    return (
        f"remission sample flow {subject} --sample {shlex.quote(sample)} --measured {{draft}} {behind}"
        f"--on {{on}} --trial {shlex.quote(str(trial.folder))} --by {{name}} --role laboratory"
    )


def _chosen(word: str, usual: str) -> str:
    """The strategy an address asks for: a shipped one, or that which the page was opened with."""
    if word and word not in _choices(usual):
        raise NotFound(
            f"there is no strategy {word!r}",
            where="flow page",
            do="use one of: " + ", ".join(_choices(usual)),
        )
    return word or usual


def _choices(chosen: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*shipped_strategies(), chosen)))
