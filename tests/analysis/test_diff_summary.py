"""The first sentences of a comparison: nothing large is swallowed, nothing unsure is called sure."""

import pytest

from mlreview import names
from mlreview.analysis.diff import Recorded
from mlreview.analysis.diff_report import Compared, diff_report, see, see_for_team
from mlreview.analysis.leaderboard import choose_ranking
from mlreview.entities import Dataset, Experiment, ModelVersion
from tests.tables import run_table


def compared(metrics: dict, datasets: bool = True) -> Compared:
    rows = len(next(iter(metrics.values())))
    table = run_table(rows, metrics, {"units": [str(8 + at) for at in range(rows)]})
    data = [
        Dataset(f"run-{at}", "posts", "d1", "http", "{}", profile='{"num_rows": 796}', context="validation")
        for at in range(rows)
    ]
    return see(Recorded(table, data if datasets else []), None, choose_ranking(table), {})


def test_a_loss_that_more_than_doubled_is_told_beside_a_ranking_within_noise():
    summary = compared({"val_AUROC": [0.91, 0.905], "val_loss": [0.386, 0.856]}).summary
    assert summary.effect == "val_AUROC 0.91 → 0.905 (−0.005, −0.5 %), within noise"
    assert summary.beside == "Large changes beside it: val_loss 0.386 → 0.856 (+122 %)"


@pytest.mark.parametrize(
    ("metrics", "told"),
    [
        ({"val_loss": [0.5, 0.58]}, False),  # +16 %
        ({"val_loss": [0.5, 0.61]}, True),  # +22 %
        ({"val_loss": [0.0, 0.01]}, True),  # of nothing there is no percentage
        ({"loss": [0.5, 0.01]}, True),  # it belongs to the fit
        ({"val_accuracy": [0.04, 0.05]}, False),  # +25 %, and within the noise of 796 examples
        ({"val_accuracy": [0.9, 0.6]}, True),
        ({"epochs_run": [10.0, 60.0]}, False),  # neither way of it is better
    ],
)
def test_only_what_is_large_and_no_known_noise_is_told(metrics: dict, told: bool):
    summary = compared({"val_AUROC": [0.91, 0.905], **metrics}).summary
    assert bool(summary.beside) == told
    assert not told or f"Large changes beside it: {next(iter(metrics))} " in summary.beside


def test_of_several_runs_the_one_farthest_off_is_named_held_out_metrics_first_and_the_rest_counted():
    metrics = {
        "val_AUROC": [0.9] * 3,
        "val_loss": [0.4, 0.5, 0.9],
        "loss": [0.4, 0.01, 0.3],
        "val_mae": [1.0, 3.0, 1.0],
    }
    more = {"mae": [1.0, 9.0, 9.0]}
    more = {"val_mae": [1.0, 3.0, 1.0], "mae": [1.0, 9.0, 9.0]}
    assert compared({**metrics, **more}).summary.beside == (
        "Large changes beside it: val_mae 1 → 3 (+200 %) in name-1; val_loss 0.4 → 0.9 (+125 %) in name-2; and 2 more"
    )


def test_counts_tell_better_from_better_with_unknown_noise():
    known = compared({"val_AUROC": [0.5, 0.9, 0.51, 0.1]}).summary.effect
    assert known == "val_AUROC: best is name-1, 0.9 (+0.4, +80.0 %); of 3 others: 1 better, 1 worse, 1 within noise"
    unknown = compared({"val_AUROC": [0.5, 0.9, 0.51, 0.1]}, datasets=False).summary.effect
    assert unknown.endswith("of 3 others: 2 better and 1 worse with noise unknown")
    two = compared({"val_AUROC": [0.5, 0.9]}, datasets=False).summary.effect
    assert two == "val_AUROC 0.5 → 0.9 (+0.4, +80.0 %), better, noise unknown"


# --- why a run is the baseline --------------------------------------------------------------------------------------

PINNED = Experiment("1", "sports", tags={"mlreview.baseline": "run-1"})
PLAIN = Experiment("1", "sports")
CHAMPION = ModelVersion("clf", "3", "run-1", "", "READY", 0, aliases=("champion",))


@pytest.mark.parametrize(
    ("options", "at", "says"),
    [
        ({"baseline": "run-2", "pinned": "run-1"}, 2, "chosen by you"),
        ({"pinned": "run-1"}, 1, "pinned by you, for now"),
        ({"experiments": [PINNED]}, 1, "pinned by the team"),
        ({"versions": [CHAMPION]}, 1, "deployed as champion, v3 of clf"),
        ({"tags": {names.REVIEW_STATE_TAG: [None, "approved", None]}}, 1, "approved last"),
        ({"tags": {"baseline": [None, None, "true"]}}, 2, "tagged baseline"),
        ({}, 0, "the first of these: no run is pinned, deployed, approved or tagged baseline"),
        (
            {"experiments": [Experiment("1", "sports", tags={"mlreview.baseline": "gone"})]},
            0,
            "the first of these: the run pinned by the team is not among them",
        ),
    ],
)
def test_the_baseline_says_why_it_is_the_baseline(options: dict, at: int, says: str):
    table = run_table(3, {"val_AUROC": [0.9, 0.8, 0.7]}, tags=options.pop("tags", {}))
    known = options.pop("experiments", [PLAIN])
    seen = see_for_team(Recorded(table), options.pop("baseline", None), known, options.pop("versions", []), **options)
    assert (seen.baseline, seen.baseline_reason) == (at, says)
    assert diff_report(seen)["baseline_reason"] == says
