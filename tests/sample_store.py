"""Small stores to look at, written through MLflow's own client: one like a team's, and one that is ugly."""

import time
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

START_MS = 1_767_268_800_000  # 2026-01-01 12:00 UTC
HOSTILE_NAME = "![x](https://evil.example/track.png) <b>bold</b> :red[posing] $x$ "


@dataclass(frozen=True)
class Sample:
    """A sample store: where it is, and the ids of its experiments and runs by name."""

    uri: str
    experiments: dict[str, str]
    runs: dict[str, str]


def write_run(
    client: MlflowClient,
    experiment_id: str,
    name: str,
    at: int,
    params: dict[str, str] | None = None,
    curves: dict[str, list[float]] | None = None,
    tags: dict[str, str] | None = None,
    status: str | None = "FINISHED",
    validated_on: int | None = None,
) -> str:
    """Log one run; ``at`` minutes after ``START_MS``; each curve has one value a step.

    ``validated_on`` records a validation set of so many examples.
    """
    started = START_MS + at * 60_000
    run = client.create_run(experiment_id, start_time=started, run_name=name, tags={"mlflow.user": "ada"})
    metrics = [
        Metric(key, value, started + step, step)
        for key, values in (curves or {}).items()
        for step, value in enumerate(values)
    ]
    client.log_batch(
        run.info.run_id,
        metrics,
        [Param(key, value) for key, value in (params or {}).items()],
        [RunTag(key, value) for key, value in (tags or {}).items()],
    )
    if validated_on:
        posts = Dataset("posts", "d1", "http", "somewhere", profile=f'{{"num_rows": {validated_on}}}')
        client.log_inputs(run.info.run_id, [DatasetInput(posts, [InputTag("mlflow.data.context", "validation")])])
    if status:
        client.set_terminated(run.info.run_id, status, started + 30_000)
    return run.info.run_id


def write_team_sample(uri: str, artifacts: Path) -> Sample:
    """Two experiments; in ``sports`` a sweep of six networks, a baseline, a failed, a diverged and a running run."""
    client = MlflowClient(uri)
    sports = client.create_experiment("sports", artifact_location=artifacts.as_uri())
    other = client.create_experiment("weather", artifact_location=artifacts.as_uri())
    runs: dict[str, str] = {}
    scores = {(32, "0.1"): 0.917, (32, "0.05"): 0.903, (32, "0.01"): 0.807,
              (8, "0.1"): 0.916, (8, "0.05"): 0.904, (8, "0.01"): 0.796}  # fmt: skip
    for at, ((width, rate), score) in enumerate(scores.items()):
        name = f"sports-NN-{width}d-lr{rate}"
        rising = [score - 0.2 * (1 - step / 9) for step in range(10)]
        curves = {
            "AUROC": [value + 0.02 for value in rising],
            "val_AUROC": rising,
            "loss": [0.7 - 0.03 * step for step in range(10)],
            "val_loss": [0.7 - 0.5 * (value - 0.5) for value in rising],
            "val_binary_accuracy": [value - 0.08 for value in rising],
            "validation_loss": [0.3],
        }
        params = {
            "hidden_units": str(width),
            "learning_rate": rate,
            "opt_learning_rate": f"{float(rate):.19f}",
            "opt_name": "sgd" if at == 0 else f"sgd_{at}",
            "epochs": "40",
        }
        runs[name] = write_run(client, sports, name, at, params, curves, validated_on=796)
    runs["sports-LR"] = write_run(
        client, sports, "sports-LR", 6, {"model": "logistic"}, {"val_AUROC": [0.904], "val_binary_accuracy": [0.82]}
    )
    nan = float("nan")
    runs["diverged"] = write_run(
        client, sports, "diverged", 7, {"learning_rate": "100"}, {"val_AUROC": [0.5, nan], "val_loss": [1.0, nan]}
    )
    runs["failed"] = write_run(client, sports, "failed", 8, {"learning_rate": "0.1"}, {}, status="FAILED")
    runs["running"] = write_run(
        client, sports, "running", 9, {"learning_rate": "0.02"}, {"val_AUROC": [0.6, 0.7]}, status=None
    )
    runs["rain"] = write_run(client, other, "rain", 10, {"depth": "3"}, {"val_rmse": [2.0, 1.5]})
    runs["snow"] = write_run(client, other, "snow", 11, {"depth": "5"}, {"val_rmse": [2.0, 1.2]})
    return Sample(uri, {"sports": sports, "weather": other}, runs)


def write_ugly_sample(uri: str, artifacts: Path) -> Sample:
    """What real stores hold: hostile and endless names, odd values, nothing at all."""
    client = MlflowClient(uri)
    long = "a-name-of-three-hundred-characters-" * 8
    experiments = {
        "ugly": client.create_experiment((HOSTILE_NAME + long)[:250], artifact_location=artifacts.as_uri()),
        "empty": client.create_experiment("empty", artifact_location=artifacts.as_uri()),
        "training-only": client.create_experiment("training-only", artifact_location=artifacts.as_uri()),
    }
    ugly = experiments["ugly"]
    runs = {}
    values = [0.5, 0.5, float("inf"), float("-inf"), float("nan"), 1e-9, 123456789.0, -0.25]
    for at, value in enumerate(values):
        params = {f"param_{k:03d}": str(k * at) for k in range(300)} | {
            "empty": "",
            "text": "=1+1" if at else "x" * 5000,
        }
        name = (HOSTILE_NAME + long)[:300] if at == 0 else f"عربي 👩‍👩‍👧 run {at}"
        runs[name] = write_run(client, ugly, name, at, params, {"val_" + "metric_" * 30: [value]})
    runs["bare"] = write_run(client, ugly, "bare", 20)
    runs["train"] = write_run(client, experiments["training-only"], "train", 21, {}, {"loss": [1.0, 0.5]})
    return Sample(uri, experiments, runs)


if __name__ == "__main__":
    import sys

    write = {"team": write_team_sample, "ugly": write_ugly_sample}[sys.argv[1]]
    began = time.perf_counter()
    print(write(f"sqlite:///{sys.argv[2]}", Path(sys.argv[2]).parent / "artifacts"), time.perf_counter() - began)
