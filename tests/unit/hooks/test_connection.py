"""The test of a connection, as the form's button and the hook make it: what a token may do."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from airflow.sdk import Connection

from airflow_chilipiper.hooks import ChiliPiperHook
from airflow_chilipiper.sandbox import Sandbox
from tests.unit.hooks.conftest import DEFAULT, connected


def test_all_is_well(hook: ChiliPiperHook) -> None:
    """What only booking can show is said, too."""
    well, text = hook.test_connection()
    assert well
    assert "has every permission that was tried" in text
    assert text.endswith(
        " Only booking can tell whether it has concierge.route and concierge.schedule (Concierge), "
        "scheduling-links.schedule (scheduling links), handoff.schedule (Handoff)."
    )


READS = (
    "concierge.read",
    "scheduling-links.read",
    "handoff.read",
    "workspace.read",
    "user.read",
    "meeting.read",
    "logs.read",
)


@pytest.mark.parametrize("permission", [*READS, "api.ping"])
def test_a_permission_that_lacks(chili: Sandbox, monkeypatch: pytest.MonkeyPatch, permission: str) -> None:
    """The connection works all the same, so that is no failure; exactly what lacks is named."""
    well, text = connected(monkeypatch, chili, chili.token_without(permission)).test_connection()
    assert well
    lacking = text.partition("seems to lack ")[2].partition(". ")[0]
    assert [name for name in (*READS, "api.ping") if name in lacking] == [permission]


def test_the_test_harms_nobody(chili: Sandbox, hook: ChiliPiperHook) -> None:
    """Reads only: no session is opened, and each list is asked for once."""
    before = len(chili.calls)
    hook.test_connection()
    asked = [call.operation for call in chili.calls[before:]]
    assert len(set(asked)) == len(asked) == 1 + len(READS)
    assert [name for name in asked if "list" not in name] == ["health-ping", "user-find", "concierge-logs"]


def test_the_test_waits_for_no_pace(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """At this one it would take a quarter of an hour."""
    well, text = connected(monkeypatch, chili, chili.token, requests_per_second=0.01).test_connection()
    assert well, text


def test_what_a_broken_answer_hides_is_not_called_lacking(chili: Sandbox, hook: ChiliPiperHook) -> None:
    chili.faults.server_error("meeting-list-put")
    well, text = hook.test_connection()
    assert well
    assert "Could not tell: meeting.read" in text
    assert chili.faults.pending == 0


def test_a_lost_answer_ends_the_test(chili: Sandbox, hook: ChiliPiperHook) -> None:
    """Somebody waits in front of the screen: nothing is asked again."""
    before = len(chili.calls)
    chili.faults.lose_request("concierge-list-routers")
    well, text = hook.test_connection()
    assert not well
    assert "concierge-list-routers: no answer" in text
    assert [call.operation for call in chili.calls[before:]] == ["health-ping", "concierge-list-routers"]


def test_an_unknown_token(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    well, text = connected(monkeypatch, chili, "nobodys-token").test_connection()
    assert not well
    assert "401" in text
    assert "token is unknown" in text
    assert "nobodys-token" not in text


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    well, text = button(monkeypatch, host=f"127.0.0.1:{port}")
    assert not well
    assert f"http://127.0.0.1:{port}/api/fire-edge" in text
    assert "Cannot connect" in text


def test_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    well, text = button(monkeypatch, host="no-such-host.invalid")
    assert not well
    assert "https://no-such-host.invalid/api/fire-edge" in text


def test_no_tls_where_tls_is_wanted(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    well, text = button(monkeypatch, host=f"https://127.0.0.1:{chili.port}")
    assert not well
    assert "SSL" in text


def test_no_answer_in_time(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    chili.faults.slow("health-ping", seconds=30)
    well, text = connected(monkeypatch, chili, chili.token, timeout=0.2).test_connection()
    assert not well
    assert "time" in text.lower()


def test_a_connection_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    well, text = button(monkeypatch, password="")
    assert not well
    assert "password is empty" in text


def button(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> tuple[bool, str]:
    given = {"conn_type": "chilipiper", "host": "127.0.0.1", "password": "made-up-token", **fields}
    monkeypatch.setenv(DEFAULT, json.dumps(given))
    well, text = ChiliPiperHook().test_connection()
    assert "made-up-token" not in text
    return well, text


def test_the_button_in_the_form(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server exports the form as an environment variable in URI form, under a name made up for the test."""
    from airflow.models.connection import Connection as Stored

    form = Stored(conn_id="made_up", **fields_of(chili.connection_with(chili.token, timeout=7)))
    monkeypatch.setenv("AIRFLOW_CONN_MADE_UP", form.get_uri())
    well, text = form.test_connection()
    assert well, text
    assert "every permission" in text


@pytest.mark.skipif(not hasattr(Connection, "test_connection"), reason="this Airflow tests on the API server only")
def test_the_button_on_a_worker(chili: Sandbox) -> None:
    """From 3.3 on a worker may do it, with a connection that is in its memory only."""
    form = Connection(conn_id="in_memory", **fields_of(chili.connection))
    well, text = form.test_connection()
    assert well, text


def fields_of(connection: str) -> dict[str, Any]:
    fields = json.loads(connection)
    return {**fields, "extra": json.dumps(fields["extra"])}
