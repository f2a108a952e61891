"""Learning curves: bulk reads of histories against a loop over MLflow's client, and long ones up to the figure."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.make_store import EXPERIMENT, make_store
from benchmarks.timing import Result, best_of
from mlreview.analysis.curves import Shape, make_line, points_a_line
from mlreview.charts.curve_frame import Frame, Panel, RunLook
from mlreview.charts.curves import draw
from mlreview.charts.theme import RUN_COLOURS
from mlreview.entities import RunQuery
from mlreview.store import open_store

RUNS, METRICS = 50, ("loss", "val_loss")
LONG_RUNS, LONG_STEPS = 10, 100_000
ON_SCREEN_S = 2.0
TIMES = 3
HOW = (
    f"Curves: mlreview the best of {TIMES}, MlflowClient once. The bar of the long histories is {ON_SCREEN_S:g} s of\n"
    f"server time: {LONG_RUNS} runs of {LONG_STEPS:,} steps, from the file to the figure as JSON."
)

_MLFLOW = """
import sys, time
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
ids, metrics = sys.argv[2].split(","), sys.argv[3].split(",")
client.get_metric_history(ids[0], metrics[0])
began = time.perf_counter()
points = sum(len(client.get_metric_history(run_id, metric)) for run_id in ids for metric in metrics)
print(points, time.perf_counter() - began)
"""


def measure(store: Path) -> list[Result]:
    """Time both on one store of ``make_store``, and the long histories on a store of their own."""
    uri = f"sqlite:///{store}"
    opened = open_store(uri)
    experiment = next(e.experiment_id for e in opened.experiments() if e.name == EXPERIMENT)
    oldest = opened.runs(RunQuery((experiment,), metrics=("loss",)))
    steps = oldest.metrics["loss"].steps
    short = [run_id for run_id, last in zip(oldest.run_ids, steps, strict=True) if 1 < last < 1000][:RUNS]
    opened.close()
    points, theirs = _mlflow(uri, short, METRICS)

    def ours() -> None:
        cold = open_store(uri)
        curves = cold.curves(short, METRICS)
        cold.close()
        assert sum(curve.total for curve in curves) == points, "both must read the same points"

    results = [
        Result(f"{len(short)} runs x {len(METRICS)} metrics", best_of(ours, TIMES), theirs, "get_metric_history", 20)
    ]
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.db"
        make_store(long, LONG_RUNS, LONG_RUNS, 40, LONG_RUNS, LONG_STEPS)
        results += _long(f"sqlite:///{long}")
    return results


def _long(uri: str) -> list[Result]:
    opened = open_store(uri)
    experiment = next(e.experiment_id for e in opened.experiments() if e.name == EXPERIMENT)
    ids = list(opened.runs(RunQuery((experiment,), metrics=())).run_ids)
    opened.close()
    one, theirs = _mlflow(uri, ids[:1], ("val_loss",))

    def on_screen() -> None:
        cold = open_store(uri)
        curves = cold.curves(ids, ("val_loss",))
        cold.close()
        assert sum(curve.total for curve in curves) == one * len(ids)
        shape = Shape(points=points_a_line(len(curves)))
        lines = [make_line(curve, "validation", shape, "min", None) for curve in curves]
        looks = {run_id: RunLook(run_id, run_id[:8], RUN_COLOURS[at % 10]) for at, run_id in enumerate(ids)}
        panel = Panel("val_loss", lines=tuple(line for line in lines if line is not None))
        draw([panel], looks, Frame()).figure.to_json()

    seconds = best_of(on_screen, TIMES)
    what = f"{len(ids)} runs x {one:,} steps on screen"
    return [
        Result(f"{what}: server time against the bar", seconds, ON_SCREEN_S, f"the bar of {ON_SCREEN_S:g} s", 1),
        Result(
            f"{what}: against the client's read alone", seconds, theirs * len(ids), "get_metric_history, 1 run x 10", 20
        ),
    ]


def _mlflow(uri: str, run_ids: Sequence[str], metrics: Sequence[str]) -> tuple[int, float]:
    """Points and seconds of a loop, in a process that has opened the store before."""
    command = [sys.executable, "-c", _MLFLOW, uri, ",".join(run_ids), ",".join(metrics)]
    points, seconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(points), float(seconds)
