"""The basket: runs that somebody has chosen, as run ids in the order of choosing, kept in the address.

A table's selection is a set of positions, which point at other rows as soon as the table changes. So positions are
turned into run ids at once, with the rows of just the table that was clicked, and the basket decides what is selected.
"""

import hashlib
from collections.abc import Sequence

import streamlit as st

from mlreview.ui import urlstate


def ids() -> tuple[str, ...]:
    """The chosen runs."""
    return urlstate.get(urlstate.SharedView).runs


def put(run_ids: Sequence[str]) -> None:
    """Replace the basket; more than ``urlstate.MAX_RUNS`` keeps the first ones and says so."""
    unique = tuple(dict.fromkeys(run_ids))
    if len(unique) > urlstate.MAX_RUNS:
        st.toast(f"The basket holds {urlstate.MAX_RUNS} runs; the rest was not added.", icon=":material/info:")
    urlstate.update(urlstate.SharedView, runs=unique[: urlstate.MAX_RUNS])


def remove(run_id: str) -> None:
    """Take one run out."""
    put([other for other in ids() if other != run_id])


def clear() -> None:
    """Take all runs out."""
    put(())


def merge_selection(basket: Sequence[str], drawn: Sequence[str], selected: Sequence[int]) -> tuple[str, ...]:
    """The basket after somebody changed a table's selection.

    Args:
        basket: Before; runs that the table doesn't show stay in it.
        drawn: Run ids of the table's rows, as it was drawn when it was clicked.
        selected: Positions in ``drawn``; those beyond its end are ignored.

    Returns:
        Runs that were there keep their place, new ones follow in the order of selection.
    """
    chosen = [drawn[position] for position in selected if 0 <= position < len(drawn)]
    shown, wanted = set(drawn), set(chosen)
    kept = [run_id for run_id in basket if run_id not in shown or run_id in wanted]
    return (*kept, *(run_id for run_id in chosen if run_id not in set(kept)))


def selectable(name: str, drawn: Sequence[str]) -> dict:
    """Arguments that make ``st.dataframe`` select the basket's runs and change the basket.

    The widget's key holds a digest of the rows: a click on a table that has been replaced meanwhile belongs to a
    widget that is gone, and is dropped instead of ticking whatever stands in that row now.

    Args:
        name: What the table is called; the key begins with it.
        drawn: Run ids of its rows, in the order that they are about to be drawn in.
    """
    rows = tuple(drawn)
    key = f"{name}_{hashlib.blake2b(','.join(rows).encode(), digest_size=8).hexdigest()}"
    position = {run_id: at for at, run_id in enumerate(rows)}
    wanted = [position[run_id] for run_id in ids() if run_id in position]
    state = st.session_state.get(key)
    if state is None or sorted(state["selection"]["rows"]) != sorted(wanted):
        st.session_state[key] = {"selection": {"rows": wanted, "columns": [], "cells": []}}
    return {"key": key, "on_select": lambda: _take_selection(key, rows), "selection_mode": "multi-row"}


def _take_selection(key: str, drawn: Sequence[str]) -> None:
    put(merge_selection(ids(), drawn, st.session_state[key]["selection"]["rows"]))
