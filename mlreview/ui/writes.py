"""Writes from the dashboard: the only place in the user interface that opens a writer."""

from collections.abc import Mapping

import streamlit as st

from mlreview.names import NOTE_TAG
from mlreview.store import open_writer
from mlreview.store.base import RunWriter
from mlreview.ui import reads


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


def read_note(run_id: str) -> str:
    """A run's note as the place that is written to has it now."""
    return _writer().read_tag(run_id, NOTE_TAG) or ""


def set_note(run_id: str, text: str) -> None:
    """Write a run's note."""
    _writer().set_tag(run_id, NOTE_TAG, text)


def _writer() -> RunWriter:
    current = reads.settings()
    return _open(current.tracking_uri, current.registry_uri, float(current.timeout))


@st.cache_resource(max_entries=4, show_spinner=False)
def _open(tracking_uri: str, registry_uri: str | None, timeout: float) -> RunWriter:
    return open_writer(tracking_uri, registry_uri=registry_uri, timeout=timeout)
