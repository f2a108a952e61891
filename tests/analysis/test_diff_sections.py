"""Rows of the sections Data, Code, Environment, Model and Artifacts, from what a run's records and files say."""

import json

import pytest

from mlreview import names
from mlreview.analysis.diff import ArtifactFacts, Comparison, Recorded, compare
from mlreview.analysis.diff_report import see
from mlreview.analysis.diff_rows import DiffRow
from mlreview.entities import Dataset, LoggedModel
from tests.analysis.test_diff import SUMMARY
from tests.tables import run_table

MLMODEL = """
flavors:
  keras: {{}}
  python_function: {{}}
mlflow_version: 3.17.2
model_size_bytes: {size}
signature:
  inputs: '[{{"type": "tensor", "tensor-spec": {{"dtype": "float32", "shape": [-1, {words}]}}}}]'
  outputs: '[{{"name": "p", "type": "double"}}]'
"""


def schema(**columns: str) -> str:
    return json.dumps({"mlflow_colspec": [{"name": name, "type": kind} for name, kind in columns.items()]})


def data(run: str, types: str, rows: int) -> Dataset:
    profile = json.dumps({"num_rows": rows, "features_shape": [rows, 100]})
    return Dataset(run, "posts", "d1", "http", '{"url": "https://a.example/x"}', schema(text=types), profile, "train")


def files(units: int, packages: str, patch: str, more: dict[str, int | None]) -> ArtifactFacts:
    texts = {
        "model_summary.txt": SUMMARY.format(units, units * 101),
        "model/MLmodel": MLMODEL.format(size=units * 1000, words=units),
        "model/requirements.txt": packages,
        "mlreview/code.patch": patch,
    }
    return ArtifactFacts({"model_summary.txt": 900, "plot.png": 4, **more}, texts)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    tags = {names.GIT_COMMIT_TAG: ["a" * 40, "b" * 40], names.GIT_BRANCH: ["main", "main"]}
    return compare(
        Recorded(
            run_table(2, tags=tags),
            [data("run-0", "string", 796), data("run-1", "long", 800)],
            [LoggedModel("m", "model", "run-0", "1", "", "READY", 0)],
            {
                "run-0": files(32, "keras==3.15.1\nnumpy==2.0\n", "-a\n", {"only.txt": 3}),
                "run-1": files(8, "keras==3.16.0\npandas==3.1\n", "-b\n", {"plot.png": 5}),
            },
        )
    )


def rows(comparison: Comparison, section: str) -> dict[str, DiffRow]:
    return {row.key: row for row in comparison[section].rows}  # type: ignore[index]


def test_data_show_sizes_schema_and_location(comparison: Comparison):
    found = rows(comparison, "data")
    assert found["train: examples"].values == ("796", "800")
    assert found["train: schema"].values == ("text: string", "text: long")
    assert found["train: schema"].differs
    assert not found["train: location"].differs
    assert found["train: columns"].values == ("100", "100")


def test_code_shows_commit_branch_and_the_recorded_patch(comparison: Comparison):
    found = rows(comparison, "code")
    assert found["commit"].differs
    assert not found["branch"].differs
    assert found["patch"].values == ("-a\n", "-b\n")
    assert found["patch"].differs


def test_packages_that_were_added_removed_and_changed_have_a_row_each(comparison: Comparison):
    found = rows(comparison, "environment")
    differing = {key: row.values for key, row in found.items() if row.differs}
    assert differing["package keras"] == ("3.15.1", "3.16.0")
    assert differing["package numpy"] == ("2.0", None)
    assert differing["package pandas"] == (None, "3.1")


def test_the_model_shows_architecture_layers_counts_signature_flavours_and_size(comparison: Comparison):
    found = rows(comparison, "model")
    assert comparison.sections[0].name == "model"
    assert found["architecture"].values == ("Dense 32", "Dense 8")
    assert found["parameters"].values == ("3,232", "808")
    assert found["layers"].values == ("1", "1")
    assert found["layer 1"].differs
    assert found["input signature"].values == ("float32 [-1, 32]", "float32 [-1, 8]")
    assert found["output signature"].values == ("p: double",) * 2
    assert found["flavours"].values == ("keras, python_function",) * 2
    assert found["model size"].values == ("32,000 bytes", "8,000 bytes")


def test_artifacts_are_compared_by_path_and_size(comparison: Comparison):
    found = rows(comparison, "artifacts")
    assert found["plot.png"].values == ("4 bytes", "5 bytes")
    assert found["only.txt"].values == ("3 bytes", None)
    assert found["only.txt"].differs
    assert found["model_summary.txt"].differs  # of one size, and another text


def test_images_logged_models_and_the_comparison_of_two_commits_are_told():
    tags = {
        names.ENV_IMAGE: ["train:1", "train:2"],
        names.GIT_COMMIT: ["a" * 40, "b" * 40],
        names.GIT_REMOTE: ["git@github.com:team/posts.git"] * 2,
    }
    models = [LoggedModel(f"m-{at}", "model", f"run-{at // 2}", "1", "", "READY", 0) for at in range(3)]
    table = run_table(2, {"val_AUROC": [0.9, 0.8]}, tags=tags)
    seen = see(Recorded(table, (), models), None, None, {})
    assert rows(seen.comparison, "environment")["image"].values == ("train:1", "train:2")
    assert rows(seen.comparison, "environment")["image"].differs
    assert rows(seen.comparison, "model")["logged models"].values == ("2", "1")
    assert seen.code_comparisons == (None, f"https://github.com/team/posts/compare/{'a' * 40}...{'b' * 40}")
