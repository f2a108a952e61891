"""How good the verdicts are, held by floors on made-up trainings of known regimes.

The floors: F1 0.95 for overfitting against everything else, macro-F1 0.9 over all verdicts. Benchmarks measure both on
simulated and on real trainings (docs/diagnosis.md); these here are made in the test, so that a change of the rules that
loses them is seen at once.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest

from mlreview.analysis import fit_rules
from mlreview.analysis.diagnosis import diagnose
from tests.synthetic_curves import NOISES, REGIMES, Made, make

SEEDS = (1, 2)
OVERFITTING, MACRO, WORST = 0.95, 0.9, 0.85


@cache
def made() -> tuple[Made, ...]:
    return tuple(one for seed in SEEDS for one in make(seed))


def judged(some: Sequence[Made]) -> Counter[tuple[str, str]]:
    return Counter((one.regime, diagnose(one.curves).verdict) for one in some)


def f1(counts: Counter[tuple[str, str]], regime: str) -> float:
    hits = counts[regime, regime]
    meant = sum(count for (one, _), count in counts.items() if one == regime)
    said = sum(count for (_, one), count in counts.items() if one == regime)
    return 2 * hits / (meant + said) if meant + said else 1.0


def macro_f1(counts: Counter[tuple[str, str]]) -> float:
    return sum(f1(counts, regime) for regime in REGIMES) / len(REGIMES)


def passes(counts: Counter[tuple[str, str]]) -> bool:
    worst = min(f1(counts, regime) for regime in REGIMES)
    return f1(counts, "overfitting") >= OVERFITTING and macro_f1(counts) >= MACRO and worst >= WORST


def test_overfitting_is_told_from_everything_else():
    assert f1(judged(made()), "overfitting") >= OVERFITTING


def test_every_verdict_is_told_from_the_others():
    counts = judged(made())
    assert macro_f1(counts) >= MACRO, counts
    assert min(f1(counts, regime) for regime in REGIMES) >= WORST, counts


@pytest.mark.parametrize("noise", NOISES)
def test_noise_costs_little(noise: float):
    counts = judged([one for one in made() if one.noise == noise])
    assert f1(counts, "overfitting") >= 0.9, counts
    assert macro_f1(counts) >= 0.85, counts


@pytest.mark.parametrize(
    "broken",
    [
        {"OVERFIT_RISE": 1.0},
        {"OVERFIT_RISE": 0.0001},
        {"PATIENCE": 150},
        {"TRAIN_SHARE": -5.0},
        {"STILL_FALL": 5.0, "STILL_SHARE": 5.0},
        {"UNSTABLE_SWING": 5.0},
        {"UNSTABLE_SWING": 0.001},
        {"UNDERFIT_GAIN": 0.0},
        {"UNDERFIT_GAIN": 0.99},
        {"MIN_POINTS": 1},
        {"NOISE_ERRORS": 60.0},
    ],
    ids=lambda broken: ", ".join(f"{name} {value:g}" for name, value in broken.items()),
)
def test_the_floors_are_missed_when_a_rule_is_broken(broken: dict[str, float], monkeypatch: pytest.MonkeyPatch):
    some = make(seed=1, each=1)
    assert passes(judged(some))
    for name, value in broken.items():
        monkeypatch.setattr(fit_rules, name, value)
    assert not passes(judged(some))
