"""A repository with a training in it that needs no TensorFlow, and the run that somebody recorded of it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result
from mlflow import MlflowClient

from mlreview import names
from mlreview.cli import main
from mlreview.training.sources import uncommitted
from tests.training.test_provenance import git

SCRIPT = """
import argparse

from helper import SCALE  # first: a training without it fails at once

import mlflow
import numpy as np
from mlreview.training.provenance import find_provenance

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--data")
chosen = parser.parse_args()
rows = np.loadtxt(chosen.data)
generator = np.random.default_rng(7)
with mlflow.start_run(run_name="loop", tags=find_provenance(within_s=60) | {"mlreview.seed": "7"}):
    mlflow.log_params({"rate": chosen.rate, "momentum": MOMENTUM})
    mlflow.log_input(mlflow.data.from_numpy(rows, source=chosen.data, name="rows"), context="train")
    weight = generator.normal()
    for step in range(4):
        weight -= chosen.rate * SCALE * (weight - rows.mean()) + MOMENTUM * generator.normal() / 100
        mlflow.log_metric("loss", float((weight - rows.mean()) ** 2), step=step)
"""


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
        """Another run with the same record but for some tags and files; nothing is trained."""
        old = self.client.get_run(self.run_id)
        kept = {key: value for key, value in old.data.tags.items() if key.startswith("mlreview.")}
        run = self.client.create_run(old.info.experiment_id, run_name="like it", tags=kept | (tags or {}))
        contents = recorded_files(self.client, self.run_id) | (files or {})
        put_files(self.client, run.info.run_id, contents, self.folder)
        for key, value in old.data.params.items():
            self.client.log_param(run.info.run_id, key, value)
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
    client = MlflowClient(uri)
    (run,) = client.search_runs([experiment])
    found = uncommitted(repository)
    files = {f"untracked/{path}": data for path, data in found.untracked.items()}
    put_files(client, run.info.run_id, {**files, "uncommitted.patch": found.patch}, folder)
    client.set_tag(run.info.run_id, names.PATCH_SHA, hashlib.sha256(found.patch).hexdigest())

    (repository / "train.py").write_text("raise SystemExit('the repository has moved on')\n")
    (repository / "helper.py").write_text("SCALE = 100\n")
    git(repository, "commit", "-q", "-a", "-m", "second")
    return Bench(uri, folder, run.info.run_id)


def report(result: Result) -> dict:
    assert result.exit_code in (0, 1), result.output
    return json.loads(result.stdout)
