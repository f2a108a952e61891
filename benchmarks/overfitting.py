"""How well overfitting is told from everything else: ``python -m benchmarks.overfitting FILE``.

FILE is JSON, or gzipped JSON: a list of ``{"name", "label": "overfit" | "non_overfit", "train_loss": [...],
"val_loss": [...]}``. Prints the counts, the F1 and each mistake; with ``--sensitivity`` also the F1 for other values of
every threshold; with ``--noise`` that of the same histories thinned out and made noisy.
"""

import argparse
import gzip
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlreview.analysis import fit_rules
from mlreview.analysis.diagnosis import Diagnosis, diagnose
from mlreview.entities import Curve

FACTORS = (0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
EPOCHS = (20, 50, 200)
NOISES = (0.0, 0.01, 0.03, 0.1)


@dataclass(frozen=True)
class Score:
    """Counts of a two-way decision; ``wrong`` are the names of the mistakes."""

    hits: int
    misses: int
    false_alarms: int
    wrong: tuple[str, ...]

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 where there was nothing to find and nothing was found."""
        both = 2 * self.hits + self.misses + self.false_alarms
        return 2 * self.hits / both if both else 1.0


def read(path: Path) -> list[dict[str, Any]]:
    """The labelled histories of a file."""
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)


def judge(train: Sequence[float], held: Sequence[float]) -> Diagnosis:
    """The diagnosis of one history, one value an epoch."""
    curves = [
        Curve("run", key, np.arange(len(values)), np.zeros(len(values), np.int64), np.asarray(values, float))
        for key, values in (("loss", train), ("val_loss", held))
    ]
    return diagnose(curves)


def evaluate(histories: Sequence[dict[str, Any]]) -> Score:
    """Count what is told right and wrong."""
    hits = misses = alarms = 0
    wrong = []
    for history in histories:
        found = judge(history["train_loss"], history["val_loss"])
        said, meant = found.verdict == "overfitting", history["label"] == "overfit"
        hits += said and meant
        misses += meant and not said
        alarms += said and not meant
        if said != meant:
            wrong.append(f"{history['name']} is {history['label']}: {found.text}")
    return Score(hits, misses, alarms, tuple(wrong))


def noisy(histories: Sequence[dict[str, Any]], epochs: int, noise: float, seed: int = 0) -> list[dict[str, Any]]:
    """The histories at fewer epochs, each value times a log-normal draw: what small, real trainings look like."""
    draw = np.random.default_rng(seed)
    made = []
    for history in histories:
        at = np.linspace(0, len(history["val_loss"]) - 1, epochs).astype(int)
        thin = {key: np.asarray(history[key])[at] for key in ("train_loss", "val_loss")}
        thin = {key: values * np.exp(noise * draw.standard_normal(epochs)) for key, values in thin.items()}
        made.append({**history, **thin})
    return made


def main(arguments: Sequence[str]) -> int:
    """Print how well it went. Exit code 1 below an F1 of 0.95."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overfitting", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--sensitivity", action="store_true", help="the F1 for other values of each threshold")
    parser.add_argument("--noise", action="store_true", help="the F1 with fewer epochs and with noise")
    given = parser.parse_args(arguments)
    histories = read(given.file)
    began = time.perf_counter()
    score = evaluate(histories)
    seconds = time.perf_counter() - began
    overfit = sum(history["label"] == "overfit" for history in histories)
    print(f"{len(histories)} histories, {overfit} of them overfit, judged in {seconds:.2f} s")
    print(f"found {score.hits}, missed {score.misses}, false alarms {score.false_alarms}: F1 {score.f1:.3f}")
    for line in score.wrong:
        print(f"  {line}")
    if given.sensitivity:
        _print_sensitivity(histories)
    if given.noise:
        print("\nF1 by epochs and noise (standard deviation of each point, as a share of it)")
        print("epochs " + "".join(f"{noise:8.2f}" for noise in NOISES))
        for epochs in EPOCHS:
            row = [evaluate(noisy(histories, epochs, noise)).f1 for noise in NOISES]
            print(f"{epochs:6} " + "".join(f"{f1:8.3f}" for f1 in row))
    return 0 if score.f1 >= 0.95 else 1


def _print_sensitivity(histories: Sequence[dict[str, Any]]) -> None:
    print("\nF1 with one threshold times a factor")
    print(f"{'':18}" + "".join(f"{factor:8.2f}" for factor in FACTORS))
    thresholds = {t.name: t.value for rule in fit_rules.RULES for t in rule.thresholds}
    for name, value in thresholds.items():
        row = []
        for factor in FACTORS:
            changed = value * factor
            setattr(fit_rules, name, round(changed) if isinstance(value, int) else changed)
            row.append(evaluate(histories).f1)
        setattr(fit_rules, name, value)
        print(f"{name:18}" + "".join(f"{f1:8.3f}" for f1 in row))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
