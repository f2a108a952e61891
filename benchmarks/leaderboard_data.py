"""The leaderboard's data, read from SQLite: against MLflow's client, and against bare reads of the same columns."""

import sqlite3
import subprocess
import sys
from pathlib import Path

from benchmarks.make_store import EXPERIMENT, VARYING_PARAMS
from benchmarks.timing import Result, best_of, fresh_process
from mlreview.entities import RunQuery
from mlreview.store import open_store

PARAMS = tuple(f"param_{k:02d}" for k in range(VARYING_PARAMS))

TIMES = 3
HOW = (
    f"mlreview and bare sqlite3: the best of {TIMES}; mlflow.search_runs: once.\n"
    "The file is in the operating system's cache for both: it was written or read just before."
)

_MLFLOW = """
import sys, time, mlflow
mlflow.set_tracking_uri(sys.argv[1])
experiment = mlflow.get_experiment_by_name(sys.argv[2]).experiment_id
mlflow.MlflowClient().search_runs([experiment], max_results=10)
began = time.perf_counter()
frame = mlflow.search_runs([experiment], max_results=50_000)
print(len(frame), time.perf_counter() - began)
"""
_MLFLOW_COLD = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.search_runs(experiment_names=[sys.argv[2]], max_results=50_000).sort_values("metrics.val_AUROC").head(20)
"""
_OURS_COLD = """
import sys
from mlreview.cli import main
main(["leaderboard", "--tracking-uri", sys.argv[1], "--experiment", sys.argv[2], "--json"])
"""


def measure(store: Path) -> list[Result]:
    """Time both on one store of ``make_store``."""
    uri = f"sqlite:///{store}"
    answer = subprocess.run(
        [sys.executable, "-c", _MLFLOW, uri, EXPERIMENT], check=True, capture_output=True, text=True
    ).stdout.split()
    expected, theirs = int(answer[0]), float(answer[1])

    opened = open_store(uri)
    experiment = next(e.experiment_id for e in opened.experiments() if e.name == EXPERIMENT)
    opened.close()

    def ours(params: tuple[str, ...] | None) -> None:
        cold = open_store(uri)
        table = cold.runs(RunQuery((experiment,), params=params, note_heads=True))
        cold.close()
        assert len(table) == expected, "both must read the same runs"

    chosen = best_of(lambda: ours(PARAMS), TIMES)
    everything = best_of(lambda: ours(None), TIMES)
    bare = best_of(lambda: _bare(store, int(experiment)), TIMES)
    cold = fresh_process(_OURS_COLD, uri, EXPERIMENT, times=TIMES)
    cold_theirs = fresh_process(_MLFLOW_COLD, uri, EXPERIMENT)
    return [
        Result(f"leaderboard data, {expected:,} runs", chosen, theirs, "mlflow.search_runs", 25),
        Result("the same with all params", everything, theirs, "mlflow.search_runs", 25),
        Result("leaderboard data against bare sqlite3", chosen, bare, "fetchall of the same columns", 1 / 1.5),
        Result("top 20 in a new process, imports included", cold, cold_theirs, "mlflow.search_runs", 5),
    ]


def _bare(store: Path, experiment: int) -> None:
    """The same columns with nothing done to them: what the driver alone needs."""
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    runs = "JOIN runs r ON r.run_uuid = x.run_uuid WHERE r.experiment_id = ? AND r.lifecycle_stage = 'active'"
    database.execute(
        "SELECT run_uuid, experiment_id, name, user_id, status, lifecycle_stage, artifact_uri, start_time, end_time"
        " FROM runs WHERE experiment_id = ? AND lifecycle_stage = 'active' ORDER BY start_time DESC, run_uuid",
        (experiment,),
    ).fetchall()
    database.execute(
        f"SELECT x.run_uuid, x.key, x.value, x.step, x.is_nan FROM latest_metrics x {runs}", (experiment,)
    ).fetchall()
    marks = ", ".join("?" * len(PARAMS))
    database.execute(
        f"SELECT x.run_uuid, x.key, x.value FROM params x {runs} AND x.key IN ({marks})", (experiment, *PARAMS)
    ).fetchall()
    for key in ("mlflow.note.content", "mlflow.parentRunId"):
        database.execute(
            f"SELECT x.run_uuid, substr(x.value, 1, 200) FROM tags x {runs} AND x.key = ?", (experiment, key)
        ).fetchall()
    database.close()
