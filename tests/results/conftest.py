"""A small builder of participants: events in, replayed participants out, with made-up places in a ledger."""

import hashlib
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from types import SimpleNamespace

import pytest

from remission.conduct import events as ev
from remission.conduct.state import Participant, Recorded, replay
from remission.mrd.result import Denominator, MrdResult, from_flow_counts, from_ngs_counts
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.terms.evidence import EntryRef, Evidence, FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.terms.words import Text

DAY_ONE = date(2025, 3, 3)
AS_OF = datetime(2028, 3, 1, 12, tzinfo=UTC)


def sha(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def day(number: int) -> date:
    return DAY_ONE + timedelta(days=number - 1)


def instant(number: int, hour: int = 4) -> datetime:
    return datetime.combine(day(number), datetime.min.time(), UTC) + timedelta(hours=hour)


def flow(found: int, cells: int = 500_000, flags: tuple[str, ...] = (), name: str = "a.fcs") -> MrdResult:
    evidence = Evidence("flow-gate", "2.1", (FileRef(name, sha(name), 1000),), (), simulated=False)
    return from_flow_counts(
        found,
        (Denominator("nucleated cells", cells),),
        "nucleated cells",
        evidence,
        flags=(*flags, "cd19-independent-gate"),
    )


def ngs(found: float, cells: int = 3_100_000, flags: tuple[str, ...] = (), name: str = "a.fq") -> MrdResult:
    evidence = Evidence("ngs-clones", "1.0", (FileRef(name, sha(name), 2000),), (), simulated=False)
    return from_ngs_counts(found, cells, evidence, loq_templates=10, flags=flags)


@dataclass
class Child:
    """A participant in the making; `add` records an event, `made` replays them all."""

    subject: SubjectId
    recorded: list[Recorded] = field(default_factory=list)

    def add(self, *events: ev.Event) -> "Child":
        for event in events:
            seq = int(self.subject.replace("-", "")) * 1000 + len(self.recorded) + 1
            ref = EntryRef(seq, sha(f"{self.subject} {seq}"))
            self.recorded.append(Recorded(event, ref, "2025-06-01T00:00:00Z", "Dr Li", "doctor"))
        return self

    def correct(self, place: int, event: ev.Event) -> "Child":
        self.add(event)
        last = self.recorded.pop()
        old = self.recorded[place].ref.seq
        self.recorded.append(
            Recorded(last.event, last.ref, last.recorded_at, "Dr Li", "doctor", (old,), "slip")
        )
        return self

    def report(self, point: str, on: int, *results: MrdResult) -> "Child":
        before = sum(isinstance(item.event, ev.MarrowTaken) for item in self.recorded)
        sample = SampleId(f"{self.subject}-{point}-{before + 1}")
        self.add(ev.MarrowTaken(sample, point, day(on)))
        return self.add(*(ev.MrdReported(sample, point, result, day(on + 3)) for result in results))

    def made(self) -> Participant:
        return replay(self.subject, self.recorded)


def screened(number: int, *, risk: str = "low", birth: date = date(2020, 3, 3), site: str = "01") -> Child:
    child = Child(SubjectId(f"{site}-{number:03d}"))
    facts = {"birth_date": birth.isoformat(), "sex": "female" if number % 2 else "male", "risk": risk,
             "induction_start": DAY_ONE.isoformat(), "weight": str(10 + number), "height": "100",
             "wbc": str(5 * number)}  # fmt: skip
    child.add(ev.Consented(day(17), "guardian", "v1"))
    return child.add(*(ev.FactRecorded(fact, value, day(18)) for fact, value in facts.items()))


def failed(number: int, *criteria: str) -> Child:
    words = Text("no", "否")
    judged = tuple(ev.Judgement(id, "no", words) for id in criteria)
    return screened(number).add(ev.FoundIneligible(day(23), judged))


def enrolled(number: int, *, risk: str = "low", birth: date = date(2020, 3, 3)) -> Child:
    child = screened(number, risk=risk, birth=birth)
    child.report("d19", 19, flow(1000, name=f"{number}-d19.fcs"))
    return child.add(ev.FoundEligible(day(25), ()), ev.Enrolled(day(26), number, risk))


def treated(number: int, *, risk: str = "low", birth: date = date(2020, 3, 3)) -> Child:
    child = enrolled(number, risk=risk, birth=birth)
    kilograms = Decimal(10 + number)
    child.add(
        ev.DoseOrdered(
            day(28), "course", "blinatumomab", Decimal(10), "ug/d", "full", kilograms, Decimal(100),
            Decimal("0.6"), "rule",
        ),
        ev.InfusionStarted(instant(29), "course"),
    )  # fmt: skip
    return child


def full_course(number: int, *, risk: str = "low", birth: date = date(2020, 3, 3)) -> Child:
    return treated(number, risk=risk, birth=birth).add(ev.TreatmentCompleted(instant(43)))


def followed(child: Child, months: int = 24) -> Child:
    child.add(ev.ResponseAssessed(day(55), ()))
    return child.add(*(ev.FollowedUp(day(60 + 91 * visit), True) for visit in range(months // 3)))


def golden() -> list[Participant]:
    """Six enrolled children and two who were not eligible; what they add up to was worked out by hand."""
    one = followed(
        full_course(1)
        .add(ev.ToxicityReported("t1", "crs", "Immune system", 2, day(30), False, "yes"))
        .add(ev.ToxicityRegraded("t1", 3, day(31)), ev.ToxicityRegraded("t1", 0, day(33)))
        .report("d46", 46, flow(0, name="1.fcs"), ngs(0, name="1.fq"))
    )
    two = followed(full_course(2).report("d46", 47, flow(100, name="2.fcs"), ngs(400, name="2.fq")), 12)
    two.add(ev.Relapsed(day(26 + 365), "marrow"))
    three = followed(
        full_course(3, risk="intermediate")
        .add(ev.ToxicityReported("t1", "Fever", "General", 1, day(29), False, "no"))
        .add(ev.ToxicityReported("t2", "Fever", "General", 3, day(35), True, "yes"))
        .report("d46", 46, flow(0, name="3.fcs"), ngs(0, cells=1_000_000, name="3.fq"))
    )
    four = (
        treated(4, risk="intermediate")
        .add(ev.TreatmentStopped(instant(33), "CRS grade 4", True))
        .add(ev.SampleMissed("d46", day(47), "transferred"), ev.ResponseAssessed(day(55), ()))
        .add(ev.Died(day(26 + 100), "treatment"))
    )
    five = followed(full_course(5).report("d46", 46, flow(10_000, name="5.fcs"), ngs(0, name="5.fq")), 36)
    six = enrolled(6, risk="intermediate", birth=date(2010, 1, 1)).add(
        ev.TreatmentNotGiven(day(30), "guardians declined")
    )
    six = followed(six.report("d46", 46, flow(0, name="6.fcs"), ngs(0, name="6.fq")))
    children = [one, two, three, four, five, six, failed(7, "I4"), failed(8, "I4", "X5")]
    return [child.made() for child in children]


def any_child(number: int, chance: random.Random) -> Participant:
    """A participant of any fate, by chance."""
    fate = chance.choice(
        ["screening", "failed", "withdrew", "enrolled", "not_given", "course", "course", "course"]
    )
    if fate == "screening":
        return screened(number).made()
    if fate == "failed":
        return failed(number, *chance.sample(["I4", "X5", "X9"], chance.randint(1, 2))).made()
    if fate == "withdrew":
        return screened(number).add(ev.Withdrew(day(20), "study", "no", "guardian")).made()
    risk = chance.choice(["low", "intermediate"])
    if fate == "enrolled":
        return enrolled(number, risk=risk).made()
    if fate == "not_given":
        return any_end(
            enrolled(number, risk=risk).add(ev.TreatmentNotGiven(day(30), "refused")), chance
        ).made()
    child = treated(number, risk=risk)
    for report in range(chance.randint(0, 2)):
        term, grade = chance.choice(["crs", "neurologic", "Fever"]), chance.randint(1, 4)
        began = chance.randint(27, 40)
        child.add(
            ev.ToxicityReported(
                f"t{report}", term, "system", grade, day(began), grade > 2, chance.choice(["yes", "no"])
            )
        )
        if chance.random() < 0.5:
            again = chance.randint(began, 41)
            child.add(ev.ToxicityRegraded(f"t{report}", chance.randint(0, 4), day(again)))
    end = chance.choice([
        ev.TreatmentCompleted(instant(43)), ev.TreatmentStopped(instant(35), "CRS grade 4", True),
        ev.TreatmentStopped(instant(35), "pump", False),
        ev.Withdrew(day(36), "treatment", "tired", "guardian"),
        ev.Relapsed(day(40), "marrow"), ev.Died(day(41), "treatment"), None,
    ])  # fmt: skip
    if end is None or isinstance(end, ev.Died):
        return child.add(*([] if end is None else [end])).made()
    return any_end(child.add(end), chance).made()


def any_sample(child: Child, chance: random.Random) -> None:
    """A sample of the endpoint's point, on any day and in any order, with or without results."""
    cells, found = chance.choice([100_000, 500_000, 4_000_000]), chance.choice([0, 1, 49, 50, 51, 6000])
    flags = chance.choice([(), (), ("hemodilute",), ("other",), ("no-index-clone",)])
    results: list[MrdResult] = []
    if chance.random() < 0.9:
        results.append(flow(found, cells, flags))
    if chance.random() < 0.8:
        results.append(ngs(chance.choice([0, 1, 4, 100]), chance.choice([900_000, 3_100_000]), flags))
    child.report("d46", chance.choice([28, 29, 43, 44, 46, 46, 48, 50, 51, 60]), *results)


def any_end(child: Child, chance: random.Random) -> Child:
    missed = chance.random() < 0.2
    if missed:
        child.add(ev.SampleMissed("d46", day(47), "transferred"))
    for _ in range(0 if missed else chance.choice([0, 1, 1, 1, 2, 2, 3])):
        any_sample(child, chance)
    if chance.random() < 0.2:
        first = day(chance.choice([44, 46, 47, 50, 51]))
        child.add(chance.choice([ev.Relapsed(first, "marrow"), ev.SecondCancer(first, "AML")]))
    if chance.random() < 0.2:
        child.add(ev.DeviationReported(day(50), "visit", chance.random() < 0.5, "late visit"))
    if chance.random() < 0.1:
        child.add(ev.FoundIneligibleLate(day(50), "X5", "CNS3"))
    if chance.random() < 0.7:
        followed(child, chance.choice([3, 12, 24]))
        child.add(*chance.choice([
            [], [ev.FollowedUp(day(900), False)],
            [ev.Relapsed(day(900), "marrow")], [ev.Died(day(900), "other")],
            [ev.SecondCancer(day(900), "AML")],
            [ev.LostToFollowUp(day(900), day(800))], [ev.FollowUpEnded(day(1000))],
        ]))  # fmt: skip
    return child


@pytest.fixture(scope="session")
def study() -> Study:
    with (files("remission.studies") / "nct06607419" / "study.toml").open("rb") as stream:
        return read_study(stream, name="study.toml")


def sized(study: Study, participants: int) -> Study:
    """The study as if so many had been planned, so that a few children end it."""
    return replace(study, design=replace(study.design, participants=participants))


@pytest.fixture(scope="session")
def build() -> SimpleNamespace:
    """The builder's functions, for tests of this folder."""
    return SimpleNamespace(
        AS_OF=AS_OF, DAY_ONE=DAY_ONE, Child=Child, any_child=any_child, day=day, enrolled=enrolled,
        failed=failed, flow=flow, followed=followed, full_course=full_course, golden=golden,
        instant=instant, ngs=ngs, screened=screened, sized=sized, treated=treated,
    )  # fmt: skip
