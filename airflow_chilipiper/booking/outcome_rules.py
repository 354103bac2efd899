"""What an entry on record, an offer or an error comes to for the lead, as an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry, joined
from airflow_chilipiper.booking.outcome import Outcome, Status
from airflow_chilipiper.booking.slots.filters import Undecided

BY_STATE: dict[str, tuple[Status, str]] = {
    "booked": (Status.ALREADY_BOOKED, ""),
    "sent": (Status.UNKNOWN, "a booking call is under way, or its answer was lost"),
    "unknown": (Status.UNKNOWN, "the answer to a booking call is missing"),
    "review": (Status.REVIEW, "a person must decide"),
    "abandoned": (Status.REFUSED, "a person gave this lead up"),
    "planned": (Status.NOT_ATTEMPTED, "another run is working on this lead"),
}


ALL_RESERVED = Outcome(
    status=Status.NO_SLOT, reason="every slot that would do was being booked by other leads of this run"
)
SPARED = Outcome(
    status=Status.NO_SLOT, reason="not asked: many leads in a row were offered nothing here; a later run may"
)


REPEATED_GUESTS = "repeated_guests=True invites each lead of a guest"


def on_record(entry: Entry, lead: Lead) -> Outcome:
    """The ledger knows better than to book."""
    if entry.state in ("sent", "unknown", "booked") and (differs := lead.differs_from(entry)):
        reason = f"this key is on record as {entry.state} with another {differs}"
        to_do = f"ask with the {differs} of that call to find it out"
        so = "whose meeting stands" if entry.state == "booked" else to_do
        return Outcome(status=Status.INVALID, reason=f"{reason}, {so}")
    status, reason = BY_STATE[entry.state]
    if entry.state == "review":
        reason = f"{reason} (ledger resolve {entry.key})"
    return _outcome(entry, status, joined(reason, entry.reason))


def already_booked(entry: Entry, lead: Lead, wall: float) -> Outcome | None:
    """What a booking on record comes to, if it counts: nobody needs to be asked then."""
    return on_record(entry, lead) if entry.state == "booked" and not lead.is_due_again(entry, wall) else None


def repeats_guest(row: int | None) -> Outcome:
    """A lead whose guest was, or may have been, invited by this run, for another lead."""
    whose = "another lead" if row is None else f"row {row + 1}"
    return Outcome(status=Status.INVALID, reason=f"repeats the guest of {whose}; {REPEATED_GUESTS}")


def of_same_guest(others: Sequence[Entry], lead: Lead, wall: float) -> Outcome | None:
    """What becomes of a lead by what is on record for its guest under other keys, where that counts."""
    if lead.policy.repeated_guests:
        return None
    counting = {
        other.state: other for other in others if other.key != lead.entry_key and not lead.is_due_again(other, wall)
    }
    if booked := counting.get("booked"):
        reason = f"its guest has this meeting under another key; {REPEATED_GUESTS}"
        return Outcome(
            status=Status.ALREADY_BOOKED, reason=reason, meeting_id=booked.meeting_id, start_time=booked.slot
        )
    if review := counting.get("review"):
        reason = f"its guest may have been invited under another key: {BY_STATE['review'][1]}"
        return Outcome(status=Status.REVIEW, reason=f"{reason} (ledger resolve {review.key})")
    if counting:
        reason = "its guest may have been invited under another key, of which a later try knows more"
        return Outcome(status=Status.UNKNOWN, reason=reason)
    return None


def after_booking(entry: Entry, offer: Offer, answer: Booked | Exception, *, sender: str) -> Outcome:
    """This run, as *sender*, has spent a session, and this was the last answer. A missing permission is raised on."""
    if entry.state == "planned" and isinstance(answer, (errors.Invalid, errors.NotAllowed)):
        return without_booking(answer)
    statuses = {
        "booked": Status.BOOKED if entry.sender == sender else Status.ALREADY_BOOKED,
        "planned": Status.NOT_ATTEMPTED if isinstance(answer, errors.TRY_LATER) else Status.REFUSED,
        "review": Status.REVIEW,
    }
    outcome = _outcome(entry, statuses.get(entry.state, Status.UNKNOWN), joined(entry.reason, offer.caveat))
    host, assignees = (answer.host, answer.assignees) if isinstance(answer, Booked) else (None, ())
    return replace(outcome, host=host, assignees=assignees or offer.assignees, page=offer.page)


def without_slot(offer: Offer, entry: Entry) -> Outcome:
    """The session was opened and not spent."""
    if not offer.allowed:
        return Outcome(
            status=Status.DISQUALIFIED, reason="the router does not offer this lead a meeting", page=offer.page
        )
    seen = f"none of the {len(offer.slots)} slots offered will do" if offer.slots else "no slot is free in the window"
    reason = "; ".join((seen, *offer.remarks))
    return Outcome(
        status=Status.NO_SLOT, reason=reason, session_id=offer.session, page=offer.page, attempts=entry.attempt
    )


def without_booking(error: errors.ChiliPiperError) -> Outcome:
    """Nothing was booked. What ends the whole batch is raised on: no other lead would fare better."""
    if isinstance(error, errors.STOPS_THE_BATCH):
        raise error
    if isinstance(error, errors.Invalid):
        return Outcome(status=Status.INVALID, reason=str(error))
    definite = isinstance(error, (errors.Refused, Undecided)) and not isinstance(error, errors.TRY_LATER)
    return Outcome(status=Status.REFUSED if definite else Status.NOT_ATTEMPTED, reason=str(error))


def preview(entry: Entry | None, others: Sequence[Entry], lead: Lead, wall: float) -> Outcome:
    """What the ledger says of it, and of *others* of its guest, and nothing else asked."""
    if entry is not None and entry.state != "planned" and not lead.is_due_again(entry, wall):
        return on_record(entry, lead)
    known = lead.existing_meeting(lead.pattern.guest) or of_same_guest(others, lead, wall)
    return known or Outcome(status=Status.WOULD_BOOK)


def _outcome(entry: Entry, status: Status, reason: str) -> Outcome:
    return Outcome(
        status=status,
        reason=reason,
        meeting_id=entry.meeting_id,
        start_time=entry.slot if entry.state != "planned" else None,
        session_id=entry.session,
        attempts=entry.attempt,
    )
