"""Look-ups by name: each is asked once, and a no is an answer, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_chilipiper.api.errors import NotAllowed, NotFound
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.hooks import ChiliPiperHook
from airflow_chilipiper.task.names import Directory
from tests.booking_task import Desk


@pytest.fixture
def directory(desk: Desk) -> Iterator[Directory]:
    hook = ChiliPiperHook()
    yield Directory(hook.runtime())
    hook.close()


def test_what_is_found(desk: Desk, directory: Directory) -> None:
    for _ in range(2):
        assert directory.workspace_id("Sales") == "ws-sales"
        assert directory.user_id("Sam.Setter@sandbox.example") == "u-sdr-1"
    assert [call.operation for call in desk.chili.calls] == ["workspace-list", "user-find"]


def test_what_is_not_found(desk: Desk, directory: Directory) -> None:
    """Named by the argument; an e-mail is not repeated."""
    for _ in range(2):
        with pytest.raises(NotFound, match=r"^workspace: no workspace is named 'Sails': the token sees 'Sales'"):
            directory.workspace_id("Sails")
        with pytest.raises(NotFound, match=r"^booker_email: no user has exactly this e-mail") as raised:
            directory.user_id("nobody@sandbox.example")
        assert "nobody" not in str(raised.value)
        with pytest.raises(NotFound, match=r"^booking_url: no link has the booking_url x\.example/y"):
            directory.link("https://x.example/y")
    asked = [call.operation for call in desk.chili.calls]
    assert len(asked) == len(set(asked))


def test_one_name_for_two_things(directory: Directory) -> None:
    """An answer about a workspace is none about a user."""
    with pytest.raises(NotFound, match="workspace"):
        directory.workspace_id("Sam.Setter@sandbox.example")
    assert directory.user_id("Sam.Setter@sandbox.example") == "u-sdr-1"


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_to_look_up(desk: Desk, directory: Directory, nothing: str | None) -> None:
    for look_up, name in (
        (directory.workspace_id, "workspace"),
        (directory.user_id, "booker_email"),
        (directory.link, "booking_url"),
    ):
        with pytest.raises(BadValue, match=f"^{name} is empty"):
            look_up(nothing)
    assert desk.chili.calls == []


def test_a_failure_is_no_answer(desk: Desk) -> None:
    """What could not be asked is asked again."""
    desk.connect(desk.chili.token_without("workspace.read"))
    hook = ChiliPiperHook()
    directory = Directory(hook.runtime())
    for _ in range(2):
        with pytest.raises(NotAllowed, match=r"workspace\.read"):
            directory.workspace_id("Sales")
    hook.close()
    assert len(desk.chili.calls) == 2
