"""What is said where too few runs stand behind an association."""

import math

import pytest

from mlreview.analysis.association import MIN_RUNS, Association
from mlreview.ui.compare_effect import remark_of


@pytest.mark.parametrize(
    ("n", "more", "offers"),
    [(7, 12, "*All runs of the experiment* adds 12."), (7, 0, "These are all that the experiment has"), (7, -1, "all")],
)
def test_more_runs_are_offered_only_where_there_are_more(n: int, more: int, offers: str):
    said = remark_of(Association(n, math.nan, (), f"{n} runs have the metric: too few, 20 are needed"), more)
    assert said.startswith("7 runs have the metric: too few, 20 are needed.")
    assert offers in said
    assert ("adds" in said) == (more > 0)


def test_with_enough_runs_another_reason_is_no_call_for_more():
    said = remark_of(Association(MIN_RUNS, math.nan, (), "all runs have the same value"), 50)
    assert said == "All runs have the same value."
