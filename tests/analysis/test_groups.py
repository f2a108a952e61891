"""Groups of runs by what they share."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlreview.analysis.find import Corpus, find
from mlreview.analysis.find_keys import Key
from mlreview.analysis.find_texts import Texts
from mlreview.analysis.find_words import term_for
from mlreview.analysis.groups import Groups, describe_groups, group_runs, groupable
from mlreview.entities import Direction
from tests.tables import run_table, text_column

RATE = Key("param", "learning_rate")


def grouped(
    columns: Mapping[str, Sequence[str | None]], values: Sequence[float | None], direction: Direction = "max"
) -> Groups:
    present = np.array([value is not None for value in values])
    numbers = np.array([math.nan if value is None else value for value in values])
    keys = [Key("param", name) for name in columns]
    return group_runs(keys, [text_column(column) for column in columns.values()], numbers, present, direction)


def test_groups_rank_by_their_mean_and_not_by_their_best_run():
    found = grouped({"learning_rate": ["0.1", "0.1", "0.01", "0.01"]}, [0.99, 0.5, 0.8, 0.81])
    assert [(group.values, group.rank) for group in found.groups] == [(("0.01",), 1), (("0.1",), 2)]
    assert found.groups[0].mean == pytest.approx(0.805)
    assert found.groups[1].deviation == pytest.approx(np.std([0.99, 0.5], ddof=1))
    assert list(found.groups[1].rows) == [0, 1]


def test_reproductions_are_in_no_group_and_are_counted():
    """Four times the same number is no spread of zero over four runs."""
    ones, rates = np.full(5, 0.9), text_column(["0.1"] * 5)
    again = text_column([None, "run-0", "run-0", "run-0", ""])
    found = group_runs([RATE], [rates], ones, ones.astype(bool), "max", again)
    assert ([list(group.rows) for group in found.groups], found.repeated) == ([[0, 4]], 3)
    assert found.groups[0].too_few
    assert "3 reproductions are left out: each is its original once more" in describe_groups(found, "accuracy")


def test_where_lower_is_better_the_lowest_mean_comes_first_and_so_does_the_lowest_run():
    found = grouped({"learning_rate": ["a", "b", "b"]}, [0.5, 0.3, 0.2], "min")
    assert [group.values for group in found.groups] == [("b",), ("a",)]
    assert list(found.groups[0].rows) == [2, 1]


def test_spellings_of_one_number_are_one_group():
    found = grouped({"learning_rate": ["0.1", "0.10", "0.10000000149011612", "1e-1"]}, [1, 2, 3, 4])
    assert [(group.values, len(group.rows), group.too_few) for group in found.groups] == [(("0.1",), 4, False)]


def test_missing_and_empty_are_two_groups_and_missing_is_said():
    found = grouped({"learning_rate": ["", None, "0.1"]}, [1.0, 2.0, 3.0])
    assert {group.values for group in found.groups} == {("",), (None,), ("0.1",)}
    assert found.lacking == 1
    assert any(said.startswith("1 run lacks it") for said in describe_groups(found, "auc"))


def test_odd_values_count_in_no_mean_and_are_counted():
    found = grouped({"learning_rate": ["a"] * 5 + ["b"]}, [1.0, math.nan, math.inf, None, 3.0, None])
    first, last = found.groups
    assert (first.mean, len(first.rows), first.not_finite, first.missing) == (2.0, 2, 2, 1)
    assert (last.rank, len(last.rows), math.isnan(last.mean)) == (0, 0, True)
    assert found.unranked == 4


def test_fewer_than_four_runs_are_too_few_to_tell():
    found = grouped({"learning_rate": ["a"] * 3 + ["b"] * 4}, [1.0] * 7)
    assert {group.values[0]: group.too_few for group in found.groups} == {"a": True, "b": False}
    assert "1 with fewer than 4 runs: too few to tell" in describe_groups(found, "auc")


def test_equal_means_share_a_rank():
    found = grouped({"learning_rate": ["a", "b", "c"]}, [1.0, 1.0, 0.5])
    assert [group.rank for group in found.groups] == [1, 1, 3]


def test_several_keys_group_together():
    found = grouped({"learning_rate": ["a", "a", "b"], "width": ["1", "2", "1"]}, [1.0, 2.0, 3.0])
    assert [group.values for group in found.groups] == [("b", "1"), ("a", "2"), ("a", "1")]


def test_what_is_offered_varies_and_is_not_unique_to_every_run():
    table = run_table(
        4,
        params={
            "varies": ["a", "a", "b", "b"],
            "constant": ["x"] * 4,
            "same number": ["0.1", "0.10", "1e-1", "0.1"],
            "id": ["1", "2", "3", "4"],
            "some": ["x", "x", None, None],
            "one": ["x", None, None, None],
            "seed": ["1", "1", "2", "2"],
        },
        tags={
            "team": ["red", "red", "blue", None],
            "mlflow.user": ["a", "a", "b", "b"],
            "mlreview.state": ["a", "a", "b", "b"],
        },
    )
    assert [str(key) for key in groupable(table.params, table.tags)] == ["params.some", "params.varies", "tags.team"]


@given(
    st.lists(
        st.none()
        | st.text(max_size=8)
        | st.sampled_from(["0.1", "1e-1", 'a"b', "\\", "a*", "-x", "`", "x in y", "a and b"]),
        min_size=1,
    ),
    st.sampled_from(["lr", "a key: with/all.of-it", "learning rate"]),
)
def test_a_group_has_a_search_that_finds_just_its_runs(values: list[str | None], key: str):
    table = run_table(len(values), params={key: values})
    ones = np.ones(len(values))
    found = group_runs([Key("param", key)], [table.params[key]], ones, ones.astype(bool), "max")
    for group in found.groups:
        term = term_for("param", key, group.values[0])
        if term is not None:
            rows = find(term, Corpus(table, Texts(table))).rows
            assert sorted(group.rows) == np.flatnonzero(rows).tolist(), term


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "0.1", "0.10", "", None]), st.none() | st.floats(width=32)), max_size=30
    )
)
def test_every_run_is_in_one_group_and_every_number_is_a_point(runs: list[tuple[str | None, float | None]]):
    found = grouped({"x": [key for key, _ in runs]}, [value for _, value in runs])
    counted = sum(len(group.rows) + group.not_finite + group.missing for group in found.groups)
    assert counted == len(runs)
    points = sorted(point for group in found.groups for point in group.points)
    assert points == sorted(value for _, value in runs if value is not None and math.isfinite(value))
    means = [group.mean for group in found.groups if group.rank]
    assert means == sorted(means, reverse=True)
