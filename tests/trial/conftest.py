"""Real trials on SQLite, played by hand to a point, and copied for each test."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.errors import Refusal
from remission.mrd.result import Denominator
from remission.terms.actors import Actor, Role
from remission.terms.days import date_of
from remission.terms.ids import SampleId, SiteId, SubjectId
from remission.trial import admission, closing, laboratory, treatment, vigilance
from remission.trial.studies import study_files
from remission.trial.trial import By, Trial

DAY_ONE = date(2026, 3, 1)
SITE = SiteId("01")
KID = SubjectId("01-001")
ANSWERS = {
    "birth_date": "2019-05-02", "sex": "female", "weight": "21.5", "height": "117", "wbc": "12.4",
    "morphology_all": "yes", "immunophenotype": "B-ALL", "sigm_positive": "no", "risk": "intermediate",
    "consent_understood": "yes", "from_cml": "no", "down_syndrome": "no", "congenital_disease": "no",
    "secondary_leukaemia": "no", "cns_status": "CNS1", "epilepsy": "no", "immunodeficiency": "no",
    "metabolic_disease": "no", "heart_insufficiency": "no",
}  # fmt: skip


class Ward:
    """A trial, and short words for what its people do; days are protocol days, day 1 is 1 March."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trial = Trial.open(folder)

    def day(self, number: int) -> date:
        return date_of(number, DAY_ONE)

    def at(self, day: int, hour: float = 4) -> datetime:
        """An hour UTC of a protocol day."""
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=(day - 1 if day > 0 else day), hours=hour)

    def by(self, day: int, role: Role = Role.DOCTOR, *, site: SiteId | None = SITE, hour: float = 12) -> By:
        return By(Actor(f"Li {role}", role, site), self.at(day, hour))

    def again(self) -> "Ward":
        """The same trial as another process sees it."""
        return Ward(self.folder)

    def kid(self, subject: SubjectId = KID) -> Participant:
        return self.trial.participant(subject)

    def events(self, kind: type[ev.Event], subject: SubjectId = KID) -> list[Any]:
        return [item.event for item in self.kid(subject).all(kind)]

    def seq(self, kind: type[ev.Event], subject: SubjectId = KID, **fields: object) -> int:
        """The entry of the first event of a kind whose fields are these."""
        return next(
            item.ref.seq for item in self.trial.raw(subject)
            if type(item.event) is kind and all(getattr(item.event, key) == fields[key] for key in fields)
        )  # fmt: skip

    def refuses(self, kind: type[Refusal], act: Callable[[], object], said: str = "") -> Refusal:
        """The act is refused with these words, and nothing is written."""
        head = self.trial.ledger.head()
        with pytest.raises(kind) as refused:
            act()
        assert said in refused.value.what
        assert self.trial.ledger.head() == head
        assert refused.value.where and refused.value.do
        return refused.value

    # ------------------------------------------------------------ acts

    def consent(self, site: SiteId = SITE, day: int = 16) -> SubjectId:
        by = self.by(day, site=site)
        return admission.consent(self.trial, by, site, on=self.day(day), signed_by="guardian", form="1.2")

    def admit(self, site: SiteId = SITE, **changed: str | None) -> SubjectId:
        """Consent, answers on day 17, a day-19 marrow."""
        subject, by = self.consent(site), self.by(19, site=site)
        told = {"induction_start": DAY_ONE.isoformat(), **ANSWERS, **changed}
        for fact, value in told.items():
            if value is not None:
                admission.answer(self.trial, by, subject, fact, value, on=self.day(17))
        laboratory.take_marrow(
            self.trial, by, subject, sample=SampleId(f"{subject}-d19"), point="d19", on=self.day(19)
        )
        return subject

    def flow(
        self,
        subject: SubjectId = KID,
        *,
        point: str = "d19",
        found: int = 2400,
        cells: int = 512_000,
        day: int = 21,
    ) -> Participant:
        raw = self.folder.parent / f"{subject}-{point}.fcs"
        raw.write_bytes(f"FCS of {subject} at {point}".encode())
        assay = next(assay for assay in self.trial.study.assays if assay.method == "flow")
        return laboratory.report_flow(
            self.trial, self.by(day, Role.LABORATORY, site=None), subject,
            sample=SampleId(f"{subject}-{point}"), found=found,
            examined=[Denominator("nucleated cells", cells)], primary="nucleated cells",
            files=laboratory.keep_files(self.trial, [raw]), on=self.day(day), method_version="1.0",
            flags=assay.needed_after_treatment if point == "d46" else (),
        )  # fmt: skip

    def close_lists(self, subject: SubjectId = KID, day: int = 26) -> None:
        for name in ("prior_therapy", "seizures"):
            by = self.by(day, site=subject.site)
            admission.close_list(self.trial, by, subject, name, as_of=self.day(day))

    def decide(self, subject: SubjectId = KID, day: int = 26) -> None:
        self.flow(subject)
        self.close_lists(subject)
        admission.decide(self.trial, self.by(day, site=subject.site), subject, on=self.day(day))

    def enrol(self, subject: SubjectId = KID, day: int = 26) -> Participant:
        return admission.enrol(self.trial, self.by(day, site=subject.site), subject, on=self.day(day))

    def answer(self, fact: str, value: str, *, on: int, subject: SubjectId = KID) -> Participant:
        by = self.by(on, site=subject.site)
        return admission.answer(self.trial, by, subject, fact, value, on=self.day(on))

    def order(self, day: int = 28, level: str = "full", step: str = "course") -> ev.DoseOrdered:
        return treatment.order_dose(self.trial, self.by(day), KID, on=self.day(day), step=step, level=level)

    def premedicate(self, day: int, hour: float, before: str) -> Participant:
        return treatment.premedicate(
            self.trial, self.by(day, hour=23), KID, at=self.at(day, hour), before=before
        )

    def start(self, day: int = 29, hour: float = 2, deviation: str | None = None) -> Participant:
        return treatment.start(
            self.trial, self.by(day, hour=23), KID, at=self.at(day, hour), step="course", deviation=deviation
        )

    def pause(self, day: int, hour: float, toxicity: str = "") -> Participant:
        by = self.by(day, hour=23)
        return treatment.pause(self.trial, by, KID, at=self.at(day, hour), why="why", toxicity=toxicity)

    def restart(self, day: int, hour: float, level: str = "full") -> Participant:
        return treatment.restart(self.trial, self.by(day, hour=23), KID, at=self.at(day, hour), level=level)

    def escalate(self, day: int, hour: float) -> Participant:
        return treatment.escalate(self.trial, self.by(day, hour=23), KID, at=self.at(day, hour))

    def complete(self, day: int, hour: float) -> Participant:
        return treatment.complete(self.trial, self.by(day, hour=23), KID, at=self.at(day, hour))

    def toxicity(self, id: str, term: str, grade: int, day: int) -> Any:
        return vigilance.report_toxicity(
            self.trial, self.by(day, hour=23), KID, id=id, term=term, system="x", grade=grade,
            began=self.day(day), serious=False, related="yes",
        )[1]  # fmt: skip

    def regrade(self, id: str, grade: int, day: int) -> Participant:
        return vigilance.regrade(self.trial, self.by(day, hour=23), KID, id=id, grade=grade, on=self.day(day))

    def to_follow_up(self) -> None:
        """From a running infusion to the response, NGS not deep enough."""
        self.complete(43, 2)
        laboratory.take_marrow(
            self.trial, self.by(46), KID, sample=SampleId("01-001-d46"), point="d46", on=self.day(46)
        )
        self.flow(point="d46", found=0, cells=1_000_000, day=47)
        laboratory.report_ngs(
            self.trial, self.by(50, Role.LABORATORY, site=None), KID, sample=SampleId("01-001-d46"),
            templates=0, cells=1_000_000, files=[], on=self.day(50), method_version="1.0",
        )  # fmt: skip
        closing.assess_response(self.trial, self.by(51), KID, on=self.day(51))


def create(
    folder: Path,
    *edits: tuple[str, str],
    study: str = "nct06607419",
    simulated: bool = False,
    record: tuple[bytes, bytes] = (b"", b""),
) -> Trial:
    """A new trial on a shipped study, edited in its text and its record's."""
    files = study_files(study)
    text = files.study.decode()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    at = datetime(2026, 1, 5, tzinfo=UTC)
    role = Role.REHEARSAL if simulated else Role.SPONSOR
    by = By(Actor("Shen", role), at)
    found = files.record.replace(*record, 1)
    return Trial.create(folder, study=text.encode(), record=found, by=by, simulated=simulated)


def activate(trial: Trial, *sites: str) -> None:
    for site in sites:
        trial.activate_site(By(Actor("Shen", Role.SPONSOR), datetime(2026, 1, 6, tzinfo=UTC)), SiteId(site))


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folders of trials played to a point of one child's life."""
    top = tmp_path_factory.mktemp("prepared")
    points: dict[str, Callable[[Ward], object]] = {
        "open": lambda ward: activate(ward.trial, "01", "02"),
        "screening": lambda ward: ward.admit(),
        "eligible": lambda ward: ward.decide(),
        "enrolled": lambda ward: ward.enrol(),
        "running": lambda ward: (ward.order(), ward.premedicate(29, 1, "first_dose"), ward.start()),
        "follow_up": lambda ward: ward.to_follow_up(),
    }
    create(top / "new" / "trial")
    before = "new"
    for point, play in points.items():
        shutil.copytree(top / before, top / point)
        ward = Ward(top / point / "trial")
        play(ward)
        ward.trial.ledger.close()
        before = point
    return lambda point: top / point


@pytest.fixture
def ward(prepared: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Ward]:
    """A copy of a prepared trial."""

    def copied(point: str) -> Ward:
        shutil.copytree(prepared(point), tmp_path / point)
        return Ward(tmp_path / point / "trial")

    return copied


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Ward]:
    """A new trial on an edited study, some sites active."""

    def make(*edits: tuple[str, str], sites: tuple[str, ...] = ("01",), **other: Any) -> Ward:
        trial = create(tmp_path / "made" / "trial", *edits, **other)
        if not other.get("simulated"):
            activate(trial, *sites)
        return Ward(tmp_path / "made" / "trial")

    return make
