"""Ninety made-up children with every fate a figure has to show, and the results drawn from them."""

import hashlib
import random
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from types import SimpleNamespace

import pytest

from remission.conduct import events as ev
from remission.conduct.state import Participant, Recorded, Stage, replay
from remission.mrd.result import Denominator, MrdResult, from_flow_counts, from_ngs_counts
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.results.analysis import Results, analyse
from remission.terms.evidence import EntryRef, Evidence, FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.terms.words import Text

AS_OF = datetime(2028, 3, 1, 12, tzinfo=UTC)
REASONS = ("I4", "X10", "I4", "X5", "X9", "X3", "I4", "I5", "X6", "X1", "I3", "X8")


class Life:
    """The events of one child, day by day from day 1."""

    def __init__(self, subject: SubjectId, first_day: date) -> None:
        self.subject, self.first_day, self.recorded = subject, first_day, list[Recorded]()

    def day(self, number: int) -> date:
        return self.first_day + timedelta(days=number - 1)

    def at(self, number: float) -> datetime:
        start = datetime.combine(self.first_day, datetime.min.time(), UTC)
        return start + timedelta(days=number - 1, hours=2)

    def add(self, *events: ev.Event) -> None:
        for event in events:
            seq = int(self.subject.replace("-", "")) * 1000 + len(self.recorded) + 1
            ref = EntryRef(seq, hashlib.sha256(str(seq).encode()).hexdigest())
            self.recorded.append(Recorded(event, ref, "2025-06-01T00:00:00Z", "Dr Li", "doctor"))

    def marrow(self, point: str, on: int, *results: MrdResult) -> None:
        sample = SampleId(f"{self.subject}-{point}")
        self.add(ev.MarrowTaken(sample, point, self.day(on)))
        self.add(*(ev.MrdReported(sample, point, result, self.day(on + 2)) for result in results))

    def made(self) -> Participant:
        return replay(self.subject, self.recorded)


def evidence(name: str) -> Evidence:
    return Evidence("gate", "1", (FileRef(name, hashlib.sha256(name.encode()).hexdigest(), 10),), ())


def flow(level: float, cells: int, name: str, flags: tuple[str, ...] = ()) -> MrdResult:
    examined = (Denominator("nucleated cells", cells),)
    stated = (*flags, "cd19-independent-gate")
    return from_flow_counts(round(level * cells), examined, "nucleated cells", evidence(name), flags=stated)


def ngs(level: float, cells: int, name: str) -> MrdResult:
    return from_ngs_counts(float(round(level * cells)), cells, evidence(name), loq_templates=10)


def screened(number: int, first_day: date, risk: str) -> Life:
    life = Life(SubjectId(f"{1 + number % 12:02d}-{number:03d}"), first_day)
    facts = {"birth_date": (first_day - timedelta(days=900 + 37 * number)).isoformat(), "sex": "female",
             "risk": risk, "induction_start": str(first_day), "weight": "20", "height": "90"}  # fmt: skip
    life.add(ev.Consented(life.day(18), "guardian", "v1"))
    life.add(*(ev.FactRecorded(fact, value, life.day(18)) for fact, value in facts.items()))
    return life


def not_enrolled(number: int, first_day: date) -> Participant:
    life = screened(number, first_day, "low")
    if number % 17 == 0:
        life.add(ev.Withdrew(life.day(22), "study", "changed their mind", "guardian"))
    elif number % 23:
        why = {REASONS[number % 12], *([REASONS[number % 7]] if number % 5 == 0 else [])}
        judged = tuple(ev.Judgement(id, "no", Text("no", "否")) for id in sorted(why))
        life.add(ev.FoundIneligible(life.day(23), judged))
    return life.made()


def child(number: int, first_day: date, chance: random.Random) -> Participant:
    risk = chance.choice(["low", "intermediate"])
    life = screened(number, first_day, risk)
    start = 10 ** chance.uniform(-2.9 if risk == "low" else -3.9, -0.8)
    life.marrow("d19", 19, flow(start, chance.choice([300_000, 500_000, 1_000_000]), f"{number}-19"))
    life.add(ev.FoundEligible(life.day(24), ()), ev.Enrolled(life.day(25), number, risk))
    if number % 31 == 0:
        life.add(ev.TreatmentNotGiven(life.day(29), "guardians declined"))
    elif number < 87:
        _course(life, number, chance)
    if number < 87 and life.made().stage is not Stage.OFF:
        _endpoint(life, number, start, chance)
        _follow_up(life, number, chance)
    elif number in (87, 88):
        life.add(ev.InfusionStarted(life.at(29), "course"))
    return life.made()


def _course(life: Life, number: int, chance: random.Random) -> None:
    life.add(ev.InfusionStarted(life.at(29), "course"))
    if number % 6 == 0:
        begin = chance.uniform(31, 36)
        life.add(ev.InfusionPaused(life.at(begin), "CRS grade 3"))
        if number % 18 == 0:
            life.add(ev.TreatmentStopped(life.at(begin + 3), "CRS grade 4", True))
            return
        life.add(ev.InfusionRestarted(life.at(begin + chance.uniform(1, 4)), "low"))
    if number == 13:
        life.add(ev.Died(life.day(37), "treatment"))
    elif number == 29:
        life.add(ev.Withdrew(life.day(34), "treatment", "tired", "guardian"))
    elif number == 44:
        life.add(ev.TreatmentStopped(life.at(36), "pump failure, no replacement within the day", False))
    else:
        life.add(ev.TreatmentCompleted(life.at(43)))


def _endpoint(life: Life, number: int, start: float, chance: random.Random) -> None:
    if number % 19 == 0:
        life.add(ev.SampleMissed("d46", life.day(50), "transferred"))
    else:
        left = start * 10 ** -chance.uniform(1, 5.5)
        cells = 100_000 if number % 15 == 0 else chance.choice([500_000, 500_000, 2_000_000])
        flags = ("hemodilute",) if number == 22 else ()
        results = [flow(left, cells, f"{number}-46", flags)]
        if number % 11:
            templates = 900_000 if number % 8 == 0 else chance.randint(3_000_000, 4_000_000)
            results.append(ngs(left * 0.7, templates, f"{number}-46n"))
        life.marrow("d46", 56 if number == 33 else chance.choice([46, 46, 46, 47, 45]), *results)
    life.add(ev.ResponseAssessed(life.day(58), ()))


def _follow_up(life: Life, number: int, chance: random.Random) -> None:
    fates = {5: ev.Relapsed, 16: ev.Relapsed, 27: ev.Relapsed, 40: ev.Died, 52: ev.SecondCancer,
             60: ev.LostToFollowUp, 61: ev.Withdrew, 70: ev.Relapsed}  # fmt: skip
    ends = chance.randint(150, 500) if number in fates else 10_000
    visit = 90
    while visit < ends and life.day(visit) < date(2028, 2, 20):
        life.add(ev.FollowedUp(life.day(visit), True))
        visit += 91
    if number not in fates:
        if number in (1, 2):
            life.add(ev.FollowUpEnded(life.day(visit - 40)))
        return
    on = life.day(ends)
    match fates[number]:
        case ev.Relapsed:
            life.add(ev.Relapsed(on, "marrow"))
            if number in (16, 27):
                life.add(ev.Died(on + timedelta(days=200), "leukaemia"))
        case ev.Died:
            life.add(ev.Died(on, "other"))
        case ev.SecondCancer:
            life.add(ev.SecondCancer(on, "AML"), ev.FollowedUp(on + timedelta(days=150), True))
        case ev.LostToFollowUp:
            life.add(ev.LostToFollowUp(on, on - timedelta(days=80)))
        case _:
            life.add(ev.Withdrew(on, "study", "moved abroad", "guardian"))


def trial(of: int = 90, others: int = 160) -> list[Participant]:
    chance = random.Random(7)
    # The first days of induction are spread so that the last few children are still under treatment.
    begin = date(2024, 12, 1)
    spread = (date(2028, 1, 30) - begin).days
    starts = [begin + timedelta(days=round(spread * (n / 90) ** 0.8)) for n in range(1, of + 1)]
    enrolled = [child(number, start, chance) for number, start in enumerate(starts, start=1)]
    weeks = range(100, 100 + others)
    return enrolled + [not_enrolled(number, begin + timedelta(days=7 * (number - 100))) for number in weeks]


@pytest.fixture(scope="session")
def study() -> Study:
    with (files("remission.studies") / "nct06607419" / "study.toml").open("rb") as stream:
        return read_study(stream, name="study.toml")


@pytest.fixture(scope="session")
def results(study: Study) -> Results:
    return analyse(study, trial(), AS_OF, simulated=True)


@pytest.fixture(scope="session")
def build() -> SimpleNamespace:
    return SimpleNamespace(AS_OF=AS_OF, Life=Life, child=child, screened=screened, trial=trial)
