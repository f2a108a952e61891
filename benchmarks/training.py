"""What recording costs a training: the same run with plain MLflow, with the provider, and inside of ``track()``.

``python -m benchmarks.training`` measures this alone.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import Result

RUNS = 8
PROVIDER_BAR = 0.9
TRACK_BAR = 0.5
HOW = (
    f"training: the best of {RUNS} runs of each kind in turn, in one process and one SQLite store, in a repository\n"
    "with an uncommitted change; a run is a scikit-learn model, autologged, and 20 steps of two metrics.\n"
    "Processor time, which other work on the machine hardly lengthens, is that of the medians, with git's processes."
)
_PROGRAM = """
import json, os, sys, time
import numpy as np, mlflow
from sklearn.linear_model import LogisticRegression
rng = np.random.default_rng(0)
x = rng.normal(size=(2000, 50)); y = (x[:, 0] > 0).astype(int)
mlflow.set_tracking_uri(sys.argv[1])
mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)

def train():
    LogisticRegression(max_iter=20).fit(x[:1000], y[:1000])
    for step in range(20):
        mlflow.log_metrics({"loss": 1 / (step + 1), "accuracy": step / 20}, step=step)

def plain(switch):
    os.environ["MLREVIEW_PROVENANCE"] = switch
    with mlflow.start_run(run_name="plain"):
        train()

def tracked():
    os.environ["MLREVIEW_PROVENANCE"] = "on"
    import mlreview
    with mlreview.track("tracked", seed=0, data={"train": (x[:1000], y[:1000]), "test": (x[1000:], y[1000:])}):
        train()

def timed(call, *arguments):
    began, before = time.perf_counter(), sum(os.times()[:4])
    call(*arguments)
    return time.perf_counter() - began, sum(os.times()[:4]) - before  # the latter with git's

plain("off")  # opens the store
took = {"plain": [], "provider": [], "tracked": []}
for _ in range(int(sys.argv[2])):
    took["plain"].append(timed(plain, "off"))
    took["provider"].append(timed(plain, "on"))
    assert "mlreview.git.commit" in mlflow.last_active_run().data.tags, "the provider is not installed"
    took["tracked"].append(timed(tracked))
print(json.dumps(took))
"""
_GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false")


def measure(store: Path | None = None) -> list[Result]:
    """Train, in a store of its own: it is written to."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "train.py"
        script.write_text(_PROGRAM)
        for command in (("init", "-q"), ("add", "train.py"), ("commit", "-q", "-m", "training")):
            subprocess.run([*_GIT, *command], cwd=folder, check=True)
        script.write_text(f"{_PROGRAM}# changed\n")
        path = [str(Path(__file__).resolve().parents[1]), *(one for one in sys.path if one)]
        done = subprocess.run(
            [sys.executable, str(script), f"sqlite:///{folder}/mlflow.db", str(RUNS)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
            capture_output=True,
            text=True,
            check=True,
        )
    took = json.loads(done.stdout.splitlines()[-1])
    kinds = ("plain", "provider", "tracked")
    plain, provider, tracked = (min(wall for wall, _ in took[kind]) for kind in kinds)
    busy = {kind: statistics.median(cpu for _, cpu in took[kind]) for kind in kinds}
    more = f"+{tracked - plain:.2f} s, +{busy['tracked'] - busy['plain']:.2f} s of processor"
    return [
        Result("a short training, provider on", provider, plain, "plain MLflow", PROVIDER_BAR),
        Result(f"a short training inside track(), {more}", tracked, plain, "plain MLflow", TRACK_BAR),
    ]


if __name__ == "__main__":
    for result in measure():
        print(f"{result.what}: {result.ours:.3f} s, {result.peer} {result.theirs:.3f} s, ratio {result.ratio:.1f}")
