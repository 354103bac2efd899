"""How a sensor waits: what a look, a failed look and the end of the time mean to Airflow, in all three modes."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, BaseSensorOperator, PokeReturnValue

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.version_compat import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferralError,
    TaskDeferralTimeout,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_chilipiper.triggers import SlotTrigger

LAST_LOOK_TAKES = timedelta(minutes=10)
CAUSES = (
    "Common causes of no availability: the meeting type's minimum notice, date range or caps; working hours; "
    "distribution rules; busy or tentative events in the calendars; a disconnected calendar; a missing licence"
)


class PollFailed(Exception):
    """The look could not be made, so nobody knows whether there are slots.

    It is not one of Airflow's own exceptions, which ``soft_fail`` turns into a skip: that would say no.
    """


class PollingSensor(BaseSensorOperator):
    """Looks until there are enough slots; a subclass says how to look, how many are enough, what goes on looking."""

    deferrable: bool
    max_failures: int
    _failures = 0
    _unasked = ""  # why the last look could not be made

    @abstractmethod
    def look(self) -> list[str]:
        """The start times that will do now."""

    @abstractmethod
    def enough(self) -> int:
        """How many are wanted."""

    @abstractmethod
    def watcher(self, deadline: float) -> SlotTrigger:
        """What goes on looking until the deadline, in seconds since 1970."""

    def execute(self, context: Context) -> Any:
        with self._in_airflows_terms():
            return self._look_or_defer(context) if self.deferrable else self._look_or_wait(context)

    def poke(self, context: Context) -> PokeReturnValue:
        """One look. Raises what ends the wait; what may have passed by the next look is a warning, and not yet."""
        from airflow_chilipiper.api.errors import PASSING

        self._unasked = "it ended without an answer"  # as long as there is none: an execution_timeout may end it
        try:
            slots = self.look()
        except PASSING as error:
            self._failures, self._unasked = self._failures + 1, str(error)
            if self._failures > self.max_failures:
                raise
            self.log.warning("Could not look for slots, failure %s in a row: %s", self._failures, error)
            return PokeReturnValue(is_done=False)
        self._failures, self._unasked = 0, ""
        self.log.info("%s start times will do, %s wanted", len(slots), self.enough())
        return PokeReturnValue(is_done=len(slots) >= self.enough(), xcom_value=slots)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Come back from the triggerer.

        Airflow's sensors turn all that went wrong there into a skip under soft_fail, so theirs is passed over.
        """
        with self._in_airflows_terms():
            try:
                return BaseOperator.resume_execution(self, next_method, next_kwargs, context)
            except (TaskDeferralError, TaskDeferralTimeout) as error:
                raise PollFailed(f"the trigger ended without an answer ({error}); is a triggerer running?") from None

    def execute_complete(self, context: Context, event: Any = None) -> list[str]:
        """Take the trigger's event; one that is not known is an error, never a success."""
        event = event if isinstance(event, dict) else {}
        if event.get("status") == "found" and event.get("slots"):
            return list(event["slots"])
        raise self._without_slots(event)

    def _look_or_defer(self, context: Context) -> Any:
        deadline = time.time() + self.timeout
        seen = self.poke(context)
        if not seen:
            longest = timedelta(seconds=self.timeout) + LAST_LOOK_TAKES
            self.defer(trigger=self.watcher(deadline), method_name=self.execute_complete.__name__, timeout=longest)
        return seen.xcom_value

    def _look_or_wait(self, context: Context) -> Any:
        try:
            return super().execute(context)
        except (AirflowSensorTimeout, AirflowSkipException):
            if self.never_fail:
                raise
            raise self._time_is_up(self._unasked) from None

    @contextmanager
    def _in_airflows_terms(self) -> Iterator[None]:
        """A question that could not be asked fails the task, whatever soft_fail says; for good where no retry helps."""
        from airflow_chilipiper.api.errors import PASSING, ChiliPiperError
        from airflow_chilipiper.waiting.slot_query import NoSlotWillCome

        try:
            yield
        except NoSlotWillCome as error:
            raise self._no(str(error), AirflowFailException) from None
        except PASSING as error:
            raise self._failure(PollFailed(f"could not look for slots: {error}")) from None
        except (ChiliPiperError, BadValue) as error:
            raise self._failure(AirflowFailException(str(error))) from None
        except (PollFailed, AirflowFailException) as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> Exception:
        return AirflowSkipException(f"skipped, as never_fail asks: {error}") if self.never_fail else error

    def _without_slots(self, event: dict[str, Any]) -> Exception:
        reason = str(event.get("reason"))
        match event.get("status"):
            case "timeout":
                return self._time_is_up(str(event.get("unasked", "the trigger does not say how it went")))
            case "never":
                return self._no(reason, AirflowFailException)
            case "refused":
                return AirflowFailException(reason)
            case "failed":
                return PollFailed(f"could not look for slots: {reason}")
            case status:
                return PollFailed(f"the trigger sent an event that nobody knows, with status {status!r}")

    def _time_is_up(self, unasked: str) -> Exception:
        if unasked:
            return PollFailed(f"the time is up, and the last look for slots could not be made: {unasked}")
        waited = timedelta(seconds=self.timeout)
        wanted = f"{self.enough()} start times" if self.enough() > 1 else "a slot"
        return self._no(f"waited {waited} in vain for {wanted} that will do. {CAUSES}", AirflowSensorTimeout)

    def _no(self, reason: str, error: type[Exception]) -> Exception:
        """There is an answer, and it is no."""
        return AirflowSkipException(reason) if self.soft_fail else error(reason)
