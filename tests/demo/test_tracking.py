import os
from contextlib import suppress
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from mlreview import names
from mlreview.demo import run_demo
from mlreview.demo.tracking import COMPLETE_TAG, RUN_TAG, artifact_location, demo_runs, store_errors, tracking_to
from mlreview.errors import BadInputError, StoreError
from tests.stores import free_port


@pytest.fixture
def client(sqlite_store: str) -> MlflowClient:
    return MlflowClient(sqlite_store)


def make_demo(client: MlflowClient, kind: str, complete: str | None, name: str, artifacts: Path) -> str:
    """What an earlier call leaves, without its training."""
    tags = {names.DEMO_TAG: kind} | ({COMPLETE_TAG: complete} if complete else {})
    experiment = client.create_experiment(name, artifact_location=artifacts.as_uri(), tags=tags)
    run = client.create_run(experiment, tags={RUN_TAG: "sports-NN-32d-lr0.1"})
    client.set_terminated(run.info.run_id)
    return experiment


def silent(text: str) -> None:
    pass


def test_a_second_call_does_nothing_and_says_what_is_there(
    client: MlflowClient, sqlite_store: str, tmp_path: Path
) -> None:
    experiment = make_demo(client, "newsgroups", "full", "hockey-vs-baseball", tmp_path)
    said: list[str] = []

    result = run_demo(tracking_uri=sqlite_store, say=said.append)

    assert result.skipped
    assert (result.experiment_id, result.run_ids, result.registered) == (experiment, (), None)
    assert len(client.search_runs([experiment])) == 1
    assert said == ["The experiment 'hockey-vs-baseball' is there already, with 1 finished runs of the demo."]


def test_the_whole_demo_holds_the_quick_one(client: MlflowClient, sqlite_store: str, tmp_path: Path) -> None:
    make_demo(client, "breast-cancer", "full", "breast-cancer", tmp_path)
    assert run_demo(tracking_uri=sqlite_store, quick=True, say=silent).skipped


def test_without_a_word_on_the_data_a_demo_on_either_is_there_already(
    client: MlflowClient, sqlite_store: str, tmp_path: Path
) -> None:
    make_demo(client, "breast-cancer", "quick", "breast-cancer", tmp_path)
    result = run_demo(tracking_uri=sqlite_store, quick=True, say=silent)
    assert result.skipped
    assert result.data == "breast-cancer"


def test_a_name_that_belongs_to_somebody_else_is_refused(
    client: MlflowClient, sqlite_store: str, tmp_path: Path
) -> None:
    client.create_experiment("ours", artifact_location=tmp_path.as_uri())
    with pytest.raises(BadInputError, match=r"'ours' already, and the demo did not make it.*--experiment"):
        run_demo(tracking_uri=sqlite_store, data="breast-cancer", experiment="ours", say=silent)
    assert client.search_experiments(filter_string="name = 'ours'")[0].tags == {}


def test_a_deleted_experiment_is_named_with_the_way_to_restore_it(
    client: MlflowClient, sqlite_store: str, tmp_path: Path
) -> None:
    experiment = make_demo(client, "newsgroups", "full", "hockey-vs-baseball", tmp_path)
    client.delete_experiment(experiment)
    with pytest.raises(BadInputError, match=rf"was deleted.*mlflow experiments restore -x {experiment}"):
        run_demo(tracking_uri=sqlite_store, say=silent)


def test_one_experiment_never_holds_both_kinds_of_data(client: MlflowClient, sqlite_store: str, tmp_path: Path) -> None:
    make_demo(client, "newsgroups", None, "mine", tmp_path)
    with pytest.raises(BadInputError, match=r"holds the demo on newsgroups, not on breast-cancer"):
        run_demo(tracking_uri=sqlite_store, data="breast-cancer", experiment="mine", say=silent)


def test_a_store_that_does_not_answer_is_one_clear_error() -> None:
    uri = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(StoreError, match=rf"{uri} could not be used: .*call mlreview demo again"):
        run_demo(tracking_uri=uri, data="breast-cancer", say=silent)


@pytest.mark.parametrize("set_by_call", [False, True])
@pytest.mark.parametrize("in_environment", [False, True])
def test_the_process_is_left_as_it_was(
    set_by_call: bool,
    in_environment: bool,
    client: MlflowClient,
    sqlite_store: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_demo(client, "newsgroups", "full", "hockey-vs-baseball", tmp_path)
    if in_environment:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
        monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "77")
    if set_by_call:
        mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/other.db")
    environment, uri, is_set = dict(os.environ), mlflow.get_tracking_uri(), mlflow.is_tracking_uri_set()

    run_demo(tracking_uri=sqlite_store, say=silent)

    assert dict(os.environ) == environment
    assert (mlflow.get_tracking_uri(), mlflow.is_tracking_uri_set()) == (uri, is_set)


def test_a_failure_leaves_the_process_as_it_was_too(sqlite_store: str) -> None:
    environment = dict(os.environ)
    with suppress(ZeroDivisionError), tracking_to(sqlite_store):
        assert mlflow.get_tracking_uri() == sqlite_store
        _ = 1 / 0
    assert dict(os.environ) == environment
    assert not mlflow.is_tracking_uri_set()


def test_runs_of_the_demo_are_known_by_a_tag_not_by_their_name(
    client: MlflowClient, sqlite_store: str, tmp_path: Path
) -> None:
    experiment = make_demo(client, "newsgroups", None, "hockey-vs-baseball", tmp_path)
    client.create_run(experiment, run_name="somebody else's")
    client.create_run(experiment, tags={RUN_TAG: "sports-NN-8d-lr0.1"})  # begun, and never ended

    finished, unfinished = demo_runs(client, experiment)

    assert list(finished) == ["sports-NN-32d-lr0.1"]
    assert [run.data.tags[RUN_TAG] for run in unfinished] == ["sports-NN-8d-lr0.1"]


@pytest.mark.parametrize(
    ("uri", "root", "location"),
    [
        ("sqlite:////data/team/mlflow.db", None, "file:///data/team/mlartifacts/a-b"),
        ("sqlite+pysqlite:////data/team/mlflow.db?mode=rw", None, "file:///data/team/mlartifacts/a-b"),
        ("sqlite:////data/team/mlflow.db", "/big disk", "file:///big%20disk/a-b"),
        ("sqlite:////data/team/mlflow.db", "s3://bucket/models/", "s3://bucket/models/a-b"),
        ("http://server:5000", None, None),
        ("http://server:5000", "s3://bucket", "s3://bucket/a-b"),
    ],
)
def test_artifacts_lie_beside_a_sqlite_file_unless_somebody_says_otherwise(
    uri: str, root: str | None, location: str | None
) -> None:
    assert artifact_location(uri, root, "a b") == location


def test_a_relative_sqlite_file_is_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert artifact_location("sqlite:///mlflow.db", None, "x") == (tmp_path / "mlartifacts" / "x").as_uri()


def test_an_experiments_name_can_not_lead_its_artifacts_elsewhere() -> None:
    assert artifact_location("sqlite:////data/mlflow.db", None, "../../etc") == "file:///data/mlartifacts/etc"


def test_a_password_in_the_stores_address_is_not_repeated() -> None:
    uri = "postgresql://ada:half@secret@db/mlflow"
    with (
        pytest.raises(StoreError, match=r"postgresql://ada:\*\*\*@db/mlflow could not be used") as caught,
        store_errors(uri),
    ):
        raise MlflowException(f"no answer from {uri}")
    assert "half" not in str(caught.value)
    assert "secret" not in str(caught.value)
