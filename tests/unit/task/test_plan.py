"""The plan of a task: what holds for all of its leads, out of its arguments and of the connection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from airflow_chilipiper.arguments.columns import col
from airflow_chilipiper.arguments.patterns import CONCIERGE, SCHEDULING_LINK, PatternArguments
from airflow_chilipiper.arguments.rebook import Rebook
from airflow_chilipiper.arguments.shard import Shard
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.connection.session import Session
from airflow_chilipiper.hooks import ChiliPiperHook
from airflow_chilipiper.task.plan import WHOLE, BookingPlan, make_plan
from tests.booking_task import Desk

VALUES: dict[str, Any] = {
    "purpose": "q3",
    "window_start": None,
    "window": timedelta(days=7),
    "between": None,
    "weekdays": None,
    "min_notice": timedelta(hours=2),
    "shard": None,
    "keep": (),
    "fetch_meeting": False,
    "preview": False,
    "fail_on": {"unknown": 0.0},
    "skip_on": (),
    "in_doubt": None,
    "rebook_after": None,
    "repeated_guests": False,
    "existing_meeting_window": None,
    "results_table": None,
    "results_conn_id": None,
    "write_back_sql": None,
    "ledger_conn_id": None,
    "sql_conn_id": None,
    "is_single": False,
}
BY_LEAD = {"guest_email": col("email"), "timezone": None, "form": {}, "prefer": None, "lead_key": col("id")}
LINK = {"link_type": "RoundRobin", "link_id": "l", "link": None, "booking_url": None, "meeting_type_id": None}
LINK |= {"link_owner": None, "link_slug": None}


@pytest.fixture
def session(desk: Desk) -> Iterator[Session]:
    desk.connect(meeting_list_lag=7, timeout=11, allowed_guest_domains="test.example", ledger_conn_id="of_connection")
    hook = ChiliPiperHook()
    yield hook.get_conn()
    hook.close()


def made(session: Session, pattern: PatternArguments = SCHEDULING_LINK, **given: Any) -> BookingPlan:
    values = {name: given.pop(name, value) for name, value in VALUES.items()}
    zone = ZoneInfo("Europe/Paris")
    return make_plan(
        values, BY_LEAD | LINK | given, pattern=pattern, session=session, timezone=zone, sender="me", max_sessions=4
    )


def test_what_is_not_given_is_of_the_connection_or_of_the_dag(session: Session) -> None:
    before = datetime.now(UTC)
    plan = made(session)
    assert (plan.purpose, plan.pattern, plan.shard, plan.leads_at_once) == ("q3", "scheduling_link", WHOLE, None)
    assert (plan.ledger_conn_id, plan.results_conn_id, plan.writes_outcomes) == ("of_connection", None, False)
    policy = plan.leads.policy
    assert (policy.sender, policy.max_sessions, policy.allowed_domains) == ("me", 4, ("test.example",))
    assert policy.bounds == Bounds(in_doubt="hold", list_lag=7, call=11)
    assert before <= policy.interval.start <= datetime.now(UTC)
    assert (plan.leads.timezone, plan.leads.default_timezone) == (None, ZoneInfo("Europe/Paris"))
    assert plan.leads.own == {"link_type": "RoundRobin", "link_id": "l"}


def test_what_is_given_goes_first(session: Session) -> None:
    plan = made(
        session,
        ledger_conn_id="own",
        sql_conn_id="warehouse",
        results_table="outcomes",
        shard=Shard(1, 4),
        window_start=datetime(2100, 1, 1, tzinfo=UTC),
        timezone=col("zone"),
        in_doubt=Rebook(timedelta(minutes=10)),
    )
    assert (plan.ledger_conn_id, plan.results_conn_id, plan.writes_outcomes) == ("own", "warehouse", True)
    assert made(session, sql_conn_id="warehouse", results_conn_id="other").results_conn_id == "other"
    assert made(session, write_back_sql="UPDATE x SET a = :status").writes_outcomes
    assert plan.shard == Shard(1, 4)
    assert plan.leads.policy.interval.start == datetime(2100, 1, 1, tzinfo=UTC)
    assert plan.leads.timezone == col("zone")
    assert plan.leads.policy.bounds == Bounds(in_doubt="rebook", session_lifetime=600, list_lag=7, call=11)


def test_who_has_no_key_goes_by_the_email(session: Session) -> None:
    assert made(session, lead_key=None).leads.lead_key == col("email")


@pytest.mark.parametrize(
    ("pattern", "own", "has_one_target"),
    [
        (SCHEDULING_LINK, {}, True),
        (SCHEDULING_LINK, {"link_id": col("link")}, False),
        (SCHEDULING_LINK, {"link": {"linkId": col("link")}}, False),
        (CONCIERGE, {"router_slug": "in", "trigger": col("trigger")}, True),
        (CONCIERGE, {"router_slug": col("router"), "trigger": "InAppButton"}, False),
    ],
)
def test_all_are_booked_in_one_place_unless_a_column_names_it(
    session: Session, pattern: PatternArguments, own: dict[str, Any], has_one_target: bool
) -> None:
    assert made(session, pattern, **own).has_one_target is has_one_target
