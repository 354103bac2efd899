"""What a connection says, in every form in which Airflow lets people write one."""

from __future__ import annotations

import json

import pytest
from airflow.sdk import Connection

from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.connection.settings import ChiliPiperSettings, settings_of
from tests.unit.connection.made_up import REAL, TOKEN, problem, settings


def test_a_token_is_enough() -> None:
    """All else has the client's own defaults, and the real address."""
    found = settings()
    assert found.client.address == REAL
    assert found == ChiliPiperSettings(client=ClientSettings(token=TOKEN, user_agent=found.client.user_agent))


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(settings())


@pytest.mark.parametrize("password", [None, "", "  ", "Bearer "])
def test_without_a_token_it_is_said_where_tokens_are_made(password: str | None) -> None:
    text = problem(password=password)
    assert "password is empty" in text
    assert "Integrations > Credentials > API Access Tokens" in text


@pytest.mark.parametrize("password", [f" {TOKEN}\n", f"Bearer {TOKEN}"])
def test_a_token_as_it_is_pasted(password: str) -> None:
    assert settings(password=password).client.token == TOKEN


@pytest.mark.parametrize("password", [f"{TOKEN} {TOKEN}", f"{TOKEN}\n{TOKEN}", f"{TOKEN}é"])
def test_a_token_that_no_header_can_carry_is_refused(password: str) -> None:
    """HTTP libraries quote a bad header, token and all, in their errors."""
    assert "password holds blanks" in problem(password=password)


@pytest.mark.parametrize("host", ["https://fire.chilipiper.com/api/fire-edge/", "127.0.0.1:8765", None])
def test_it_survives_being_written_as_a_uri(host: str | None) -> None:
    """The test button and Airflow's own cache hand connections over as URIs."""
    extra = json.dumps({"timeout": 3, "allow_http": False, "verify": "no"})
    before = Connection(conn_id="some_one", conn_type="chilipiper", host=host, password=f"{TOKEN}/+@:", extra=extra)
    assert settings_of(Connection.from_uri(before.get_uri(), conn_id="some_one")) == settings_of(before)


def test_unknown_extras_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    """By name only: a mistyped `proxy_url` holds a password."""
    settings(extra={"proxy": "http://me:hidden@proxy", "time_out": 3})
    assert "extras that nobody reads: proxy, time_out. Known ones are ledger_conn_id, " in caplog.text
    assert "hidden" not in caplog.text


@pytest.mark.parametrize(("lag", "warns"), [(0, True), (4.9, True), (5, False), (None, False)])
def test_a_list_that_is_said_to_show_meetings_at_once_is_warned_about(
    lag: float | None, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert settings(extra={"meeting_list_lag": lag}).meeting_list_lag == (30 if lag is None else lag)
    assert ("meeting_list_lag is" in caplog.text) is warns


def test_the_warning_of_a_short_lag_names_the_extra_its_value_and_what_to_give(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings(extra={"meeting_list_lag": "2"})
    assert "meeting_list_lag is 2 seconds" in caplog.text
    assert "Give at least 5 seconds, or leave it empty for 30" in caplog.text


@pytest.mark.parametrize("lag", [-1, "soon", True, float("inf")])
def test_a_lag_that_is_no_time_is_refused(lag: object) -> None:
    assert "meeting_list_lag is" in problem(extra={"meeting_list_lag": lag})
