"""Which required fields a run has recorded, from plain values."""

import json

import pytest

from mlreview import names
from mlreview.entities import Dataset
from mlreview.fields import Field, RecordedFacts, check_field_name, check_fields, fields_tag, missing_fields
from mlreview.settings import load_settings

FILE = Dataset("r", "posts", "abc", "local", json.dumps({"uri": "data/posts.csv"}), context="train")
CODE = Dataset("r", "dataset", "def", "code", json.dumps({"tags": {}}), context="test")
WHOLE = RecordedFacts(
    params={"learning_rate": "0.1", "seed": "3"},
    metrics={"loss": 0.3, "val_loss": 0.4, "test_accuracy": 0.9},
    tags={
        names.GIT_COMMIT: "a" * 40,
        names.GIT_DIRTY: "false",
        names.ENV_PYTHON: "3.11.7",
        names.NOTE_TAG: "# Use case\nRank posts.",
    },
    artifacts=(names.PACKAGES_FILE, f"{names.CODE_FOLDER}/train.py", f"{names.PLOTS_FOLDER}/test/roc.json"),
    datasets=(FILE,),
    models=1,
)


def one(name: str, recorded: RecordedFacts) -> Field:
    (found,) = check_fields(recorded, (name,))
    return found


def test_a_run_that_recorded_everything_misses_nothing():
    assert missing_fields(check_fields(WHOLE)) == ()


def test_an_empty_run_misses_every_field_and_each_says_the_line_that_records_it():
    fields = check_fields(RecordedFacts())
    assert [field.name for field in missing_fields(fields)] == list(names.REQUIRED_FIELDS)
    assert all(field.line and field.title for field in fields)


@pytest.mark.parametrize(
    ("name", "recorded", "shown"),
    [
        ("test_metrics", RecordedFacts(metrics={"val_loss": 1, "loss": 2}), ""),
        ("train_metrics", RecordedFacts(metrics={"val_loss": 1, "testAccuracy": 2}), ""),
        ("params", RecordedFacts(params={"mlreview.seq.1": "x"}), ""),
        ("seed", RecordedFacts(params={"random_state": "None"}), ""),
        ("code_version", RecordedFacts(tags={names.GIT_COMMIT: names.UNKNOWN}), ""),
        (
            "code_version",
            RecordedFacts(tags={names.GIT_COMMIT: "b" * 40, names.GIT_DIRTY: "true"}),
            "commit bbbbbbbbbb, with changes that were not kept",
        ),
        ("script", RecordedFacts(tags={names.ENTRY: "notebook", names.GIT_COMMIT: "b" * 40}), "notebook"),
        ("data_location", RecordedFacts(datasets=(FILE, CODE)), "not of dataset"),
        ("environment", RecordedFacts(tags={names.ENV_PYTHON: "3.11"}), "Python 3.11, no packages"),
        ("note", RecordedFacts(tags={names.NOTE_TAG: "# Use case\n\n## Summary\n"}), "headings alone"),
        ("tag:ticket", RecordedFacts(tags={"ticket": " "}), " "),
        ("metric:test_AUROC", RecordedFacts(metrics={"AUROC": 1}), ""),
    ],
)
def test_what_is_near_a_field_does_not_count(name: str, recorded: RecordedFacts, shown: str):
    assert (one(name, recorded).recorded, one(name, recorded).shown) == (False, shown)


@pytest.mark.parametrize(
    ("name", "recorded", "shown"),
    [
        ("code_version", RecordedFacts(tags={names.GIT_COMMIT_TAG: "c" * 40}), "commit cccccccccc"),
        ("data_location", WHOLE, "data/posts.csv"),
        ("environment", RecordedFacts(model_files=("model/conda.yaml",)), "packages in model/conda.yaml"),
        ("model", RecordedFacts(artifacts=("model/MLmodel",)), "1 logged"),
        ("plots", RecordedFacts(artifacts=("precision_recall.png",)), "precision recall"),
        ("seed", RecordedFacts(tags={names.SEED_TAG: "0"}), "0"),
        ("param:empty", RecordedFacts(params={"empty": ""}), ""),
        ("metric:m", RecordedFacts(metrics={"m": float("nan")}), "nan"),
        ("artifact:plots", RecordedFacts(artifacts=("plots/a.txt",)), "plots"),
    ],
)
def test_what_was_recorded_is_shown(name: str, recorded: RecordedFacts, shown: str):
    assert (one(name, recorded).recorded, one(name, recorded).shown) == (True, shown)


def test_a_changed_checkout_counts_with_its_patch():
    dirty = RecordedFacts(tags={names.GIT_COMMIT: "b" * 40, names.GIT_DIRTY: "true"}, artifacts=(names.PATCH_FILE,))
    assert one("code_version", dirty).recorded


def test_a_script_that_no_commit_has_counts_once_it_was_kept():
    tags = {names.GIT_COMMIT: "b" * 40, names.ENTRY: "train.py"}
    assert one("script", RecordedFacts(tags=tags)).recorded
    tags |= {names.ENTRY_UNTRACKED: "true"}
    assert one("script", RecordedFacts(tags=tags)).shown == "train.py, which is in no commit and was not kept"
    assert not one("script", RecordedFacts(tags=tags)).recorded
    assert one("script", RecordedFacts(tags=tags, artifacts=(f"{names.CODE_FOLDER}/train.py",))).recorded


def test_the_tag_names_both_lists():
    said = json.loads(fields_tag(check_fields(WHOLE, ("seed", "tag:ticket"))))
    assert said == {"recorded": ["seed"], "missing": ["tag:ticket"]}


@pytest.mark.parametrize("name", ["sead", "param:", "", "Params"])
def test_a_field_that_is_none_is_refused(name: str):
    with pytest.raises(ValueError, match="no field"):
        check_field_name(name)


def test_the_settings_name_the_fields_of_a_team(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLREVIEW_REQUIRED_FIELDS", '["seed", "param:learning_rate"]')
    assert load_settings().required_fields == ("seed", "param:learning_rate")
