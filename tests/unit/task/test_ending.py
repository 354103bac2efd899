"""How a task ends: what is pushed before it does, and whether it returns, skips, fails, or fails for good."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG, task

from airflow_chilipiper.operators import ConciergeBookOperator, col
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException, AirflowSkipException
from tests.booking_task import Desk, lead

ROUTER = {
    "router_slug": "inbound-demo",
    "trigger": "InAppButton",
    "form": {"PersonEmail": col("email"), "PersonCountry": col("country", default=None)},
    "leads_at_once": 1,
}
FULL = lead("ada", country="Iceland")
FREE_MAIL = {"lead_id": "eve", "email": "eve@gmail.com"}


def one(desk: Desk, row: Any, **arguments: Any) -> ConciergeBookOperator:
    return desk.make(ConciergeBookOperator, lead=row, **{**ROUTER, **arguments})


def many(desk: Desk, *rows: Any, **arguments: Any) -> ConciergeBookOperator:
    return desk.make(ConciergeBookOperator, leads=list(rows), lead_key=col("lead_id"), **{**ROUTER, **arguments})


def is_for_good(error: pytest.ExceptionInfo[BaseException]) -> bool:
    return isinstance(error.value, AirflowFailException)


def test_one_lead(desk: Desk) -> None:
    """Its row is the answer, under the e-mail as its key; the meeting's id stands alone."""
    answered = desk.run(one(desk, lead("Ada")))
    assert answered["lead_key"] == "ada@prospect.example"
    assert answered["meeting_id"] == desk.chili.meetings[0]["meetingId"]
    assert desk.ti.xcom == {"meeting_id": answered["meeting_id"], "return_value": answered}


def test_many_leads(desk: Desk) -> None:
    """One row each, in the order of the leads, whatever became of them."""
    rows = [lead("ada"), FULL | {"lead_id": "bob"}, FREE_MAIL, {"lead_id": "joe", "email": "joe"}]
    answered = desk.run(many(desk, *rows))
    assert [(row["lead_key"], row["status"]) for row in answered] == [
        ("ada", "booked"),
        ("bob", "no_slot"),
        ("eve", "disqualified"),
        ("joe", "invalid"),
    ]
    assert desk.ti.xcom == {
        "meeting_ids": [answered[0]["meeting_id"], None, None, None],
        "counts": {"booked": 1, "no_slot": 1, "disqualified": 1, "invalid": 1},
        "return_value": answered,
    }


def test_nothing_is_pushed_that_is_not_wanted(desk: Desk) -> None:
    assert desk.run(one(desk, lead("ada"), do_xcom_push=False))["status"] == "booked"
    assert desk.ti.pushed == []


@pytest.mark.parametrize(
    ("argument", "row", "status"), [("on_no_slot", FULL, "no_slot"), ("on_disqualified", FREE_MAIL, "disqualified")]
)
@pytest.mark.parametrize(
    ("ending", "raised"),
    [
        ("return", None),
        ("skip", AirflowSkipException),
        ("fail", AirflowFailException),
        ("retry", AirflowException),
    ],
)
def test_one_lead_without_a_meeting(
    desk: Desk, argument: str, row: Any, status: str, ending: str, raised: type[Exception] | None
) -> None:
    operator = one(desk, row, **{argument: ending})
    if raised is None:
        assert desk.run(operator)["status"] == status
    else:
        with pytest.raises(raised, match=f"^{status}: ") as error:
            desk.run(operator)
        assert is_for_good(error) == (ending == "fail")
    assert desk.statuses() == [status]
    assert desk.ti.xcom["meeting_id"] is None


def test_the_next_try_books_who_had_no_slot(desk: Desk, ledger: Any) -> None:
    """So that a task can wait for a slot with Airflow's own retries."""
    waiting = {"on_no_slot": "retry", "ledger_conn_id": "ledger"}
    with pytest.raises(AirflowException):
        desk.run(one(desk, FULL, **waiting))
    assert desk.run(one(desk, lead("ada"), **waiting), try_number=2)["status"] == "booked"


def test_a_definite_refusal_of_one_lead_fails_for_good(desk: Desk) -> None:
    desk.chili.faults.error("concierge-route-by-slug", status=422, code="CompanyBlocked", message="no")
    with pytest.raises(AirflowFailException, match=r"refused: .*CompanyBlocked"):
        desk.run(one(desk, lead("ada")))
    with pytest.raises(AirflowFailException, match="invalid: email"):
        desk.run(one(desk, {"email": "ada"}, lead_key="ada"))
    assert desk.statuses() == ["invalid"]


def test_what_fails_a_task_of_many(desk: Desk) -> None:
    """By default only what was not done, and after all had their turn; another try is of use only for some."""
    rows = [FREE_MAIL, lead("ada"), FULL | {"lead_id": "bob"}]
    with pytest.raises(AirflowException, match=r"1 disqualified") as error:
        desk.run(many(desk, *rows, fail_on=("disqualified",)))
    assert is_for_good(error)
    assert desk.statuses() == ["disqualified", "booked", "no_slot"]
    with pytest.raises(AirflowException, match="1 no_slot") as error:
        desk.run(many(desk, *rows, fail_on=("no_slot",), purpose="q4"))
    assert not is_for_good(error)


def test_a_server_that_is_broken(desk: Desk) -> None:
    """The booking call's answer is missing, and nobody knows: unless told otherwise, that fails the task."""
    desk.connect(token=desk.chili.token_without("meeting.read"))
    desk.chili.faults.server_error("concierge-schedule", acts=True)
    assert desk.run(many(desk, lead("ada"), fail_on=()))[0]["status"] == "unknown"
    desk.chili.faults.server_error("concierge-schedule", acts=True)
    with pytest.raises(AirflowException, match="1 unknown") as error:
        desk.run(one(desk, lead("bob")))
    assert not is_for_good(error)


def test_only_so_many_are_told_one_by_one(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.run(many(desk, *({"lead_id": number, "email": "x"} for number in range(60))))
    told = capsys.readouterr().out
    assert told.count(": invalid. ") == 50
    assert "60 leads: 60 invalid" in told
    assert "10 rows more were not booked: see XCom" in told


def test_who_may_have_been_invited_is_told_first_and_as_a_warning(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.connect(token=desk.chili.token_without("meeting.read"))
    desk.chili.faults.server_error("concierge-schedule", acts=True)
    others = [{"lead_id": number, "email": "x"} for number in range(60)]
    desk.run(many(desk, *others, lead("ada"), fail_on=()))
    told = [line for line in capsys.readouterr().out.splitlines() if "Row " in line]
    assert len(told) == 50
    assert ["Row 61: unknown." in line for line in told] == [True] + [False] * 49
    assert ["warning" in line for line in told] == [True] + [False] * 49


def test_what_is_pushed_outlives_the_failure(run_dag: Any, desk: Desk) -> None:
    """For real: a task that runs in any case reads every lead's outcome, and a skip skips what follows."""
    with DAG("failing", schedule=None) as dag:

        @task(trigger_rule="all_done")
        def write_back(rows: Any = None, counts: Any = None) -> list[Any]:
            return [[row["status"] for row in rows], counts]

        @task
        def welcome(meeting_id: str) -> str:
            return meeting_id

        book = ConciergeBookOperator(
            task_id="book", purpose="q3", leads=[FREE_MAIL], lead_key=col("lead_id"), fail_on=["disqualified"], **ROUTER
        )
        write_back(book.output, book.output["counts"])
        skipped = ConciergeBookOperator(
            task_id="skipped", purpose="q3", lead=FREE_MAIL, on_disqualified="skip", **ROUTER
        )
        welcome(skipped.output["meeting_id"])
        booked = ConciergeBookOperator(task_id="booked", purpose="q3", lead=lead("ada"), **ROUTER)
        welcome.override(task_id="greet")(booked.output["meeting_id"])
    ended = {ti.task_id: ti for ti in run_dag(dag).get_task_instances()}
    states = {name: ti.state for name, ti in ended.items()}
    assert states == {
        "book": "failed",
        "write_back": "success",
        "skipped": "skipped",
        "welcome": "skipped",
        "booked": "success",
        "greet": "success",
    }
    assert ended["write_back"].xcom_pull(task_ids="write_back") == [["disqualified"], {"disqualified": 1}]
    assert ended["greet"].xcom_pull(task_ids="greet") == desk.chili.meetings[0]["meetingId"]
