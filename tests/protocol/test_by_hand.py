"""The flow, answered by hand through every sequence of answers; and broken copies of it, each of which is caught."""

from __future__ import annotations

import pytest

from tests.protocol.by_hand.evidence import a_flow
from tests.protocol.by_hand.scenarios import LONG, SCENARIOS, SHORT
from tests.protocol.by_hand.sequences import every_sequence, sequences_of
from tests.protocol.copies import caught
from tests.protocol.mutants.of_flows import MUTANTS

BROKEN = {name: (*pin, mutant.changes) for name, mutant in MUTANTS.items() if (pin := mutant.by_hand)}


def test_no_sequence_of_answers_breaks_a_promise() -> None:
    """The laws hold in every sequence, and in two more tries with what each has left on record."""
    assert every_sequence(a_flow()) >= 10_000


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_flow_is_caught(what: str) -> None:
    law, scenario, changes = BROKEN[what]
    with caught(law):
        sequences_of(SCENARIOS[scenario], a_flow(*changes))


def test_no_two_scenarios_have_one_name() -> None:
    assert len(SCENARIOS) == len(SHORT) + len(LONG)
