import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mlreview.analysis.association import MIN_RUNS, associate
from tests.tables import text_column

RNG = np.random.default_rng(7)


def column(values) -> np.ndarray:
    return text_column([str(value) for value in values])


def test_the_param_that_the_metric_follows_comes_first_and_noise_gets_next_to_nothing():
    rate, noise = RNG.choice([0.1, 0.01, 0.001], 80), RNG.choice([8, 16, 32], 80)
    found = associate({"rate": column(rate), "noise": column(noise)}, -np.abs(np.log10(rate) + 2), ("noise", "rate"))
    assert found.n == 80
    assert [key for key, _ in found.importance] == ["rate", "noise"]
    assert found.importance[0][1] > 0.5 > 0.05 > found.importance[1][1]
    assert found.fit > 0.8


def test_a_best_value_in_the_middle_is_seen():
    width = RNG.integers(1, 200, 100)
    found = associate({"width": column(width)}, -np.abs(width - 100.0), ("width",))
    assert found.fit > 0.5


def test_a_metric_that_no_param_predicts_has_no_association():
    found = associate({"a": column(RNG.choice(["x", "y"], 60))}, RNG.standard_normal(60), ("a",))
    assert found.importance == ()
    assert "do not predict" in found.remark


def test_too_few_runs_are_too_few_and_nan_does_not_count():
    values = np.arange(30.0)
    values[MIN_RUNS - 1 :] = math.nan
    found = associate({"a": column(range(30))}, values, ("a",))
    assert (found.n, found.importance) == (MIN_RUNS - 1, ())
    assert "too few" in found.remark


def test_a_value_of_its_own_in_every_run_is_no_feature():
    found = associate({"path": column([f"/runs/{'ab'[at % 2]}{at}x" for at in range(40)])}, np.arange(40.0), ("path",))
    assert "no param varies" in found.remark


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_infinite_and_huge_values_and_any_order_are_fine(seed: int):
    rng = np.random.default_rng(seed)
    values = rng.choice([1.0, 2.0, math.inf, -math.inf, math.nan, 1e300], 60)
    found = associate({"a": column(rng.choice(["1", "2", "x"], 60)), "b": text_column([None] * 60)}, values, ("a", "b"))
    assert all(0 <= share < 10 for _, share in found.importance)
    assert found == associate({"a": column(rng.choice(["1"], 60))}, values, ()) or found.n <= 60
