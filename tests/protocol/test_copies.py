"""A mutant cannot rot in silence, and nothing broken leaves its block."""

from __future__ import annotations

import sys

import pytest

from tests.protocol.choices import Broken
from tests.protocol.copies import catch, program
from tests.protocol.laws import law
from tests.protocol.mutant import Mutant
from tests.protocol.mutants.of_flows import LISTS, MUTANTS

SPELLING = "api.spelling", "return text.strip()"
NORMAL = *SPELLING, "return text.strip().casefold()"


def case_makes_another_purpose() -> None:
    from airflow_chilipiper.booking.lead import trimmed

    law(trimmed("Spring") != trimmed("spring"), "I6: two purposes are one")


SHOWN = ("I6", case_makes_another_purpose)


@pytest.mark.parametrize("text", ["no such text", "text = text["])
def test_a_text_to_replace_is_there_exactly_once(text: str) -> None:
    with pytest.raises(AssertionError, match=r"api\.spelling has [02] times"):
        catch(Mutant("api.spelling", text, "", shown=SHOWN))


def test_a_broken_copy_reaches_what_uses_it_and_is_gone_afterwards() -> None:
    sound = {name: module for name, module in sys.modules.items() if name.startswith("airflow_chilipiper")}
    with program(*Mutant(*NORMAL).changes), pytest.raises(Broken):
        case_makes_another_purpose()
    assert {name: module for name, module in sys.modules.items() if name.startswith("airflow_chilipiper")} == sound
    case_makes_another_purpose()


def test_what_does_not_use_it_is_no_copy() -> None:
    from airflow_chilipiper.api import errors, spelling

    with program(*Mutant(*NORMAL).changes):
        from airflow_chilipiper.api import errors as same
        from airflow_chilipiper.api import spelling as copy
    assert (same, copy.trimmed("A"), spelling.trimmed("A")) == (errors, "a", "A")


def test_a_copy_raises_the_errors_that_tests_know() -> None:
    from airflow_chilipiper.booking.ledger import entry

    with program(*Mutant("booking.ledger.entry", "class Conflict(", "class Conflict(").changes):
        from airflow_chilipiper.booking.ledger import entry as copy
    assert (copy is entry, copy.Entry is entry.Entry, copy.Conflict is entry.Conflict) == (False, False, True)


def test_a_change_that_does_no_harm_is_reported() -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        catch(Mutant(*SPELLING, SPELLING[1], shown=SHOWN))


def test_a_scenario_that_breaks_the_law_by_itself_is_reported() -> None:
    with pytest.raises(Broken):
        catch(Mutant(*NORMAL, shown=("I6", lambda: law(False, "I6"))))


def test_a_mutant_that_breaks_another_law_is_reported() -> None:
    with pytest.raises(AssertionError, match="instead of I1"):
        catch(Mutant(*NORMAL, shown=("I1", case_makes_another_purpose)))


def test_no_two_mutants_of_the_flows_have_one_name_and_each_is_seen_somewhere() -> None:
    assert len(MUTANTS) == sum(len(each.MUTANTS) for each in LISTS)
    assert all(each.by_hand or each.schedule or each.crashes for each in MUTANTS.values())
