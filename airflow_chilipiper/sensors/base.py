"""What the slot sensors share: their arguments, and the look that these describe."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_chilipiper.arguments import readers as arguments
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.sensors.waiting import WaitingSensor
from airflow_chilipiper.version_compat import conf

if TYPE_CHECKING:
    from airflow_chilipiper.connection.settings import ChiliPiperSettings
    from airflow_chilipiper.triggers import SlotTrigger

Checks = Mapping[str, Callable[[Any, str], Any]]

DEFERRABLE: bool = conf.getboolean("operators", "default_deferrable", fallback=False)


class SlotSensor(WaitingSensor):
    """Wait until free slots are offered; answer their start times as Chili Piper wrote them, the earliest first.

    A look that fails in passing (no connection, no answer, throttled, a broken server) counts as not yet, up to
    ``max_failures`` in a row; then the task fails, and Airflow may retry it. In ``reschedule`` mode every look is a
    process of its own and nobody counts: each failure is a warning in the log. What no retry can cure fails at once.
    When the time is up the task fails, or is skipped under ``soft_fail``; but it is never skipped if the last look
    could not be made.

    Deferred sensors that name the same connection share one client and one pace in their triggerer, and see an edit of
    the connection five minutes later.

    :param chilipiper_conn_id: id of the connection (templated)
    :param window_start: from when on slots are looked for: an aware datetime or its ISO text; None stands for the time
        of each look (templated)
    :param window: how far from there: a timedelta, or text such as "7 days" or "P7D" (templated)
    :param between: only starts within these hours of ``timezone``, such as ``("09:00", "17:00")`` (templated)
    :param weekdays: only starts on these days of ``timezone``, such as ``("Mon", "Tue")`` (templated)
    :param min_notice: how long before its start a slot must be found, written as ``window`` is (templated)
    :param timezone: IANA time zone; the DAG's if None (templated)
    :param min_slots: how many different start times are enough (templated)
    :param max_failures: how many looks in a row may fail in passing
    :param deferrable: look from the triggerer, holding no worker; default ``[operators] default_deferrable``
    :param poke_interval: time between looks
    :param timeout: time after which to give up
    """

    template_fields: Sequence[str] = (
        "chilipiper_conn_id",
        "window_start",
        "window",
        "between",
        "weekdays",
        "min_notice",
        "timezone",
        "min_slots",
    )
    checks: ClassVar[Checks] = {
        "chilipiper_conn_id": arguments.as_name,
        "window_start": arguments.as_moment,
        "window": arguments.as_duration,
        "between": arguments.as_hours,
        "weekdays": arguments.as_weekdays,
        "min_notice": lambda value, name: arguments.as_duration(value, name, at_least=timedelta(0)),
        "timezone": arguments.as_zone,
        "min_slots": arguments.as_count,
    }

    def __init__(
        self,
        *,
        chilipiper_conn_id: str = "chilipiper_default",
        window_start: datetime | str | None = None,
        window: timedelta | str = timedelta(days=7),
        between: Sequence[Any] | str | None = None,
        weekdays: Sequence[str] | str | None = None,
        min_notice: timedelta | str = timedelta(hours=2),
        timezone: str | None = None,
        min_slots: int | str = 1,
        max_failures: int = 5,
        deferrable: bool = DEFERRABLE,
        poke_interval: timedelta | float = timedelta(minutes=10),
        timeout: timedelta | float = timedelta(days=1),
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, timeout=timeout, **kwargs)
        self.chilipiper_conn_id = chilipiper_conn_id
        self.window_start = window_start
        self.window = window
        self.between = between
        self.weekdays = weekdays
        self.min_notice = min_notice
        self.timezone = timezone
        self.min_slots = min_slots
        self.max_failures = arguments.as_count(max_failures, "max_failures", at_least=0)
        self.deferrable = deferrable
        self._settled: dict[str, Any] | None = None

    @abstractmethod
    def wanted(self) -> dict[str, Any]:
        """What to ask for, out of rendered arguments: the `pattern` and `arguments` of the query."""

    def guests(self) -> list[str]:
        """The e-mails that a look tells Chili Piper."""
        return []

    def check(self) -> None:
        """Raise BadValue for what is wrong whatever the templates will say. Every constructor ends with it."""
        for name, meant in self.checks.items():
            value = getattr(self, name)
            if value is not None and not arguments.is_template(value):
                meant(value, name)

    def meant(self, name: str) -> Any:
        """The argument of that name, rendered, as what it means; None if it is not given."""
        value = getattr(self, name)
        return None if value is None else self.checks[name](value, name)

    def zone(self) -> str:
        if self.timezone is None and self.has_dag():  # type: ignore[no-untyped-call]
            return arguments.as_zone(getattr(self.dag.timezone, "name", "UTC"), "the DAG's timezone").key
        return str((self.meant("timezone") or arguments.as_zone("UTC", "timezone")).key)

    def enough(self) -> int:
        return int(self.meant("min_slots"))

    def look(self) -> list[str]:
        from airflow_chilipiper.hooks import ChiliPiperHook
        from airflow_chilipiper.waiting.slot_query import look, settle

        with closing(ChiliPiperHook(self.chilipiper_conn_id)) as hook:
            session = hook.get_conn()
            self._check_guests(session.settings)
            self._settled = dict(session.block(settle(self._settled or self._wish(), session.runtime)))
            return session.block(look(self._settled, session.runtime))

    def watcher(self, deadline: float) -> SlotTrigger:
        from airflow_chilipiper.triggers import SlotTrigger

        return SlotTrigger(
            chilipiper_conn_id=self.chilipiper_conn_id,
            query=self._settled or self._wish(),
            min_slots=self.enough(),
            interval=self.poke_interval,
            deadline=deadline,
            max_failures=self.max_failures,
        )

    def _wish(self) -> dict[str, Any]:
        """In plain JSON, so that it can travel to the triggerer."""
        query = {
            **self.wanted(),
            "window_start": start.isoformat() if (start := self.meant("window_start")) else None,
            "window": self.meant("window").total_seconds(),
            "between": [hour.isoformat() for hour in self.meant("between") or ()],
            "weekdays": list(self.meant("weekdays") or ()),
            "min_notice": self.meant("min_notice").total_seconds(),
            "timezone": self.zone(),
        }
        try:
            plain: dict[str, Any] = json.loads(json.dumps(query))
        except TypeError as error:
            raise BadValue(f"an argument holds what JSON cannot: {error}") from None
        return plain

    def _check_guests(self, settings: ChiliPiperSettings) -> None:
        from airflow_chilipiper.booking.guests import guest_allowed

        if not all(guest_allowed(guest, settings.allowed_guest_domains) for guest in self.guests()):
            raise BadValue("the guest's e-mail is outside the connection's allowed_guest_domains; nothing was sent")
