import numpy as np
import pytest

from mlreview.analysis.deltas import deltas_from, no_deltas

NAN = float("nan")


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


@pytest.mark.parametrize(("direction", "verdicts"), [("max", ("better", "worse")), ("min", ("worse", "better"))])
def test_the_sign_is_the_metrics_own_and_the_verdict_follows_the_direction(direction, verdicts):
    found = deltas_from(array(0.9, 0.7), 0.8, direction)
    assert found.values.tolist() == pytest.approx([0.1, -0.1])
    assert found.verdicts == verdicts
    assert "unknown" in found.statement


def test_the_margin_is_that_of_a_difference_of_two_independent_values():
    found = deltas_from(array(0.85, 0.80), 0.8, "max", errors=array(0.03, 0.04), baseline_error=0.04, at=1)
    assert found.margins[0] == pytest.approx(1.96 * 0.05, rel=2e-3)
    assert found.margins[1] == pytest.approx(1.96 * 0.04 * 2**0.5, rel=2e-3)


@pytest.mark.parametrize(("difference", "verdict"), [(0.097, "within noise"), (0.099, "better"), (-0.099, "worse")])
def test_a_difference_beyond_the_margin_is_none_of_noise(difference, verdict):
    found = deltas_from(array(0.5 + difference), 0.5, "max", errors=array(0.03), baseline_error=0.04)
    assert found.verdicts == (verdict,)
    assert found.within_noise.tolist() == [verdict == "within noise"]


def test_few_degrees_of_freedom_make_the_margin_students():
    # Student's t, 97.5 %: 3.182 at 3 degrees of freedom, 2.228 at 10.
    for freedom, point in ((3, 3.182), (10, 2.228)):
        found = deltas_from(array(0.9), 0.5, "max", errors=array(0.1), baseline_error=0.1, freedom=freedom)
        assert found.margins[0] == pytest.approx(point * 0.1 * 2**0.5, rel=5e-3)


def test_values_that_are_no_numbers_have_no_delta():
    found = deltas_from(array(NAN, float("inf"), 0.9), 0.8, "max", errors=array(0.1, 0.1, NAN), baseline_error=0.01)
    assert np.isnan(found.values[:2]).all()
    assert found.verdicts == ("unknown", "unknown", "better")


@pytest.mark.parametrize("baseline", [None, NAN, float("inf")])
def test_without_a_baselines_value_there_are_no_deltas(baseline):
    found = deltas_from(array(0.9), baseline, "max")
    assert np.isnan(found.values).all()
    assert (found.verdicts, found.statement) == (("unknown",), "")
    assert len(no_deltas(3).values) == 3


def test_the_baseline_itself_is_neither_better_nor_worse():
    found = deltas_from(array(0.9, 0.8, 0.8), 0.8, "max", at=1)
    assert found.verdicts == ("better", "baseline", "equal")
    assert found.values[1] == 0


def test_a_difference_between_two_sets_of_data_says_nothing_of_the_models():
    found = deltas_from(array(0.9, 0.9, 0.9), 0.5, "max", data=["a", "b", None], baseline_data="a")
    assert found.verdicts == ("better", "other data", "better")
    assert found.within_noise.tolist() == [False, True, False]
    assert found.statement.startswith("2 better than the baseline, 1 not comparable, evaluated on other data")


def test_data_of_the_baseline_that_are_not_recorded_condemn_nobody():
    assert deltas_from(array(0.9), 0.5, "max", data=["a"], baseline_data=None).verdicts == ("better",)


def test_within_noise_keeps_its_promise_for_equal_models():
    """Two models of one quality, measured on 400 examples each: at most 5 % of the differences are called real."""
    rng = np.random.default_rng(3)
    called = 0
    for _ in range(2000):
        seen = rng.binomial(400, 0.8, 2) / 400
        errors = np.sqrt(seen * (1 - seen) / 400)
        found = deltas_from(seen[:1], float(seen[1]), "max", errors=errors[:1], baseline_error=float(errors[1]))
        called += found.verdicts[0] in ("better", "worse")
    assert called / 2000 <= 0.065
