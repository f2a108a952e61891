"""The examples for CI: valid YAML, and their commands run as the runner would, over a store with a reviewed model."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlreview.settings import load_settings
from tests.review.real import Story, told

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "ci"
GITHUB: dict[Any, Any] = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text(encoding="utf-8"))
GITLAB: dict[Any, Any] = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def story(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(sqlite_template, tmp_path_factory.mktemp("ci"))


@pytest.fixture
def runner(story: Story, tmp_path: Path) -> Any:
    """Runs a script as a CI runner does, with ``mlreview`` on the path and nothing to install."""
    tools = tmp_path / "bin"
    tools.mkdir()
    here = {"mlreview": f'exec {sys.executable} -m mlreview.cli "$@"', "python": f'exec {sys.executable} "$@"'}
    for name, text in here.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    (tmp_path / "mlreview.toml").write_text("[policy]\nrequired_fields = false\n")

    def run(script: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            **{key: one for key, one in os.environ.items() if not key.startswith(("MLFLOW_", "MLREVIEW_"))},
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHONPATH": str(EXAMPLES.parents[1]),
            "MLFLOW_TRACKING_URI": story.uri,
            "MLREVIEW_USER": "dan",
            "GITLAB_USER_LOGIN": "dan",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "ALIAS": "shipped",
            "REASON": "it's better; $(touch pwned)",
            **variables,
        }
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(shell, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)

    return run


def steps(job: str) -> list[str]:
    """What a job of the GitHub example runs, without the installation."""
    return [one["run"] for one in GITHUB["jobs"][job]["steps"] if "run" in one and "pip install" not in one["run"]]


def script(job: str) -> str:
    """What a job of the GitLab example runs, without the installation."""
    lines = [*GITLAB[".mlreview"]["before_script"], *GITLAB[job]["script"]]
    return "\n".join(one for one in lines if "pip install" not in one)


def test_the_policy_of_the_example_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)
    policy = load_settings().policy
    assert policy is not None
    assert policy.enforce


def test_what_somebody_typed_is_part_of_no_command() -> None:
    for job in GITHUB["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
    assert GITHUB["permissions"] == {"contents": "read"}
    assert GITHUB["jobs"]["promote"]["needs"] == "gate"
    assert GITLAB["stages"] == ["gate", "promote"]
    assert GITLAB["promote"]["rules"][0]["when"] == "manual"


def test_github_passes_what_is_approved_and_stops_what_is_not(runner: Any, story: Story, tmp_path: Path) -> None:
    (ask,), (deploy,) = steps("gate"), steps("promote")
    done = runner(ask, MODEL="models:/sports@challenger")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "summary.md").read_text().startswith("Passed: v1 of sports")
    assert runner(ask, MODEL="models:/sports/2").returncode == 1
    done = runner(deploy, MODEL="models:/sports@challenger")
    assert done.returncode == 0, done.stderr
    assert "models:/sports@shipped now" in done.stdout
    assert not (tmp_path / "pwned").exists()


def test_gitlab_asks_about_the_version_that_mlflows_webhook_names(runner: Any, tmp_path: Path) -> None:
    payload = tmp_path / "payload.json"
    for version, code in (("1", 0), ("9", 2)):
        said = {"name": "sports", "version": version, "key": "mlreview.state", "value": "approved"}
        payload.write_text(json.dumps({"entity": "model_version_tag", "action": "set", "data": said}))
        done = runner(script("gate"), TRIGGER_PAYLOAD=str(payload), MODEL="models:/other/1")
        assert done.returncode == code, done.stdout + done.stderr
        assert json.loads((tmp_path / "gate.json").read_text())["subject"] == f"models:/sports/{version}"
    assert GITLAB["promote"]["script"] == [one.partition(" | tee")[0] for one in steps("promote")]
