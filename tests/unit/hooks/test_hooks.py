"""The hook against the sandbox: its look-ups, offers and session."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import BaseHook

from airflow_chilipiper.api.errors import ChiliPiperError, Invalid, NotAllowed, NotFound
from airflow_chilipiper.api.resources.workspaces import workspaces
from airflow_chilipiper.hooks import ChiliPiperHook, Concierge
from airflow_chilipiper.sandbox import Sandbox
from tests.unit.hooks.conftest import BY_CRM_ID, BY_FORM, BY_LINK, GUEST, connected


def test_making_one_does_nothing() -> None:
    """Operators make hooks where there is no connection yet; by keyword or by place."""
    assert ChiliPiperHook("absent").chilipiper_conn_id == "absent"
    assert ChiliPiperHook(chilipiper_conn_id="absent").chilipiper_conn_id == "absent"
    assert ChiliPiperHook().chilipiper_conn_id == "chilipiper_default"
    ChiliPiperHook().close()


def test_the_look_ups(hook: ChiliPiperHook) -> None:
    """Each is the flow of its name, asked with a real request."""
    sales = hook.find_workspace("Sales")
    assert [found.id for found in hook.workspaces()] == [sales.id, "ws-success"]
    assert "inbound-demo" in [router.slug for router in hook.routers(workspace_id=sales.id)]
    assert [link.link_id for link in hook.links(kinds=("Ownership",))] == ["link-owner"]
    setter = hook.find_user("SAM.setter@sandbox.example")
    assert setter.id in [user.id for user in hook.users(workspace_id=sales.id)]
    assert "Demo" in [kind.name for kind in hook.meeting_types(workspace_id=sales.id)]
    assert "ho-expert" in [router.id for router in hook.handoff_routers(workspace_id=sales.id)]
    now = datetime.now(UTC)
    assert hook.meetings(start=now, end=now + timedelta(days=8), guest=GUEST) == []
    with pytest.raises(NotFound):
        hook.meeting("00000000-0000-4000-8000-000000000000")


def test_a_form_is_checked_against_its_router_and_nothing_is_routed(chili: Sandbox, hook: ChiliPiperHook) -> None:
    before = len(chili.calls)
    check = hook.check_form("inbound-demo", "InAppButton", {"PersonEmail": GUEST, "Shoes": "42"})
    assert (check.missing, check.unknown) == ([], ["Shoes"])
    assert hook.check_form("inbound-demo", "InAppButton", {}).missing == ["PersonEmail"]
    with pytest.raises(Invalid, match=r"no router has the slug 'none': the token sees .*inbound-demo"):
        hook.check_form("none", "InAppButton", {})
    assert {call.operation for call in chili.calls[before:]} == {"concierge-list-routers"}


@pytest.mark.parametrize("pattern", [BY_FORM, BY_LINK, BY_CRM_ID], ids=lambda pattern: pattern.name)
def test_opening_answers_an_offer(hook: ChiliPiperHook, pattern: Any) -> None:
    """A week from now, unless another window is given; nothing is booked."""
    now = datetime.now(UTC)
    offer = hook.open(pattern)
    assert offer.session
    assert all(now <= slot.start <= now + timedelta(days=7, minutes=1) for slot in offer.slots)
    later = now + timedelta(days=14)
    offer = hook.open(pattern, window_start=later, window=timedelta(days=2, hours=1))
    assert offer.slots
    assert all(later <= slot.start < later + timedelta(days=2, hours=1) for slot in offer.slots)


def test_the_safety_net_lets_nothing_out(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest of another domain, or of none that we know, is refused before anything is sent."""
    hook = connected(monkeypatch, chili, chili.token, allowed_guest_domains="test.example")
    before = len(chili.calls)
    unnamed = Concierge(router_slug="inbound-demo", trigger="InAppButton", form={"PersonEmail": GUEST})
    for pattern in (BY_FORM, BY_LINK, unnamed):
        with pytest.raises(Invalid, match=r"allowed_guest_domains .*: test\.example$") as raised:
            hook.open(pattern)
        assert GUEST not in str(raised.value)
    assert len(chili.calls) == before
    hook.close()


def test_the_safety_net_holds_for_whom_only_the_crm_knows(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The e-mail of a lead that is handed over by its id comes with the offer."""
    hook = connected(monkeypatch, chili, chili.token, allowed_guest_domains="test.example")
    with pytest.raises(Invalid, match="allowed_guest_domains"):
        hook.open(BY_CRM_ID)
    hook.close()
    hook = connected(monkeypatch, chili, chili.token, allowed_guest_domains="prospect.example")
    assert hook.open(BY_CRM_ID).slots
    hook.close()


def test_one_client_and_one_pace(hook: ChiliPiperHook) -> None:
    """All that a hook asks goes through one session, until it is closed."""
    session = hook.get_conn()
    assert hook.get_conn() is session
    assert [found.id for found in session.block(workspaces(session.runtime))] == ["ws-sales", "ws-success"]
    hook.close()
    assert hook.get_conn() is not session
    assert hook.workspaces()


def test_a_hook_is_of_use_where_a_loop_runs(hook: ChiliPiperHook) -> None:
    """As in an `async def` task, or a notebook."""

    async def looks_up() -> list[str]:
        return [found.id for found in hook.workspaces()]

    assert asyncio.run(looks_up()) == ["ws-sales", "ws-success"]


def test_threads_that_share_a_hook_share_its_session(hook: ChiliPiperHook) -> None:
    """Whoever comes first makes it."""
    together = threading.Barrier(4)

    def looks_up(_: int) -> tuple[int, list[str]]:
        together.wait(10)
        return id(hook.get_conn()), [found.id for found in hook.workspaces()]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(looks_up, range(4)))
    assert found == [(id(hook.get_conn()), ["ws-sales", "ws-success"])] * 4


def test_a_lacking_permission_is_named(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = connected(monkeypatch, chili, chili.token_without("workspace.read"))
    with pytest.raises(NotAllowed, match=r"workspace-list.*workspace\.read"):
        hook.workspaces()
    hook.close()


def test_airflow_makes_the_hook(hook: ChiliPiperHook) -> None:
    """By the connection's type, as generic code does."""
    made = BaseHook.get_hook("chilipiper_default")
    assert type(made) is ChiliPiperHook
    assert made.get_conn().settings == hook.get_conn().settings


def test_an_error_of_the_api_is_none_of_airflows() -> None:
    """`soft_fail` of a sensor turns Airflow's exceptions into a skip: could-not-ask must not become no."""
    from airflow_chilipiper.version_compat import AirflowException

    assert not issubclass(ChiliPiperError, AirflowException)
