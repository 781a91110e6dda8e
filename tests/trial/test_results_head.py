"""Results name the last entry of the ledger that was read, now and as of an instant."""

from remission.trial import reading


def test_results_carry_the_head_of_the_ledger_they_were_read_from(ward) -> None:
    trial = ward("screening")
    trial.answer("weight", "24", on=22)
    found = reading.results(trial.trial)
    last = list(trial.trial.ledger.entries())[-1]
    assert found.head is not None
    assert (found.head.seq, found.head.hash) == (last.seq, last.hash)
    assert found.head.hash == reading.verify(trial.trial).head
    then = reading.results(trial.trial, as_of=trial.at(20)).head
    before = list(trial.trial.ledger.entries(until=trial.at(20)))[-1]
    assert then is not None
    assert (then.seq, then.hash) == (before.seq, before.hash)
    assert then.seq < found.head.seq
    assert last.hash in found.cut.en
