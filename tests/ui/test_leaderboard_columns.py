"""Names of columns in an address."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlreview.analysis.groups import Group
from mlreview.analysis.leaderboard import Ranking
from mlreview.ui.leaderboard_columns import (
    DEFAULT,
    MORE,
    NAME,
    RUN,
    TREND,
    VALUE,
    column_at,
    frame_of,
    metric_column,
    names_in_sight,
    param_column,
    tag_column,
)
from mlreview.ui.leaderboard_differs import DIFFERS
from mlreview.ui.leaderboard_groups import _greyed, mean_heading
from tests.tables import metric_column as logged
from tests.tables import run_table


def test_every_column_is_found_by_its_address():
    for column in (*DEFAULT, *MORE):
        assert column_at(column.address) is column


@given(st.text(min_size=1, max_size=250).filter(lambda key: key.isprintable()))
def test_any_key_survives_an_address_that_is_split_at_commas(key: str):
    for make in (param_column, metric_column, tag_column):
        address = make(key).address
        assert "," not in address
        found = column_at(address)
        assert found is not None
        assert found.name == make(key).name


def test_an_address_that_means_no_column_is_none():
    assert [column_at(address) for address in ("", "nonsense", "param:", "evil:x", ":")] == [None] * 5


def test_the_curve_of_a_run_is_there_once_it_was_read_and_has_two_points():
    trainings = {"a": SimpleNamespace(trend=(0.5, 0.7)), "b": SimpleNamespace(trend=())}
    part: Any = SimpleNamespace(
        shown=SimpleNamespace(trainings=trainings), runs=SimpleNamespace(run_ids=["b", "a", "c"])
    )
    assert TREND.values(part) == [None, [0.5, 0.7], None]


LONG = "a-name-of-three-hundred-characters-" * 8 + "and-then-"


def _ranking(metric: str, direction: Any = "max", rows: int = 0, ranks: list[int] | None = None) -> Ranking:
    some = np.arange(rows)
    places = some + 1 if ranks is None else np.array(ranks)
    return Ranking(metric, direction, "last", some, places, np.linspace(0.9, 0.5, rows), some, rows, 0, 0)


@pytest.mark.parametrize(("direction", "arrow"), [("max", "↑"), ("min", "↓")])
@pytest.mark.parametrize("metric", ["val_auc", "validation/weighted_mean_average_precision_at_ten"])
def test_the_arrow_behind_a_long_metrics_name_stays_in_sight(metric: str, direction: Any, arrow: str):
    part: Any = SimpleNamespace(ranked=True, ranking=_ranking(metric, direction))
    value, mean = VALUE.config(part, np.array([0.5]))["label"], mean_heading(_ranking(metric, direction))
    # As many characters as stand in columns of 92 and 150 px.
    assert (value[-2:], len(value) <= 12) == (f" {arrow}", True)
    assert (mean[-2:], len(mean) <= 19) == (f" {arrow}", True)
    assert all(heading.removeprefix("Mean ").startswith(metric[:7]) for heading in (value, mean))


def test_groups_of_too_few_runs_are_grey_and_others_are_not():
    def group(runs: int) -> Group:
        return Group(("a",), 1, np.arange(runs), np.ones(runs), 1.0, 0.0, 0, 0)

    frame = pd.DataFrame({"Mean": [0.9, 0.8, 0.7], "Runs": [4, 3, 0]})
    styles = _greyed(frame, [group(4), group(3), group(0)])._compute().ctx
    assert {row for (row, _), style in styles.items() if style} == {1, 2}
    assert {column for (row, column), style in styles.items() if style} == {0, 1}
    assert _greyed(frame, [group(4), group(5), group(6)]) is frame


def test_names_of_three_hundred_characters_are_kept_whole_and_told_apart_in_sight():
    names = [f"{LONG}{at}" for at in range(3)] + ["short", None]
    part: Any = SimpleNamespace(runs=run_table(5, names=names), ranked=True)
    whole = RUN.values(part)
    assert whole == [*names[:4], "run-4"]
    assert NAME.values(part) == whole
    assert names_in_sight(whole) == [*(f"a-name-of-…{at}" for at in range(3)), "short", "run-4"]


def test_a_metric_that_is_nan_reads_so_and_one_that_was_never_logged_does_not():
    column, rows = metric_column("other"), [0, 1, 2, 3]
    table = run_table(4, metrics={"other": logged([0.25, math.nan, None, math.inf])})
    part: Any = SimpleNamespace(shown=SimpleNamespace(table=table), ranking=SimpleNamespace(rows=rows))
    values = column.values(part)
    assert (values[0], math.isnan(values[1]), values[2:]) == (0.25, True, [None, math.inf])
    frame, config = frame_of(part, [column])
    drawn = [None if value != value else value for value in frame[column.name].tolist()]  # pandas has NaN for None
    assert drawn == ["0.250", "NaN", None, "∞"]
    assert config[column.name]["type_config"]["type"] == "text"


def test_infinity_is_named_among_numbers():
    column = metric_column("other")
    table = run_table(2, metrics={"other": logged([0.25, math.inf])})
    part: Any = SimpleNamespace(shown=SimpleNamespace(table=table), ranking=SimpleNamespace(rows=[0, 1]))
    frame, config = frame_of(part, [column])
    assert config[column.name]["type_config"]["type"] == "number"
    assert column.texts(part, frame[column.name]) == ["0.250", "∞"]


def test_of_the_runs_that_a_search_found_the_first_is_the_leader_only_if_it_leads():
    runs = run_table(2, params={"width": ["8", "32"]})

    class Part(SimpleNamespace):
        def __len__(self) -> int:
            return 2

    def said(ranks: list[int], baseline: Any = None) -> list[str | None]:
        ranking = _ranking("auc", rows=2, ranks=ranks)
        shown = SimpleNamespace(reference=runs.take([0]), varying=("width",), ranking=ranking, baseline=baseline)
        return DIFFERS.values(Part(shown=shown, runs=runs))  # type: ignore[arg-type]

    assert said([1, 2]) == ["the leader", "width 32"]
    assert said([2, 5]) == ["the first of these", "width 32"]
    pinned = SimpleNamespace(choice=SimpleNamespace(run_id="run-0"))
    assert said([2, 5], pinned) == ["the baseline", "width 32"]
