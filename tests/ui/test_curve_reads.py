from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mlreview.entities import Curve, RunQuery, StoreInfo
from mlreview.errors import StoreError
from mlreview.store import open_store
from mlreview.ui import reads
from mlreview.ui.curve_reads import CurveCache, _Kept, curves
from tests.sample_store import Sample

APP = str(Path(__file__).resolve().parents[2] / "app.py")


def kept(points: int, ended: object = "end", until: float = 100.0) -> _Kept:
    steps = np.arange(points)
    return _Kept(Curve("a", "loss", steps, steps, steps.astype(float)), ended, 0.0, until)


def test_a_history_is_found_as_long_as_its_run_has_the_same_end():
    cache = CurveCache()
    cache.keep("a", "loss", kept(3))
    assert cache.find("a", "loss", "end", 50.0) is not None
    assert cache.find("a", "loss", "another end", 50.0) is None
    assert cache.find("b", "loss", "end", 50.0) is None


def test_a_history_that_has_grown_old_is_not_found():
    cache = CurveCache()
    cache.keep("a", "loss", kept(3, until=10.0))
    assert cache.find("a", "loss", "end", 11.0) is None


def test_what_was_not_used_for_longest_makes_room():
    cache = CurveCache(max_points=10)
    cache.keep("a", "loss", kept(3))
    cache.keep("b", "loss", kept(3))
    cache.find("a", "loss", "end", 1.0)
    cache.keep("c", "loss", kept(3))
    assert cache.find("b", "loss", "end", 1.0) is None
    assert cache.find("a", "loss", "end", 1.0) is not None
    assert cache.find("c", "loss", "end", 1.0) is not None


def test_keeping_a_history_again_counts_it_once():
    cache = CurveCache(max_points=10)
    for _ in range(20):
        cache.keep("a", "loss", kept(4))
    cache.keep("b", "loss", kept(4))
    assert cache.find("a", "loss", "end", 1.0) is not None


def test_one_history_larger_than_all_room_is_kept_alone():
    cache = CurveCache(max_points=10)
    cache.keep("a", "loss", kept(50))
    assert cache.find("a", "loss", "end", 1.0) is not None


class OverHttp:
    """A real store that says it is read over HTTP; counts its reads, and fails at one where asked to."""

    def __init__(self, uri: str, fails_at: int | None = None) -> None:
        self._store = open_store(uri)
        self._fails_at = fails_at
        self.asked: list[tuple[str, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def info(self) -> StoreInfo:
        return replace(self._store.info(), kind="api")

    def curves(self, run_ids: Sequence[str], metrics: Sequence[str]) -> Any:
        self.asked.append(tuple(run_ids))
        if self._fails_at == len(self.asked):
            raise StoreError("The server went away.")
        return self._store.curves(run_ids, metrics)


@pytest.fixture
def through(team_sample: Sample, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], Any]]:
    """Has the pages read through a store; forgets all that was read before and after."""

    def use(store: Any) -> Any:
        monkeypatch.setenv("MLREVIEW_TRACKING_URI", team_sample.uri)
        monkeypatch.setattr(reads, "store", lambda: store)
        reads.refresh()
        return store

    yield use
    reads.refresh()


def test_over_http_histories_come_five_runs_at_a_time_and_each_part_is_told(through, team_sample: Sample):
    store = through(OverHttp(team_sample.uri))
    runs = store.runs(RunQuery((team_sample.experiments["sports"],)))
    told: list[tuple[int, int]] = []
    found = curves(runs, ["val_AUROC"], lambda done, total: told.append((done, total)))
    having = [run_id for run_id, there in zip(runs.run_ids, runs.metrics["val_AUROC"].present, strict=True) if there]
    parts = range(0, len(having), 5)
    assert len(having) > 5
    assert [curve.run_id for curve in found] == having
    assert store.asked == [tuple(having[at : at + 5]) for at in parts]
    assert told == [*((at, len(having)) for at in parts), (len(having), len(having))]
    told.clear()
    curves(runs, ["val_AUROC"], lambda done, total: told.append((done, total)))
    assert (told, len(store.asked)) == ([(0, 0)], len(parts))  # all of it is kept


def test_a_database_is_asked_once(through, team_sample: Sample):
    store = through(OverHttp(team_sample.uri))
    store.info = store._store.info
    curves(store.runs(RunQuery((team_sample.experiments["sports"],))), ["val_AUROC"], lambda *_: None)
    assert len(store.asked) == 1


def test_the_page_says_how_many_runs_histories_have_come(through, team_sample: Sample):
    # The line goes when all is read: a server that leaves at the second part leaves it to be seen.
    through(OverHttp(team_sample.uri, fails_at=2))
    test = AppTest.from_file(APP, default_timeout=60)
    test.query_params["exp"] = team_sample.experiments["sports"]
    test.query_params["runs"] = ",".join(
        run_id for name, run_id in team_sample.runs.items() if name.startswith("sports-NN")
    )
    test.switch_page("pages/curves.py").run()
    assert not test.exception
    (line,) = [one.proto.text for one in test.get("progress")]
    assert line.startswith("Histories of 5 of ")
