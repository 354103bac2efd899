"""A run of the real flow on some machine, stepped half a verb at a time."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from tests.protocol.model.service import Request
from tests.protocol.queries import go_on

if TYPE_CHECKING:
    from tests.protocol.model.play import Play


class Run:
    """One process that drives one flow. Whoever does not step it has paused it.

    `at` is the verb that the flow waits for, with what it asks for; the first half of a step lets the verb take effect,
    the second brings its answer back. `armed_at` is when it asked to be recorded as `sent`, until its call has left.
    """

    def __init__(self, name: str, flow: Coroutine[Any, Any, Any], lead: str, sender: str, play: Play) -> None:
        self.name, self.lead, self.sender, self._flow, self._play = name, lead, sender, flow, play
        self.at: tuple[str, Any] = ("", None)
        self.has_taken_effect = self.is_over = False
        self.left_alone = ""
        self.effect: Any = None
        self.result: Any = None
        self.error: BaseException | None = None
        self.requests: list[Request] = []
        self.armed_at: float | None = None
        self._resume(None)

    def step(self, mishap: str = "") -> None:
        """Half a verb."""
        if self.has_taken_effect:
            answer = self._play.answer(self, mishap)
            self.has_taken_effect = False
            self._resume(answer)
        else:
            self.effect = self._play.effect(self, mishap)
            self.has_taken_effect = True

    def until(self, where: str) -> Run:
        """Step until that verb is wanted, and has not taken effect."""
        while self.where != where or self.has_taken_effect:
            assert not self.is_over, f"{self.name} ended before {where}: {self.result or self.error!r}"
            self.step()
        return self

    def past(self, where: str) -> Run:
        """Step until that verb has taken effect, and nothing was heard of that."""
        self.until(where).step()
        return self

    def crash(self) -> None:
        """The process is gone; what has left stays on its way."""
        self.is_over = True
        self._flow.close()

    def is_about_to_send(self, now: float) -> bool:
        """Whether its `sent` may be on record, and is not yet two seconds old."""
        return not self.is_over and self.armed_at is not None and now <= self.armed_at + 2

    @property
    def where(self) -> str:
        """What it waits for: a verb, the state of an update, or the operation of a call; "end" after the last."""
        verb, what = self.at
        said = {"update": lambda: f"update {what.state}", "ask": lambda: f"ask {what.operation}"}
        return "end" if self.is_over else said[verb]() if verb in said else verb

    def _resume(self, answer: Any) -> None:
        try:
            self.at = go_on(self._flow, answer)
        except StopIteration as done:
            self.is_over, self.result = True, done.value
        except AssertionError:
            raise
        except Exception as error:  # noqa: BLE001  # the play judges it
            self.is_over, self.error = True, error
        if self.where == "update sent":
            self.armed_at = self._play.time.now
        if self.is_over:
            self._play.laws.of_an_end(self)
