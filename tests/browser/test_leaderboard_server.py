"""The leaderboard over a real tracking server that is slow: what stands at once, and what comes behind it."""

import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Page, expect

from mlreview.store.paging import BEGINNING
from mlreview.ui.growing import FIRST_RUNS
from tests.browser.harness import WAIT_MS, expect_column, running_app
from tests.sample_store import START_MS
from tests.store.servers import Answer, Seen, before
from tests.stores import TrackingServer

# With the other tests of a server, so that it is started once in a run; Chromium starts in a second.
pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.xdist_group("stores")]

RUNS = 1_500
HELD_S = 6
"""Longest that one request is held: well below the time that a store has for an answer."""


def _write_runs(server: TrackingServer, experiment: str) -> None:
    """Straight into the database: the older a run, the better; the best is the last to be read."""
    database = sqlite3.connect(server.backend_uri.removeprefix("sqlite:///"), timeout=30)
    ids = [f"{experiment:>08}{at:024x}" for at in range(RUNS)]
    with database:
        database.executemany(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,"
            " end_time, source_version, lifecycle_stage, experiment_id)"
            " VALUES (?, ?, 'UNKNOWN', '', '', 'ada', 'FINISHED', ?, ?, '', 'active', ?)",
            [
                (run_id, f"run-{at}", START_MS + 1000 * at, START_MS + 1000 * at + 500, experiment)
                for at, run_id in enumerate(ids)
            ],
        )
        database.executemany(
            "INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan)"
            " VALUES (?, 'val_auc', ?, ?, 0, 0)",
            [(run_id, 0.9 - at / 10_000, START_MS + 1000 * at) for at, run_id in enumerate(ids)],
        )
    database.close()


def test_the_first_rows_are_ranked_while_the_rest_is_read_behind_a_line_that_says_how_far(
    mlflow_server: TrackingServer, page: Page, tmp_path: Path
):
    experiment = MlflowClient(mlflow_server.url).create_experiment("many runs")
    _write_runs(mlflow_server, experiment)
    opened = threading.Event()

    def slow(request: Seen, pass_on: Callable[[], Answer]) -> Answer:
        """Every page of the whole scan but its first is slow, until the test lets it through."""
        if request.path.endswith("/runs/search"):
            asked = json.loads(request.body)
            if str(BEGINNING) not in asked["filter"]:
                opened.wait(HELD_S)
        return pass_on()

    try:
        with before(mlflow_server.url, slow) as site, running_app(site.url, tmp_path) as app:
            page.goto(f"{app}/?exp={experiment}")
            line = page.get_by_text("Reading all runs")
            expect(line).to_be_visible(timeout=WAIT_MS)
            # Of the newest runs the oldest is best; they are said to be not all.
            expect_column(page, "leaderboard_table", "Run", [f"run-{RUNS - FIRST_RUNS + at}" for at in range(3)])
            expect(page.get_by_text("more are being read")).to_be_visible()
            expect(line).to_be_visible()
            opened.set()
            expect(line).to_have_count(0, timeout=2 * WAIT_MS)
            expect_column(page, "leaderboard_table", "Run", ["run-0", "run-1", "run-2"])
            expect(page.get_by_text(f"500 of {RUNS:,} runs")).to_be_visible()
    finally:
        opened.set()
