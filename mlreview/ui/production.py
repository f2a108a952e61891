"""The page Production: what is deployed, whether its review holds, and how it came there."""

from collections.abc import Sequence

import streamlit as st

from mlreview.review.production import Deployed
from mlreview.ui import pages, production_card, production_reads, registry, urlstate
from mlreview.ui.text import plain

FEW = 6
"""With more deployments than that a field to look among them is of use."""

MOST_CARDS = 30

_SECTIONS = (
    ("Deployed without a valid review", lambda one: one.place.serves and one.standing.valid is False),
    ("Deployed, not looked at closely", lambda one: one.place.serves and one.standing.valid is None),
    ("Deployed with a valid review", lambda one: one.place.serves and one.standing.valid is True),
    ("Other aliases", lambda one: not one.place.serves and one.place.kind == "alias"),
)


def render() -> None:
    """The page under its heading."""
    known = registry.versions()
    read = production_reads.production(known.versions or ())
    _say_what_is_known(known, read)
    if not read.found:
        if known.versions is not None:
            _explain_empty()
        return
    _summarize(read.found)
    shown = _search(read.found)
    versions = known.versions or ()
    cards = 0
    for title, belongs in _SECTIONS:
        listed = [one for one in shown if belongs(one)]
        if not listed:
            continue
        st.subheader(title, anchor=False)
        for one in listed[: max(0, MOST_CARDS - cards)]:
            production_card.render(one, read.found, versions)
        cards += len(listed)
        if cards > MOST_CARDS:
            left = min(len(listed), cards - MOST_CARDS)
            st.caption(f"{left:,} more are not drawn: look for a name above.")
    _list_unaliased([one for one in shown if one.place.kind == "model"])


def _say_what_is_known(known: registry.Registered, read: production_reads.Production) -> None:
    registry.render_wait(known)
    if known.versions is None and known.waiting is None:
        st.warning(
            "The model registry did not answer, so aliases are not shown, only deployments recorded with runs.",
            icon=":material/cloud_off:",
        )
    if not read.complete:
        st.caption("Deployments to environments were looked for among the newest runs only.")


def _explain_empty() -> None:
    st.info(
        "No registered model has an alias, and no run was recorded as deployed.",
        title="Nothing is deployed, as far as this store knows",
        icon=":material/rocket_launch:",
    )
    st.markdown("A model shows here once somebody deploys it, with its review checked on the way:")
    st.code(
        "mlreview promote models:/NAME/VERSION --alias champion\nmlreview promote RUN --to production", language=None
    )
    st.caption("The second is for teams without a model registry. An alias that MLflow sets shows here as well.")


def _summarize(found: Sequence[Deployed]) -> None:
    serving = [one for one in found if one.place.serves]
    without = sum(one.standing.valid is False for one in serving)
    held = sum(one.standing.valid is True for one in serving)
    parts = [f"**{len(serving):,} deployed**"]
    parts += [f":red[**{without:,} without a valid review**]"] if without else []
    parts += [f":green[{held:,} with a review that holds]"] if held else []
    others = sum(one.place.kind == "alias" and not one.place.serves for one in found)
    parts += [f"{others:,} other {'alias' if others == 1 else 'aliases'}"] if others else []
    st.markdown(" · ".join(parts))


def _search(found: Sequence[Deployed]) -> list[Deployed]:
    view = urlstate.get(urlstate.ProductionView)
    if len(found) <= FEW and not view.search:
        return list(found)
    urlstate.control("production_search", view.search)
    st.text_input(
        "Look for a model, an alias, a run or a person",
        key="production_search",
        max_chars=urlstate.MAX_SEARCH_CHARS,
        icon=":material/search:",
        width=420,
        on_change=_searched,
    )
    words = view.search.casefold().split()
    kept = [one for one in found if all(word in _texts(one) for word in words)]
    if not kept:
        st.markdown(f"Nothing that is deployed has {plain(view.search, 80)} in it.")
    return kept


def _searched() -> None:
    urlstate.update(urlstate.ProductionView, search=st.session_state["production_search"].strip())


def _texts(one: Deployed) -> str:
    run, review = one.run, one.review
    found = [one.place.model, one.place.name, one.place.run_id or "", one.standing.short]
    found += [run.name or "", run.user or ""] if run else []
    found += [vote.actor.name for vote in review.votes] if review else []
    return " ".join(found).casefold()


def _list_unaliased(found: Sequence[Deployed]) -> None:
    if not found:
        return
    st.subheader("Registered, and no alias points at it", anchor=False)
    for one in found[:MOST_CARDS]:
        version = one.place.version
        with st.container(horizontal=True, vertical_alignment="center"):
            number = f" v{plain(version.version, 12)}" if version else ""
            words = f"**{plain(one.place.model, 80)}**{number} :gray[{plain(one.standing.short)}]"
            st.markdown(words, width="content")
            if one.run is not None:
                label = plain(one.run.name, 60) or one.run.run_id[:8]
                pages.link("run", label, run_id=one.run.run_id, width="content")
    if len(found) > MOST_CARDS:
        st.caption(f"{len(found) - MOST_CARDS:,} more.")
