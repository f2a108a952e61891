"""Which runs the demo consists of, declared: names, what each is for, and every setting."""

from dataclasses import dataclass
from typing import Literal

from mlreview.demo import DataKind

Group = Literal["baseline", "sweep", "seeds", "regime"]
SWEEP_SEED = 5
"""At learning rate 0.01 forty epochs stop half-way, and val_AUROC then depends on the seed: 0.74 to 0.84 over a dozen
of them. The talk names no seed; with this one all six runs land on its table."""

SKLEARN_NAMES = {"val_AUROC": "val_roc_auc", "val_binary_accuracy": "val_accuracy"}
"""What the random forest calls the networks' metrics, as another framework does; the demo's settings pair them."""

WEAK_MEASUREMENTS = ("texture error", "smoothness error", "symmetry error", "mean fractal dimension")
"""The breast-cancer measurements that tell least: what five words are to the posts."""


@dataclass(frozen=True)
class NetworkSpec:
    """One run of a network with one hidden ReLU layer.

    Attributes:
        name: Name of the run.
        group: What the run is there for.
        hidden_units: Width of the hidden layer.
        learning_rate: Learning rate of the optimizer.
        seed: Seed of the initial weights and of the order of the batches.
        optimizer: Which optimizer.
        epochs: Passes through the training data.
        batch_size: Examples per step.
        l2: Strength of the weight decay on both layers; 0 for none.
        vocabulary_size: Words that the posts are turned into.
        columns: Measurements that the breast-cancer data are cut down to; empty for all.
        validation: ``test`` or ``split``; see ``mlreview.demo.data.prepare``.
        log_model: Whether the model itself is kept, not only its figures.
        regime: How the run is meant to come out, in the words of a diagnosis; ``None`` where that isn't its point.
    """

    name: str
    group: Group
    hidden_units: int
    learning_rate: float
    seed: int
    optimizer: Literal["SGD", "Adam"] = "SGD"
    epochs: int = 40
    batch_size: int = 32
    l2: float = 0.0
    vocabulary_size: int = 100
    columns: tuple[str, ...] = ()
    validation: Literal["test", "split"] = "test"
    log_model: bool = False
    regime: str | None = None


@dataclass(frozen=True)
class BaselineSpec:
    """One run of a scikit-learn model on the same features as the sweep."""

    name: str
    kind: Literal["logistic regression", "random forest"]
    seed: int = 0
    group: Group = "baseline"
    vocabulary_size: int = 100
    columns: tuple[str, ...] = ()
    validation: Literal["test", "split"] = "test"


Spec = NetworkSpec | BaselineSpec


@dataclass(frozen=True)
class Plan:
    """All runs of one demo, in the order in which they are trained, and the names of those with a part to play.

    Attributes:
        data: What they are trained on.
        experiment: Name of the experiment, unless another is asked for.
        model: Name of the registered model.
        specs: The runs.
        talk_winner: The run that heads the talk's table.
        overfit: The run that overfits.
        logistic: The logistic regression.
        unreviewed: The run that is deployed without a review.
    """

    data: DataKind
    experiment: str
    model: str
    specs: tuple[Spec, ...]
    talk_winner: str
    overfit: str
    logistic: str
    unreviewed: str

    def named(self, *, group: Group) -> tuple[str, ...]:
        """Names of the runs of one group."""
        return tuple(spec.name for spec in self.specs if spec.group == group)


def make_plan(data: DataKind, *, quick: bool) -> Plan:
    """The runs of the demo on these data; with ``quick`` four of them, the same as in the whole."""
    subject = {"newsgroups": "sports", "breast-cancer": "cancer"}[data]
    talk_winner = f"{subject}-NN-32d-lr0.1"
    logistic = f"{subject}-logistic-regression"
    unreviewed = f"{subject}-NN-8d-lr0.01"
    regimes = _regimes(subject)
    specs: tuple[Spec, ...] = (
        BaselineSpec(logistic, "logistic regression"),
        BaselineSpec(f"{subject}-random-forest", "random forest"),
        *(
            NetworkSpec(
                f"{subject}-NN-{units}d-lr{rate:g}",
                "sweep",
                units,
                rate,
                SWEEP_SEED,
                log_model=f"{subject}-NN-{units}d-lr{rate:g}" == talk_winner,
            )
            for units in (32, 8)
            for rate in (0.1, 0.05, 0.01)
        ),
        *(
            NetworkSpec(
                f"{subject}-NN-32d-lr0.1-seed{seed}", "seeds", 32, 0.1, seed, validation="split", log_model=True
            )
            for seed in (1, 2, 3, 4)
        ),
        *regimes,
    )
    overfit = regimes[0].name
    if quick:
        chosen = {logistic, talk_winner, unreviewed, overfit}
        specs = tuple(spec for spec in specs if spec.name in chosen)
    return Plan(
        data=data,
        experiment={"newsgroups": "hockey-vs-baseball", "breast-cancer": "breast-cancer"}[data],
        model=f"{subject}-classifier",
        specs=specs,
        talk_winner=talk_winner,
        overfit=overfit,
        logistic=logistic,
        unreviewed=unreviewed,
    )


def _regimes(subject: str) -> tuple[NetworkSpec, ...]:
    few = "5words" if subject == "sports" else "4measurements"
    return (
        # Far more weights than examples and an optimizer that uses them: the training loss goes to nothing.
        NetworkSpec(
            f"{subject}-NN-overfit-256d-adam-lr0.01",
            "regime",
            256,
            0.01,
            seed=0,
            optimizer="Adam",
            epochs=60,
            regime="overfitting",
        ),
        # Nothing to learn from: both losses level out near that of a coin.
        NetworkSpec(
            f"{subject}-NN-underfit-{few}-2d-lr0.1",
            "regime",
            2,
            0.1,
            seed=2,
            vocabulary_size=5,
            columns=WEAK_MEASUREMENTS,
            regime="underfitting",
        ),
        # The sweep's network, stopped long before its curves are flat.
        NetworkSpec(
            f"{subject}-NN-still-improving-32d-lr0.05-12epochs",
            "regime",
            32,
            0.05,
            seed=2,
            epochs=12,
            regime="still_improving",
        ),
        # Each step multiplies every weight by 1 - 2 · learning rate · l2 = -1.1: past zero, and further out each time.
        NetworkSpec(
            f"{subject}-NN-diverged-32d-lr1.05-l2",
            "regime",
            32,
            1.05,
            seed=2,
            epochs=20,
            l2=1.0,
            regime="diverged",
        ),
    )
