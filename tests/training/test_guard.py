"""What stops a training, and what does not: errors of MLflow and of the storage behind it."""

import json
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, INVALID_PARAMETER_VALUE

from mlreview.training.guard import Guard, guard_fluent, is_misuse, patience


class LoginRanOutError(Exception):
    """As S3's and Google's clients raise them: no kind of ``OSError``."""


@pytest.mark.parametrize(
    "error",
    [
        LoginRanOutError("ExpiredToken"),
        type("ParamValidationError", (ValueError,), {"__module__": "botocore.exceptions"})("a bucket's name"),
        ModuleNotFoundError("No module named 'boto3'"),
        json.JSONDecodeError("Expecting value", "<html>", 0),
        ConnectionError("refused"),
        PermissionError("read-only"),
        OSError(28, "No space left on device"),
        MlflowException("broken", INTERNAL_ERROR),
    ],
)
def test_a_store_or_a_bucket_that_fails_is_no_misuse(error: Exception):
    assert not is_misuse(error)


@pytest.mark.parametrize(
    "error",
    [
        TypeError("log_metric() missing 1 required positional argument"),
        ValueError("not a number"),
        KeyError("a"),
        FileNotFoundError(2, "No such file", "missing.txt"),
        MlflowException("another value", INVALID_PARAMETER_VALUE),
    ],
)
def test_what_was_called_wrongly_is_misuse(error: Exception):
    assert is_misuse(error)


def test_where_no_temporary_file_can_be_made_nothing_was_called_wrongly(tmp_path: Path, monkeypatch):
    """A container whose whole tree is read-only."""
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "file" / "x")])
    monkeypatch.setattr(tempfile, "tempdir", None)
    with pytest.raises(FileNotFoundError) as raised:
        tempfile.mkdtemp()
    assert not is_misuse(raised.value)


def test_a_function_that_was_imported_by_name_before_is_guarded_and_given_back(monkeypatch: pytest.MonkeyPatch):
    training = ModuleType("a_training")
    exec("from mlflow import log_metric, log_params", training.__dict__)  # noqa: S102
    monkeypatch.setitem(sys.modules, "a_training", training)
    before = training.log_metric
    guard = Guard("sqlite://")  # has no run: nothing is sent
    undo = guard_fluent(mlflow, lambda: guard)
    assert training.log_metric("loss", 0.1) is None
    assert training.log_metric is mlflow.log_metric is not before
    undo()
    assert training.log_metric is mlflow.log_metric is before


def test_a_dead_server_costs_seconds_for_the_time_of_a_run_unless_the_team_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
):
    """MLflow's own defaults hold each call for four minutes."""
    wait, tries = "MLFLOW_HTTP_REQUEST_TIMEOUT", "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
    monkeypatch.delenv(wait, raising=False)
    monkeypatch.setenv(tries, "9")
    with patience():
        assert int(os.environ[wait]) <= 10
        assert os.environ[tries] == "9"
    assert wait not in os.environ
    monkeypatch.delenv(tries)
    with patience():
        assert int(os.environ[tries]) <= 2
    assert tries not in os.environ
