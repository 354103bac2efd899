"""The protocol against several runs, clocks, crashes, lost answers, sweeps and people at once, and over time.

The flows are the real ones. All that they meet is a model in memory, which knows the truth about every meeting and
checks DESIGN's invariants at each step: see `tests/protocol/model`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.protocol.choices import Broken
from tests.protocol.copies import Copies, caught
from tests.protocol.model.crashes import crashes, every_pair_of_crashes
from tests.protocol.model.evidence_schedules import SCHEDULES
from tests.protocol.model.machine import Bounded, Unbounded
from tests.protocol.mutants.of_flows import MUTANTS

IN_ANY_ORDER = settings(
    max_examples=150,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
WITHOUT_SHRINKING = settings(IN_ANY_ORDER, phases=[Phase.generate], report_multiple_bugs=False)
SEEN = {
    *("planned to sent", "sent to booked", "sent to unknown", "sent to review", "sent to planned", "unknown to review"),
    *("review to planned", "booked to planned"),
}
BY_SCHEDULE = {name: (*pin, mutant.changes) for name, mutant in MUTANTS.items() if (pin := mutant.schedule)}
BY_CRASHES = {name: (*pin, mutant.changes) for name, mutant in MUTANTS.items() if (pin := mutant.crashes)}
FOUND_IN_ANY_ORDER = {
    "winner not compared": Bounded,
    "a booked id overwritten": Bounded,
    "a sent entry booked again": Unbounded,
    "a stale `sent` freed by its age": Unbounded,
    "rebook under the policy hold": Unbounded,
}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_law_is_broken_by_this_schedule(schedule: str) -> None:
    SCHEDULES[schedule](Copies()).laws.at_rest()


@pytest.mark.parametrize("name", BY_SCHEDULE)
def test_a_weaker_protocol_does_not_survive_its_schedule(name: str) -> None:
    law, schedule, changes = BY_SCHEDULE[name]
    with caught(law):
        SCHEDULES[schedule](Copies(*changes)).laws.at_rest()


def test_no_pair_of_crashes_breaks_a_law_or_loses_a_lead(record_property: Callable[[str, object], None]) -> None:
    """After every half of a verb of two tries in a row, under each fault, with both policies and with the log."""
    tally = every_pair_of_crashes(Copies())
    record_property("pairs of crashes", tally.pairs)
    assert tally.singles >= 1_000
    assert tally.pairs >= 40_000
    assert tally.played >= 500
    assert {("hold", "already_booked"), ("hold", "review"), ("rebook", "already_booked")} == set(tally.ends)


@pytest.mark.parametrize("name", BY_CRASHES)
def test_a_weaker_protocol_does_not_survive_two_crashes(name: str) -> None:
    law, scenario, changes = BY_CRASHES[name]
    with caught(law):
        crashes(scenario, Copies(*changes))


@pytest.mark.parametrize("machine", [Bounded, Unbounded])
def test_no_law_is_broken_in_any_order(machine: type[Bounded]) -> None:
    in_order = machine.of(Copies())
    run_state_machine_as_test(in_order, settings=IN_ANY_ORDER)
    assert set(in_order.seen) >= SEEN


@pytest.mark.parametrize("name", FOUND_IN_ANY_ORDER)
def test_a_weaker_protocol_is_found_in_any_order(name: str) -> None:
    broken = Copies(*MUTANTS[name].changes)
    with pytest.raises(Broken):
        run_state_machine_as_test(FOUND_IN_ANY_ORDER[name].of(broken), settings=WITHOUT_SHRINKING)
