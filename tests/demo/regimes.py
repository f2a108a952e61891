"""How a training went, judged by its curves, and whether a demo on the posts came out as the talk says.

``python -m tests.demo.regimes URI [EXPERIMENT]`` prints what a demo's store holds: scores, and regimes with curves.
With ``--check`` it prints the talk's table beside what the store holds and each regime beside the one meant, and ends
with exit code 1 when a sweep run is further than 0.03 from the talk, or a regime is not as meant.
"""

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlreview.analysis.diagnosis import diagnose
from mlreview.demo.plan import NetworkSpec, make_plan
from mlreview.entities import Curve

if TYPE_CHECKING:
    from mlflow import MlflowClient

AN_INFINITE_ONE = 1.7e308
"""What is larger is infinite: MLflow's SQL stores give infinity back as 1.8e308."""

TALK = {
    "sports-NN-32d-lr0.1": 0.917,
    "sports-NN-32d-lr0.05": 0.903,
    "sports-NN-32d-lr0.01": 0.807,
    "sports-NN-8d-lr0.1": 0.916,
    "sports-NN-8d-lr0.05": 0.904,
    "sports-NN-8d-lr0.01": 0.796,
}
"""The talk's table: val_AUROC of each run of its sweep."""

TOLERANCE = 0.03


def regime_of(loss: Sequence[float], val_loss: Sequence[float]) -> str | None:
    """The diagnosis of two loss curves, one value an epoch; ``None`` without curves."""
    if not loss or len(loss) != len(val_loss):
        return None
    return diagnose([_curve("loss", loss), _curve("val_loss", val_loss)]).verdict


def _curve(key: str, values: Sequence[float]) -> Curve:
    given = np.asarray(values, dtype=np.float64)
    given = np.where(np.abs(given) > AN_INFINITE_ONE, np.inf, given)
    return Curve("run", key, np.arange(len(given)), np.zeros(len(given), np.int64), given, len(given))


@dataclass(frozen=True)
class Recorded:
    """What the check needs of one run.

    Attributes:
        val_auroc: The last value; ``None`` where there is none.
        loss: One value an epoch.
        val_loss: Likewise.
    """

    val_auroc: float | None
    loss: Sequence[float] = ()
    val_loss: Sequence[float] = ()


@dataclass(frozen=True)
class Finding:
    """One line of the check: what was meant, what is there, and whether that will do."""

    run: str
    meant: str
    found: str
    right: bool

    def __str__(self) -> str:
        return f"{self.run:46} {self.meant:16} {self.found:24} {'as meant' if self.right else 'WRONG'}"


def check(runs: Mapping[str, Recorded]) -> list[Finding]:
    """Hold a whole demo on the posts against the talk's table and against the regimes that its plan means.

    Args:
        runs: Finished runs by their name in the plan. One that is missing is wrong.
    """
    findings = []
    for name, talk in TALK.items():
        value = runs[name].val_auroc if name in runs else None
        found = "missing" if value is None else f"{value:.3f} ({value - talk:+.3f})"
        # Said this way round, a NaN is wrong.
        right = value is not None and abs(value - talk) <= TOLERANCE
        findings.append(Finding(name, f"{talk:.3f}", found, right))
    for spec in make_plan("newsgroups", quick=False).specs:
        if not isinstance(spec, NetworkSpec) or spec.regime is None:
            continue
        run = runs.get(spec.name)
        if run is None or len(run.loss) != spec.epochs or len(run.val_loss) != spec.epochs:
            found = "missing" if run is None else f"{len(run.loss)} of {spec.epochs} epochs"
            findings.append(Finding(spec.name, spec.regime, found, False))
        else:
            found = regime_of(run.loss, run.val_loss)
            findings.append(Finding(spec.name, spec.regime, found or "no curves", found == spec.regime))
    return findings


def curve(client: "MlflowClient", run_id: str, key: str) -> list[float]:
    """All values of a metric, by step; an infinite one as MLflow's SQL stores give it back, 1.8e308."""
    return [metric.value for metric in sorted(client.get_metric_history(run_id, key), key=lambda metric: metric.step)]


def main(arguments: Sequence[str]) -> int:
    """Print a demo's scores and regimes, or the outcome of the check. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo.regimes", description="What a demo's store holds.")
    parser.add_argument("uri", help="tracking URI of the store")
    parser.add_argument("experiment", nargs="?", default="hockey-vs-baseball")
    parser.add_argument("--check", action="store_true", help="against the talk's table and the regimes that are meant")
    given = parser.parse_args(arguments)

    from mlflow import MlflowClient

    client = MlflowClient(given.uri)
    found = client.get_experiment_by_name(given.experiment)
    if found is None:
        print(f"{given.uri} has no experiment {given.experiment!r}", file=sys.stderr)
        return 2
    if given.check:
        return _print_check(client, found.experiment_id)
    _print_all(client, found.experiment_id)
    return 0


def _print_check(client: "MlflowClient", experiment_id: str) -> int:
    from mlreview.demo.tracking import demo_runs

    finished, _ = demo_runs(client, experiment_id)
    recorded = {
        name: Recorded(
            run.data.metrics.get("val_AUROC"),
            curve(client, run.info.run_id, "loss"),
            curve(client, run.info.run_id, "val_loss"),
        )
        for name, run in finished.items()
    }
    findings = check(recorded)
    print(f"{'run':46} {'meant':16} {'found':24}")
    for finding in findings:
        print(finding)
    wrong = sum(not finding.right for finding in findings)
    print(
        f"{wrong} of {len(findings)} are WRONG."
        if wrong
        else f"All {len(findings)} are as meant: the table within {TOLERANCE} of the talk's, every regime its own."
    )
    return 1 if wrong else 0


def _print_all(client: "MlflowClient", experiment_id: str) -> None:
    """The scores of a demo's runs, best first, and the curves of those with a regime."""
    runs = client.search_runs([experiment_id])
    for run in sorted(runs, key=lambda run: run.data.metrics.get("val_AUROC", -math.inf), reverse=True):
        scores = {key: run.data.metrics[key] for key in ("val_AUROC", "val_binary_accuracy", "test_AUROC")
                  if key in run.data.metrics}  # fmt: skip
        print(f"{run.info.run_name:48}", "  ".join(f"{key} {value:.4f}" for key, value in scores.items()))
    for run in runs:
        if "demo.regime" in run.data.tags:
            loss, val_loss, val_auroc = (
                curve(client, run.info.run_id, key) for key in ("loss", "val_loss", "val_AUROC")
            )
            print(f"\n{run.info.run_name}: meant {run.data.tags['demo.regime']}, is {regime_of(loss, val_loss)}")
            for key, values in (("loss", loss), ("val_loss", val_loss), ("val_AUROC", val_auroc)):
                some = [values[i] for i in sorted({round(j * (len(values) - 1) / 10) for j in range(11)})]
                print(f"  {key:10}", " ".join(f"{value:.4g}" for value in some))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
