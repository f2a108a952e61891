"""Groups as a table for other programs."""

import csv
import io
import math

import numpy as np
import pytest

from mlreview.analysis.export import to_csv, to_markdown
from mlreview.analysis.find_keys import Key
from mlreview.analysis.group_table import group_table
from mlreview.analysis.groups import Groups, group_runs
from tests.tables import text_column

NAN, INF = math.nan, math.inf


def groups_of(keys: list[Key], columns: list[list[str | None]], values: list[float | None]) -> Groups:
    numbers = np.array([NAN if value is None else value for value in values])
    present = np.array([value is not None for value in values])
    return group_runs(keys, [text_column(column) for column in columns], numbers, present, "max")


FIVE = groups_of(
    [Key("param", "mode")],
    [["a"] * 5 + ["", None, "=1+1", "=1+1"]],
    [0.9, 0.8, 0.7, 0.6, NAN, 0.5, 0.4, INF, None],
)


def test_every_group_is_a_row_with_its_mean_and_what_is_in_no_mean_is_counted_apart():
    headings, rows = group_table(FIVE, "val_auc")
    assert headings == [
        "Rank",
        "mode",
        "Mean val_auc",
        "Standard deviation",
        "Runs",
        "Worst",
        "Best",
        "NaN or infinite",
        "Not logged",
    ]
    first = [1, "a", pytest.approx(0.75), pytest.approx(np.std([0.9, 0.8, 0.7, 0.6], ddof=1)), 4, 0.6, 0.9, 1, 0]
    assert rows[0] == first
    assert rows[1] == [2, "(empty)", 0.5, "too few to tell", 1, 0.5, 0.5, 0, 0]
    assert rows[2] == [3, None, 0.4, "too few to tell", 1, 0.4, 0.4, 0, 0]
    assert rows[3] == [None, "=1+1", None, None, 0, None, None, 1, 1]


def test_no_value_of_a_group_is_a_formula_and_missing_is_not_empty():
    back = list(csv.reader(io.StringIO(to_csv(*group_table(FIVE, "=val")))))
    assert [row[1] for row in back] == ["mode", "a", "(empty)", "", "'=1+1"]
    assert back[-1][2:4] == ["", ""]
    assert back[0][2] == "Mean =val"  # it begins with a word
    lines = to_markdown(*group_table(FIVE, "val|auc")).splitlines()
    assert len(lines) == 6
    assert "| — |" in lines[4]


def test_a_parameter_and_a_tag_of_one_name_stay_apart():
    both = groups_of([Key("param", "team"), Key("tag", "team")], [["a"], ["b"]], [1.0])
    assert group_table(both, "auc")[0][1:3] == ["params.team", "tags.team"]
