"""What a DAG file that imports our operators makes Airflow load at every parse."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# aiohttp alone costs 330 ms and more, common.sql 165 ms and more; parsing needs none of them.
NOT_AT_PARSE_TIME = (
    "aiohttp",
    "airflow.providers.common.sql",
    "airflow.triggers",
    "airflow_chilipiper.api",
    "airflow_chilipiper.hooks",
    "airflow_chilipiper.triggers",
)

LOADED_BY_US = """
import json, sys
import airflow.sdk
from airflow.sdk import BaseHook, BaseOperator, BaseOperatorLink, BaseSensorOperator
before = set(sys.modules)
import airflow_chilipiper.operators, airflow_chilipiper.sensors
at_parse_time = sorted(set(sys.modules) - before)
import airflow_chilipiper.hooks
print(json.dumps([at_parse_time, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def loaded() -> list[list[str]]:
    """By operators and sensors beside the SDK; and all that is there once the hook is, too."""
    run = subprocess.run([sys.executable, "-c", LOADED_BY_US], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    answer: list[list[str]] = json.loads(run.stdout.splitlines()[-1])
    return answer


def test_parsing_loads_nothing_that_it_does_not_need(loaded: list[list[str]]) -> None:
    """Operators and sensors add to Airflow's SDK no HTTP, no SQL hooks, no triggers, none of `api`, no third party."""
    ours, _ = loaded
    assert {"airflow_chilipiper.operators", "airflow_chilipiper.sensors"} <= set(ours)
    assert [name for name in ours if f"{name}.".startswith(tuple(f"{heavy}." for heavy in NOT_AT_PARSE_TIME))] == []
    assert {name.partition(".")[0] for name in ours} - sys.stdlib_module_names <= {"airflow", "airflow_chilipiper"}


def test_importing_the_hook_loads_no_asynchronous_http(loaded: list[list[str]]) -> None:
    """It costs a third of a second, and only triggers and batches need it."""
    _, everything = loaded
    assert "airflow_chilipiper.hooks" in everything
    assert "aiohttp" not in everything
