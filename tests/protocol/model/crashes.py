"""Every crash of one try, and every pair of crashes of two tries in a row, under each of some faults."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from itertools import islice, product
from typing import NamedTuple

from tests.protocol.choices import Broken
from tests.protocol.copies import Copies
from tests.protocol.model.play import SENDS, SENT, Play
from tests.protocol.model.runs import Run
from tests.protocol.model.service import Request

BOOKED = "update booked"
MOST_SKEW = 300.0
RETRY_DELAY = 20.0
LATER = (80.0, 500.0, 400.0, 3_000.0, 20.0)  # between the tries that follow


class Setting(NamedTuple):
    """What all tries allow, whether the log may be read, and whether the later tries are those of another DAG run."""

    policy: str
    shows_log: bool = False
    other_run: bool = False


SETTINGS = {
    "hold": Setting("hold"),
    "hold, with the log": Setting("hold", shows_log=True),
    "rebook": Setting("rebook"),
    "hold, another run": Setting("hold", other_run=True),
    "rebook, another run": Setting("rebook", other_run=True),
}


class Fault(NamedTuple):
    """What goes wrong in the first try.

    `resolution` is what becomes of its first booking call. `mishap` befalls the verb `at`, in its first or second half:
    then it takes no effect, or its answer is lost. `lag` is that of the list, which fails until both tries are over
    if `list_fails`.
    """

    resolution: Callable[[Play, Request], object]
    at: str = ""
    mishap: str = "no answer"
    takes_effect: bool = True
    lag: float = 0.0
    list_fails: bool = False


def acts(play: Play, request: Request) -> None:
    play.deliver(request)


def is_lost(_: Play, request: Request) -> None:
    request.state = "lost"


def is_late(play: Play, request: Request) -> None:
    """Read in the last moment of its session."""
    play.time.at(request.session.ends - 0.001, lambda: play.chili.read(request))


def finds_its_slot_stolen(play: Play, request: Request) -> None:
    play.chili.taken.add(request.start)
    play.deliver(request)


FAULTS = {
    "none": Fault(acts),
    "answer lost after acting": Fault(acts, SENDS),
    "request lost before acting": Fault(is_lost, SENDS),
    "5xx after acting": Fault(acts, SENDS, "5xx"),
    "5xx before acting": Fault(is_lost, SENDS, "5xx"),
    "late commit": Fault(is_late, SENDS, lag=30.0),
    "stolen slot in a coded 4xx": Fault(finds_its_slot_stolen),
    "`sent` unanswered": Fault(acts, SENT),
    "`sent` not taken": Fault(acts, SENT, takes_effect=False),
    "`booked` unanswered": Fault(acts, BOOKED),
    "`booked` not taken": Fault(acts, BOOKED, takes_effect=False),
    "list that fails": Fault(acts, SENDS, list_fails=True),
    "list that lags": Fault(acts, SENDS, lag=30.0),
}


class Tally(NamedTuple):
    """How many crashes and pairs of crashes that were, and their ends.

    What leaves the same runtime behind is played on once.
    """

    singles: int
    pairs: int
    played: int
    ends: Counter[tuple[str, str]]


class Crashes:
    """Two tries under one fault, each of which may crash after every half of a verb, and what comes of that."""

    def __init__(self, protocol: Copies, setting: Setting, fault: Fault) -> None:
        self._protocol, self._setting, self._fault = protocol, setting, fault
        self.singles = self.pairs = self.played = 0
        self.ends: Counter[str] = Counter()

    def play(self) -> None:
        pairs_after: dict[Hashable, int] = {}
        self._ended: set[Hashable] = set()
        play = self._begun()
        for first, left in enumerate(self._halves(play, number=1)):
            if left not in pairs_after:
                pairs_after[left] = self._second_tries(first)
            self.singles, self.pairs = self.singles + 1, self.pairs + pairs_after[left]

    def _second_tries(self, first: int) -> int:
        second = 0
        for second, left in enumerate(self._halves(self._crashed(first), number=2)):
            if left not in self._ended:
                self._ended.add(left)
                self._play_on(self._crashed(first, second))
        return second + 1

    def _begun(self) -> Play:
        play = Play(self._protocol, step=0.0)
        play.chili.list_lag, play.chili.shows_log = self._fault.lag, self._setting.shows_log
        play.list_fails = self._fault.list_fails
        resolutions = iter([self._fault.resolution])
        play.resolution = lambda request: next(resolutions, acts)(play, request)
        return play

    def _crashed(self, *tries: int) -> Play:
        """A play in which one try after the other crashed after so many halves of a verb."""
        play = self._begun()
        for number, halves in enumerate(tries, start=1):
            deque(islice(self._halves(play, number), halves + 1), maxlen=0)
            play.runs[-1].crash()
            play.time.go(RETRY_DELAY)
        return play

    def _halves(self, play: Play, number: int) -> Iterator[Hashable]:
        """What a try leaves behind if it crashes: at its start, after each half of a verb, and at its end."""
        run, fault = self._try(play, number), self._fault
        yield left_by(play)
        while not run.is_over:
            strikes = number == 1 and run.where == fault.at and run.has_taken_effect is fault.takes_effect
            run.step(fault.mishap if strikes else "")
            yield left_by(play)

    def _try(self, play: Play, number: int) -> Run:
        task = "dag/other" if self._setting.other_run and number > 1 else "dag/task"
        return play.book("jo", task, number, policy=self._setting.policy, ahead=0.0 if number == 1 else MOST_SKEW)

    def _play_on(self, play: Play) -> None:
        """Tries until all is quiet; then the lead is booked or with a person, and no try opens or books any more."""
        self.played += 1
        play.list_fails, play.resolution, end = False, lambda request: acts(play, request), ""
        for number, pause in enumerate(LATER, start=3):
            play.time.go(pause)
            end = self._try(play, number).until("end").result.status
        play.laws.at_rest()
        play.laws(end in ("already_booked", "review"), f"never lost: the lead ends as {end}")
        play.laws(end != "review" or self._setting.policy == "hold", "never lost: rebook leaves it to a person")
        self.ends[end] += 1


def left_by(play: Play) -> Hashable:
    """All that the future can depend on, once no run is alive."""
    entries = [replace(entry, version="", replaces=None, session=None) for entry in play.ledger.entries()]
    requests = [(request.state, request.start, request.session.ends) for request in play.chili.requests]
    meetings = [(each.id, each.start, each.made_at, each.shown_at) for each in play.chili.meetings]
    ends = [play.chili.sessions[entry.session].ends for entry in play.ledger.entries() if entry.session]
    return (play.time.now, *entries, *requests, *meetings, *ends, frozenset(play.chili.taken))


CRASHES = {f"{policy}: {fault}": (policy, fault) for policy, fault in product(SETTINGS, FAULTS)}


def crashes(name: str, protocol: Copies) -> Crashes:
    """Two tries that may crash anywhere, in the setting and under the fault of that name."""
    setting, fault = CRASHES[name]
    pairs = Crashes(protocol, SETTINGS[setting], FAULTS[fault])
    try:
        pairs.play()
    except Broken as broken:
        raise Broken(broken.law, f"{broken}\n{name}") from None
    return pairs


def every_pair_of_crashes(protocol: Copies) -> Tally:
    """Under each fault and in each setting."""
    singles = pairs = played = 0
    ends: Counter[tuple[str, str]] = Counter()
    for name in CRASHES:
        each = crashes(name, protocol)
        singles, pairs, played = singles + each.singles, pairs + each.pairs, played + each.played
        ends.update({(SETTINGS[CRASHES[name][0]].policy, end): times for end, times in each.ends.items()})
    return Tally(singles, pairs, played, ends)
