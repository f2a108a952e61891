"""The pages of the app, once: where they are, what they are called, which view they keep in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.navigation.page import Page
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mlreview.ui import urlstate

ROOT = Path(__file__).resolve().parents[2]
ICON = Path(__file__).with_name("icon.svg")
_RUNNING = "_shell.running"
_WANTED = "_shell.wanted"


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page. ``view`` is its view in ``urlstate``, ``None`` as long as it has none of its own."""

    name: str
    title: str
    icon: str
    help: str
    view: type | None = None

    @property
    def path(self) -> str:
        """Path of the script, absolute: pages are found from wherever the server was started."""
        return str(ROOT / "pages" / f"{self.name}.py")


PAGES: tuple[PageSpec, ...] = (
    PageSpec(
        "leaderboard",
        "Leaderboard",
        ":material/leaderboard:",
        "Runs of the chosen experiments, ranked by one metric.",
        urlstate.LeaderboardView,
    ),
    PageSpec(
        "compare",
        "Compare",
        ":material/compare_arrows:",
        "The chosen runs side by side: what differs.",
        urlstate.CompareView,
    ),
    PageSpec(
        "curves",
        "Learning curves",
        ":material/show_chart:",
        "The chosen runs' metrics over steps, with a verdict on over- and underfitting.",
        urlstate.CurvesView,
    ),
    PageSpec(
        "notes",
        "Notes",
        ":material/edit_note:",
        "What was tried, what failed, and why, in the team's words.",
        urlstate.NotesView,
    ),
    PageSpec(
        "run",
        "Reviews",
        ":material/rate_review:",
        "What waits for a review, and one run under review.",
        urlstate.RunView,
    ),
    PageSpec(
        "production",
        "Production",
        ":material/rocket_launch:",
        "What is deployed, and who approved it.",
        urlstate.ProductionView,
    ),
)
BY_NAME = {spec.name: spec for spec in PAGES}


def navigation() -> tuple[PageSpec, Page]:
    """Declare the pages to Streamlit and tell which one the address asks for; ``app.py`` then runs it."""
    pages = {
        # Without its icon: a page's icon becomes the browser's, and would be fetched from somebody else's server.
        spec.name: st.Page(spec.path, title=spec.title, help=spec.help, default=spec is PAGES[0])
        for spec in PAGES
    }
    chosen = st.navigation(list(pages.values()), position="hidden")
    return next(spec for spec in PAGES if spec.title == chosen.title), chosen


def run(page: Page) -> None:
    """Run a page's script, marked as being under ``app.py`` for as long as it takes."""
    st.session_state[_RUNNING] = True
    try:
        page.run()
    finally:
        # A click that follows fast starts the next run before this one has come to its end: it may be gone already.
        st.session_state.pop(_RUNNING, None)


def ensure() -> None:
    """Every page calls this first: run under ``app.py``, even as the first request after the server's start.

    Until ``st.navigation`` has run once in a server, Streamlit finds the folder ``pages/`` by itself and runs a page
    alone, without theme, menu and error boundary.
    """
    if not st.session_state.get(_RUNNING):
        navigation()
        st.rerun()


def go(name: str) -> None:
    """From a callback: show another page, as its view stands now. ``follow`` does it when the script runs."""
    st.session_state[_WANTED] = name


def follow(shown: PageSpec) -> None:
    """Switch to the page that a callback asked for; called first in a script run, with the page that it is about."""
    name = st.session_state.pop(_WANTED, None)
    if name is not None and name != shown.name:
        spec = BY_NAME[name]
        _forget_fragments()
        st.switch_page(spec.path, query_params=urlstate.link_params(spec.view))


def _forget_fragments() -> None:
    """Have the server turn down what the timers of the page that is left still ask for.

    The browser stops them when it hears of the new page. Asked for before that, a fragment of the old page would be
    run after the new page, as a script run of the old one, and the browser would throw away what it shows: a blank
    page. Streamlit turns down fragments that it doesn't know, but forgets them only at the end of the new page's run.
    """
    fragments = getattr(get_script_run_ctx(), "fragment_storage", None)
    if fragments is not None:
        fragments.clear()


def link(
    name: str,
    label: str | None = None,
    *,
    disabled: bool = False,
    help: str | None = None,
    width: Literal["stretch", "content"] = "stretch",
    run_id: str | None = None,
    note_of: str | None = None,
) -> None:
    """A link to a page, in this tab, that carries the shared view and the page as this session left it.

    With ``run_id`` the page of that run; where it is empty, that of all reviews (on the run page
    itself: ``run_button``). With ``note_of`` the note of that run.
    """
    spec = BY_NAME[name]
    if disabled:
        # Streamlit's own disabled link is a pale link to whoever can't see it; a button says that it does nothing.
        key = f"_to_{name}_later"
        st.button(label or spec.title, key, help, icon=spec.icon, type="tertiary", disabled=True, width=width)
        return
    params = urlstate.link_params(spec.view)
    if run_id is not None:
        for own in urlstate.to_params(urlstate.get(urlstate.RunView)):
            params.pop(own, None)
        params |= urlstate.to_params(urlstate.RunView(run_id or None))
    if note_of is not None:
        params = urlstate.to_params(urlstate.get(urlstate.SharedView)) | urlstate.to_params(urlstate.NotesView(note_of))
    st.page_link(
        spec.path,
        label=label or spec.title,
        icon=spec.icon,
        disabled=disabled,
        help=help,
        width=width,
        query_params=params,
    )


def run_button(label: str, run_id: str | None, key: str) -> None:
    """On the run page: the way to another run, or with ``None`` to all reviews.

    A link to the page that it stands on runs it with other parameters and leaves the browser's address as it was.
    """
    st.button(label, key, icon=BY_NAME["run"].icon, type="tertiary", on_click=_show_run, args=(run_id,))


def _show_run(run_id: str | None) -> None:
    urlstate.update(urlstate.RunView, run=run_id, present=False, screen=1, topic="")


def compare_link(run_ids: Sequence[str], label: str) -> None:
    """A link to the comparison of just these runs, held against the first of them."""
    spec = BY_NAME["compare"]
    shared = urlstate.SharedView(urlstate.get(urlstate.SharedView).experiments, tuple(run_ids))
    params = urlstate.to_params(shared) | urlstate.to_params(urlstate.CompareView(baseline=run_ids[0]))
    st.page_link(spec.path, label=label, icon=spec.icon, width="content", query_params=params)


def runs_link(name: Literal["curves", "notes"], run_ids: Sequence[str], label: str) -> None:
    """A link to a page about just these runs."""
    spec = BY_NAME[name]
    shared = urlstate.SharedView(urlstate.get(urlstate.SharedView).experiments, tuple(run_ids))
    st.page_link(spec.path, label=label, icon=spec.icon, width="content", query_params=urlstate.to_params(shared))
