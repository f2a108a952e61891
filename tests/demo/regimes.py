"""How a training went, judged by its curves with the simplest rule that tells the demo's four regimes apart.

``python -m tests.demo.regimes URI [EXPERIMENT]`` prints what a demo's store holds: scores, and regimes with curves.
"""

import math
import sys
from collections.abc import Sequence

import mlflow

OF_A_COIN = math.log(2)
"""Cross-entropy of always saying 0.5."""


def regime_of(loss: Sequence[float], val_loss: Sequence[float]) -> str | None:
    """Name the regime of two loss curves, one value an epoch; ``None`` for none of the four.

    - Diverged: a loss is not finite, or ends ten times above where it began. No useful training does either.
    - Overfitting: val_loss ends a fifth above its best while the training loss went on falling from there; a fifth is
      far beyond the wobble of these curves, which is below 2 %.
    - Still improving: val_loss is at its best in the last epoch and lost a twentieth of itself in the last quarter:
      another quarter would pay.
    - Underfitting: val_loss has come to rest (within 1 % over the last quarter) within a tenth of a coin's, and the
      training loss is no better: it's not for want of time or of data.
    """
    if not all(map(math.isfinite, [*loss, *val_loss])) or val_loss[-1] > 10 * val_loss[0]:
        return "diverged"
    best = val_loss.index(min(val_loss))
    if val_loss[-1] > 1.2 * val_loss[best] and loss[-1] < loss[best]:
        return "overfitting"
    a_quarter_ago = val_loss[-1 - len(val_loss) // 4]
    fell = 1 - val_loss[-1] / a_quarter_ago
    if best == len(val_loss) - 1 and fell > 0.05:
        return "still_improving"
    if abs(fell) < 0.01 and val_loss[-1] > 0.9 * OF_A_COIN and loss[-1] > 0.9 * OF_A_COIN:
        return "underfitting"
    return None


def curve(client: mlflow.MlflowClient, run_id: str, key: str) -> list[float]:
    """All values of a metric, by step; an infinite one as MLflow's SQL stores give it back, 1.8e308."""
    return [metric.value for metric in sorted(client.get_metric_history(run_id, key), key=lambda metric: metric.step)]


def main(uri: str, experiment: str = "hockey-vs-baseball") -> None:
    """Print the scores of a demo's runs, best first, and the curves of those with a regime."""
    client = mlflow.MlflowClient(uri)
    found = client.get_experiment_by_name(experiment)
    assert found is not None, f"no experiment {experiment!r}"
    runs = client.search_runs([found.experiment_id])
    for run in sorted(runs, key=lambda run: run.data.metrics["val_AUROC"], reverse=True):
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
    main(*sys.argv[1:])
