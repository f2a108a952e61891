"""Serving: the dashboard, MLflow's own UI beside it, and both gone afterwards."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from mlreview.serve import free_port
from tests.sample_store import Sample

ROOT = Path(__file__).resolve().parents[1]


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


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
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    assert not answers(f"http://127.0.0.1:{port}/_stcore/health")
    assert not answers(f"{mlflow_ui}/health")
