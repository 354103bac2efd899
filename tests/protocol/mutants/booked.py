"""What one run makes of a lead, in the program as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.drive import Immediate, block
from tests.fake_chilipiper import FakeChiliPiper
from tests.protocol.laws import Record, keeps, one_meeting

if TYPE_CHECKING:
    from airflow_chilipiper.booking.lead import Lead
    from airflow_chilipiper.booking.ledger.store import Ledger
    from airflow_chilipiper.booking.outcome import Outcome


def a_chili(**facts: object) -> FakeChiliPiper:
    return FakeChiliPiper(yields=False, **facts)  # type: ignore[arg-type]


def booked_once(made: int) -> None:
    """One lead, which does have its meeting as long as the laws are kept."""
    keeps(one_meeting(Record(meetings=range(made))))
    assert made


def a_ledger() -> Ledger:
    from airflow_chilipiper.booking.ledger.memory import MemoryLedger

    return MemoryLedger()


def book(lead: Lead, chili: FakeChiliPiper, ledger: Ledger) -> Outcome:
    from airflow_chilipiper.booking.book import book

    return block(book(lead, Immediate(chili, ledger)))
