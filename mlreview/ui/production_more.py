"""What a deployment's card holds when somebody opens it: its history, and how to do its run again."""

from collections.abc import Sequence

import streamlit as st

from mlreview.entities import ModelVersion
from mlreview.errors import MlreviewError
from mlreview.review.production import Deployed, Move
from mlreview.ui import pages, production_reads
from mlreview.ui.errors import show_error
from mlreview.ui.production_words import moved
from mlreview.ui.text import clip, plain

MOST_MOVES = 30


def render(one: Deployed, versions: Sequence[ModelVersion]) -> None:
    """Two parts that are read when they are opened."""
    left, right = st.columns(2, gap="small")
    if one.place.kind != "model":
        with left.expander(
            "History", icon=":material/history:", key=f"moves_{one.place.key}", on_change="rerun"
        ) as part:
            if part.open:
                _history(one, versions)
    if one.run is not None:
        key = f"recipe_{one.place.key}"
        with right.expander("Reproduce and retrain", icon=":material/terminal:", key=key, on_change="rerun") as part:
            if part.open:
                _recipe(one.run.run_id)


def _history(one: Deployed, versions: Sequence[ModelVersion]) -> None:
    try:
        found = production_reads.moves(one.place, versions)
    except MlreviewError as error:
        show_error(error)
        return
    for at, move in enumerate(found[:MOST_MOVES]):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(_move(move, one, now=at == 0), width="stretch")
            if move.run_id:
                pages.link("run", "Run", run_id=move.run_id, width="content")
    if not found:
        st.markdown("Nothing is known of how it came there.")
    if len(found) > MOST_MOVES:
        st.caption(f"{len(found) - MOST_MOVES:,} earlier moves are not shown.")
    st.caption(
        "MLflow keeps no history of aliases. Moves by mlreview promote are on record; of others only the time "
        "between which they must have happened is known."
    )


def _move(move: Move, one: Deployed, now: bool) -> str:
    name = one.run.name if one.run is not None and one.run.run_id == move.run_id else ""
    run = plain(name, 80) or f"run {plain(move.run_id[:8])}" if move.run_id else "unknown"
    what = f"**v{plain(move.version, 12)}**" if move.version else f"**{run}**"
    parts = [f"{what}{' :green[now]' if now else ''}: {moved(move, st.context.timezone)}"]
    parts += [f":gray[{plain(move.text, 200)}]"] if move.text.strip() else []
    parts += [f":orange[Although the gate said no: {plain(move.override, 200)}]"] if move.override else []
    return "  \n".join(parts)


def _recipe(run_id: str) -> None:
    try:
        found = production_reads.recipe(run_id)
    except MlreviewError as error:
        show_error(error)
        return
    total, missing = len(found.ingredients), found.missing
    said = f"**{total - len(missing)} of {total} ingredients recorded.**"
    if found.blocked:
        said += f" Without {plain(', '.join(one.name for one in found.blocked), 200)} it can't be done again."
    elif missing:
        said += f" :gray[Not recorded: {plain(', '.join(one.name for one in missing), 200)}]"
    st.markdown(said)
    subject = clip(run_id, 64)
    st.code(f"mlreview reproduce {subject} --run\nmlreview retrain {subject} --data NEW", language=None)
    if found.steps:
        st.caption("By hand:")
        st.code(found.text, language=None, wrap_lines=True, height=220)
