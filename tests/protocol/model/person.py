"""A person, who says what is true of one lead, by the clock of some machine."""

from __future__ import annotations

from collections.abc import Callable

from tests.protocol.model.clocks import Machine
from tests.protocol.model.ledger import PERSON
from tests.protocol.model.play import Play

Decision = Callable[..., bool]


def says_not_booked(play: Play, lead: str, *, ahead: float = 0.0) -> bool:
    """That there is no meeting, if that is true; whether it was believed.

    Where nothing is bounded, a person also knows of what has left and may yet come to a meeting. Nobody can know of a
    process that sleeps: of that one, the protocol promises that it sends nothing two seconds after its record.
    """
    now = play.time.now
    may_come = any(request.session.lead == lead and request.may_book(now) for request in play.chili.requests)
    may_leave = any(run.lead == lead and run.is_about_to_send(now) for run in play.runs)
    is_true = not play.meetings_of(lead) and not (play.unbounded and (may_come or may_leave))
    return is_true and _decides(play, "not_booked", lead, ahead=ahead)


def says_booked(play: Play, lead: str, *, ahead: float = 0.0) -> bool:
    """Names the meeting, if there is one."""
    return any(_decides(play, "booked", lead, meeting.id, ahead=ahead) for meeting in play.meetings_of(lead)[:1])


def abandons(play: Play, lead: str, *, ahead: float = 0.0) -> bool:
    return _decides(play, "abandon", lead, ahead=ahead)


def releases(play: Play, lead: str, *, ahead: float = 0.0) -> bool:
    return _decides(play, "release", lead, ahead=ahead)


def _decides(play: Play, what: str, lead: str, *facts: str, ahead: float) -> bool:
    play.laws.note(PERSON, what, *facts)
    try:
        getattr(play.protocol, what)(play.ledger.real, lead, *facts, wall=Machine(play.time, ahead).wall())
    except play.protocol.NotResolved as no:
        play.laws.note("*", str(no))
        return False
    play.ledger.judge(lead, PERSON)
    return True
