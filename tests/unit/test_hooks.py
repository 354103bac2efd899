"""The hook against the sandbox, over real HTTP, with connections as Airflow hands them out."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from airflow.sdk import BaseHook
from airflow.sdk.log import redact

from airflow_chilipiper import __version__
from airflow_chilipiper.api.errors import ChiliPiperError, Invalid, NotAllowed, NotFound
from airflow_chilipiper.api.resources.workspaces import workspaces
from airflow_chilipiper.hooks import ChiliPiperHook, Concierge, Handoff, SchedulingLink, aread_settings, read_settings
from airflow_chilipiper.sandbox import Sandbox, sandbox
from airflow_chilipiper.version_compat import airflow_version

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
    offer = hook.open(pattern, window_start=later, window=timedelta(days=3))
    assert offer.slots
    assert all(later <= slot.start <= later + timedelta(days=3) for slot in offer.slots)


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


def test_a_connection_by_uri(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as by JSON, although everything is text then."""
    uri = f"chilipiper://:{quote(chili.token)}@127.0.0.1:{chili.port}/?requests_per_second=1000&timeout=7"
    monkeypatch.setenv(DEFAULT, uri)
    hook = ChiliPiperHook()
    assert hook.get_conn().settings.client.timeout == 7
    assert hook.workspaces()
    hook.close()


def test_who_is_asking(hook: ChiliPiperHook) -> None:
    client = hook.get_conn().settings.client
    assert client.user_agent == f"airflow-provider-chilipiper/{__version__} airflow/{airflow_version()}"


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


def test_settings_are_the_same_on_both_ways_in(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = connected(monkeypatch, chili, chili.token)
    assert asyncio.run(aread_settings(hook.chilipiper_conn_id)) == read_settings(hook.chilipiper_conn_id)
    assert hook.get_conn().settings == read_settings(hook.chilipiper_conn_id)


def test_secrets_are_masked(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token as it is sent, and the proxy's password as written and as sent, on both ways in."""
    for number, read in enumerate((read_settings, lambda conn_id: asyncio.run(aread_settings(conn_id)))):
        proxy = f"http://me:p%20ssword-{number}@proxy:3128"
        read(connected(monkeypatch, chili, f"Bearer secret-{number}-token", proxy_url=proxy).chilipiper_conn_id)
        shown = redact(f"secret-{number}-token p%20ssword-{number} p ssword-{number}")
        assert shown == "*** *** ***"


def test_unknown_extras_are_named_once(
    chili: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However often the hook is used, and without their values."""
    hook = connected(monkeypatch, chili, chili.token, proxi_url="http://me:hidden@proxy")
    assert hook.workspaces() == hook.workspaces()
    assert caplog.text.count("proxi_url") == 1
    assert "hidden" not in caplog.text
    hook.close()


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


@pytest.fixture
def ledger(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "ledger.db")}))
    return "ledger"


def test_a_task_books_a_slot_of_its_own_choice(chili: Sandbox, hook: ChiliPiperHook, ledger: str) -> None:
    offer = hook.open(BY_LINK)
    third = offer.slots[2]
    outcome = hook.book(BY_LINK, offer, third, purpose="by hand", lead_key="lead 1", ledger_conn_id=ledger)
    assert (outcome.status, outcome.start_time) == ("booked", third.start_as_sent)
    assert outcome.meeting_id in [meeting["meetingId"] for meeting in chili.meetings]


def test_a_second_booking_for_the_purpose_is_none(chili: Sandbox, hook: ChiliPiperHook, ledger: str) -> None:
    """Whatever session and slot are brought: the ledger knows."""
    offer = hook.open(BY_FORM)
    first = hook.book(BY_FORM, offer, offer.slots[0], purpose="once", lead_key=42, ledger_conn_id=ledger)
    offer, made = hook.open(BY_FORM), len(chili.meetings)
    again = hook.book(BY_FORM, offer, offer.slots[5], purpose="once", lead_key="42 ", ledger_conn_id=ledger)
    assert (again.status, again.meeting_id, len(chili.meetings)) == ("already_booked", first.meeting_id, made)


def test_a_lost_answer_is_never_sent_again(chili: Sandbox, hook: ChiliPiperHook, ledger: str) -> None:
    """While the meeting list cannot be asked the lead is unknown, and then it is found."""
    made = len(chili.meetings)
    chili.faults.error("meeting-list-put", status=403, code="Forbidden", count=2)
    chili.faults.lose_answer("handoff-schedule")
    for status in ("unknown", "unknown", "already_booked"):
        offer = hook.open(BY_CRM_ID)
        outcome = hook.book(BY_CRM_ID, offer, offer.slots[0], purpose="lost", lead_key="00Q1", ledger_conn_id=ledger)
        assert outcome.status == status
    assert len(chili.meetings) == made + 1


def test_without_a_ledger_connection_a_task_is_still_not_booking_twice_by_itself(
    chili: Sandbox, hook: ChiliPiperHook, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning says what is not protected."""
    offers = [hook.open(BY_FORM), hook.open(BY_FORM)]
    statuses = [hook.book(BY_FORM, offer, offer.slots[0], purpose="p", lead_key="k").status for offer in offers]
    assert statuses == ["booked", "already_booked"]
    assert caplog.text.count("There is no ledger connection") == 1
