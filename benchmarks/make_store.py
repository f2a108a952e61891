"""Make a large SQLite tracking store with MLflow's own schema, the same for every measurement.

    python -m benchmarks.make_store STORE.db --runs 10000

One experiment, ``bench``. Every run has 20 params (five of them vary), six metrics as Keras logs them and eight tags.
The first runs have long histories, the next ones short ones, the rest one point. The same arguments give the same
content.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

METRICS = ("loss", "val_loss", "binary_accuracy", "val_binary_accuracy", "AUROC", "val_AUROC")
EXPERIMENT = "bench"
PARAMS = 20
VARYING_PARAMS = 5
_START_MS = 1_790_000_000_000
_MAKE_SCHEMA = (
    "import sys; from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore;"
    " SqlAlchemyStore('sqlite:///' + sys.argv[1], sys.argv[2]).create_experiment(sys.argv[3])"
)


def make_store(
    path: Path,
    runs: int = 10_000,
    curve_runs: int = 200,
    steps: int = 40,
    long_runs: int = 3,
    long_steps: int = 100_000,
) -> None:
    """Make the store at ``path``, which must not exist.

    Args:
        path: The SQLite file.
        runs: How many runs.
        curve_runs: The first so many have ``steps`` points a metric, except the
        steps: points of a short history, and the
        long_runs: first so many, which have
        long_steps: points a metric. All other runs have one point.
    """
    command = [sys.executable, "-c", _MAKE_SCHEMA, str(path), f"{path}-artifacts", EXPERIMENT]
    subprocess.run(command, check=True, capture_output=True)
    rng = np.random.default_rng(0)
    run_ids = [uuid.UUID(bytes=rng.bytes(16)).hex for _ in range(runs)]
    database = sqlite3.connect(path)
    (experiment,) = database.execute("SELECT experiment_id FROM experiments WHERE name = ?", (EXPERIMENT,)).fetchone()
    database.execute("PRAGMA synchronous = OFF")

    def insert(table: str, columns: str, rows: Iterable[tuple]) -> None:
        marks = ", ".join("?" * len(columns.split(",")))
        database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

    insert(
        "runs",
        "run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,"
        " source_version, lifecycle_stage, artifact_uri, experiment_id",
        (
            (run, f"sports-NN-{i}", "LOCAL", "train.py", "", "trainer", "FINISHED", _START_MS + 1000 * i,
             _START_MS + 1000 * i + 900, "", "active", f"{path}-artifacts/{run}", experiment)
            for i, run in enumerate(run_ids)
        ),
    )  # fmt: skip
    choices = np.array(["0.1", "0.01", "32", "64", "128", "adam", "sgd"])
    picks = rng.integers(0, len(choices), (runs, VARYING_PARAMS))
    insert(
        "params",
        "run_uuid, key, value",
        (
            (run, f"param_{k:02d}", str(choices[picks[i, k]]) if k < VARYING_PARAMS else "constant")
            for i, run in enumerate(run_ids)
            for k in range(PARAMS)
        ),
    )
    note = "## Use case\n" + "which model ranks the posts, and why " * 10
    history = json.dumps([{"run_id": "", "artifact_path": "model"}])
    insert(
        "tags",
        "run_uuid, key, value",
        (
            (run, key, value)
            for i, run in enumerate(run_ids)
            for key, value in (
                ("mlflow.user", "trainer"), ("mlflow.runName", f"sports-NN-{i}"), ("mlflow.source.name", "train.py"),
                ("mlflow.source.type", "LOCAL"), ("mlflow.source.git.commit", f"{i % 7:040x}"), ("team", "abc"[i % 3]),
                ("mlflow.note.content", note), ("mlflow.log-model.history", history),
            )
        ),
    )  # fmt: skip
    last: list[tuple] = []

    def points() -> Iterator[tuple]:
        for i, run in enumerate(run_ids):
            length = long_steps if i < long_runs else steps if i < curve_runs else 1
            at = np.arange(length)
            for key in METRICS:
                curve = np.exp(-at / (length / 5 + 1)) + 0.02 * rng.standard_normal(length)
                if key == "val_loss":
                    curve += 0.3 * at / length
                values = curve.tolist()
                stamp = _START_MS + 1000 * i
                last.append((run, key, values[-1], stamp + length - 1, length - 1, 0))
                yield from ((run, key, value, stamp + step, step, 0) for step, value in enumerate(values))

    insert("metrics", "run_uuid, key, value, timestamp, step, is_nan", points())
    insert("latest_metrics", "run_uuid, key, value, timestamp, step, is_nan", last)
    database.commit()
    database.close()


def main() -> None:
    """Make one store from the command line."""
    parser = argparse.ArgumentParser(description="Make a large SQLite tracking store.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--runs", type=int, default=10_000)
    arguments = parser.parse_args()
    make_store(arguments.path, arguments.runs)
    print(f"{arguments.runs:,} runs, {arguments.path.stat().st_size / 1e6:.0f} MB: {arguments.path}")


if __name__ == "__main__":
    main()
