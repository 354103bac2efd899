"""Rows are data, wherever they come from: literals, other tasks, mapping, a query."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import DAG, task, task_group
from airflow.utils.session import create_session

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.operators import ConciergeBookOperator, col, rows_as_dicts
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from airflow_chilipiper.warehouse.leads import fetched, literal_rows
from tests.booking_task import Desk, lead

ROUTER = {
    "purpose": "q3",
    "router_slug": "inbound-demo",
    "trigger": "InAppButton",
    "form": {"PersonEmail": col("email"), "CompanyName": col("note", default="none")},
    "keep": ("note",),
}
TEMPTING = "{{ macros.datetime.now() }} and see notes.sql"

Run = Callable[..., Any]


@pytest.fixture
def run(run_dag: Run, desk: Desk, ledger: Path) -> Run:
    """Run a DAG for real; answers task id to what its instances left in XCom, in their order."""

    def outcome(dag: DAG) -> dict[str, list[Any]]:
        ended = run_dag(dag)
        assert ended.state == "success", [(ti.task_id, ti.state) for ti in ended.get_task_instances()]
        instances = sorted(ended.get_task_instances(), key=lambda ti: (ti.task_id, ti.map_index))
        found: dict[str, list[Any]] = {}
        for ti in instances:
            found.setdefault(ti.task_id, []).append(ti.xcom_pull(task_ids=ti.task_id, map_indexes=ti.map_index))
        return found

    return outcome


def test_rows_that_another_task_brings(run: Run, desk: Desk) -> None:
    """The whole list, mapped lists, single leads, and one value inside a row; nothing in a row is rendered.

    A task runs after those whose results it takes, and others map over what it answers.
    """
    with DAG("brought", schedule=None) as dag:

        @task
        def rows(name: str) -> list[dict[str, str]]:
            return [dict(lead(f"{name}-{number}", note=TEMPTING)) for number in range(2)]

        @task
        def note() -> str:
            return TEMPTING

        @task
        def follow_up(outcome: dict[str, Any]) -> str:
            return f"{outcome['lead_key']} {outcome['status']}"

        key = {"lead_key": col("LEAD_ID"), "ledger_conn_id": "ledger"}
        whole = ConciergeBookOperator(task_id="whole", leads=rows("whole"), **key, **ROUTER)
        nested = {**lead("nested"), "note": note()}
        ConciergeBookOperator(task_id="nested", lead=nested, **ROUTER)
        ConciergeBookOperator.partial(task_id="each", **key, **ROUTER).expand(lead=rows("each"))
        ConciergeBookOperator.partial(task_id="chunks", **key, **ROUTER).expand(leads=[rows("one"), rows("two")])
        ConciergeBookOperator(task_id="literal", leads=[lead("literal", note=TEMPTING)], **key, **ROUTER)
        follow_up.expand(outcome=whole.output)
    assert dag.get_task("whole").upstream_task_ids == {"rows"}
    assert dag.get_task("nested").upstream_task_ids == {"note"}
    found = run(dag)
    assert found["follow_up"] == ["whole-0 booked", "whole-1 booked"]
    assert [row["lead_key"] for row in found["each"]] == ["each-0", "each-1"]
    assert [[row["lead_key"] for row in rows] for rows in found["chunks"]] == [["one-0", "one-1"], ["two-0", "two-1"]]
    assert found["nested"][0]["lead_key"] == "nested@prospect.example"
    booked = [*found["whole"][0], *found["nested"], *found["each"], *found["chunks"][0], *found["literal"][0]]
    assert {(row["status"], row["note"]) for row in booked} == {("booked", TEMPTING)}
    forms = [call.body["form"] for call in desk.chili.calls if call.operation == "concierge-route-by-slug"]
    assert {form["CompanyName"] for form in forms} == {TEMPTING}
    assert "col('email')" in rendered(dag)
    assert "prospect.example" not in rendered(dag)


def test_rows_of_a_mapped_task_group(run: Run) -> None:
    """Where an argument is no task's result, but stands for one."""
    with DAG("groups", schedule=None) as dag:

        @task
        def rows() -> list[dict[str, str]]:
            return [dict(lead(name, note=TEMPTING)) for name in "ab"]

        @task
        def follow_up(outcome: dict[str, Any]) -> str:
            return f"{outcome['lead_key']} {outcome['status']} {outcome['note']}"

        @task_group
        def each(row: Any) -> None:
            follow_up(
                ConciergeBookOperator(
                    task_id="book", lead=row, lead_key=col("lead_id"), ledger_conn_id="ledger", **ROUTER
                ).output
            )

        each.expand(row=rows())
    assert run(dag)["each.follow_up"] == [f"a booked {TEMPTING}", f"b booked {TEMPTING}"]


def rendered(dag: DAG) -> str:
    with create_session() as session:
        kept = session.query(RenderedTaskInstanceFields).filter_by(dag_id=dag.dag_id)
        return str([(each.task_id, each.rendered_fields) for each in kept if each.task_id != "follow_up"])


def test_rows_of_the_query_operator(run: Run, desk: Desk, warehouse: Path) -> None:
    """Which answers tuples, but for the handler."""
    fill(warehouse, ("ada", "ada@prospect.example"), ("bob", "bob@prospect.example"))
    with DAG("queried", schedule=None) as dag:
        query = SQLExecuteQueryOperator(
            task_id="query", conn_id="warehouse", sql="SELECT * FROM leads", handler=rows_as_dicts
        )
        ConciergeBookOperator(task_id="book", leads=query.output, lead_key=col("lead_id"), **ROUTER)
    found = run(dag)
    assert [(row["lead_key"], row["status"]) for row in found["book"][0]] == [("ada", "booked"), ("bob", "booked")]
    assert sorted(desk.guests()) == ["ada@prospect.example", "bob@prospect.example"]


def fill(file: Path, *rows: tuple[Any, ...]) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE IF NOT EXISTS leads (LEAD_ID, EMAIL)")
        db.executemany("INSERT INTO leads VALUES (?, ?)", rows)
        db.commit()


def asking(desk: Desk, **arguments: Any) -> ConciergeBookOperator:
    query = {
        "sql": "SELECT * FROM leads",
        "sql_conn_id": "warehouse",
        "lead_key": col("lead_id"),
        "keep": (),
        "leads_at_once": 1,
    }
    return desk.make(ConciergeBookOperator, **{**ROUTER, **query, **arguments})


def test_a_query(desk: Desk, warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Columns are found by their names in whatever case; with parameters; nothing of it is logged."""
    fill(warehouse, (1, "ada@prospect.example"), (2, "bob@prospect.example"))
    query = {"sql": "SELECT * FROM leads WHERE email LIKE ?", "parameters": ("bob@%",)}
    rows = desk.run(asking(desk, **query, sql_hook_params={}))
    assert [(row["lead_key"], row["status"]) for row in rows] == [("2", "booked")]
    assert "bob@" not in "".join(capsys.readouterr())


def test_a_query_without_rows(desk: Desk, warehouse: Path) -> None:
    fill(warehouse)
    assert desk.run(asking(desk)) == []
    assert desk.ti.xcom == {"meeting_ids": [], "counts": {}, "return_value": []}
    assert desk.chili.calls == []


def test_a_query_that_fails(desk: Desk, warehouse: Path) -> None:
    """Another try may help. What the driver says is passed on without the parameters and without e-mails."""
    fill(warehouse)
    query = {"sql": "SELECT [Lovelace of ada@prospect.example] FROM leads WHERE a = ?", "parameters": ("Lovelace",)}
    complaint = r"query failed .*no such column: \*\*\* of <e-mail>.*Nothing was sent"
    with pytest.raises(AirflowException, match=complaint) as raised:
        desk.run(asking(desk, **query))
    assert not isinstance(raised.value, AirflowFailException)
    assert desk.chili.calls == []


def test_a_query_that_answers_no_rows(desk: Desk, warehouse: Path) -> None:
    fill(warehouse)
    with pytest.raises(AirflowFailException, match="answered no rows"):
        desk.run(asking(desk, sql="CREATE TABLE other (x)"))


@pytest.mark.parametrize("name", ["sql", "sql_conn_id"])
def test_a_query_whose_template_leaves_nothing(desk: Desk, name: str) -> None:
    operator = asking(desk)
    setattr(operator, name, "")
    with pytest.raises(AirflowFailException, match=rf"^{name} is .*Nothing was sent"):
        desk.run(operator)


def test_a_connection_that_is_no_database(desk: Desk) -> None:
    with pytest.raises(AirflowFailException, match=r"sql_conn_id='chilipiper_default' leads to ChiliPiperHook"):
        desk.run(asking(desk, sql_conn_id="chilipiper_default"))


def test_too_many_rows(desk: Desk, warehouse: Path) -> None:
    """A lost WHERE must not mail everybody: not even one is asked about."""
    fill(warehouse, *((number, f"{number}@prospect.example") for number in range(4)))
    with pytest.raises(AirflowFailException, match=r"more leads than max_leads=3.*Nothing was sent"):
        desk.run(asking(desk, max_leads="3"))
    leads = [lead(str(number)) for number in range(4)]
    with pytest.raises(AirflowFailException, match="max_leads=3"):
        desk.run(asking(desk, sql=None, sql_conn_id=None, leads=leads, max_leads=3))
    assert desk.chili.calls == []
    assert desk.ti.pushed == []
    assert len(desk.run(asking(desk, max_leads=4))) == 4


@pytest.mark.parametrize("brought", [None, "text", {"email": "x"}, 3, b"x"], ids=str)
def test_leads_that_are_no_list(brought: Any) -> None:
    """Empty is fine, nothing is an error: an upstream task that answered nothing has failed to answer."""
    with pytest.raises(BadValue, match=rf"leads is of type {type(brought).__name__}, expected a list of mappings"):
        literal_rows(None, brought, {})
    assert literal_rows(None, [], {}) == []


def test_none_from_another_task(run_dag: Run, desk: Desk) -> None:
    """It fails at execution, and nothing is sent."""
    with DAG("nothing", schedule=None) as dag:

        @task
        def nothing() -> None:
            return None

        none = nothing()
        ConciergeBookOperator(task_id="leads", leads=none, lead_key=col("lead_id"), retries=1, **ROUTER)
        ConciergeBookOperator(task_id="lead", lead=none, retries=1, **ROUTER)
    ended = run_dag(dag)
    states = {ti.task_id: (ti.state, ti.try_number) for ti in ended.get_task_instances() if ti.task_id != "nothing"}
    assert states == {"leads": ("failed", 1), "lead": ("failed", 1)}
    assert desk.chili.calls == []


def test_values_with_a_method_of_that_name() -> None:
    """A path resolves, too, but is no reference to another task."""
    assert fetched({"file": Path("x")}, {}) == {"file": Path("x")}
