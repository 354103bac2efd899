"""Proof of whether a request may have left this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import NoAnswer, NotSent
from airflow_chilipiper.api.http.redaction import scrub

Clock = Callable[[], float]


class TooLate(Exception):
    """The call's `send_by` has passed, and nothing was sent."""


class SendGuard:
    """One request's way out. The type of a failure proves nothing: an OSError may stand for a lost answer too.

    What proves is that `about_to_send` was never called: the exchange calls it with the connection in hand, right
    before the first byte. It raises there if the time is up.
    """

    def __init__(self, call: Call[Any], clock: Clock = time.monotonic) -> None:
        self._call = call
        self._clock = clock
        self.may_have_been_sent = False

    def check(self) -> None:
        if self._call.send_by is not None and self._clock() > self._call.send_by:
            raise TooLate

    def about_to_send(self) -> None:
        self.check()
        self.may_have_been_sent = True

    def failure(self, error: Exception, *, secret: str) -> NotSent | NoAnswer:
        """What to raise for *error*. The original is not chained: its text can hold an address with an e-mail in it."""
        operation = self._call.operation
        if isinstance(error, TooLate) and not self.may_have_been_sent:
            return NotSent(f"{operation}: not sent, since it was too late to")
        reason = scrub(_reason(error), body=self._call.secrets, secrets=(secret,))
        if self.may_have_been_sent:
            return NoAnswer(f"{operation}: no answer, but it may have been acted on ({reason})")
        return NotSent(f"{operation}: not sent ({reason})")


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "its time was up"
    return f"{type(error).__name__}: {error}".removesuffix(": ")
