"""Schedules in which a call died: what the list, silence and people say of it later."""

from __future__ import annotations

from datetime import timedelta

from tests.protocol.copies import Copies
from tests.protocol.model.leads import Truth
from tests.protocol.model.person import releases
from tests.protocol.model.play import SENDS, Play
from tests.protocol.model.schedules import LONG, SCHEDULES, schedule

__all__ = ["SCHEDULES"]  # with those of this file


def _made_and_unanswered(protocol: Copies) -> Play:
    """A meeting whose run died before it heard of it."""
    play = Play(protocol)
    play.book(policy="rebook").past(SENDS).crash()
    play.deliver(*play.chili.requests)
    return play


@schedule
def under_hold_nothing_is_too_late(protocol: Copies) -> Play:
    play = Play(protocol, unbounded=True)
    play.book().past(SENDS).crash()
    for number in (2, 3):
        play.time.go(LONG)
        play.book(number=number).until("end")
    play.sweep().until("end")
    play.deliver(*play.chili.requests)
    return play


@schedule
def a_later_run_allows_what_the_first_did_not(protocol: Copies) -> Play:
    play = Play(protocol, unbounded=True)
    play.book().past(SENDS).crash()
    play.time.go(LONG)
    play.book(number=2, policy="rebook").until("end")
    play.deliver(*play.chili.requests)
    return play


@schedule
def nobody_knows_when_a_session_ends(protocol: Copies) -> Play:
    """Then silence never counts, whatever the run allows."""
    play = Play(protocol, unbounded=True)
    play.stated = Truth(lifetime=None)
    play.book(policy="rebook").past(SENDS).crash()
    play.time.go(LONG)
    play.book(number=2, policy="rebook").until("end")
    play.deliver(*play.chili.requests)
    return play


@schedule
def a_meeting_is_moved_and_moved_away(protocol: Copies) -> Play:
    """A person is asked about the first, and nobody answers for them once there is nothing left to be seen."""
    play = _made_and_unanswered(protocol)
    (meeting,) = play.chili.meetings
    for days in (10, 100):
        meeting.start += timedelta(days=days)
        play.time.go(LONG)
        play.book(task="dag/other", policy="rebook").until("end")
    return play


@schedule
def a_meeting_is_cancelled(protocol: Copies) -> Play:
    play = _made_and_unanswered(protocol)
    play.chili.meetings[0].status = "Canceled"
    play.time.go(LONG)
    play.book(number=2, policy="rebook").until("end")
    return play


@schedule
def the_list_cannot_be_asked(protocol: Copies) -> Play:
    play = _made_and_unanswered(protocol)
    play.time.go(LONG)
    play.list_fails = True
    play.book(number=2, policy="rebook").until("end")
    play.sweep().until("end")
    play.list_fails = False
    play.book(number=3, policy="rebook").until("end")
    return play


@schedule
def one_meeting_fits_two_leads(protocol: Copies) -> Play:
    """One guest, two purposes, one slot: one call was lost, the other's answer."""
    play = Play(protocol)
    for lead in ("jo", "jo again"):
        play.book(lead, slot=0).past(SENDS).crash()
    made, lost = play.chili.requests
    play.deliver(made)
    lost.state = "lost"
    play.time.go(LONG)
    for lead in ("jo again", "jo", "jo again"):
        play.book(lead, number=2).until("end")
    return play


@schedule
def an_answer_comes_after_its_lead_was_released(protocol: Copies) -> Play:
    play = Play(protocol)
    slow = play.book().past(SENDS)
    play.deliver(*play.chili.requests)
    play.time.go(LONG)
    play.sweep().until("end")
    assert releases(play, slow.lead)
    play.book(task="dag/other").until("end")
    slow.until("end")
    return play


@schedule
def nothing_was_made_and_that_is_waited_for(protocol: Copies) -> Play:
    """Silence counts in the end."""
    play = Play(protocol)
    play.book(policy="rebook").past(SENDS).crash()
    play.chili.requests[0].state = "lost"
    play.book(number=2, policy="rebook").until("end")
    play.time.go(LONG)
    assert play.book(number=3, policy="rebook").until("end").result.status == "booked"
    return play
