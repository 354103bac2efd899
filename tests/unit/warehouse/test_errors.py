"""What databases say, without what they quote of a row."""

from __future__ import annotations

import pytest

from airflow_chilipiper.warehouse.errors import describe

SQL = "SELECT CAST(name AS INT), leads.id FROM leads FORM"
CASES = [
    ('column "id" does not exist\nLINE 1: SELECT Ada', 'column "id" does not exist'),
    ('duplicate key\nDETAIL:  Key (email)=(ada@x.example) already exists.', "duplicate key"),
    ('invalid input syntax for type integer: "Ada Lovelace"', "invalid input syntax for type integer: ***"),
    ("Table 'db.leads' doesn't exist", "Table 'db.leads' doesn't exist"),
    ("near 'FORM' at line 1", "near 'FORM' at line 1"),
    ("Data too long for 'name': 'O'Brien' in row 1", "Data too long for 'name': *** in row 1"),
    ("Incorrect integer value: 'Ada' for column 'id'", "Incorrect integer value: ***"),
    ("Bad int64 value: Ada Lovelace", "Bad int64 value: ***"),
    ("no such column: Ada of ada@x.example", "no such column: *** of <e-mail>"),
    ("Could not convert string 'Ada", "Could not convert string ***"),
    ("Numeric value 'Canada' is not recognized", "Numeric value *** is not recognized"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "left"), CASES)
def test_what_is_left(said: str, left: str) -> None:
    """Names that the statement has itself stay, as the user needs them."""
    assert describe(ValueError(said), SQL, secrets=["Ada"]) == f"ValueError: {left}"


def test_numbered_errors() -> None:
    assert describe(ValueError(1054, "Unknown column 'id' in 'Ada'"), SQL) == "ValueError: Unknown column 'id' in ***"


@pytest.mark.parametrize("text", ["'" * 100_000, "x" * 1_000_000, "'a" * 50_000, ""])
def test_long_texts_take_no_time(text: str) -> None:
    assert len(describe(ValueError(text), SQL)) < 400
