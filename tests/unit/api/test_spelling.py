"""What looks the same is the same, and nothing else."""

from __future__ import annotations

from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.api.spelling import email, trimmed


def test_trimming_leaves_the_inside_alone() -> None:
    assert trimmed("\u2003 spring  2026\u200d\n") == "spring  2026"


def test_trimming_a_cell_of_blanks_takes_no_time() -> None:
    """As many as a warehouse holds: cut one by one they would take minutes."""
    blanks = " \u200b" * 500_000
    assert trimmed(blanks) == ""
    assert trimmed(f"{blanks}a b{blanks}") == "a b"


def test_text_from_two_keyboards_is_one() -> None:
    assert trimmed("Zoe\u0308") == trimmed("Zo\u00eb")


def test_an_address_has_one_spelling_whatever_its_case() -> None:
    assert email(" Jo@Example.COM\u200b") == "jo@example.com"


def test_a_meeting_is_of_its_guest_however_the_list_spells_the_address() -> None:
    """Else our own meeting would be dropped before it can be evidence."""
    meeting = Meeting(meeting_id="m1", guest="Zoe\u0308@example.com\u200b")
    assert meeting.may_be_of("zo\u00eb@example.com")
    assert not meeting.may_be_of("zoe@example.com")
