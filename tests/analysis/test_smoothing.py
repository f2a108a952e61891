import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mlreview.analysis.smoothing import debiased_ema

histories = arrays(
    np.float64,
    st.integers(0, 700),
    elements=st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf, -np.inf])),
)
weights = st.floats(0.01, 0.999)


def one_by_one(values: np.ndarray, weight: float) -> list[float]:
    """The definition, point by point."""
    state, count, smoothed = 0.0, 0, []
    for value in values.tolist():
        if not np.isfinite(value):
            smoothed.append(value)
            continue
        state, count = weight * state + (1 - weight) * value, count + 1
        smoothed.append(state / (1 - weight**count))
    return smoothed


@given(histories, weights)
def test_it_is_the_average_of_the_definition(values: np.ndarray, weight: float):
    np.testing.assert_allclose(debiased_ema(values, weight), one_by_one(values, weight), rtol=1e-7, atol=1e-6)


@given(histories, weights)
def test_the_first_number_stays_what_it_is_and_no_number_stays_none(values: np.ndarray, weight: float):
    smoothed = debiased_ema(values, weight)
    assert np.array_equal(np.isfinite(smoothed), np.isfinite(values))
    numbers = np.flatnonzero(np.isfinite(values))
    if len(numbers):
        assert smoothed[numbers[0]] == pytest.approx(values[numbers[0]])


def test_no_weight_changes_nothing_and_the_values_given_are_not_changed():
    values = np.array([1.0, 5.0, np.nan])
    assert np.array_equal(debiased_ema(values, 0.0), values, equal_nan=True)
    debiased_ema(values, 0.9)
    assert values.tolist()[:2] == [1.0, 5.0]


def test_it_equals_pandas_weights():
    pandas = pytest.importorskip("pandas")
    values = np.random.default_rng(1).standard_normal(1000)
    expected = pandas.Series(values).ewm(alpha=1 - 0.6, adjust=True).mean().to_numpy()
    np.testing.assert_allclose(debiased_ema(values, 0.6), expected)


@pytest.mark.parametrize("weight", [-0.1, 1.0, 2.0])
def test_a_weight_out_of_range_is_refused(weight: float):
    with pytest.raises(ValueError, match="weight"):
        debiased_ema(np.zeros(3), weight)
