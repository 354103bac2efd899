"""The ping."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api.resources import health
from tests.drive import block
from tests.unit.api.handmade import Handmade


@pytest.mark.parametrize("body", ["ok", None, {"status": "ok"}])
def test_any_answer_to_a_ping_will_do(body: Any) -> None:
    runtime = Handmade(body)
    block(health.ping(runtime))
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.method, call.path) == (
        "health-ping", "api.ping", "GET", "/v1/org/health/ping",
    )  # fmt: skip
