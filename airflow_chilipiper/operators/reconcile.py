"""Find out what became of bookings whose answer was lost, on a schedule of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from airflow_chilipiper.arguments.email import EmailForAlerts, refuse_email
from airflow_chilipiper.arguments.readers import Reader, as_count, as_name, or_none
from airflow_chilipiper.arguments.templates import is_template

if TYPE_CHECKING:
    from typing import Unpack

    from airflow.sdk import Context

    from airflow_chilipiper.arguments.signatures import AirflowArguments, Text
    from airflow_chilipiper.booking.ledger.entry import Entry
    from airflow_chilipiper.booking.ledger.store import Ledger
    from airflow_chilipiper.hooks import ChiliPiperHook


class ReconcileBookingsOperator(EmailForAlerts, BaseOperator):
    """
    Look in Chili Piper for the meetings of all bookings in doubt, and put what is found on record. It books nobody.

    It needs the ledger that booking tasks have made behind a connection, no e-mails, and of the token `meeting.read`;
    with `logs.read` and `concierge.read` the routing log is evidence too. A lead is set free only by proof, or where
    its own booking task said ``in_doubt=Rebook(...)``. Returns ``{"counts": ..., "rows": [...]}``: how many rows are
    in which state now, and each with its ledger key, purpose, state, meeting, slot, sender and reason.

    :param purpose: the campaign whose bookings are looked at; all of the ledger, if not given (templated)
    :param rows_at_once: for how many rows the meetings are listed at once (templated)
    :param fail_on_review: whether the task fails, after all is on record, if a person must decide on some row
    :param chilipiper_conn_id: the connection to Chili Piper (templated)
    :param ledger_conn_id: the database connection of the ledger; default the one that the connection names (templated)
    """

    readers: ClassVar[Mapping[str, Reader]] = {
        "purpose": or_none(as_name),
        "rows_at_once": as_count,
        "chilipiper_conn_id": as_name,
        "ledger_conn_id": or_none(as_name),
    }
    template_fields: Sequence[str] = tuple(readers)
    ui_color = "#ffe7e0"

    def __init__(
        self,
        *,
        purpose: Text | None = None,
        rows_at_once: int | Text = 1000,
        fail_on_review: bool = False,
        chilipiper_conn_id: Text = "chilipiper_default",
        ledger_conn_id: Text | None = None,
        **kwargs: Unpack[AirflowArguments],
    ) -> None:
        refuse_email(kwargs, is_mapped=getattr(self, "_BaseOperator__from_mapped", False))
        airflows: dict[str, Any] = {**kwargs}
        super().__init__(**airflows)
        self.purpose, self.rows_at_once, self.fail_on_review = purpose, rows_at_once, fail_on_review
        self.chilipiper_conn_id, self.ledger_conn_id = chilipiper_conn_id, ledger_conn_id
        for name in self.readers:
            if not is_template(getattr(self, name)):
                self._read(name)

    def execute(self, context: Context) -> dict[str, Any]:
        from airflow_chilipiper.api.errors import ChiliPiperError, NotAllowed
        from airflow_chilipiper.hooks import ChiliPiperHook
        from airflow_chilipiper.ledgers import incurable_if_lost
        from airflow_chilipiper.version_compat import AirflowException, AirflowFailException

        rows: list[dict[str, Any]] = []
        try:
            with incurable_if_lost(), closing(ChiliPiperHook(self._read("chilipiper_conn_id"))) as hook:
                for swept in self._swept(hook):
                    rows.extend(swept)
        except ChiliPiperError as error:
            self._log(rows, Counter(row["state"] for row in rows))
            kind = AirflowFailException if isinstance(error, NotAllowed) else AirflowException
            raise kind(f"the meetings cannot be listed, so other bookings in doubt stay as they are: {error}") from None
        counts = dict(Counter(row["state"] for row in rows))
        answer = {"counts": counts, "rows": rows}
        self._log(rows, counts)
        if counts.get("review") and self.fail_on_review:
            if self.do_xcom_push:
                context["ti"].xcom_push("return_value", answer)
            why = f"{counts['review']} bookings need a person: see the log, and `ledger resolve` of the command line"
            raise AirflowFailException(why)
        return answer

    def _swept(self, hook: ChiliPiperHook) -> Iterator[list[dict[str, Any]]]:
        from airflow_chilipiper.api.spelling import trimmed
        from airflow_chilipiper.booking.doubt.bounds import Bounds
        from airflow_chilipiper.booking.doubt.routing_log import RoutingLog
        from airflow_chilipiper.booking.doubt.sweep import sweep
        from airflow_chilipiper.booking.ledger.entry import IN_DOUBT
        from airflow_chilipiper.booking.ledger.runtime import RecordingRuntime
        from airflow_chilipiper.booking.ledger.store import pages

        ledger, limit, purpose = self._ledger(hook), self._read("rows_at_once"), self._read("purpose")
        session, routing_log = hook.get_conn(), RoutingLog()
        bounds = Bounds(list_lag=session.settings.meeting_list_lag, call=session.settings.client.timeout)
        runtime = RecordingRuntime(session.client, session.runtime.limiter, ledger)
        for rows in pages(ledger, states=IN_DOUBT, purpose=purpose and trimmed(purpose), limit=limit):
            yield [_shown(row) for row in session.block(sweep(rows, runtime, bounds, routing_log))]
            if runtime.lost:
                raise runtime.lost

    def _ledger(self, hook: ChiliPiperHook) -> Ledger:
        from airflow_chilipiper.ledgers import sql_ledger
        from airflow_chilipiper.version_compat import AirflowFailException

        conn_id = self._read("ledger_conn_id") or hook.get_conn().settings.ledger_conn_id
        if conn_id is None:
            raise AirflowFailException(
                "there is no ledger connection: bookings recorded in Airflow's task state are reconciled by the retry"
                " or clear of their own task; set ledger_conn_id here or in the connection's extra"
            )
        return sql_ledger(conn_id, create=False)

    def _log(self, rows: Sequence[dict[str, Any]], counts: Mapping[str, int]) -> None:
        from airflow_chilipiper.task.ending import listed
        from airflow_chilipiper.task.outcomes import LINES

        self.log.info("%d bookings in doubt were looked at: %s", len(rows), listed(counts) or "none")
        for row in [row for row in rows if row["state"] == "review"][:LINES]:
            self.log.warning("Ledger key %s (%s): review. %s", row["ledger_key"], row["purpose"], row["reason"])

    def _read(self, name: str) -> Any:
        return self.readers[name](getattr(self, name), name)


def _shown(row: Entry) -> dict[str, Any]:
    sent_at = None if row.sent_at is None else datetime.fromtimestamp(row.sent_at, UTC).isoformat(timespec="seconds")
    return {
        "ledger_key": row.key,
        "purpose": row.purpose,
        "state": row.state,
        "meeting_id": row.meeting_id,
        "start_time": row.slot,
        "sent_at": sent_at,
        "sender": row.sender,
        "reason": row.reason,
    }
