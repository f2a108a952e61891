import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlreview.analysis.leaderboard import (
    RankingChoice,
    choose_ranking,
    describe_coverage,
    extremes_of_rows,
    generalization_gap,
    guess_ranking,
    rank,
)
from mlreview.analysis.team import TeamChoice
from mlreview.entities import MetricExtremes
from tests.tables import metric_column, run_table

NAN, INF = float("nan"), float("inf")


def keras_like(rows: int = 3):
    """What Keras autolog leaves: training and validation curves, and a one-time evaluation at step 0."""
    values = [0.9 - 0.1 * i for i in range(rows)]
    return {
        "loss": metric_column(values),
        "AUROC": metric_column(values),
        "val_loss": metric_column(values),
        "val_binary_accuracy": metric_column(values),
        "val_AUROC": metric_column(values),
        "validation_loss": metric_column(values, steps=0),
        "validation_AUROC": metric_column(values, steps=0),
    }


def test_the_guess_is_the_validation_ranking_metric_of_keras_runs():
    choice = guess_ranking(run_table(3, keras_like()))
    assert choice is not None
    assert (choice.metric, choice.direction, choice.guessed) == ("val_AUROC", "max", True)
    assert choice.reason == "a validation metric that every run has"


def test_accuracy_is_guessed_before_loss_and_loss_is_ranked_lowest_first():
    metrics = keras_like()
    del metrics["val_AUROC"], metrics["validation_AUROC"]
    assert guess_ranking(run_table(3, metrics)).metric == "val_binary_accuracy"
    del metrics["val_binary_accuracy"]
    choice = guess_ranking(run_table(3, metrics))
    assert (choice.metric, choice.direction) == ("val_loss", "min")


def test_the_step_0_validation_metrics_of_autolog_are_never_guessed():
    metrics = {key: column for key, column in keras_like().items() if not key.startswith("val_")}
    metrics["val_loss"] = metric_column([None, None, 0.5])
    metrics["validation_loss"] = metric_column([0.1, 0.1, 0.1], steps=0)
    assert guess_ranking(run_table(3, metrics)).metric != "validation_loss"


@pytest.mark.parametrize("metrics", [["loss", "AUROC"], ["train_AUROC"], ["training_score", "training_loss"], []])
def test_a_training_metric_is_never_guessed(metrics):
    table = run_table(2, {key: metric_column([0.1, 0.2]) for key in metrics})
    assert guess_ranking(table) is None
    assert choose_ranking(table) is None


def test_a_metric_most_runs_have_is_guessed_before_a_rare_one_of_a_better_kind():
    metrics = {"val_auc": [0.9, None, None, None, None], "val_accuracy": [0.8] * 5}
    assert guess_ranking(run_table(5, metrics)).metric == "val_accuracy"


def test_validation_is_guessed_before_test():
    assert guess_ranking(run_table(2, {"test_AUROC": [0.1, 0.2], "val_loss": [0.1, 0.2]})).metric == "val_loss"


def test_an_unprefixed_metric_logged_once_is_guessed_when_there_is_nothing_better():
    table = run_table(2, {"f1": metric_column([0.1, 0.2], steps=0)})
    assert guess_ranking(table).metric == "f1"


def test_a_chosen_metric_takes_its_direction_from_its_name_and_is_no_guess():
    choice = choose_ranking(run_table(3, keras_like()), metric="val_loss")
    assert (choice.direction, choice.source) == ("min", "own")


def test_the_teams_choice_comes_before_the_guess_and_the_viewers_before_the_teams():
    table, team = run_table(3, keras_like()), TeamChoice("val_loss", "min")
    assert choose_ranking(table, team=team) == RankingChoice("val_loss", "min", "team")
    assert choose_ranking(table, "val_AUROC", team=team) == RankingChoice("val_AUROC", "max", "own")
    assert choose_ranking(table, direction="max", team=team) == RankingChoice("val_loss", "max", "own")


def test_choosing_what_the_team_has_chosen_is_the_teams_choice():
    table, team = run_table(3, keras_like()), TeamChoice("score", "min")
    assert choose_ranking(table, "score", team=team) == RankingChoice("score", "min", "team")
    assert choose_ranking(table, "score", "min", team=team) == RankingChoice("score", "min", "team")


def test_a_team_that_named_no_direction_takes_that_of_the_name():
    assert choose_ranking(run_table(1), team=TeamChoice("val_loss")) == RankingChoice("val_loss", "min", "team")


def test_a_direction_that_nobody_named_is_said_to_be_assumed():
    table = run_table(2, {"val_score_x": [0.1, 0.2], "foo": [0.1, 0.2]})
    assert not choose_ranking(table, "foo").direction_known
    assert choose_ranking(table, "foo", "min").direction_known
    assert choose_ranking(table, team=TeamChoice("foo", "min")).direction_known
    assert choose_ranking(table, "val_loss").direction_known


def test_extremes_of_some_runs_leave_the_others_without_a_value():
    part = MetricExtremes(
        ("run-2",), "m", np.array([0.1]), np.array([4]), np.array([0.9]), np.array([7]), np.array([8])
    )
    full = extremes_of_rows(part, 3, np.array([2]))
    assert full.count.tolist() == [0, 0, 8]
    ranking = rank(run_table(3, {"m": [None, None, 0.5]}), "m", "max", "best", full)
    assert (ranking.rows[0], ranking.values[0], ranking.steps[0]) == (2, 0.9, 7)
    assert ranking.missing == 2


def test_a_chosen_direction_holds_even_with_a_guessed_metric():
    choice = choose_ranking(run_table(3, keras_like()), direction="min")
    assert (choice.metric, choice.direction) == ("val_AUROC", "min")
    assert choice.guessed


def test_ties_share_a_rank_and_the_next_rank_counts_them():
    ranking = rank(run_table(4, {"m": [0.5, 0.9, 0.7, 0.9]}), "m", "max")
    assert ranking.ranks.tolist() == [1, 1, 3, 4]
    assert ranking.rows.tolist() == [1, 3, 2, 0]


def test_lower_is_better_for_min():
    assert rank(run_table(3, {"m": [0.5, 0.9, 0.1]}), "m", "min").rows.tolist() == [2, 0, 1]


@pytest.mark.parametrize("direction", ["max", "min"])
def test_nan_and_infinities_are_never_best_and_missing_comes_last(direction):
    table = run_table(6, {"m": [NAN, None, INF, 0.5, -INF, 0.4]})
    ranking = rank(table, "m", direction)
    assert set(ranking.rows[:2].tolist()) == {3, 5}
    assert ranking.rows[2:].tolist() == [0, 2, 4, 1]
    assert ranking.ranks[2:].tolist() == [0, 0, 0, 0]
    assert (ranking.ranked, ranking.not_finite, ranking.missing) == (2, 3, 1)


def test_a_metric_nobody_has_ranks_nobody():
    ranking = rank(run_table(2, {"m": [1.0, 2.0]}), "other", "max")
    assert (ranking.ranked, ranking.missing) == (0, 2)


def test_an_empty_table_ranks():
    ranking = rank(run_table(0), "m", "max")
    assert len(ranking.rows) == 0


@pytest.mark.parametrize(
    ("by", "direction", "order"), [("best", "max", [1, 0]), ("best", "min", [0, 1]), ("min", "max", [1, 0])]
)
def test_ranking_by_extremes_uses_them(by, direction, order):
    extremes = MetricExtremes(
        ("run-0", "run-1"),
        "m",
        minimum=np.array([0.1, 0.2]),
        minimum_step=np.array([1, 2]),
        maximum=np.array([0.8, 0.9]),
        maximum_step=np.array([3, 4]),
        count=np.array([5, 5]),
    )
    ranking = rank(run_table(2, {"m": [0.5, 0.5]}), "m", direction, by, extremes)
    assert ranking.rows.tolist() == order


def test_ranking_by_extremes_without_them_is_refused():
    with pytest.raises(ValueError, match="extremes"):
        rank(run_table(2, {"m": [0.5, 0.5]}), "m", "max", "best")


@given(
    st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True), max_size=30), st.sampled_from(["max", "min"])
)
def test_every_run_is_ranked_once_and_a_better_value_never_stands_below_a_worse_one(values, direction):
    ranking = rank(run_table(len(values), {"m": values}), "m", direction)
    assert sorted(ranking.rows.tolist()) == list(range(len(values)))
    finite = ranking.values[: ranking.ranked]
    assert np.isfinite(finite).all()
    assert (np.diff(finite) <= 0).all() if direction == "max" else (np.diff(finite) >= 0).all()
    for position, value in enumerate(finite):
        better = (finite > value).sum() if direction == "max" else (finite < value).sum()
        assert ranking.ranks[position] == better + 1


def test_the_gap_is_how_much_better_training_is_in_either_direction():
    table = run_table(2, {"AUROC": [0.95, 0.9], "val_AUROC": [0.9, None], "loss": [0.2, 0.2], "val_loss": [0.3, NAN]})
    assert generalization_gap(table, "val_AUROC", "max")[0] == pytest.approx(0.05)
    assert np.isnan(generalization_gap(table, "val_AUROC", "max")[1])
    assert generalization_gap(table, "val_loss", "min")[0] == pytest.approx(0.1)
    assert np.isnan(generalization_gap(table, "loss", "min")).all()


def test_coverage_names_every_denominator():
    ranking = rank(run_table(4, {"m": [0.5, NAN, None, None]}), "m", "max")
    assert describe_coverage(ranking, total=4, shown=4) == "4 runs; 2 without m; 1 NaN or infinite"
    growing = describe_coverage(ranking, total=4, shown=4, complete=False)
    assert growing.startswith("4 runs; the newest ones: more are being read; ")
    assert describe_coverage(ranking, total=9, shown=2).startswith("2 of 9 runs; ranked among the 4 read so far; ")
