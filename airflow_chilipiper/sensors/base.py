"""What the slot sensors share: their arguments, and the query that these come to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.email import EmailForAlerts, refuse_email
from airflow_chilipiper.arguments.patterns import LeadValues, PatternArguments, make_pattern
from airflow_chilipiper.arguments.readers import Reader, as_count
from airflow_chilipiper.arguments.templates import is_template
from airflow_chilipiper.arguments.times import as_zone
from airflow_chilipiper.sensors.polling import PollingSensor
from airflow_chilipiper.version_compat import conf

if TYPE_CHECKING:
    from airflow_chilipiper.arguments.signatures import Duration, Hours, Text, Weekdays
    from airflow_chilipiper.connection.session import Session
    from airflow_chilipiper.triggers import SlotTrigger

DEFERRABLE: bool = conf.getboolean("operators", "default_deferrable", fallback=False)
_WHEN = ("chilipiper_conn_id", "window_start", "window", "between", "weekdays", "min_notice")


class SlotBaseSensor(EmailForAlerts, PollingSensor):
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

    chilipiper_conn_id: Any
    timezone: Any

    pattern: ClassVar[PatternArguments | None] = None
    readers: ClassVar[Mapping[str, Reader]] = {
        **{name: booking.READERS[name] for name in _WHEN},
        "timezone": booking.READERS_BY_LEAD["timezone"],
        "min_slots": as_count,
    }
    template_fields: Sequence[str] = tuple(readers)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.pattern:
            written = cls.__init__.__annotations__
            shared = {name: read for name, read in booking.READERS_BY_LEAD.items() if name in written}
            cls.readers = {**cls.readers, **shared, **cls.pattern.readers}
        cls.template_fields = tuple(cls.readers)

    def __init__(
        self,
        *,
        chilipiper_conn_id: Text = "chilipiper_default",
        window_start: datetime | Text | None = None,
        window: Duration = timedelta(days=7),
        between: Hours | None = None,
        weekdays: Weekdays | None = None,
        min_notice: Duration = timedelta(hours=2),
        timezone: ZoneInfo | Text | None = None,
        min_slots: int | Text = 1,
        max_failures: int = 5,
        deferrable: bool = DEFERRABLE,
        poke_interval: timedelta | float = timedelta(minutes=10),
        timeout: timedelta | float = timedelta(days=1),
        **kwargs: Any,
    ) -> None:
        given = locals()
        refuse_email(kwargs, is_mapped=getattr(self, "_BaseOperator__from_mapped", False))
        super().__init__(poke_interval=poke_interval, timeout=timeout, **kwargs)
        booking.declare(self, given, SlotBaseSensor.readers)
        self.max_failures = as_count(max_failures, "max_failures", at_least=0)
        self.deferrable = deferrable
        self._resolved: dict[str, Any] | None = None
        self.refuse_bad_arguments()

    def refuse_bad_arguments(self) -> None:
        """Raise BadValue for what is wrong whatever the templates will say."""
        if self.pattern:
            self.pattern.refuse_missing(self)
            if self.pattern.needs_email(self) and getattr(self, "guest_email", None) is None:
                raise BadValue("guest_email is missing: the slots are offered to a guest")
        for name in self.readers:
            if not is_template(getattr(self, name)):
                self.read(name)

    def read(self, name: str) -> Any:
        """The argument of that name, rendered, as what it means; None for one of a sensor's own that is not given."""
        value = getattr(self, name)
        if value is None and name not in SlotBaseSensor.readers:
            return None
        return self.readers[name](value, name)

    def enough(self) -> int:
        return int(self.read("min_slots"))

    def look(self) -> list[str]:
        from airflow_chilipiper.hooks import ChiliPiperHook
        from airflow_chilipiper.waiting.slot_query import find_slots

        with closing(ChiliPiperHook(self.chilipiper_conn_id)) as hook:
            session = hook.get_conn()
            query = self._resolved = self._resolve(session)
            return session.block(find_slots(query, session.runtime, make_pattern))

    def watcher(self, deadline: float) -> SlotTrigger:
        from airflow_chilipiper.triggers import SlotTrigger

        return SlotTrigger(
            chilipiper_conn_id=self.chilipiper_conn_id,
            query=self._resolved or self._query(),
            min_slots=self.enough(),
            interval=self.poke_interval,
            deadline=deadline,
            max_failures=self.max_failures,
        )

    def asked(self) -> dict[str, Any]:
        """What to ask for, out of rendered arguments: the `pattern` and `arguments` of the query."""
        pattern = self.pattern
        assert pattern  # noqa: S101  # a sensor without one has a method of its own
        values = LeadValues(
            email=self.read("guest_email") if "guest_email" in self.readers else None,
            timezone=self.read("timezone"),
            form=self.read("form") if "form" in self.readers else {},
            own={name: self.read(name) for name in pattern.readers if getattr(self, name) is not None},
        )
        arguments = {name: value for name, value in pattern.request(values).items() if value is not None}
        return {"pattern": pattern.name, "arguments": arguments, "path": values.get("path")}

    def _query(self) -> dict[str, Any]:
        """In plain JSON, so that it can travel to the triggerer."""
        zone = self._zone()
        query = {
            **self.asked(),
            "window_start": start.isoformat() if (start := self.read("window_start")) else None,
            "window": self.read("window").total_seconds(),
            "between": [hour.isoformat() for hour in self.read("between") or ()],
            "weekdays": list(self.read("weekdays") or ()),
            "min_notice": self.read("min_notice").total_seconds(),
            "timezone": zone.key,
        }
        try:
            plain: dict[str, Any] = json.loads(json.dumps(query))
        except TypeError as error:
            raise BadValue(f"an argument holds what JSON cannot: {error}") from None
        return plain

    def _resolve(self, session: Session) -> dict[str, Any]:
        """The query with ids for names, once it is known that the connection allows its guest."""
        from airflow_chilipiper.booking.lead import check_guests
        from airflow_chilipiper.waiting.slot_query import resolve_names

        query = dict(session.block(resolve_names(self._resolved or self._query(), session.runtime)))
        if self.pattern:
            guests = self.pattern.make(query["arguments"]).invited()
            check_guests(guests, session.settings.allowed_guest_domains)
        return query

    def _zone(self) -> ZoneInfo:
        if self.timezone is None and self.has_dag():  # type: ignore[no-untyped-call]
            return as_zone(getattr(self.dag.timezone, "name", "UTC"), "the DAG's timezone")
        zone: ZoneInfo = self.read("timezone") or ZoneInfo("UTC")
        return zone
