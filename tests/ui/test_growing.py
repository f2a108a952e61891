"""Tables that grow: what is there at once, and what comes when all is read."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mlreview.entities import RunQuery, RunTable, StoreInfo
from mlreview.errors import StoreError
from mlreview.store import open_store
from mlreview.ui import growing, reads
from mlreview.ui.growing import Scan, Scans
from tests.sample_store import Sample

APP = str(Path(__file__).resolve().parents[2] / "app.py")


class SlowStore:
    """A real store behind a gate: reads of all runs wait until it is opened, as those of a busy server do."""

    def __init__(self, uri: str) -> None:
        self._store = open_store(uri)
        self.gate = threading.Event()
        self.scans = 0
        self.fails = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def info(self) -> StoreInfo:
        return replace(self._store.info(), kind="api")

    def runs(self, query: RunQuery, on_page: Any = None) -> RunTable:
        if query.limit is None and query.run_ids is None:
            self.scans += 1
            if on_page:
                on_page(3)
            assert self.gate.wait(30)
            if self.fails:
                raise StoreError("The server went away.")
        return self._store.runs(query, on_page)


@pytest.fixture
def slow(team_sample: Sample, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowStore]:
    store = SlowStore(team_sample.uri)
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", team_sample.uri)
    monkeypatch.setattr(reads, "store", lambda: store)
    monkeypatch.setattr(growing, "FIRST_RUNS", 4)
    monkeypatch.setattr(growing, "PATIENCE_S", 0.01)
    reads.refresh()
    yield store
    store.gate.set()
    reads.refresh()


def open_sports(sample: Sample) -> AppTest:
    test = AppTest.from_file(APP, default_timeout=60)
    test.query_params["exp"] = sample.experiments["sports"]
    test.run()
    assert not test.exception
    return test


def texts(test: AppTest) -> str:
    return " ".join(element.value for element in [*test.markdown, *test.caption]).replace("\\", "")


def test_the_newest_runs_are_ranked_at_once_and_all_of_them_when_they_have_been_read(
    slow: SlowStore, team_sample: Sample
):
    test = open_sports(team_sample)
    shown = [name for frame in test.dataframe for name in frame.value["Run"]]
    assert sorted(shown) == ["diverged", "failed", "running", "sports-LR"]
    assert "the newest ones: more are being read" in texts(test)
    assert "Reading all runs: 3 so far" in texts(test)
    slow.gate.set()
    reads_finished(team_sample)
    test.run()
    assert "10 runs" in texts(test)
    assert "Reading" not in texts(test)
    assert slow.scans == 1


def reads_finished(sample: Sample) -> None:
    """Wait for the scan that the page has started."""
    query = RunQuery((sample.experiments["sports"],))
    for kept_query, kept in growing._scans()._kept.items():
        if kept_query[-1].experiment_ids == query.experiment_ids and kept.running:
            assert kept.running.finished.wait(30)


def test_two_people_who_open_a_page_cause_one_scan(slow: SlowStore, team_sample: Sample):
    open_sports(team_sample)
    open_sports(team_sample)
    assert slow.scans == 1


def test_a_scan_that_fails_is_an_error_in_words(slow: SlowStore, team_sample: Sample):
    slow.fails = True
    open_sports(team_sample)
    slow.gate.set()
    reads_finished(team_sample)
    assert "The server went away" in open_sports(team_sample).error[0].value


def test_a_table_that_has_grown_old_stays_until_the_new_one_is_there(slow: SlowStore, team_sample: Sample):
    scans, query = Scans(), RunQuery((team_sample.experiments["sports"],))

    def ask() -> tuple[Scan | None, Scan | None]:
        return scans.ask(("key",), lambda: Scan(slow, query))  # type: ignore[arg-type]

    none_yet, first = ask()
    assert none_yet is None
    assert first is not None
    slow.gate.set()
    assert first.finished.wait(30)
    assert ask() == (first, None)
    first.ended -= 3600
    slow.gate.clear()
    last, second = ask()
    assert last is first
    assert second not in (None, first)
    slow.gate.set()
    assert second.finished.wait(30)
    assert ask() == (second, None)


def test_a_failed_second_scan_leaves_the_table_of_the_first(slow: SlowStore, team_sample: Sample):
    scans, query = Scans(), RunQuery((team_sample.experiments["sports"],))

    def ask() -> tuple[Scan | None, Scan | None]:
        return scans.ask(("key",), lambda: Scan(slow, query))  # type: ignore[arg-type]

    slow.gate.set()
    _, first = ask()
    assert first is not None
    assert first.finished.wait(30)
    ask()
    first.ended -= 3600
    slow.fails = True
    _, second = ask()
    assert second is not None
    assert second.finished.wait(30)
    assert ask() == (first, None)


def test_a_database_is_read_at_once(team_sample: Sample, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", team_sample.uri)
    assert "10 runs" in texts(open_sports(team_sample))
    assert len(growing._scans()._kept) == 0
