"""What others wrote comes into our log without the lead's data, on one line, and not long."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api.http.redaction import scrub


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("no jo.doe+x@example.com here", "no <e-mail> here"),
        ("jo@example.com, ann@example.org", "<e-mail>, <e-mail>"),
        ("GET /find?email=jo%40example.com&page=0", "GET /find?email=<e-mail>&page=0"),
        ('{"email":"jo@example.com"}', '{"email":"<e-mail>"}'),
        ("a\x1b[31m\r\n\tb\x00\u202ec", "a [31m b c"),
        ("x" * 301, "x" * 299 + "…"),
        ("x" * 300, "x" * 300),
        ("x" * 290 + " jo.doe@example.com", "x" * 290 + " <e-mail>"),
    ],
)
def test_a_text_is_made_fit(text: str, clean: str) -> None:
    assert scrub(text) == clean


@pytest.mark.parametrize(
    ("body", "clean"),
    [
        ({"form": {"PersonLastName": "Doering"}}, "Cannot route Ann ***, at Xy"),
        ({"formData": {"deep": [{"name": "doering"}, 5, None]}}, "Cannot route Ann ***, at Xy"),
        ({"form": {"first": "Ann", "company": "Xy"}}, "Cannot route *** Doering, at Xy"),
        ({"form": {"last": "Doering", "all": " Ann Doering "}}, "Cannot route ***, at Xy"),
        ({"guestEmail": "Doering"}, "Cannot route Ann ***, at Xy"),
        ({"crmExplicits": ("Doering",)}, "Cannot route Ann ***, at Xy"),
        ({"startTime": "Doering"}, "Cannot route Ann Doering, at Xy"),
        ("Doering", "Cannot route Ann Doering, at Xy"),
        (None, "Cannot route Ann Doering, at Xy"),
    ],
)
def test_what_we_sent_about_the_lead_is_hidden(body: Any, clean: str) -> None:
    """Values of three signs and more; short ones only as whole words, so that "Ann" leaves "Cannot" alone."""
    assert scrub("Cannot route Ann Doering, at Xy", body=body) == clean


def test_secrets_are_hidden() -> None:
    assert scrub("Bearer s3cret-token!", secrets=("s3cret-token",)) == "Bearer ***!"


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    """A whole page without blanks would hold up every other lead."""
    assert scrub("x" * 5_000_000 + "@example.com", body={"form": {"a": "x" * 100_000}}) == "x" * 299 + "…"
