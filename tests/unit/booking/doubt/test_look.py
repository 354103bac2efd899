"""How often and how long the meeting list is looked at."""

from __future__ import annotations

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.booking.doubt.evidence import NONE, Evidence
from airflow_chilipiper.booking.doubt.reconcile import (
    look,
)
from airflow_chilipiper.booking.ledger.entry import Entry
from tests.drive import block
from tests.unit.api.handmade import WALL
from tests.unit.booking.doubt.test_reconcile import (
    BOUNDS,
    FOUND,
    JO,
    REBOOK,
    Lists,
    Slow,
    a_lead,
    a_meeting,
    an_entry,
    reconciled,
)


def looked(lists: Lists, entry: Entry) -> tuple[Evidence, float]:
    return block(look(entry, (JO,), lists, BOUNDS))


def test_the_list_is_looked_at_with_growing_pauses_until_it_has_had_its_time() -> None:
    entry = an_entry(sent_at=WALL)
    evidence, began = looked(lists := Lists(entry), entry)
    assert evidence == NONE
    assert lists.pauses == [1, 2, 4, 8, 16]
    assert (len(lists.calls), began) == (6, WALL + 31)


def test_a_look_ends_with_the_first_evidence() -> None:
    entry = an_entry(sent_at=WALL)
    evidence, began = looked(lists := Lists(entry, a_meeting(bookedAt=None), shown_from=WALL + 3), entry)
    assert (evidence, began, lists.pauses) == (FOUND, WALL + 3, [1, 2])


def test_a_list_that_has_had_its_time_by_whatever_clock_is_looked_at_once() -> None:
    entry = an_entry(sent_at=WALL - 331)
    assert looked(lists := Lists(entry), entry) == (NONE, WALL)
    assert len(lists.calls) == 1


@pytest.mark.parametrize(
    ("sent_at", "shown_from"), [(WALL - 330, WALL + 1), (WALL - 300, WALL + 31), (WALL + 300, WALL + 31)]
)
def test_a_list_is_given_all_its_time_wherever_the_senders_clock_may_stand(sent_at: float, shown_from: float) -> None:
    entry = an_entry(sent_at=sent_at)
    assert looked(Lists(entry, a_meeting(bookedAt=None), shown_from=shown_from), entry) == (FOUND, shown_from)


def test_the_list_is_given_the_time_that_was_stated_when_the_call_was_sent_though_less_is_stated_now() -> None:
    entry = an_entry(sent_at=WALL - 331, list_lag=62)
    assert looked(lists := Lists(entry), entry) == (NONE, WALL + 62)
    assert lists.pauses == [2, 4, 8, 16, 32]


def test_the_list_is_given_the_time_that_is_stated_now_though_less_was_stated_then() -> None:
    entry = an_entry(sent_at=WALL, list_lag=1)
    assert looked(lists := Lists(entry), entry) == (NONE, WALL + 31)
    assert lists.pauses == [1, 2, 4, 8, 16]


def test_a_look_counts_from_when_it_began_not_from_when_it_was_answered() -> None:
    entry = an_entry(sent_at=WALL - 331)
    assert looked(Slow(entry), entry) == (NONE, WALL)


def test_silence_counts_from_the_beginning_of_the_look_however_long_it_takes() -> None:
    entry = an_entry(policy="rebook", no_effect_after=WALL)
    assert reconciled(Slow(entry), a_lead(bounds=REBOOK)).state == "unknown"


def test_a_look_at_a_list_that_fails_fails() -> None:
    entry = an_entry()
    with pytest.raises(errors.Unreadable):
        looked(Lists(entry, errors.Unreadable()), entry)
