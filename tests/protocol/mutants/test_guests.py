"""Broken rules of one invitation a guest: two for one, or none for somebody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_chilipiper.api.pace.limiter import RateLimiter
from tests.fake_chilipiper import FakeChiliPiper, a_lead
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Mutant
from tests.protocol.mutants.booked import a_ledger, book

if TYPE_CHECKING:
    from airflow_chilipiper.api.patterns.offer import Offer
    from airflow_chilipiper.booking.batch.runtime import BatchRuntime
    from airflow_chilipiper.booking.ledger.store import Ledger

GUEST = "lead1@example.com"


class WithCrm(FakeChiliPiper):
    """Names the guest of every session in its offer."""

    def offer(self, session: str) -> Offer:
        return replace(super().offer(session), guest=GUEST)


def in_one_run(chili: FakeChiliPiper, *leads: Any, ledger: Ledger | None = None) -> list[str]:
    from airflow_chilipiper.booking.batch.batch import Batch
    from airflow_chilipiper.booking.batch.runtime import BatchRuntime

    @asynccontextmanager
    async def opened() -> AsyncIterator[BatchRuntime]:
        yield BatchRuntime(chili, RateLimiter(None), ledger or a_ledger())

    ends = dict[int, str]()
    Batch(enumerate(leads), opened, on_outcome=lambda number, each: ends.update({number: each.status})).run()
    return [ends[number] for number in range(len(leads))]


def one_invitation(chili: FakeChiliPiper) -> None:
    law(chili.bookings.total() == 1, f"a guest is invited {chili.bookings.total()} times")


def unnamed(key: str) -> Any:
    from airflow_chilipiper.api.patterns.concierge import Concierge

    form = {"PersonEmail": f"lead{key}@example.com"}
    return a_lead(1, key=key, pattern=Concierge(router_slug="in", trigger="InAppButton", form=form, guest=None))


def two_rows_of_one_guest() -> None:
    in_one_run(chili := FakeChiliPiper(), a_lead(1, key="a"), a_lead(1, key="b"))
    one_invitation(chili)


def two_rows_of_a_guest_whom_the_offers_name() -> None:
    in_one_run(chili := WithCrm(), unnamed("1"), unnamed("2"))
    one_invitation(chili)


def one_row_after_the_other_in_two_runs() -> None:
    chili, ledger = FakeChiliPiper(), a_ledger()
    in_one_run(chili, a_lead(1, key="a"), ledger=ledger)
    in_one_run(chili, a_lead(1, key="b"), ledger=ledger)
    one_invitation(chili)


def a_row_beside_one_in_doubt() -> None:
    chili, ledger = FakeChiliPiper(yields=False, booking={1: ConnectionError("lost")}), a_ledger()
    for key in "ab":
        book(a_lead(1, key=key), chili, ledger)
    one_invitation(chili)


def a_row_after_one_that_got_no_slot() -> None:
    from airflow_chilipiper.api.patterns.offer import Offer

    class Once(dict[int, Any]):
        def get(self, key: int, default: Any = None) -> Any:
            return self.pop(key, default)

    chili = FakeChiliPiper(opening=Once({1: Offer(session="s", slots=())}))
    ends = in_one_run(chili, a_lead(1, key="a"), a_lead(1, key="b"))
    law(ends[1] == "booked", f"after a row that got no slot the next is {ends[1]}")


def guests_whom_nobody_names() -> None:
    ends = in_one_run(FakeChiliPiper(), unnamed("1"), unnamed("2"))
    law(ends == ["booked"] * 2, f"two leads whose guests nobody names are {ends}")


TURN, STORE = "booking.turn", "booking.ledger.store"
MUTANTS = {
    "two leads of a guest at once": Mutant(
        "booking.guests",
        "if (turn := self._turns.get(guest)) is None:",
        "if True:",
        shown=("invited 2 times", two_rows_of_one_guest),
    ),
    "whom the run has invited forgotten": Mutant(
        TURN, "if guest in guests.invited:", "if False:", shown=("invited 2 times", two_rows_of_one_guest)
    ),
    "whom the offer names not looked at": Mutant(
        "booking.book",
        "await turn.known(offer.guest)",
        "lead.existing_meeting(offer.guest)",
        shown=("invited 2 times", two_rows_of_a_guest_whom_the_offers_name),
    ),
    "only those of this run": Mutant(
        TURN,
        "return of_same_guest(others, self.lead, self._runtime.wall())",
        "return None",
        shown=("invited 2 times", one_row_after_the_other_in_two_runs),
    ),
    "only meetings on record, and no doubt": Mutant(
        STORE, '(*IN_DOUBT, "booked")', '("booked",)', shown=("invited 2 times", a_row_beside_one_in_doubt)
    ),
    "whoever had its turn taken for invited": Mutant(
        TURN, "if self.may_be_invited:", "if True:", shown=("the next is invalid", a_row_after_one_that_got_no_slot)
    ),
    "guests whom nobody names taken for one": Mutant(
        TURN,
        "if not email or self._is_taken or",
        "if self._is_taken or",
        shown=("whose guests nobody names", guests_whom_nobody_names),
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_rule_of_guests_is_caught(what: str) -> None:
    catch(MUTANTS[what])
