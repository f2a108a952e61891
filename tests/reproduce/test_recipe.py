"""What is needed to do a run again, and what of it was recorded."""

import shlex
import subprocess

import pytest

from mlreview import names
from mlreview.errors import BadInputError
from mlreview.reproduce.command import recorded_command
from mlreview.reproduce.recipe import plan
from mlreview.reproduce.requirements import mismatches, read_requirements
from tests.reproduce.runs import COMMIT, TAGS, dataset, recorded


def test_everything_recorded_needs_nobody():
    recipe = plan(recorded())
    assert recipe.readiness == "9 of 9 ingredients recorded"
    assert not recipe.blocked
    assert recipe.patched == ("train.py",)


def test_what_is_missing_is_named_with_whom_to_ask():
    recipe = plan(recorded({names.SEED_TAG: None}, datasets=(dataset(where=""),)))
    assert recipe.readiness == (
        "7 of 9 ingredients recorded; missing: seed (ask the run's author, or look in the code), "
        "data location (ask the run's author)"
    )
    assert recipe.steps


@pytest.mark.parametrize(
    ("tags", "parts", "name", "blocked"),
    [
        ({names.GIT_COMMIT: None}, {}, "commit", True),
        ({names.GIT_COMMIT: names.UNKNOWN}, {}, "commit", True),
        ({names.GIT_COMMIT: "--force"}, {}, "commit", True),
        ({names.GIT_COMMIT: "abc1234"}, {}, "commit", True),
        ({names.GIT_REMOTE: None}, {}, "repository", False),
        ({names.PATCH_SHA: None}, {"patch": None}, "uncommitted changes", False),
        ({}, {"patch": None}, "uncommitted changes", True),
        ({}, {"patch": b"damaged"}, "uncommitted changes", True),
        ({}, {"untracked": {"../evil.py": b""}}, "uncommitted changes", True),
        ({names.GIT_DIRTY: None, names.PATCH_SHA: None}, {"patch": None}, "uncommitted changes", False),
        ({names.COMMAND: None}, {}, "command", True),
        ({names.COMMAND: "rm -rf /"}, {}, "command", True),
        ({names.ENV_PYTHON: None}, {}, "Python", False),
        ({}, {"packages": ""}, "packages", False),
        ({names.SEED_TAG: None}, {}, "seed", False),
    ],
)
def test_each_ingredient_can_be_missing(tags, parts, name: str, blocked: bool):
    recipe = plan(recorded(tags, **parts))
    assert [one.name for one in recipe.missing] == [name]
    assert bool(recipe.blocked) is blocked
    assert bool(recipe.steps) is not blocked


def test_no_data_lack_digest_and_location():
    assert [one.name for one in plan(recorded(datasets=())).missing] == ["data digest", "data location"]


def test_clean_code_needs_no_patch():
    recipe = plan(recorded({names.GIT_DIRTY: "false", names.PATCH_SHA: None}, patch=None))
    assert not recipe.missing
    assert "git apply" not in recipe.text


def test_the_models_requirements_stand_in_for_packages_that_were_not_kept():
    recipe = plan(recorded(packages="", model_requirements="tensorflow==2.21.0\n"))
    assert not recipe.requirements.exact
    assert [package.line for package in recipe.requirements.packages] == ["tensorflow==2.21.0"]


def test_the_recipe_is_lines_for_a_shell_in_which_everything_recorded_is_quoted():
    hostile = recorded(
        {
            names.COMMAND: "python train.py '$(touch /tmp/evil)' ';' 'a b'",
            names.SEED_TAG: "1\nrm -rf /",
            names.ENV_PYTHON: "3.11; rm -rf /",
        },
        untracked={"$(evil).py": b"", "a;b.py": b""},
    )
    recipe = plan(hostile)
    for line in recipe.text.splitlines():
        assert line.startswith("#") or "$(" not in line.replace("'$(touch /tmp/evil)'", "")
        assert not line.startswith("rm")
    assert recipe.python == ""
    syntax = subprocess.run(["bash", "-n"], input=recipe.text, text=True, capture_output=True, check=False)
    assert (syntax.returncode, syntax.stderr) == (0, "")
    (training,) = [line for line in recipe.text.splitlines() if line.startswith("MLFLOW_RUN_CONTEXT=")]
    assert shlex.split(training)[2:] == ["train.py", "$(touch /tmp/evil)", ";", "a b"]
    assert f"git worktree add --detach ../reproduce-old {COMMIT}" in recipe.text


@pytest.mark.parametrize(
    ("tags", "folder", "argv"),
    [
        ({}, ".", ["py", "train.py", "--rate", "0.1", "--data", "data/train.csv"]),
        (
            {names.COMMAND: "python3.11 -u -X dev jobs/fit.py", names.ENTRY: "jobs/fit.py"},
            ".",
            ["py", "-u", "-X", "dev", "jobs/fit.py"],
        ),
        (
            {names.COMMAND: "python ../train.py --in ../x", names.COMMAND_FOLDER: "jobs"},
            "jobs",
            ["py", "../train.py", "--in", "../x"],
        ),
        # Runs of other tools don't say where they ran: the script's place does.
        (
            {names.COMMAND: "python fit.py", names.ENTRY: "jobs/fit.py", names.COMMAND_FOLDER: None},
            "jobs",
            ["py", "fit.py"],
        ),
        (
            {names.COMMAND: "python x/fit.py", names.ENTRY: "a/x/fit.py", names.COMMAND_FOLDER: None},
            "a",
            ["py", "x/fit.py"],
        ),
        (
            {names.COMMAND: "python /home/ada/models/train.py --data=/home/ada/models/data/x.csv /home/ada/other"},
            ".",
            ["py", "train.py", "--data=data/x.csv", "/home/ada/other"],
        ),
        (
            {names.COMMAND: "python -m pkg.fit --n 1", names.ENTRY: "src/pkg/fit.py"},
            ".",
            ["py", "-m", "pkg.fit", "--n", "1"],
        ),
        (
            {names.COMMAND: "python -m pkg", names.ENTRY: "jobs/pkg/__main__.py", names.COMMAND_FOLDER: None},
            "jobs",
            ["py", "-m", "pkg"],
        ),
        (
            {names.COMMAND: None, names.ENTRY: "/srv/nb/study.ipynb", names.COMMAND_FOLDER: "nb"},
            "nb",
            ["py", "-m", "nbconvert", "--to", "notebook", "--execute", "--output", "executed.ipynb", "study.ipynb"],
        ),
    ],
)
def test_a_recorded_command_is_started_from_where_it_was(tags, folder: str, argv: list[str]):
    found = {key: value for key, value in {**TAGS, **tags}.items() if value is not None}
    command = recorded_command(found)
    assert (command.folder, command.argv("py")) == (folder, argv)


def test_a_given_command_takes_the_place_of_one_that_was_not_recorded():
    lacking = recorded({names.COMMAND: None})
    assert plan(lacking).blocked
    recipe = plan(lacking, "python train.py --rate 0.2")
    assert not recipe.blocked
    assert recipe.command is not None
    assert recipe.command.arguments == ("--rate", "0.2")
    with pytest.raises(BadInputError, match="only Python"):
        plan(lacking, "make train")


def test_what_an_interpreter_lacks_is_named_and_spellings_are_no_difference():
    wanted = read_requirements("NumPy==2.0\nscikit_learn==1.5.0\nabsent==3\nranged>=1,<3\npip==1\nmlreview==0.0.1\n")
    installed = {"numpy": "2.0.0", "scikit-learn": "1.4", "ranged": "2.1", "pip": "24", "mlreview": "9"}
    assert [str(one) for one in mismatches(wanted, installed)] == [
        "scikit-learn: 1.5.0 was recorded, 1.4 is here",
        "absent: 3 was recorded, none is here",
    ]
    assert [one.name for one in mismatches(wanted, {**installed, "mlreview": ""}) if one.name == "mlreview"] == []
