"""Rates as a table: each as it was, and in proportion to the others of its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

Line = tuple[str, str]  # home, case
Rates = Mapping[Line, Sequence[float]]
HEAD = ("home", "updates", "a second", "least to most", "to alone", "to sqlite alone", "again")


def table(rates: Rates, options: str) -> str:
    """Medians and their spread; *options* are those that this run was given."""
    rows = [HEAD, *(row_of(line, rates, options) for line in rates)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def row_of(line: Line, rates: Rates, options: str) -> tuple[str, ...]:
    home, case = line
    rate = median(rates[line])
    return (
        home,
        f"{case} a group" if case.isdecimal() else case,
        f"{rate:,.0f}",
        f"{min(rates[line]):,.0f} to {max(rates[line]):,.0f}",
        f"{rate / median(rates[home, 'alone']):.2f}",
        f"{rate / median(rates['sqlite', 'alone']):.2f}",
        f'make updates BENCH_ARGS="{options} {home}:{case}"',
    )
