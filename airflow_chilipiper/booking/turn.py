"""One guest, one invitation: a lead's turn among those of its guest. A courtesy beside the promise to each lead."""

from __future__ import annotations

from contextlib import ExitStack
from math import inf

from airflow_chilipiper.booking.guests import Guests
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.lead_key import guest_digest
from airflow_chilipiper.booking.ledger.runtime import LedgerRuntime
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.outcome_rules import of_same_guest, repeats_guest


class Turn(ExitStack):
    """From when its guest is known until a lead has its outcome, no other lead of the run invites that guest.

    Whoever leaves it as one that `may_be_invited` is the last. `waited_until` is the runtime's time when others of the
    guest were done, if there were any.
    """

    def __init__(self, lead: Lead, runtime: LedgerRuntime) -> None:
        super().__init__()
        self.may_be_invited = False
        self.waited_until = -inf
        self.lead, self._runtime, self._is_taken = lead, runtime, False

    async def known(self, email: str | None) -> Outcome | None:
        """What becomes of a lead whose guest has a meeting, or may have one: by the list, in this run, or on record."""
        if found := self.lead.existing_meeting(email):
            return found
        if not email or self._is_taken or self.lead.policy.repeated_guests:
            return None
        guest, guests = guest_digest(email), self._runtime.guests
        await self._take(guest, guests)
        if guest in guests.invited:
            return repeats_guest(guests.invited[guest])
        others = await self._runtime.of_guest(self.lead.new_entry(), guest)
        return of_same_guest(others, self.lead, self._runtime.wall())

    async def _take(self, guest: str, guests: Guests) -> None:
        turn = guests.turn(guest)
        if turn.locked():
            await self._runtime.aside(turn.acquire())
            self.waited_until = self._runtime.now()
        else:
            await turn.acquire()
        self._is_taken = True
        self.callback(turn.release)
        self.callback(self._leave, guest, guests)  # first, as callbacks are called from the last one on

    def _leave(self, guest: str, guests: Guests) -> None:
        if self.may_be_invited:
            guests.invited[guest] = self.lead.row
