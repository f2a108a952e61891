"""Reads in a process that writes through MLflow too, while other processes write: the file stays whole.

A second SQLite library in the process (ADBC's, say) corrupted the file in just this situation. ``make test`` does it
for ten seconds, ``make soak`` for a minute, or for as long as ``MLREVIEW_SOAK_SECONDS`` says.
"""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from mlflow import MlflowClient

from mlreview.entities import RunQuery
from mlreview.errors import StoreError
from mlreview.store.sql import SqlStore
from tests.soak.writer import STEPS, write_until
from tests.stores import STOP_TIMEOUT_S, end

SECONDS = float(os.environ.get("MLREVIEW_SOAK_SECONDS", "10"))
"""How long, from the moment in which all are at it: importing MLflow takes seconds."""

PATIENCE_S = 120
"""How much longer it may take until each has done the least, on a busy machine or behind a lock."""

ROOT = Path(__file__).parents[2]
LEAST = 5
"""Fewer reads, or runs of one writer, and the test has tested nothing."""


class Reader:
    """Reads all it can until stopped; what must not happen ends up in ``wrong``."""

    def __init__(self, uri: str, experiment: str) -> None:
        self.store = SqlStore(uri)
        self.query = RunQuery(experiment_ids=(experiment,), params=None, tags=("note",), note_heads=True)
        self.reads = 0
        self.lock_timeouts = 0
        self.most = 0
        self.wrong: list[str] = []

    def read_until(self, stopped: threading.Event) -> None:
        while not stopped.is_set():
            try:
                self.read()
                self.reads += 1
            except StoreError as error:
                if "locked by another program" in error.message:
                    self.lock_timeouts += 1
                else:
                    self.wrong.append(repr(error))
            except Exception as error:
                self.wrong.append(repr(error))

    def read(self) -> None:
        table = self.store.runs(self.query)
        if len(table) < self.most:
            self.wrong.append(f"{self.most} runs, then {len(table)}")
        self.most = len(table)
        newest = list(table.run_ids[:20])
        for curve in self.store.curves(newest, ["loss"]):
            if curve.steps.tolist() != list(range(STEPS)):
                self.wrong.append(f"steps of {curve.run_id}: {curve.steps.tolist()}")
        self.store.extremes(newest, "loss")
        self.store.experiments()
        for run_id in newest[:3]:
            self.store.run(run_id)


def test_the_store_stays_whole_and_every_acknowledged_write_is_read(sqlite_store: str, tmp_path: Path) -> None:
    experiment = MlflowClient(sqlite_store).create_experiment("soak", artifact_location=tmp_path.as_uri())
    stop, stopped = tmp_path / "stop", threading.Event()
    acknowledged = {name: tmp_path / f"{name}.acknowledged" for name in ("first", "second", "here")}
    reader = Reader(sqlite_store, experiment)
    failures: list[BaseException] = []

    def write_here() -> None:
        try:
            write_until(stopped.is_set, sqlite_store, experiment, "here", acknowledged["here"])
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=write_here),
        threading.Thread(target=reader.read_until, args=(stopped,)),
    ]
    module = [sys.executable, "-m", "tests.soak.writer", sqlite_store, experiment]
    processes = [
        subprocess.Popen([*module, name, str(acknowledged[name]), str(stop)], cwd=ROOT, start_new_session=True)
        for name in ("first", "second")
    ]
    try:
        for thread in threads:
            thread.start()

        def least() -> int:
            """What the slowest has done so far; enough when one has failed, which ends the test."""
            if failures or reader.wrong or any(process.poll() is not None for process in processes):
                return LEAST
            return min(reader.reads, *(len(_lines(file)) for file in acknowledged.values()))

        _wait_for(lambda: least() >= 1)
        time.sleep(SECONDS)
        _wait_for(lambda: least() >= LEAST)
    finally:
        stopped.set()
        stop.touch()
        for thread in threads:
            thread.join()
        codes = [_ended(process) for process in processes]

    assert reader.wrong == []
    assert failures == []
    assert codes == [0, 0]
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    table = reader.store.runs(reader.query)
    found = {run_id: row for row, run_id in enumerate(table.run_ids)}
    counts = {}
    for name, file in acknowledged.items():
        written = [line.split("\t") for line in _lines(file)]
        counts[name] = len(written)
        for run_id, number, who in written:
            row = found[run_id]
            assert (table.params["who"][row], table.names[row], table.statuses[row]) == (who, who, "FINISHED")
            assert table.metrics["loss"].values[row] == int(number) + (STEPS - 1) / 10
            assert table.tags["note"][row] == f"{who} " * 50
    print(f"{reader.reads} reads ({reader.lock_timeouts} given up at a lock) beside {counts} runs in {SECONDS:g} s")
    assert min(reader.reads, *counts.values()) >= LEAST


def _lines(file: Path) -> list[str]:
    """What one writer has noted; it makes the file when it begins."""
    return file.read_text().splitlines() if file.exists() else []


def _wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds, or patience ends; what is missing then is the test's to say."""
    until = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < until:
        time.sleep(0.1)


def _ended(process: "subprocess.Popen[bytes]") -> int:
    """The exit code of a process that has been told to stop: in time, or by force."""
    try:
        return process.wait(2 * STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        end(process)
        return -1
