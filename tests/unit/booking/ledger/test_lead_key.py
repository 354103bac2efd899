"""The rules by which a key becomes text, pinned: a changed rule is a double booking."""

from __future__ import annotations

import decimal
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.booking.ledger.lead_key import digest, guest_digest, lead_key

GOLDEN: list[tuple[Any, str]] = [
    # One number is one lead, however a driver hands it over.
    (42, "42"),
    (42.0, "42"),
    (Decimal(42), "42"),
    (Decimal("42.00"), "42"),
    (Decimal("4.2E+1"), "42"),
    ("42", "42"),
    (" 42\t", "42"),
    (0, "0"),
    (-0.0, "0"),
    (Decimal("-0.00"), "0"),
    (-7, "-7"),
    (100, "100"),
    (1200.50, "1200.5"),
    (0.1 + 0.2, "0.30000000000000004"),
    (1e-7, "0.0000001"),
    (1e20, "100000000000000000000"),
    (1e22, "10000000000000000000000"),
    (10**30 + 1, "1000000000000000000000000000001"),
    (Decimal(12345678901234567890123456789012345678), "12345678901234567890123456789012345678"),
    # Text is kept, but for what nobody sees.
    ("42.0", "42.0"),
    ("007", "007"),
    ("\u200b\ufeff 00Q5e000001AbCd\u00a0\u2060\u00ad", "00Q5e000001AbCd"),
    ("00Q5e000001AbCD", "00Q5e000001AbCD"),
    ("\u200f00Q5e00000ABCDE\u202c", "00Q5e00000ABCDE"),
    ("\ufe0f\u2800Jo@Example.com\u3164", "jo@example.com"),
    ("00Q5e\u200f00000ABCDE", "00Q5e\u200f00000ABCDE"),
    ("a\u200bb", "a\u200bb"),
    ("Zo\u00eb", "Zo\u00eb"),
    ("Zoe\u0308", "Zo\u00eb"),
    # E-mails only are lower-cased.
    ("Jo@Example.com ", "jo@example.com"),
    ("jo@example.com", "jo@example.com"),
    # Times and ids.
    (date(2026, 11, 2), "2026-11-02"),
    (datetime(2026, 11, 2, 9, 30, tzinfo=UTC), "2026-11-02T09:30:00+00:00"),
    (datetime(2026, 11, 2, 9, 30, tzinfo=timezone(timedelta(hours=1))), "2026-11-02T09:30:00+01:00"),
    (UUID("9413F879-0000-4000-8000-00000000000A"), "9413f879-0000-4000-8000-00000000000a"),
]


@pytest.mark.parametrize(("value", "text"), GOLDEN, ids=lambda value: f"{type(value).__name__} {value!s}"[:40])
def test_a_key_is_text_by_these_rules(value: Any, text: str) -> None:
    assert lead_key(value) == text


@pytest.mark.parametrize("value", [None, True, False, "", " \u200b ", b"42", [42], {"id": 42}, 4j])
def test_what_names_no_lead_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match="key is"):
        lead_key(value)


class NotAvailable:
    """As pandas has it: compared with anything it is itself, and neither true nor false."""

    def __ne__(self, other: object) -> Any:
        return self

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")


class NotATime(datetime):
    """As pandas has it."""

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "value",
    [float("nan"), Decimal("NaN"), Decimal("sNaN"), NotAvailable(), NotATime(2026, 11, 2)],
    ids=lambda value: type(value).__name__,
)
def test_what_data_frames_put_for_nothing_is_a_missing_key(value: Any) -> None:
    with pytest.raises(Invalid, match="lead_key is missing, expected"):
        lead_key(value)


@pytest.mark.parametrize("number", [float("inf"), Decimal("-Infinity")])
def test_what_is_no_number_is_refused(number: Any) -> None:
    with pytest.raises(Invalid, match="key is"):
        lead_key(number)


def test_long_numbers_stay_apart_whatever_precision_a_worker_calculates_with() -> None:
    with decimal.localcontext() as context:
        context.prec = 3
        assert [lead_key(number) for number in (123456, 123457.0, Decimal(123458))] == ["123456", "123457", "123458"]


def test_ids_that_differ_by_case_are_two_leads() -> None:
    assert lead_key("00Q5e000001AbCd") != lead_key("00Q5e000001AbCD")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("spring", "42"), "47532af967937dc3087a8d3fdb69a0ba983f78692ecb900ae243228104f1a04a"),
        (("spring", "jo@example.com"), "c1ebba25540f734daf5761ab27e742ae3146d3a5802270504d0b555f6a3499ad"),
        (("Frühling", "Zoë"), "bf4fd8d29b93fe7a5df79c6d2a327a8017b993590b342a8ff60022c6ea7cb753"),
        (("", ""), "439083f38956ba51ece90631552c6ea23c5c29570d3d5710e408e77e01ba7375"),
        (("concierge", "inbound"), "3ad69159f35a6cd626e3ec18007ca5bdb4e2f54a2e4766ddac99a1f1a85ed354"),
    ],
)
def test_the_place_in_the_ledger_is_this_hash(parts: tuple[str, ...], expected: str) -> None:
    assert digest(*parts) == expected


def test_parts_are_never_pasted_together() -> None:
    assert len({digest("a", "bc"), digest("ab", "c"), digest("abc"), digest("a", "b", "c"), digest('a","bc')}) == 5


def test_a_guest_is_compared_without_regard_to_case_and_blanks() -> None:
    assert (
        guest_digest(" Jo@Example.com\u200b")
        == guest_digest("jo@example.com")
        == "1a5ce5c74a976451e1580c1d84c7ff35b21b5bf5bfc6c070fdf5cb241516cd53"
    )


def test_nobody_has_no_hash() -> None:
    assert guest_digest(None) == guest_digest("") == ""  # a digest of nobody would equal another's


@pytest.mark.parametrize("key", ["a\nb", "a\x00b", "x" * 1001], ids=repr)
def test_a_key_that_is_no_id_is_refused(key: str) -> None:
    with pytest.raises(Invalid, match="control characters, or more than 1000 characters"):
        lead_key(key)
