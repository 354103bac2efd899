"""The table of noes, over answers as they come: which row fits first, in the three shapes in which words come."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.http.answer import read
from airflow_chilipiper.booking.doubt.refusals import Meaning, leaves_slot, meaning
from tests.unit.api.http.refusals import HTML, JSON, PAGE, TEXT, call, envelope
from tests.unit.api.test_refusal_words import DONE, NEITHER, SLOT

NO, LOOK, LAG, DOUBT = Meaning.NO, Meaning.NO_AFTER_A_LOOK, Meaning.NO_AFTER_THE_LAG, Meaning.DOUBT
NOES = JSON, envelope("Whatever")


def answered(status: int, headers: dict[str, str], content: bytes) -> Exception:
    with pytest.raises(errors.ChiliPiperError) as caught:
        read(call(), status, headers, content)
    return caught.value


def failure(**fields: Any) -> bytes:
    return json.dumps({"type": "Failure"} | fields).encode()


ROWS = [
    (2, 400, TEXT, b"Invalid value for: body", NO),
    (2, 400, {}, b"Invalid value for: query parameter page", NO),
    (2, 400, TEXT, b"oops: DecodingFailure at .startTime", NO),
    (3, 200, JSON, failure(meetingId="m-1"), DOUBT),
    (3, 200, JSON, b'{"scheduleMeetingResult": {"type": "Failure", "meetingId": "m"}}', DOUBT),
    (3, 200, JSON, b'{"meetingId": "m-1", "scheduleMeetingResult": {"type": "Failure"}}', DOUBT),
    (3, 200, JSON, b'{"meetingId": "m-1", "errorCode": "SlotTaken"}', DOUBT),
    (3, 200, JSON, b'{"meetingId": "m-1", "success": false}', DOUBT),
    (3, 409, JSON, b'{"errorCode": "SlotTaken", "errorMessage": "x", "meetingId": "m-1"}', DOUBT),
    (3, 429, JSON, b'{"errorCode": "Busy", "errorMessage": "x", "meetingId": "m-1"}', DOUBT),
    *[(4, status, *NOES, NO) for status in (401, 403, 429)],
    *[(4, status, TEXT, b"no", NO) for status in (401, 403, 429)],
    *[(4, status, {}, b"", NO) for status in (401, 403, 429)],
    *[(5, status, HTML, PAGE, LAG) for status in (401, 403, 429)],
    *[(5, status, {}, PAGE, LAG) for status in (401, 403, 429)],
    *[(5, status, JSON, b'{"error": "denied"}', LAG) for status in (401, 403, 429)],
    *[(5, status, TEXT, b'{"error": "denied"}', LAG) for status in (401, 403, 429)],
    *[(8, status, *NOES, LAG) for status in (400, 404, 405, 409, 410, 412, 422, 423, 499)],
    (8, 422, JSON, envelope("ProxiedCallError"), LAG),
    (8, 423, JSON, envelope("Locked"), LAG),
    (8, 400, TEXT, b"no", LAG),
    (8, 400, TEXT, b"", LAG),
    (9, 400, HTML, PAGE, DOUBT),
    (9, 400, HTML, b"<p>Invalid value for: body</p>", DOUBT),
    (9, 400, JSON, b'{"message": "Invalid value for: body"}', DOUBT),
    (8, 200, JSON, failure(), LAG),
    (8, 200, JSON, b'{"success": false}', LAG),
    (8, 200, JSON, b'{"errorCode": "Whatever"}', LAG),
    *[(9, status, *NOES, DOUBT) for status in (302, 408, 425, 500, 502, 503)],
    (9, 500, JSON, envelope("SlotTaken"), DOUBT),
    *[(9, status, HTML, PAGE, DOUBT) for status in (404, 409, 410, 422, 423)],
    (9, 404, TEXT, b"page not found", DOUBT),
    (9, 409, JSON, b'{"error": "the slot is taken"}', DOUBT),
    (9, 200, JSON, b"{}", DOUBT),
    (9, 200, JSON, b'{"type": "Success"}', DOUBT),
    (9, 200, HTML, PAGE, DOUBT),
]


@pytest.mark.parametrize(("row", "status", "headers", "content", "means"), ROWS)
def test_the_first_row_that_fits(
    row: int, status: int, headers: dict[str, str], content: bytes, means: Meaning
) -> None:
    assert meaning(answered(status, headers, content)) is means, f"row {row}"


@pytest.mark.parametrize(
    ("sentence", "means"),
    [(each, DOUBT) for each in DONE] + [(each, LOOK) for each in SLOT] + [(each, LAG) for each in NEITHER],
)
def test_each_sentence_means_the_same_in_an_envelope_a_failure_and_a_text(sentence: str, means: Meaning) -> None:
    """A 200 that speaks of the slot is Chili Piper's own word, and needs no look."""
    code, _, message = sentence.partition(" . ")
    coded, text = envelope(code or "Whatever", message), sentence.encode()
    assert meaning(answered(409, JSON, coded)) is means
    assert meaning(answered(400, JSON, coded)) is means
    assert meaning(answered(400, TEXT, text)) is means
    in_a_200 = NO if means is LOOK else means
    assert meaning(answered(200, JSON, failure(reason=sentence))) is in_a_200
    assert meaning(answered(200, JSON, b'{"scheduleMeetingResult": %s}' % failure(details=sentence))) is in_a_200
    assert meaning(answered(200, JSON, coded)) is in_a_200


def test_words_are_read_before_they_are_hidden() -> None:
    """The lead is called "already": what is shown has no such word, and what decides has."""
    asked = call()
    asked.body["form"]["PersonLastName"] = "already"
    with pytest.raises(errors.SessionGone) as caught:
        read(asked, 409, JSON, envelope("Conflict", "already there"))
    assert "already" not in str(caught.value)


def test_what_is_no_answer() -> None:
    assert meaning(errors.NotSent()) is NO
    assert meaning(errors.Invalid()) is NO
    assert meaning(errors.NoAnswer()) is DOUBT
    assert meaning(RuntimeError()) is DOUBT
    assert meaning(errors.Refused("no", status=409)) is DOUBT


def test_which_noes_leave_the_slot_to_others() -> None:
    assert leaves_slot(errors.NotSent())
    assert leaves_slot(errors.Throttled("429", status=429))
    assert not leaves_slot(errors.Throttled("429", status=429, foreign=True))
    assert not leaves_slot(errors.SlotGone("taken", status=200))
    assert not leaves_slot(errors.Refused("409", status=409, code="Conflict"))
