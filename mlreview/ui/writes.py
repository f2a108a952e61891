"""Writes from the dashboard: the only place in the user interface that opens a writer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from mlreview.notes.results import Saved
from mlreview.notes.service import NoteService
from mlreview.store import open_store, open_writer, prepare_writer
from mlreview.store.base import RunWriter
from mlreview.ui import reads
from mlreview.ui.notes_written import WRITTEN

if TYPE_CHECKING:
    from mlreview.review.service import Reviews


class _Notes(NoteService):
    """Tells the pages what it wrote: tables that were read before show it."""

    def save(self, run_id: str, text: str, **how: Any) -> Saved:
        saved = super().save(run_id, text, **how)
        WRITTEN.remember(reads.key(), run_id, saved.text)
        return saved


def set_experiment_tags(experiment_id: str, tags: Mapping[str, str]) -> None:
    """Set tags of one experiment, one after the other, each read back.

    Raises:
        WriteError: One of them is not in the store as it was sent; those before it are.
    """
    writer = _writer()
    # The first write imports MLflow, which takes seconds.
    with st.spinner("Saving"):
        for key, value in tags.items():
            writer.set_experiment_tag(experiment_id, key, value)


def prepare() -> None:
    """Somebody is about to write: MLflow is imported meanwhile, so that the first save doesn't wait for it."""
    prepare_writer(reads.settings().tracking_uri)


def notes() -> NoteService:
    """The notes of the store that the settings name, made once per address: it remembers revisions that it read."""
    current = reads.settings()
    return _notes(current.tracking_uri, current.registry_uri, current.read_dsn, float(current.timeout))


def reviews() -> "Reviews":
    """The reviews of the store that the settings name, made once per address and team."""
    current = reads.settings()
    # The key must say who the team is; the settings themselves can't be hashed.
    team = (repr(current.people), repr(current.lead), current.app_url, current.webhook_url)
    return _reviews(current.tracking_uri, current.registry_uri, current.read_dsn, float(current.timeout), team)


def _writer() -> RunWriter:
    current = reads.settings()
    return _open(current.tracking_uri, current.registry_uri, float(current.timeout))


@st.cache_resource(max_entries=4, show_spinner=False)
def _open(tracking_uri: str, registry_uri: str | None, timeout: float) -> RunWriter:
    return open_writer(tracking_uri, registry_uri=registry_uri, timeout=timeout)


@st.cache_resource(max_entries=4, show_spinner=False)
def _notes(tracking_uri: str, registry_uri: str | None, read_dsn: str | None, timeout: float) -> NoteService:
    store = open_store(tracking_uri, registry_uri=registry_uri, read_dsn=read_dsn, timeout=timeout)
    return _Notes(store, _open(tracking_uri, registry_uri, timeout))


@st.cache_resource(max_entries=4, show_spinner=False)
def _reviews(
    tracking_uri: str, registry_uri: str | None, read_dsn: str | None, timeout: float, team: tuple[Any, ...]
) -> "Reviews":
    from mlreview.review.export.dossier import both, record_keeper
    from mlreview.review.message import About, run_url
    from mlreview.review.people import people_from
    from mlreview.review.service import Reviews
    from mlreview.review.webhook import notifier

    store = open_store(tracking_uri, registry_uri=registry_uri, read_dsn=read_dsn, timeout=timeout)
    current = reads.settings()
    people = people_from(current.people, current.lead)
    writer = _open(tracking_uri, registry_uri, timeout)

    def about(run_id: str) -> About:
        return About(store.run(run_id).name or run_id[:8], run_url(current.app_url, run_id))

    told = both(notifier(current.webhook_url, about), record_keeper(store, writer, people))
    return Reviews(store, writer, people, notify=told)
