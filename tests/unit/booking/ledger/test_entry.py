"""How an entry may change: the table of transitions, a method for each, and the guard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from itertools import product
from typing import Any

import pytest

from airflow_chilipiper.booking.ledger import entry as module
from airflow_chilipiper.booking.ledger.entry import STATES, TRANSITIONS, Entry, State, may_replace
from tests.entries import changed

SENT: Any = {
    "sender": "dag/run/task/0#1",
    "session": "session-1",
    "slot": "2026-11-03T09:30:00Z",
    "sent_at": 1_000.0,
    "no_effect_after": 2_000.0,
    "list_lag": 30.0,
    "policy": "rebook",
    "guest": "g",
    "invited": "i",
    "guest_canonical": "c",
    "pattern": "p",
}
METHODS: dict[str, Callable[[Entry], Entry]] = {
    "about_to_book": lambda entry: entry.to_sent(**SENT),
    "due_again": lambda entry: entry.due_again().to_sent(**SENT),
    "booked": lambda entry: entry.to_booked("m2", at=9.0, reason="why"),
    "freed": lambda entry: entry.to_freed("why"),
    "doubted": lambda entry: entry.to_doubted("why"),
    "for_review": lambda entry: entry.to_review("why"),
    "released": lambda entry: entry.to_released("why"),
    "abandoned": lambda entry: entry.to_abandoned("why"),
}
FACTS: dict[str, dict[str, Any]] = {
    "about_to_book": {**SENT, "attempt": 3, "reason": ""},
    "due_again": {**SENT, "attempt": 3, "reason": "", "meeting_id": None, "booked_at": None, "released": "m1"},
    "booked": {"meeting_id": "m2", "booked_at": 9.0, "reason": "why"},
    "released": {"meeting_id": None, "booked_at": None, "released": "m1", "reason": "why"},
    **{name: {"reason": "why"} for name in ("freed", "doubted", "for_review", "abandoned")},
}


def an_entry(state: State) -> Entry:
    meeting = {"meeting_id": "m1", "booked_at": 5.0} if state == "booked" else {}
    return Entry(key="k", purpose="spring", version="v", state=state, attempt=2, reason="older", **meeting)  # type: ignore[arg-type]


def test_the_table_says_what_the_design_says() -> None:
    """Its section 5; that a booking is due again, and released, is written below the table there."""
    assert {(source, each.to) for each in TRANSITIONS.values() for source in each.sources} == {
        ("planned", "sent"),
        ("booked", "sent"),
        *((state, "booked") for state in STATES if state != "booked"),
        *((state, "planned") for state in ("sent", "unknown", "review", "booked")),
        ("sent", "unknown"),
        ("sent", "review"),
        ("unknown", "review"),
        ("review", "abandoned"),
    }
    assert [name for name, each in TRANSITIONS.items() if not each.compares_versions] == ["booked"]


@pytest.mark.parametrize(("change", "state"), product(TRANSITIONS, STATES))
def test_each_change_has_a_method_that_makes_it_and_no_other(change: str, state: State) -> None:
    entry = an_entry(state)
    if state not in TRANSITIONS[change].sources and change != "due_again":
        with pytest.raises(ValueError, match=f"{change}: not of an entry that is {state}"):
            METHODS[change](entry)
        return
    if change == "due_again" and state != "booked":
        return  # only of a booked one does anybody ask
    after = METHODS[change](entry)
    assert after.version not in (entry.version, METHODS[change](entry).version)
    expected = replace(entry, state=TRANSITIONS[change].to, version=after.version, replaces="v", **FACTS[change])
    assert after == expected


def test_no_method_is_missing() -> None:
    assert METHODS.keys() == FACTS.keys() == TRANSITIONS.keys()
    made = {name for name in vars(Entry) if name.startswith("to_")}
    assert len(made) == len(TRANSITIONS) - 1, "a booking that is due again is recorded as it is sent again"


@pytest.mark.parametrize(("change", "state"), product(TRANSITIONS, STATES))
def test_the_guard_lets_through_what_read_the_current_version_and_a_meeting_over_any_other(
    change: str, state: State
) -> None:
    current, to = an_entry(state), TRANSITIONS[change].to
    if TRANSITIONS[change].compares_versions:
        assert may_replace(current, changed(current, to))
        assert not may_replace(current, changed(replace(current, version="another"), to))
    else:
        stale = changed(replace(current, version="another"), to)
        assert may_replace(current, stale) is (state in TRANSITIONS[change].sources)


def test_what_no_ledger_has_taken_keeps_its_version() -> None:
    entry = an_entry("sent")
    assert entry.not_on_record("unknown", reason="why") == replace(entry, state="unknown", reason="why")


def test_what_is_kept_of_a_call_are_fields_of_the_entry() -> None:
    assert module.Sent.__annotations__.keys() == SENT.keys() <= {field.name for field in fields(Entry)}
