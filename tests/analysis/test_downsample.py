import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mlreview.analysis.downsample import thin

histories = arrays(
    np.float64,
    st.integers(0, 400),
    elements=st.one_of(st.floats(-10, 10), st.sampled_from([np.nan, np.inf, -np.inf, 1e300, 0.0, -0.0])),
)
targets = st.integers(4, 120)


@given(histories, targets)
def test_extremes_survive_at_their_place(values: np.ndarray, target: int):
    kept = thin(values, target)
    numbers = np.flatnonzero(np.isfinite(values))
    if len(numbers):
        assert numbers[values[numbers].argmin()] in kept
        assert numbers[values[numbers].argmax()] in kept


@given(histories, targets)
def test_the_first_and_the_last_point_are_always_there(values: np.ndarray, target: int):
    kept = thin(values, target)
    if len(values):
        assert kept[0] == 0
        assert kept[-1] == len(values) - 1


@given(histories, targets)
def test_every_kind_of_no_number_survives_from_its_first_occurrence_on(values: np.ndarray, target: int):
    kept = thin(values, target)
    for odd in (np.isnan(values), values == np.inf, values == -np.inf):
        assert not odd.any() or np.flatnonzero(odd)[0] in kept


@given(histories, targets)
def test_kept_points_are_in_order_and_each_once_and_few(values: np.ndarray, target: int):
    kept = thin(values, target)
    assert (np.diff(kept) > 0).all()
    assert len(kept) <= (target if np.isfinite(values).all() else 2.5 * target)


@given(histories, targets)
def test_a_short_history_stays_whole(values: np.ndarray, target: int):
    if len(values) <= target:
        assert np.array_equal(thin(values, target), np.arange(len(values)))


@given(st.integers(5, 3000), st.integers(4, 200), st.data())
def test_each_bucket_keeps_the_range_of_its_numbers(size: int, target: int, data: st.DataObject):
    values = np.random.default_rng(size).standard_normal(size)
    kept = thin(values, target)
    start = data.draw(st.integers(0, size - 1))
    width = -(-size // ((target - 2) // 2))
    part = values[start : start + 2 * width]  # any window of two widths holds a whole bucket
    drawn = values[kept[(kept >= start) & (kept < start + 2 * width)]]
    assert len(drawn)
    assert drawn.min() >= part.min()
    assert drawn.max() <= part.max()


def test_a_single_spike_among_a_hundred_thousand_points_is_drawn():
    values = np.zeros(100_000)
    values[54_321] = 1.0
    assert 54_321 in thin(values, 1000)


def test_a_target_that_can_hold_no_bucket_is_refused():
    with pytest.raises(ValueError, match="4"):
        thin(np.zeros(10), 3)
