import json

import plotly.graph_objects as go
import pytest
from streamlit.elements.lib import streamlit_plotly_theme

from mlreview.charts.theme import BACKGROUND, RUN_COLOURS, STRONG, TEXT, base_layout, resolved, safe


def test_the_agreed_colours_are_those_that_streamlit_replaces():
    theirs = [getattr(streamlit_plotly_theme, f"CATEGORY_{number}") for number in range(10)]
    assert list(RUN_COLOURS) == theirs
    agreed = (streamlit_plotly_theme.GRAY_70, streamlit_plotly_theme.GRAY_90, streamlit_plotly_theme.BG_COLOR)
    assert agreed == (TEXT, STRONG, BACKGROUND)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ('<a href="https://evil.example">x</a>', '&lt;a href="https://evil.example"&gt;x&lt;/a&gt;'),
        ("two\nlines\x00", "two lines"),
        (None, ""),
        ("x" * 100, "x" * 79 + "…"),
    ],
)
def test_a_users_text_holds_no_tag(text: str | None, shown: str):
    assert safe(text) == shown


def test_a_figure_for_elsewhere_has_real_colours():
    figure = go.Figure(go.Scatter(x=[1], y=[2], line={"color": RUN_COLOURS[9]}), base_layout(300))
    spec = json.loads(resolved(figure, ["#aaaaaa"] * 9 + ["#bbbbbb"], "#111111", "#ffffff"))
    assert spec["data"][0]["line"]["color"] == "#bbbbbb"
    assert spec["layout"]["height"] == 300
