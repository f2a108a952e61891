"""Serving: the dashboard, MLflow's own UI beside it, and both gone afterwards."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from mlreview.serve import free_port, serve
from tests.sample_store import Sample

ROOT = Path(__file__).resolve().parents[1]


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def descendants(pid: int) -> dict[int, str]:
    """Command lines of all processes below this one, by id, as everybody on the machine can read them."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    found: dict[int, str] = {}
    parents = {pid}
    while parents:
        below = {int(row[0]): row[2] for row in rows if int(row[1]) in parents and len(row) == 3}
        found |= below
        parents = set(below)
    return found


def mlflow_servers() -> set[int]:
    return {pid for pid, command in descendants(os.getpid()).items() if "mlflow server" in command}


@pytest.mark.server
def test_the_dashboard_comes_with_mlflows_ui_and_takes_it_along_when_it_ends(team_sample: Sample):
    port = free_port()
    command = [sys.executable, "-m", "mlreview.cli", "app", "--with-mlflow", f"--server.port={port}"]
    environment = os.environ | {"MLREVIEW_TRACKING_URI": team_sample.uri, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:  # ends with the process; the line comes when MLflow's UI answers, or gives up
            lines.append(line)
            if "MLflow's own UI" in line:
                break
        output = "".join(lines)
        found = re.search(r"MLflow's own UI: (http://127\.0\.0\.1:\d+)", output)
        assert found, output
        mlflow_ui = found.group(1)
        assert f"http://127.0.0.1:{port}" in output
        assert answers(f"http://127.0.0.1:{port}/_stcore/health")
        assert answers(f"{mlflow_ui}/api/2.0/mlflow/experiments/get?experiment_id=0")
        with urllib.request.urlopen(f"{mlflow_ui}/api/2.0/mlflow/experiments/search?max_results=100") as response:
            shown = {one["experiment_id"] for one in json.load(response)["experiments"]}
        assert set(team_sample.experiments.values()) <= shown | {"0"}  # this store, and not one of MLflow's own making
        commands = descendants(process.pid).values()
        assert any("mlflow server" in command for command in commands)
        # The address of a store can hold a password.
        assert not any(team_sample.uri in command for command in commands), commands
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    assert not answers(f"http://127.0.0.1:{port}/_stcore/health")
    assert not answers(f"{mlflow_ui}/health")


@pytest.mark.server
def test_a_dashboard_that_can_not_be_started_leaves_no_ui_of_mlflow_behind(sqlite_store: str):
    before = mlflow_servers()
    try:
        with pytest.raises(ValueError, match="null byte"):  # which no argument of a program may hold
            serve(tracking_uri=sqlite_store, with_mlflow=True, streamlit_options=["\0"])
        assert mlflow_servers() == before
    finally:
        for pid in mlflow_servers() - before:
            os.killpg(pid, signal.SIGKILL)


@pytest.mark.server
@pytest.mark.parametrize("begun", ["mlflow", "streamlit"])
def test_an_interrupt_between_two_starts_ends_what_was_started(
    begun: str, sqlite_store: str, monkeypatch: pytest.MonkeyPatch
):
    before = mlflow_servers()
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    start = subprocess.Popen
    started: list[subprocess.Popen[bytes]] = []

    def interrupted(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        process = start(command, **options)  # pyright: ignore[reportCallIssue, reportArgumentType]
        started.append(process)
        if begun in command:
            os.kill(os.getpid(), signal.SIGINT)
        return process

    monkeypatch.setattr("mlreview.serve.subprocess.Popen", interrupted)
    code = 0
    try:
        with suppress(KeyboardInterrupt):
            code = serve(
                tracking_uri=sqlite_store, with_mlflow=True, streamlit_options=[f"--server.port={free_port()}"]
            )
        monkeypatch.undo()
        assert code == -signal.SIGTERM
        assert [process.poll() is not None for process in started] == [True, True]
        assert mlflow_servers() == before
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
    finally:
        monkeypatch.undo()
        for process in started:
            if process.poll() is None:
                process.kill()
        for pid in mlflow_servers() - before:
            os.killpg(pid, signal.SIGKILL)
