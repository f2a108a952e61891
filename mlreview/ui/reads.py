"""Cached reads: the only place in the user interface that opens a store.

Frames are shared between sessions and are never changed: ``cache_resource`` hands out one object, where
``cache_data`` would copy 10,000 rows at every rerun. What decides about a read is part of its key: the address of
the store, and what is asked of it. All sessions read with the credentials of the app itself, so a key needs no user.
"""

import time
from dataclasses import dataclass

import streamlit as st

from mlreview.entities import Dataset, Experiment, RunQuery, RunTable
from mlreview.settings import Settings, load_settings
from mlreview.store import open_store
from mlreview.store.base import RunStore

FRESH_S = 20
"""A read of a SQL store is used again for this long, in seconds; the Refresh button doesn't wait."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A table and when it was read (seconds since 1970, UTC)."""

    table: RunTable
    at: float


@dataclass(frozen=True, slots=True, eq=False)
class ExperimentsRead:
    """Experiments and when they were read (seconds since 1970, UTC)."""

    experiments: tuple[Experiment, ...]
    at: float


def settings() -> Settings:
    """The settings of this app, read again at every script run: editing ``mlreview.toml`` needs no restart."""
    return load_settings()


def store() -> RunStore:
    """The store that the settings name, opened once per address."""
    current = settings()
    return _open(
        current.tracking_uri, current.registry_uri, current.read_dsn, current.mlflow_ui_url, float(current.timeout)
    )


def experiments() -> ExperimentsRead:
    """Active experiments, those with the newest runs first."""
    return _experiments(_key())


def runs(query: RunQuery) -> Read:
    """Runs as columns, cached for a short while."""
    return _runs(_key(), query)


def datasets(run_ids: tuple[str, ...]) -> tuple[Dataset, ...]:
    """Data sets of runs, cached likewise."""
    return _datasets(_key(), run_ids)


def refresh() -> None:
    """Forget what was read, so that the next reads are new."""
    _experiments.clear()
    _runs.clear()
    _datasets.clear()


def _key() -> tuple[str, ...]:
    current = settings()
    return (current.tracking_uri, current.registry_uri or "", current.read_dsn or "")


@st.cache_resource(max_entries=4, show_spinner=False, on_release=lambda opened: opened.close())
def _open(
    tracking_uri: str, registry_uri: str | None, read_dsn: str | None, mlflow_ui_url: str | None, timeout: float
) -> RunStore:
    return open_store(
        tracking_uri, registry_uri=registry_uri, read_dsn=read_dsn, mlflow_ui_url=mlflow_ui_url, timeout=timeout
    )


@st.cache_resource(ttl=FRESH_S, max_entries=8, show_spinner=False)
def _experiments(key: tuple[str, ...]) -> ExperimentsRead:
    return ExperimentsRead(store().experiments(), time.time())


@st.cache_resource(ttl=FRESH_S, max_entries=16, show_spinner=False)
def _runs(key: tuple[str, ...], query: RunQuery) -> Read:
    return Read(store().runs(query), time.time())


@st.cache_resource(ttl=FRESH_S, max_entries=16, show_spinner=False)
def _datasets(key: tuple[str, ...], run_ids: tuple[str, ...]) -> tuple[Dataset, ...]:
    return store().datasets(run_ids)
