"""Metrics that go by several names are one row of a comparison, and each substituted name is said."""

import csv
import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlreview.analysis.aliases import Aliases, read_aliases
from mlreview.analysis.diff import Recorded
from mlreview.analysis.diff_aliases import one_name_each, said
from mlreview.analysis.diff_export import diff_csv, diff_markdown
from mlreview.analysis.diff_report import Compared, diff_report, see_for_team
from mlreview.entities import RunTable
from mlreview.ui.compare_cells import Sight, table
from tests.tables import run_table

ALIASES = read_aliases({"val_acc": ("val_accuracy_score", "val_binary_accuracy")})
OTHER = "val_accuracy_score"


def compared(runs: RunTable, metric: str | None = None, aliases: Aliases | None = ALIASES) -> Compared:
    return see_for_team(Recorded(runs), None, [], metric=metric, aliases=aliases)


def test_runs_of_two_frameworks_share_one_row_with_deltas_and_the_name_is_said_everywhere():
    seen = compared(run_table(3, {"val_acc": [0.9, None, 0.8], OTHER: [None, 0.85, None]}))
    row = next(iter(seen.comparison["metrics"].rows))
    assert (row.key, row.values) == ("val_acc", (0.9, 0.85, 0.8))
    assert len(seen.comparison["metrics"].rows) == 1
    assert seen.metrics["val_acc"].deltas[1] == float(np.float64(0.85) - 0.9)
    report = diff_report(seen)["sections"]["metrics"][0]
    assert report["logged_as"] == [None, OTHER, None]
    made = table(seen, Sight(), [{"id": run_id} for run_id in seen.recorded.runs.run_ids])
    drawn = next(section for section in made["sections"] if section["name"] == "metrics")["rows"][0]
    assert f"{OTHER} in 1 of 3 runs" in drawn["hint"]
    assert f"logged as {OTHER}" in drawn["cells"][1]["title"]
    assert "logged as" not in drawn["cells"][0]["title"]
    assert f"val_acc ({OTHER} in 1 of 3 runs)" in [line[1] for line in csv.reader(io.StringIO(diff_csv(seen)))]
    assert "in 1 of 3 runs" in diff_markdown(seen)


def test_the_name_that_ranks_stands_even_where_no_run_logged_it():
    seen = compared(run_table(2, {OTHER: [0.9, None], "val_binary_accuracy": [None, 0.8]}), metric="val_acc")
    assert seen.ranking is not None
    assert seen.ranking.metric == "val_acc"
    assert [row.values for row in seen.comparison["metrics"].rows] == [(0.9, 0.8)]
    assert seen.other_names("val_acc") == f"{OTHER} in 1 of 2 runs, val_binary_accuracy in 1 of 2 runs"


def test_without_aliases_each_name_has_its_row():
    runs = run_table(2, {"val_acc": [0.9, None], OTHER: [None, 0.85]})
    assert [row.key for row in compared(runs, aliases=None).comparison["metrics"].rows] == ["val_acc", OTHER]
    assert said(()) == ""


@given(st.lists(st.tuples(*[st.one_of(st.none(), st.floats(width=16))] * 3), min_size=1, max_size=5))
def test_no_value_is_lost_or_told_twice(rows: list):
    keys = ("val_acc", OTHER, "val_binary_accuracy")
    runs = run_table(len(rows), {key: [row[at] for row in rows] for at, key in enumerate(keys)})
    merged, logged_as = one_name_each(runs, ALIASES, "val_acc")
    for at, row in enumerate(rows):
        told = [repr(float(column.values[at])) for column in merged.metrics.values() if bool(column.present[at])]
        assert sorted(told) == sorted(repr(float(value)) for value in row if value is not None)
        names = logged_as.get("val_acc", (None,) * len(rows))
        first = next((key for key, value in zip(keys, row, strict=True) if value is not None), None)
        assert names[at] == (first if first != "val_acc" else None)
    assert {key: column.present.tolist() for key, column in runs.metrics.items()} == {
        key: [row[at] is not None for row in rows] for at, key in enumerate(keys)
    }  # the table that was given is not changed
