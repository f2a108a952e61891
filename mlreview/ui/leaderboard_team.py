"""What a viewer sets for the whole team: said in full, confirmed by a click, written to each experiment in sight."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mlreview.entities import Experiment
from mlreview.errors import MlreviewError, WriteError
from mlreview.ui import reads, urlstate, writes
from mlreview.ui.errors import show_error
from mlreview.ui.text import clip, plain


def these(known: Sequence[Experiment]) -> str:
    """The experiments on the page, in words."""
    return "this experiment" if len(known) == 1 else f"these {len(known)} experiments"


def confirm(
    promise: str,
    tags: Mapping[str, str],
    *,
    key: str,
    button: str,
    known: Sequence[Experiment],
    forget: Mapping[str, Any],
) -> None:
    """Say what will be set, and set it on a click.

    Args:
        promise: What everybody will see, as Markdown; users' texts in it escaped.
        tags: What each experiment gets.
        key: Of the button.
        button: Its label.
        known: The experiments.
        forget: What of the viewer's own view makes way for the team's choice.
    """
    st.markdown(promise)
    st.caption(
        f"Added in MLflow, to {'the experiment' if len(known) == 1 else 'each experiment'}: "
        + ", ".join(f"tag {plain(tag, 300)} = {plain(value, 300)}" for tag, value in tags.items())
        + ". Nothing else changes. Before the first write to a store of record, a backup is wise."
    )
    if not st.button(button, key=key):
        return
    try:
        set_for_all(known, tags)
    except MlreviewError as error:
        reads.refresh()
        show_error(error)
        return
    urlstate.update(urlstate.LeaderboardView, **forget)
    reads.refresh()
    st.rerun()


def set_for_all(known: Sequence[Experiment], tags: Mapping[str, str]) -> None:
    """Set the tags of each experiment.

    Raises:
        MlreviewError: One of several failed; the message says which experiments have the choice and which do not.
    """
    for at, experiment in enumerate(known):
        try:
            writes.set_experiment_tags(experiment.experiment_id, tags)
        except MlreviewError as error:
            if len(known) == 1:
                raise
            done = ", ".join(clip(one.name, 60) for one in known[:at]) or "none"
            rest = ", ".join(clip(one.name, 60) for one in known[at + 1 :])
            raise WriteError(
                f"{error.message} It was being set for {clip(experiment.name, 60)}. Set before it: {done}."
                + (f" Not tried any more: {rest}." if rest else ""),
                hint=error.hint or "Setting it again is safe: what is set already stays as it is.",
            ) from error
