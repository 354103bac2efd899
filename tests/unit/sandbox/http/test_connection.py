"""A connection ends as the fault says, in every byte."""

from __future__ import annotations

import socket

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.http.endpoint import ROOT
from tests.unit.sandbox.conftest import Edge

SCHEDULE = "concierge-schedule"


def raw_booking(box: Sandbox, edge: Edge) -> bytes:
    """Every byte that comes back for a booking call, on a socket of its own."""
    session, starts = edge.offer()
    body = f'{{"startTime":"{starts[0]}"}}'
    head = (
        f"POST {ROOT}/v1/org/concierge/routing/{session}/schedule-simple HTTP/1.1\r\nHost: sandbox\r\n"
        f"Authorization: Bearer {box.token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", box.port), timeout=5) as connection:
        connection.sendall((head + body).encode())
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_lost_answer_was_acted_on(box: Sandbox, edge: Edge) -> None:
    box.faults.lose_answer(SCHEDULE)

    assert raw_booking(box, edge) == b""
    assert len(box.meetings) == 1
    assert (box.calls[-1].status, box.calls[-1].fault) == (None, "lose_answer")


def test_a_connection_can_be_reset_instead(box: Sandbox, edge: Edge) -> None:
    box.faults.lose_answer(SCHEDULE, reset=True)

    with pytest.raises(ConnectionResetError):
        raw_booking(box, edge)
    assert len(box.meetings) == 1


def test_half_an_answer_has_the_length_of_the_whole(box: Sandbox, edge: Edge) -> None:
    box.faults.cut_half(SCHEDULE)
    head, _, body = raw_booking(box, edge).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 OK")
    assert (
        f"Content-Length: {2 * len(body)}".encode() in head or f"Content-Length: {2 * len(body) + 1}".encode() in head
    )
    assert len(box.meetings) == 1


def test_garbage_is_no_http(box: Sandbox, edge: Edge) -> None:
    box.faults.garbage(SCHEDULE)

    assert not raw_booking(box, edge).startswith(b"HTTP")
    assert len(box.meetings) == 1
