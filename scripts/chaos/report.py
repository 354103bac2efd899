"""What was done to the workers of one database, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.chaos.blows import Tally
from scripts.chaos.judge import Finding

HEADINGS = (
    "database", "leads", "booked", "extra", "lost", "unknown", "review", "sent",
    "kills", "in flight", "pauses", "in flight", "restarts", "seconds",
)  # fmt: skip
LEAST_IN_FLIGHT = 0.15


@dataclass(frozen=True, kw_only=True)
class Report:
    """`extra` counts meetings beyond a lead's first; `lost`, and each state, count leads."""

    database: str
    findings: Sequence[Finding]
    kills: Tally
    pauses: Tally
    restarts: int
    seconds: float

    @property
    def extra(self) -> int:
        return sum(finding.extra for finding in self.findings)

    @property
    def lost(self) -> int:
        return sum(finding.is_lost for finding in self.findings)

    def count(self, state: str) -> int:
        return sum(finding.state == state for finding in self.findings)

    def complaints(self, *, kills: int, pauses: int) -> list[str]:
        """Why this proves the contrary, or nothing."""
        complaints = [str(finding) for finding in self.findings if finding.extra or finding.is_lost]
        complaints += [
            f"left unsettled: {finding}" for finding in self.findings if finding.state in ("sent", "unknown")
        ]
        for what, tally, asked in (("kills", self.kills, kills), ("pauses", self.pauses, pauses)):
            if tally.done < asked:
                complaints.append(f"{tally.done} {what}, and {asked} were asked for")
        struck, in_flight = self.kills.done + self.pauses.done, self.kills.in_flight + self.pauses.in_flight
        if in_flight < LEAST_IN_FLIGHT * struck:
            complaints.append(f"only {in_flight} of {struck} kills and pauses came in the middle of a booking")
        return complaints

    def __str__(self) -> str:
        kills, pauses = self.kills, self.pauses
        states = (self.count(state) for state in ("unknown", "review", "sent"))
        return line(
            self.database, len(self.findings), self.count("booked"), self.extra, self.lost, *states,
            kills.done, kills.in_flight, pauses.done, pauses.in_flight, self.restarts, round(self.seconds),
        )  # fmt: skip


def line(*cells: object) -> str:
    return "".join(f"{cell:<9}" if not at else f"{cell:>10}" for at, cell in enumerate(cells))
