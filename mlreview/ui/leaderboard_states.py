"""What the leaderboard says when there is nothing to rank: what is the matter, and what to do next."""

import streamlit as st


def explain_empty_store() -> None:
    """The store has no experiment: what to do."""
    st.info(
        "Train something with MLflow tracking on and it appears here; or make the demo experiment: "
        "`mlreview demo` trains it in a few minutes, `mlreview demo --quick` in less than one.",
        title="No experiments in this store yet",
        icon=":material/science:",
    )


def explain_unknown_experiment() -> None:
    """The address names experiments that this store doesn't have: what to do."""
    st.info(
        "The address may belong to another store, or the experiment was deleted. Choose one on the left.",
        title="This experiment isn't in this store",
        icon=":material/search_off:",
    )


def explain_empty_experiment() -> None:
    """The chosen experiments have no runs: what to do."""
    st.info(
        "Choose another experiment on the left, or log a run into this one. A run that has just started appears "
        "after Read again. Deleted runs are not shown.",
        title="No runs here yet",
        icon=":material/science:",
    )


def explain_no_metric(rows: int) -> None:
    """Nothing suits ranking: what to do."""
    who = "The one run here hasn't" if rows == 1 else f"None of the {rows:,} runs has"
    st.info(
        f"{who} logged a validation or test metric, and training metrics say little about how good a model is, so "
        "nothing is ranked. Choose a metric above to rank by it all the same; below are the newest runs.",
        title="No metric to rank by",
        icon=":material/help:",
    )
