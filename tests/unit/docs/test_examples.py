"""The examples from which the pages cut their code, run for real against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from airflow_chilipiper.sandbox import Sandbox

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
DAGS = ("choosing_slots", "own_task", "wait_on_a_link")


def loaded(name: str) -> ModuleType:
    spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_YOUR_TESTS = loaded("your_tests")
chili = _YOUR_TESTS.chili
test_a_meeting_whose_answer_was_lost_is_found = _YOUR_TESTS.test_a_meeting_whose_answer_was_lost_is_found


def test_every_example_is_run_here() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.py")) == sorted((*DAGS, "your_tests"))


@pytest.mark.parametrize("name", DAGS)
def test_an_example_books_its_guest(
    name: str, run_dag: Callable[..., DagRun], box: Sandbox, parse: Callable[[Path], DAG]
) -> None:
    assert run_dag(parse(EXAMPLES / f"{name}.py")).state == "success"

    assert [meeting["guest"] for meeting in box.meetings] == ["jo@example.com"]
