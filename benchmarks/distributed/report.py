"""What a distributed run came to, as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.distributed.blow import Blow
from benchmarks.distributed.judge import Verdict


@dataclass(frozen=True, kw_only=True)
class Report:
    """`first` and `last` are the times of the first and of the last call, `again` of the first that a retry made."""

    verdict: Verdict
    blow: Blow
    state: str
    tries: Mapping[int, int]
    first: float
    last: float
    again: float | None

    def complaints(self) -> list[str]:
        """Why this proves the contrary, or nothing."""
        told = self.verdict.complaints()
        if self.state != "success":
            told.append(f"the DAG run ended as {self.state}")
        if not self.blow.shards:
            told.append("no shard was at work on the killed worker")
        if not self.blow.in_flight:
            told.append("no booking call was in flight when the worker was killed")
        if once := [shard for shard in sorted(self.blow.shards) if self.tries[shard] < 2]:
            told.append(f"shards {once} were at work on the killed worker, and were not tried again")
        return told

    def __str__(self) -> str:
        verdict, blow = self.verdict, self.blow
        shards = " and ".join(map(str, sorted(blow.shards)))
        again = "none" if self.again is None else f"the first {self.again - blow.at:.1f} s after the kill"
        lines = {
            "leads": f"{verdict.leads}, without an outcome {verdict.without_outcome},"
            f" with several {verdict.with_several}",
            "outcomes": ", ".join(f"{count} {status}" for status, count in sorted(verdict.statuses.items())),
            "meetings": f"{verdict.meetings}, beyond a lead's first {verdict.extra}, astray {verdict.astray}",
            "killed": f"worker {blow.worker} with shards {shards}, {blow.at - self.first:.1f} s after the first call,"
            f" {blow.in_flight} booking calls in flight",
            "calls of the retries": again,
            "pace": f"limit {verdict.limit:g} a second; "
            + ", ".join(f"at most {calls} in any {seconds:g} s" for seconds, calls in verdict.busiest.items()),
            "tries by shard": ", ".join(f"{shard}: {tries}" for shard, tries in sorted(self.tries.items())),
            "first to last call": f"{self.last - self.first:.1f} s",
        }
        return "\n".join(f"{name:<22}{text}" for name, text in lines.items())
