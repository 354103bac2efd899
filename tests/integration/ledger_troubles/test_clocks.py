"""Clocks that jump: what is late is measured by one that never does, and the time of day frees nobody in doubt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from airflow_chilipiper.booking.book import SEND_WITHIN
from airflow_chilipiper.booking.doubt.bounds import Bounds, InDoubt
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.store import Answer
from airflow_chilipiper.ledgers import sql_ledger
from tests.booking_task import Desk
from tests.integration.ledger_troubles.conftest import LEADS, Home, Judge, a_lead, batch_of

HOURS = timedelta(hours=5).total_seconds()
JUMPS = pytest.mark.parametrize("jump", [HOURS, -HOURS], ids=["forward", "back"])
pytestmark = pytest.mark.parametrize("home", ["sqlite"], indirect=True)


class Jumping:
    """A clock that the test moves."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._by = clock, 0.0

    def __call__(self) -> float:
        return self._clock() + self._by

    def by(self, seconds: float) -> None:
        self._by += seconds


class Meanwhile(SqlLedger):
    """Something happens between the first update to `sent` and whoever waits for it."""

    happens: Callable[[], object]

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        answers = super().update(entries)
        if any(entry.state == "sent" for entry in entries):
            happens, self.happens = self.happens, bool
            happens()
        return answers


def meanwhile(home: Home, happens: Callable[[], object]) -> Meanwhile:
    ledger = Meanwhile(home.engine)
    ledger.create()
    ledger.happens = happens
    return ledger


@JUMPS
def test_a_time_of_day_that_jumps_in_the_middle_changes_nothing(desk: Desk, home: Home, jump: float) -> None:
    """Everybody is booked once, and known to be by the next run."""
    wall = Jumping(time.time)
    judge = Judge(desk, home, then=lambda meetings: meetings == 2 and wall.by(jump))
    batches = [batch_of(sql_ledger("ledger"), wall=wall, at_once=1) for _ in range(2)]
    for batch in batches:
        batch.run()
    first, second = ([outcome.status for outcome in batch.outcomes] for batch in batches)
    assert (first, second) == (["booked"] * 6, ["already_booked"] * 6)
    assert (desk.spent(), judge.unrecorded) == (6, [])


@JUMPS
def test_an_update_that_took_too_long_sends_nothing_whatever_the_time_of_day(
    desk: Desk, home: Home, jump: float
) -> None:
    clock, wall = Jumping(time.monotonic), Jumping(time.time)
    ledger = meanwhile(home, lambda: (clock.by(SEND_WITHIN + 0.1), wall.by(jump)))
    batch = batch_of(ledger, [a_lead(LEADS[0], max_sessions=1)], clock=clock, wall=wall)
    batch.run()
    assert [outcome.status for outcome in batch.outcomes] == ["not_attempted"]
    assert (desk.spent(), list(home.states().values())) == (0, ["planned"])


@JUMPS
def test_a_time_of_day_that_jumps_between_update_and_call_holds_no_call_up(desk: Desk, home: Home, jump: float) -> None:
    wall = Jumping(time.time)
    batch = batch_of(meanwhile(home, lambda: wall.by(jump)), [a_lead(LEADS[0])], wall=wall)
    batch.run()
    assert [outcome.status for outcome in batch.outcomes] == ["booked"]


@pytest.mark.parametrize(
    ("policy", "jump"),
    [("hold", HOURS), ("hold", -HOURS), ("rebook", -HOURS), ("rebook", Bounds().skew)],
    ids=["hold, forward", "hold, back", "rebook, back", "rebook, as far ahead as two machines may be"],
)
def test_a_time_of_day_that_jumps_frees_no_lead_in_doubt(desk: Desk, home: Home, policy: InDoubt, jump: float) -> None:
    """Its meeting is made later than anybody looked, and is found then."""
    wall, ledger = Jumping(time.time), sql_ledger("ledger")
    desk.chili.faults.late_commit("concierge-schedule", seconds=86_400)
    for number, statuses in enumerate((("unknown",), ("unknown", "review"), ("already_booked",)), 1):
        bounds = Bounds(in_doubt=policy, list_lag=0.0)
        batch = batch_of(ledger, [a_lead(LEADS[0], sender=f"nightly#{number}", bounds=bounds)], wall=wall)
        batch.run()
        assert batch.outcomes[0].status in statuses
        wall.by(jump if number == 1 else -jump)
        if number == 2:
            desk.chili.tenant.tick()
    assert (desk.spent(), len(desk.guests())) == (1, 1)


def test_a_machine_that_is_hours_ahead_does_not_book_what_another_is_about_to(desk: Desk, home: Home) -> None:
    """It takes the other's call for over, finds no meeting, and frees nobody; the answer is on record in the end."""
    others = batch_of(sql_ledger("ledger"), [a_lead(LEADS[0], sender="another#1")], wall=lambda: time.time() + HOURS)
    batch = batch_of(meanwhile(home, others.run), [a_lead(LEADS[0], sender="nightly#1")], clock=lambda: 0.0)
    batch.run()
    assert others.outcomes[0].status in ("unknown", "review")
    assert batch.outcomes[0].status == "booked"
    assert (desk.spent(), list(home.states().values())) == (1, ["booked"])
