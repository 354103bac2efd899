"""What an answer without a meeting means for a booking call: the first row that fits.

| answer | means |
|---|---|
| not sent; 400 of their decoder; 401, 403 and 429 in their envelope, in plain text or empty | no |
| it speaks of something done before, or of a session that is over | doubt |
| it speaks of the slot, time or host being taken: in a 200 | no |
| the same in a 4xx | no, if one look finds nothing |
| any other 4xx in their envelope, failure in a 200, or 400 in text; 401, 403 and 429 of something in between | no, \
if the meeting list shows nothing once it has had its time |
| all else: 5xx, 3xx, 408, 425, another 4xx of something in between, what cannot be read, no answer | doubt |
"""

from __future__ import annotations

from enum import Enum, auto

from airflow_chilipiper.api import errors


class Meaning(Enum):
    """Whether somebody may have been invited, and what it takes to know."""

    NO = auto()
    NO_AFTER_A_LOOK = auto()
    NO_AFTER_THE_LAG = auto()
    DOUBT = auto()


def meaning(error: Exception) -> Meaning:
    """What *error*, an answer to a booking call, means."""
    if isinstance(error, (errors.NotSent, errors.Invalid)):
        return Meaning.NO
    if not isinstance(error, errors.Refused) or isinstance(error, (errors.SessionGone, errors.ServerBroken)):
        return Meaning.DOUBT
    if isinstance(error, errors.BadRequest) or (_ends_the_call(error) and not error.foreign):
        return Meaning.NO
    if isinstance(error, errors.SlotGone):
        return Meaning.NO if error.status < 300 else Meaning.NO_AFTER_A_LOOK
    is_theirs = error.code is not None or error.status < 300 or error.status == 400 or _ends_the_call(error)
    return Meaning.NO_AFTER_THE_LAG if is_theirs else Meaning.DOUBT


def leaves_slot(error: Exception) -> bool:
    """Whether *error* is a no that says nothing about the slot, which somebody else may have."""
    return meaning(error) is Meaning.NO and not isinstance(error, errors.SlotGone)


def _ends_the_call(error: errors.Refused) -> bool:
    return isinstance(error, (errors.NotAllowed, errors.Throttled))
