"""What looks the same is the same, and nothing else."""

from __future__ import annotations

import pytest

from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.api.spelling import canonical_email, email, trimmed, unseen


def test_trimming_leaves_the_inside_alone() -> None:
    assert trimmed("\u2003 spring  2026\u200d\n") == "spring  2026"


def test_trimming_a_cell_of_blanks_takes_no_time() -> None:
    """As many as a warehouse holds: cut one by one they would take minutes."""
    blanks = " \u200b" * 500_000
    assert trimmed(blanks) == ""
    assert trimmed(f"{blanks}a b{blanks}") == "a b"


UNSEEN = {
    "direction": "\u061c\u200e\u200f\u202a\u202e\u2066\u2069",
    "joiners and fillers": "\u00ad\u034f\u115f\u1160\u17b4\u180e\u200b\u200d\u2060\u2065\u3164\uffa0\ufff0\ufeff",
    "selectors": "\u180b\u180f\ufe00\ufe0f\U000e0100\U000e01ef",
    "tags, notes and shorthand": "\U000e0001\U000e007f\U000e0fff\U0001d173\U0001bca0",
    "Braille without a dot": "\u2800",
}


@pytest.mark.parametrize("kind", UNSEEN)
def test_what_nobody_sees_is_trimmed_and_found_inside(kind: str) -> None:
    for sign in UNSEEN[kind]:
        assert trimmed(f" {sign}a{sign}\n{sign}") == "a"
        assert unseen(f"a{sign}b").startswith(f"U+{ord(sign):04X} (")


@pytest.mark.parametrize("text", ["", "a b", "Zo\u00eb", "\u2003a", "\u4e2d\u6587", "e\u0301x", "\U0001f600", "\u2801"])
def test_what_somebody_sees_is_left(text: str) -> None:
    """White space in other widths too, which is trimmed, and looks like what it is inside."""
    assert unseen(text) == ""


def test_an_unseen_character_is_named() -> None:
    assert unseen("00Q\u200f") == "U+200F (RIGHT-TO-LEFT MARK)"
    assert unseen("a\u2065") == "U+2065 (without a name)"


def test_text_from_two_keyboards_is_one() -> None:
    assert trimmed("Zoe\u0308") == trimmed("Zo\u00eb")


def test_an_address_has_one_spelling_whatever_its_case() -> None:
    assert email(" Jo@Example.COM\u200b") == "jo@example.com"


def test_a_meeting_is_of_its_guest_however_the_list_spells_the_address() -> None:
    """Else our own meeting would be dropped before it can be evidence."""
    meeting = Meeting(meeting_id="m1", guest="Zoe\u0308@example.com\u200b")
    assert meeting.may_be_of("zo\u00eb@example.com")
    assert not meeting.may_be_of("zoe@example.com")


@pytest.mark.parametrize(
    "text",
    [
        "jo@example.com",
        " JO@Example.COM.\u200b",
        "jo\u2060@example.com",
        "jo+spring@example.com",
        "Jo Public <jo@example.com>",
        '"Public, Jo" <jo+x@example.com>',
        "jo@example.com <jo@example.com>",
        "jo@example.com (work)",
        "mailto:jo@example.com",
        "'jo@example.com'",
        "jo%40example.com",
        "jo%2Bspring@example.com",
        "\uff4a\uff4f@example.com",
    ],
)
def test_one_mailbox_however_it_is_written(text: str) -> None:
    assert canonical_email(text) == "jo@example.com"


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("J.o.p+x@GoogleMail.com", "jop@gmail.com"),
        ("jop@gmail.com", "jop@gmail.com"),
        ("j.o@example.com", "j.o@example.com"),
        ("jo@m\u00fcnchen.example", "jo@m\u00fcnchen.example"),
        ("jo@xn--mnchen-3ya.example", "jo@m\u00fcnchen.example"),
        ("jo@XN--STRAE-OQA.example", "jo@strasse.example"),
        ("jo@stra\u00dfe.example", "jo@strasse.example"),
        ("jo@xn--\u00fc.example", "jo@xn--\u00fc.example"),
    ],
)
def test_a_mailbox_of_gmail_has_no_dots_and_a_domain_is_in_letters(text: str, mailbox: str) -> None:
    assert canonical_email(text) == mailbox


@pytest.mark.parametrize(
    "text",
    [
        *("", "Jo", "5f1c", "@", "+x@example.com", "j***@example.com", "j\u2026@example.com", '"jo p"@example.com'),
        *("jo@example.com, ann@example.com", "ann@example.com <jo@example.com>", "jo@@example.com"),
    ],
)
def test_what_is_not_one_mailbox_for_certain_is_none(text: str) -> None:
    assert canonical_email(text) == ""
