"""It starts and stops at once, is ready when the block begins, and does not hide its own defects."""

from __future__ import annotations

import asyncio
import json
import threading
import time

import httpx
import pytest

from airflow_chilipiper.sandbox import Sandbox, sandbox
from airflow_chilipiper.sandbox.http.endpoint import ROOT
from tests.unit.sandbox.conftest import Edge


def test_it_starts_and_stops_within_a_fifth_of_a_second() -> None:
    begun = time.perf_counter()
    with sandbox() as box:
        assert httpx.get(box.url).status_code == 200
        ready = time.perf_counter()
    assert time.perf_counter() - begun < 0.2 + (ready - begun)
    assert not [thread for thread in threading.enumerate() if thread.name == "chilipiper-sandbox"]


def test_the_date_of_its_answers_goes_on(box: Sandbox) -> None:
    """Else a Retry-After that is a date would be the longer the older the sandbox is."""
    with httpx.Client() as client:
        first = client.get(box.url).headers["date"]
        end = time.monotonic() + 10
        while client.get(box.url).headers["date"] == first:
            assert time.monotonic() < end


def test_it_stops_while_a_call_hangs(box: Sandbox) -> None:
    with sandbox() as other, Edge(other) as edge:
        other.faults.slow(seconds=3_600)
        edge.timeout = httpx.Timeout(0.05)
        with pytest.raises(httpx.ReadTimeout):
            edge.route()


def test_the_connection_is_what_airflow_reads() -> None:
    with sandbox(requests_per_second=500) as box:
        assert json.loads(box.connection) == {
            "conn_type": "chilipiper",
            "host": box.url,
            "password": box.token,
            "extra": {"requests_per_second": 500},
        }
        given = json.loads(box.connection_with("another", allow_http=True))
        assert (given["password"], given["extra"]) == ("another", {"requests_per_second": 500, "allow_http": True})


def test_the_application_serves_in_process_too(box: Sandbox) -> None:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=box.app)
        headers = {"Authorization": f"Bearer {box.token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client:
            return await client.get(f"{ROOT}/v1/org/health/ping")

    assert asyncio.run(ask()).json() == "ok"
    box.faults.lose_answer()
    with pytest.raises(ConnectionResetError):
        asyncio.run(ask())


def run_into_a_defect(*, then: Exception | None) -> None:
    with sandbox() as box, Edge(box) as edge:
        del box.tenant.catalogue.users["u-ae-1"]
        answer = edge.post("/v1/org/schedulingLinks/list-ownership", json={})
        assert (answer.status_code, answer.json()["errorCode"]) == (500, "SandboxDefect")
        if then:
            raise then


def test_an_error_inside_is_answered_500_and_raised_at_the_end() -> None:
    with pytest.raises(KeyError, match="u-ae-1"):
        run_into_a_defect(then=None)


def test_an_error_of_the_test_is_not_replaced() -> None:
    with pytest.raises(ZeroDivisionError):
        run_into_a_defect(then=ZeroDivisionError())


def test_latency_delays_every_answer() -> None:
    with sandbox(latency=0.02) as box, Edge(box) as edge:
        begun = time.perf_counter()
        edge.get("/v1/org/health/ping")
        assert time.perf_counter() - begun >= 0.02


def test_idle_connections_can_be_dropped(box: Sandbox, edge: Edge) -> None:
    edge.get("/v1/org/health/ping")
    box.drop_connections()

    assert edge.get("/v1/org/health/ping").status_code == 200
