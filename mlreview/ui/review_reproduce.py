"""Reproduce: whether the run can be done again, and how."""

import streamlit as st

from mlreview.errors import MlreviewError
from mlreview.reproduce.recipe import Recipe, plan
from mlreview.reproduce.recorded import read_run
from mlreview.ui import reads
from mlreview.ui.errors import show_error
from mlreview.ui.review_case import Case
from mlreview.ui.text import clip, plain


def render(case: Case) -> None:
    """How ready it is at once; the recipe when somebody opens it."""
    try:
        recipe = _recipe(reads.key(), case.run_id)
    except MlreviewError as error:
        show_error(error)
        return
    total = len(recipe.ingredients)
    there = total - len(recipe.missing)
    blocked = f" Without {_names(recipe.blocked)} it can't be done again." if recipe.blocked else ""
    st.markdown(f"**{there} of {total} ingredients recorded.**{blocked}")
    left, right = st.columns(2, gap="large")
    recorded = [one for one in recipe.ingredients if one.recorded]
    left.markdown(
        "  \n".join(
            f":green[:material/check_circle:] {plain(one.name.capitalize(), 60)} :gray[{plain(one.value, 120)}]"
            for one in recorded
        )
        or ":gray[none of them]"
    )
    right.markdown(
        "  \n".join(
            f":orange[:material/error:] {plain(one.name.capitalize(), 60)} :gray[{plain(one.missing, 200)}]"
            for one in recipe.missing
        )
        or "Nothing is missing."
    )
    if recipe.steps:
        steps = st.expander("The steps, to copy", icon=":material/terminal:", key="review_steps", on_change="rerun")
        if steps.open:
            steps.code(recipe.text, language=None, wrap_lines=True)
            steps.caption("The same, carried out and compared:")
            steps.code(f"mlreview reproduce {clip(case.run_id, 64)} --run", language=None)


def _names(ingredients: tuple) -> str:
    return ", ".join(plain(one.name, 60) for one in ingredients)


@st.cache_resource(max_entries=16, ttl=60, show_spinner=False)
def _recipe(key: tuple[str, ...], run_id: str) -> Recipe:
    return plan(read_run(reads.store(), run_id))


reads.forget_too(_recipe.clear)
