"""Every way through a tree of choices."""

from __future__ import annotations


class Broken(AssertionError):
    """A law was broken: which, and what led there."""

    def __init__(self, law: str, trace: str = "") -> None:
        super().__init__(f"{law}: {trace}" if trace else law)
        self.law = law


class Choices:
    """Every way through a tree of choices, depth-first; the first option of each is the one where all goes well."""

    def __init__(self) -> None:
        self._plan: list[list[int]] = []
        self.made: list[str] = []

    def __call__(self, *options: str) -> str:
        at = len(self.made)
        if at == len(self._plan):
            self._plan.append([0, len(options)])
        self.made.append(options[self._plan[at][0]])
        return self.made[-1]

    def turn_over(self) -> bool:
        """To the next way; False after the last."""
        while self._plan and self._plan[-1][0] + 1 == self._plan[-1][1]:
            self._plan.pop()
        self.made = []
        if self._plan:
            self._plan[-1][0] += 1
        return bool(self._plan)
