"""New data for an old training, looked-for data, predictions and counterparts: pure parts of doing a run again."""

import math
from pathlib import Path

import pytest

from mlreview import names
from mlreview.errors import BadInputError
from mlreview.reproduce.attempt import counterpart
from mlreview.reproduce.data import look_at_data
from mlreview.reproduce.environment import training_environment, whole_address
from mlreview.reproduce.predictions import predictions_part
from mlreview.reproduce.recipe import plan
from mlreview.reproduce.redirect import redirect
from tests.reproduce.runs import dataset, recorded, run


@pytest.fixture
def new(tmp_path: Path) -> Path:
    file = tmp_path / "new.csv"
    file.write_text("1\n")
    return file


@pytest.mark.parametrize(
    ("command", "where", "arguments"),
    [
        ("python train.py --data data/train.csv", "data/train.csv", ("--data", "NEW")),
        ("python train.py --data=./data/train.csv", "data/train.csv", ("--data=NEW",)),
        ("python train.py /home/ada/models/data/train.csv", "/home/ada/models/data/train.csv", ("NEW",)),
        ("python train.py --in s3://bucket/old.csv", "s3://bucket/old.csv", ("--in", "NEW")),
        ("python train.py --n 3 --data old", "", ("--n", "3", "--data", "NEW")),
    ],
)
def test_new_data_take_the_place_of_the_old_in_the_command(command: str, where: str, arguments, new: Path):
    recipe = plan(recorded({names.COMMAND: command}, datasets=(dataset(where=where),)))
    found = redirect(recipe, [str(new)], new.parent)
    assert found.command.arguments == tuple(
        str(new) if one == "NEW" else one.replace("NEW", str(new)) for one in arguments
    )
    assert not found.placed
    assert recipe.command is not None
    assert found.command.target == recipe.command.target


def test_data_that_the_command_does_not_name_are_put_in_the_place_of_the_old(new: Path):
    recipe = plan(recorded({names.COMMAND: "python train.py"}))
    found = redirect(recipe, ["new.csv"], new.parent)
    assert found.placed == {"data/train.csv": new}
    assert found.said == (f"train data: {new} in the place of data/train.csv",)


def test_other_data_than_the_training_data_are_named(new: Path):
    both = (dataset(), dataset("d2", "test", "data/test.csv"))
    recipe = plan(recorded({names.COMMAND: "python train.py data/train.csv data/test.csv"}, datasets=both))
    found = redirect(recipe, [f"test={new}"], new.parent)
    assert found.command.arguments == ("data/train.csv", str(new))
    assert found.contexts == {"test"}


@pytest.mark.parametrize("where", ["s3://bucket/old.csv", "SELECT * FROM posts", "/srv/data/old.csv", "../old.csv", ""])
def test_data_that_nothing_names_are_not_replaced(where: str, new: Path):
    recipe = plan(recorded({names.COMMAND: "python train.py"}, datasets=(dataset(where=where),)))
    with pytest.raises(BadInputError, match="can't be replaced"):
        redirect(recipe, [str(new)], new.parent)


def test_new_data_have_to_be_there(tmp_path: Path):
    with pytest.raises(BadInputError, match=r"no data at 'absent\.csv'"):
        redirect(plan(recorded()), ["absent.csv"], tmp_path)


@pytest.mark.parametrize(
    ("where", "state"),
    [
        ("s3://bucket/old.csv", "unknown"),
        ("SELECT * FROM posts", "unknown"),
        ("/nowhere/old.csv", "missing"),
        ("file:///nowhere/old.csv", "missing"),
        ("HERE", "here"),
    ],
)
def test_data_outside_of_the_repository_are_looked_for(where: str, state: str, new: Path):
    told = recorded(datasets=(dataset(where=str(new) if where == "HERE" else where),))
    (place,) = look_at_data(plan(told), told, None)
    assert place.state == state


def test_of_a_sweep_the_run_with_the_same_params_is_compared():
    old = run("old", {"loss": 1.0}, {"rate": "0.1"}, {names.PARENT_RUN_TAG: "p"}, name="child 2")
    nested = {names.PARENT_RUN_TAG: "q"}
    started = [
        run("parent", {}, {"rate": "0.1"}, name="sweep"),
        run("child 1", {"loss": 1.0}, {"rate": "0.2"}, nested, name="child 1"),
        run("child 2", {"loss": 3.0}, {"rate": "1e-1"}, nested, name="child 2"),
        run("child 3", {"loss": 1.0}, {"rate": "0.1", "extra": "1"}, nested, name="child 3"),
    ]
    assert counterpart(old, started) is started[2]
    assert counterpart(run("old", {}, {}, name="sweep"), started) is started[0]
    assert counterpart(old, []) is None


def test_predictions_are_compared_one_by_one():
    assert predictions_part([0.1, "a"], [0.1, "a"], 0.01).same == 2
    near = predictions_part([0.5, math.nan], [0.5001, math.nan], 0.01)
    assert (near.same, near.near, near.differing) == (1, 1, ())
    (difference,) = predictions_part([0.5, 0.25], [0.5, 0.75], 0.01).differing
    assert str(difference) == "prediction 2 on the example: 0.25 then, 0.75 now"
    assert "2 then, 1 now" in str(predictions_part([1, 2], [1], 0.01).differing[0])


def test_the_training_is_told_the_store_and_the_link_and_nothing_of_this_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("MLFLOW_RUN_ID", "another")
    monkeypatch.setenv("MLFLOW_RUN_CONTEXT", '{"team": "a"}')
    found = training_environment("sqlite:////x.db", None, "3", {names.REPRODUCES_TAG: "old"})
    assert not {"PYTHONPATH", "MLFLOW_RUN_ID", "MLFLOW_REGISTRY_URI"} & found.keys()
    assert found["MLFLOW_RUN_CONTEXT"] == '{"team": "a", "mlreview.reproduces": "old"}'
    assert (found["MLFLOW_TRACKING_URI"], found["MLFLOW_EXPERIMENT_ID"]) == ("sqlite:////x.db", "3")


@pytest.mark.parametrize(
    ("uri", "whole"),
    [
        ("sqlite:///mlflow.db", "sqlite:////work/mlflow.db"),
        ("sqlite+pysqlite:///a/b.db?timeout=3", "sqlite+pysqlite:////work/a/b.db?timeout=3"),
        ("sqlite:////there/mlflow.db", "sqlite:////there/mlflow.db"),
        ("http://host:5000", "http://host:5000"),
    ],
)
def test_a_store_is_named_so_that_it_is_the_same_from_the_worktree(uri: str, whole: str):
    assert whole_address(uri, Path("/work")) == whole
