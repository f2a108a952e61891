"""What all figures share: colours that follow the viewer's theme, quiet axes, hostile texts made safe.

A figure is made on the server, and the theme is the browser's affair: it can change while a page is open. Streamlit
therefore puts its theme's colours in place of some agreed ones, in the browser. Figures use those, so one figure is
right in light and dark. Outside a Streamlit page, ``resolved`` puts real colours in.
"""

import html
import unicodedata
from collections.abc import Sequence

import plotly.graph_objects as go

RUN_COLOURS = tuple(f"#{number:06d}" for number in range(1, 11))
"""Stand for the ten categorical colours of the theme, in their order."""
TEXT = "#000036"
"""Stands for the colour of small text."""
STRONG = "#000037"
"""Stands for the colour of headings."""
BACKGROUND = "#000038"
"""Stands for the page's background."""
GREY = "rgba(128,136,148,0.75)"
"""For what is neither a run nor text: legible on white and on slate."""
FAINT = "rgba(128,136,148,0.22)"
FONT_SIZE = 15
CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}
"""For ``st.plotly_chart``."""


def safe(text: str | None, limit: int = 80) -> str:
    """A user's text for a title, a label or a hover box: Plotly reads tags and links there, so none are left.

    Control characters and line ends become spaces; longer than ``limit`` ends in an ellipsis.
    """
    visible = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text or "")
    line = " ".join(visible.split())
    return html.escape(line if len(line) <= limit else line[: limit - 1].rstrip() + "…", quote=False)


def base_layout(height: int) -> go.Layout:
    """The layout that every figure starts from; heights in pixels."""
    return go.Layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 4, "b": 8},
        font={"size": FONT_SIZE},
        showlegend=False,
        hovermode="closest",
        hoverdistance=24,
        hoverlabel={"align": "left", "namelength": -1, "font": {"size": FONT_SIZE}},
        dragmode="zoom",
    )


def resolved(figure: go.Figure, run_colours: Sequence[str], text: str, background: str) -> str:
    """The figure as JSON with real colours, for what shows it outside a Streamlit page."""
    spec = figure.to_json() or "{}"
    stand_ins = zip((*RUN_COLOURS, TEXT, STRONG, BACKGROUND), (*run_colours, text, text, background), strict=True)
    for stand_in, real in stand_ins:
        spec = spec.replace(f'"{stand_in}"', f'"{real}"')
    return spec
