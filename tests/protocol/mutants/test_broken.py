"""A mutant cannot rot in silence, and nothing broken leaves its block."""

from __future__ import annotations

import sys

import pytest

from tests.protocol.choices import Broken
from tests.protocol.mutants.broken import Change, Mutant, broken, catch, law

NORMAL = Change("api.spelling", "return text.strip()", "return text.strip().casefold()")


def case_makes_another_purpose() -> None:
    from airflow_chilipiper.booking.lead import trimmed

    law(trimmed("Spring") != trimmed("spring"), "I6: two purposes are one")


@pytest.mark.parametrize("text", ["no such text", "text = text["])
def test_a_text_to_replace_is_there_exactly_once(text: str) -> None:
    with pytest.raises(AssertionError, match=r"api\.spelling has [02] times"):
        catch(Mutant("I6", case_makes_another_purpose, [Change("api.spelling", text, "")]))


def test_a_broken_copy_reaches_what_uses_it_and_is_gone_afterwards() -> None:
    sound = {name: module for name, module in sys.modules.items() if name.startswith("airflow_chilipiper")}
    with broken(NORMAL), pytest.raises(Broken):
        case_makes_another_purpose()
    assert {name: module for name, module in sys.modules.items() if name.startswith("airflow_chilipiper")} == sound
    case_makes_another_purpose()


def test_a_change_that_does_no_harm_is_reported() -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        catch(Mutant("I6", case_makes_another_purpose, [NORMAL._replace(instead=NORMAL.text)]))


def test_a_scenario_that_breaks_the_law_by_itself_is_reported() -> None:
    with pytest.raises(Broken):
        catch(Mutant("I6", lambda: law(False, "I6"), [NORMAL]))


def test_a_mutant_that_breaks_another_law_is_reported() -> None:
    with pytest.raises(AssertionError, match="Regex pattern did not match"):
        catch(Mutant("I1", case_makes_another_purpose, [NORMAL]))
