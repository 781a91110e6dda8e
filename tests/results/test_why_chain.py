"""From a number to the checksums of the files."""

from types import SimpleNamespace

import pytest

from remission.errors import NotFound
from remission.protocol.study import Study
from remission.results.analysis import Results, analyse
from remission.results.why import Why, why, why_lines


@pytest.fixture(scope="module")
def results(study: Study, build: SimpleNamespace) -> Results:
    return analyse(study, build.golden(), build.AS_OF)


def checksums(found: Why) -> set[str]:
    own = {
        file.sha256
        for participant in found.participants
        for entry in participant.entries
        if entry.evidence is not None
        for file in entry.evidence.files
    }
    return own.union(*(checksums(part) for part in found.inputs))


def test_a_rate_walks_back_to_the_checksums_of_its_files(results: Results) -> None:
    found = why(results, "endpoint.ngs_negative.itt.rate")
    assert [part.number.id for part in found.inputs] == [
        "endpoint.ngs_negative.itt.responders",
        "endpoint.ngs_negative.itt.n",
    ]
    responders, everyone = found.inputs
    assert [str(participant.subject) for participant in responders.participants] == ["01-001", "01-006"]
    assert len(checksums(responders)) == 2
    # One, two, three, five, six by sequencing; five also by flow, which keeps it as non-responder.
    assert len(checksums(everyone)) == 6
    reported = [e for e in responders.participants[0].entries if e.kind == "MrdReported"]
    assert reported[0].result is not None
    assert reported[0].evidence is not None
    assert (reported[0].evidence.method, reported[0].evidence.version) == ("ngs-clones", "1.0")


def test_every_number_has_a_chain_and_every_chain_prints(results: Results) -> None:
    for id in results.numbers:
        found = why(results, id)
        for language in ("en", "zh"):
            assert why_lines(found, language)[0].startswith(id)


def test_the_files_of_a_basis_are_those_of_its_entries(results: Results) -> None:
    for id, number in results.numbers.items():
        of_bases = {file.sha256 for basis in number.rests_on for file in basis.files}
        own = Why(number, (), why(results, id).participants, False)
        assert of_bases == checksums(own), id


def test_the_text_names_entry_hash_method_setting_and_file(results: Results) -> None:
    text = "\n".join(why_lines(why(results, "endpoint.flow_negative.itt.low.responders")))
    for part in ("rests on 01-001", "MrdReported", "hash ", "flow-gate 2.1", "setting limits", "sha256 "):
        assert part in text


def test_simulated_chains_say_so_first(study: Study, build: SimpleNamespace) -> None:
    simulated = analyse(study, build.golden(), build.AS_OF, simulated=True)
    assert why_lines(why(simulated, "flow.enrolled"))[0] == "SIMULATED DATA"
    assert why_lines(why(simulated, "flow.enrolled"), "zh-CN")[0] == "模拟数据"


def test_an_unknown_number_is_refused_with_the_nearest(results: Results) -> None:
    with pytest.raises(NotFound, match=r"flow\.enroled") as refused:
        why(results, "flow.enroled")
    assert "flow.enrolled" in refused.value.do
