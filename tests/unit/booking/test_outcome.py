"""What each status means, and that it leaves us as plain text."""

from __future__ import annotations

import json

import pytest

from airflow_chilipiper.booking.outcome import STATUSES, Outcome, Status

MEANINGS = {
    "booked": {"is_meeting", "is_success", "is_final"},
    "already_booked": {"is_meeting", "is_success", "is_final"},
    "disqualified": {"is_final"},
    "no_slot": {"may_change", "is_final"},
    "refused": {"is_failure", "is_final"},
    "invalid": {"is_failure", "is_final"},
    "unknown": {"is_in_doubt", "is_failure", "may_change"},
    "review": {"is_in_doubt", "needs_person"},
    "not_attempted": {"is_failure", "may_change"},
    "would_book": {"is_success", "is_final"},
}


@pytest.mark.parametrize("status", Status)
def test_what_a_status_means(status: Status) -> None:
    questions = [name for name, each in vars(Status).items() if isinstance(each, property)]
    assert {name for name in questions if getattr(status, name)} == MEANINGS[status]


def test_the_statuses_are_those_that_users_know() -> None:
    assert tuple(MEANINGS) == STATUSES
    assert {type(status) for status in STATUSES} == {str}


def test_a_status_reads_as_its_word_wherever_it_is_written() -> None:
    status = Outcome(status=Status.NO_SLOT).status
    assert (f"{status}", str(status), json.dumps({status: status})) == ("no_slot", "no_slot", '{"no_slot": "no_slot"}')
    assert status == "no_slot"


def test_a_status_given_as_text_is_one_of_them_or_refused() -> None:
    assert Outcome(status="booked").status is Status.BOOKED  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bokked"):
        Outcome(status="bokked")  # type: ignore[arg-type]
