"""How a booking task ends: what is pushed to XCom and logged, and whether it fails, is skipped or returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow_chilipiper.api.errors import STOPS_THE_BATCH
from airflow_chilipiper.booking.ledger.entry import EntriesLost
from airflow_chilipiper.booking.outcome import Status
from airflow_chilipiper.task.errors import TaskFailed, TaskSkipped
from airflow_chilipiper.task.outcomes import LINES, Outcomes
from airflow_chilipiper.task.plan import BookingPlan
from airflow_chilipiper.task.services import Log


def push_outcomes(outcomes: Outcomes, plan: BookingPlan, push: Callable[[str, Any], object]) -> None:
    """Put everything into XCom now, since a task that fails returns nothing."""
    answer = answer_of(outcomes, plan)
    if plan.is_single:
        push("meeting_id", answer["meeting_id"])
    else:
        if isinstance(answer, list):
            push("meeting_ids", [row["meeting_id"] for row in answer])
        push("counts", dict(outcomes.counts))
    push("return_value", answer)


def answer_of(outcomes: Outcomes, plan: BookingPlan) -> Any:
    """The lead's row; all rows; or, where these are written to a table, what is to be known of them."""
    if plan.is_single:
        return outcomes.rows()[0]
    return outcomes.summary() if plan.writes_outcomes else outcomes.rows()


def log_outcomes(outcomes: Outcomes, plan: BookingPlan, log: Log) -> None:
    """How many came to what, and what somebody has to know, by the number of the row in the order of the query."""
    total = sum(outcomes.counts.values())
    log.info("%d %s: %s", total, "lead" if total == 1 else "leads", listed(outcomes.counts) or "none")
    if outcomes.without_list:
        log.warning(
            "%d leads are no_slot since Chili Piper's answers had no list of slots, not even an empty one: if there are"
            " free slots, open one session with ChiliPiperHook().open(...) and ask Chili Piper's support why",
            outcomes.without_list,
        )
    others = sorted(row for rows in outcomes.troubled.values() for row in rows)
    if total and outcomes.counts["invalid"] == total:
        log.warning("Every row is invalid, the first because: %s", others[0][1]["reason"])
    for number, row in sorted(others, key=lambda other: not Status(other[1]["status"]).is_in_doubt)[:LINES]:
        write = log.warning if Status(row["status"]).is_in_doubt else log.info
        write("Row %d: %s. %s", number + 1, row["status"], row["reason"])
    if (more := sum(count for status, count in outcomes.counts.items() if not Status(status).is_success) - LINES) > 0:
        log.info("%d rows more were not booked: see %s", more, _place(plan))
    for number, why in outcomes.refused[:LINES]:
        log.warning("Row %d: its outcome is not written. %s", number + 1, why)


def end(outcomes: Outcomes, plan: BookingPlan, *, stopped_by: Exception | None, was_killed: bool) -> None:
    """Raise TaskFailed or TaskSkipped where the outcomes, and what the plan says of them, ask for it."""
    if isinstance(stopped_by, EntriesLost):
        raise TaskFailed(f"stopped: {stopped_by}. No retry: {listed(outcomes.counts)}", curable=False)
    if isinstance(stopped_by, STOPS_THE_BATCH):
        raise TaskFailed(f"stopped, since no other lead would fare better: {stopped_by}", curable=False)
    if failing := _failing(outcomes.counts, plan.fail_on):
        reason = stopped_by or (outcomes.rows()[0]["reason"] if plan.is_single else None)
        raise TaskFailed(
            _failure(failing, reason, outcomes, plan, was_killed=was_killed),
            curable=any(Status(status).may_change for status in failing),
        )
    if outcomes.refused:
        number, why = outcomes.refused[0]
        raise TaskFailed(f"{len(outcomes.refused)} outcomes are not written. Row {number + 1}: {why}", curable=False)
    if _is_skipped(outcomes.counts, plan.skip_on):
        raise TaskSkipped(_in_short(outcomes, plan))
    only = Status(outcomes.rows()[0]["status"]) if plan.is_single else None
    if only and only.is_failure and not only.may_change:
        raise TaskFailed(_in_short(outcomes, plan), curable=False)


def listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def _failing(counts: Mapping[str, int], fail_on: Mapping[str, float]) -> dict[str, int]:
    total = sum(counts.values())
    return {status: count for status, count in counts.items() if status in fail_on and count > fail_on[status] * total}


def _is_skipped(counts: Mapping[str, int], skip_on: tuple[str, ...]) -> bool:
    """Where nobody was or had been booked; not where there were no rows."""
    seen = {status for status, count in counts.items() if count}
    return bool(seen) and seen <= set(skip_on) and not any(Status(status).is_meeting for status in seen)


def _in_short(outcomes: Outcomes, plan: BookingPlan) -> str:
    if plan.is_single:
        row = outcomes.rows()[0]
        return f"{row['status']}: {row['reason']}"
    return f"nobody was booked: {listed(outcomes.counts)}"


def _place(plan: BookingPlan) -> str:
    """Where every outcome is."""
    if not plan.writes_outcomes:
        return "XCom"
    return f"table {plan.results_table}" if plan.results_table else "what write_back_sql has written"


def _failure(
    failing: Mapping[str, int], reason: object, outcomes: Outcomes, plan: BookingPlan, *, was_killed: bool
) -> str:
    because = f" ({reason})" if reason else ""
    whose = "every lead that had its turn" if was_killed and plan.writes_outcomes else "every lead"
    but = f" but {len(outcomes.refused)}" if outcomes.refused else ""
    return (
        f"{listed(failing)}{because}. The outcome of {whose}{but} is in {_place(plan)},"
        " and no lead that may have been invited is asked for again"
    )
