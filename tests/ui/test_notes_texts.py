"""What one click puts into a note, made from runs."""

import numpy as np

from mlreview.analysis.leaderboard import choose_ranking
from mlreview.entities import RunTable
from mlreview.notes.links import mentioned_runs
from mlreview.ui.notes_runs import Runs
from mlreview.ui.notes_texts import comparison, metrics_of_run
from tests.tables import run_table, text_column

BEST, OTHER = "a" * 32, "b" * 32


def runs_of(table: RunTable) -> Runs:
    return Runs(table, choose_ranking(table), {run_id: at for at, run_id in enumerate(table.run_ids)})


def two_runs() -> Runs:
    table = run_table(
        2,
        metrics={
            "val_AUROC": [0.9171, 0.9],
            "loss": [0.31, float("nan")],
            "val_loss": [0.25, None],
            "seconds": [None, float("inf")],
        },
        names=["best|of [all]", "other"],
    )
    object.__setattr__(table, "run_ids", text_column([BEST, OTHER]))
    return runs_of(table)


def test_the_metrics_of_a_run_are_a_table_with_what_ranks_first_and_only_what_it_logged():
    rows = metrics_of_run(two_runs(), BEST).splitlines()
    assert rows[0] == "| Metric | Value |"
    assert rows[2:] == ["| `val_AUROC` | 0.9171 |", "| `val_loss` | 0.2500 |", "| `loss` | 0.3100 |"]


def test_a_comparison_has_a_line_a_run_linked_with_what_it_lacks_shown_as_lacking():
    text = comparison(two_runs(), [OTHER, BEST])
    heading, _, other, best = text.splitlines()
    assert heading.startswith("| Run | val\\_AUROC | val\\_loss |")
    assert other == f"| [other](#/experiments/1/runs/{OTHER}) | 0.9000 | — | NaN | ∞ |"
    assert best.startswith(f"| [best\\|of \\[all\\]](#/experiments/1/runs/{BEST}) | 0.9171 | 0.2500 | 0.3100 |")
    assert best.endswith("| — |")
    assert mentioned_runs(text) == (OTHER, BEST)


def test_a_comparison_of_runs_with_many_metrics_takes_the_few_that_a_note_has_room_for():
    table = run_table(1, metrics={f"val_{at}": [float(at)] for at in range(40)} | {"val_AUROC": [0.5]})
    object.__setattr__(table, "run_ids", text_column([BEST]))
    heading = comparison(runs_of(table), [BEST]).splitlines()[0]
    assert heading.count("|") == 8
    assert "val\\_AUROC" in heading
    assert np.isfinite(table.metrics["val_AUROC"].values).all()
