"""The hook over real HTTP to a sandbox, with connections as Airflow hands them out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from airflow_chilipiper.hooks import ChiliPiperHook, Concierge, Handoff, SchedulingLink
from airflow_chilipiper.sandbox import Sandbox, sandbox

DEFAULT = "AIRFLOW_CONN_CHILIPIPER_DEFAULT"

GUEST = "ada@prospect.example"

FORM = {"PersonEmail": GUEST, "CompanyEmployees": "50"}

BY_FORM = Concierge(router_slug="inbound-demo", trigger="InAppButton", form=FORM, guest=GUEST)

BY_LINK = SchedulingLink(link={"type": "RoundRobin", "linkId": "link-rr-demo"}, guest=GUEST)

BY_CRM_ID = Handoff(workspace_id="ws-sales", booker_id="u-sdr-1", crm_id="00Q000000000001")


@pytest.fixture(scope="module")
def chili() -> Iterator[Sandbox]:
    with sandbox() as running:
        yield running


@pytest.fixture
def hook(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChiliPiperHook]:
    monkeypatch.setenv(DEFAULT, chili.connection_with(chili.token, requests_per_second=1000))
    used = ChiliPiperHook()
    yield used
    used.close()


def connected(monkeypatch: pytest.MonkeyPatch, chili: Sandbox, token: str, **extra: Any) -> ChiliPiperHook:
    monkeypatch.setenv(DEFAULT, chili.connection_with(token, **{"requests_per_second": 1000, **extra}))
    return ChiliPiperHook()
