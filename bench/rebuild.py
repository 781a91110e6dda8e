"""What it costs to rebuild the state of every participant from the ledger: seconds, and peak memory.

5,000 participants of 100 events each, as the acts write them, laid down by bulk appends; then the trial is
opened in a fresh process and every participant read. The peer, in the same process: the same rows read and
their JSON parsed, nothing more. Run `python bench/rebuild.py [--participants 5000]`.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from remission.conduct import events as ev
from remission.conduct.writing import to_text
from remission.mrd.result import Denominator, from_flow_counts, from_ngs_counts
from remission.store.ledger import Draft
from remission.terms.actors import Actor, Role
from remission.terms.evidence import Evidence, FileRef
from remission.terms.ids import SampleId, SiteId, SubjectId
from remission.terms.words import Text
from remission.trial.studies import study_files
from remission.trial.trial import By, Trial

EVENTS = 100
BATCH = 5000
SECONDS, MEGABYTES = 20, 500
DAY_ONE = date(2026, 3, 1)
START = datetime(2026, 1, 5, tzinfo=UTC)
FACTS = {
    "birth_date": "2019-05-02", "sex": "female", "induction_start": "2026-03-01", "weight": "21.5",
    "height": "117", "wbc": "12.4", "morphology_all": "yes", "immunophenotype": "B-ALL",
    "sigm_positive": "no", "risk": "intermediate", "consent_understood": "yes", "from_cml": "no",
    "down_syndrome": "no",
    "congenital_disease": "no", "secondary_leukaemia": "no", "cns_status": "CNS1", "epilepsy": "no",
    "immunodeficiency": "no", "metabolic_disease": "no", "heart_insufficiency": "no",
}  # fmt: skip
CRITERIA = [f"I{number}" for number in range(1, 6)] + [f"X{number}" for number in range(1, 11)]


def day(number: int) -> date:
    return DAY_ONE + timedelta(days=number - 1)


def at(number: int) -> datetime:
    return datetime(2026, 3, 1, 4, tzinfo=UTC) + timedelta(days=number - 1)


def life(subject: SubjectId, number: int) -> Iterator[ev.Event]:
    """One participant's events, from consent to the last contact."""
    file = (FileRef(f"{subject}.fcs", f"{number:064x}", 41_000_000),)
    evidence = Evidence("flow counts", "1.0", file)
    counted = (Denominator("nucleated cells", 512_000), Denominator("mononuclear cells", 384_000))
    judgements = tuple(
        ev.Judgement(id, "yes", Text(f"reason of {id} for {subject}", f"{id}：{subject}")) for id in CRITERIA
    )
    d19, d46 = SampleId(f"{subject}-d19"), SampleId(f"{subject}-d46")
    yield ev.Consented(day(16), "guardian", "ICF 1.2")
    yield from (ev.FactRecorded(fact, value, day(17)) for fact, value in FACTS.items())
    yield ev.MarrowTaken(d19, "d19", day(19))
    yield ev.MrdReported(d19, "d19", from_flow_counts(2400, counted, "nucleated cells", evidence), day(21))
    yield from (ev.ListClosed(name, day(26)) for name in ("prior_therapy", "seizures"))
    yield ev.FoundEligible(day(26), judgements)
    yield ev.Enrolled(day(26), number, "intermediate")
    yield ev.DoseOrdered(
        day(28), "course", "blinatumomab", Decimal("12.5"), "ug/d", "full", Decimal("21.5"), Decimal(117),
        Decimal("0.8359"), "Blincyto label (2025)",
    )  # fmt: skip
    yield ev.PremedicationGiven("dexamethasone", Decimal("4.18"), "mg", at(29), "first_dose")
    yield ev.InfusionStarted(at(29), "course")
    yield ev.ToxicityReported("T1", "crs", "Immune system disorders", 2, day(30), False, "yes")
    yield ev.InfusionPaused(at(31), "line blocked")
    yield ev.InfusionRestarted(at(31) + timedelta(hours=2), "full")
    yield ev.ToxicityRegraded("T1", 0, day(33))
    yield ev.TreatmentCompleted(at(43) + timedelta(hours=2))
    yield ev.MarrowTaken(d46, "d46", day(46))
    yield ev.MrdReported(d46, "d46", from_flow_counts(0, counted, "nucleated cells", evidence), day(47))
    ngs = from_ngs_counts(1.5, 3_080_000, evidence, loq_templates=10)
    yield ev.MrdReported(d46, "d46", ngs, day(50))
    calls = (ev.EndpointCall("flow_negative", "negative"), ev.EndpointCall("ngs_negative", "positive"))
    yield ev.ResponseAssessed(day(51), calls)
    for visit in range(EVENTS):
        yield ev.FollowedUp(day(60 + 20 * visit), True)


def drafts(participants: int) -> Iterator[Draft]:
    """Day by day for everybody, so that the entries of one participant lie far apart."""
    subjects = [SubjectId.numbered(SiteId(f"{1 + n % 12:02d}"), 1 + n // 12) for n in range(participants)]
    lives = [life(subject, number) for number, subject in enumerate(subjects, start=1)]
    for _ in range(EVENTS):
        for subject, events in zip(subjects, lives, strict=True):
            event = next(events)
            yield Draft(type(event).__name__, to_text(event), subject, subject.site, "Dr Lin", "doctor")


def lay_down(folder: Path, participants: int) -> None:
    files = study_files("nct06607419")
    by = By(Actor("Shen", Role.SPONSOR), START)
    trial = Trial.create(folder, study=files.study, record=files.record, by=by)
    waiting: list[Draft] = []
    for draft in drafts(participants):
        waiting.append(draft)
        if len(waiting) == BATCH:
            trial.ledger.append(waiting, at=START)
            waiting = []
    if waiting:
        trial.ledger.append(waiting, at=START)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rebuild(folder: Path) -> None:
    """In a process of its own: rebuild, and print seconds, megabytes, participants and events as JSON."""
    trial = Trial.open(folder)
    begun = time.perf_counter()
    known = trial.participants()
    taken, memory = time.perf_counter() - begun, peak_mb()
    events = sum(len(participant.history) for participant in known.values())
    begun = time.perf_counter()
    for entry in trial.ledger.entries():
        json.loads(entry.payload)
    peer = time.perf_counter() - begun
    print(json.dumps([taken, memory, len(known), events, peer]))


def main(participants: int, folder: Path) -> int:
    begun = time.perf_counter()
    lay_down(folder, participants)
    print(f"laid down in {time.perf_counter() - begun:.0f} s (not measured)", file=sys.stderr)
    said = subprocess.run(
        [sys.executable, __file__, "--of", str(folder)], capture_output=True, text=True, check=True
    )
    taken, memory, known, events, peer = json.loads(said.stdout)
    print(f"rebuild {known} participants from {events} events: {taken:6.1f} s   (asked: <= {SECONDS})")
    print(f"read the rows and parse their JSON, no more:       {peer:6.1f} s   (ratio {taken / peer:.1f})")
    print(f"peak memory:                                       {memory:6.0f} MB  (asked: <= {MEGABYTES})")
    return int(taken > SECONDS or memory > MEGABYTES)


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--participants", type=int, default=5000)
    words.add_argument("--of", type=Path, help="rebuild the trial in this folder")
    given = words.parse_args()
    if given.of is not None:
        rebuild(given.of)
    else:
        with tempfile.TemporaryDirectory() as made:
            sys.exit(main(given.participants, Path(made) / "trial"))
