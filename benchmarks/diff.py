"""The comparison of 50 runs with 1,000 params each: read in bulk, against a loop of MLflow's client on one store.

``python -m benchmarks.diff`` measures this alone.
"""

import sqlite3
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import numpy as np

from benchmarks.timing import Result, best_of
from mlreview.analysis.diff import compare
from mlreview.analysis.diff_read import read_recorded
from mlreview.store import open_store

RUNS, PARAMS = 50, 1_000
BAR_S = 0.1
TIMES = 5
HOW = (
    f"comparison: the best of {TIMES} for mlreview, MlflowClient.get_run in a loop once; both read {RUNS} runs of "
    f"{PARAMS:,} params,\na fifth of which differ, and say which."
)
_MAKE_SCHEMA = (
    "import sys; from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore;"
    " SqlAlchemyStore('sqlite:///' + sys.argv[1], sys.argv[2]).create_experiment('wide')"
)
_MLFLOW = """
import sys, time
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
client.get_run(sys.argv[2])
began = time.perf_counter()
runs = [client.get_run(run_id).data.params for run_id in sys.argv[2:]]
keys = {key for params in runs for key in params}
differing = [key for key in keys if len({params.get(key) for params in runs}) > 1]
print(len(differing), time.perf_counter() - began)
"""


def measure(store: Path | None = None) -> list[Result]:
    """Time both, on a store of its own: one that has so many params."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wide.db"
        run_ids = _make(path)
        uri = f"sqlite:///{path}"
        answer = subprocess.run(
            [sys.executable, "-c", _MLFLOW, uri, *run_ids], check=True, capture_output=True, text=True
        ).stdout.split()
        expected, theirs = int(answer[0]), float(answer[1])
        opened = open_store(uri)
        recorded = read_recorded(opened, run_ids)
        found = len(compare(recorded)["params"].differing)
        assert found == expected, f"both must find the same differences: {found}, {expected}"
        with_reads = best_of(lambda: compare(read_recorded(opened, run_ids)), TIMES)
        alone = best_of(lambda: compare(recorded), TIMES)
        opened.close()
    what = f"{RUNS} runs x {PARAMS:,} params"
    return [
        Result(f"diff of {what}", alone, BAR_S, "the bar itself", 1),
        Result(f"read and diff of {what}", with_reads, theirs, "get_run in a loop", 10),
    ]


def _make(path: Path) -> list[str]:
    subprocess.run(
        [sys.executable, "-c", _MAKE_SCHEMA, str(path), f"{path}-artifacts"], check=True, capture_output=True
    )
    rng = np.random.default_rng(0)
    run_ids = [uuid.UUID(bytes=rng.bytes(16)).hex for _ in range(RUNS)]
    database = sqlite3.connect(path)
    (experiment,) = database.execute("SELECT experiment_id FROM experiments WHERE name = 'wide'").fetchone()
    database.executemany(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,"
        " end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)"
        " VALUES (?, ?, 'LOCAL', '', '', '', 'FINISHED', ?, ?, '', 'active', ?, ?)",
        [
            (run_id, f"run-{at}", 1_790_000_000_000 + at, 1_790_000_000_900 + at, str(path.parent / run_id), experiment)
            for at, run_id in enumerate(run_ids)
        ],
    )  # fmt: skip
    texts = np.array(["0.1", "0.01", "adam", "sgd", "32"])
    picks = rng.integers(0, len(texts), (RUNS, PARAMS))
    database.executemany(
        "INSERT INTO params (run_uuid, key, value) VALUES (?, ?, ?)",
        [
            (run_id, f"param_{key:04d}", str(texts[picks[at, key]]) if key % 5 == 0 else "constant")
            for at, run_id in enumerate(run_ids)
            for key in range(PARAMS)
        ],
    )
    database.executemany(
        "INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan) VALUES (?, ?, ?, 0, 9, 0)",
        [(run_id, f"val_metric_{key}", float(rng.random())) for run_id in run_ids for key in range(20)],
    )
    database.commit()
    database.close()
    return run_ids


if __name__ == "__main__":
    for result in measure():
        print(f"{result.what}: {result.ours:.3f} s, {result.peer} {result.theirs:.3f} s, ratio {result.ratio:.1f}")
