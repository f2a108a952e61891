"""What a comparison reads, from a real store with real files."""

from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from mlreview import names
from mlreview.analysis.diff import ArtifactFacts
from mlreview.analysis.diff_read import MAX_TEXT_BYTES, read_files, read_recorded, with_files
from mlreview.entities import LoggedModel
from mlreview.errors import BadInputError, NotFoundError
from mlreview.store import open_store


@pytest.fixture
def client(sqlite_store: str) -> MlflowClient:
    return MlflowClient(sqlite_store)


def new_run(client: MlflowClient, folder: Path) -> str:
    experiment = client.create_experiment(f"files {folder.name}", artifact_location=(folder / "files").as_uri())
    return client.create_run(experiment).info.run_id


def test_files_are_listed_and_those_that_describe_the_run_are_read(client, sqlite_store: str, tmp_path: Path):
    run = new_run(client, tmp_path)
    client.log_text(run, "summary", "model_summary.txt")
    client.log_text(run, "numpy==2.0", "model/requirements.txt")
    client.log_text(run, "not read", "plots/data.csv")
    client.log_text(run, "secret note", "mlreview/notes/01.md")
    client.log_text(run, "+ line", "mlreview/uncommitted.patch")
    client.log_text(run, "x" * (MAX_TEXT_BYTES + 1), "model/conda.yaml")
    facts = read_files(open_store(sqlite_store), run, None)
    assert facts.texts == {
        "model_summary.txt": "summary", "model/requirements.txt": "numpy==2.0", "mlreview/uncommitted.patch": "+ line"
    }  # fmt: skip
    assert facts.paths["plots/data.csv"] == 8
    assert not [path for path in facts.paths if "notes" in path]


def test_files_of_a_logged_model_are_read_and_nothing_outside_of_it(client, sqlite_store: str, tmp_path: Path):
    run = new_run(client, tmp_path)
    model = tmp_path / "models" / "m-1"
    model.mkdir(parents=True)
    (model / "MLmodel").write_text("mlflow_version: 3.17.2")
    (tmp_path / "models" / "secret.txt").write_text("secret")
    logged = LoggedModel("m-1", "model", run, "1", model.as_uri(), "READY", 0)
    store = open_store(sqlite_store)
    assert read_files(store, run, logged).texts == {"model/MLmodel": "mlflow_version: 3.17.2"}
    with pytest.raises(BadInputError):
        store.read_model_artifact(logged, "../secret.txt")
    with pytest.raises(NotFoundError):
        store.read_model_artifact(logged, "conda.yaml")


def test_the_manifest_of_the_last_model_is_read_where_training_recorded_one(client, sqlite_store: str, tmp_path: Path):
    run = new_run(client, tmp_path)
    logged = LoggedModel("m-1", "model", run, "1", tmp_path.as_uri(), "READY", 0)
    client.log_text(run, "{}", f"{names.MANIFEST_FOLDER}/m-1.json")
    store = open_store(sqlite_store)
    told = replace(read_recorded(store, [run]), models=[logged])
    assert with_files(store, told).files[run].texts == {}  # nothing says that there is one
    client.set_tag(run, names.MODEL_DIGEST_TAG, "f" * 64)
    failed = replace(logged, model_id="m-2", status="UPLOAD_FAILED")  # later, and without files
    told = replace(read_recorded(store, [run]), models=[logged, failed])
    assert with_files(store, told).files[run].texts == {f"{names.MANIFEST_FOLDER}/m-1.json": "{}"}


def test_a_run_whose_files_cannot_be_read_is_compared_without_them(client, sqlite_store: str, tmp_path: Path):
    experiment = client.create_experiment("proxied", artifact_location="mlflow-artifacts:/1")
    run = client.create_run(experiment).info.run_id
    store = open_store(sqlite_store)
    recorded = with_files(store, read_recorded(store, [run, "f" * 32]))
    assert list(recorded.runs.run_ids) == [run]
    assert recorded.files[run].paths == ArtifactFacts().paths
    assert "handed on by its MLflow server" in recorded.files[run].problem
