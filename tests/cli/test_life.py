"""A child's whole life, and a trial's, through the command line only."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from remission.cli.words import instant

STUDY = "nct06607419"
SITE = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(SITE).replace(hour=9, minute=0, second=0, microsecond=0)
DAY_ONE = TODAY - timedelta(days=119)
CHILD = "03-001"
ANSWERS = {
    "birth_date": (DAY_ONE - timedelta(days=2600)).date().isoformat(),
    "sex": "female",
    "induction_start": DAY_ONE.date().isoformat(),
    "wbc": "12.5",
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
    "weight": "21.5",
    "height": "115",
}


def on(day: int) -> str:
    return (DAY_ONE + timedelta(days=day - 1)).date().isoformat()


def at(day: int, hour: int) -> str:
    return f"{on(day)}T{hour:02d}:00"


class Ward:
    """A site's desk: the command line, on a given protocol day."""

    def __init__(self, done: Callable, remission: Callable, clock: Callable, raw: Path) -> None:
        self.done, self.remission, self._clock, self.raw = done, remission, clock, raw

    def it_is(self, day: int, hour: int = 18) -> None:
        self._clock(DAY_ONE + timedelta(days=day - 1, hours=hour - 9))

    def child(self, noun: str, verb: str, *words: object) -> dict:
        return self.done(noun, verb, CHILD, *words, "--json").json

    def refused(self, *words: object) -> str:
        answer = self.remission(*words)
        assert (answer.status, answer.out) == (1, ""), answer
        assert "\n  where: " in answer.err and "\n  do:    " in answer.err
        return answer.err

    def admit(self) -> None:
        self.it_is(1)
        self.done("site", "activate", "03")
        signed = ("--signed-by", "guardian", "--form", "2")
        registered = self.done(
            "participant", "consent", "--site", "03", "--on", on(1), *signed, "--json"
        ).json
        assert (registered["participant"], registered["stage"]) == (CHILD, "screening")
        self.it_is(20)
        for fact, value in ANSWERS.items():
            self.child("participant", "answer", fact, value, "--on", on(20))
        for name in ("seizures", "prior_therapy"):
            self.child("participant", "close-list", name, "--up-to", on(20))
        self.child("sample", "taken", "--point", "d19", "--sample", "m19", "--on", on(19))
        self.result("flow", "m19", 20, "--found", 120, "--examined", "nucleated cells=500000")
        self.child("participant", "decide", "--on", on(20))
        assert self.child("participant", "enrol", "--on", on(20))["stage"] == "enrolled"

    def result(self, method: str, sample: str, day: int, *counts: object) -> dict:
        words = ("--sample", sample, "--on", on(day), "--method-version", "1", "--file", self.raw)
        return self.child("sample", method, *words, "--role", "laboratory", *counts)

    def start(self) -> None:
        self.it_is(29)
        self.child("treatment", "order", "--on", on(29), "--step", "course")
        self.child("treatment", "premedicate", "--at", at(29, 8), "--before", "first_dose")
        self.child("treatment", "start", "--at", at(29, 9), "--step", "course")


@pytest.fixture
def ward(
    done: Callable, remission: Callable, clock: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Ward:
    raw = tmp_path / "m.fcs"
    raw.write_bytes(b"FCS3.1 raw")
    desk = Ward(done, remission, clock, raw)
    desk.it_is(1, 8)
    done("trial", "create", STUDY, tmp_path / "trial")
    monkeypatch.setenv("REMISSION_TRIAL", str(tmp_path / "trial"))
    return desk


def test_a_child_is_held_until_everything_is_known(ward: Ward) -> None:
    ward.it_is(1)
    consent = (
        "participant",
        "consent",
        "--site",
        "03",
        "--on",
        on(1),
        "--signed-by",
        "guardian",
        "--form",
        "2",
    )
    assert "activate the site first" in ward.refused(*consent)
    ward.done("site", "activate", "03")
    ward.done(*consent)
    due = ward.child("participant", "due")["due"]
    assert {"weight", "risk", "birth_date"} <= {item["fact"] for item in due}
    assert "answer weight" in ward.done("participant", "due", CHILD).out
    verdict = ward.child("participant", "judge", "--on", on(1))
    assert verdict["admits"] == "unknown" and {one["admits"] for one in verdict["criteria"]} == {"unknown"}
    assert "Date of birth (site)" in ward.refused("participant", "decide", CHILD, "--on", on(1))
    assert "weight" in ward.refused("participant", "answer", CHILD, "wieght", "12", "--on", on(1))
    assert "is in the future" in ward.refused("participant", "answer", CHILD, "weight", "12", "--on", on(9))


def test_one_life_from_consent_to_relapse(ward: Ward) -> None:
    ward.admit()
    no_order = ward.refused("treatment", "start", CHILD, "--at", at(20, 10), "--step", "course")
    assert "remission treatment order" in no_order
    ward.start()
    bags = ward.child("treatment", "bags", "--hours", 24, "--hours", 96)["bags"]
    assert sum(float(bag["run_hours"]) for bag in bags) == 336 - 9
    ward.it_is(31)
    crs = ("--fever", "--hypotension", "--vasopressors", 1, "--no-vasopressin", "--oxygen", "none")
    unclear = ward.refused("toxicity", "crs", CHILD, "--id", "crs-1", "--began", on(31), "--fever")
    assert "say what was seen of" in unclear
    seen = ward.child(
        "toxicity", "crs", "--id", "crs-1", "--began", on(31), *crs, "--attributable", "--serious"
    )
    assert (seen["grade"], seen["action"]) == (3, "hold")
    ward.child("treatment", "pause", "--at", at(31, 12), "--why", "CRS", "--toxicity", "crs-1")
    restart = ("--at", at(32, 12), "--level", "low")
    ward.it_is(32)
    assert "grade 3, above 1" in ward.refused("treatment", "restart", CHILD, *restart)
    ward.child("toxicity", "regrade", "--id", "crs-1", "--grade", 1, "--on", on(32))
    low = ward.child("treatment", "order", "--on", on(32), "--step", "course", "--level", "low")
    assert (low["amount"], low["level"]) == ("4.1", "low")
    given = ward.child("treatment", "premedicate", "--at", at(32, 11), "--before", "restart")["given"]
    assert given == [{"drug": "dexamethasone", "amount": "4.14", "unit": "mg"}]
    assert ward.child("treatment", "restart", *restart)["stage"] == "on_treatment"
    icans = ("--score", "capd", "--points", 5, "--awakening", "awake", "--seizure", "none", "--no-weakness")
    said = ward.child(
        "toxicity", "icans", "--id", "n-1", "--began", on(32), *icans, "--oedema", "none", "--attributable"
    )
    assert (said["grade"], said["action"]) == (1, "continue")
    liver = ward.child(
        "toxicity", "report", "--id", "l-1", "--term", "liver", "--grade", 2, "--began", on(32)
    )
    assert liver["action"] == "continue"
    fall = ("toxicity", "report", CHILD, "--id", "f-1", "--term", "fall", "--grade", 1, "--began", on(32))
    assert "no rule for 'fall'; its words are: crs, neurologic" in ward.done(*fall).err
    fit = (
        "toxicity",
        "report",
        CHILD,
        "--id",
        "s-1",
        "--term",
        "convulsion",
        "--grade",
        1,
        "--began",
        on(32),
    )
    assert "'convulsion': by the study's rules for neurologic" in ward.done(*fit).err
    worse = ward.child("toxicity", "regrade", "--id", "f-1", "--grade", 3, "--on", on(32))
    assert (worse["grade"], worse["action"]) == (3, "hold")
    ward.child("toxicity", "regrade", "--id", "f-1", "--grade", 0, "--on", on(32))
    ward.it_is(39)
    ward.child("treatment", "premedicate", "--at", at(39, 12), "--before", "step_up")
    ward.child("treatment", "escalate", "--at", at(39, 13))
    ward.child("toxicity", "deviation", "--on", on(39), "--rule", "visit", "--what", "no weight", "--minor")
    assert "h were infused" in ward.refused("treatment", "complete", CHILD, "--at", at(39, 14))
    ward.it_is(44)
    assert ward.child("treatment", "complete", "--at", at(44, 12))["stage"] == "treatment_ended"
    assert ward.child("treatment", "course")["pauses"] == 2
    ward.it_is(48)
    late = ("sample", "taken", "--point", "d46", "--sample", "m43", "--on", on(43))
    assert "outside the window of d46, days 44 to 50" in ward.refused(late[0], late[1], CHILD, *late[2:])
    ward.child(*late, "--deviation", "holiday")
    ward.child("sample", "taken", "--point", "d46", "--sample", "m46", "--on", on(46))
    both = ("--examined", "nucleated cells=500000", "--examined", "mononuclear=400000")
    ward.result("flow", "m46", 47, "--found", 2, *both, "--flag", "cd19-independent-gate")
    words = ("sample", "ngs", CHILD, "--sample", "m46", "--on", on(48), "--role", "laboratory")
    half = ward.remission(*words, "--templates", 0, "--cells", 3080000)
    assert half.status == 2 and "either measured or counted" in half.err
    twice = ward.remission(
        *words, "--templates", 0, "--cells", 1, "--method-version", 1, "--measured", ward.raw
    )
    assert twice.status == 2 and "either measured or counted" in twice.err
    assert "where: " in ward.refused(*words, "--measured", ward.raw)
    assert "cannot be read" in ward.refused(*words, "--measured", ward.raw.with_name("none.json"))
    ward.result("ngs", "m46", 48, "--templates", 0, "--cells", 3080000)
    assert ward.child("participant", "assess", "--on", on(48))["stage"] == "follow_up"
    ward.it_is(120)
    ward.child("participant", "follow-up", "--on", on(120), "--remission", "yes")
    ward.child("participant", "relapse", "--on", on(120), "--place", "marrow")
    history = ward.child("participant", "show")["history"]
    assert history[-1]["kind"] == "Relapsed"
    calls = next(item["event"]["calls"] for item in history if item["kind"] == "ResponseAssessed")
    assert {call["call"] for call in calls} == {"negative"}
    _read_the_trial(ward)


def _read_the_trial(ward: Ward) -> None:
    listed = ward.done("participant", "list", "--json").json["participants"]
    assert [(one["participant"], one["stage"]) for one in listed] == [(CHILD, "follow_up")]
    assert ward.done("participant", "list", "--stage", "screening").out == "no participant\n"
    checked = ward.done("trial", "verify", "--json").json
    assert checked["files"] == 3 and len(checked["head"]) == 64
    assert ward.done("trial", "results", "--json").json["resultsSection"]
    assert "100.0 %" in ward.done("trial", "results").out
    rate = "endpoint.flow_negative.itt.rate"
    assert f"{rate} = 100.0 %" in ward.done("trial", "results", "--numbers").out
    assert ward.done("trial", "results", "--numbers", "--json").json["numbers"][rate]["value"] == 1
    chain = ward.done("trial", "why", rate)
    assert "file m.fcs, 10 bytes, sha256 " in chain.out
    assert ward.done("trial", "why", rate).out == chain.out
    assert rate in ward.refused("trial", "why", "endpoint.flow_negative.itt.rat")
    cut, _, first, *_ = ward.done("trial", "results", "--language", "zh").out.splitlines()
    assert cut.startswith("数据截至") and "账本截至第" in cut
    assert first == "受试者流程"
    copy = ward.raw.parent / "copy.jsonl"
    said = ward.done("trial", "site-copy", "03", "-o", copy, "--json").json
    assert said["lines"] == len(copy.read_bytes().splitlines())
    assert ward.done("trial", "verify-copy", copy, "--json").json["entries"] == said["lines"] - 2
    short = copy.with_name("short.jsonl")
    short.write_bytes(b"".join(copy.read_bytes().splitlines(keepends=True)[:-1]))
    assert "short.jsonl, line" in ward.refused("trial", "verify-copy", short)
    assert "File exists" in ward.refused("trial", "site-copy", "03", "-o", copy)
    assert "remission site list" in ward.refused("trial", "site-copy", "99", "-o", f"{copy}.99")
    assert not Path(f"{copy}.99").exists()
    sites = ward.done("site", "list", "--json").json["sites"]
    assert {one["site"]: one["participants"] for one in sites}["03"] == 1


def test_a_wrong_entry_is_corrected_by_field_and_stays_readable_as_of_before(ward: Ward) -> None:
    ward.admit()
    ward.it_is(21)
    weight = next(
        item for item in ward.child("participant", "show")["history"] if item["event"].get("fact") == "weight"
    )
    correct = ("participant", "correct", CHILD, weight["entry"], "--reason", "typing error")
    answer = ward.done(*correct, "--set", "value=20.5", "--json").json
    assert answer["entry"] > weight["entry"] and answer["event"] == "FactRecorded"
    now = ward.done("participant", "show", CHILD).out
    assert "value 20.5" in now and "value 21.5" not in now and "typing error" in now
    before = ward.done("participant", "show", CHILD, "--as-of", at(20, 23) + "+08:00").out
    assert "value 21.5" in before and "value 20.5" not in before
    assert ward.remission(*correct).status == 2
    assert ward.remission(*correct, "--set", "valeu=1").status == 2
    whole = json.dumps({"fact": "height", "value": "114", "on": on(20), "evidence": None})
    height = next(
        item for item in ward.child("participant", "show")["history"] if item["event"].get("fact") == "height"
    )
    ward.done("participant", "correct", CHILD, height["entry"], "--reason", "again", "--event", whole)
    assert "value 114" in ward.done("participant", "show", CHILD).out


def test_an_entry_that_should_not_be_is_voided_but_an_enrolment_is_not(ward: Ward) -> None:
    ward.admit()
    ward.it_is(21)
    ward.child("toxicity", "report", "--id", "t", "--term", "other", "--grade", 1, "--began", on(21))
    entry = ward.child("participant", "show")["history"][-1]["entry"]
    voided = ward.child("participant", "void", entry, "--reason", "another child's")
    assert (voided["event"], voided["stage"]) == ("Voided", "enrolled") and voided["entry"] == entry + 1
    assert "toxicity reported" not in ward.done("participant", "show", CHILD).out
    enrolled = next(i for i in ward.child("participant", "show")["history"] if i["kind"] == "Enrolled")
    ward.refused("participant", "void", CHILD, enrolled["entry"], "--reason", "no")


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        (("withdraw", "--scope", "treatment", "--why", "family", "--who", "guardian"), "treatment_ended"),
        (("withdraw", "--scope", "study", "--why", "family", "--who", "guardian"), "off"),
        (("ineligible", "--criterion", "X5", "--why", "CNS3 found"), "on_treatment"),
        (("died", "--cause", "treatment"), "off"),
        (("lost", "--last-seen", on(30)), "lost"),
        (("second-cancer", "--what", "AML"), "treatment_ended"),
    ],
)
def test_a_life_may_turn(ward: Ward, words: tuple[str, ...], stage: str) -> None:
    ward.admit()
    ward.start()
    ward.it_is(31)
    verb, *rest = words
    assert ward.child("participant", verb, "--on", on(31), *rest)["stage"] == stage


def test_a_course_may_be_missed_or_stopped(ward: Ward) -> None:
    ward.admit()
    ward.start()
    ward.it_is(30)
    stopped = ward.child("treatment", "stop", "--at", at(30, 9), "--why", "family", "--against-protocol")
    assert stopped["stage"] == "treatment_ended"
    ward.it_is(50)
    assert ward.child("sample", "missed", "--point", "d46", "--on", on(50), "--why", "refused")
    ward.refused("participant", "end-follow-up", CHILD, "--on", on(50))


def test_times_are_the_hospitals_unless_they_say_otherwise(ward: Ward) -> None:
    ward.admit()
    ward.it_is(29)
    ward.child("treatment", "order", "--on", on(29), "--step", "course")
    ward.child("treatment", "premedicate", "--at", f"{on(29)}T00:30Z", "--before", "first_dose")
    ward.child("treatment", "start", "--at", at(29, 9), "--step", "course")
    history = ward.child("participant", "show")["history"]
    started = next(item["event"]["at"] for item in history if item["kind"] == "InfusionStarted")
    assert started == f"{on(29)}T01:00:00.000000Z"
    said = ward.done("participant", "show", CHILD).out
    assert f"premedication given: drug dexamethasone, amount 4.14, unit mg, at {on(29)} 08:30" in said
    fall_back = ZoneInfo("America/New_York")
    with pytest.raises(Exception, match="is not a time"):
        instant("2024-11-03T01:30", fall_back)
    assert instant("2024-11-03T01:30-04:00", fall_back).utcoffset() == timedelta(hours=-4)
