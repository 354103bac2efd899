"""What the other side has on record, held against the ledger, lead by lead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_chilipiper.booking.ledger.entry import Entry
from scripts.chaos.campaign import Campaign

IN_DOUBT = ("sent", "unknown", "review")


@dataclass(frozen=True)
class Finding:
    """One lead: its entry in the ledger, and the ids of the meetings that were really made."""

    lead: str
    entry: Entry | None
    meetings: tuple[str, ...]

    @property
    def state(self) -> str:
        return self.entry.state if self.entry else "absent"

    @property
    def extra(self) -> int:
        return max(0, len(self.meetings) - 1)

    @property
    def is_lost(self) -> bool:
        """Neither in doubt on record, nor booked with a meeting that was made."""
        if self.entry is None or self.entry.state in IN_DOUBT:
            return self.entry is None
        return self.entry.state != "booked" or self.entry.meeting_id not in self.meetings

    def __str__(self) -> str:
        on_record = f"{self.state} {self.entry.meeting_id or ''}".strip() if self.entry else "absent"
        return f"{self.lead}: {on_record} in the ledger, and made were: {', '.join(self.meetings) or 'none'}"


def judge(
    campaigns: Iterable[Campaign], entries: Mapping[str, Entry], meetings: Iterable[Mapping[str, Any]]
) -> list[Finding]:
    """*entries* is the ledger by key; *meetings* is all that the sandbox ever made. A meeting of nobody is lost too."""
    made = defaultdict[str, list[str]](list)
    for meeting in meetings:
        made[meeting["guest"]].append(meeting["meetingId"])
    findings = [
        Finding(f"{campaign.purpose}, lead {number}", entries.get(lead.new_entry().key), tuple(made.pop(guest, ())))
        for campaign in campaigns
        for number, lead in enumerate(campaign.leads())
        for guest in [campaign.guest(number)]
    ]
    return [*findings, *(Finding("no lead of ours", None, tuple(ids)) for ids in made.values())]
