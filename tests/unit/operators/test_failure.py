"""What ends a task, as Airflow has it: which failures are tried again."""

from __future__ import annotations

import pytest

from airflow_chilipiper.api.errors import Invalid, NoAnswer
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.operators.failure import as_airflow_has_it
from airflow_chilipiper.task.errors import TaskFailed, TaskSkipped
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException, AirflowSkipException
from airflow_chilipiper.warehouse.errors import RowsRefused, WarehouseFailed

CASES: list[tuple[Exception, type[Exception], str]] = [
    (BadValue("purpose is blank"), AirflowFailException, "purpose is blank. Nothing was sent"),
    (Invalid("no router has the slug"), AirflowFailException, "no router has the slug. Nothing was sent"),
    (TaskFailed("1 disqualified", curable=False), AirflowFailException, "1 disqualified"),
    (TaskFailed("1 unknown", curable=True), AirflowException, "1 unknown"),
    (TaskSkipped("nobody was booked"), AirflowSkipException, "nobody was booked"),
    (WarehouseFailed("the table is away"), AirflowException, "the table is away"),
    (RowsRefused("NOT NULL"), AirflowException, "NOT NULL"),
]


@pytest.mark.parametrize(("error", "kind", "text"), CASES, ids=[type(error).__name__ for error, *_ in CASES])
def test_only_what_may_be_cured_is_tried_again(error: Exception, kind: type[Exception], text: str) -> None:
    """And the cause is left out: it may quote what nobody shall read."""
    with pytest.raises(kind) as raised, as_airflow_has_it():
        raise error
    assert (type(raised.value), str(raised.value), raised.value.__cause__) == (kind, text, None)
    assert raised.value.__suppress_context__


def test_what_nobody_expected_goes_on_as_it_is() -> None:
    for error in (NoAnswer("lost"), ZeroDivisionError()):
        with pytest.raises(type(error)) as raised, as_airflow_has_it():
            raise error
        assert raised.value is error
