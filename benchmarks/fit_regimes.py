"""How well each verdict is told, on real trainings whose regime is known by how they were made.

``python -m benchmarks.fit_regimes train FOLDER [--part choosing|held-out]`` trains small Keras networks and writes
their curves, ``... judge FOLDER [--part ...]`` judges them and prints the confusion matrix.

The regime is a matter of construction, never of looking at the curves:

- overfitting: a fifth of the training labels are wrong (for regression: half of the variance is noise), few examples
  with forty features of pure noise to tell them apart by, a network with far more weights than examples, no
  regularisation, many epochs;
- underfitting: the features belong to other examples, so that there is nothing to learn; or a model that can't hold the
  task, such as a linear one for circles;
- good_fit: a small regularised network on all examples, with a learning rate that decays to nothing;
- still_improving: the same network with plain, slow SGD, stopped after a few epochs;
- unstable: steps of a set length that is far too large, whatever the gradient: clipped SGD at a rate of 1 with momentum
  on batches of eight, or Adam at 0.3 without momentum; so training can neither settle nor blow up. Labels are wrong as
  above, so that no step is a small one;
- diverged: a learning rate and weight decay that multiply every weight by more than one at each step;
- insufficient_data: three epochs, or no validation data.

The rules were chosen with an eye on the part ``choosing``; the data sets and seeds of ``held-out`` were judged once, at
the end.
"""

import argparse
import json
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.diagnosis import Diagnosis, diagnose
from mlreview.entities import Curve

if TYPE_CHECKING:
    import keras

Array = NDArray[Any]

REGIMES = (
    "overfitting",
    "underfitting",
    "good_fit",
    "still_improving",
    "unstable",
    "diverged",
    "insufficient_data",
)


@dataclass(frozen=True)
class Task:
    """Data to train on: ``classes`` is 0 for a regression. Features and regression targets have mean 0, deviation 1."""

    x: Any
    y: Any
    classes: int


def _standard(x: Array) -> Array:
    return ((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9)).astype(np.float32)


def _bundled(name: str) -> Task:
    from sklearn import datasets

    data = getattr(datasets, f"load_{name}")()
    x, y = _standard(data.data), np.asarray(data.target)
    return Task(x, _standard(y), 0) if name == "diabetes" else Task(x, y, len(np.unique(y)))


def _generated(name: str) -> Task:
    from sklearn import datasets

    draw = np.random.default_rng(zlib.crc32(name.encode()))
    if name in ("friedman", "friedman2"):
        make = datasets.make_friedman1 if name == "friedman" else datasets.make_friedman2
        x, y = make(800, noise=0.5 if name == "friedman" else 50.0, random_state=7)
        return Task(_standard(x), _standard(y), 0)
    if name == "waves":
        x = draw.uniform(-1, 1, (800, 3))
        y = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.2 * draw.standard_normal(800)
        return Task(_standard(x), _standard(y), 0)
    if name == "moons":
        x, y = datasets.make_moons(800, noise=0.2, random_state=7)
    elif name == "blobs":
        x, y = datasets.make_blobs(800, n_features=6, centers=5, cluster_std=4.0, random_state=7)[:2]
    elif name == "quantiles":
        x, y = datasets.make_gaussian_quantiles(n_samples=800, n_features=3, n_classes=3, random_state=7)
    elif name == "circles":
        x, y = datasets.make_circles(800, noise=0.1, factor=0.5, random_state=7)
    elif name == "checkers":
        x = draw.uniform(-1, 1, (800, 2))
        y = (x[:, 0] * x[:, 1] > 0).astype(int)
    else:
        x, y = datasets.make_classification(
            900, n_features=20, n_informative=8, n_classes=4, class_sep=1.5, random_state=7
        )
    return Task(_standard(np.asarray(x)), np.asarray(y), len(np.unique(y)))


_BUNDLED = ("breast_cancer", "digits", "wine", "diabetes", "iris")
_GENERATED = ("friedman", "friedman2", "waves", "moons", "circles", "checkers", "clusters", "blobs", "quantiles")
DATA: dict[str, Callable[[], Task]] = {
    **{name: (lambda name=name: _bundled(name)) for name in _BUNDLED},
    **{name: (lambda name=name: _generated(name)) for name in _GENERATED},
}
NO_LINE_SEPARATES = ("circles", "checkers")
PARTS: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "choosing": (
        ("breast_cancer", "digits", "friedman", "circles", "wine", "diabetes", "checkers", "clusters", "moons"),
        (1,),
    ),
    "held-out": (("iris", "friedman2", "waves", "blobs", "quantiles"), (21, 22)),
}


@dataclass(frozen=True)
class Labelled:
    """One training: its regime as it was made, and its metrics, a value an epoch."""

    data: str
    seed: int
    regime: str
    metrics: dict[str, list[float]]

    @property
    def name(self) -> str:
        """Unique within a folder."""
        return f"{self.regime}-{self.data}-{self.seed}"


def train(data: str, seed: int, regime: str) -> Labelled:
    """Train one network in the way that makes this regime."""
    import keras

    task = DATA[data]()
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(task.x))
    held = max(len(order) // 4, 40)
    test, fit = order[:held], order[held:]
    x, y = task.x, task.y.copy()
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    l2, units, epochs, batch, activation = 1e-3, (16,), 40, 32, "relu"
    rate: Any = keras.optimizers.schedules.CosineDecay(1e-2, epochs * -(-len(fit) // batch))
    optimizer: Any = keras.optimizers.Adam(rate)
    if regime == "overfitting":
        fit, l2, units, epochs, batch = fit[:80], 0.0, (128, 128), 60, 16
        y = _with_noise(y, fit, task.classes, draw)
        x = np.hstack((x, draw.standard_normal((len(x), 40)).astype(np.float32)))
        optimizer = keras.optimizers.Adam(5e-3)
    elif regime == "underfitting":
        units = ()
        if data not in NO_LINE_SEPARATES:
            x = x[draw.permutation(len(x))][:, :2]
    elif regime == "still_improving":
        optimizer, epochs = keras.optimizers.SGD(3e-3 if task.classes == 0 else 1e-2), 12
    elif regime == "unstable":
        y = _with_noise(y, fit, task.classes, draw)
        l2, epochs, batch, activation = 0.0, 30, 8, "tanh"
        if (zlib.crc32(data.encode()) + seed) % 2:
            optimizer = keras.optimizers.SGD(1.0, momentum=0.9, clipnorm=1.0)
        else:
            optimizer = keras.optimizers.Adam(0.3, beta_1=0.0)
    elif regime == "diverged":
        optimizer, l2, epochs = keras.optimizers.SGD(1.5), 1.0, 20
    elif regime == "insufficient_data":
        epochs = 3 if seed % 2 else 20
    model = _network(x.shape[1], units, task.classes, l2, activation)
    model.compile(optimizer, **_losses(task.classes), jit_compile=False)  # pyright: ignore
    no_validation = regime == "insufficient_data" and epochs == 20
    metrics: dict[str, list[float]] = {}
    for _ in range(epochs):
        for key, value in _epoch(model, x[fit], y[fit], batch, draw).items():
            metrics.setdefault(key, []).append(value)
        if not no_validation:
            measured: Any = model.test_on_batch(x[test], y[test], return_dict=True)
            for key, value in measured.items():
                metrics.setdefault(f"val_{key}", []).append(float(value))
    return Labelled(data, seed, regime, metrics)


def _epoch(model: "keras.Model", x: Array, y: Array, batch: int, draw: np.random.Generator) -> dict[str, float]:
    """One pass in shuffled batches, as ``fit`` makes it, which needs ten times as long for data this small.

    Returns:
        The loss as ``fit`` logs it, its mean over the batches; the other metrics on all of ``x`` after the pass.
    """
    order = draw.permutation(len(x))
    losses = []
    # Batches of one size: another size would be compiled again.
    for start in range(0, len(order) - batch + 1, batch):
        some = order[start : start + batch]
        # Keras resets its metrics before each batch: these are the batch's own.
        values: Any = model.train_on_batch(x[some], y[some], return_dict=True)
        losses.append(float(values["loss"]))
    measured: Any = model.test_on_batch(x, y, return_dict=True)
    return {key: float(value) for key, value in measured.items()} | {"loss": float(np.mean(losses))}


def _with_noise(y: Array, fit: Array, classes: int, draw: np.random.Generator) -> Array:
    if classes == 0:
        y[fit] = y[fit] + draw.standard_normal(len(fit)).astype(y.dtype)
        return y
    wrong = fit[draw.random(len(fit)) < 0.2]
    y[wrong] = (y[wrong] + draw.integers(1, classes, len(wrong))) % classes
    return y


def _network(features: int, units: Sequence[int], classes: int, l2: float, activation: str) -> "keras.Model":
    import keras

    decay = keras.regularizers.L2(l2) if l2 else None
    hidden = [keras.layers.Dense(width, activation=activation, kernel_regularizer=decay) for width in units]
    outputs, last_activation = {0: (1, None), 2: (1, "sigmoid")}.get(classes, (classes, "softmax"))
    last = keras.layers.Dense(outputs, activation=last_activation, kernel_regularizer=decay)
    return keras.Sequential([keras.layers.Input((features,)), *hidden, last])


def _losses(classes: int) -> dict[str, Any]:
    import keras

    if classes == 0:
        return {"loss": "mse", "metrics": [keras.metrics.R2Score(name="r2")]}
    if classes == 2:
        return {"loss": "binary_crossentropy", "metrics": [keras.metrics.AUC(name="AUROC")]}
    return {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def judge(run: Labelled) -> Diagnosis:
    """The diagnosis of one training."""
    curves = [
        Curve(run.name, key, np.arange(len(values)), np.zeros(len(values), np.int64), np.array(values))
        for key, values in run.metrics.items()
    ]
    return diagnose(curves)


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """The mean over all regimes of each one's F1, from pairs of what was meant and what was said."""
    scores = []
    for regime in REGIMES:
        hits = sum(meant == said == regime for meant, said in pairs)
        both = sum((meant == regime) + (said == regime) for meant, said in pairs)
        if both:
            scores.append(2 * hits / both)
    return sum(scores) / len(scores)


def main(arguments: Sequence[str]) -> int:
    """Train, or judge. Exit code 1 when the macro-F1 is below 0.9."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fit_regimes", description=__doc__)
    parser.add_argument("what", choices=["train", "judge"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", choices=sorted(PARTS), action="append", help="default: both")
    given = parser.parse_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    ok = True
    for part in given.part or sorted(PARTS):
        if given.what == "train":
            _train_part(part, given.folder)
        else:
            ok &= _judge_part(part, given.folder)
    return 0 if ok else 1


def _train_part(part: str, folder: Path) -> None:
    names, seeds = PARTS[part]
    for seed in seeds:
        for data in names:
            for regime in REGIMES:
                path = folder / f"{regime}-{data}-{seed}.json"
                if not path.exists():
                    path.write_text(json.dumps(train(data, seed, regime).metrics), encoding="utf-8")
                    print(path.stem, flush=True)


def _judge_part(part: str, folder: Path) -> bool:
    names, seeds = PARTS[part]
    pairs: list[tuple[str, str]] = []
    mistakes = []
    for regime in REGIMES:
        for data in names:
            for seed in seeds:
                path = folder / f"{regime}-{data}-{seed}.json"
                if not path.exists():
                    continue
                found = judge(Labelled(data, seed, regime, json.loads(path.read_text(encoding="utf-8"))))
                pairs.append((regime, found.verdict))
                if found.verdict != regime:
                    mistakes.append(f"  {path.stem}: {found.text}")
    print(f"\n{part}: {', '.join(names)}; seeds {', '.join(map(str, seeds))}; {len(pairs)} runs")
    print(f"{'meant, said':18}" + "".join(f"{regime[:12]:>14}" for regime in REGIMES))
    for regime in REGIMES:
        counts = [sum(pair == (regime, said) for pair in pairs) for said in REGIMES]
        print(f"{regime:18}" + "".join(f"{count or '·':>14}" for count in counts))
    print(f"macro-F1 {macro_f1(pairs):.3f}")
    print("\n".join(mistakes))
    return macro_f1(pairs) >= 0.9


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
