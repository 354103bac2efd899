"""The flow, answered by hand through every sequence of answers; and broken copies of it, each of which is caught."""

from __future__ import annotations

import pytest

from tests.protocol.by_hand.broken import booking, doubt, evidence, noes, rebooking, reconciling
from tests.protocol.by_hand.evidence import a_flow
from tests.protocol.by_hand.scenarios import LONG, SCENARIOS, SHORT
from tests.protocol.by_hand.sequences import every_sequence, sequences_of
from tests.protocol.copies import caught

MUTANTS = {
    name: mutant
    for each in (booking, noes, doubt, reconciling, rebooking, evidence)
    for name, mutant in each.MUTANTS.items()
}


def test_no_sequence_of_answers_breaks_a_promise() -> None:
    """The laws of `by_hand.laws`, in every sequence, and in two more tries with what each has left on record."""
    assert every_sequence(a_flow()) >= 10_000


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_flow_is_caught(what: str) -> None:
    with caught(mutant := MUTANTS[what]):
        sequences_of(SCENARIOS[mutant.scenario], a_flow(*mutant.changes))


def test_no_two_scenarios_have_one_name_and_no_two_mutants() -> None:
    assert len(SCENARIOS) == len(SHORT) + len(LONG)
    assert len(MUTANTS) == sum(len(each.MUTANTS) for each in (booking, noes, doubt, reconciling, rebooking, evidence))
