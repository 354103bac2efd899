"""All that is broken in the flows, each with where that is seen."""

from __future__ import annotations

from tests.protocol.mutants.flow import booking, doubt, entries, evidence, noes, rebooking, reconciling

LISTS = (booking, noes, doubt, reconciling, rebooking, evidence, entries)
MUTANTS = {name: mutant for each in LISTS for name, mutant in each.MUTANTS.items()}
