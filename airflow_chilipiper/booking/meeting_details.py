"""What a meeting's own record adds to the outcome: its host, its end and its link."""

from __future__ import annotations

import logging
from dataclasses import replace

from airflow_chilipiper.api.call import instant
from airflow_chilipiper.api.errors import ChiliPiperError, NotFound, Unreadable
from airflow_chilipiper.api.resources.meetings import meeting
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.booking.outcome import Outcome

log = logging.getLogger(__name__)


class MeetingDetails:
    """Asks for each meeting once. One that cannot be read stays booked, and blank."""

    def __init__(self) -> None:
        self._is_of_use = True  # what one call cannot be answered, the next cannot either

    async def enrich(self, outcome: Outcome, runtime: Runtime) -> Outcome:
        if not (outcome.meeting_id and self._is_of_use):
            return outcome
        try:
            found = await meeting(runtime, outcome.meeting_id)
        except (NotFound, Unreadable) as error:
            log.warning("Meeting %s is booked, but could not be read: %s", outcome.meeting_id, error)
            return outcome
        except ChiliPiperError as error:
            if self._is_of_use:
                log.warning("Meeting %s and those after it are booked, but are not read: %s", outcome.meeting_id, error)
            self._is_of_use = False
            return outcome
        return replace(
            outcome,
            host=found.host_id or outcome.host,
            host_email=found.host_email,
            end_time=instant(found.end, "end") if found.end else None,
            meeting_url=found.url,
        )
