"""The table of runs side by side, a component of our own: sticky names and keys, one click for another baseline.

Streamlit's own grid is drawn on a canvas with one line a row and no sticky heading of several lines. What users wrote
is handed to the browser as data and becomes text nodes there: nothing of it is ever read as markup.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components import v2

_ASSETS = Path(__file__).parent / "assets"
KEY = "compare_table"

_component = v2.component(
    "mlreview_compare_table",
    html='<div class="frame"></div>',
    css=(_ASSETS / "compare_table.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "compare_table.js").read_text(encoding="utf-8"),
)


def render(
    data: dict[str, Any],
    on_baseline: Callable[[str], None],
    on_remove: Callable[[str], None],
) -> tuple[str, str, int] | None:
    """Draw it.

    Args:
        data: From ``compare_cells.table``. Headings have ``id``, ``name``, ``title`` (the name in full), ``about``,
            ``glyph``, ``slot`` (of the categorical colours), ``baseline``, ``why`` (of the
            baseline), ``links`` (``label``, ``url``, ``title``).
        on_baseline: Called with the id of the run that becomes the baseline.
        on_remove: Called with the id of the run that is taken out.

    Returns:
        The cell that somebody wants to see in full: section, key and position of the run.
    """

    def told(name: str, then: Callable[[str], None]) -> Callable[[], None]:
        def call() -> None:
            chosen = st.session_state[KEY].get(name)
            if isinstance(chosen, str):
                then(chosen)

        return call

    result = _component(
        key=KEY,
        data=data,
        on_baseline_change=told("baseline", on_baseline),
        on_remove_change=told("remove", on_remove),
        on_open_change=lambda: None,
    )
    match result.open:
        case [[str(section), str(key)], int(at)]:
            return section, key, at
    return None
