"""A repository with a training in it that needs no TensorFlow, and the run that somebody recorded of it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result
from mlflow import MlflowClient

from mlreview.cli import main
from tests.training.test_provenance import git

GIT_MAY_TAKE_LONGER = """
import os
from mlreview.training import provenance
provenance._kept = os.getpid(), provenance.find_provenance(within_s=60)  # on a busy machine
"""
SCRIPT = (
    GIT_MAY_TAKE_LONGER
    + """
import argparse

from helper import SCALE  # first: a training without it fails at once

import mlflow
import mlreview
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--data")
chosen = parser.parse_args()
rows = np.loadtxt(chosen.data)
params = {"rate": chosen.rate, "momentum": MOMENTUM}
data = {"train": mlreview.Data(rows, source=chosen.data)}
with mlreview.track("loop", seed=7, data=data, params=params, autolog=False):
    weight = np.random.normal()
    for step in range(4):
        weight -= chosen.rate * SCALE * (weight - rows.mean()) + MOMENTUM * np.random.normal() / 100
        mlflow.log_metric("loss", float((weight - rows.mean()) ** 2), step=step)
"""
)


@dataclass(frozen=True)
class Bench:
    """A store, a repository, and the run that was recorded in it."""

    uri: str
    folder: Path
    run_id: str

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.uri, registry_uri=self.uri)

    def call(self, *arguments: str, answer: str = "") -> Result:
        arguments = (*arguments, "--tracking-uri", self.uri)
        if (arguments[0] == "reproduce" and "--run" in arguments) or arguments[0] == "retrain":
            arguments += ("--repo", str(self.repository))
        return CliRunner().invoke(main, arguments, input=answer)

    def like(self, tags: dict[str, str] | None = None, files: dict[str, bytes] | None = None) -> str:
        """Another run with the same record but for some tags and files, as a copy would be; nothing is trained."""
        old = self.client.get_run(self.run_id)
        kept = {key: value for key, value in old.data.tags.items() if key.startswith("mlreview.")}
        run = self.client.create_run(old.info.experiment_id, run_name="like it", tags=kept | (tags or {}))
        contents = recorded_files(self.client, self.run_id) | (files or {})
        put_files(self.client, run.info.run_id, contents, self.folder)
        for key, value in old.data.params.items():
            self.client.log_param(run.info.run_id, key, value)
        self.client.log_inputs(run.info.run_id, datasets=list(old.inputs.dataset_inputs))
        for point in self.client.get_metric_history(self.run_id, "loss"):
            self.client.log_metric(run.info.run_id, "loss", point.value, point.timestamp, point.step)
        self.client.set_terminated(run.info.run_id)
        return run.info.run_id


def recorded_files(client: MlflowClient, run_id: str) -> dict[str, bytes]:
    folder = Path(client.download_artifacts(run_id, "mlreview"))
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def put_files(client: MlflowClient, run_id: str, files: dict[str, bytes], folder: Path) -> None:
    staged = folder / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    for path, data in files.items():
        (staged / path).parent.mkdir(parents=True, exist_ok=True)
        (staged / path).write_bytes(data)
    client.log_artifacts(run_id, str(staged), "mlreview")


def record(uri: str, folder: Path) -> Bench:
    """Make the repository, train in it with uncommitted changes, and let the repository move on."""
    repository = folder / "repository"
    (repository / "data").mkdir(parents=True)
    git(repository, "init", "-q", "-b", "main")
    (repository / ".gitignore").write_text("data/\n")
    (repository / "data" / "rows.csv").write_text("1\n2\n4\n")
    (repository / "train.py").write_text(SCRIPT.replace("MOMENTUM", "0.5"))
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "first")
    (repository / "train.py").write_text(SCRIPT.replace("MOMENTUM", "0.9"))
    (repository / "helper.py").write_text("SCALE = 0.5\n")

    experiment = MlflowClient(uri).create_experiment("loop", (folder / "artifacts").as_uri())
    environment = {**os.environ, "MLFLOW_TRACKING_URI": uri, "MLFLOW_EXPERIMENT_ID": experiment}
    command = [sys.executable, "train.py", "--rate", "0.1", "--data", "data/rows.csv"]
    subprocess.run(command, cwd=repository, env=environment, check=True, capture_output=True)
    (run,) = MlflowClient(uri).search_runs([experiment])

    (repository / "train.py").write_text("raise SystemExit('the repository has moved on')\n")
    (repository / "helper.py").write_text("SCALE = 100\n")
    git(repository, "commit", "-q", "-a", "-m", "second")
    return Bench(uri, folder, run.info.run_id)


def report(result: Result) -> dict:
    assert result.exit_code in (0, 1), result.output
    return json.loads(result.stdout)
