"""A real Airflow, booted once for a file of tests, which run beside each other in it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.system.real_airflow.forked import forked_airflow
from tests.system.real_airflow.rest import Airflow

DAGS = Path(__file__).parent / "dags"


@pytest.fixture(scope="module")
def airflow(shared_postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    home = tmp_path_factory.mktemp("real_airflow")
    with (
        forked_airflow(home, metadata=shared_postgres_url, dags=DAGS) as address,
        closing(Airflow(address, home, shared_postgres_url)) as booted,
    ):
        booted.wait_until_up()
        booted.connect("ledger", conn_type="sqlite", host=str(home / "ledger.db"))
        yield booted


@pytest.fixture(scope="module", autouse=True)
def under_way(request: pytest.FixtureRequest, airflow: Airflow) -> Iterator[dict[str, Future[None]]]:
    """Every test of the file in a thread of its own: most of a test is waiting."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function) and item.path == request.path]
    pool = ThreadPoolExecutor(max_workers=len(items))
    yield {item.nodeid: pool.submit(item.obj, airflow, **arguments_of(item)) for item in items}
    pool.shutdown(wait=False, cancel_futures=True)


def arguments_of(item: pytest.Function) -> dict[str, Any]:
    return item.callspec.params if hasattr(item, "callspec") else {}


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """The test is under way already: wait for its end, and raise here what it raised."""
    pyfuncitem.funcargs["under_way"][pyfuncitem.nodeid].result()
    return True
