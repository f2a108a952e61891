"""Provenance of a run: from a real repository, in a real process, with MLflow's own start_run."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlreview import names
from mlreview.names import UNKNOWN
from mlreview.training.git import git_state
from mlreview.training.provenance import MAX_CHARS, _clean, find_provenance

ROOT = Path(__file__).resolve().parents[2]
GIT = ("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "src").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "src" / "train.py").write_text("print('training')\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "remote", "add", "origin", "https://bot:s3cr3t-pass@git.example/team/models.git")
    return folder


def run(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {key: value for key, value in os.environ.items() if key not in ("CI", "GITHUB_ACTIONS", "GITLAB_CI")}
    variables |= {"PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=script.parent,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )


PRINT_TAGS = "import json\nfrom mlreview.training.provenance import provenance\nprint(json.dumps(provenance()))\n"


def tags_of(script: Path, *arguments: str, **environment: str) -> dict[str, str]:
    script.write_text(PRINT_TAGS)
    return json.loads(run(script, *arguments, **environment).stdout)


def test_a_clean_checkout_is_told_with_its_commit_and_author(repository: Path):
    state = git_state(repository / "src", 5)
    assert state is not None
    assert state.commit == git(repository, "rev-parse", "HEAD")
    assert (state.branch, state.dirty, state.author) == ("main", "false", "Ada <ada@example.org>")
    assert Path(state.top).resolve() == repository.resolve()


def test_a_change_of_a_tracked_file_makes_it_dirty(repository: Path):
    (repository / "src" / "train.py").write_text("print('other')\n")
    state = git_state(repository, 5)
    assert state is not None
    assert state.dirty == "true"


def test_a_script_that_no_commit_has_is_told(repository: Path, monkeypatch):
    """The tree is clean for git, and yet who checks the commit out does not have what ran."""
    scripts = {name: repository / "src" / name for name in ("train.py", "new [1].py", "ignored.py")}
    (repository / ".gitignore").write_text("ignored.py\n")
    for name in ("new [1].py", "ignored.py"):
        scripts[name].write_text("")
    told = {}
    for name, script in scripts.items():
        monkeypatch.setattr("mlreview.training.provenance.main_script", lambda script=script: script)
        found = find_provenance(within_s=60)
        told[name] = (found[names.ENTRY], found[names.GIT_DIRTY], found.get(names.ENTRY_UNTRACKED))
    assert told["train.py"] == ("src/train.py", "false", None)
    assert told["new [1].py"] == ("src/new [1].py", "false", "true")
    assert told["ignored.py"] == ("src/ignored.py", "false", "true")


def test_a_checkout_of_no_branch_is_detached(repository: Path):
    git(repository, "checkout", "-q", "--detach")
    state = git_state(repository, 5)
    assert state is not None
    assert state.branch == "detached"


def test_git_that_does_not_answer_in_time_is_unknown_and_ends(repository: Path, monkeypatch, tmp_path: Path):
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    state = git_state(repository, 0.05)
    assert state is not None
    assert {state.commit, state.branch, state.dirty, state.author, state.remote} == {UNKNOWN}


def test_outside_of_a_repository_and_without_git_nothing_is_said(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state(tmp_path, 5) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path, 5) is None


def test_a_repository_without_a_commit_is_none_yet(tmp_path: Path):
    git(tmp_path, "init", "-q")
    assert git_state(tmp_path, 5) is None


def test_a_script_is_told_with_its_command_and_no_secret(repository: Path):
    tags = tags_of(repository / "src" / "train.py", "--lr", "0.1", "--api-key", "abcdef123")
    assert tags[names.ENTRY] == "src/train.py"
    assert tags[names.COMMAND].endswith("train.py --lr 0.1 --api-key '***'")
    assert tags[names.GIT_DIRTY] == "true"
    assert tags[names.GIT_REMOTE] == "https://***@git.example/team/models.git"
    assert "abcdef123" not in json.dumps(tags)
    assert "s3cr3t" not in json.dumps(tags)


def test_the_ci_job_and_who_caused_it_are_told(repository: Path):
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "team/models",
        "GITHUB_RUN_ID": "77",
        "GITHUB_ACTOR": "ada",
    }
    tags = tags_of(repository / "src" / "train.py", **github)
    assert tags[names.ENV_CI] == "https://github.example/team/models/actions/runs/77"
    assert tags[names.ENV_CI_ACTOR] == "ada"
    gitlab = {"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.example/j/5", "GITLAB_USER_LOGIN": "bob"}
    tags = tags_of(repository / "src" / "train.py", **gitlab)
    assert (tags[names.ENV_CI], tags[names.ENV_CI_ACTOR]) == ("https://gitlab.example/j/5", "bob")


def test_the_image_is_what_the_job_says(repository: Path):
    tags = tags_of(repository / "src" / "train.py", CI_JOB_IMAGE="registry.example/train:1.2")
    assert tags[names.ENV_IMAGE] == "registry.example/train:1.2"


def test_every_tag_is_one_that_every_store_takes(monkeypatch):
    monkeypatch.setenv("MLREVIEW_IMAGE", "x" * 5000 + "\udcff")
    for key, value in find_provenance().items():
        assert names.is_legal_key(key)
        assert 0 < len(value) <= MAX_CHARS
        assert value.isprintable()
        value.encode()


def test_a_key_or_value_that_mlflow_refuses_never_reaches_it(monkeypatch):
    """MLflow's ``start_run`` raises at it, and the training with it."""
    made = {"a@b": "x", "k" * 300: "x", "mlreview.empty": "  ", "mlreview.good": "x"}
    monkeypatch.setattr("mlreview.training.provenance._machine", lambda: made)
    found = find_provenance()
    assert found["mlreview.good"] == "x"
    assert not {"a@b", "k" * 300, "mlreview.empty"} & found.keys()


@pytest.mark.parametrize("value", ["a\0b", "a\ud800b", "a\nb", "👩‍👩‍👧" * 900, "  "])
def test_odd_values_are_made_plain(value: str):
    assert len(_clean(value)) <= MAX_CHARS
    assert "\0" not in _clean(value)
    _clean(value).encode()


def test_what_fails_costs_its_own_part_alone(monkeypatch):
    import mlreview.training.provenance as module

    def broken() -> Mapping[str, str]:
        raise RuntimeError("no")

    monkeypatch.setattr(module, "_machine", broken)
    found = find_provenance()
    assert names.ENV_PYTHON not in found
    assert names.COMMAND in found


def _installed(folder: Path) -> Path:
    """A folder that makes this package look installed, with the entry points of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    metadata = folder / "site" / "mlreview_for_test-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mlreview-for-test\nVersion: 1\n")
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    return metadata.parent


TRAIN = """
import json, sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment(experiment_id=sys.argv[2])
with mlflow.start_run() as run:
    mlflow.log_metric("val_loss", 0.5)
    with mlflow.start_run(nested=True) as child:
        pass
print(json.dumps([mlflow.get_run(r.info.run_id).data.tags for r in (run, child)]))
"""


@pytest.mark.parametrize("switch", ["", "off"])
def test_every_start_run_is_recorded_with_no_code_at_all_unless_it_is_switched_off(
    repository: Path, sqlite_store: str, tmp_path: Path, switch: str
):
    from mlflow import MlflowClient

    experiment = MlflowClient(sqlite_store).create_experiment("e", artifact_location=tmp_path.as_uri())
    script = repository / "src" / "train.py"
    script.write_text(TRAIN)
    path = f"{_installed(tmp_path)}{os.pathsep}{ROOT}"
    done = run(script, sqlite_store, experiment, PYTHONPATH=path, **({names.PROVENANCE_SWITCH: switch}))
    for tags in json.loads(done.stdout.splitlines()[-1]):
        ours = {key for key in tags if key.startswith(names.OWN_PREFIX)}
        if switch:
            assert ours == set()
        else:
            assert {names.GIT_COMMIT, names.GIT_DIRTY, names.COMMAND, names.ENTRY, names.ENV_PYTHON} <= ours
            assert tags[names.GIT_COMMIT] == git(repository, "rev-parse", "HEAD")


def test_the_folder_of_the_command_is_recorded_from_the_root_of_its_repository(tmp_path: Path, monkeypatch):
    (tmp_path / "jobs").mkdir()
    git(tmp_path, "init", "-q")
    (tmp_path / "jobs" / "train.py").write_text("")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    monkeypatch.chdir(tmp_path / "jobs")
    monkeypatch.setattr("mlreview.training.provenance.main_script", lambda: tmp_path / "jobs" / "train.py")
    found = find_provenance(within_s=10)
    assert (found[names.COMMAND_FOLDER], found[names.ENTRY]) == ("jobs", "jobs/train.py")


def test_it_is_found_once_a_process_and_anew_in_a_forked_one(monkeypatch):
    import mlreview.training.provenance as module

    found = []

    def find() -> dict[str, str]:
        found.append(len(found))
        return {"a": str(len(found))}

    monkeypatch.setattr(module, "_kept", None)
    monkeypatch.setattr(module, "find_provenance", find)
    first = module.provenance()
    first["a"] = "a caller's own"
    assert module.provenance() == {"a": "1"}
    monkeypatch.setattr(module.os, "getpid", lambda: -1)
    assert module.provenance() == {"a": "2"}
    assert module.WITHIN_S <= 0.2


def test_a_notebook_is_told_by_the_path_that_its_server_gives(monkeypatch):
    """As a kernel looks from inside: its shell has the application's configuration."""
    shell = SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/study.ipynb")
    found = find_provenance()
    assert found[names.ENTRY] == "/home/ada/study.ipynb"
    assert not {names.COMMAND, names.SCRIPT} & found.keys(), "the kernel's command says nothing of the training"
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert find_provenance()[names.ENTRY] == "notebook"
    shell.config = {}  # a console
    assert names.COMMAND in find_provenance()


def test_a_container_says_of_itself_what_it_is_where_the_job_names_no_image(tmp_path: Path, monkeypatch):
    import mlreview.training.provenance as module

    for name in module._IMAGE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    podman, docker = tmp_path / "containerenv", tmp_path / "dockerenv"
    monkeypatch.setattr(module, "_PODMAN_FILE", podman)
    monkeypatch.setattr(module, "_DOCKER_FILE", docker)
    assert names.ENV_IMAGE not in find_provenance()
    docker.touch()
    assert find_provenance()[names.ENV_IMAGE] == "a Docker container, image unknown"
    podman.write_text('engine="podman-5"\nimage="registry.example/train:1.2"\n')
    assert find_provenance()[names.ENV_IMAGE] == "registry.example/train:1.2"
    monkeypatch.setenv("MLREVIEW_IMAGE", "said/for:sure")
    assert find_provenance()[names.ENV_IMAGE] == "said/for:sure"
