"""What ends a task otherwise than with an answer."""

from __future__ import annotations


class TaskFailed(Exception):
    """The task fails; `curable` says whether another try may fare better."""

    def __init__(self, why: str, *, curable: bool) -> None:
        super().__init__(why)
        self.curable = curable


class TaskSkipped(Exception):
    """The task is skipped, as it was asked to be."""
