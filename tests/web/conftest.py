"""An empty trial; one played by hand: treated, on treatment, in screening, not eligible; one measured."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from remission.conduct import events as ev
from remission.mrd.ngs.clonotype import Clonotype, Index, IndexClone, Uniqueness
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.index_json import write_index
from remission.mrd.ngs.measure import measure
from remission.mrd.ngs.measured import Foreign, Measured
from remission.mrd.ngs.measured_json import write_measured
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Sighting, Tally, Target, TargetCount, Tier, Tolerance
from remission.mrd.result import Denominator, Method
from remission.terms.actors import Actor, Role
from remission.terms.days import date_of
from remission.terms.evidence import Evidence, FileRef
from remission.terms.ids import SampleId, SiteId, SubjectId
from remission.terms.words import Text
from remission.trial import admission, closing, laboratory, treatment, vigilance
from remission.trial.studies import study_files
from remission.trial.trial import By, Trial
from remission.web.desk import DESK, Desk
from remission.web.site import configure

if TYPE_CHECKING:
    from selenium import webdriver

DAY_ONE = date(2026, 3, 1)
SITE = SiteId("01")
ANSWERS = {
    "birth_date": "2019-05-02",
    "sex": "female",
    "weight": "21.5",
    "height": "117",
    "wbc": "12.4",
    "morphology_all": "yes",
    "immunophenotype": "B-ALL",
    "sigm_positive": "no",
    "risk": "intermediate",
    "consent_understood": "yes",
    "from_cml": "no",
    "down_syndrome": "no",
    "congenital_disease": "no",
    "secondary_leukaemia": "no",
    "cns_status": "CNS1",
    "epilepsy": "no",
    "immunodeficiency": "no",
    "metabolic_disease": "no",
    "heart_insufficiency": "no",
}


SEQUENCE = "TGTGCGAGAGATCGGGTTCTATTACGATATTTTGACTGGCAACTGGTTCGACCCCTGGGGC"
TABLE = "\n".join(
    [
        "sequence_id\tsequence\tduplicate_count\trepertoire_id",
        f"a\tAC{SEQUENCE}GT\t900\t01-001-d1",
        *(f"b{rank}\tACGTACGT\t{300 // rank}\t01-001-d1" for rank in range(1, 40)),
    ]
)


def at(day: int, hour: int = 4) -> datetime:
    """An hour of a protocol day, UTC."""
    on = date_of(day, DAY_ONE)
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def by(day: int, role: Role = Role.DOCTOR, hour: int = 10) -> By:
    site = SITE if role in (Role.DOCTOR, Role.COORDINATOR) else None
    return By(Actor(f"<i>Li</i> & {role}", role, site), at(day, hour))


def create(folder: Path, *, simulated: bool, study: str = "nct06607419") -> Trial:
    files = study_files(study)
    opened = By(Actor("Shen", Role.SPONSOR), datetime(2026, 1, 5, tzinfo=UTC))
    return Trial.create(folder, study=files.study, record=files.record, by=opened, simulated=simulated)


def admit(trial: Trial, **changed: str) -> SubjectId:
    """A child with day-1 answers, one weight corrected, and a day-19 marrow."""
    subject = admission.consent(
        trial, by(16), SITE, on=date_of(16, DAY_ONE), signed_by="guardian", form="ICF 1.2"
    )
    admission.answer(trial, by(16), subject, "induction_start", DAY_ONE.isoformat(), on=DAY_ONE)
    for fact, value in {**ANSWERS, **changed}.items():
        admission.answer(trial, by(17), subject, fact, value, on=date_of(17, DAY_ONE))
    laboratory.take_marrow(
        trial, by(19), subject, sample=SampleId(f"{subject}-d19"), point="d19", on=date_of(19, DAY_ONE)
    )
    return subject


def decide(trial: Trial, subject: SubjectId, folder: Path) -> None:
    flow(trial, subject, "d19", found=2400, cells=512_000, folder=folder, day=21)
    for name in ("prior_therapy", "seizures"):
        admission.close_list(trial, by(26), subject, name, as_of=date_of(26, DAY_ONE))
    admission.decide(trial, by(26), subject, on=date_of(26, DAY_ONE))


def flow(
    trial: Trial, subject: SubjectId, point: str, *, found: int, cells: int, folder: Path, day: int
) -> None:
    raw = folder / f"{subject}-{point}.fcs"
    raw.write_bytes(f"FCS of {subject} at {point}".encode())
    laboratory.report_flow(
        trial, by(day, Role.LABORATORY), subject, sample=SampleId(f"{subject}-{point}"), found=found,
        examined=[Denominator("nucleated cells", cells), Denominator("mononuclear cells", cells * 3 // 4)],
        primary="nucleated cells", files=laboratory.keep_files(trial, [raw]), on=date_of(day, DAY_ONE),
        method_version="1.0", flags=["cd19-independent-gate"],
    )  # fmt: skip


def begin(trial: Trial, subject: SubjectId) -> None:
    admission.enrol(trial, by(26), subject, on=date_of(26, DAY_ONE))
    treatment.order_dose(trial, by(28), subject, on=date_of(28, DAY_ONE), step="course")
    treatment.premedicate(trial, by(29), subject, at=at(29, 1), before="first_dose")
    treatment.start(trial, by(29), subject, at=at(29, 2), step="course")


def finish(trial: Trial, subject: SubjectId, folder: Path) -> None:
    """Treated to the end, day-46 marrow, both results, the response assessed."""
    treat(trial, subject, folder)
    sequence(trial, subject, folder)
    closing.assess_response(trial, by(51), subject, on=date_of(51, DAY_ONE))


def treat(trial: Trial, subject: SubjectId, folder: Path) -> None:
    vigilance.report_toxicity(
        trial, by(31), subject, id="T1", term="crs", system="Immune system disorders", grade=2,
        began=date_of(30, DAY_ONE), serious=False, related="yes",
    )  # fmt: skip
    treatment.pause(trial, by(31), subject, at=at(31, 2), why="line blocked")
    treatment.restart(trial, by(31), subject, at=at(31, 5))
    vigilance.regrade(trial, by(33), subject, id="T1", grade=0, on=date_of(33, DAY_ONE))
    treatment.complete(trial, by(43), subject, at=at(43, 5))
    laboratory.take_marrow(
        trial, by(46), subject, sample=SampleId(f"{subject}-d46"), point="d46", on=date_of(46, DAY_ONE)
    )
    flow(trial, subject, "d46", found=0, cells=1_050_000, folder=folder, day=47)


def sequence(trial: Trial, subject: SubjectId, folder: Path) -> None:
    raw = folder / f"{subject}.fastq"
    raw.write_bytes(b"@read")
    laboratory.report_ngs(
        trial, by(50, Role.LABORATORY), subject, sample=SampleId(f"{subject}-d46"), templates=1.5,
        cells=3_080_000, files=laboratory.keep_files(trial, [raw]), on=date_of(50, DAY_ONE),
        method_version="1.0",
    )  # fmt: skip


def play(folder: Path, raw: Path) -> None:
    """01-001 in follow-up, 01-002 on treatment, 01-003 in screening, 01-004 not eligible."""
    trial = create(folder, simulated=True)
    trial.activate_site(By(Actor("Shen", Role.SPONSOR), datetime(2026, 1, 6, tzinfo=UTC)), SITE)
    subjects = [admit(trial), admit(trial, risk="low"), admit(trial), admit(trial, cns_status="CNS3")]
    wrong = next(
        item for item in trial.raw(subjects[0])
        if isinstance(item.event, ev.FactRecorded) and item.event.fact == "weight"
    )  # fmt: skip
    right = ev.FactRecorded("weight", "22.5", wrong.event.on)
    trial.correct(by(18), subjects[0], wrong.ref.seq, right, reason="scale <misread>")
    for subject in (subjects[0], subjects[1], subjects[3]):
        decide(trial, subject, raw)
    for subject in subjects[:2]:
        begin(trial, subject)
    finish(trial, subjects[0], raw)


def part(name: str, start: int, end: int) -> Part:
    return Part((f"{name}*01",), start, end, 0, end - start, 0, 0, 0)


def index_clone(name: str, sequence: str) -> IndexClone:
    rearrangement = Rearrangement(
        Locus(name[:3]), Kind.V_D_J, part("IGHV3-23", 0, 14), (part("IGHD3-9", 19, 39),),
        part("IGHJ5", 41, len(sequence)), (0, len(sequence)), True, False,
    )  # fmt: skip
    clonotype = Clonotype(sequence, rearrangement, (0, len(sequence)), 900, 880)
    return IndexClone(name, clonotype, 0.4, name, None, Uniqueness(6, 3, 1e-4, "normal"))


CLONES = (index_clone("IGH-1", SEQUENCE), index_clone("IGH-2", SEQUENCE[::-1]))


def index_of(*clones: IndexClone) -> Index:
    evidence = Evidence("ngs index", "1", (FileRef("d1.fastq", "1" * 64, 9),), simulated=True)
    return Index("01-001-d1", clones, 1_000, {Fate.CLONOTYPE: 1_000}, "share > 5 %", "ogrdb", evidence)


def counted(clone: IndexClone, seen: tuple[Sighting, ...], neighbours: int) -> TargetCount:
    why = Text("the nearest other clonotype is <6> away", "最近者相差<6>处")
    exact = sum(one.reads for one in seen if one.substitutions == 0)
    tolerated = sum(one.reads for one in seen if one.belongs) - exact
    target = Target("01-001-d1", clone.name, Tier.EXACT, "IGH", clone.window)
    return TargetCount(target, exact, tolerated, neighbours, Tolerance(2, 1, why), seen)


def measurement(files: tuple[FileRef, ...]) -> Measured:
    """IGH-1 in 20 reads of two kinds, IGH-2 unseen, another sample's clone where it does not belong."""
    spikes = tuple(Spike(f"SP{n}", Locus.IGH, 250.0, f"{n:040b}", f"{n:040b}") for n in range(4))
    spikes = tuple(
        replace(spike, window=spike.window.replace("0", "A").replace("1", "C")) for spike in spikes
    )
    none = Tolerance(2, 1, Text("spike", "内参"))
    seen = (Sighting(SEQUENCE, 15, 0, 0, True), Sighting(SEQUENCE[:-1] + "A", 5, 1, 0, True))
    counts = [counted(CLONES[0], seen, 7), counted(CLONES[1], (), 0)]
    for spike, reads in zip(spikes, (2_200, 2_300, 2_250, 2_250), strict=True):
        target = Target("", spike.name, Tier.SPIKE, "IGH", spike.window)
        counts.append(TargetCount(target, reads, 0, 0, none, ()))
    tally = Tally("01-001-d46", tuple(counts), {Fate.INDEX: 20, Fate.SPIKE: 9_000, Fate.OTHER: 30_980})
    foreign = (
        Foreign("03-004-d46", "IGH-7", 900, 3.2, True), Foreign("05-001-d46", "IGK-1", 2, 3.2, False),
        Foreign("07-001-d46", "IGK-9", 80, 1.0, False, shared=True),
    )  # fmt: skip
    return measure(
        index_of(*CLONES), tally, spikes, 20_000, threshold=Fraction("0.000001"),
        required_lod=Fraction("0.000001"), backgrounds={}, foreign=foreign,
        evidence=Evidence("ngs track", "1", files, simulated=True),
    )  # fmt: skip


def sequence_for_real(trial: Trial) -> None:
    files = tuple(
        trial.files.keep(BytesIO(content), name)
        for name, content in (
            ("R1.fastq", b"@1\nA\n+\nI\n"),
            ("index.json", write_index(index_of(*CLONES)).encode()),
            ("x.json", b"{}"),
            ("other.tsv", b"sample\tsequence\na\tb\n"),
            ("clonotypes.tsv", TABLE.encode()),
        )
    )  # fmt: skip
    laboratory.report_measured(
        trial, by(50, Role.LABORATORY), SubjectId("01-001"), sample=SampleId("01-001-d46"),
        measured=write_measured(measurement(files[:2])).encode(), name="result.json", files=files,
        on=date_of(50, DAY_ONE), flags=["repeat"],
    )  # fmt: skip


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """01-001 with a measured day-46 sample, 01-002 with counts only, 01-003 waiting for a result."""
    place, raw = tmp_path_factory.mktemp("sampled") / "trial", tmp_path_factory.mktemp("raw")
    trial = create(place, simulated=True)
    trial.activate_site(By(Actor("Shen", Role.SPONSOR), datetime(2026, 1, 6, tzinfo=UTC)), SITE)
    subjects = [admit(trial) for _ in range(3)]
    decide(trial, subjects[0], raw)
    begin(trial, subjects[0])
    treat(trial, subjects[0], raw)
    laboratory.report_flow(
        trial, by(21, Role.LABORATORY), subjects[1], sample=SampleId("01-002-d19"), found=40,
        examined=[Denominator("nucleated cells", 500_000)], primary="nucleated cells", files=[],
        on=date_of(21, DAY_ONE), method_version="1.0",
    )  # fmt: skip
    sequence_for_real(trial)
    return place


@pytest.fixture(scope="session")
def marrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SIMULATED marrow of 40,000 events with 1 % of blasts that lost CD19, as an FCS file."""
    import numpy as np

    from remission.mrd.flow.fcs.writing import write_fcs
    from remission.rehearsal.cytometry.clones import clone_of
    from remission.rehearsal.cytometry.simulate import simulate
    from remission.rehearsal.cytometry.spec import Cd19, Look, Marrow, MarrowSpec

    numbers = np.random.default_rng(3)
    clone = clone_of(Look.TYPICAL, Cd19.LOST, numbers)
    made = simulate(MarrowSpec(Marrow.BLINATUMOMAB, 40_000, clone, 0.01), numbers)
    path = tmp_path_factory.mktemp("marrow") / "SIMULATED-S1.fcs"
    with path.open("wb") as file:
        write_fcs(file, made.events, labels=made.labels, ranges=made.ranges, keywords=made.keywords)
    return path


@pytest.fixture(scope="session")
def received(tmp_path_factory: pytest.TempPathFactory, marrow: Path) -> Path:
    """A trial: of 01-001 a flow file was received; of 01-002 one that is none; of 01-003 nothing yet."""
    place, raw = tmp_path_factory.mktemp("received") / "trial", tmp_path_factory.mktemp("raw")
    trial = create(place, simulated=True)
    trial.activate_site(By(Actor("Shen", Role.SPONSOR), datetime(2026, 1, 6, tzinfo=UTC)), SITE)
    subjects = [admit(trial) for _ in range(3)]
    broken = raw / "broken.fcs"
    broken.write_bytes(b"FCS3.1 and nothing else")
    for subject, path in zip(subjects, (marrow, broken), strict=False):
        laboratory.receive_files(
            trial, by(20, Role.LABORATORY), subject, sample=SampleId(f"{subject}-d19"), method=Method.FLOW,
            files=laboratory.keep_files(trial, [path]), on=date_of(20, DAY_ONE),
        )  # fmt: skip
    return place


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small trial; read it, write elsewhere."""
    folder = tmp_path_factory.mktemp("small") / "trial"
    play(folder, tmp_path_factory.mktemp("raw"))
    return folder


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trial just opened."""
    folder = tmp_path_factory.mktemp("empty") / "trial"
    create(folder, simulated=False)
    return folder


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trial of quite another study, with one child in screening."""
    folder = tmp_path_factory.mktemp("other") / "trial"
    trial = create(folder, simulated=True, study="nct03441061")
    site = trial.study.sites[0].id
    trial.activate_site(By(Actor("Shen", Role.SPONSOR), datetime(2026, 1, 6, tzinfo=UTC)), site)
    by_doctor = By(Actor("Li", Role.DOCTOR, site), datetime(2026, 3, 17, 20, tzinfo=UTC))
    admission.consent(trial, by_doctor, site, on=date(2026, 3, 16), signed_by="participant", form="1")
    return folder


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """The folder of a trial just opened, to write in."""
    create(tmp_path / "trial", simulated=False)
    return tmp_path / "trial"


@pytest.fixture(scope="session")
def pages() -> Callable[[Path], Client]:
    """A client of the pages of a trial."""
    configure()
    desks: dict[Path, Desk] = {}

    def client(folder: Path) -> Client:
        desk = desks.setdefault(folder, Desk(folder))
        return Client(**{DESK: desk, "SERVER_NAME": "localhost"})

    return client


BROWSER_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator["webdriver.Chrome"]:
    """A Chromium of its own for each file of tests; they skip where there is none."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium") or shutil.which("google-chrome"))
        for flag in (*BROWSER_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(str(shutil.which("chromedriver"))))
        yield driver
        driver.quit()
