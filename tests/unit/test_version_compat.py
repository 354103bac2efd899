"""One name for what differs between Airflow 3.1, 3.2 and 3.3."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
from airflow import __version__
from airflow.sdk import Connection, log

from airflow_chilipiper import version_compat as _compat


def test_the_names_are_airflows_own() -> None:
    """What we raise is what Airflow's task runner catches; before 3.2 it takes it from the core when it needs it."""
    from airflow import exceptions
    from airflow.sdk.execution_time import task_runner

    caught = getattr(task_runner, "AirflowFailException", None) or exceptions.AirflowFailException
    assert caught is _compat.AirflowFailException
    assert issubclass(_compat.AirflowFailException, _compat.AirflowException)
    assert issubclass(_compat.AirflowSkipException, _compat.AirflowException)
    assert _compat.airflow_version() == __version__


def test_configuration_can_be_read() -> None:
    assert _compat.conf.getboolean("core", "load_examples") is False


def test_importing_it_warns_of_nothing() -> None:
    """On no Airflow do we take a path that it calls deprecated."""
    ask = "import warnings, airflow.sdk; warnings.simplefilter('error'); import airflow_chilipiper.version_compat"
    run = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.fixture(params=["as it is", "as before 3.3.2"])
def airflow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """This Airflow, also without what 3.3.2 brought for event loops."""
    if request.param == "as before 3.3.2":
        monkeypatch.delattr(Connection, "aextra_dejson", raising=False)
        monkeypatch.delattr(log, "amask_secret", raising=False)


@pytest.mark.usefixtures("airflow")
def test_a_connection_is_fetched_on_an_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SOME_ONE", json.dumps({"conn_type": "chilipiper", "password": "made-up"}))
    assert asyncio.run(_compat.aget_connection("some_one")).password == "made-up"


@pytest.mark.usefixtures("airflow")
def test_a_secret_is_masked_from_an_event_loop(request: pytest.FixtureRequest) -> None:
    secret = f"secret-{len(request.node.name)}"
    asyncio.run(_compat.amask_secret(secret))
    assert log.redact(f"a {secret} here") == "a *** here"
