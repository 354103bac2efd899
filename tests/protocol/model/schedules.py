"""Interleavings of runs, clocks and people that a weaker protocol does not survive, one function each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from tests.protocol.copies import Copies
from tests.protocol.model.person import releases, says_not_booked
from tests.protocol.model.play import SENDS, SENT, Play
from tests.protocol.model.runs import Run

Schedule = Callable[[Copies], Play]

LONG = 100_000.0

MOST_SKEW = 300.0

SCHEDULES: dict[str, Schedule] = {}


def schedule(play: Schedule) -> Schedule:
    SCHEDULES[play.__name__.replace("_", " ")] = play
    return play


@schedule
def two_runs_at_once(protocol: Copies) -> Play:
    """Both have read `planned`; one wins."""
    play = Play(protocol)
    runs = play.book().until(SENT), play.book(task="dag/other").until(SENT)
    for _ in range(20):
        for run in runs:
            if not run.is_over:
                run.step()
    return play


@schedule
def a_second_run_meets_a_fresh_call(protocol: Copies) -> Play:
    play = Play(protocol)
    first = play.book().past(SENDS)
    play.book(task="dag/other").until("end")
    first.until("end")
    return play


@schedule
def a_process_sleeps_between_record_and_call(protocol: Copies) -> Play:
    """Its session has no end, and a person says what is true of its lead."""
    return _freed_in_its_sleep(protocol, halves=2)


@schedule
def a_process_sleeps_in_its_record(protocol: Copies) -> Play:
    return _freed_in_its_sleep(protocol, halves=1)


def _freed_in_its_sleep(protocol: Copies, halves: int) -> Play:
    play, zombie = _asleep(protocol, halves)
    assert play.book(task="dag/third").until("end").result.status == "booked"
    zombie.until("end")
    return play


def _asleep(protocol: Copies, halves: int) -> tuple[Play, Run]:
    """A run that sleeps so many halves of a verb after it asked for its record, until its lead is free again."""
    play = Play(protocol, unbounded=True)
    zombie = play.book().until(SENT)
    for _ in range(halves):
        zombie.step()
    play.time.go(LONG)
    play.book(task="dag/other").until("end")
    assert says_not_booked(play, zombie.lead)
    return play, zombie


@schedule
def a_process_wakes_up_while_its_lead_is_booked_again(protocol: Copies) -> Play:
    """It takes its own step back, and not the other's."""
    play, zombie = _asleep(protocol, halves=2)
    third = play.book(task="dag/third").past(SENDS)
    zombie.until("end")
    play.book(task="dag/fourth").until("end")
    third.until("end")
    return play


@schedule
def a_person_releases_what_is_not_booked(protocol: Copies) -> Play:
    play = Play(protocol)
    first = play.book().past(SENDS)
    releases(play, first.lead)
    play.book(task="dag/other").until("end")
    first.until("end")
    return play


@schedule
def the_latest_meeting_and_the_fastest_clock(protocol: Copies) -> Play:
    """All bounds are used up, and somebody looks again and again."""
    play = _sent_to_arrive_late(protocol)
    while play.time.now < 1_100:
        play.book(task="dag/other", policy="rebook", ahead=MOST_SKEW).until("end")
        play.time.go(20)
    return play


@schedule
def the_latest_meeting_and_an_open_log(protocol: Copies) -> Play:
    """It says early that the session timed out."""
    play = _sent_to_arrive_late(protocol)
    play.chili.shows_log = True
    while play.time.now < 1_100:
        play.book(task="dag/other", ahead=MOST_SKEW).until("end")
        play.time.go(20)
    return play


@schedule
def a_look_goes_to_sleep(protocol: Copies) -> Play:
    """Before the latest meeting is listed, anywhere on its way; and wakes up when silence would count."""
    return _looks_in_its_sleep(protocol, lambda play: play.book(task="dag/other", policy="rebook", ahead=MOST_SKEW))


@schedule
def a_sweep_goes_to_sleep(protocol: Copies) -> Play:
    return _looks_in_its_sleep(protocol, lambda play: play.sweep(ahead=MOST_SKEW))


def _looks_in_its_sleep(protocol: Copies, begin: Callable[[Play], Run]) -> Play:
    for halves in count():
        play = _sent_to_arrive_late(protocol)
        play.time.go(600 - play.time.now)
        looks = begin(play)
        for _ in range(halves):
            if not looks.is_over:
                looks.step()
        if looks.is_over:
            return play
        play.time.go(LONG)
        looks.until("end")
        play.book(task="dag/third").until("end")
        play.laws.at_rest()
    raise AssertionError("unreachable")


def _sent_to_arrive_late(protocol: Copies) -> Play:
    """A call whose process died; the request is read in the last moment, and comes to a meeting as late as may be."""
    play = Play(protocol)
    play.book(policy="rebook").past(SENDS).crash()
    (request,) = play.chili.requests
    play.time.at(request.session.ends - 0.001, lambda: play.chili.read(request))
    return play


@schedule
def a_person_speaks_too_early(protocol: Copies) -> Play:
    """What is said is true at that time."""
    play = _sent_to_arrive_late(protocol)
    lead = play.ledger.entries()[0].key
    for _ in range(55):
        play.book(task="dag/other").until("end")
        if says_not_booked(play, lead, ahead=MOST_SKEW):
            play.book(task="dag/third").until("end")
        play.time.go(20)
    assert play.meetings_of(lead)
    return play


@schedule
def somebody_asks_for_a_preview_at_any_time(protocol: Copies) -> Play:
    play = Play(protocol)
    play.preview("jo")
    run = play.book()
    while not run.is_over:
        run.step()
        play.preview("jo")
    return play
