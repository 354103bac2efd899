"""What `help()` of an operator shows: its own words, and those on the arguments that all share."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, cleandoc, signature
from typing import Any

OWN = "**Who and why**"  # the group that a pattern's own arguments belong to

BOOKING = """
Values inside rows are data: they are never rendered as templates. Wherever a lead's values may differ, an argument
takes ``col("name")``, a column of the lead's row; anything else is a constant or a template.

**Leads**: exactly one of ``lead``, ``leads`` and ``sql`` is given.

:param lead: one lead, as a mapping
:param leads: a list of mappings, usually an upstream XCom
:param sql: a query whose rows are the leads (templated)
:param sql_conn_id: the connection of the query (templated)
:param parameters: of the query (templated)
:param sql_hook_params: for the hook of that connection
:param max_leads: with more rows than this, nothing is sent and the task fails (templated)
:param shard: which part of the leads is this task's, as "0/4": rows by a hash of their key, and as much of the
    pace; for ``.expand(shard=["0/4", "1/4", "2/4", "3/4"])`` (templated)

**Who and why**

:param purpose: the campaign within which a lead is booked once, in whatever run (templated)
:param lead_key: what tells leads apart; with ``lead`` the guest's e-mail, if not given (templated)
:param guest_email: the guest's e-mail; the column ``email``, if not given (templated)
:param timezone: the guest's IANA zone; if not given, the DAG's filters the slots and none is sent (templated)
:param form: form keys to values (templated)
:param repeated_guests: whether a guest of two leads is invited for each; if not, the second row is ``invalid``, or
    ``already_booked`` where an earlier try or run invited its guest for this purpose (templated)

**Which slot**

:param window_start: from when slots are wanted; default now (templated)
:param window: for how long, as a timedelta or text such as "7 days" or "P7D" (templated)
:param between: local hours in which a meeting may start, such as ("09:00", "17:00") (templated)
:param weekdays: local weekdays on which it may start, such as ("Mon", "Tue") (templated)
:param min_notice: how far ahead it must be (templated)
:param prefer: a time, or several, that the slot is to be near to; else the earliest slot is taken (templated)

**Results**

:param keep: columns that are handed through to the outcome row
:param results_table: the table that outcomes are appended to as they become known; made if missing. A lead that it
    shows as booked for this purpose is ``already_booked``. XCom then holds ``counts``, ``review`` and ``failed``
    (each with its ``total`` and at most 100 ``rows``) and a ``sample`` (templated)
:param results_conn_id: its connection; default ``sql_conn_id`` (templated)
:param write_back_sql: a statement that is run for each outcome, in batches, over ``results_conn_id``. Its
    parameters are the fields of an outcome row and the columns in ``keep``: ``UPDATE leads SET meeting_id =
    :meeting_id WHERE id = :lead_key AND meeting_id IS NULL``, since it also runs where there is no meeting
    (templated)
:param fetch_meeting: whether to add the host's e-mail, the end and the link, at one more call for each meeting
    (templated)

**Ending**

:param preview: check every row, ask the ledger, and book nobody (templated)
:param fail_on: the statuses that fail the task, after all leads had their turn; or a mapping of status to the share
    of leads above which it fails. Airflow tries again where that may change one of these statuses
:param skip_on: the task is skipped where nobody was or had been booked and every outcome is among these statuses.
    ``unknown``, ``review`` and ``not_attempted`` are refused here; ``fail_on`` wins
:param allow_backfill: whether a backfill may book (templated)

**Doubt**

:param in_doubt: what becomes of a lead whose booking was never answered and for whom no meeting is found: "hold"
    leaves it to a person (``review``), ``Rebook(...)`` books again once no earlier call can have any effect
    (templated)
:param rebook_after: how old a booking must be not to count any more; default never (templated)
:param existing_meeting_window: a guest with an active meeting from now on within this time is ``already_booked``
    with that meeting; one listing of all meetings, default none (templated)
:param chilipiper_conn_id: the connection to Chili Piper (templated)
:param ledger_conn_id: the database connection of the ledger; default the one that the connection names (templated)
"""


def documented(own: str | None) -> str:
    """The docstring of a booking operator: *own* begins it, and its `:param`s stand among the shared ones."""
    words, _, arguments = cleandoc(own or "").partition(":param ")
    before, _, after = cleandoc(BOOKING).partition(f"{OWN}\n\n")
    return f"{words}{before}{OWN}\n\n:param {arguments}\n{after}\n"


def whole_signature(own: Callable[..., Any], shared: Callable[..., Any]) -> Signature:
    """What `help` and editors show of two `__init__`: the arguments in the order of their groups."""
    (_, *first), (_, *others) = signature(own).parameters.values(), signature(shared).parameters.values()
    begins = [parameter.name for parameter in others].index("purpose")
    named = [parameter for parameter in first if parameter.kind is Parameter.KEYWORD_ONLY]
    return Signature([*others[:begins], *named, *others[begins:]])
