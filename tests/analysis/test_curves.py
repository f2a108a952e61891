import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlreview.analysis.curves import Shape, make_band, make_line, points_a_line, robust_range
from mlreview.entities import Curve

NAN, INF = float("nan"), float("inf")


def curve(values: list[float], run_id: str = "a", steps: list[int] | None = None, start_ms: int = 1_000_000) -> Curve:
    at = np.arange(len(values)) if steps is None else np.array(steps)
    return Curve(
        run_id, "val_loss", at.astype(np.int64), start_ms + 1000 * at.astype(np.int64), np.array(values, float)
    )


def test_a_short_history_is_drawn_whole_with_its_best_point():
    line = make_line(curve([3.0, 1.0, 2.0]), "validation", Shape(), "min", None)
    assert line.x.tolist() == [0, 1, 2]
    assert line.y.tolist() == [3, 1, 2]
    assert (line.best.x, line.best.y, line.best.step) == (1, 1, 1)
    assert line.total == line.drawn == 3


def test_best_follows_the_direction_and_is_never_a_nan_or_an_infinity():
    line = make_line(curve([0.1, INF, 0.3, NAN]), "validation", Shape(), "max", None)
    assert line.best.y == 0.3


def test_a_hundred_thousand_points_become_a_thousand_with_the_spike_and_the_last_one():
    values = np.sin(np.arange(100_000) / 5000)
    values[70_001] = 9.0
    line = make_line(curve(values.tolist()), "train", Shape(), "min", None)
    assert line.total == 100_000
    assert line.drawn <= 1000
    assert line.y.max() == 9.0
    assert line.x[-1] == 99_999


def test_a_range_is_drawn_again_from_all_points_in_it():
    values = np.random.default_rng(0).standard_normal(100_000)
    line = make_line(curve(values.tolist()), "train", Shape(start=500, end=1000), "min", None)
    assert line.total == line.drawn == 501
    assert line.y.tolist() == values[500:1001].tolist()


def test_a_range_without_points_is_no_line():
    assert make_line(curve([1.0, 2.0]), "train", Shape(start=5), "min", None) is None


def test_a_range_shows_the_same_smoothed_line_as_the_whole():
    values = np.random.default_rng(0).standard_normal(300).tolist()
    whole = make_line(curve(values), "train", Shape(smoothing=0.9), "min", None)
    part = make_line(curve(values), "train", Shape(smoothing=0.9, start=100), "min", None)
    assert part.y.tolist() == whole.y[100:].tolist()


def test_a_smoothed_line_keeps_what_was_logged_behind_it_and_its_best_is_a_logged_one():
    values = [5.0, 1.0, 5.0, 5.0]
    line = make_line(curve(values), "validation", Shape(smoothing=0.5), "min", None)
    assert line.ghost_y.tolist() == values
    assert line.y.tolist() != values
    assert line.best.y == 1.0
    assert not len(make_line(curve(values), "validation", Shape(), "min", None).ghost_x)


@pytest.mark.parametrize(("began", "first"), [(990_000, 10.0), (None, 0.0), (2_000_000, 0.0)])
def test_time_since_start_counts_from_the_run_or_from_the_first_point(began, first):
    line = make_line(curve([1.0, 2.0]), "train", Shape(axis="elapsed"), "min", began)
    assert line.x.tolist() == [first, first + 1]


def test_wall_clock_orders_points_by_time():
    resumed = Curve("a", "loss", np.array([0, 1, 2]), np.array([5, 9, 7]), np.array([1.0, 2.0, 3.0]))
    line = make_line(resumed, "train", Shape(axis="clock"), "min", None)
    assert line.x.tolist() == [5, 7, 9]
    assert line.steps.tolist() == [0, 2, 1]


def test_where_numbers_end_is_marked_at_the_last_one_before():
    line = make_line(curve([1.0, 2.0, NAN, NAN, 3.0, INF]), "train", Shape(), "min", None)
    marks = [(mark.x, mark.y, mark.step, value) for mark, value in line.lost]
    assert [mark[:3] for mark in marks] == [(2, 2, 2), (5, 3, 5)]
    assert np.isnan(marks[0][3])
    assert marks[1][3] == INF


def test_a_history_without_any_number_has_no_best_point_and_no_marks():
    line = make_line(curve([NAN, NAN]), "train", Shape(), "min", None)
    assert line.best is None
    assert line.lost == ()


def test_a_band_is_the_mean_and_goes_from_the_lowest_to_the_highest_run():
    band = make_band("g", [curve([1.0, 2.0], "a"), curve([3.0, 6.0], "b")], "train", Shape(), {})
    assert band.mean.tolist() == [2, 4]
    assert band.low.tolist() == [1, 2]
    assert band.high.tolist() == [3, 6]
    assert band.run_ids == ("a", "b")


def test_a_run_counts_between_its_points_and_not_beyond_its_last():
    sparse = curve([0.0, 4.0], "a", steps=[0, 4])
    band = make_band("g", [sparse, curve([1.0] * 7, "b")], "train", Shape(), {})
    assert band.x.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert band.mean.tolist() == [0.5, 1.0, 1.5, 2.0, 2.5, 1.0, 1.0]


def test_a_band_ends_where_most_of_its_runs_have_ended():
    histories = [curve([1.0] * 4, "a"), curve([1.0] * 4, "b"), curve([9.0] * 10, "c")]
    assert make_band("g", histories, "train", Shape(), {}).x.tolist() == [0, 1, 2, 3]


def test_nan_is_left_out_of_a_band():
    band = make_band("g", [curve([1.0, NAN, 3.0], "a"), curve([NAN, NAN, NAN], "b")], "train", Shape(), {})
    assert band.mean.tolist() == [1, 3]


def test_a_band_of_long_histories_has_few_points():
    long = np.random.default_rng(0).standard_normal(50_000).tolist()
    assert len(make_band("g", [curve(long, "a"), curve(long, "b")], "train", Shape(), {}).x) <= 400


def test_an_axis_is_not_stretched_by_a_run_that_diverged():
    calm = [np.linspace(0.7, 0.3, 40) for _ in range(4)]
    found, outside = robust_range([*calm, np.array([0.7, 3.0, 1e12, 1e24])])
    assert found == (pytest.approx(0.3), pytest.approx(0.7))
    assert outside == 3


def test_an_axis_is_not_stretched_by_a_single_spike():
    spiky = np.linspace(0.7, 0.3, 400)
    spiky[200] = 50.0
    found, outside = robust_range([spiky])
    assert found == (0.3, 0.7)
    assert outside == 1


@given(st.integers(8, 200), st.floats(0.5, 20))
def test_an_ordinary_descent_is_shown_whole(points: int, scale: float):
    descent = scale * np.exp(-np.arange(points) / points * 5)
    assert robust_range([descent, 1.2 * descent]) == (None, 0)


def test_two_runs_of_different_heights_are_shown_whole_with_their_training_curves():
    # Seen on the demo: an overfit run whose AUROC hardly moves made the other's whole descent "far off".
    at = np.arange(40)
    flat, steep = 0.925 - 0.0006 * at, 0.92 - 0.37 * np.exp(-at / 6)
    parts = [0.99 + 0.0002 * at, flat, 0.965 - 0.4 * np.exp(-at / 5), steep]
    assert robust_range(parts) == (None, 0)


@pytest.mark.parametrize("diverged", [1, 2, 3])
def test_a_diverged_run_is_cut_with_its_training_curve_whichever_way_it_went(diverged: int):
    calm = [np.linspace(0.7, 0.3 + at / 100, 60) for at in range(4)]
    off = [np.geomspace(0.7, 1e12 * (at + 1), 60) for at in range(diverged)]
    for sign in (1, -1):
        found, outside = robust_range([sign * part for part in [*calm, *off]])
        assert found is not None
        assert max(map(abs, found)) < 2
        assert outside > 0


def test_lines_get_fewer_points_the_more_they_are_but_never_too_few():
    assert points_a_line(1) == points_a_line(20) == 1000
    assert points_a_line(200) == 200
    assert points_a_line(10_000) == 80
