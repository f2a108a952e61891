"""``mlreview.track()`` around real trainings: what it records, what it refuses, and that it never stops one."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.utils.autologging_utils import autologging_is_disabled
from sklearn.linear_model import LogisticRegression, Ridge

import mlreview
from mlreview import names
from mlreview.errors import BadInputError
from mlreview.records import parse_record
from mlreview.training.manifest import differences, make_manifest, parse_manifest

ROOT = Path(__file__).parent.parent.parent
RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = (X[:, 0] + RNG.normal(size=200) / 3 > 0).astype(int)
SETS = {
    "train": mlreview.Data(X[:100], Y[:100], source="s3://bucket/all.csv", name="rows"),
    "validation": mlreview.Data(X[100:150], Y[100:150], source="s3://bucket/all.csv", name="held out"),
    "test": mlreview.Data(X[150:], Y[150:], source="s3://bucket/test.csv", name="test rows"),
}


@pytest.fixture
def store(sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowClient]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mlreview.training.run._said", set())
    mlflow.set_tracking_uri(sqlite_store)
    yield MlflowClient()
    while mlflow.active_run():
        mlflow.end_run()


def artifact(client: MlflowClient, run_id: str | None, path: str) -> str:
    assert run_id is not None
    return Path(client.download_artifacts(run_id, path)).read_text()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "mlreview.training" and one.levelno >= 30]


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line for line in warnings(caplog) if line.startswith("Not recorded")]


# --- what is recorded ---------------------------------------------------------------------------------------------


def test_a_scikit_learn_training_is_recorded_whole(store: MlflowClient, caplog: pytest.LogCaptureFixture):
    with mlreview.track(
        "a first try", seed=7, data=SETS, params={"features": 3}, tags={"ticket": "A-1"}, log_models=False
    ) as run:
        drawn = np.random.rand()
        model = LogisticRegression(C=0.5).fit(X[:100], Y[:100])
        mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])  # pyright: ignore
        measured = run.evaluate(Y[150:], model.predict_proba(X[150:]), classes=("no", "yes"))

    found = store.get_run(run.run_id or "")
    assert (found.info.status, found.info.run_name) == ("FINISHED", "a first try")
    assert found.data.params["C"] == "0.5"
    assert found.data.params["features"] == "3"
    assert found.data.metrics["test_roc_auc"] == measured["test_roc_auc"]
    tags = found.data.tags
    assert (tags["ticket"], tags[names.SEED_TAG]) == ("A-1", "7")
    np.random.seed(7)
    assert np.random.rand() == drawn
    assert json.loads(tags["mlreview.data.test.classes"]) == {"0": int((Y[150:] == 0).sum()), "1": int(Y[150:].sum())}
    used = {(one.tags[0].value, one.dataset.name, one.dataset.source_type) for one in found.inputs.dataset_inputs}
    assert used == {("train", "rows", "s3"), ("validation", "held out", "s3"), ("test", "test rows", "s3")}
    record = parse_record(artifact(store, run.run_id, names.RUN_FILE))
    assert (record.seed, record.description, len(record.data)) == (7, "a first try", 3)
    assert {"python", "numpy"} <= set(record.seeded)
    assert "scikit-learn==" in artifact(store, run.run_id, names.PACKAGES_FILE)
    roc = json.loads(artifact(store, run.run_id, f"{names.PLOTS_FOLDER}/test/roc.json"))
    assert roc["facts"]["roc_auc"] == measured["test_roc_auc"]

    (model_id,) = (one.model_id for one in found.outputs.model_outputs)
    manifest = parse_manifest(artifact(store, run.run_id, f"{names.MANIFEST_FOLDER}/{model_id}.json"))
    folder = Path(download_artifacts(f"models:/{model_id}"))
    # The download adds a file that says where it came from.
    assert differences(manifest, make_manifest(folder, ignore=("registered_model_meta",))) == ()
    assert tags[names.MODEL_DIGEST_TAG] == manifest.digest

    assert {one.name for one in run.missing} <= {"note", "code_version", "script"}  # of whoever runs the tests
    assert "note" in json.loads(tags[names.FIELDS_TAG])["missing"]
    (said,) = warnings(caplog)
    assert "mlreview note set" in said


def test_a_plain_loop_is_recorded_and_says_what_it_lacks(store: MlflowClient, caplog: pytest.LogCaptureFixture):
    with mlreview.track("a loop", autolog=False) as run:
        for step in range(3):
            mlflow.log_metrics({"train_loss": 1 / (step + 1)}, step=step)
    history = store.get_metric_history(run.run_id or "", "train_loss")
    assert [one.step for one in history] == [0, 1, 2]
    lacking = {"params", "test_metrics", "data_digest", "data_location", "seed", "model", "plots", "note"}
    assert lacking <= {one.name for one in run.missing}
    (said,) = warnings(caplog)
    assert 'mlreview.track("…", seed=0)' in said


def test_doubtful_data_are_said_in_the_log_and_as_a_tag(store: MlflowClient, caplog: pytest.LogCaptureFixture):
    sets = {"train": (X[:100], Y[:100]), "val": (X[90:], Y[90:]), "test": (X[90:], Y[90:])}
    with mlreview.track("leaky", data=sets, autolog=False) as run:
        pass
    tag = store.get_run(run.run_id or "").data.tags[names.WARNINGS_TAG].splitlines()
    assert tag == list(run.warnings)
    assert tag[0].startswith("Validation and test are the same data")
    assert "10 of 110 validation rows are also in the training data" in tag[1]
    assert any("same data" in line for line in warnings(caplog))


def test_data_that_come_later_are_recorded_and_none_twice(store: MlflowClient):
    with mlreview.track("late", data={"train": (X[:100], Y[:100])}, autolog=False) as run:
        run.log_data(test=(X[100:], Y[100:]))
        with pytest.raises(BadInputError, match="test are recorded already"):
            run.log_data(test=(X, Y))
    record = parse_record(artifact(store, run.run_id, names.RUN_FILE))
    assert [one.context for one in record.data] == ["train", "test"]


def test_an_architecture_is_recorded_as_params_once_and_never_over_the_teams_own(store: MlflowClient):
    from sklearn.neural_network import MLPClassifier

    with mlreview.track("nothing to tell", autolog=False) as other:
        assert not other.describe_model("a text")
    with mlreview.track("described", params={names.LAYERS_PARAM: "mine"}, autolog=False) as run:
        assert run.describe_model(MLPClassifier((32, 8)))
        assert run.describe_model(MLPClassifier((4,)))
    params = store.get_run(run.run_id or "").data.params
    assert (params[names.ARCHITECTURE_PARAM], params[names.WIDTHS_PARAM]) == ("MLPClassifier 32-8", "32, 8")
    assert params[names.LAYERS_PARAM] == "mine"


# --- sweeps, and what is left behind ------------------------------------------------------------------------------


def test_a_sweep_is_a_run_with_children_and_leaves_the_process_as_it_was(
    store: MlflowClient, caplog: pytest.LogCaptureFixture
):
    before, environment = mlflow.log_metric, dict(os.environ)
    with mlreview.track("sweep", log_models=False) as parent:
        children = []
        for alpha in (0.1, 1.0):
            with mlreview.track(f"alpha {alpha}", seed=0, log_models=False) as child:
                Ridge(alpha=alpha).fit(X, Y)
            children.append(child.run_id)
        active = mlflow.active_run()
        assert active is not None
        assert active.info.run_id == parent.run_id
        assert not autologging_is_disabled("sklearn")
    for run_id, alpha in zip(children, ("0.1", "1.0"), strict=True):
        found = store.get_run(run_id or "").data
        assert (found.params["alpha"], found.tags[names.PARENT_RUN_TAG]) == (alpha, parent.run_id)
    assert len(warnings(caplog)) == 1, "what a sweep's children lack is not said of each"
    assert mlflow.active_run() is None
    assert autologging_is_disabled("sklearn")
    assert mlflow.log_metric is before
    assert {name for name in os.environ if name.startswith("MLFLOW_HTTP")} == {
        name for name in environment if name.startswith("MLFLOW_HTTP")
    }


def test_autologging_that_the_team_turned_on_stays_as_it_is(store: MlflowClient):
    mlflow.sklearn.autolog(log_models=False, silent=True)  # pyright: ignore
    try:
        with mlreview.track("own autologging"):
            pass
        assert not autologging_is_disabled("sklearn")
    finally:
        mlflow.sklearn.autolog(disable=True)  # pyright: ignore


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError("of the training"), "FAILED"), (KeyboardInterrupt(), "KILLED"), (SystemExit(0), "FINISHED")],
)
def test_an_error_of_the_training_is_its_own_and_ends_the_run(store: MlflowClient, error: BaseException, status: str):
    runs = []
    with pytest.raises(type(error)), mlreview.track("stops", autolog=False) as run:  # noqa: PT012
        runs.append(run)
        mlflow.start_run(nested=True)  # left open
        raise error
    (run,) = runs
    assert store.get_run(run.run_id or "").info.status == status
    assert mlflow.active_run() is None


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("description", "options"),
    [
        ("", {}),
        ("x" * 251, {}),
        ("a", {"seed": -1}),
        ("a", {"seed": "0"}),
        ("a", {"data": [1]}),
        ("a", {"params": {"a@b": 1}}),
        ("a", {"tags": ["a"]}),
        ("a", {"autolog": "sklaern"}),
        ("a", {"experiment": "a", "experiment_id": "0"}),
        ("a", {"experiment_id": "404"}),
    ],
)
def test_misuse_raises_before_a_run_starts(store: MlflowClient, description: str, options: dict):
    with pytest.raises(BadInputError), mlreview.track(description, **options):
        pytest.fail("the training was begun")
    assert store.search_runs(["0"]) == []


def test_a_run_that_is_still_open_is_not_made_a_parent_by_accident(store: MlflowClient):
    mlflow.start_run()
    with pytest.raises(BadInputError, match="still open"), mlreview.track("second"):
        pytest.fail("the training was begun")
    with mlreview.track("second", nested=True, autolog=False) as run:
        pass
    assert run.run_id is not None


def test_predictions_that_do_not_belong_together_raise_and_nothing_is_logged(store: MlflowClient):
    with mlreview.track("misuse", autolog=False) as run:
        with pytest.raises(BadInputError):
            run.evaluate([0, 1], [0.5])
        with pytest.raises(BadInputError):
            run.evaluate([0, 1], [0.5, 0.6], split="a/b")
    assert store.get_run(run.run_id or "").data.metrics == {}


# --- bookkeeping that fails ---------------------------------------------------------------------------------------


def test_a_server_that_is_down_stops_no_training_and_is_said_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    mlflow.set_tracking_uri("http://ada:s3cr3t@127.0.0.1:9")
    with mlreview.track("no server", seed=1, data=SETS) as run:
        model = LogisticRegression().fit(X, Y)
        mlflow.log_metric("loss", 0.1)
        mlflow.log_params({"a": 1})
        mlflow.sklearn.log_model(model, name="model", pip_requirements=[])  # pyright: ignore
        measured = run.evaluate(Y, model.predict_proba(X))
    assert run.run_id is None
    assert measured["test_accuracy"] > 0.5
    (said,) = complaints(caplog)
    assert "the run itself" in said
    assert "s3cr3t" not in said


def test_a_store_that_fails_on_the_way_stops_no_training(
    store: MlflowClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    trained = False
    with mlreview.track("store breaks", autolog=False) as run:
        with sqlite3.connect(tmp_path / "mlflow.db") as database:
            for table in ("metrics", "params", "tags"):
                database.execute(f"ALTER TABLE {table} RENAME TO gone_{table}")
        mlflow.log_metric("loss", 0.1)
        mlflow.log_param("a", 1)
        run.evaluate([0, 1, 1], [0.1, 0.7, 0.8])
        trained = True
    assert trained
    assert mlflow.active_run() is None
    assert len(complaints(caplog)) == 1


def test_artifacts_that_cannot_be_kept_cost_neither_the_training_nor_its_metrics(
    store: MlflowClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "full").write_text("a file, where a folder is wanted")
    experiment = store.create_experiment("full disk", artifact_location=(tmp_path / "full" / "x").as_uri())
    with mlreview.track("disk full", experiment_id=experiment, autolog=False) as run:
        mlflow.log_text("a", "a.txt")
        mlflow.log_metric("loss", 0.1)
        mlflow.sklearn.log_model(LogisticRegression(), name="model", pip_requirements=[])  # pyright: ignore
        run.evaluate([0, 1, 1], [0.1, 0.7, 0.8])
    metrics = store.get_run(run.run_id or "").data.metrics
    assert (metrics["loss"], metrics["test_accuracy"]) == (0.1, 1)
    assert len(complaints(caplog)) == 1


def test_a_call_of_mlflow_that_can_not_be_right_still_raises(store: MlflowClient):
    with mlreview.track("misused", autolog=False):
        mlflow.log_param("a", 1)
        with pytest.raises(mlflow.MlflowException):
            mlflow.log_param("a", 2)
        with pytest.raises(FileNotFoundError):
            mlflow.log_artifact("missing.txt")


def test_the_run_of_a_subprocess_that_is_named_to_it_is_continued_and_has_its_provenance(
    store: MlflowClient, monkeypatch: pytest.MonkeyPatch
):
    """``mlflow run`` names it; MLflow asks no provider for runs that are resumed."""
    begun = store.create_run("0")
    monkeypatch.setenv("MLFLOW_RUN_ID", begun.info.run_id)
    with mlreview.track("continued", seed=1, autolog=False) as run:
        mlflow.log_metric("loss", 0.1)
    assert run.run_id == begun.info.run_id
    data = store.get_run(begun.info.run_id).data
    assert (data.metrics, data.tags[names.SEED_TAG]) == ({"loss": 0.1}, "1")
    assert {names.ENV_PYTHON, names.COMMAND} <= data.tags.keys()


def test_without_scikit_learn_evaluating_says_so_and_the_training_goes_on(
    store: MlflowClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("mlreview.training.run.can_evaluate", lambda: False)
    with mlreview.track("bare", autolog=False) as run:
        assert run.evaluate([0, 1], [0.2, 0.8]) == {}
    assert any("pip install scikit-learn" in line for line in complaints(caplog))


def test_without_a_repository_the_teams_own_fields_are_looked_for_and_nothing_is_complained_of(
    store: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "mlreview.toml").write_text('required_fields = ["seed", "code_version", "script", "tag:ticket"]\n')
    (tmp_path / "train.py").write_text("a = 1\n")
    for module in ("provenance", "snapshot"):
        monkeypatch.setattr(f"mlreview.training.{module}.main_script", lambda: tmp_path / "train.py")
    monkeypatch.setattr("mlreview.training.provenance._kept", None)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with mlreview.track("no repository", seed=1, autolog=False) as run:
        pass
    assert [one.name for one in run.missing] == ["code_version", "tag:ticket"]
    record = parse_record(artifact(store, run.run_id, names.RUN_FILE))
    assert (record.code.commit, record.code.script is not None) == (None, True)
    assert " × " in (record.hardware or "")
    assert store.get_run(run.run_id or "").data.tags[names.HARDWARE_TAG] == record.hardware
    assert complaints(caplog) == []


def test_where_no_file_can_be_written_metrics_are_kept_and_the_training_goes_on(
    store: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """A container whose whole tree is read-only, the folder for temporary files too."""
    with mlreview.track("read-only", seed=1, autolog=False) as run:
        monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "mlflow.db" / "x")])
        monkeypatch.setattr(tempfile, "tempdir", None)
        mlflow.log_text("a", "a.txt")
        mlflow.log_metric("loss", 0.1)
        run.evaluate([0, 1, 1], [0.1, 0.7, 0.8])
    metrics = store.get_run(run.run_id or "").data.metrics
    assert (metrics["loss"], metrics["test_accuracy"]) == (0.1, 1)
    assert len(complaints(caplog)) == 1


# --- from a script, in a repository and without one ---------------------------------------------------------------

SCRIPT = """
import sys
import mlflow
import mlreview
from helper import RATE

mlflow.set_tracking_uri(sys.argv[1])
with mlreview.track("from a script", seed=1, params={"rate": RATE}) as run:
    import numpy  # imported inside: seeded all the same
    mlflow.log_metric("train_loss", float(numpy.random.rand()))
    print(run.run_id)
"""
GIT = ("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")


def run_script(folder: Path, uri: str) -> str:
    done = subprocess.run(
        [sys.executable, "src/train.py", uri, "--token=abcdefgh"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "context provider" not in done.stderr, "MLflow could not load the plugin"
    return done.stdout.split()[-1]


def test_a_script_keeps_its_patch_its_untracked_sources_and_itself(store: MlflowClient, tmp_path: Path):
    folder = tmp_path / "repo"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "train.py").write_text(SCRIPT)
    for command in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "first")):
        subprocess.run([*GIT, *command], cwd=folder, check=True)
    (folder / "src" / "train.py").write_text(f"{SCRIPT}# changed\n")
    (folder / "src" / "helper.py").write_text("RATE = 0.1\n")
    (folder / "src" / "key.py").write_text("KEY = '-----BEGIN PRIVATE KEY-----'\n")

    run_id = run_script(folder, mlflow.get_tracking_uri())

    record = parse_record(artifact(store, run_id, names.RUN_FILE))
    assert (record.command[1], record.command[3], record.folder) == ("src/train.py", "--token=***", ".")
    assert "numpy" in record.seeded
    assert record.code.dirty is True
    assert [one.path for one in record.code.untracked] == ["src/helper.py"]
    assert any("src/key.py" in line for line in record.code.left_out)
    assert artifact(store, run_id, f"{names.CODE_FOLDER}/src/train.py").endswith("# changed\n")
    assert artifact(store, run_id, f"{names.UNTRACKED_FOLDER}/src/helper.py") == "RATE = 0.1\n"
    assert "+# changed" in artifact(store, run_id, names.PATCH_FILE)
    tags = store.get_run(run_id).data.tags
    assert (tags[names.GIT_DIRTY], tags[names.ENTRY]) == ("true", "src/train.py")
    assert record.code.patch is not None
    assert tags[names.PATCH_SHA] == record.code.patch.sha256


def test_a_notebook_keeps_its_file_or_else_the_cells_that_ran(
    store: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    book = tmp_path / "study.ipynb"
    book.write_text("{}")
    monkeypatch.setattr("mlreview.training.snapshot.main_script", lambda: None)
    monkeypatch.setattr(sys.modules["__main__"], "In", ["", "x = 1", "token = 'ghp_" + "a" * 36 + "'"], raising=False)
    kept = []
    for named in (str(book), "notebook"):
        monkeypatch.setattr("mlreview.training.snapshot.notebook", lambda named=named: named)
        with mlreview.track("from a notebook", autolog=False) as run:
            pass
        script = parse_record(artifact(store, run.run_id, names.RUN_FILE)).code.script
        assert script is not None
        kept.append((script.path, artifact(store, run.run_id, script.artifact)))
    assert kept[0] == ("study.ipynb", "{}")
    assert kept[1] == ("notebook_cells.py", "# cell 1\nx = 1\n\n# cell 2\ntoken = ***")


def test_importing_mlreview_stays_light_and_knows_nothing_else():
    assert mlreview.__version__
    with pytest.raises(AttributeError):
        _ = mlreview.trakc  # pyright: ignore
