"""Look-ups by name: each is asked once, and a no is an answer, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_chilipiper.api.errors import NotAllowed, NotFound
from airflow_chilipiper.hooks import ChiliPiperHook
from airflow_chilipiper.task.names import Names
from tests.booking_task import Desk

SAM = "Sam.Setter@sandbox.example"


@pytest.fixture
def names(desk: Desk) -> Iterator[Names]:
    hook = ChiliPiperHook()
    yield Names(hook.get_conn())
    hook.close()


def test_what_is_found(desk: Desk, names: Names) -> None:
    """Takes the name's place, and what is no name stays as it is."""
    for _ in range(2):
        asked = {"workspace": "Sales", "booker_email": SAM, "guest": "ada@prospect.example"}
        ids = {"workspace_id": "ws-sales", "booker_id": "u-sdr-1", "guest": "ada@prospect.example"}
        assert names.resolve(asked) == ids
        assert asked["workspace"] == "Sales"
    assert sorted(call.operation for call in desk.chili.calls) == ["user-find", "workspace-list"]


def test_what_is_not_found(desk: Desk, names: Names) -> None:
    """Named by the argument; an e-mail is not repeated."""
    for _ in range(2):
        with pytest.raises(NotFound, match=r"^workspace: no workspace is named 'Sails': the token sees 'Sales'"):
            names.resolve({"workspace": "Sails"})
        with pytest.raises(NotFound, match=r"^booker_email: no user has exactly this e-mail") as raised:
            names.resolve({"booker_email": "nobody@sandbox.example"})
        assert "nobody" not in str(raised.value)
        with pytest.raises(NotFound, match=r"^booking_url: no link has the booking_url x\.example/y"):
            names.resolve({"booking_url": "https://x.example/y"})
    asked = [call.operation for call in desk.chili.calls]
    assert len(asked) == len(set(asked))


def test_one_name_for_two_things(names: Names) -> None:
    """An answer about a workspace is none about a user."""
    with pytest.raises(NotFound, match="workspace"):
        names.resolve({"workspace": SAM})
    assert names.resolve({"booker_email": SAM}) == {"booker_id": "u-sdr-1"}


def test_nothing_to_look_up(desk: Desk, names: Names) -> None:
    assert names.resolve({"workspace_id": "ws-1", "guest": None}) == {"workspace_id": "ws-1", "guest": None}
    assert desk.chili.calls == []


def test_a_failure_is_no_answer(desk: Desk) -> None:
    """What could not be asked is asked again."""
    desk.connect(desk.chili.token_without("workspace.read"))
    hook = ChiliPiperHook()
    names = Names(hook.get_conn())
    for _ in range(2):
        with pytest.raises(NotAllowed, match=r"workspace\.read"):
            names.resolve({"workspace": "Sales"})
    hook.close()
    assert len(desk.chili.calls) == 2
