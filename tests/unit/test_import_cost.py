"""What a DAG file that imports our operators makes Airflow load at every parse."""

from __future__ import annotations

import json
import subprocess
import sys

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
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_parsing_loads_nothing_that_it_does_not_need() -> None:
    """Operators and sensors add to Airflow's SDK no HTTP, no SQL hooks, no triggers, none of `api`, no third party."""
    run = subprocess.run([sys.executable, "-c", LOADED_BY_US], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    loaded = json.loads(run.stdout.splitlines()[-1])
    assert {"airflow_chilipiper.operators", "airflow_chilipiper.sensors"} <= set(loaded)
    assert [name for name in loaded if f"{name}.".startswith(tuple(f"{heavy}." for heavy in NOT_AT_PARSE_TIME))] == []
    assert {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names <= {"airflow", "airflow_chilipiper"}


def test_importing_the_hook_loads_no_asynchronous_http() -> None:
    """It costs a third of a second, and only triggers and batches need it."""
    ask = "import sys, airflow_chilipiper.hooks; print('aiohttp' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "False"
