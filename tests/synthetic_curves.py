"""Made-up trainings whose regime is known by how they were made: seeded, short and long, calm and noisy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlreview.entities import Curve

REGIMES = (
    "overfitting", "underfitting", "good_fit", "still_improving", "unstable", "diverged", "insufficient_data",
)  # fmt: skip
NOISES = (0.0, 0.01, 0.03)
EPOCHS = (30, 60, 200)


@dataclass(frozen=True)
class Made:
    """A training: what it is meant to be, its noise as a share of each value, and its curves."""

    regime: str
    noise: float
    curves: tuple[Curve, ...]


def make(seed: int, each: int = 2) -> tuple[Made, ...]:
    """So many trainings of each regime, length and noise; the same seed makes the same."""
    draw = np.random.default_rng(seed)
    return tuple(
        Made(regime, noise, tuple(_curves(regime, epochs, noise, draw)))
        for regime in REGIMES
        for epochs in EPOCHS
        for noise in NOISES
        for _ in range(each)
    )


def _curves(regime: str, epochs: int, noise: float, draw: np.random.Generator) -> Iterator[Curve]:
    at = np.arange(epochs)
    unit = at / (epochs - 1)
    scale = 10 ** draw.uniform(-2, 2)  # of no importance: a loss has no unit
    fall = draw.uniform(8, 14)  # at rest well before the end
    gap = draw.uniform(0.02, 0.15)
    train = 0.2 + 0.8 * np.exp(-fall * unit)
    held = train + gap * (1 - np.exp(-fall * unit))
    if regime == "good_fit":  # some drift upwards, by less than counts
        held = held * (1 + draw.uniform(0.0, 0.03) * np.clip((unit - 0.4) / 0.6, 0, None))
    elif regime == "overfitting":
        turn, rise = draw.uniform(0.15, 0.5), draw.uniform(0.12, 1.5)
        train = 0.02 + 0.98 * np.exp(-fall * unit)
        held = 0.3 + 0.7 * np.exp(-fall * unit / turn / 3)
        held = held + rise * 0.3 * np.clip((unit - turn) / (1 - turn), 0, None)
    elif regime == "underfitting":
        level = draw.uniform(0.94, 0.98)
        train = level + (1 - level) * np.exp(-fall * unit)
        held = train + 0.01
    elif regime == "still_improving":
        rate = draw.uniform(0.9, 1.6)
        train = 0.1 + 0.9 * np.exp(-rate * unit)
        held = train + 0.05 * unit
    elif regime == "unstable":
        swing = draw.uniform(0.35, 0.6)
        held = held * np.exp(swing * draw.choice((-1, 1), epochs) * draw.uniform(0.5, 1, epochs))
        train = train * np.exp(0.3 * draw.standard_normal(epochs))
    elif regime == "diverged":
        lost = int(draw.uniform(0.3, 0.8) * epochs)
        train[lost:] = held[lost:] = np.nan
    elif regime == "insufficient_data":
        kept = int(draw.integers(1, 5))
        at, train, held = at[:kept], train[:kept], held[:kept]
    for key, values in (("loss", train), ("val_loss", held)):
        yield _curve(key, at, scale * values * np.exp(noise * draw.standard_normal(len(at))))


def _curve(key: str, at: NDArray[np.int64], values: NDArray[np.float64]) -> Curve:
    return Curve("run", key, at.astype(np.int64), np.zeros(len(at), np.int64), values)
