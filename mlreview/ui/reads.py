"""Cached reads: the only place in the user interface that opens a store for reading.

Frames are shared between sessions and are never changed: ``cache_resource`` hands out one object, where
``cache_data`` would copy 10,000 rows at every rerun. What decides about a read is part of its key: the address of
the store, and what is asked of it. All sessions read with the credentials of the app itself, so a key needs no user.

Errors are cached too, for a few seconds. Streamlit computes a missing value once, while all who want it wait in a
queue; an error that isn't kept would make each of them wait for a dead store in turn.
"""

import copy
import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import streamlit as st

from mlreview.analysis.params import differing
from mlreview.entities import Dataset, Experiment, LoggedModel, MetricExtremes, ModelVersion, RunQuery, RunTable
from mlreview.errors import MlreviewError, StoreError
from mlreview.settings import Settings, load_settings
from mlreview.store import open_store
from mlreview.store.base import RunStore
from mlreview.ui.notes_written import WRITTEN

if TYPE_CHECKING:
    from mlreview.analysis.diff import Recorded

FRESH_S = 20
"""A read is used again for this long, in seconds; *Read again* doesn't wait."""
FRESH_TIMES_READ = 10
"""A slow read is used again for so many times as long as it took: a scan over HTTP is not repeated every 20 s."""
ERROR_S = 4
LOG = logging.getLogger("mlreview")
_OLDEST = "_reads.oldest"
_ASKED = "_reads.asked"
_FORGET_TOO: list[Callable[[], None]] = []


@dataclass(frozen=True)
class Read:
    """A table, when its read began (s since 1970, UTC), and what follows from the table alone."""

    table: RunTable
    at: float = 0.0

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """Params that tell the runs of the table apart, the most telling first."""
        return differing(self.table)


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    """What came of a read: a value or an error, when it was read (s since 1970), and until when it is used."""

    value: Any
    error: MlreviewError | None
    at: float
    until: float


def settings() -> Settings:
    """The settings of this app, read again at every script run: editing ``mlreview.toml`` needs no restart."""
    return load_settings()


def store() -> RunStore:
    """The store that the settings name, opened once per address."""
    current = settings()
    return _open(
        current.tracking_uri, current.registry_uri, current.read_dsn, current.mlflow_ui_url, float(current.timeout)
    )


def experiments() -> tuple[Experiment, ...]:
    """Active experiments, those with the newest runs first."""
    with _waiting():
        return _taken(_experiments(key()))


def runs(query: RunQuery) -> Read:
    """Runs as columns; their notes with what was saved here since."""
    with _waiting():
        read: Read = _taken(_runs(key(), query))
    table = WRITTEN.brought_up(key(), read.table, read.at)
    return read if table is read.table else Read(table, read.at)


def datasets(run_ids: tuple[str, ...]) -> tuple[Dataset, ...]:
    """Data sets of runs."""
    with _waiting():
        return _taken(_datasets(key(), run_ids))


def extremes(run_ids: tuple[str, ...], metric: str) -> MetricExtremes:
    """Smallest and largest value over steps of one metric of each run."""
    with _waiting():
        return _taken(_extremes(key(), run_ids, metric))


def logged_models(run_ids: tuple[str, ...]) -> tuple[LoggedModel, ...]:
    """Models that runs logged."""
    with _waiting():
        return _taken(_logged_models(key(), run_ids))


def model_versions(run_ids: tuple[str, ...] | None = None) -> tuple[ModelVersion, ...]:
    """Registered versions, those that came from these runs where any are given."""
    with _waiting():
        return _taken(_model_versions(key(), run_ids))


def recorded(run_ids: tuple[str, ...]) -> "Recorded":
    """Everything about some runs that a comparison needs, their files included."""
    with _waiting():
        return _taken(_recorded(key(), run_ids))


def artifact(run_id: str, path: str, limit: int) -> bytes:
    """One file of a run; see ``RunStore.read_artifact``."""
    with _waiting():
        return _taken(_artifact(key(), run_id, path, limit))


def begin() -> None:
    """A script run begins: nothing has been shown yet."""
    st.session_state[_OLDEST] = None


def oldest() -> float | None:
    """When the oldest of the data on the page was read (s since 1970, UTC); ``None`` before the first read."""
    return st.session_state.get(_OLDEST)


def refresh() -> None:
    """Forget what was read, and the store itself, so that everything is new: a schema may have been upgraded."""
    kept = (_experiments, _runs, _datasets, _extremes, _logged_models, _model_versions, _open, _recorded, _artifact)
    for cached in kept:
        cached.clear()
    for forget in _FORGET_TOO:
        forget()
    st.session_state[_ASKED] = time.time()


def written() -> None:
    """Tags of runs were written here: tables are read anew."""
    _runs.clear()


def asked_again() -> float:
    """When this viewer last asked to read everything again (s since 1970); 0 for never."""
    return st.session_state.get(_ASKED, 0.0)


def forget_too(forget: Callable[[], None]) -> None:
    """Have this called by ``refresh``: another module keeps reads of its own."""
    if forget not in _FORGET_TOO:
        _FORGET_TOO.append(forget)


def _waiting() -> AbstractContextManager[None]:
    """Shows that something goes on, where it takes longer than a moment."""
    return st.spinner("Reading the tracking store", show_time=True)


def key() -> tuple[str, ...]:
    """What decides which store is read: part of the key of everything that is kept."""
    current = settings()
    return (current.tracking_uri, current.registry_uri or "", current.read_dsn or "")


def _taken(outcome: _Outcome) -> Any:
    """The value, with its age noted; an error is raised as a copy, since sessions share the cached one."""
    if outcome.error is not None:
        raise own_copy(outcome.error)
    note_age(outcome.at)
    return outcome.value


def own_copy(error: MlreviewError | None) -> MlreviewError:
    """A kept error for this session to raise."""
    return copy.copy(error) if error is not None else StoreError("The tracking store could not be read.")


def note_age(at: float) -> None:
    """Data on the page was read at this time (s since 1970, UTC)."""
    before = st.session_state.get(_OLDEST)
    st.session_state[_OLDEST] = at if before is None else min(before, at)


def fresh_for(took: float) -> float:
    """How long a read that took so many seconds is used again, in seconds."""
    return max(FRESH_S, FRESH_TIMES_READ * took)


def _outcome(read: Callable[[], Any]) -> _Outcome:
    began = time.time()
    try:
        value = read()
    except MlreviewError as error:
        if isinstance(error, StoreError):
            _open.clear()  # a new attempt opens it anew
        return _Outcome(None, error, began, time.time() + ERROR_S)
    ended = time.time()
    return _Outcome(value, None, began, ended + fresh_for(ended - began))


def _usable(outcome: _Outcome) -> bool:
    return time.time() < outcome.until


@st.cache_resource(max_entries=4, show_spinner=False)
def _open(
    tracking_uri: str, registry_uri: str | None, read_dsn: str | None, mlflow_ui_url: str | None, timeout: float
) -> RunStore:
    return open_store(
        tracking_uri, registry_uri=registry_uri, read_dsn=read_dsn, mlflow_ui_url=mlflow_ui_url, timeout=timeout
    )


@st.cache_resource(max_entries=4, show_spinner=False, validate=_usable)
def _experiments(key: tuple[str, ...]) -> _Outcome:
    return _outcome(lambda: store().experiments())


@st.cache_resource(max_entries=16, show_spinner=False, validate=_usable)
def _runs(key: tuple[str, ...], query: RunQuery) -> _Outcome:
    return _outcome(lambda: Read(at=time.time(), table=store().runs(query)))


@st.cache_resource(max_entries=16, show_spinner=False, validate=_usable)
def _datasets(key: tuple[str, ...], run_ids: tuple[str, ...]) -> _Outcome:
    return _outcome(lambda: store().datasets(run_ids))


@st.cache_resource(max_entries=8, show_spinner=False, validate=_usable)
def _extremes(key: tuple[str, ...], run_ids: tuple[str, ...], metric: str) -> _Outcome:
    return _outcome(lambda: store().extremes(run_ids, metric))


@st.cache_resource(max_entries=8, show_spinner=False, validate=_usable)
def _model_versions(key: tuple[str, ...], run_ids: tuple[str, ...] | None) -> _Outcome:
    return _outcome(lambda: store().model_versions(run_ids))


@st.cache_resource(max_entries=8, show_spinner=False, validate=_usable)
def _logged_models(key: tuple[str, ...], run_ids: tuple[str, ...]) -> _Outcome:
    return _outcome(lambda: store().logged_models(run_ids))


@st.cache_resource(max_entries=8, show_spinner=False, validate=_usable)
def _recorded(key: tuple[str, ...], run_ids: tuple[str, ...]) -> _Outcome:
    from mlreview.analysis.diff_read import read_recorded, with_files  # not on the way to the first row

    return _outcome(lambda: with_files(store(), read_recorded(store(), run_ids)))


@st.cache_resource(max_entries=64, show_spinner=False, validate=_usable)
def _artifact(key: tuple[str, ...], run_id: str, path: str, limit: int) -> _Outcome:
    return _outcome(lambda: store().read_artifact(run_id, path, limit))
