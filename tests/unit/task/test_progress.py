"""How far a run has come: a line every few seconds, without a word of any lead."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

from airflow_chilipiper.task.progress import LOGGED_EVERY, PUSHED_EVERY, Progress


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Watched:
    """A run of so many leads, by a clock of the test's own; `lines` and `pushed` are what was reported of it."""

    def __init__(self, left: int = 100) -> None:
        self.run = SimpleNamespace(left=left, batch=None)
        self.counts, self.clock = Counter[str](), Clock()
        self.lines, self.pushed = list[str](), list[dict[str, Any]]()
        self._progress = Progress(self.run, self.counts, log=self, push=self.pushed.append, clock=self.clock)  # type: ignore[arg-type]

    def info(self, event: str, /, *args: Any) -> None:
        self.lines.append(event % args)

    def books(self, count: int, *, calls: int, pace: float | None) -> None:
        self.counts["booked"] += count
        self.run.left -= count
        self.run.batch = SimpleNamespace(runtime=SimpleNamespace(limiter=SimpleNamespace(taken=calls, rate=pace)))

    def ends(self, seconds: float) -> None:
        self.clock.now += seconds
        self._progress.end()

    def after(self, seconds: float) -> None:
        self.clock.now += seconds
        self._progress.report()


def test_a_line_every_few_seconds() -> None:
    watched = Watched()
    for _ in range(20):
        watched.after(LOGGED_EVERY / 4)
    assert len(watched.lines) == 5


def test_a_push_now_and_then() -> None:
    watched = Watched()
    watched.after(PUSHED_EVERY - 1)
    assert watched.pushed == []
    watched.after(1)
    watched.after(1)
    assert len(watched.pushed) == 1


def test_whoever_watches_sees_the_end_and_nobody_that_of_a_short_run() -> None:
    watched, short = Watched(), Watched()
    watched.after(PUSHED_EVERY)
    watched.books(100, calls=200, pace=5.0)
    watched.ends(1)
    assert [(pushed["done"], pushed["total"]) for pushed in watched.pushed] == [(0, 100), (100, 100)]
    short.after(PUSHED_EVERY - 2)
    short.ends(1)
    assert short.pushed == []


def test_what_a_line_says() -> None:
    watched = Watched()
    watched.books(20, calls=41, pace=4.96)
    watched.counts["no_slot"] += 5
    watched.run.left -= 5
    watched.after(10)
    assert watched.lines == ["25 of 100 leads: 20 booked, 5 no_slot. 4.1 calls/s of 5.0, about 30 seconds left"]


def test_what_a_push_says() -> None:
    watched = Watched()
    watched.books(50, calls=105, pace=4.96)
    watched.after(30)
    assert watched.pushed == [
        {
            "done": 50,
            "total": 100,
            "counts": {"booked": 50},
            "calls_per_second": 3.5,
            "pace": 4.96,
            "seconds_left": 30,
        }
    ]
    watched.counts["booked"] += 1
    assert watched.pushed[0]["counts"] == {"booked": 50}  # and stays so


def test_before_anything_is_known_nothing_is_promised() -> None:
    """Neither batch nor runtime is there yet, and then the first lead is under way."""
    watched = Watched()
    watched.after(LOGGED_EVERY)
    watched.books(0, calls=1, pace=None)
    watched.counts.clear()
    watched.after(LOGGED_EVERY)
    assert watched.lines == [
        "0 of 100 leads: none known yet. 0.0 calls/s of no pace, about ? left",
        "0 of 100 leads: none known yet. 0.1 calls/s of no pace, about ? left",
    ]


def test_a_runtime_that_is_not_open_yet_has_called_nobody() -> None:
    watched = Watched()
    watched.run.batch = SimpleNamespace(runtime=None)
    watched.after(PUSHED_EVERY)
    assert (watched.pushed[0]["calls_per_second"], watched.pushed[0]["pace"]) == (0.0, None)


def test_what_cannot_be_reported_ends_nothing() -> None:
    """A task may outlive its supervisor, which takes its log and its XComs."""

    class Deaf:
        tried = 0

        def info(self, *line: Any) -> None:
            self.tried += 1
            raise BrokenPipeError

    deaf, clock = Deaf(), Clock()
    run = SimpleNamespace(left=1, batch=None)
    progress = Progress(run, {}, log=deaf, push=deaf.info, clock=clock)  # type: ignore[arg-type]
    clock.now += PUSHED_EVERY
    progress.report()
    assert deaf.tried == 2
