"""What turns a page into a stage: large type, the keys, a table that a room can read. Components without a build step.

Streamlit has no size for one session, and its grid is drawn in pixels. The styles are files of ours, for the whole
page; what users wrote is handed over as data and becomes text nodes.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

_ASSETS = Path(__file__).with_name("assets")
_KEY = "meeting_stage"


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


_stage = component(
    "mlreview_meeting",
    html='<p role="status"></p>',
    css=_asset("meeting.css"),
    js=_asset("meeting.js"),
    isolate_styles=False,
)
_table = component(
    "mlreview_meeting_table",
    html='<div class="frame"></div>',
    css=_asset("meeting_table.css"),
    js=_asset("meeting_table.js"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One difference: what it is called, what it was, what it is; ``state`` is ``better``, ``worse`` or empty."""

    key: str
    before: str
    now: str
    delta: str = ""
    state: str = ""


def render(run_id: str, screen: int, count: int, title: str, on_go: Callable[[int], None]) -> None:
    """Make the page large and listen to the keys.

    Args:
        run_id: What is shown.
        screen: Which screen, counted from 1.
        count: Of how many.
        title: What it is about.
        on_go: Called with the number of the screen that is wanted.
    """

    def go() -> None:
        wanted = st.session_state[_KEY].get("go")
        if isinstance(wanted, int | float) and 1 <= wanted <= count:
            on_go(int(wanted))

    data = {
        "shown": f"{run_id}:{screen}",
        "screen": screen,
        "count": count,
        "says": f"Screen {screen} of {count}: {title}",
    }
    _stage(key=_KEY, data=data, on_go_change=go)


def table(caption: str, runs: Sequence[str], rows: Sequence[Row], key: str) -> None:
    """Draw differences; ``runs`` are the headings: the baseline, where there is one, and the run."""
    _table(key=key, data={"caption": caption, "runs": list(runs), "rows": [asdict(one) for one in rows]})
