"""How a task ends: whether it returns, skips, fails, or fails for good, and what it logs before."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.operators import SchedulingLinkBookOperator, col
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException, AirflowSkipException
from tests.booking_task import Desk, lead
from tests.unit.task.routed import FREE_MAIL, FULL, many, one


def is_for_good(error: pytest.ExceptionInfo[BaseException]) -> bool:
    return isinstance(error.value, AirflowFailException)


WITHOUT = [(FULL, "no_slot", True), (FREE_MAIL, "disqualified", False)]


@pytest.mark.parametrize(("row", "status", "is_curable"), WITHOUT)
def test_one_lead_without_a_meeting(desk: Desk, row: Any, status: str, is_curable: bool) -> None:
    """Its row is the answer; unless the task is to fail, which Airflow tries again where another try may help."""
    assert desk.run(one(desk, row))["status"] == status
    with pytest.raises(AirflowException, match=f"^1 {status}") as error:
        desk.run(one(desk, row, fail_on=[status]))
    assert is_for_good(error) is not is_curable
    assert desk.statuses() == [status]
    assert desk.ti.xcom["meeting_id"] is None


@pytest.mark.parametrize(("row", "status", "is_curable"), WITHOUT)
def test_one_lead_that_skips_the_task(desk: Desk, row: Any, status: str, is_curable: bool) -> None:
    """Whatever another try might do; but what is to fail fails."""
    with pytest.raises(AirflowSkipException, match=f"^{status}: "):
        desk.run(one(desk, row, skip_on=[status]))
    assert desk.statuses() == [status]
    with pytest.raises(AirflowException, match=f"^1 {status}"):
        desk.run(one(desk, row, skip_on=[status], fail_on=[status]))
    assert desk.run(one(desk, lead("joe"), skip_on=["booked", status]))["status"] == "booked"


@pytest.mark.parametrize("skip_on", [["refused", "invalid"], ["booked", "invalid"]], ids=str)
def test_what_is_not_asked_for_skips_nothing(desk: Desk, skip_on: list[str]) -> None:
    assert desk.run(one(desk, FREE_MAIL, skip_on=skip_on))["status"] == "disqualified"


def test_one_lead_that_is_refused_may_skip_the_task_instead_of_failing_it(desk: Desk) -> None:
    with pytest.raises(AirflowSkipException, match=r"^invalid: guest_email"):
        desk.run(one(desk, {"email": "ada"}, lead_key="ada", skip_on=["invalid"]))


def test_many_leads_skip_the_task_where_nobody_was_booked_and_all_are_among_them(desk: Desk) -> None:
    skip: dict[str, Any] = {"skip_on": ("no_slot", "disqualified", "booked", "already_booked")}
    nobody = [FREE_MAIL, FULL]
    with pytest.raises(AirflowSkipException, match=r"^nobody was booked: 1 disqualified, 1 no_slot$"):
        desk.run(many(desk, *nobody, **skip))
    assert desk.statuses() == ["disqualified", "no_slot"]
    desk.run(many(desk, *nobody, {"lead_id": "joe", "email": "joe"}, **skip))
    assert desk.statuses() == ["disqualified", "no_slot", "invalid"]
    desk.run(many(desk, *nobody, lead("ada"), **skip))
    assert desk.statuses() == ["disqualified", "no_slot", "booked"]
    with pytest.raises(AirflowException, match="1 no_slot"):
        desk.run(many(desk, *nobody, **skip, fail_on=["no_slot"], purpose="q4"))


def test_who_was_booked_before_skips_no_task(desk: Desk, ledger: Any) -> None:
    desk.run(many(desk, lead("ada"), ledger_conn_id="ledger"))
    desk.run(many(desk, lead("ada"), FREE_MAIL, ledger_conn_id="ledger", skip_on=["already_booked", "disqualified"]))
    assert desk.statuses() == ["already_booked", "disqualified"]


def test_a_task_without_rows_is_not_skipped(desk: Desk) -> None:
    assert desk.run(many(desk, skip_on=["no_slot", "disqualified", "invalid"])) == []


@pytest.mark.parametrize(
    ("share", "fails"), [(0, True), (0.49, True), (0.5, False), (0.51, False), (0.99, False)], ids=str
)
def test_a_task_fails_above_a_share_of_its_leads_and_not_at_it(desk: Desk, share: float, fails: bool) -> None:
    operator = many(desk, FREE_MAIL, lead("ada"), fail_on={"disqualified": share})
    if fails:
        with pytest.raises(AirflowFailException, match=r"^1 disqualified\. The outcome of every lead is in XCom"):
            desk.run(operator)
    else:
        desk.run(operator)
    assert desk.statuses() == ["disqualified", "booked"]


def test_each_status_has_its_own_share(desk: Desk) -> None:
    """Those that are above it are named, and whether another try follows goes by them alone."""
    rows = [FREE_MAIL, lead("ada"), FULL, {"lead_id": "joe", "email": "joe"}]
    with pytest.raises(AirflowException, match=r"^1 invalid, 1 no_slot\.") as error:
        desk.run(many(desk, *rows, fail_on={"disqualified": 0.25, "no_slot": 0.2, "invalid": 0}))
    assert not is_for_good(error)
    with pytest.raises(AirflowException, match=r"^1 invalid\.") as error:
        desk.run(many(desk, *rows, fail_on={"disqualified": 0.25, "no_slot": 0.25, "invalid": 0}, purpose="q4"))
    assert is_for_good(error)


def test_one_lead_is_all_of_its_task(desk: Desk) -> None:
    with pytest.raises(AirflowException, match="1 no_slot"):
        desk.run(one(desk, FULL, fail_on={"no_slot": 0.99}))


def test_the_next_try_books_who_had_no_slot(desk: Desk, ledger: Any) -> None:
    """So that a task can wait for a slot with Airflow's own retries."""
    waiting = {"fail_on": ["no_slot"], "ledger_conn_id": "ledger"}
    with pytest.raises(AirflowException):
        desk.run(one(desk, FULL, **waiting))
    assert desk.run(one(desk, lead("ada"), **waiting), try_number=2)["status"] == "booked"


def test_a_definite_refusal_of_one_lead_fails_for_good(desk: Desk) -> None:
    desk.chili.faults.error("concierge-route-by-slug", status=422, code="CompanyBlocked", message="no")
    with pytest.raises(AirflowFailException, match=r"refused: .*CompanyBlocked"):
        desk.run(one(desk, lead("ada")))
    with pytest.raises(AirflowFailException, match="invalid: guest_email"):
        desk.run(one(desk, {"email": "ada"}, lead_key="ada"))
    assert desk.statuses() == ["invalid"]


def test_what_fails_a_task_of_many(desk: Desk) -> None:
    """By default only what was not done, and after all had their turn; another try is of use only for some."""
    rows = [FREE_MAIL, lead("ada"), FULL]
    with pytest.raises(AirflowException, match=r"1 disqualified") as error:
        desk.run(many(desk, *rows, fail_on=("disqualified",)))
    assert is_for_good(error)
    assert desk.statuses() == ["disqualified", "booked", "no_slot"]
    with pytest.raises(AirflowException, match="1 no_slot") as error:
        desk.run(many(desk, *rows, fail_on=("no_slot",), purpose="q4"))
    assert not is_for_good(error)


def test_a_server_that_is_broken(desk: Desk) -> None:
    """The booking call's answer is missing, and nobody knows: unless the DAG says otherwise, that fails the task."""
    desk.connect(token=desk.chili.token_without("meeting.read"))
    desk.chili.faults.server_error("concierge-schedule", acts=True)
    assert desk.run(many(desk, lead("ada"), fail_on=()))[0]["status"] == "unknown"
    desk.chili.faults.server_error("concierge-schedule", acts=True)
    with pytest.raises(AirflowException, match="1 unknown") as error:
        desk.run(one(desk, lead("bob")))
    assert not is_for_good(error)


def test_a_single_lead_is_one_lead_in_the_log(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.run(one(desk, lead("bob")))
    assert "1 lead: 1 booked" in capsys.readouterr().out


@pytest.mark.parametrize(("shape", "warned"), [("absent", 1), ("empty", 0), ("null", 0)])
def test_leads_whose_answers_had_no_list_of_slots_are_counted_in_one_warning(
    desk: Desk, capsys: pytest.CaptureFixture[str], shape: Any, warned: int
) -> None:
    desk.chili.tenant.variants.none_free = shape
    rows = list(map(lead, "abc"))
    desk.run(desk.make(SchedulingLinkBookOperator, leads=rows, lead_key=col("lead_id"), link_id="link-rr-full"))
    assert desk.statuses() == ["no_slot"] * 3
    lines = [line for line in capsys.readouterr().out.splitlines() if "had no list of slots" in line]
    assert len(lines) == warned
    assert all("3 leads are no_slot" in line and "warning" in line for line in lines)


def test_only_so_many_are_logged_one_by_one(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.run(many(desk, *({"lead_id": number, "email": "x"} for number in range(60))))
    logged = capsys.readouterr().out
    assert logged.count(": invalid. ") == 50
    assert "60 leads: 60 invalid" in logged
    assert "10 rows more were not booked: see XCom" in logged


def test_who_may_have_been_invited_is_logged_first_and_as_a_warning(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.connect(token=desk.chili.token_without("meeting.read"))
    desk.chili.faults.server_error("concierge-schedule", acts=True)
    others = [{"lead_id": number, "email": "x"} for number in range(60)]
    desk.run(many(desk, *others, lead("ada"), fail_on=()))
    lines = [line for line in capsys.readouterr().out.splitlines() if "Row " in line]
    assert len(lines) == 50
    assert ["Row 61: unknown." in line for line in lines] == [True] + [False] * 49
    assert ["warning" in line for line in lines] == [True] + [False] * 49
